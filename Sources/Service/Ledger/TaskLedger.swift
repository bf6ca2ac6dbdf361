import Engine
import FittedModels
import Foundation
import Ledger
import PrivacyKernel
import Synchronization
import Tasks

/// The newest ledger entry that a caller may know.
struct LedgerHead: Sendable, Equatable {
    let sequence: UInt64
    /// 32 bytes.
    let hash: [UInt8]
}

/// One task's view of the ledger: it fills in task and party, so that the driver need not.
///
/// Every method that records has made its entry durable when it returns.
final class TaskLedger: Sendable {
    private let ledger: Ledger
    let task: LedgerHash
    private let specification: TaskSpecification
    private let now: @Sendable () -> Date
    /// The first entry of the task, which strangers may know.
    let firstHead: LedgerHead
    private let newest: Mutex<LedgerHead>

    /// Opens the ledger of a state directory, or one in memory, and enters the task where it is new.
    init(directory: String?, specification: TaskSpecification, now: @escaping @Sendable () -> Date) throws {
        ledger = try directory.map { path throws(LedgerError) in try Ledger.open(directory: path) } ?? Ledger.inMemory()
        guard let task = LedgerHash(bytes: specification.digest.bytes) else {
            throw LedgerError.storage("the task has no digest")
        }
        self.task = task
        self.specification = specification
        self.now = now
        let first = try ledger.entries(of: task).first { $0.kind == .specification }
        if first == nil { try TaskLedger.refuseStateOfAnotherTask(ledger, than: task) }
        let entry =
            try first
            ?? ledger.append(
                .specification, task: task, details: ["name": specification.name], time: TaskLedger.seconds(now()))
        firstHead = LedgerHead(sequence: entry.sequence, hash: entry.hash.bytes)
        let head = try ledger.head()
        newest = Mutex(LedgerHead(sequence: head.sequence, hash: head.hash.bytes))
    }

    /// A ledger that knows other tasks and not this one is that of another service.
    static func refuseStateOfAnotherTask(_ ledger: Ledger, than task: LedgerHash) throws {
        guard let other = try ledger.entries().first(where: { $0.task != task }) else { return }
        throw ServiceError.stateOfAnotherTask(expected: task.hex, found: other.task.hex)
    }

    var head: LedgerHead { newest.withLock { $0 } }

    // MARK: - What happened

    /// A signature is entered once, however often it is handed in.
    func recordSignatureOnce(of party: String) throws {
        let fingerprint = specification.party(named: party)?.publicKey.fingerprint
        let isEntered = try ledger.entries(of: task).contains { $0.kind == .signature && $0.party == fingerprint }
        if !isEntered { try append(.signature, party: party) }
    }

    /// What the ledger holds of a file, hexadecimal: nothing else of it may be seen by anyone but its owner.
    func commitment(to opening: UploadOpening) -> String { opening.commitment.hex }

    /// How many tables of a party the ledger has, over all boots.
    func uploads(of party: String) throws -> Int {
        let fingerprint = specification.party(named: party)?.publicKey.fingerprint
        return try ledger.entries(of: task).count { $0.kind == .upload && $0.party == fingerprint }
    }

    func recordUpload(party: String, commitment: String) throws {
        try append(.upload, party: party, details: ["commitment": commitment])
    }

    func recordConfirmation(party: String, commitment: String) throws {
        try append(.confirmation, party: party, details: ["commitment": commitment])
    }

    func recordWithdrawal(party: String) throws { try append(.withdrawal, party: party) }

    /// A party begins to take synthetic rows from the model; entered once a party, however often it comes.
    func recordFirstDownload(by party: String) throws {
        let fingerprint = specification.party(named: party)?.publicKey.fingerprint
        let entries = try ledger.entries(of: task)
        guard !entries.contains(where: { $0.kind == .firstDownload && $0.party == fingerprint }) else { return }
        let model = entries.last { $0.kind == .trained }?.details["model_sha256"]
        try append(.firstDownload, party: party, details: model.map { ["model_sha256": $0] } ?? [:])
    }

