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
                let reader = try LocalTables.reader(party: party, task: task, hash: .random)
                if let provider = task.party(named: party), let domain = try provider.table?.domain() {
                    let rules = task.ownRules(of: provider)
                    if !rules.isEmpty { reader.check(try RuleCheck(rules, domain: domain)) }
                }
                let table = try LocalTables.table(file, with: reader).table
                let broken = reader.ruleFindings
                if json {
                    let encoder = JSONEncoder()
                    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
                    let rules = String(decoding: try encoder.encode(broken), as: UTF8.self)
                    print(
                        #"{"rows":\#(table.rowCount),"problems":[]"# + (broken.isEmpty ? "}" : #","rules":\#(rules)}"#))
                } else {
                    print("\(file): \(table.rowCount) rows, no problem; the service would take it")
                    for finding in broken {
                        print("\(file): \(finding). Correct them, or the rule: no synthetic row will be like them.")
                    }
                }
            } catch let problems as TableProblems {
                if json {
                    let encoder = JSONEncoder()
                    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
                    print(String(decoding: try encoder.encode(problems), as: UTF8.self))
                }
                throw problems
            }
        }
    }
}
