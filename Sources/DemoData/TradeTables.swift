import Foundation
import VectorMath

/// The two sides of one trade: what Norland's office saw leave and what Sudland's office saw arrive.
///
/// A small gravity model (Tinbergen 1962; Anderson and van Wincoop 2003). A consignment of commodity c goes from region i
/// to region j with probability in proportion to
///
///     weight(c) · gdp(i)^0.8 · gdp(j)^0.7 · skill(i, chapter) / distance(i, j)^elasticity(c)
///
/// Its mass is log-normal around the commodity's usual consignment and grows with the importer's size; its FOB value is
/// mass × unit price × a log-normal factor; the CIF value adds freight that grows with distance and the mode of
/// transport, and the importer's own reporting error. Preference, duty, inspection and days in transit depend on both
/// sides, so only a model of the *joined* table can keep them. A tenth of each office's rows has no partner.
struct TradeTables {
    /// Norland's table, then Sudland's.
    let csv: [String]

    init(rows: Int, seed: UInt64) {
        var generator = SplitMix64(state: seed)
        let alone = rows / 10
        let keys = Self.keys(count: rows + alone, using: &generator)
        var north: [String] = []
        var south: [String] = []
        north.reserveCapacity(rows)
        south.reserveCapacity(rows)
        for (number, key) in keys.enumerated() {
            let consignment = Consignment(using: &generator)
            if number < rows { north.append("\(key),\(consignment.exporterCells)\n") }
            if number >= alone { south.append("\(key),\(consignment.importerCells)\n") }
        }
        csv = [
            Consignment.exporterHeader + north.shuffled(using: &generator).joined(),
            Consignment.importerHeader + south.shuffled(using: &generator).joined(),
        ]
    }

    /// Distinct consignment numbers of eight digits.
    private static func keys(count: Int, using generator: inout SplitMix64) -> [Int] {
        let stride = max(1, 90_000_000 / max(1, count))
        return (0..<count).map { 10_000_000 + $0 * stride + Int.random(in: 0..<stride, using: &generator) }
            .shuffled(using: &generator)
    }
}

/// One consignment as both offices record it.
private struct Consignment {
    static let exporterHeader = "consignment,month,hs6,origin,mode,fob_value_usd,net_mass_kg\n"
    static let importerHeader =
        "consignment,destination,importer_size,preference,duty_rate,cif_value_usd,days_in_transit,inspected\n"

    let exporterCells: String
    let importerCells: String

    init(using generator: inout SplitMix64) {
        let commodity = commodities[generator.index(weights: commodities.map(\.weight))]
        let (origin, destination) = Self.route(of: commodity, using: &generator)
        let distance = distances[origin][destination]
        let size = generator.index(weights: [0.3, 0.34, 0.24, 0.12])
        let mass = max(0.1, commodity.mass * exp(1.3 * generator.normal() + 0.5 * Double(size)))
        let fob = max(1, (mass * commodity.price * exp(0.5 * generator.normal())).rounded())
        let mode = Self.mode(price: commodity.price, distance: distance, using: &generator)
        let freight = [0.03, 0.06, 0.05, 0.14][mode] * (0.4 + distance / 900)
        let cif = max(1, (fob * (1 + freight) * exp(0.06 * generator.normal())).rounded())
        let preference = generator.chance(min(0.95, 0.25 + 0.17 * Double(size) + (commodity.duty > 8 ? 0.15 : 0)))
        let duty = preference ? 0 : commodity.duty
        let season = commodity.chapter < 11 ? generator.index(weights: harvest) : generator.index(weights: steady)
        let days = Int(
            ([3, 1, 2, 1][mode] + distance / [400, 550, 450, 2_500][mode]) * exp(0.35 * generator.normal()))
        let inspected = generator.chance(min(0.7, 0.03 + (duty > 8 ? 0.12 : 0) + (commodity.chapter < 11 ? 0.3 : 0)))
        let sizeLabel = generator.chance(0.04) ? "" : sizes[size]

        exporterCells =
            "\(season + 1),\(commodity.code),\(origins[origin]),\(modes[mode]),\(Int(fob)),\(Self.kilograms(mass))"
        importerCells =
            "\(destinations[destination]),\(sizeLabel),\(preference),\(duty),\(Int(cif)),\(min(90, days)),\(inspected)"
    }

    private static func route(of commodity: Commodity, using generator: inout SplitMix64) -> (Int, Int) {
        var weights: [Double] = []
        for (i, gdp) in originIncomes.enumerated() {
            let skill = i == commodity.chapter % originIncomes.count ? 4.0 : 1.0
            for (j, income) in destinationIncomes.enumerated() {
                weights.append(
                    pow(gdp, 0.8) * pow(income, 0.7) * skill / pow(distances[i][j] / 100, commodity.elasticity))
            }
        }
        let cell = generator.index(weights: weights)
        return (cell / destinations.count, cell % destinations.count)
    }

