package import ArgumentParser
import Foundation
import Tables
import Tasks
import VectorMath

/// `entrepot check`: the service's own validator, run locally; nothing is sent.
package struct CheckCommand: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "check", abstract: "Checks a table as the service would, on your own machine.")

    @Argument(help: "The CSV file.")
    var file: String

    @Option(help: "The task file.")
    var task: String

    @Option(help: "Your party's name in the task.")
    var party: String

    @Flag(help: "One JSON object on stdout.")
    var json = false

    package init() {}

    package func run() async throws {
        try await CommandFailure.reported {
            let task = try Files.task(at: task, allowsMissingKeys: true)
            do {
                let table = try LocalTables.table(file, party: party, task: task, hash: .random).table
                if json {
                    Console.show(#"{"rows":\#(table.rowCount),"problems":[]}"#)
                } else {
                    Console.show("\(file): \(table.rowCount) rows, no problem; the service would take it")
                }
            } catch let problems as TableProblems {
                if json {
                    let encoder = JSONEncoder()
                    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
                    Console.show(String(decoding: try encoder.encode(problems), as: UTF8.self))
                }
                throw problems
            }
        }
    }
}
