public import Bytes
import Foundation
public import Ledger
public import Linkage
import NIOCore
public import Tasks

/// Two parties of a task meet without a third, and learn how many keys, or which, their lists share.
///
/// Both have signed the task. ε is set aside in this party's own ledger before a point is sent, and the answer is entered before
/// it goes out: from then on the other party may know the number, and this task answers no second time.
public struct IntersectionMeeting: Sendable {
    private let task: TaskSpecification
    private let key: PartyPrivateKey
    /// This party.
    public let own: TaskSpecification.Party
    /// The other party.
    public let peer: TaskSpecification.Party
    private let reveal: IntersectionTerms.Reveal

    /// - Parameter signatures: of both providers.
    /// - Throws: `ClientError.badInput` for a task that two parties cannot do alone, `notListed`, and `TaskError` for a
    ///   signature that is not valid or not there.
    public init(_ task: TaskSpecification, key: PartyPrivateKey, signatures: [TaskSignature]) throws {
        guard let own = task.party(holding: key.publicKey) else {
            throw ClientError.notListed(fingerprint: key.publicKey.fingerprint)
        }
        guard task.providers.count == 2, let peer = task.providers.first(where: { $0.name != own.name }),
            task.providers.contains(own)
        else {
            throw ClientError.badInput(
                "Two providers meet, and the task has \(task.providers.count) of which you are one.")
        }
        for party in task.providers {
            guard party.table?.rows != nil else {
                throw ClientError.badInput(
                    "The table of \(party.name) declares no `rows`: without a public size the number of its keys would show."
                )
            }
            guard let signature = signatures.first(where: { $0.party == party.name }) else {
                throw ClientError.badInput("There is no signature of \(party.name) beside the task.")
            }
            try signature.verify(task: task.digest, key: party.publicKey)
        }
        guard task.join.kind == .inner else {
            throw ClientError.badInput("Two parties can intersect the keys of a task with `join: {kind: inner}` alone.")
        }
        guard case .enclave = task.engine else {
            throw ClientError.badInput(
                "The task's engine is \(task.engine.word), and two parties meet without one."
            )
        }
        guard !task.releasesRows else {
            throw ClientError.badInput(
                "The task also asks for a model, which a service fits: two parties alone find one number. Write "
                    + "`synthesizer: {method: none}`.")
        }
        self.task = task
        self.key = key
        self.own = own
        self.peer = peer
        if task.join.reveal == .own {
            reveal = .members
        } else {
            let counts = task.queries.filter { $0.kind == .cardinality }
            guard counts.count == 1, let count = counts.first, task.privacy.delta > 0 else {
                throw ClientError.badInput(
                    "The task needs one query of the kind cardinality, with its epsilon, and a delta above 0.")
            }
            reveal = .count(epsilon: count.epsilon, delta: task.privacy.delta)
        }
    }

    /// Whether members come out, which is not differentially private.
    public var revealsMembers: Bool { reveal == .members }

    /// (ε, δ) of the answer; nil where members come out.
    public var price: (epsilon: Double, delta: Double)? {
        guard case .count(let epsilon, let delta) = reveal else { return nil }
        return (epsilon, delta)
    }

    /// The declared greatest number of this party's rows.
    public var declaredRows: Int { own.table?.rows ?? 0 }

    func terms(_ role: IntersectionTerms.Role) -> IntersectionTerms {
        let (mine, theirs) = (own.table?.rows ?? 0, peer.table?.rows ?? 0)
        return IntersectionTerms(
            task: task.digest.bytes, reveal: reveal,
            sizes: role == .listener ? (mine, theirs) : (theirs, mine))
    }
}

extension IntersectionMeeting {
    /// What this party brings to a meeting.
    public struct Preparation: Sendable {
        let keys: ByteStrings
        /// A commitment to the list.
        let commitment: LedgerHash
        let ledger: Ledger
        /// Draws DLap(ε); asked once a task, ever.
        let noise: @Sendable () throws -> Int
        /// Remembers the reservation outside the ledger's folder, before the noise is drawn.
        let claim: @Sendable (LedgerHash) throws -> Void
        /// Keeps the draw, so that a meeting that broke before the answer is not noise of its own when it begins again.
        let noiseFile: String

