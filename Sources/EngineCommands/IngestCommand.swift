public import ArgumentParser
import Foundation
import Tables
public import Tasks

/// `entrepot ingest`: published layouts of merchandise trade become an office's table, on the office's own machine.
package struct IngestCommand: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "ingest",
        abstract: "Turns Comtrade or SDMX files into an office's table for a mirror join; nothing is sent.",
        discussion: """
            comtrade-legacy   the 22 columns of downloads before 2023
            comtrade          the 47 columns since
            sdmx-csv          SDMX-CSV of UNSD:IMTS, where the edition is part of the commodity code
            Area codes are those of these files: the United States are 842, not 840. Re-exports and re-imports stand in a \
            column of their own; editions of the Harmonised System stand in the key.
            """)

    @Argument(help: "One or more CSV files.")
    var files: [String]

    @Option(help: "comtrade-legacy, comtrade or sdmx-csv.")
    var profile: TradeIngest.Profile

    @Option(help: "The reporting office, three letters of ISO 3166.")
    var office: String

    @Option(help: "A task file: only the columns that it declares for --party are written.")
    var task: String?

    @Option(help: "Your party's name in the task.")
    var party: String?

    @Option(help: "The table to write; stdout otherwise.")
    var output: String?

    package init() {}

    package func validate() throws {
        if (task == nil) != (party == nil) { throw ValidationError("--task and --party go together") }
    }

    package func run() async throws {
        try await CommandFailure.reported {
            var ingest = TradeIngest(profile: profile, office: office)
            do {
                for file in files { try ingest.add(csv: try Files.bytes(at: file)) }
            } catch let error as TaskError {
                throw CommandFailure("\(error)", code: .badData)
            }
            let csv = ingest.csv(columns: try columns())
            for (reason, count) in ingest.leftOut.sorted(by: { $0.key < $1.key }) {
                Console.say("\(count) rows left out: \(reason)")
            }
            Console.say("\(ingest.rowCount) flows of \(office)")
            if let output { try Files.write(Array(csv.utf8), to: output) } else { Console.show(csv, isData: true) }
        }
    }

    private func columns() throws -> [String] {
        guard let task, let party else { return TradeIngest.columns }
        guard let table = try Files.task(at: task, allowsMissingKeys: true).party(named: party)?.table else {
            throw CommandFailure("the task has no provider '\(party)'", code: .identity)
        }
        let declared = table.key.columns + table.schema.fields.filter { $0.derivedFrom == nil }.map(\.name)
        for name in declared where !TradeIngest.columns.contains(name) {
            throw CommandFailure(
                "the task declares '\(name)', which ingest does not write; it writes \(TradeIngest.columns.joined(separator: ", "))",
                code: .badData)
        }
        return declared
    }
}

extension TradeIngest.Profile: ExpressibleByArgument {}