    private static func mode(price: Double, distance: Double, using generator: inout SplitMix64) -> Int {
        let valuable = min(6, log(1 + price) / 1.2)
        return generator.index(weights: [distance / 250, 900 / distance, 1.2, pow(valuable, 1.6) / 6])
    }

    private static func kilograms(_ mass: Double) -> String {
        mass < 100 ? "\((mass * 10).rounded() / 10)" : "\(Int(mass.rounded()))"
    }
}

/// A commodity of the Harmonised System (edition 2017) with invented economics.
private struct Commodity {
    let code: String
    let weight: Double
    /// USD per kilogram.
    let price: Double
    /// Usual consignment in kilograms.
    let mass: Double
    /// How fast trade falls with distance.
    let elasticity: Double
    /// Duty in per cent of the CIF value without preference.
    let duty: Double

    var chapter: Int { Int(code.prefix(2)) ?? 0 }

    init(_ code: String, _ weight: Double, _ price: Double, _ mass: Double, _ elasticity: Double, _ duty: Double) {
        self.code = code
        self.weight = weight
        self.price = price
        self.mass = mass
        self.elasticity = elasticity
        self.duty = duty
    }
}

private let commodities = [
    Commodity("010229", 2, 3, 9_000, 1.6, 10), Commodity("020130", 5, 6, 4_000, 1.4, 12.8),
    Commodity("030214", 6, 7, 3_000, 1.3, 8), Commodity("040690", 5, 5, 2_500, 1.2, 7.7),
    Commodity("080510", 4, 0.8, 20_000, 1.1, 16), Commodity("080810", 6, 1, 18_000, 1.2, 11.2),
    Commodity("100199", 3, 0.25, 90_000, 0.9, 12), Commodity("220421", 7, 4, 6_000, 0.8, 13.1),
    Commodity("270900", 2, 0.5, 400_000, 0.7, 0), Commodity("271019", 3, 0.7, 120_000, 0.9, 3.7),
    Commodity("300490", 6, 120, 150, 0.5, 0), Commodity("390210", 5, 1.4, 22_000, 1.0, 6.5),
    Commodity("392690", 9, 6, 900, 0.9, 6.5), Commodity("401110", 4, 4, 7_000, 0.9, 4.5),
    Commodity("440710", 5, 0.5, 40_000, 1.2, 0), Commodity("480100", 3, 0.7, 45_000, 1.0, 0),
    Commodity("520100", 2, 1.8, 20_000, 0.7, 0), Commodity("610910", 8, 18, 700, 0.6, 12),
    Commodity("620342", 7, 22, 650, 0.6, 12), Commodity("640399", 6, 28, 500, 0.6, 8),
    Commodity("720839", 3, 0.7, 80_000, 1.1, 0), Commodity("730890", 5, 3, 9_000, 1.1, 2.7),
    Commodity("760110", 2, 2.2, 50_000, 0.9, 6), Commodity("841112", 1, 900, 2_500, 0.4, 2.7),
    Commodity("847130", 8, 150, 180, 0.4, 0), Commodity("848180", 7, 25, 600, 0.7, 2.2),
    Commodity("850760", 5, 35, 900, 0.6, 2.7), Commodity("851712", 7, 380, 90, 0.4, 0),
    Commodity("854231", 4, 1_800, 12, 0.3, 0), Commodity("870323", 5, 14, 15_000, 0.8, 10),
    Commodity("870899", 8, 9, 3_000, 0.9, 3.5), Commodity("901890", 4, 90, 200, 0.5, 0),
    Commodity("940360", 6, 3.5, 4_500, 1.0, 0), Commodity("950300", 6, 9, 1_200, 0.6, 4.7),
]

private let origins = ["N-Port", "N-Capital", "N-Valley", "N-Mines", "N-Coast", "N-Hills"]
private let originIncomes = [80.0, 120, 45, 30, 60, 20]
private let destinations = ["S-Harbour", "S-Capital", "S-Delta", "S-Plain", "S-Lakes", "S-Border", "S-Isles"]
private let destinationIncomes = [90.0, 150, 50, 40, 35, 25, 15]
private let modes = ["sea", "road", "rail", "air"]
private let sizes = ["micro", "small", "medium", "large"]
private let harvest = [0.5, 0.5, 0.6, 0.7, 0.9, 1.2, 1.6, 1.9, 2.0, 1.5, 0.9, 0.7]
private let steady = [0.9, 0.9, 1.0, 1.0, 1.0, 1.0, 0.9, 0.8, 1.0, 1.1, 1.2, 1.2]

/// Kilometres between the middle of each origin and of each destination.
private let distances: [[Double]] = [
    [620, 840, 990, 1_150, 1_310, 480, 1_520], [780, 900, 1_080, 1_190, 1_260, 520, 1_710],
    [900, 980, 1_220, 1_240, 1_180, 560, 1_900], [1_050, 1_130, 1_380, 1_350, 1_210, 640, 2_080],
    [560, 880, 870, 1_200, 1_420, 610, 1_290], [1_180, 1_210, 1_500, 1_380, 1_090, 700, 2_240],
]
