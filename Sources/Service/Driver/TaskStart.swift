import Attestation
import Crypto
import Domains
import Engine
import FittedModels
import Foundation
import Ledger
import Logging
import PrivacyKernel
import Shards
import Tables
import Tasks
import VectorMath

/// Everything that a task driver begins with: opened and checked, so that the driver's own initialiser cannot fail.
struct TaskStart {
    let specification: TaskSpecification
    let unsigned: UnsignedTask
    let boot: Boot
    let identity: ServerIdentity
    let evidenceIssuer: EvidenceIssuer
    let metrics = Metrics()
    let logger: Logger
    let domains: [String: TableDomain]
    let fitter: Fitter
    let now: @Sendable () -> Date
    let ledger: TaskLedger
    let signer: LedgerSigner
    let reportSigner: ReportSigner
    let directory: StateDirectory?
    let life: TaskLife
    let product: TaskProduct?
    /// Shared by all tables, drawn afresh each boot.
    let keyedHash: KeyedHash
    /// Where the rows lie, if the task lists shards.
    let shards: ShardIntake?

    init(_ configuration: ServiceConfiguration) throws {
        specification = configuration.specification
        logger = configuration.logger
        now = configuration.now
        boot = Boot(now: configuration.now())
        identity = try ServerIdentity(name: "entrepot", now: configuration.now())
        evidenceIssuer = EvidenceIssuer(
            attester: configuration.attester,
            buildManifestDigest: Array(SHA256.hash(data: configuration.buildManifest)),
            isStateOnDisk: configuration.stateDirectory != nil)
        // Whoever owns the disk could show the service an older state, or one of its own.
        guard configuration.stateDirectory == nil || configuration.attester.format == .simulated else {
            throw ServiceError.stateOnDisk
        }
        directory = try configuration.stateDirectory.map { path throws(ServiceError) in try StateDirectory(path: path) }
        domains = try TaskStart.domains(of: specification)
        fitter = try TaskStart.fitter(for: specification)
        do {
            ledger = try TaskLedger(
                directory: configuration.stateDirectory, specification: specification, now: configuration.now)
        } catch let error as LedgerError {
            throw ServiceError.ledger("\(error)")
        }
        signer = try LedgerSigner(task: specification.digest)
        reportSigner = try ReportSigner(now: configuration.now())
        unsigned = try TaskStart.signed(
            specification, files: configuration.signatures + (directory?.signatureFiles() ?? []))
        for signature in unsigned.signatures.values.sorted(by: { $0.party < $1.party }) {
            try directory?.keep(signature)
            try ledger.recordSignatureOnce(of: signature.party)
        }
        let past = try Past(ledger: ledger)
        if past.isOver { try ledger.record(ending: .failed) }
        life = TaskLife(
            providers: specification.providers.map(\.name), signed: Set(unsigned.signed),
            stage: past.stage(isSigned: unsigned.missing.isEmpty),
            missedRows: try ledger.endedWithTooFewRows() ? specification.privacy.leastRows : nil,
            cause: try ledger.causeOfFailure())
        product = life.stage == .trained ? try TaskStart.product(fitter, ledger, directory) : nil
        let hashKey = ShardCounter.randomKey
        keyedHash = KeyedHash(key: hashKey)
        shards = try TaskStart.shards(
            of: specification, configuration.shardAccess, hashKey
        ) { [evidenceIssuer, boot, head = ledger.firstHead, task = specification.digest.bytes] key, nonce, binding in
            try await evidenceIssuer.evidence(
                forShard: key, nonce: nonce, binding: binding, task: task, boot: boot, head: head)
        }
    }

    /// The shards that a task lists; none is told anything yet.
    private static func shards(
        of specification: TaskSpecification, _ door: ShardAccess?, _ hashKey: (UInt64, UInt64),
        vouch: @escaping ShardAccess.Vouch
    ) throws -> ShardIntake? {
        guard let listed = specification.listedShards else { return nil }
        guard let door else { throw ServiceError.unusableTask("nothing here reaches the shards that it lists.") }
        let tables = try specification.providers.map { party in
            guard let table = party.table, let domain = try specification.readingDomain(of: party) else {
                throw ServiceError.unusableTask("\(party.name) brings no table.")
            }
            return ShardIntake.Table(domain: domain, key: table.key)
        }
        do {
            return try ShardIntake(
                tables, rowsPerKey: specification.join.rowsPerKey,
                shards: listed.addresses.map { address in
                    ShardCounter.Shard(name: address) { try door.open(address, vouch) }
                }, hashKey: hashKey)
        } catch { throw ServiceError.unusableTask("\(error)") }
    }

    /// The product of a task that was trained before: fitted again from the releases that the ledger recorded, and never
    /// read from a file, which whoever owns the disk may have written.
    ///
    /// - Throws: `ServiceError.damagedModel` unless it is the one of the ledger, byte by byte.
    static func product(
        _ fitter: Fitter, _ ledger: TaskLedger, _ directory: StateDirectory?
    ) throws -> TaskProduct {
        let finished: FinishedFit
        do {
            finished = try fitter.refit(ledger)
        } catch is FitFailure {
            throw ServiceError.damagedModel("the recorded releases do not give it")
        }
        guard try ledger.modelDigest() == finished.digest.hexadecimal else {
            throw ServiceError.damagedModel("what follows from the recorded releases is another one")
        }
        try directory?.keep(model: finished.file)
        return finished.product
    }

    private static func domains(of specification: TaskSpecification) throws -> [String: TableDomain] {
        var domains: [String: TableDomain] = [:]
        for party in specification.providers {
            guard let table = party.table else { throw ServiceError.unusableTask("\(party.name) brings no table.") }
            do {
                domains[party.name] = try table.domain()
            } catch {
                throw ServiceError.unusableTask("the schema of \(party.name): \(error)")
            }
        }
        return domains
    }

    static func fitter(for specification: TaskSpecification) throws -> Fitter {
        guard !specification.isComputedByOffices else {
            throw ServiceError.unusableTask(
                "its engine is \(specification.engine.word), so each office runs `entrepot compute` and no service takes its table."
            )
        }
        if let refusal = specification.refusalToServe { throw ServiceError.unusableTask(refusal) }
        do {
            return Fitter(try TaskPlan(specification), taskDigest: specification.digest.hex)
        } catch {
            throw ServiceError.unusableTask("\(error)")
        }
    }

    private static func signed(_ specification: TaskSpecification, files: [[UInt8]]) throws -> UnsignedTask {
        var task = UnsignedTask(specification)
        do {
            for file in files { try task.add(TaskSignature(fileBytes: file)) }
        } catch {
            throw ServiceError.unusableSignature("\(error)")
        }
        return task
    }
}

/// How far the task had come before this boot, by what is on disk.
private struct Past {
    let isReserved: Bool
    let hasReleases: Bool
    let isTrained: Bool
    let ending: TaskLife.Stage?

    init(ledger: TaskLedger) throws {
        isReserved = try ledger.reservedUploads() != nil
        hasReleases = try ledger.hasReleases()
        isTrained = try ledger.modelDigest() != nil
        ending = try ledger.ending()
    }

    /// Whether ε was set aside by an earlier boot and no release of it is found. Something may have been drawn all the same,
    /// and be known to whoever owns the disk: nothing is measured again.
    var isOver: Bool { ending == nil && isReserved && !hasReleases }

    func stage(isSigned: Bool) -> TaskLife.Stage {
        if let ending { return ending }
        if isOver { return .failed }
        if isTrained { return .trained }
        if isReserved { return .training }
        return isSigned ? .collecting : .unsigned
    }
}
