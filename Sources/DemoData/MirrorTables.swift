import Foundation
import VectorMath

/// Five offices and the monthly flows between them, each reported from both ends.
///
/// A flow's FOB value is log-normal around a gravity mean (size of exporter × size of importer × weight of the
/// commodity); the importer adds freight of 3 to 8 % and an error of its own. A tenth of the flows is reported at one end
/// alone. Two things are wrong on purpose, and the reconciliation must find them:
/// - what Sudland records from Norland is 1.9 times what Norland records: goods of another origin that come through its
///   port;
/// - importers record half of the mineral fuels (chapter 27) that exporters do.
struct MirrorTables {
    static let offices = [
        (name: "Norland", code: "NRL"), (name: "Sudland", code: "SDL"), (name: "Eastmark", code: "EMK"),
        (name: "Westmark", code: "WMK"), (name: "Midland", code: "MDL"),
    ]
    private static let sizes = [1.3, 1.5, 0.8, 1.1, 0.6]
    private static let commodities = [
        "010229", "020130", "030214", "040690", "080510", "080810", "100199", "220421", "270900", "271019", "300490",
        "390210", "392690", "401110", "440710", "480100", "520100", "610910", "620342", "640399", "720839", "730890",
        "760110", "841112", "847130", "848180", "850760", "851712", "854231", "870323", "870899", "901890", "940360",
        "950300",
    ]

    /// The most flows that there are: twelve months, each commodity, each pair of offices.
    static let largestRows = 12 * commodities.count * offices.count * (offices.count - 1)

    /// One table an office.
    let csv: [String]

    /// - Parameter rows: flows in all; the first months come first.
    init(rows: Int, seed: UInt64) {
        var generator = SplitMix64(state: seed)
        var lines = Self.offices.map { _ in [String]() }
        var left = rows
        for month in 1...12 {
            for commodity in Self.commodities {
                for exporter in Self.offices.indices {
                    for importer in Self.offices.indices where importer != exporter && left > 0 {
                        left -= 1
                        let flow = Flow(month, commodity, exporter, importer, using: &generator)
                        let side = generator.unit()
                        if side > 0.05 { lines[exporter].append(flow.line("X", flow.exported)) }
                        if side < 0.95 { lines[importer].append(flow.line("M", flow.imported)) }
                    }
                }
            }
        }
        csv = lines.map { lines in
            "key,month,hs6,exporter,importer,flow,value_usd\n" + lines.shuffled(using: &generator).joined()
        }
    }

    /// The same with key, flow and value alone.
    var totals: [String] {
        csv.map { table in
            table.split(separator: "\n").map { line in
                let cells = line.split(separator: ",")
                return ([cells[0]] + cells.suffix(2)).joined(separator: ",") + "\n"
            }.joined()
        }
    }

    private struct Flow {
        let cells: String
        let exported: Int
        let imported: Int

        init(
            _ month: Int, _ commodity: String, _ exporter: Int, _ importer: Int,
            using generator: inout SplitMix64
        ) {
            let (from, to) = (MirrorTables.offices[exporter].code, MirrorTables.offices[importer].code)
            let period = "2022" + (month < 10 ? "0" : "") + String(month)
            cells = "\(period)|HS2017|\(commodity)|\(from)|\(to),\(month),\(commodity),\(from),\(to)"
            let weight = commodity.hasPrefix("27") ? 2.0 : commodity.hasPrefix("8") ? 1.3 : 0.8
            let mean = 3.0e6 * MirrorTables.sizes[exporter] * MirrorTables.sizes[importer] * weight
            let fob = min(2.0e8, mean * exp(0.7 * generator.normal() - 0.245))
            var cif = fob * (1.03 + 0.05 * generator.unit()) * exp(0.08 * generator.normal())
            if exporter == 0, importer == 1 { cif *= 1.9 }
            if commodity.hasPrefix("27") { cif *= 0.5 }
            exported = Int(fob.rounded())
            imported = Int(cif.rounded())
        }

        func line(_ flow: String, _ value: Int) -> String { "\(cells),\(flow),\(value)\n" }
    }
}
