import Attestation
import Foundation
import HTTPTypes
import HummingbirdCore
import Ledger
import Synchronization
import Tasks

/// What was spent, for every party to see.
extension TaskDriver {
    /// The newest ledger entry that a caller may know; for strangers, the first entry of the task.
    nonisolated func head(for caller: Caller) -> LedgerHead {
        caller.isParty ? ledger.head : ledger.firstHead
    }

    /// The boot and the ledger's head, which every answer carries.
    nonisolated func ledgerHeaders(for caller: Caller) async -> HTTPFields {
        let head = head(for: caller)
        var headers: HTTPFields = [:]
        headers.set("Entrepot-Boot", boot.id.hexadecimal)
        headers.set("Entrepot-Seq", String(head.sequence))
        headers.set("Entrepot-Head", head.hash.hexadecimal)
        return headers
    }

    /// `GET /ledger`: the entries in their canonical form; each contains the hash of the previous one.
    nonisolated func ledgerEntries() async throws -> Response {
        let (ledger, head) = (ledger, ledger.head)
        return Response.json(
            .object([
                (
                    "head",
                    .object([("sequence", .integer(Int64(head.sequence))), ("hash", .string(head.hash.hexadecimal))])
                ),
                (
                    "entries",
                    .array(try await DedicatedThread.run("ledger") { try ledger.entries() }.map(OrderedJSON.raw))
                ),
            ]))
    }

    /// `GET /ledger/total`: what was spent over the whole life of the task, in both readings. The reading for changing
    /// a record is known once everything is drawn.
    nonisolated func ledgerTotal() async throws -> Response {
        let total = try ledger.total()
        let changing = try await total.epsilon > 0 ? epsilonChangingOne() : 0
        let limit = specification.privacy
        return Response.json(
            .object([
                ("epsilon", .number(total.epsilon)), ("delta", .number(total.delta)),
                ("limit", .object([("epsilon", .number(limit.epsilon)), ("delta", .number(limit.delta))])),
                ("remaining", .object([("epsilon", .number(max(0, limit.epsilon - total.epsilon)))])),
                ("unit", .string(limit.unitWords)),
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

extension TaskDriver {
    /// Computed anew only where something was released since.
    private nonisolated func epsilonChangingOne() async throws -> Double? {
        let ledger = ledger
        let count = try ledger.releaseCount()
        if let known = changingOne.withLock({ $0 }), known.releases == count { return known.epsilon }
        let epsilon = try await DedicatedThread.run("ledger") { try ledger.epsilonChangingOne() }
        changingOne.withLock { $0 = (count, epsilon) }
        return epsilon
    }
}

/// The ledger as a transparency log: signed checkpoints (C2SP tlog-checkpoint), proofs (RFC 6962), and receipts that
/// verify without the service.
extension TaskDriver {
    /// `GET /ledger/checkpoint`: size and root as a signed note.
    nonisolated func signedCheckpoint() throws -> (size: UInt64, text: String) {
        let checkpoint = try ledger.checkpoint(origin: signer.origin)
        return (checkpoint.size, try signer.sign(checkpoint))
    }

    /// `GET /ledger/key`: the key that signs checkpoints, and evidence for it.
    nonisolated func ledgerKey() async throws -> Response {
        Response.json(
            .object([("key", .string(signer.verifier.encoded)), ("evidence", .raw(try await keyEvidence()))]))
    }

    nonisolated func keyEvidence() async throws -> [UInt8] {
        try await signer.evidence(by: evidenceIssuer, task: digest.bytes, boot: boot, head: ledger.firstHead).json()
    }

    /// `GET /ledger/inclusion?entry=&size=`: proves an entry to be in the ledger of a size; the present one by default.
    nonisolated func inclusion(_ call: Call) throws -> Response {
        let entry = try Self.place(call, "entry") ?? 0
        let size = try Self.place(call, "size") ?? ledger.head.sequence
        let proof = try Self.known { try ledger.inclusionProof(of: entry, size: size) }
        return Response.json(
            .object([("entry", .integer(Int64(entry))), ("size", .integer(Int64(size))), ("proof", Self.list(proof))]))
    }

    /// `GET /ledger/consistency?from=&to=`: proves the ledger of one size to be the beginning of that of another.
    nonisolated func consistency(_ call: Call) throws -> Response {
        let from = try Self.place(call, "from") ?? 0
        let to = try Self.place(call, "to") ?? ledger.head.sequence
        let proof = try Self.known { try ledger.consistencyProof(from: from, to: to) }
        return Response.json(
            .object([("from", .integer(Int64(from))), ("to", .integer(Int64(to))), ("proof", Self.list(proof))]))
    }

    /// `GET /ledger/receipts?from=`: every entry from a place on, with its proof under one signed checkpoint.
    nonisolated func receipts(_ call: Call) async throws -> Response {
        let from = max(1, try Self.place(call, "from") ?? 1)
        let evidence = try await keyEvidence()
        let checkpoint = try signedCheckpoint()
        let ledger = ledger
        let proven = try await DedicatedThread.run("ledger") { wanted in
            guard from <= checkpoint.size else { return [([UInt8], [LedgerHash])]() }
            return try ledger.entries(from: from, to: checkpoint.size).enumerated().map { offset, entry in
                if wanted.isCancelled { throw CancellationError() }
                return (entry, try ledger.inclusionProof(of: from + UInt64(offset), size: checkpoint.size))
            }
        }
        let receipts = proven.map { entry, proof in
            OrderedJSON.object([
                ("entry", .string(String(decoding: entry, as: UTF8.self))), ("proof", Self.list(proof)),
            ])
        }
        return Response.json(
            .object([
                ("checkpoint", .string(checkpoint.text)), ("key", .string(signer.verifier.encoded)),
                ("evidence", .raw(evidence)), ("receipts", .array(receipts)),
            ]))
    }

    private static func place(_ call: Call, _ name: String) throws(Problem) -> UInt64? {
        guard let number = try call.query.integer(name) else { return nil }
        guard let place = UInt64(exactly: number) else { throw noSuchEntry }
        return place
    }

    private static func known<Value>(_ work: () throws -> Value) throws -> Value {
        do {
            return try work()
        } catch LedgerError.noSuchEntry {
            throw noSuchEntry
        }
    }

    private static let noSuchEntry = Problem(
        .notFound, code: "no_such_entry", detail: "The ledger has no such entry.",
        hint: "Entries are counted from 1; GET /ledger/checkpoint says how many there are.", audience: .parties)

    private static func list(_ proof: [LedgerHash]) -> OrderedJSON { .array(proof.map { .string($0.base64) }) }
}
