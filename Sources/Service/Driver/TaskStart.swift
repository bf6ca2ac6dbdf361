import Crypto
import Engine
import FittedModels
import Foundation
import Ledger
import Logging
import PrivacyKernel
import Tables
import Tasks

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

    init(_ configuration: ServiceConfiguration) throws {
        specification = configuration.specification
        logger = configuration.logger
        now = configuration.now
        boot = Boot(now: configuration.now())
        identity = try ServerIdentity(name: "entrepot", now: configuration.now())
        evidenceIssuer = EvidenceIssuer(
            attester: configuration.attester,
            buildManifestDigest: Array(SHA256.hash(data: configuration.buildManifest)))
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
        let past = try Past(ledger: ledger, directory: directory)
        life = TaskLife(
            providers: specification.providers.map(\.name), signed: Set(unsigned.signed),
            stage: past.stage(isSigned: unsigned.missing.isEmpty), reserved: past.reserved,
            missedRows: try ledger.endedWithTooFewRows() ? specification.privacy.leastRows : nil)
        product = life.stage == .trained ? past.product : nil
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

    private static func fitter(for specification: TaskSpecification) throws -> Fitter {
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
    let product: TaskProduct?
    let ending: TaskLife.Stage?
    /// Digests of the uploads of a reservation from which nothing was drawn.
    let reserved: [String: String]

    init(ledger: TaskLedger, directory: StateDirectory?) throws {
        let uploads = try ledger.reservedUploads()
        isReserved = uploads != nil
        hasReleases = try ledger.hasReleases()
        ending = try ledger.ending()
        reserved = hasReleases ? [:] : uploads ?? [:]
        guard ending == nil, uploads != nil, let file = directory?.modelFile() else {
            product = nil
            return
        }
        do {
            product = try TaskProduct(encoded: file)
        } catch {
            throw ServiceError.damagedModel("\(error)")
        }
        try ledger.recognise(model: Array(SHA256.hash(data: file)))
    }

    func stage(isSigned: Bool) -> TaskLife.Stage {
        if let ending { return ending }
        if product != nil { return .trained }
        if isReserved, hasReleases { return .training }
        return isSigned ? .collecting : .unsigned
    }
}
