import Crypto

/// What a relying party wants beyond authenticity. `evaluate` gives every reason at once.
public struct Policy: Sendable {
    /// What only the caller knows about this connection and task.
    public struct Expectation: Sendable {
        /// The 32 bytes that the caller sent.
        public var nonce: [UInt8]
        /// DER of the SubjectPublicKeyInfo of the certificate that this connection showed.
        public var spki: [UInt8]
        /// `ChannelBinding.exporter` of this connection.
        public var exporter: [UInt8]
        /// The bytes that `GET /spec` returned, or that the caller approved before.
        public var taskSpecification: [UInt8]

        public init(nonce: [UInt8], spki: [UInt8], exporter: [UInt8], taskSpecification: [UInt8]) {
            self.nonce = nonce
            self.spki = spki
            self.exporter = exporter
            self.taskSpecification = taskSpecification
        }
    }

    /// What is trusted, whatever the connection.
    public let trust: TrustPolicy
    /// Seconds between the evidence's own time and the time of verification; nil for archived evidence.
    public let maximumSkew: Int64?
    /// nil for archived evidence.
    public let expected: Expectation?

    /// The policy of a live connection.
    public init(_ trust: TrustPolicy, maximumSkew: Int64 = 300, expected: Expectation) {
        self.trust = trust
        self.maximumSkew = maximumSkew
        self.expected = expected
    }

    /// The policy of a saved document: no connection, no nonce, no task.
    public init(archived trust: TrustPolicy) {
        self.trust = trust
        maximumSkew = nil
        expected = nil
    }

    /// Every reason to refuse; empty means accepted.
    public func evaluate(_ evidence: VerifiedEvidence) -> [Refusal] {
        platform(evidence) + measurements(evidence) + freshness(evidence) + connection(evidence) + task(evidence)
    }

    private func platform(_ evidence: VerifiedEvidence) -> [Refusal] {
        var reasons: [Refusal] = []
        if evidence.format == .simulated, !trust.allowSimulated { reasons.append(.simulated) }
        if evidence.isDebug, !trust.allowDebug { reasons.append(.debug) }
        if evidence.statement?.flags.contains(.debugBuild) == true, !trust.allowDebug { reasons.append(.debugBuild) }
        if evidence.allowsMigration { reasons.append(.migrationAgent) }
        if evidence.warnings.contains(.tcbStatusNotEvaluated), !trust.allowUnevaluatedTCB {
            reasons.append(.tcbNotEvaluated)
        }
        if evidence.publicKey?.isEmpty == true { reasons.append(.emptyPublicKey) }
        return reasons
    }

    private func measurements(_ evidence: VerifiedEvidence) -> [Refusal] {
        // A saved document may be read without a list; nobody connects without one.
        guard let allowed = trust.allowed ?? expected.map({ _ in ReleaseManifest(releases: []) }) else { return [] }
        guard !allowed.releases.isEmpty else { return [.noReleaseAllowed] }
        let candidates = allowed.releases.filter { $0.covers(evidence.format) }
        guard !candidates.isEmpty else { return [.noReleaseForFormat(evidence.format)] }
        let matching = candidates.filter { $0.matches(evidence) }
        guard !matching.isEmpty else { return [.measurementsUnknown] }
        // A bad program stays bad under another name: one refused entry with these measurements is enough.
        let refused = matching.first { allowed.refused?[$0.version] != nil }
        return refused.map { [.releaseRefused(version: $0.version)] } ?? []
    }

    private func freshness(_ evidence: VerifiedEvidence) -> [Refusal] {
        guard let maximumSkew else { return [] }
        let (difference, overflow) = evidence.time.subtractingReportingOverflow(evidence.verifiedAt)
        let skew = overflow ? .max : Int64(clamping: difference.magnitude)
        return skew <= maximumSkew ? [] : [.stale(seconds: skew)]
    }

    private func connection(_ evidence: VerifiedEvidence) -> [Refusal] {
        guard let expected else { return [] }
        guard let statement = evidence.statement else { return [.statementMissing] }
        var reasons: [Refusal] = []
        switch evidence.format {
        case .nitro, .simulated:
            switch evidence.nonce {
            case expected.nonce?: break
            case nil: reasons.append(.nonceMissing)
            default: reasons.append(.nonceMismatch)
            }
            switch evidence.publicKey {
            case expected.spki?: break
            case nil: reasons.append(.publicKeyMissing)
            default: reasons.append(.publicKeyMismatch)
            }
        case .sevSNP, .tdx:
            let bound = ReportData.bytes(
                format: evidence.format, spki: expected.spki, nonce: expected.nonce, statement: statement)
            if evidence.reportData != bound { reasons.append(.reportDataMismatch) }
        }
        let binding = ChannelBinding.binding(
            exporter: expected.exporter, nonce: expected.nonce, spki: expected.spki)
        if statement.channelBinding != binding { reasons.append(.channelBindingMismatch) }
        return reasons
    }

    private func task(_ evidence: VerifiedEvidence) -> [Refusal] {
        guard let expected, let statement = evidence.statement else { return [] }
        var reasons: [Refusal] = []
        if statement.taskDigest != Array(SHA256.hash(data: expected.taskSpecification)) {
            reasons.append(.taskMismatch)
        }
        if evidence.format == .nitro || evidence.format == .simulated,
            evidence[measurement: "PCR16"] != Register.task(expected.taskSpecification)
        {
            reasons.append(.taskRegisterMismatch)
        }
        return reasons
    }
}
