import Bytes
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

        /// What a caller expects of evidence that it asked for on its own connection.
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
        platform(evidence) + snp(evidence) + tdx(evidence) + measurements(evidence) + freshness(evidence)
            + connection(evidence) + task(evidence)
    }

    private func platform(_ evidence: VerifiedEvidence) -> [Refusal] {
        var reasons: [Refusal] = []
        if evidence.format == .simulated, !trust.allowSimulated { reasons.append(.simulated) }
        if evidence.isDebug, !trust.allowDebug { reasons.append(.debug) }
        if evidence.statement?.flags.contains(.debugBuild) == true, !trust.allowDebug { reasons.append(.debugBuild) }
        let mayMove =
            platforms.snp?.migration == true && evidence.platform.snp != nil
            || platforms.tdx?.migratable == true && evidence.platform.tdx != nil
        if evidence.allowsMigration, !mayMove { reasons.append(.migrationAgent) }
        if trust.demandsStateInMemory, evidence.statement?.flags.contains(.stateOnDisk) == true {
            reasons.append(.stateOnDisk)
        }
        if evidence.warnings.contains(.tcbStatusNotEvaluated), !trust.allowUnevaluatedTCB {
            reasons.append(.tcbNotEvaluated)
        }
        if evidence.publicKey?.isEmpty == true { reasons.append(.emptyPublicKey) }
        return reasons
    }

    private var platforms: PlatformPolicy { trust.allowed?.platforms ?? PlatformPolicy() }

    /// Whether somebody relies on the evidence, rather than reading a document without trusting it: then what a policy does
    /// not name is refused, and otherwise it is a warning.
    private var isReliedUpon: Bool { expected != nil || trust.allowed != nil }

    private func snp(_ evidence: VerifiedEvidence) -> [Refusal] {
        guard let facts = evidence.platform.snp else { return [] }
        let demands = platforms.snp ?? PlatformPolicy.SNP()
        var reasons: [Refusal] = []
        let isKnownLevel = facts.privilegeLevel <= 3
        if isReliedUpon || !isKnownLevel, !(demands.vmpl ?? [0]).contains(facts.privilegeLevel) {
            reasons.append(.privilegeLevel(facts.privilegeLevel))
        }
        if facts.hasUnknownPolicy { reasons.append(.unknownPlatformFlags) }
        let levels = [facts.reported, facts.committed, facts.launch]
        if let least = demands.least {
            // The level of a product that the policy does not list was never thought about.
            let isReached = least[facts.product].map { least in levels.allSatisfy(least.isReached) } ?? false
            if !isReached { reasons.append(.patchLevel) }
        } else if facts.reported.isZero {
            reasons.append(.patchLevel)
        }
        if demands.smt == false, facts.platformInformation & 1 != 0 { reasons.append(.hyperThreading) }
        if let chips = demands.chips, !chips.contains(where: { Hex.decode($0.utf8) == facts.chip }) {
            reasons.append(.chip)
        }
        if facts.guestVersion < demands.guestVersion ?? 0 { reasons.append(.guestVersion) }
        if demands.revocation == true, evidence.warnings.contains(.revocationNotChecked) {
            reasons.append(.revocationNotChecked)
        }
        return reasons
    }

    private func tdx(_ evidence: VerifiedEvidence) -> [Refusal] {
        guard let facts = evidence.platform.tdx else { return [] }
        let demands = platforms.tdx ?? PlatformPolicy.TDX()
        var reasons: [Refusal] = []
        if facts.hasUnknownAttributes { reasons.append(.unknownPlatformFlags) }
        if facts.moduleVersions.allSatisfy({ $0 == 0 }) { reasons.append(.patchLevel) }
        let isListed = { (list: [String]?, name: String) in
            (list ?? []).contains { Hex.decode($0.utf8) == evidence[measurement: name] }
        }
        let isZero = { (name: String) in evidence[measurement: name]?.allSatisfy { $0 == 0 } ?? true }
        if !isZero("MRSERVICETD"), !isListed(demands.serviceTD, "MRSERVICETD") { reasons.append(.serviceGuest) }
        if !isZero("MRSIGNERSEAM"), !isListed(demands.seamSigners, "MRSIGNERSEAM") { reasons.append(.seamSigner) }
        if demands.seam != nil, !isListed(demands.seam, "MRSEAM") { reasons.append(.seamModule) }
        if demands.pageFaultsDisabled == true, evidence.warnings.contains(.pageFaultsAllowed) {
            reasons.append(.pageFaultsAllowed)
        }
        if let status = facts.status, !(demands.statuses ?? [.upToDate]).contains(status) {
            reasons.append(.tcbStatus(status))
        }
        if demands.revocation == true, evidence.warnings.contains(.revocationNotChecked) {
            reasons.append(.revocationNotChecked)
        }
        return reasons
    }

    private func measurements(_ evidence: VerifiedEvidence) -> [Refusal] {
        // A saved document may be read without a list; nobody connects without one.
        guard let allowed = trust.allowed ?? expected.map({ _ in ReleaseManifest(releases: []) }) else { return [] }
        guard !allowed.releases.isEmpty else { return [.noReleaseAllowed] }
        let candidates = allowed.releases.filter { $0.covers(evidence.format) }
        guard !candidates.isEmpty else { return [.noReleaseForFormat(evidence.format)] }
        let matching = candidates.filter { $0.matches(evidence) }
        guard let release = matching.first else { return [.measurementsUnknown] }
        // A bad program stays bad under another name: one refused entry with these measurements is enough.
        let refused = matching.first { allowed.refused?[$0.version] != nil }
        return (refused.map { [.releaseRefused(version: $0.version)] } ?? []) + additions(evidence, release)
    }

    /// A stub measures what was put beside an image (credentials, extensions, another command line) into PCR12 and PCR13:
    /// zero, unless the release says what they hold.
    private func additions(_ evidence: VerifiedEvidence, _ release: ReleaseManifest.Release) -> [Refusal] {
        guard [.tpm, .azure, .nitroTPM].contains(evidence.format) else { return [] }
        return ["PCR12", "PCR13"].filter { name in
            guard release.measurements[evidence.format.rawValue]?[name] == nil else { return false }
            return evidence[measurement: name]?.allSatisfy { $0 == 0 } != true
        }.map { .addedAtStart(register: $0) }
    }

    private func freshness(_ evidence: VerifiedEvidence) -> [Refusal] {
        guard let maximumSkew, evidence.format.carriesTime else { return [] }
        let (difference, overflow) = evidence.time.subtractingReportingOverflow(evidence.verifiedAt)
        let skew = overflow ? .max : Int64(clamping: difference.magnitude)
        return skew <= maximumSkew ? [] : [.stale(seconds: skew)]
    }

    private func connection(_ evidence: VerifiedEvidence) -> [Refusal] {
        guard let expected else { return [] }
        guard let statement = evidence.statement else { return [.statementMissing] }
        var reasons: [Refusal] = []
        if evidence.format.carriesFields {
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
        } else if !evidence.binds(spki: expected.spki, nonce: expected.nonce, statement: statement) {
            reasons.append(.reportDataMismatch)
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
        switch evidence.format {
        case .nitro, .simulated, .nitroTPM:
            let register = Register.task(expected.taskSpecification)
            if evidence[measurement: "PCR16"] != register { reasons.append(.taskRegisterMismatch) }
        case .tpm, .azure:
            let register = TPMRegister.task(expected.taskSpecification)
            if evidence[measurement: "PCR16"] != register { reasons.append(.taskRegisterMismatch) }
        case .tdx:
            // RTMR3 is the guest's own: all zeros where its kernel lets no program extend it, and then the statement
            // alone names the task.
            guard let value = evidence[measurement: "RTMR3"], value.contains(where: { $0 != 0 }) else { break }
            if value != Register.task(expected.taskSpecification) { reasons.append(.taskRegisterMismatch) }
        case .sevSNP: break
        }
        return reasons
    }
}