    /// What became of the tables, as far as it is so.
    ///
    /// - Parameters:
    ///   - isOfThisBoot: whether this boot held tables; otherwise they went with the process of an earlier one.
    ///   - time: at which it is told, seconds since 1970; nil for now.
    func recordDestruction(isOfThisBoot: Bool = true, at time: Int64? = nil) throws {
        let what =
            isOfThisBoot
            ? ["codes_and_keys": "overwritten", "other_memory": "overwritten as it is freed"]
            : ["codes_and_keys": "ended with the process that held them"]
        try append(
            .destroyed, details: what.merging(["kept": "memory only", "core_dumps": "off"]) { first, _ in first },
            at: time)
    }

    /// The task ended without a model, or its time is over.
    ///
    /// - Parameters:
    ///   - cause: which shard a task failed for, in a sentence that all parties may read.
    ///   - time: at which that is told, seconds since 1970; nil for now.
    func record(
        ending: TaskLife.Stage, by party: String? = nil, because cause: String? = nil, at time: Int64? = nil
    ) throws {
        switch ending {
        case .halted: try append(.halted, party: party)
        case .expired: try append(.expired)
        case .failed: try append(.failed, details: cause.map { [TaskLedger.causeKey: $0] } ?? [:], at: time)
        case .closed: try append(.closed)
        case .unsigned, .collecting, .training, .trained: break
        }
    }

    /// The fit ended early, because too few rows came together: what its one release cost is all that is spent.
    func recordTooFewRows(_ short: TooFewRows, at time: Int64? = nil) throws {
        guard let spent = short.transcript.spent else { return try append(.failed) }
        let entry = try ledger.recordEarlyEnd(
            task: task, epsilon: spent.epsilon,
            details: [TaskLedger.causeKey: TaskLedger.fewRows, "least_rows": String(short.least)],
            time: time ?? TaskLedger.seconds(now()))
        advance(to: LedgerHead(sequence: entry.sequence, hash: entry.hash.bytes))
    }

    /// Whether the task ended because too few rows came together.
    func endedWithTooFewRows() throws -> Bool {
        try ledger.entries(of: task).contains {
            $0.kind == .failed && $0.details[TaskLedger.causeKey] == TaskLedger.fewRows
        }
    }

    /// Why the task failed, where that was told.
    func causeOfFailure() throws -> String? {
        let cause = try ledger.entries(of: task).last { $0.kind == .failed }?.details[TaskLedger.causeKey]
        return cause == TaskLedger.fewRows ? nil : cause
    }

    private static let causeKey = "cause"
    private static let fewRows = "too few rows by a noisy count"

    /// How the task ended, where it has.
    func ending() throws -> TaskLife.Stage? {
        for entry in try ledger.entries(of: task).reversed() {
            switch entry.kind {
            case .halted: return .halted
            case .expired: return .expired
            case .failed: return .failed
            case .closed: return .closed
            default: continue
            }
        }
        return nil
    }

    // MARK: - What was spent

