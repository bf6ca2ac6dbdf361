import Attestation
import Crypto
import Tasks

/// Evidence for one connection: what a program says of itself on it, and whether the other end accepts that.
enum ConnectionEvidence {
    static let nonceBytes = 32

    /// What a program other than a service, which has no ledger to show, says of itself on one connection.
    ///
    /// - Parameter purpose: the task's bytes, or what stands in their place.
    static func statement(
        for purpose: [UInt8], boot: [UInt8], started: UInt64, binding: [UInt8], manifest: [UInt8],
        flags given: Statement.Flags
    ) throws(EvidenceError) -> Statement {
        var flags = given
        #if DEBUG
            flags.insert(.debugBuild)
        #endif
        let none = [UInt8](repeating: 0, count: 32)
        return try Statement(
            flags: flags, taskDigest: Array(SHA256.hash(data: purpose)), bootID: boot, ledgerHead: none,
            ledgerSequence: 0, bootTime: started, channelBinding: binding, buildManifestDigest: manifest)
    }

    /// Verifies evidence that was asked for on this connection, at the policy's moment.
    ///
    /// - Throws: `evidence` where it is not authentic, `refused` with every reason why it is not accepted.
    static func verify(
        _ json: [UInt8], _ trust: TrustPolicy, _ expected: Policy.Expectation
    ) throws(ClientError) -> VerifiedEvidence {
        let evidence: VerifiedEvidence
        do { evidence = try EvidenceVerifier(trust, now: trust.now).verify(Evidence(json: json)) } catch {
            throw .evidence(error)
        }
        let refusals = Policy(trust, expected: expected).evaluate(evidence)
        guard refusals.isEmpty else { throw .refused(refusals) }
        return evidence
    }

    static func random() -> [UInt8] {
        var generator = SystemRandomNumberGenerator()
        return (0..<nonceBytes).map { _ in UInt8.random(in: 0...255, using: &generator) }
    }
}

extension TaskSpecification.Proof {
    /// What is accepted of whoever must prove this: the signed task says it, and nobody who runs a program can make it less. A simulation
    /// hides nothing, so that a debug build of it hides no less.
    ///
    /// - Parameter given: roots, and what vendors publish.
    func trust(_ given: TrustPolicy) -> TrustPolicy {
        var policy = given
        policy.allowed = accepted
        policy.allowSimulated = format == .simulated
        policy.allowDebug = format == .simulated
        return policy
    }

    /// The same, of evidence that needs nothing beside it.
    ///
    /// - Parameter simulatedRoots: DER of roots that make simulated evidence here; used where the task agrees on it.
    func trust(simulatedRoots: [[UInt8]]) -> TrustPolicy {
        let roots = format == .simulated ? simulatedRoots : []
        return trust(TrustPolicy(now: 0, roots: roots.reduce(.vendors) { $0.trustingSimulated(root: $1) }))
    }
}
