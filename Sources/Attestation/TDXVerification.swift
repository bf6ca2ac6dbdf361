import Bytes
import Crypto

/// Verification of TDX quotes: root → platform CA → PCK → quoting enclave → attestation key → quote.
///
/// Intel's collateral (TCB levels, identities of enclave and module, revocation lists) is evaluated where it was given, by
/// `IntelPlatform`. Without it every result says so and `Policy` refuses it unless told otherwise.
extension EvidenceVerifier {
    /// MRSIGNER of Intel's quoting enclaves for TDX, and their product number (Intel's QE identity, `td-qe`).
    private static let enclaveSigner = "dc9e2a7c6f948f17474e34a7fc43ed030f7c1563f1babddf6340c82e0e54a8c5"
    private static let enclaveProduct: UInt16 = 2

    func verifyQuote(_ bytes: [UInt8]) throws(EvidenceError) -> VerifiedEvidence {
        guard !roots.intelFingerprints.isEmpty else { throw .noTrustedRoot(.tdx) }
        let quote = try TDXQuote(bytes: bytes)
        let path = try platform(quote)
        guard case .p256(let platformKey) = path.leaf.publicKey else { throw .certificateKey(2) }
        guard Self.isValid(quote.enclaveSignature, of: quote.enclaveReport.bytes, by: platformKey) else {
            throw .quotingEnclaveSignature
        }
        guard !quote.enclaveReport.isDebug else { throw .quotingEnclaveDebug }
        guard Hex.encode(quote.enclaveReport.signer) == Self.enclaveSigner,
            quote.enclaveReport.productID == Self.enclaveProduct
        else { throw .quotingEnclaveIdentity }
        let binding = Array(SHA256.hash(data: quote.attestationKey + quote.enclaveAuthenticationData))
        guard quote.enclaveReport.reportData == binding + [UInt8](repeating: 0, count: 32) else {
            throw .quotingEnclaveBinding
        }
        guard let attestationKey = try? P256.Signing.PublicKey(rawRepresentation: quote.attestationKey),
            Self.isValid(quote.signature, of: quote.signedBytes, by: attestationKey)
        else { throw .quoteSignature }
        return try verified(quote, path)
    }

    private static func isValid(_ signature: [UInt8], of bytes: [UInt8], by key: P256.Signing.PublicKey) -> Bool {
        guard let signature = try? P256.Signing.ECDSASignature(rawRepresentation: signature) else { return false }
        return key.isValidSignature(signature, for: SHA256.hash(data: bytes))
    }

    /// The chain inside the quote: PEM of leaf, intermediate and root, perhaps with zeros after it.
    private func platform(_ quote: TDXQuote) throws(EvidenceError) -> CertificatePath {
        let text = Array(quote.certificateChain.prefix { $0 != 0 })
        guard quote.certificateChain.dropFirst(text.count).allSatisfy({ $0 == 0 }) else { throw .quoteSignatureData }
        let certificates = try CertificateFile.certificates(text)
        // No signature covers the PEM text around the certificates: one form of it is accepted.
        let canonical = CertificateFile.pem(certificates)
        guard text == canonical || text + [0x0A] == canonical else { throw .quoteSignatureData }
        let chain = Array(try CertificatePath.parse(certificates).reversed())
        guard chain.count == 3 else { throw .certificateMissing }
        guard let root = chain.first, roots.intelFingerprints.contains(root.fingerprint) else { throw .rootNotPinned }
        return try CertificatePath(certificates: chain, profile: .intel, now: now)
    }

    private func verified(_ quote: TDXQuote, _ path: CertificatePath) throws(EvidenceError) -> VerifiedEvidence {
        var measurements = [VerifiedEvidence.Measurement(name: "MRTD", value: quote.mrtd)]
        for (index, value) in quote.runtimeRegisters.enumerated() {
            measurements.append(.init(name: "RTMR\(index)", value: value))
        }
        measurements += [
            .init(name: "MRCONFIGID", value: quote.configurationID), .init(name: "MROWNER", value: quote.owner),
            .init(name: "MROWNERCONFIG", value: quote.ownerConfiguration),
            .init(name: "MRSEAM", value: quote.seamMeasurement), .init(name: "MRSIGNERSEAM", value: quote.seamSigner),
        ]
        if let service = quote.serviceMeasurement { measurements.append(.init(name: "MRSERVICETD", value: service)) }
        let isRevocationChecked = try checkRevocation(of: path.certificates)
        let platform = try IntelPlatform(certificate: path.leaf)
        var facts = TDXFacts(
            moduleVersions: quote.moduleVersions, attributes: quote.attributes,
            hasUnknownAttributes: quote.hasUnknownAttributes, features: quote.features,
            family: platform.family)
        var warnings: [VerifiedEvidence.Warning] = []
        if let level = try platform.status(of: quote, collateral: collateral, root: path.certificates[0], now: now) {
            (facts.status, facts.advisories) = (level.status, level.advisories)
            if level.status != .upToDate || !level.advisories.isEmpty {
                warnings.append(.tcbStatus(level.status, advisories: level.advisories))
            }
        } else {
            warnings.append(.tcbStatusNotEvaluated)
        }
        if !isRevocationChecked { warnings.append(.revocationNotChecked) }
        if !quote.disablesPageFaults { warnings.append(.pageFaultsAllowed) }
        if quote.countsPerformance { warnings.append(.performanceCounters) }
        var evidence = VerifiedEvidence(
            format: .tdx, time: now, verifiedAt: now, moduleID: "", measurements: measurements, publicKey: nil,
            nonce: nil, userData: nil, reportData: quote.reportData, statement: nil, chainValidity: path.validity,
            isDebug: quote.allowsDebug, allowsMigration: quote.allowsMigration, warnings: warnings)
        evidence.platform.tdx = facts
        return evidence
    }
}
