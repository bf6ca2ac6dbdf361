import Engine
import FittedModels
import Foundation
import HTTPTypes
import HummingbirdCore
import Logging
import Synchronization
import Tables
import Tasks
import VectorMath

/// Drives the life of one task: it holds the tables until the fit is over, and performs what `TaskLife` decides.
///
/// A decision counts only once what it demands is done: where the ledger cannot be written, the task stays as it was
/// and the caller may try again.
actor TaskDriver {
    nonisolated let specification: TaskSpecification
    nonisolated let digest: TaskDigest
    /// What `GET /spec` answers and the digest is of.
    nonisolated let canonicalBytes: [UInt8]
    nonisolated let boot: Boot
    nonisolated let identity: ServerIdentity
    nonisolated let evidenceIssuer: EvidenceIssuer
    nonisolated let metrics: Metrics
    nonisolated let logger: Logger
    /// Declared domain of each provider's table.
    nonisolated let domains: [String: TableDomain]
    /// Shared by all tables, drawn anew each boot.
    nonisolated let keyedHash: KeyedHash
    nonisolated let fitter: Fitter
    nonisolated let now: @Sendable () -> Date

    nonisolated let ledger: TaskLedger
    nonisolated let signer: LedgerSigner
    nonisolated let sampleLimiter = SampleLimiter()
    /// Whether what had to be recorded last was recorded.
    nonisolated let isRecording = Mutex(true)
    nonisolated let reportSigner: ReportSigner
    /// Parties to which the ledger says that samples were released.
    private var recipients: Set<String> = []
    let directory: StateDirectory?
    private(set) var life: TaskLife
    private(set) var since: Date
    private var unsigned: UnsignedTask
    private var tables: [String: KeyedTable] = [:]
    private var uploadsUnderWay: Set<String> = []
    /// Uploads whose connection broke, by party.
    private var interrupted: [String: InterruptedUpload] = [:]
    private(set) var product: TaskProduct?
    private var fit: Task<Void, Never>?
    /// The page about the model, being made or made.
    var reportPage: Task<[UInt8], any Error>?

    init(_ start: TaskStart) {
        specification = start.specification
        digest = start.specification.digest
        canonicalBytes = start.specification.canonicalBytes
        boot = start.boot
        identity = start.identity
        evidenceIssuer = start.evidenceIssuer
        metrics = start.metrics
        logger = start.logger
        domains = start.domains
        keyedHash = .random
        fitter = start.fitter
        now = start.now
        ledger = start.ledger
        signer = start.signer
        reportSigner = start.reportSigner
        directory = start.directory
        life = start.life
        since = start.now()
        unsigned = start.unsigned
        product = start.product
    }

    // MARK: - Events

    /// Takes a provider's signature.
    func sign(_ signature: TaskSignature) throws {
        var signed = unsigned
        do {
            try signed.add(signature)
        } catch {
            throw Problem.signature(error)
        }
        try perform(.signed(party: signature.party)) { _ in
            try directory?.keep(signature)
            try ledger.recordSignatureOnce(of: signature.party)
        }
        unsigned = signed
    }

    /// Opens the way for a table; call `uploadEnded` whatever becomes of it.
    ///
    /// - Parameter range: which part of the file comes; nil for the whole.
    /// - Returns: the upload that it continues; nil where it begins anew.
    /// - Throws: 409 where the part is not the one that is missing.
    func uploadBegins(party: String, range: UploadRange?) throws -> InterruptedUpload? {
        try admitsUpload(party: party)
        guard !uploadsUnderWay.contains(party) else { throw Problem.uploadUnderWay }
        guard let range, range.start > 0 else {
            interrupted[party] = nil
            uploadsUnderWay.insert(party)
            return nil
        }
        let known = interrupted[party]
        guard let kept = known, kept.received == range.start, kept.size == range.size else {
            throw Problem.wrongOffset(known?.received ?? 0)
        }
        interrupted[party] = nil
        uploadsUnderWay.insert(party)
        return kept
    }

    func uploadEnded(party: String) { uploadsUnderWay.remove(party) }

    /// Keeps what came of an upload whose connection broke, while the task still collects.
    func uploadBroke(party: String, _ upload: InterruptedUpload) {
        guard (try? admitsUpload(party: party)) != nil else { return }
        interrupted[party] = upload
    }

    func interruptedUpload(of party: String) throws -> InterruptedUpload? {
        guard !uploadsUnderWay.contains(party) else { throw Problem.uploadUnderWay }
        return interrupted[party]
    }

    /// Whether a table would be received now.
    func admitsUpload(party: String) throws {
        var next = life
        do { _ = try next.handle(.uploadBegan(party: party)) } catch { throw Problem.life(error) }
    }

    /// Holds a table that was read without a problem.
    func keep(_ received: ReceivedTable, party: String) throws {
        try perform(.uploaded(party: party, digest: received.digest)) { _ in
            try ledger.recordUpload(party: party, digest: received.digest)
            tables[party]?.wipe()
            tables[party] = received.table
        }
    }

    /// Takes a confirmation; the last one starts the fit.
    func confirm(party: String, digest fileDigest: String?) throws {
        try perform(.confirmed(party: party, digest: fileDigest)) { action in
            guard action != .nothing, let held = life.uploads[party] else { return }
            try ledger.recordConfirmation(party: party, digest: held)
            guard action == .recordConfirmationAndStartFit(party: party) else { return }
            // ε is spent here, durably, before anything is drawn.
            try ledger.reserve(plan: fitter.plan, uploads: life.uploads)
            startFit()
        }
    }

    /// Takes a party's own table back.
    func withdraw(party: String) throws {
        try perform(.withdrawn(party: party)) { _ in
            try ledger.recordWithdrawal(party: party)
            destroyTable(of: party)
            interrupted[party] = nil
        }
    }

    /// Stops the task before anything is released.
    func halt(party: String) throws {
        try perform(.halted(party: party)) { action in
            guard action == .destroyTablesAndModel else { return }
            try end(.halted, by: party)
        }
    }

    /// Enters in the ledger that a party begins to take synthetic rows; once a party.
    func release(to party: String) throws {
        guard life.stage == .trained, !recipients.contains(party) else { return }
        do {
            try ledger.recordReleaseOnce(to: party)
        } catch {
            logger.error("the ledger could not be written")
            throw Problem.notRecorded
        }
        recipients.insert(party)
    }

    /// Ends what a deadline ends.
    func expire() {
        let seconds = now().timeIntervalSince1970
        interrupted = interrupted.filter { seconds - $0.value.time < InterruptedUpload.patience }
        let time = UTCInstant(seconds: Int64(seconds))
        let deadlines = specification.deadlines
        let moments: [(TaskLife.Deadline, UTCInstant?)] = [
            (.upload, deadlines.uploadBy), (.compute, deadlines.computeBy), (.retrieve, deadlines.retrieveBy),
        ]
        for (deadline, moment) in moments {
            guard let moment, moment <= time else { continue }
            do {
                try perform(.deadlinePassed(deadline)) { action in
                    guard action == .destroyTablesAndModel else { return }
                    try end(life.stage == .trained ? .closed : .expired)
                }
            } catch {
                logger.error("a deadline could not be recorded")
            }
        }
    }

    /// Goes on with a fit that a restart cut short after its first release.
    func resume() {
        guard life.stage == .training, fit == nil else { return }
        startFit()
    }

    // MARK: - The fit

    private func startFit() {
        interrupted = [:]
        // Handed over one by one, so that the fit alone holds them when it wipes them.
        let handover = TableHandover()
        for party in specification.providers {
            if let table = tables.removeValue(forKey: party.name) { handover.put(party.name, table) }
        }
        let work = fitter.begin(handover, rowsPerKey: specification.join.rowsPerKey, ledger: ledger)
        logger.info("the fit begins")
        fit = Task { [weak self] in
            let outcome = await work.value
            await self?.fitEnded(outcome)
        }
    }

    private func fitEnded(_ outcome: Result<FinishedFit, FitFailure>) {
        fit = nil
        var next = life
        let isAwaited = life.stage == .training
        record { try ledger.recordDestruction() }
        switch outcome {
        case .success(let finished):
            _ = try? next.handle(.fitFinished)
            guard isAwaited else { break }
            if let directory { record { try directory.keep(model: finished.file) } }
            record { try ledger.recordModel(file: StateDirectory.modelName, digest: finished.digest) }
            product = finished.product
        case .failure:
            _ = try? next.handle(.fitFailed)
            if isAwaited { record { try end(.failed) } }
        }
        change(to: next)
    }

    /// Writes down what has happened already and cannot be taken back.
    private func record(_ work: () throws -> Void) {
        do { try work() } catch { logger.error("what has happened could not be written down") }
    }

    // MARK: - Ways of changing

    /// Lets the life decide, does what must be done, and only then changes it.
    private func perform(_ event: TaskLife.Event, doing work: (TaskLife.Action) throws -> Void) throws {
        var next = life
        let action: TaskLife.Action
        do {
            action = try next.handle(event)
        } catch {
            throw Problem.life(error)
        }
        do {
            try work(action)
        } catch let problem as Problem {
            throw problem
        } catch {
            logger.error("the ledger could not be written")
            isRecording.withLock { $0 = false }
            throw Problem.notRecorded
        }
        if action != .nothing { isRecording.withLock { $0 = true } }
        change(to: next)
    }

    private func change(to next: TaskLife) {
        if next.stage != life.stage {
            since = now()
            logger.info("stage", metadata: ["stage": "\(next.stage.rawValue)"])
        }
        life = next
    }

    /// Forgets tables and model for good.
    private func end(_ ending: TaskLife.Stage, by party: String? = nil) throws {
        try ledger.record(ending: ending, by: party)
        if !tables.isEmpty { try ledger.recordDestruction() }
        for party in specification.providers { destroyTable(of: party.name) }
        interrupted = [:]
        product = nil
        directory?.removeModel()
    }

    /// Overwrites a table that nobody else holds.
    private func destroyTable(of party: String) {
        guard var table = tables.removeValue(forKey: party) else { return }
        table.wipe()
    }
}

extension Problem {
    static let uploadUnderWay = busy("Another upload of this party is under way.", retryAfter: 5)

    static let notRecorded = Problem(
        .serviceUnavailable, code: "not_recorded", detail: "The service could not record this, so it did not happen.",
        hint: "Try again; if it stays so, tell the operator: the state folder may be full.", audience: .parties,
        headers: [.retryAfter: "10"])

    static func signature(_ error: TaskError) -> Problem {
        switch error {
        case .signatureForAnotherTask:
            Problem(
                .conflict, code: "hash_mismatch", detail: "The signature is for another task.",
                hint: "\(error)", audience: .owner)
        default:
            Problem(
                .badRequest, code: "signature_invalid", detail: "The signature cannot be accepted.",
                hint: "\(error)", audience: .owner)
        }
    }
}