        /// - Parameters:
        ///   - keys: each once.
        ///   - commitment: to the list.
        ///   - ledger: this party's own.
        ///   - claim: remembers the hash of the reservation, and throws where another one of this task is remembered.
        ///   - noiseFile: where the draw is kept between attempts.
        ///   - noise: draws DLap(ε).
        public init(
            keys: ByteStrings, commitment: LedgerHash, ledger: Ledger,
            claim: @escaping @Sendable (LedgerHash) throws -> Void, noiseFile: String,
            noise: @escaping @Sendable () throws -> Int
        ) {
            self.keys = keys
            self.commitment = commitment
            self.ledger = ledger
            self.claim = claim
            self.noiseFile = noiseFile
            self.noise = noise
        }
    }

    /// What a meeting tells on its way.
    public enum Event: Sendable {
        case listening(port: Int)
        case met
        /// Bytes that came, of those that will.
        case received(Int, of: Int)
        case answering
    }

    /// Waits for the other party.
    public func listen(
        at address: ServiceAddress, _ preparation: Preparation, patience seconds: Int64 = 900,
        told: @escaping @Sendable (Event) -> Void
    ) async throws -> IntersectionParty.Outcome {
        let party = try prepare(preparation, .listener)
        return try await PeerStream.accept(
            at: address, end(seconds), listening: { told(.listening(port: $0)) },
            use: { try await meet($0, party, preparation, told) })
    }

    /// Goes to the other party.
    public func join(
        _ address: ServiceAddress, _ preparation: Preparation, patience seconds: Int64 = 900,
        told: @escaping @Sendable (Event) -> Void
    ) async throws -> IntersectionParty.Outcome {
        let party = try prepare(preparation, .joiner)
        return try await PeerStream.connect(
            to: address, end(seconds), use: { try await meet($0, party, preparation, told) })
    }

    private func end(_ seconds: Int64) -> PeerStream.End {
        PeerStream.End(key: key, peer: peer.publicKey, patience: .seconds(seconds))
    }

    private var ledgerTask: LedgerHash { LedgerHash(hex: task.digest.hex) ?? .zero }

    /// Sets ε aside, and takes the draw that stands or makes it.
    private func prepare(
        _ preparation: Preparation, _ role: IntersectionTerms.Role
    ) throws -> IntersectionParty {
        let privacy = task.privacy
        let reservation: Reservation
        do throws(LedgerError) {
            reservation = try preparation.ledger.reserve(
                task: ledgerTask, epsilon: price?.epsilon ?? privacy.epsilon, delta: price?.delta ?? privacy.delta,
                plan: revealsMembers
                    ? #"{"intersection":"members","note":"not differentially private"}"# : #"{"intersection":"count"}"#,
                uploads: [own.name: preparation.commitment], time: Int64(Date().timeIntervalSince1970))
        } catch let error {
            if case .alreadySpent = error { throw IntersectionError.alreadyAnswered }
            throw error
        }
        try preparation.claim(reservation.hash)
        return try IntersectionParty(
            terms(role), role: role, keys: preparation.keys, noise: try standingNoise(preparation))
    }

    private func standingNoise(_ preparation: Preparation) throws -> Int {
        if revealsMembers { return 0 }
        let file = URL(fileURLWithPath: preparation.noiseFile)
        if let text = try? String(contentsOf: file, encoding: .utf8) {
            guard let noise = Int(text.trimmingCharacters(in: .whitespacesAndNewlines)) else {
                throw ClientError.unreadable(path: preparation.noiseFile)
            }
            return noise
        }
        let noise = try preparation.noise()
        guard
            FileManager.default.createFile(
                atPath: preparation.noiseFile, contents: Data("\(noise)\n".utf8), attributes: [.posixPermissions: 0o600]
            )
        else { throw ClientError.unwritable(path: preparation.noiseFile) }
        return noise
    }

