import Crypto

/// Verification of Nitro documents, and of simulated ones, which differ only in their root.
extension EvidenceVerifier {
    /// Verifies a COSE document without a statement beside it.
    func verifyDocument(_ bytes: [UInt8], format: EvidenceFormat) throws(EvidenceError) -> VerifiedEvidence {
        let document = try NitroDocument(bytes: bytes)
        guard document.isOfTPM == (format == .nitroTPM) else {
            throw .missingField(format == .nitroTPM ? .tpmRegisters : .pcrs)
        }
        if document.unknownFieldCount > 0, unknownFields == .refuse { throw .unknownField }
        try checkRoot(of: document, format: format)

        let chain = try CertificatePath.parse(document.bundle + [document.certificate])
        let path = try CertificatePath(certificates: chain, profile: .nitro, now: now)
        guard case .p384(let key) = path.leaf.publicKey else { throw .certificateKey(chain.count - 1) }
        guard let signature = try? P384.Signing.ECDSASignature(rawRepresentation: document.signature),
            key.isValidSignature(signature, for: SHA384.hash(data: document.signedBytes))
        else { throw .documentSignature }
        return verified(document, format: format, validity: path.validity)
    }

    /// The first certificate must be one of the roots of this very format, byte for byte.
    private func checkRoot(of document: NitroDocument, format: EvidenceFormat) throws(EvidenceError) {
        let trusted = format == .simulated ? roots.simulated : roots.nitro
        guard !trusted.isEmpty else { throw .noTrustedRoot(format) }
        guard let root = document.bundle.first, trusted.contains(root) else {
            if format != .simulated, document.moduleID.hasPrefix(SimulatedAttester.modulePrefix) {
                throw .simulatedEvidenceAsNitro
            }
            if format == .simulated, let root = document.bundle.first, roots.nitro.contains(root) {
                throw .nitroEvidenceAsSimulated
            }
            throw .rootNotPinned
        }
        guard document.moduleID.hasPrefix(SimulatedAttester.modulePrefix) == (format == .simulated) else {
            throw format == .simulated ? .nitroEvidenceAsSimulated : .simulatedEvidenceAsNitro
        }
    }

    private func verified(
        _ document: NitroDocument, format: EvidenceFormat, validity: VerifiedEvidence.Validity
    ) -> VerifiedEvidence {
        var warnings: [VerifiedEvidence.Warning] = []
        if format == .simulated { warnings.append(.simulated) }
        // An instance is no enclave: its owner can look inside as far as the image lets him.
        if format == .nitroTPM { warnings.append(.tpmAlone) }
        if document.unknownFieldCount > 0 { warnings.append(.unknownFields(document.unknownFieldCount)) }
        if document.publicKey?.isEmpty == true { warnings.append(.emptyField(.publicKey)) }
        let measurements = document.registers.map {
            VerifiedEvidence.Measurement(name: "PCR\($0.index)", value: $0.value)
        }
        return VerifiedEvidence(
            format: format, time: Int64(document.timestamp / 1_000), verifiedAt: now, moduleID: document.moduleID,
            measurements: measurements, publicKey: document.publicKey, nonce: document.nonce,
            userData: document.userData, reportData: nil,
            statement: document.userData.flatMap { try? Statement(bytes: $0) }, chainValidity: validity,
            isDebug: format != .nitroTPM
                && measurements.filter { ["PCR0", "PCR1", "PCR2"].contains($0.name) }.allSatisfy(\.isZero),
            warnings: warnings)
    }
}
