import HummingbirdCore
import Tasks

/// What was spent, for every party to see.
extension TaskHost {
    nonisolated func ledgerEntries() async throws -> Response { Response.json(try ledger.entries()) }

    nonisolated func ledgerTotal() async throws -> Response {
        let total = try ledger.total()
        let limit = specification.privacy
        return Response.json(
            .object([
                ("epsilon", .number(total.epsilon)), ("delta", .number(total.delta)),
                ("limit", .object([("epsilon", .number(limit.epsilon)), ("delta", .number(limit.delta))])),
                ("remaining", .object([("epsilon", .number(max(0, limit.epsilon - total.epsilon)))])),
                ("unit", .string(limit.unit)),
            ]))
    }
}
