import Engine
import FittedModels
import Foundation
package import Queries
package import Tasks

/// Requests and decisions about them as files: `NAME.request`, and beside it `NAME.<party>.decision`.
package enum RequestFile {
    private static let ending = ".request"

    /// Where the request for a query lies: in the folder of the file that says it.
    package static func path(of query: String, beside file: String) -> String {
        let folder = (file as NSString).deletingLastPathComponent
        return (folder.isEmpty ? "" : folder + "/") + query + ending
    }

    /// Requests end with `compute_by`; that uploads have ended is no matter to them.
    package static func requireTime(_ task: TaskSpecification) throws(CommandFailure) {
        try Files.requireTime(task, before: ["compute_by"])
    }

    /// Where a party's decision on a request lies.
    package static func decision(on request: String, by party: String) -> String {
        (request.hasSuffix(ending) ? String(request.dropLast(ending.count)) : request) + ".\(party).decision"
    }

    /// Reads a request and checks it against the task.
    ///
    /// - Throws: ``CommandFailure`` where the file cannot be read or is too long; `RequestError`; `QueryRefusal` for what the task's
    ///   tables cannot answer.
    package static func request(at path: String, of task: TaskSpecification) throws -> QueryRequest {
        let request = try QueryRequest(fileBytes: try Files.bytes(at: path, limit: .request), of: task)
        _ = try TaskPlan(task.asking(request))
        return request
    }

    /// The decisions that lie beside a request, each checked.
    package static func decisions(
        on request: QueryRequest, at path: String, of task: TaskSpecification
    ) throws -> [RequestDecision] {
        try task.providers.compactMap { try decision(of: $0, on: request, at: path, of: task) }
    }

    /// A party's decision that lies beside a request, checked; nil where none does.
    static func decision(
        of party: TaskSpecification.Party, on request: QueryRequest, at path: String, of task: TaskSpecification
    ) throws -> RequestDecision? {
        let file = decision(on: path, by: party.name)
        guard FileManager.default.fileExists(atPath: file) else { return nil }
        let decision = try RequestDecision(
            fileBytes: try Files.bytes(at: file, limit: .signature), file: file, of: request, of: task)
        guard decision.party == party.name else {
            throw CommandFailure(
                "\(file) holds the decision of \(decision.party), and its name says \(party.name)", code: .identity)
        }
        return decision
    }

    /// A request that every provider approved.
    package static func approved(at path: String, of task: TaskSpecification) throws -> QueryRequest {
        let request = try request(at: path, of: task)
        try decisions(on: request, at: path, of: task).requireAll(of: task)
        return request
    }

    /// For `entrepot task plan`: how many requests of which price the task's part pays, and how exact a count would be; empty where
    /// nothing is set aside.
    static func plan(_ task: TaskSpecification) throws -> String {
        guard let part = task.requests?.epsilon,
            let whole = TaskSpecification.Requests.millionths(part)
        else { return "" }
        var lines = [
            "", "Requests: \(part) of ε and half of δ wait for what consumers ask for. It pays one of these lines",
        ]
        for number in [1, 2, 5, 10, 20] where whole >= number {
            let price = TaskSpecification.Requests.epsilon(ofMillionths: whole / number)
            let query = TaskSpecification.PermittedQuery(name: "rows", kind: .cardinality, epsilon: price)
            guard let error = try forecast(query, of: task).parts.first else { continue }
            lines.append(
                "  \(Counted.of(number, "request")) at \(price): a count ± \(AnswerText.short(error.halfWidth)) (95 % of the noise)"
            )
        }
        return lines.joined(separator: "\n")
    }

    /// What a query would cost as a request, and how far off its figures would be.
    package static func forecast(
        _ query: TaskSpecification.PermittedQuery, of task: TaskSpecification
    ) throws -> QueryForecast {
        let plan = try TaskPlan(task.asking(query))
        guard let forecast = try plan.queries.forecasts(plan.plan.accounting).first else {
            throw CommandFailure("the query '\(query.name)' has no forecast")
        }
        return forecast
    }
}
