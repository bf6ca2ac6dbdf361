import Bytes
import Foundation
import Ledger
import Linkage
import Tasks

@testable import Client

/// Two parties with a task that both have signed.
struct IntersectionScene {
    let keys: [PartyPrivateKey]
    let task: TaskSpecification
    let signatures: [TaskSignature]
    let ledgers: [Ledger]
    let folder: URL

    init(join: String = "{kind: inner}", method: String = "none", signs: Int = 2) throws {
        keys = [try .generate(.p256), try .generate(.p256)]
        let parties = zip(["Istat", "Bank"], keys).map { name, key in
            """
              - name: \(name)
                role: provider
                public_key: \(key.publicKey.base64)
                table:
                  key: {column: id, pattern: '^[a-z0-9-]+$'}
                  rows: 40
                  fields: [{name: x, type: string, categories: [a, b]}]
            """
        }
        task = try TaskSpecification(
            yaml: """
                entrepot: 1
                task: two
                purpose: A test.
                parties:
                \(parties.joined(separator: "\n"))
                join: \(join)
                privacy: {epsilon: \(method == "none" ? 1 : 2), delta: 1.0e-6}
                queries: [{name: common, kind: cardinality, epsilon: 1}]
                synthesizer: {method: \(method)}
                """)
        let digest = task.digest
        signatures = try zip(task.providers, keys).prefix(signs).map { party, key in
            try TaskSignature.sign(digest, as: party.name, with: key)
        }
        ledgers = [try .inMemory(), try .inMemory()]
        folder = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    }

    func meeting(_ party: Int, key: PartyPrivateKey? = nil) throws -> IntersectionMeeting {
        try IntersectionMeeting(task, key: key ?? keys[party], signatures: signatures)
    }

    func preparation(_ party: Int, _ numbers: Range<Int>, noise: Int = 0) -> IntersectionMeeting.Preparation {
        IntersectionMeeting.Preparation(
            keys: ByteStrings(numbers.map { "unit-\($0)".utf8 }), commitment: LedgerHash(of: [UInt8(party)]),
            ledger: ledgers[party], claim: { _ in },
            noiseFile: folder.appendingPathComponent("\(party).noise").path,
            noise: { noise })
    }

    /// The first party listens while `use` runs with its address.
    ///
    /// - Returns: what came of the listening, and of `use`.
    func listening<Result: Sendable>(
        _ numbers: Range<Int>, noise: Int = 0, _ use: (ServiceAddress) async throws -> Result
    ) async throws -> (here: IntersectionParty.Outcome, there: Result) {
        let (ports, continuation) = AsyncStream<Int>.makeStream()
        let listener = try meeting(0)
        let one = preparation(0, numbers, noise: noise)
        async let here = listener.listen(at: ServiceAddress(host: "127.0.0.1", port: 0), one, patience: 20) {
            event in
            if case .listening(let port) = event { continuation.yield(port) }
        }
        var ends = ports.makeAsyncIterator()
        guard let port = await ends.next() else { throw ClientError.timedOut }
        let there = try await use(ServiceAddress(host: "127.0.0.1", port: port))
        return (try await here, there)
    }

    /// Both ends at once, from here to here.
    func meet(
        _ first: Range<Int>, _ second: Range<Int>, noise: (Int, Int) = (0, 0)
    ) async throws -> (IntersectionParty.Outcome, IntersectionParty.Outcome) {
        try await listening(first, noise: noise.0) { address in
            try await meeting(1).join(address, preparation(1, second, noise: noise.1), patience: 20) { _ in }
        }
    }
}
