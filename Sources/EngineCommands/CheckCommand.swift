package import ArgumentParser
import Drafting
import Foundation
import Tables
import Tasks

/// `entrepot check`: the service's own validator, run locally; nothing is sent.
package struct CheckCommand: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "check", abstract: "Checks a table as the service would, on your own machine.",
        discussion: "Example: entrepot check alice.csv --task task.yaml --party Alice")

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
            let reader = try LocalTables.checker(party: party, task: task)
            do {
                let table = try LocalTables.table(file, with: reader).table
                let broken = reader.ruleFindings
                if json {
                    let warnings = String(decoding: try Self.encoder().encode(reader.warnings), as: UTF8.self)
                    let rules = String(decoding: try Self.encoder().encode(broken), as: UTF8.self)
                    Console.show(
                        #"{"rows":\#(table.rowCount),"problems":[],"warnings":\#(warnings)"#
                            + (broken.isEmpty ? "}" : #","rules":\#(rules)}"#))
                } else {
                    for warning in reader.warnings { Console.say("\(file): warning: \(warning)") }
                    Console.show("\(file): \(Counted.of(table.rowCount, "row")), no problem; the service would take it")
                }
            } catch let refusal as LocalTableFile.Refusal {
                if json {
                    let encoder = Self.encoder()
                    encoder.outputFormatting.insert(.prettyPrinted)
                    Console.show(String(decoding: try encoder.encode(refusal.problems), as: UTF8.self))
                }
                throw refusal
            }
        }
    }

    private static func encoder() -> JSONEncoder {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return encoder
    }
}
