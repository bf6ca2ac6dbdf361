import Foundation

/// Generated tables and the name of the task file that describes them.
enum DemoScenario: String, CaseIterable {
    case trade
    case workshop
    case reconciliation

    /// Party names in the order of the task, with the CSV file that each one uploads.
    var parties: [(name: String, file: String)] {
        switch self {
        case .trade: [("Norland", "norland.csv"), ("Sudland", "sudland.csv")]
        case .workshop: [("Alice", "alice.csv"), ("Bob", "bob.csv")]
        case .reconciliation: MirrorTables.offices.map { ($0.name, "\($0.name.lowercased()).csv") }
        }
    }

    /// Rows of each table, of `reconciliation` flows in all, unless the caller says otherwise.
    var defaultRows: Int {
        switch self {
        case .trade: 60_000
        case .workshop: 1_382
        case .reconciliation: MirrorTables.largestRows
        }
    }

    /// The most rows that a table can have.
    var largestRows: Int {
        switch self {
        case .trade: 10_000_000
        case .workshop: 1_728
        case .reconciliation: MirrorTables.largestRows
        }
    }

    /// The task without keys: the file of `Configs/`, which is built into the program.
    var taskTemplate: String {
        switch self {
        case .trade: String(decoding: PackageResources.trade_mirror_yaml, as: UTF8.self)
        case .workshop: String(decoding: PackageResources.workshop_yaml, as: UTF8.self)
        case .reconciliation: String(decoding: PackageResources.trade_reconciliation_yaml, as: UTF8.self)
        }
    }

    /// Writes the tables into `directory` and returns their places in the order of ``parties``.
    func write(to directory: URL, rows: Int, seed: UInt64) throws -> [URL] {
        let tables =
            switch self {
            case .trade: TradeTables(rows: rows, seed: seed).csv
            case .workshop: WorkshopTables(rows: rows, seed: seed).csv
            case .reconciliation: MirrorTables(rows: rows, seed: seed).csv
            }
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        return try zip(parties, tables).map { party, text in
            let file = directory.appendingPathComponent(party.file)
            try Data(text.utf8).write(to: file)
            return file
        }
    }
}
