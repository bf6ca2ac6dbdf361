import ArgumentParser
import Foundation
import Service
import Synthesizers

extension TaskCommand {
    /// `entrepot task plan`: what the fit will spend on what. A function of the task alone.
    struct Plan: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Prints what the fit will measure and which share of the budget each step has.")

        @Argument(help: "The task file.")
        var file: String

        @Flag(help: "One JSON object on stdout.")
        var json = false

        func run() async throws {
            try await CommandFailure.reported {
                let plan = try TaskPlan(try Files.task(at: file, isPlan: true)).plan
                if json {
                    let encoder = JSONEncoder()
                    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
                    print(String(decoding: try encoder.encode(plan), as: UTF8.self))
                    return
                }
                print("\(plan.synthesizer.rawValue), epsilon \(plan.epsilon), delta \(plan.delta)")
                for step in plan.steps {
                    let share = String(format: "%5.1f %%", 100 * step.share)
                    let sigma = step.sigma.map { String(format: ", noise of standard deviation %.4g", $0) } ?? ""
                    print("  \(share)  \(step.name)\(step.cells.map { ", \($0) figures" } ?? "")\(sigma)")
                }
            }
        }
    }
}
