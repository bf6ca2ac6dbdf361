import Domains
import Engine
import FittedModels
import Foundation
import HTTPTypes
import HummingbirdCore
import Ledger
import Logging
import Queries
import Shards
import Synchronization
import Tables
import Tasks
import VectorMath

/// Drives the life of one task: it holds the tables until the fit is over, and performs what `TaskLife` decides.
///
/// A decision takes effect only when its actions are done: if the ledger cannot be written, the task keeps its state
/// and the caller may try again.
actor TaskDriver {
    nonisolated let specification: TaskSpecification
    nonisolated let digest: TaskDigest
    /// The bytes that `GET /spec` returns; the task's digest is their SHA-256.
    nonisolated let canonicalBytes: [UInt8]
    nonisolated let boot: Boot
    nonisolated let identity: ServerIdentity
    nonisolated let evidenceIssuer: EvidenceIssuer
    nonisolated let metrics: Metrics
    nonisolated let logger: Logger
    /// Declared domain of each provider's table.
    nonisolated let domains: [String: TableDomain]
    /// Shared by all tables, drawn afresh each boot.
    nonisolated let keyedHash: KeyedHash
    /// Where the rows lie, if the task lists shards: then `tables` holds none.
    nonisolated let shards: ShardIntake?
    nonisolated let fitter: Fitter
    nonisolated let now: @Sendable () -> Date

    nonisolated let ledger: TaskLedger
    nonisolated let signer: LedgerSigner
    nonisolated let sampleLimiter: SampleLimiter
    /// For models refitted on request, which take as long as a fit.
    nonisolated let refitLimiter = SampleLimiter(placesOfCaller: 1)
    /// The reading of ε for changing a record, with the number of releases that it is of.
    nonisolated let changingOne = Mutex<(releases: Int, epsilon: Double?)?>(nil)
    /// Whether the last write to the ledger succeeded.
    nonisolated let isRecording = Mutex(true)
    nonisolated let reportSigner: ReportSigner
    nonisolated let recordedAnswers = MadeOnce<[QueryAnswer]>("answers")
    nonisolated let recordedAgreement = MadeOnce<[TaskReport.Agreement]>("agreement")
    /// Parties of which the ledger says that they took samples.
    var downloaders: Set<String> = []
    let directory: StateDirectory?
    private(set) var life: TaskLife
    private(set) var since: Date
    var unsigned: UnsignedTask
    /// The tables of the providers, from their upload until the fit takes them.
    var tables = HeldTables()
    /// What opens the commitment to the table of each provider. It is in memory alone, and for its owner alone.
    var openings: [String: UploadOpening] = [:]
    /// Who uploads now, and whose upload broke.
    var uploads = UploadsUnderWay()
    /// Whether the fit took tables; one that a restart cut short goes on from the recorded releases alone.
    var heldTables = false
    var product: TaskProduct?
    var fit: Task<Void, Never>?
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
        keyedHash = start.keyedHash
        shards = start.shards
        sampleLimiter = SampleLimiter(
            recipients: start.specification.parties.count { [.provider, .consumer].contains($0.role) })
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

    /// Records what has happened already and cannot be undone.
    func record(_ work: () throws -> Void) {
        do { try work() } catch { logger.error("what has happened could not be written down") }
    }

    // MARK: - Ways of changing

    /// Asks the life what to do, does it, and only then changes the state.
    ///
    /// - Throws: `Problem` if the event may not happen, or could not be recorded.
    func perform(_ event: TaskLife.Event, doing work: (TaskLife.Action) throws -> Void) throws {
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

    func change(to next: TaskLife) {
        if next.stage != life.stage {
            since = now()
            logger.info("stage", metadata: ["stage": "\(next.stage.rawValue)"])
        }
        life = next
    }

    /// Forgets tables and model for good.
    func end(
        _ ending: TaskLife.Stage, by party: String? = nil, because cause: String? = nil, at time: Int64? = nil
    ) throws {
        try ledger.record(ending: ending, by: party, because: cause, at: time)
        if !tables.isEmpty { try ledger.recordDestruction() }
        forget()
    }

    /// Forgets tables and model.
    func forget() {
        tables.destroyAll()
        shards?.cut()
        openings = [:]
        uploads.forgetInterrupted()
        product = nil
        directory?.removeModel()
    }
}

extension Problem {
    static let notRecorded = Problem(
        .serviceUnavailable, code: "not_recorded", detail: "The service could not record this, so it did not happen.",
        hint: "Try again; if it stays so, tell the operator: the state folder may be full.", audience: .parties,
        headers: [.retryAfter: "10"])
}