    /// Sets ε and δ aside for good: the entry that precedes the first noise.
    func reserve(plan: MechanismPlan, uploads: [String: String]) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        let text = String(decoding: try encoder.encode(plan), as: UTF8.self)
        let reservation = try ledger.reserve(
            task: task, epsilon: specification.privacy.epsilon, delta: specification.privacy.delta, plan: text,
            uploads: uploads.compactMapValues { LedgerHash(hex: $0) }, time: TaskLedger.seconds(now()))
        advance(to: LedgerHead(sequence: reservation.sequence, hash: reservation.hash.bytes))
    }

    /// Commitments to the uploads that ε is reserved for; nil without a reservation.
    func reservedUploads() throws -> [String: String]? {
        try ledger.reservation(of: task)?.uploads.mapValues(\.hex)
    }

    /// Records one release of the kernel and its entry, before anything uses it.
    ///
    /// The entry shows with the next one that another call makes, when the fit's end is told: when each was drawn is told to
    /// nobody.
    func record(_ release: Release) throws {
        try ledger.record(release: Array(JSONEncoder().encode(release)), task: task)
    }

    /// Every release of the task, in order.
    func releases() throws -> [Release] {
        try ledger.transcript(task: task).map { try JSONDecoder().decode(Release.self, from: Data($0)) }
    }

    /// When the fit began, in seconds since 1970: at the reservation, or now where a restart goes on with it.
    func beginningOfFit(isOfThisBoot: Bool) -> Int64 {
        guard isOfThisBoot, let reservation = try? ledger.reservation(of: task) else { return moment }
        return reservation.time
    }

    /// Whether anything was drawn for the task, in this boot or before.
    func hasReleases() throws -> Bool { try !releases().isEmpty }

    /// The model was fitted.
    ///
    /// - Parameter time: at which that is told, seconds since 1970.
    func recordModel(file: String, digest: [UInt8], at time: Int64) throws {
        guard let digest = LedgerHash(bytes: digest) else { return }
        let entry = try ledger.recordTrained(task: task, modelFile: file, modelDigest: digest, time: time)
        advance(to: LedgerHead(sequence: entry.sequence, hash: entry.hash.bytes))
    }

    /// Digest of the model's file, hexadecimal; nil if there is no model.
    func modelDigest() throws -> String? {
        try ledger.entries(of: task).last { $0.kind == .trained }?.details["model_sha256"]
    }

    /// What the task has spent over its whole life.
    func total() throws -> (epsilon: Double, delta: Double) {
        let total = try ledger.total(task: task)
        return (total.epsilon, total.delta)
    }

    /// The other reading of what was drawn so far: ε where one joined record is changed, not added or removed.
    ///
    /// Of the releases whose entries may be seen: those of a fit under way are told with its end.
    func epsilonChangingOne() throws -> Double? {
        Transcript(releases: Array(try releases().prefix(try releaseCount()))).spent?.epsilonChangingOne
    }

    /// How many releases have entries that may be seen.
    func releaseCount() throws -> Int {
        let last = head.sequence
        return try ledger.entries(of: task).count { $0.kind == .measurement && $0.sequence <= last }
    }

    /// The entries of the task, oldest first, each in the bytes that its hash covers.
    func entries() throws -> [[UInt8]] { try entries(from: 1, to: head.sequence) }

    // MARK: - Proofs

    /// Size and root of the ledger now.
    func checkpoint(origin: String) throws -> Checkpoint {
        try ledger.checkpoint(origin: origin, size: head.sequence)
    }

    /// Proves that the ledger of `size` entries holds the one at `sequence`.
    func inclusionProof(of sequence: UInt64, size: UInt64) throws -> [LedgerHash] {
        guard size <= head.sequence else { throw LedgerError.noSuchEntry(size) }
        return try ledger.inclusionProof(of: sequence, size: size)
    }

    /// Proves that the ledger of `newSize` entries only adds to that of `oldSize`.
    func consistencyProof(from oldSize: UInt64, to newSize: UInt64) throws -> [LedgerHash] {
        guard newSize <= head.sequence else { throw LedgerError.noSuchEntry(newSize) }
        return try ledger.consistencyProof(from: oldSize, to: newSize)
    }

    /// The entries from `first` to `last`, each in the bytes that its hash covers.
    func entries(from first: UInt64, to last: UInt64) throws -> [[UInt8]] {
        try ledger.entries(from: first, to: last).map(\.canonicalBytes)
    }

    private func append(
        _ kind: LedgerEntry.Kind, party: String? = nil, details: [String: String] = [:], at time: Int64? = nil
    ) throws {
        let fingerprint = party.flatMap { specification.party(named: $0)?.publicKey.fingerprint }
        let entry = try ledger.append(
            kind, task: task, party: fingerprint, details: details, time: time ?? moment)
        advance(to: LedgerHead(sequence: entry.sequence, hash: entry.hash.bytes))
    }

    /// Appends may come from two threads; the head never goes back.
    private func advance(to head: LedgerHead) {
        newest.withLock { if $0.sequence < head.sequence { $0 = head } }
    }

    /// Now, in seconds since 1970.
    private var moment: Int64 { TaskLedger.seconds(now()) }

    private static func seconds(_ date: Date) -> Int64 { Int64(date.timeIntervalSince1970) }
}
