/// Checks that evidence is authentic: encoding, certificate chain, signatures. It decides nothing about trust.
///
/// Roots and time are arguments: nothing here reads a clock, a file or the network.
public struct EvidenceVerifier: Sendable {
    let roots: TrustRoots
    let now: Int64
    let unknownFields: UnknownFields
    let collateral: Collateral
    /// DER of certificates that the caller has, beside those that come with evidence.
    let certificates: [[UInt8]]

    /// What to do with payload fields that this version does not know. All bytes are signed either way.
    public enum UnknownFields: Sendable {
        case refuse, warn
    }

    /// - Parameters:
    ///   - roots: the roots to trust, which say also whether simulated evidence is looked at.
    ///   - now: unix seconds at which certificates must be valid.
    ///   - unknownFields: refused unless said otherwise.
    ///   - collateral: what vendors publish about their platforms; without it the result says what was not looked at.
    ///   - certificates: DER beside those that come with the evidence.
    public init(
        roots: TrustRoots, now: Int64, unknownFields: UnknownFields = .refuse, collateral: Collateral = Collateral(),
        certificates: [[UInt8]] = []
    ) {
        self.roots = roots
        self.now = now
        self.unknownFields = unknownFields
        self.collateral = collateral
        self.certificates = certificates
    }

    /// Verifies with what a relying party trusts and has.
    /// - Parameter now: unix seconds; the policy's own moment where absent.
    public init(_ trust: TrustPolicy, now: Int64? = nil) {
        self.init(
            roots: trust.roots, now: now ?? trust.at ?? trust.now, collateral: trust.collateral,
            certificates: trust.certificates)
    }

    /// Verifies the evidence of a live service: the document, and the statement beside it.
    ///
    /// Nitro and simulated documents carry the statement, which must be the same bytes. SEV-SNP and TDX evidence carries
    /// a hash over key, nonce and statement, which `Policy` recomputes because only the caller knows key and nonce.
    public func verify(_ evidence: Evidence) throws(EvidenceError) -> VerifiedEvidence {
        let statement = try Statement(bytes: evidence.statement)
        guard statement.flags.contains(.simulated) == (evidence.format == .simulated) else {
            throw .statementContradictsFormat
        }
        var verified = try verify(
            document: evidence.evidence, format: evidence.format, certificates: evidence.auxiliary)
        if evidence.format.carriesFields {
            guard let signed = verified.userData else { throw .statementMissing }
            guard signed == evidence.statement else { throw .statementMismatch }
        }
        verified.statement = statement
        return verified
    }

    /// Verifies a document without a statement beside it.
    /// - Parameters:
    ///   - certificates: DER beside the document; trusted for nothing until they chain to a root.
    ///   - help: DER that lay around the document, of which what fits is taken; trusted as little.
    public func verify(
        document bytes: [UInt8], format: EvidenceFormat, certificates: [[UInt8]] = [], help: [[UInt8]] = []
    ) throws(EvidenceError) -> VerifiedEvidence {
        switch format {
        case .nitro, .nitroTPM, .simulated: try verifyDocument(bytes, format: format)
        case .sevSNP: try verifyReport(bytes, certificates: certificates + self.certificates, help: help)
        case .tdx: try verifyQuote(bytes)
        case .tpm: try verifyTPM(bytes, certificates: certificates + self.certificates, help: help)
        case .azure: try verifyAzure(bytes, certificates: certificates + self.certificates, help: help)
        }
    }
}
