package import ArgumentParser
import Domains
import Engine
import Evaluation
import FittedModels
import Foundation
import Tables
import Tasks

/// `entrepot dummy TASK.yaml`: rows of the joined table's form, before there is a model.
package struct DummyCommand: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "dummy",
        abstract: "Writes made-up rows in the form of a task's joined table, for writing an analysis.",
        discussion: """
            They follow from the declared columns alone: every value is as likely as any other, and nothing depends on \
            anything. The column \(DummyRows.mark) says so in each row. Results from them mean nothing.

            Example: entrepot dummy task.yaml --rows 1000 --output dummy.csv
            """)

    @Argument(help: "The task file.")
    var file: String

    @Option(help: "How many rows.")
    var rows: UInt64 = 1_000

    @Option(help: "The same seed gives the same rows.")
    var seed: UInt64 = 1

    @Option(help: "csv, json, ndjson, arrow or parquet; else what the name of the file ends with, and csv.")
    var format: SampleFormat?

    @Option(help: "A file; stdout otherwise.")
    var output: String?

    package init() {}

    package func validate() throws {
        if rows < 1 { throw ValidationError("--rows is at least 1") }
    }

    package func run() async throws {
        try await CommandFailure.reported {
            let task = try Files.task(at: file, allowsMissingKeys: true)
            guard task.releasesRows else {
                throw CommandFailure("this task releases the answers of its queries alone, no rows", code: .badData)
            }
            let dummy = DummyRows(try TaskPlan(task).domain, seed: seed)
            let encoder = SampleEncoder(
                domain: dummy.domain, columns: nil, format: format ?? SampleFormat(ofFile: output), compressor: .snappy)
            let out = try Files.opened(output)
            try encoder.encode(rowCount: rows, block: dummy.rows(_:)) { try out.write(contentsOf: $0) }
            if output != nil { try out.close() }
            Console.say(
                "DUMMY ROWS, made up from the declared columns alone: results from them mean nothing. The column "
                    + "\(DummyRows.mark) marks each.")
        }
    }
}