    private func meet(
        _ stream: PeerStream, _ party: IntersectionParty, _ preparation: Preparation,
        _ told: @escaping @Sendable (Event) -> Void
    ) async throws -> IntersectionParty.Outcome {
        try await greet(stream, party)
        told(.met)
        let writer = stream.writer
        let expected = party.terms.points(party.role.other)
        // Both lists are on their way at once; neither end waits for the other's.
        async let sent: Void = send(party, writer)
        let points = ReceivedPoints()
        for start in stride(from: 0, to: expected, by: IntersectionParty.piece) {
            points.append(try await stream.receive(32 * min(IntersectionParty.piece, expected - start))[...])
        }
        told(.received(32 * expected, of: 32 * expected))
        try await sent
        try party.accept(points)
        // From here on the other party may know: entered before the first byte.
        let statement = "{\"answer\":\"\(revealsMembers ? "members" : "count")\",\"peer\":\"\(peer.name)\"}"
        try preparation.ledger.record(release: Array(statement.utf8), task: ledgerTask)
        told(.answering)
        let outcome: IntersectionParty.Outcome
        do {
            outcome = try await exchangeAnswers(stream, Answer(party: party, points: points))
        } catch {
            throw IntersectionError.unanswered(peer: peer.name, cause: "\(error)")
        }
        try preparation.ledger.append(
            .closed, task: ledgerTask, details: ["common": "\(outcome.estimate)", "peer": peer.name],
            time: Int64(Date().timeIntervalSince1970))
        return outcome
    }

    /// From the first byte of this party's answer to the last of the other's.
    private func exchangeAnswers(_ stream: PeerStream, _ answer: Answer) async throws -> IntersectionParty.Outcome {
        let (party, writer) = (answer.party, stream.writer)
        async let prints = answer.send(writer)
        let expected = party.terms.points(party.role)
        let returned = PointPrints(capacity: expected)
        for start in stride(from: 0, to: expected, by: IntersectionParty.piece) {
            returned.append(try await stream.receive(32 * min(IntersectionParty.piece, expected - start)))
        }
        let outcome = try party.common(try await prints, returned)
        // Neither end closes before the other has everything. What came beyond the agreed points would stand here.
        try await writer.send([Self.end])
        let last = try? await stream.receive(1)
        guard last ?? [Self.end] == [Self.end], !stream.hasMore else { throw IntersectionError.wrongNumber }
        return outcome
    }

    private func send(_ party: IntersectionParty, _ writer: PeerStream.Writer) async throws {
        try await party.blindedNames { try await writer.send($0) }
    }

    private struct Answer: Sendable {
        let party: IntersectionParty
        let points: ReceivedPoints

        func send(_ writer: PeerStream.Writer) async throws -> PointPrints {
            try await party.answered(points) { try await writer.send($0) }
        }
    }

    /// Both say which task this is, and what is to come out.
    private func greet(_ stream: PeerStream, _ party: IntersectionParty) async throws {
        let purpose = revealsMembers ? "members" : "count"
        let side = party.role == .listener ? "listener" : "joiner"
        let word = Array("ENTREPOT-PSI1 \(task.digest.hex) \(purpose) \(side) ".utf8)
        // As long as the longer of both words, so that one length is read.
        func padded(_ bytes: [UInt8]) -> [UInt8] {
            bytes + [UInt8](repeating: 0x2E, count: Self.greeting - bytes.count)
        }
        try await stream.writer.send(padded(word))
        let found = try await stream.receive(Self.greeting)
        let other = party.role == .listener ? "joiner" : "listener"
        let expected = padded(Array("ENTREPOT-PSI1 \(task.digest.hex) \(purpose) \(other) ".utf8))
        guard found == expected else {
            throw IntersectionError.otherTerms("its greeting is not that of task \(task.digest.hex)")
        }
    }

    private static let greeting = 128
    private static let end: UInt8 = 0x2E
}
