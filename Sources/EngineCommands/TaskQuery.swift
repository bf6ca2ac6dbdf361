import ArgumentParser
import Engine
import FittedModels
import Foundation
package import Queries
import Tasks

/// One permitted query of a task file, priced or answered on this machine.
package struct TaskQuery {
    private let task: TaskSpecification
    private let plan: TaskPlan
    private let name: String

    /// - Throws: ``CommandFailure`` with exit code 64 if the task permits no such query.
    package init(named name: String, task path: String) throws {
        task = try Files.task(at: path, allowsMissingKeys: true)
        plan = try TaskPlan(task)
        self.name = name
        guard plan.queries.names.contains(name) else {
            let known = plan.queries.names.isEmpty ? "none" : plan.queries.names.joined(separator: ", ")
            throw CommandFailure("the task permits no query '\(name)'; it permits \(known)", code: ExitCode(64))
        }
    }

    /// The price and the error to expect. Nothing is spent.
    package func forecast() throws -> QueryForecast {
        guard let forecast = try plan.queries.forecasts(plan.plan.accounting).first(where: { $0.name == name }) else {
            throw CommandFailure("the query '\(name)' has no forecast")
        }
        return forecast
    }

    /// The answer that a finished task's file records.
    ///
    /// - Throws: ``CommandFailure`` if the file is of another task, or ends before the query was asked.
    package func answer(in path: String) throws -> QueryAnswer {
        let product = try TaskProduct(encoded: try Files.bytes(at: path))
        guard product.taskDigest == task.digest.hex else {
            throw CommandFailure("\(path) was not fitted for this task", code: .identity)
        }
        let answers = try plan.queries.answers(from: product.transcript, domain: product.domain)
        guard let answer = answers.first(where: { $0.name == name }) else {
            throw CommandFailure("the fit was cut short before this query was asked")
        }
        return answer
    }
}
