package import ArgumentParser
package import DemoData
import Foundation

/// `entrepot demo-data SCENARIO --output DIR`: generated tables and the task that describes them.
package struct DemoDataCommand: ParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "demo-data",
        abstract: "Writes generated tables and their task (without keys).",
        discussion: DemoScenario.allCases.map { "\($0.rawValue): \($0.summary)" }.joined(separator: "\n")
            + "\n\nExample: entrepot demo-data workshop --output tables"
    )

    @Argument(help: "\(DemoScenario.allCases.map(\.rawValue).joined(separator: ", "))")
    var scenario: DemoScenario

    @Option(help: "The folder to write to; it is made where missing.")
    var output: String

    @Option(help: "Rows of each table.")
    var rows: Int?

    @Option(help: "Seed of the generator: the same seed gives the same files.")
    var seed: UInt64 = 1

    package init() {}

    package func validate() throws {
        guard let rows else { return }
        guard rows >= 0, rows <= scenario.largestRows else {
            throw ValidationError("--rows must lie between 0 and \(scenario.largestRows) (got \(rows))")
        }
    }

    package func run() throws {
        let directory = URL(fileURLWithPath: output, isDirectory: true)
        for file in try scenario.write(to: directory, rows: rows ?? scenario.defaultRows, seed: seed) {
            Console.show(file.path)
        }
        let task = directory.appendingPathComponent("task.yaml")
        try Data(scenario.taskTemplate(rows: rows ?? scenario.defaultRows).utf8).write(to: task)
        Console.show(task.path)
    }
}

extension DemoScenario: ExpressibleByArgument {}
