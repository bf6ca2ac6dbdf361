import Bytes
import Client
import Engine
import EngineCommands
import FittedModels
import Foundation
import Ledger
import PrivacyKernel
import SecretSharing
import Synchronization
import Tasks

/// One office's own record of a secure sum: ε set aside before its noise is drawn, and every figure that opened.
final class OfficeLedger: Sendable {
    /// Held as long as the ledger is open.
    private let lock: FolderLock
    private let ledger: Ledger
    private let party: String
    private let task: LedgerHash
    private let fingerprint: String
    /// What earlier starts recorded, in order.
    private let recorded: [[UInt8]]
    private let place = Mutex(0)
    /// In the order of the task.
    private let names: [String]
    /// The rounds that earlier starts entered, by number.
    private let rounds: [String: [String: String]]

    /// Opens the ledger of the office's state folder and enters the task where it is new.
    ///
    /// - Throws: `ClientError.stateInUse` where another process works in the folder, `ClientError.unwritable`.
    init(directory: String, task specification: TaskSpecification, party: TaskSpecification.Party) throws {
        do {
            lock = try FolderLock(folder: directory)
        } catch {
            throw error == .inUse ? ClientError.stateInUse(path: directory) : ClientError.unwritable(path: directory)
        }
        self.party = party.name
        ledger = try Ledger.open(directory: directory)
        guard let task = LedgerHash(bytes: specification.digest.bytes) else {
            throw CommandFailure("the task has no digest")
        }
        self.task = task
        fingerprint = party.publicKey.fingerprint
        names = specification.offices.map(\.name)
        if let other = try ledger.entries().first(where: { $0.task != task }) {
            throw CommandFailure(
                "\(directory) is the state of task \(other.task.hex), and this is task \(task.hex): give each task a folder "
                    + "of its own", code: .rememberedState)
        }
        recorded = try ledger.transcript(task: task)
        rounds = Dictionary(
            try ledger.entries(of: task).filter { $0.kind == .round }.map { ($0.details["round"] ?? "", $0.details) }
        ) { first, _ in first }
        if try ledger.entries(of: task).isEmpty {
            try ledger.append(.specification, task: task, details: ["name": specification.name], time: Self.now)
        }
    }

    /// How many figures or tables opened in earlier starts.
    var releaseCount: Int { recorded.count }

    /// Whether anything opened in an earlier start.
    var hasReleases: Bool { !recorded.isEmpty }

    /// What is set aside; nil before it is.
    func standing() throws -> Reservation? { try ledger.reservation(of: task) }

    /// Whether ε is set aside.
    var isReserved: Bool { ((try? standing()) ?? nil) != nil }

    /// What opened in earlier starts.
    func transcript() throws -> Transcript {
        Transcript(releases: try recorded.map { try JSONDecoder().decode(Release.self, from: Data($0)) })
    }

    /// The digest of the result's file, once there is one; hexadecimal.
    func resultDigest() throws -> String? {
        try ledger.entries(of: task).last { $0.kind == .trained }?.details["model_sha256"]
    }

    /// How the task ended here, where it has ended without a result.
    func ending() throws -> LedgerEntry? {
        try ledger.entries(of: task).last { [LedgerEntry.Kind.failed, .halted].contains($0.kind) }
    }

    /// This office's table, by its commitment.
    func recordUpload(_ commitment: LedgerHash) throws {
        guard try !ledger.entries(of: task).contains(where: { $0.kind == .upload }) else { return }
        try ledger.append(
            .upload, task: task, party: fingerprint, details: ["commitment": commitment.hex], time: Self.now)
    }

    /// Another office has proved what it runs.
    func record(_ evidence: OfficeEvidence) throws {
        try ledger.append(.attested, task: task, details: evidence.details, time: Self.now)
    }

    /// Sets ε and δ aside for good: the entry before the first noise. Once a task: started again, the entry that stands.
    ///
    /// - Parameter price: of all that anybody sees: beside the plan's steps, a third party's count of common keys.
    func reserve(
        _ plan: MechanismPlan, price: PrivacyParameters, uploads: [String: String]
    ) throws -> Reservation {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        let text = String(decoding: try encoder.encode(plan), as: UTF8.self)
        var commitments: [String: LedgerHash] = [:]
        for (name, text) in uploads {
            guard let commitment = LedgerHash(hex: text) else { throw SumRefusal.unreadable(from: name) }
            commitments[name] = commitment
        }
        if let standing = try ledger.reservation(of: task) {
            let others = Set(commitments.keys).union(standing.uploads.keys).sorted()
            if let other = others.first(where: { standing.uploads[$0] != commitments[$0] }) {
                throw SumRefusal.otherTable(from: other)
            }
            if hasReleases {
                guard standing.plan == text, standing.epsilon == price.epsilon, standing.delta == price.delta else {
                    throw LedgerError.otherTerms
                }
                return standing
            }
        }
        return try ledger.reserve(
            task: task, epsilon: price.epsilon, delta: price.delta, plan: text, uploads: commitments, time: Self.now)
    }

