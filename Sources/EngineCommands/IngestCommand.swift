public import ArgumentParser
import Domains
public import Drafting
import Foundation
import Tables
import Tasks

/// `entrepot ingest`: published layouts of merchandise trade become an office's table, on the office's own machine.
package struct IngestCommand: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "ingest",
        abstract: "Turns Comtrade or SDMX files into an office's table for a mirror join; nothing is sent.",
        discussion: """
            comtrade-legacy   the 22 columns of downloads before 2023
            comtrade          the 47 columns since, as the site writes them or as comtradr names them
            sdmx-csv          SDMX-CSV of UNSD:IMTS, where the edition is part of the commodity code;
                              multipliers are applied, and another currency than dollars is refused
            Area codes are those of these files: the United States are 842, not 840. Re-exports and re-imports stand in a \
            column of their own; editions of the Harmonised System stand in the key.

            Example: entrepot ingest data.csv --profile comtrade --office CAN --output canada.csv
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
            try Files.keep(files + [task].compactMap { $0 }, from: output)
            var ingest = TradeIngest(profile: profile, office: office)
            for file in files { try ingest.add(LocalTableFile(path: file)) }
            for note in ingest.notes { Console.say(note) }
            for (what, how) in ingest.mended.sorted(by: { $0.key < $1.key }) {
                Console.say("\(how.count) \(what) (\(how.example))")
            }
            for (reason, left) in ingest.reasons.sorted(by: { $0.key < $1.key }) {
                Console.say(
                    "\(Counted.of(left.rows, "row")) left out: \(reason) (\(Self.dollars(left.value)), first in row \(left.firstRow))"
                )
            }
            try ingest.check()
            if let mixture = ingest.mixture { Console.say(mixture) }
            let csv = ingest.csv(columns: try columns())
            Console.say(
                "\(Counted.of(ingest.rowCount, "flow")) of \(ingest.office) from \(Counted.of(ingest.taken.rows, "row")), \(Self.dollars(ingest.taken.value)) in all"
            )
            if let output { try Files.write(Array(csv.utf8), to: output) } else { Console.show(csv, isData: true) }
        }
    }

    private static func dollars(_ value: Double) -> String {
        let digits = String(Int(min(value, 9e15).rounded()))
        var text = ""
        for (place, digit) in digits.enumerated() {
            if place > 0, (digits.count - place) % 3 == 0 { text += "," }
            text.append(digit)
        }
        return "US$ \(text)"
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
