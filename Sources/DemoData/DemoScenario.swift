package import Foundation
package import Tasks
import VectorMath

/// A task of `Configs/` with a generator for its tables.
package enum DemoScenario: String, CaseIterable {
    case trade
    case workshop
    case reconciliation
    case fiveOffices = "five-offices"
    case fiveOfficesTotal = "five-offices-total"
    case fiveOfficesWithoutEnclave = "five-offices-without-enclave"
    case customsMicrodata = "customs-microdata"
    case bankTelecom = "bank-telecom"
    case bankTelecomWithoutEnclave = "bank-telecom-without-enclave"
    case lists

    /// One line for the help text.
    package var summary: String {
        switch self {
        case .trade: "consignments of two offices from a small gravity model; a tenth of each side has no partner"
        case .workshop: "cars in the shape of the enclave workshop's two tables (at most 1,728 rows)"
        case .reconciliation: "flows between five offices, each reported from both ends, with two planted errors"
        case .fiveOffices: "five offices' monthly trade by commodity, simulated from the declared domains"
        case .fiveOfficesTotal: "the flows of `reconciliation`; one noisy total of all is released, and nothing else"
        case .fiveOfficesWithoutEnclave:
            "consignments of five offices, simulated from the declared domains; each office is a process, and there is no service"
        case .customsMicrodata: "the two halves of import declarations, simulated from the declared domains"
        case .bankTelecom: "customers of a bank and a telecom, simulated from the declared domains"
        case .bankTelecomWithoutEnclave:
            "the same customers; bank, telecom and regulator are a process each, and count on shares of the rows"
        case .lists:
            "persons on two lists without a common number, with misspelt names and mistyped dates; half are on both"
        }
    }

    /// Rows of each table, of `reconciliation` flows in all, unless the caller says otherwise.
    package var defaultRows: Int {
        switch self {
        case .trade: 60_000
        case .workshop: 1_382
        case .reconciliation, .fiveOfficesTotal: MirrorTables.largestRows
        case .fiveOffices, .fiveOfficesWithoutEnclave: 20_000
        case .customsMicrodata, .bankTelecom: 50_000
        case .bankTelecomWithoutEnclave: 20_000
        case .lists: 10_000
        }
    }

    /// The most rows that a table can have.
    package var largestRows: Int {
        switch self {
        case .workshop: 1_728
        case .reconciliation, .fiveOfficesTotal: MirrorTables.largestRows
        case .fiveOffices, .fiveOfficesWithoutEnclave: 500_000
        case .lists: 1_000_000
        case .trade, .customsMicrodata, .bankTelecom, .bankTelecomWithoutEnclave: 10_000_000
        }
    }

    /// The task for tables of so many rows: where they are more than the file of `Configs/` declares, it declares them.
    package func taskTemplate(rows: Int) -> String {
        taskTemplate.replacing(/(?m)^      rows: (\d+)$/) { match in
            "      rows: \(max(rows, Int(match.1) ?? 0))"
        }
    }

    /// The task without keys: the file of `Configs/`, which is built into the program.
    package var taskTemplate: String {
        let bytes =
            switch self {
            case .trade: PackageResources.trade_mirror_yaml
            case .workshop: PackageResources.workshop_yaml
            case .reconciliation: PackageResources.trade_reconciliation_yaml
            case .fiveOffices: PackageResources.five_offices_yaml
            case .fiveOfficesTotal: PackageResources.five_offices_total_yaml
            case .fiveOfficesWithoutEnclave: PackageResources.five_offices_without_enclave_yaml
            case .customsMicrodata: PackageResources.customs_microdata_yaml
            case .bankTelecom: PackageResources.bank_telecom_yaml
            case .bankTelecomWithoutEnclave: PackageResources.bank_telecom_without_enclave_yaml
            case .lists: PackageResources.lists_yaml
            }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// The template as a task, with placeholder keys.
    package func task() throws -> TaskSpecification {
        try TaskSpecification(yaml: taskTemplate, context: TaskFile.Context(allowsMissingKeys: true))
    }

    /// Writes every provider's table into `directory` and returns their places in the order of the task.
    package func write(to directory: URL, rows: Int, seed: UInt64) throws -> [URL] {
        let task = try task()
        let tables = try csv(task, rows: rows, seed: seed)
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        return try zip(task.providers, tables).map { party, text in
            let file = directory.appendingPathComponent("\(party.name.lowercased()).csv")
            try Data(text.utf8).write(to: file)
            return file
        }
    }

    private func csv(_ task: TaskSpecification, rows: Int, seed: UInt64) throws -> [String] {
        switch self {
        case .trade: TradeTables(rows: rows, seed: seed).csv
        case .workshop: WorkshopTables(rows: rows, seed: seed).csv
        case .reconciliation: MirrorTables(rows: rows, seed: seed).csv
        case .fiveOfficesTotal: MirrorTables(rows: rows, seed: seed).totals
        case .fiveOfficesWithoutEnclave:
            try SimulatedTables(task, rows: rows, seed: seed) { String(100_000 + $0 * 3) }.csv
        case .lists: ListTables(rows: rows, seed: seed).csv
        case .customsMicrodata:
            try SimulatedTables(task, rows: rows, seed: seed) { String(10_000_000 + $0 * 7) }.csv
        case .bankTelecom, .bankTelecomWithoutEnclave:
            try SimulatedTables(task, rows: rows, seed: seed) { row in
                var generator = SplitMix64(state: UInt64(row))
                let digits = String(generator.next(), radix: 16)
                return String(repeating: "0", count: 16 - digits.count) + digits
            }.csv
        case .fiveOffices:
            try SimulatedTables(task, rows: rows, seed: seed) { row in
                let month = row % 24
                return "\(2021 + month / 12)-\(month % 12 < 9 ? "0" : "")\(month % 12 + 1),\(100_000 + row / 24 * 11)"
            }.csv
        }
    }
}