    /// What is left of the task's part for requests before this one, in millionths of ε.
    func left(of part: Double, before request: QueryRequest) throws -> Int {
        try ledger.left(of: part, before: try Self.hash(request), task: task)
    }

    /// Sets the price of a request aside, once, out of the task's part for requests.
    ///
    /// - Throws: `LedgerError.partSpent` where less is left.
    func reserve(
        _ request: QueryRequest, by party: TaskSpecification.Party?, asked: TaskSpecification, of part: Double
    ) throws -> RequestReservation {
        try ledger.reserve(
            request: try Self.hash(request), query: request.query.name, task: task,
            party: party?.publicKey.fingerprint ?? "", epsilon: asked.privacy.epsilon, delta: asked.privacy.delta,
            of: part,
            time: Self.now)
    }

    private static func hash(_ request: QueryRequest) throws -> LedgerHash {
        guard let hash = LedgerHash(bytes: request.digest.bytes) else {
            throw CommandFailure("the request has no digest")
        }
        return hash
    }

    /// The entry of the reservation, as it is hashed.
    func line(_ reservation: Reservation) throws -> String {
        String(decoding: try ledger.entry(reservation.sequence).canonicalBytes, as: UTF8.self)
    }

    /// Records what opened, durably, before anything uses it. What an earlier start recorded has to open again.
    ///
    /// - Throws: `SumRefusal.otherFigure` where it does not.
    func record(_ release: Release) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        let bytes = Array(try encoder.encode(release))
        let number = place.withLock { place in
            defer { place += 1 }
            return place
        }
        guard number < recorded.count else {
            try ledger.record(release: bytes, task: task)
            return
        }
        guard recorded[number] == bytes else {
            throw SumRefusal.otherFigure(at: party, round: number)
        }
    }

    /// A round is over: which message each office sent. What an earlier start entered has to come again.
    ///
    /// - Throws: `SumRefusal.otherFigure` where it does not.
    func record(_ round: SumRound) throws {
        let details = OfficeAudit.details(of: round, names: names)
        guard let entered = rounds["\(round.number)"] else {
            try ledger.append(.round, task: task, details: details, time: Self.now)
            return
        }
        guard entered == details else { throw SumRefusal.otherFigure(at: party, round: round.number) }
    }

    /// All entries, in order.
    func entries() throws -> [LedgerEntry] { try ledger.entries(of: task) }

    /// There is a result.
    func recordResult(file: String, digest: LedgerHash) throws {
        guard try resultDigest() == nil else { return }
        try ledger.append(
            .destroyed, task: task,
            details: ["codes_and_keys": "overwritten", "kept": "memory only", "core_dumps": "off"], time: Self.now)
        try ledger.recordTrained(task: task, modelFile: file, modelDigest: digest, time: Self.now)
    }

    /// Fewer rows than agreed: what the one figure cost is all that was spent, and what a third party's count of common keys did.
    func recordTooFewRows(_ short: TooFewRows, beside counted: Double) throws {
        guard let spent = short.transcript.spent else { return }
        try ledger.recordEarlyEnd(
            task: task, epsilon: spent.epsilon + counted,
            details: ["cause": "too few rows by a noisy count", "least_rows": String(short.least)], time: Self.now)
    }

    /// The task ended here for good, without a result.
    func recordEnd(_ kind: LedgerEntry.Kind, reason: String) throws {
        try ledger.append(
            kind, task: task, party: fingerprint, details: ["cause": ShownText.line(reason)], time: Self.now)
    }

    /// An office halted the task: its signed word is in the entry.
    func recordHalt(_ halt: SumHalt) throws {
        guard try ending() == nil, try resultDigest() == nil else { return }
        try ledger.append(
            .halted, task: task, party: fingerprint,
            details: [
                "cause": "\(SumRefusal.halted(halt))", "by": halt.from, "reason": halt.reason,
                "signature": Hex.encode(Array(halt.signature)),
            ], time: Self.now)
    }

    private static var now: Int64 { Int64(Date().timeIntervalSince1970) }
}
