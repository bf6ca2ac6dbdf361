import Foundation
import HTTPTypes
import HummingbirdCore
import Synchronization

/// Where the task stands.
extension TaskDriver {
    /// `GET /model_status`: the workshop's sentence, and with `verbose=1` stage, reason and how far each provider has come.
    nonisolated func modelStatus(_ call: Call) async -> Response {
        let (life, since) = await (life, since)
        guard call.query["verbose"] == "1" else {
            return Response.json(.string("Model status: \(life.stage.workshopWord)"))
        }
        return Response.json(
            .object([
                ("stage", .string(life.stage.rawValue)), ("since", .integer(Int64(since.timeIntervalSince1970))),
                ("reason", life.reason.map(OrderedJSON.string) ?? .null),
                ("parties", Self.standings(in: life)),
            ]))
    }

    /// `GET /readyz`: 503 after a write to the ledger has failed, until one succeeds.
    nonisolated func ready() throws(Problem) -> Response {
        guard isRecording.withLock({ $0 }) else { throw Problem.notReady }
        return Response.json(.object([("status", .string("ready"))]))
    }

    /// How far each provider has got.
    private static func standings(in life: TaskLife) -> OrderedJSON {
        let standings = life.providers.map { party -> (String, OrderedJSON) in
            let members: [(String, OrderedJSON)] = [
                ("signed", .boolean(life.signed.contains(party))), ("uploaded", .boolean(life.has(tableOf: party))),
                ("confirmed", .boolean(life.confirmed.contains(party))),
            ]
            return (party, .object(members))
        }
        return .object(standings)
    }
}
