import Engine
import FittedModels
import Foundation
import HTTPTypes
import HummingbirdCore
import Queries

/// The permitted queries. They were asked once, inside the fit; these calls return the recorded answers.
extension TaskDriver {
    /// `GET /queries`: names, prices and the error to expect; a function of the task.
    nonisolated func queries() async throws -> Response {
        let task = fitter.task
        return try Response.json(encoding: try task.queries.forecasts(task.plan.accounting))
    }

    /// `GET /queries/NAME`: the recorded answer.
    nonisolated func query(_ call: Call) async throws -> Response {
        let name = call.request.uri.path.dropFirst("/queries/".count).removingPercentEncoding ?? ""
        guard fitter.task.queries.names.contains(name) else {
            throw Problem(
                .notFound, code: "query_not_permitted", detail: "The task permits no such query.",
                hint: "GET /queries lists those that it does. Another query is another task, with new signatures.",
                audience: .parties)
        }
        guard let answer = try await answers().first(where: { $0.name == name }) else {
            throw Problem(
                .conflict, code: "query_not_drawn",
                detail: "The fit was cut short before this query was asked, and the tables are gone.",
                hint: "What the query would have cost counts as spent; a new task can ask it.", audience: .parties)
        }
        return try Response.json(encoding: answer)
    }

    /// All recorded answers. Those of a linkage are estimated from tables of up to 65,536 agreement patterns.
    nonisolated func answers() async throws -> [QueryAnswer] {
        let (product, task) = (try await finished(), fitter.task)
        return try await recordedAnswers.value {
            try task.queries.answers(from: product.transcript, domain: product.domain)
        }
    }
}

extension Response {
    /// A successful answer in JSON with sorted keys.
    static func json(encoding value: some Encodable) throws -> Response {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return Response.json([UInt8](try encoder.encode(value)))
    }
}
