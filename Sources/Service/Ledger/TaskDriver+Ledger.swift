import HummingbirdCore
import Tasks

/// What was spent, for every party to see.
extension TaskDriver {
    /// `GET /ledger`: the entries in their canonical form; each names the hash of the one before.
    nonisolated func ledgerEntries() async throws -> Response {
        let head = ledger.head
        return Response.json(
            .object([
                (
                    "head",
                    .object([("sequence", .integer(Int64(head.sequence))), ("hash", .string(head.hash.hexadecimal))])
                ),
                ("entries", .array(try ledger.entries().map(OrderedJSON.raw))),
            ]))
    }

    /// `GET /ledger/total`: what was spent over the whole life of the task, in both readings. That of changing a record
    /// is known once everything is drawn.
    nonisolated func ledgerTotal() async throws -> Response {
        let total = try ledger.total()
        let changing = try total.epsilon > 0 ? ledger.epsilonChangingOne() : 0
        let limit = specification.privacy
        return Response.json(
            .object([
                ("epsilon", .number(total.epsilon)), ("delta", .number(total.delta)),
                ("limit", .object([("epsilon", .number(limit.epsilon)), ("delta", .number(limit.delta))])),
                ("remaining", .object([("epsilon", .number(max(0, limit.epsilon - total.epsilon)))])),
                ("unit", .string(limit.unit)),
                (
                    "readings",
                    .object([
                        ("add_or_remove_one", .number(total.epsilon)),
                        ("change_one", changing.map(OrderedJSON.number) ?? .null),
                    ])
                ),
            ]))
    }
}
