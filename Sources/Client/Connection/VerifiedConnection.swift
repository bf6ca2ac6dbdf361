public import Attestation
import Bytes
import Foundation
import Ledger
import NIOCore
import NIOHTTP1
public import Tasks

/// A connection to a service whose evidence was verified for this very connection. Data can be sent only through it.
///
/// Use it from one task at a time; it closes when the closure that received it ends.
public final class VerifiedConnection {
    /// What was verified, for a person to look at.
    public let evidence: VerifiedEvidence
    /// What the service says about itself, signed by its evidence.
    public let statement: Statement
    /// The task that the service runs.
    public let specification: TaskSpecification
    /// Of that task, as the evidence names it.
    public let taskDigest: TaskDigest
    /// The caller's party; nil if no key was given.
    public let party: TaskSpecification.Party?

    let http: HTTPConnection
    let configuration: ClientConfiguration
    var remembered: RememberedState
    /// The key that signs this boot's checkpoints, once evidence has vouched for it.
    var ledgerKey: NoteVerifier?
    /// Receipts that were fetched, checked and kept on this connection.
    public internal(set) var receipts: [Receipt] = []

    private init(
        http: HTTPConnection, configuration: ClientConfiguration, evidence: VerifiedEvidence, statement: Statement,
        specification: TaskSpecification, taskDigest: TaskDigest, party: TaskSpecification.Party?,
        remembered: RememberedState
    ) {
        self.http = http
        self.configuration = configuration
        self.evidence = evidence
        self.statement = statement
        self.specification = specification
        self.taskDigest = taskDigest
        self.party = party
        self.remembered = remembered
    }

    /// Connects, verifies, and hands the verified connection to `use`.
    ///
    /// - Throws: `ClientError` before anything is sent if the evidence, its policy, its binding to this connection,
    ///   the task, the key or the memory of earlier runs does not permit it.
    public static func open<Result>(
        _ configuration: ClientConfiguration, use: (VerifiedConnection) async throws -> Result
    ) async throws -> Result {
        let certificate: ClientCertificate?
        do {
            certificate = try configuration.key.map { try ClientCertificate($0) }
        } catch {
            throw ClientError.unreadableKey("\(error)")
        }
        return try await HTTPConnection.open(to: configuration.address, certificate: certificate) { http in
            let connection = try await verify(http, configuration)
            let result = try await use(connection)
            return result
        }
    }

    /// The hexadecimal boot id of the service.
    public var bootID: String { Hex.encode(statement.bootID) }

    private static func verify(
        _ http: HTTPConnection, _ configuration: ClientConfiguration
    ) async throws -> VerifiedConnection {
        let nonce = ConnectionEvidence.random()
        let document = try await http.fetch("/attestation?nonce=\(Hex.encode(nonce))")
        let specificationBytes = try await http.fetch("/spec")
        guard let key = http.peer.publicKeyInfo, let exporter = http.peer.exporter else { throw ClientError.noBinding }

        let evidence = try ConnectionEvidence.verify(
            document, configuration.trustNow,
            Policy.Expectation(nonce: nonce, spki: key, exporter: exporter, taskSpecification: specificationBytes))
        guard let statement = evidence.statement else { throw ClientError.evidence(.statementMissing) }

        let digest = TaskDigest(hashing: specificationBytes)
        if let expected = configuration.task, expected != digest {
            throw ClientError.anotherTask(expected: expected.hex, found: digest.hex)
        }
        let specification = try read(specificationBytes)
        let party = try configuration.key.map { try listed($0.publicKey, in: specification) }
        var remembered = try RememberedState(file: configuration.stateFile)
        // Strangers see the first entry only, which is nothing to remember.
        if party != nil {
            try observing { () throws(RememberedConflict) in
                try remembered.observe(
                    task: digest.hex, boot: Hex.encode(statement.bootID), sequence: statement.ledgerSequence,
                    head: Hex.encode(statement.ledgerHead), measureAgain: configuration.measureAgain)
            }
            try remembered.write(file: configuration.stateFile)
        }
        let connection = VerifiedConnection(
            http: http, configuration: configuration, evidence: evidence, statement: statement,
            specification: specification, taskDigest: digest, party: party, remembered: remembered)
        try await connection.followLedger()
        return connection
    }

    private static func read(_ bytes: [UInt8]) throws(ClientError) -> TaskSpecification {
        do {
            // Demonstrations may use published keys. That is the operator's choice and no reason to reject the task.
            return try TaskSpecification(canonicalBytes: bytes, context: TaskFile.Context(isDemonstration: true))
        } catch {
            if let shared = (error as? TaskProblems)?.problems.first(where: \.isSharedKey) {
                throw .sharedKey("\(shared)")
            }
            throw .unreadableTask("\(error)")
        }
    }

    private static func listed(
        _ key: PartyKey, in specification: TaskSpecification
    ) throws(ClientError) -> TaskSpecification.Party {
        guard let party = specification.party(holding: key) else {
            throw ClientError.notListed(fingerprint: key.fingerprint)
        }
        return party
    }

    /// Compares what an answer says about the ledger with what is remembered.
    func observe(_ headers: HTTPHeaders) throws(ClientError) {
        guard party != nil, let boot = headers.first(name: "Entrepot-Boot"),
            let sequence = headers.first(name: "Entrepot-Seq").flatMap({ UInt64($0) }),
            let head = headers.first(name: "Entrepot-Head")
        else { return }
        do {
            guard boot == bootID else { throw RememberedConflict.anotherInstance(remembered: bootID, found: boot) }
            try remembered.observe(task: taskDigest.hex, boot: boot, sequence: sequence, head: head)
        } catch let conflict as RememberedConflict {
            throw ClientError.remembered(conflict)
        } catch {
            throw ClientError.brokenConnection("\(error)")
        }
    }

    /// Saves what was seen.
    func remember() throws(ClientError) {
        guard party != nil else { return }
        try remembered.write(file: configuration.stateFile)
    }

    static func observing(_ work: () throws(RememberedConflict) -> Void) throws(ClientError) {
        do {
            try work()
        } catch {
            throw ClientError.remembered(error)
        }
    }
}

extension HTTPConnection {
    /// The body of a successful answer to a GET.
    func fetch(_ path: String) async throws -> [UInt8] {
        let head = try await send(.GET, path)
        let body = try await readBody()
        guard (200..<300).contains(head.status) else { throw ClientError.service(ServiceProblem(head.status, body)) }
        return body
    }
}
