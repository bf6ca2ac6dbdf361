import Crypto
import SwiftASN1

/// Verification of SEV-SNP reports: ARK → ASK (or ASVK) → VCEK (or VLEK) → report.
extension EvidenceVerifier {
    /// - Parameter certificates: DER, in any order; the chain is picked out by the names in it.
    func verifyReport(_ bytes: [UInt8], certificates: [[UInt8]]) throws(EvidenceError) -> VerifiedEvidence {
        guard !roots.amdFingerprints.isEmpty else { throw .noTrustedRoot(.sevSNP) }
        let report = try SNPReport(bytes: bytes)
        let chain = try chain(certificates, for: report.signingKey)
        let path = try CertificatePath(certificates: chain, profile: .amd, now: now)
        guard case .p384(let key) = path.leaf.publicKey else { throw .certificateKey(2) }
        guard let signature = try? P384.Signing.ECDSASignature(rawRepresentation: report.signature),
            key.isValidSignature(signature, for: SHA384.hash(data: report.signedBytes))
        else { throw .reportSignature }
        let endorsement = try AMDEndorsement(certificate: path.leaf)
        try endorsement.check(report)
        return VerifiedEvidence(
            format: .sevSNP, time: now, verifiedAt: now, moduleID: "",
            measurements: [
                .init(name: "MEASUREMENT", value: report.measurement), .init(name: "HOST_DATA", value: report.hostData),
            ],
            publicKey: nil, nonce: nil, userData: nil, reportData: report.reportData, statement: nil,
            chainValidity: path.validity, isDebug: report.allowsDebug, allowsMigration: report.allowsMigration,
            warnings: [.revocationNotChecked])
    }

    /// Root, intermediate and leaf out of a heap of certificates.
    private func chain(
        _ certificates: [[UInt8]], for key: SNPReport.SigningKey
    ) throws(EvidenceError) -> [ChainCertificate] {
        guard certificates.count <= 16 else { throw .certificateMissing }
        let parsed = try CertificatePath.parse(certificates)
        // A host may hand out both kinds of leaf; several of one kind would leave open which one was meant.
        let leaves = parsed.filter { $0.commonName == key.commonName }
        guard let leaf = leaves.first else { throw .certificateMissing }
        guard leaves.allSatisfy({ $0.der == leaf.der }) else { throw .certificateKey(2) }
        guard let authority = parsed.first(where: { $0.subject == leaf.issuer && !$0.isSelfIssued }) else {
            throw .certificateMissing
        }
        guard let root = parsed.first(where: { $0.subject == authority.issuer && $0.isSelfIssued }) else {
            throw .certificateMissing
        }
        guard roots.amdFingerprints.contains(root.fingerprint) else { throw .rootNotPinned }
        return [root, authority, leaf]
    }
}

extension SNPReport.SigningKey {
    /// The name that AMD gives to every certificate of such a key.
    fileprivate var commonName: String { self == .vcek ? "SEV-VCEK" : "SEV-VLEK" }
}

/// What AMD says about a chip in the extensions of its leaf certificate (AMD 57230 §3).
private struct AMDEndorsement {
    let patchLevel: SNPReport.PatchLevel
    let hardwareID: [UInt8]?

    init(certificate: ChainCertificate) throws(EvidenceError) {
        let level = { (identifier: ASN1ObjectIdentifier) -> UInt8? in
            guard let der = certificate.extensions.value(identifier), let node = try? DER.parse(der) else { return nil }
            return try? UInt8(derEncoded: node)
        }
        guard let bootLoader = level([1, 3, 6, 1, 4, 1, 3704, 1, 3, 1]),
            let tee = level([1, 3, 6, 1, 4, 1, 3704, 1, 3, 2]), let snp = level([1, 3, 6, 1, 4, 1, 3704, 1, 3, 3]),
            let microcode = level([1, 3, 6, 1, 4, 1, 3704, 1, 3, 8])
        else { throw .reportPatchLevel }
        patchLevel = SNPReport.PatchLevel(
            fmc: level([1, 3, 6, 1, 4, 1, 3704, 1, 3, 9]), bootLoader: bootLoader, tee: tee, snp: snp,
            microcode: microcode)
        hardwareID = certificate.extensions.value([1, 3, 6, 1, 4, 1, 3704, 1, 4])
    }

    /// The report's own word for its patch level and chip counts for nothing (Trail of Bits TOB-WAPI-8): the
    /// certificate must say the same.
    func check(_ report: SNPReport) throws(EvidenceError) {
        guard try report.patchLevel(hasFMC: patchLevel.fmc != nil) == patchLevel else { throw .reportPatchLevel }
        guard report.signingKey == .vcek else { return }
        // Turin's identity has 8 bytes; the report fills the rest of its 64 with zeros.
        guard let hardwareID, !hardwareID.isEmpty, hardwareID.count <= report.chipID.count,
            report.chipID.starts(with: hardwareID), report.chipID.dropFirst(hardwareID.count).allSatisfy({ $0 == 0 })
        else { throw .reportChip }
    }
}
