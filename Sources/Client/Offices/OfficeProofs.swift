public import Attestation
import Bytes
import Foundation
public import Tasks

/// What offices prove to each other about the programs that they run: what the task asks of each, and with what this one answers.
///
/// Evidence names the key of the connection's certificate, which is the office's key of the task, the exporter of this very
/// connection, the other end's challenge, and the task. So it is worth nothing on another connection, even to whoever has the key.
public struct OfficeProofs: Sendable {
    /// What each office must prove, by its place.
    private let asked: [Int: TrustPolicy]
    /// Where this office's own evidence comes from; nil where the task asks it for none.
    private let attester: (any Attester)?
    private let task: [UInt8]
    private let manifest: [UInt8]
    private let boot = ConnectionEvidence.random()
    private let started = UInt64(Date().timeIntervalSince1970 * 1_000)

    /// How long the other end may take to answer a challenge, in seconds.
    static let patience = 120

    /// - Parameters:
    ///   - task: the task as it was signed, also where a request to it is answered.
    ///   - attester: made for the task's canonical bytes.
    ///   - manifest: SHA-256 of what was built.
    ///   - trust: roots and what vendors publish. Which program is accepted is the task's to say, and whether a simulation is.
    public init(task: TaskSpecification, attester: (any Attester)?, manifest: [UInt8], trust: TrustPolicy) {
        self.task = task.canonicalBytes
        self.attester = attester
        self.manifest = manifest
        let policies = task.offices.enumerated().compactMap { place, office in
            task.proofs[office.name].map { (place, $0.trust(trust)) }
        }
        asked = Dictionary(uniqueKeysWithValues: policies)
    }

    /// What is between this office and another one at the beginning of a connection.
    func proving(of peer: Int) -> OfficeProving {
        OfficeProving(nonce: asked[peer] == nil ? nil : ConnectionEvidence.random(), owes: attester != nil)
    }

    /// This office's evidence on one connection.
    ///
    /// - Throws: `ClientError.noBinding`, or what the attester says.
    func evidence(answering nonce: [UInt8], key: [UInt8], exporter: [UInt8]?) async throws -> [UInt8] {
        guard let attester, let exporter else { throw ClientError.noBinding }
        // A state folder is on a disk as far as anybody outside can tell.
        let statement = try ConnectionEvidence.statement(
            for: task, boot: boot, started: started,
            binding: ChannelBinding.binding(exporter: exporter, nonce: nonce, spki: key), manifest: manifest,
            flags: attester.format == .simulated ? [.simulated, .stateOnDisk] : .stateOnDisk)
        return try await attester.evidence(spki: key, nonce: nonce, statement: statement).json()
    }

    /// Whether another office's evidence is what the task asks of it, on this connection and now.
    func verify(
        _ json: [UInt8], of peer: Int, nonce: [UInt8], key: [UInt8], exporter: [UInt8]?
    ) throws(ClientError) -> VerifiedEvidence {
        guard let trust = asked[peer], let exporter else { throw .noBinding }
        return try ConnectionEvidence.verify(
            json, trust.at(nil, now: Int64(Date().timeIntervalSince1970)),
            Policy.Expectation(nonce: nonce, spki: key, exporter: exporter, taskSpecification: task))
    }

    /// What is wrong, without advice that is for users of a service.
    static func words(_ error: ClientError) -> String {
        switch error {
        case .evidence(.noTrustedRoot(let format)) where format.isWithoutVendorRoot:
            "no root of \(format.rawValue) evidence was named here: add \(format.optionOfRoot)."
        case .evidence(let error): "\(error)"
        case .refused(let refusals): refusals.map { "\($0)" }.joined(separator: " ")
        default: "\(error)"
        }
    }
}

/// How far the two ends of one connection are with what the task has them prove. Before it is over nothing else is said.
struct OfficeProving: Sendable, Equatable {
    /// What the other end has to answer; nil where the task asks it for nothing.
    let nonce: [UInt8]?
    /// Whether this end has still to prove what it runs.
    private(set) var owes: Bool
    /// Whether the other end has.
    private(set) var awaits: Bool
    private var isChallenged = false

    init(nonce: [UInt8]?, owes: Bool) {
        self.nonce = nonce
        self.owes = owes
        awaits = nonce != nil
    }

    var isOver: Bool { !owes && !awaits }

    /// The other end asks.
    ///
    /// - Returns: whether it may: once, and where the task says so.
    mutating func challenge() -> Bool {
        guard owes, !isChallenged else { return false }
        isChallenged = true
        return true
    }

    /// This end's evidence is on its way.
    mutating func answer() { owes = false }

    /// The other end's evidence was accepted.
    mutating func accept() { awaits = false }
}

/// An office that has proved what it runs.
public struct AttestedOffice: Sendable, Equatable {
    /// Its name in the task.
    public let name: String
    /// The kind of its evidence.
    public let format: EvidenceFormat
    /// The evidence as it came, in JSON.
    public let evidence: [UInt8]
}
