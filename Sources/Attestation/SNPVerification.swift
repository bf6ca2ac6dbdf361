import Crypto
import SwiftASN1

/// Verification of SEV-SNP reports: ARK → ASK (or ASVK) → VCEK (or VLEK) → report.
extension EvidenceVerifier {
    /// - Parameters:
    ///   - certificates: DER, in any order; the chain is picked out by the names in it.
    ///   - help: DER that lay around the report: what it needs is taken, and the rest left alone.
    func verifyReport(
        _ bytes: [UInt8], certificates: [[UInt8]], help: [[UInt8]] = []
    ) throws(EvidenceError) -> VerifiedEvidence {
        guard !roots.amdFingerprints.isEmpty else { throw .noTrustedRoot(.sevSNP) }
        let report = try SNPReport(bytes: bytes)
        let chain = try chain(
            certificates + needed(of: help, for: report, beside: certificates), for: report.signingKey)
        let path = try CertificatePath(certificates: chain, profile: .amd, now: now)
        let isRevocationChecked = try checkRevocation(of: chain)
        guard case .p384 = path.leaf.publicKey else { throw .certificateKey(2) }
        guard path.leaf.made(report) else { throw .reportSignature }
        let endorsement = try AMDEndorsement(certificate: path.leaf)
        let facts = try endorsement.check(report, product: chain[0].product)
        var warnings: [VerifiedEvidence.Warning] = isRevocationChecked ? [] : [.revocationNotChecked]
        if report.vmpl != 0 { warnings.append(.privilegeLevel(report.vmpl)) }
        if let least = SNPFacts.repaired[facts.product], !least.isReached(by: facts.reported) {
            warnings.append(.oldFirmware(product: facts.product))
        }
        var evidence = VerifiedEvidence(
            format: .sevSNP, time: now, verifiedAt: now, moduleID: "",
            measurements: [
                .init(name: "MEASUREMENT", value: report.measurement), .init(name: "HOST_DATA", value: report.hostData),
                .init(name: "FAMILY_ID", value: report.familyID), .init(name: "IMAGE_ID", value: report.imageID),
                .init(name: "ID_KEY_DIGEST", value: report.identityKeyDigest),
                .init(name: "AUTHOR_KEY_DIGEST", value: report.authorKeyDigest),
            ],
            publicKey: nil, nonce: nil, userData: nil, reportData: report.reportData, statement: nil,
            chainValidity: path.validity, isDebug: report.allowsDebug, allowsMigration: report.allowsMigration,
            warnings: warnings)
        evidence.platform.snp = facts
        return evidence
    }

    /// Root, intermediate and leaf out of a heap of certificates.
    private func chain(
        _ certificates: [[UInt8]], for key: SNPReport.SigningKey
    ) throws(EvidenceError) -> [ChainCertificate] {
        guard certificates.count <= CertificatePath.heapLimit else { throw .certificateCount }
        var parsed = try CertificatePath.parse(certificates)
        // What AMD publishes fills in for a host that hands out the chip's certificate alone. Who gives a chain means it.
        if parsed.allSatisfy({ $0.commonName == "SEV-VCEK" || $0.commonName == "SEV-VLEK" }) {
            parsed += try CertificatePath.parse(VendorCertificates.amd(for: roots))
        }
        // A host may hand out both kinds of leaf; several of one kind would leave open which one was meant.
        let leaves = parsed.filter { $0.commonName == key.commonName }
        guard let leaf = leaves.first else { throw .certificateMissing }
        guard leaves.allSatisfy({ $0.der == leaf.der }) else { throw .certificateKey(2) }
        guard let authority = parsed.first(where: { $0.subject == leaf.issuer && !$0.isSelfIssued }) else {
            throw .certificateMissing
        }
        let above = parsed.filter { $0.subject == authority.issuer }
        guard let root = above.first(where: \.isSelfIssued) else {
            // AMD has one authority between a root and a chip: another one leads back, or too far.
            throw above.isEmpty ? .certificateMissing : .certificateLoop
        }
        guard roots.amdFingerprints.contains(root.fingerprint) else { throw .rootNotPinned }
        return [root, authority, leaf]
    }

    /// Of certificates that lay around a report: the one whose key signed it, with those above it where they are complete.
    ///
    /// Nothing where the caller has a certificate of such a key: that one is meant.
    private func needed(of help: [[UInt8]], for report: SNPReport, beside given: [[UInt8]]) -> [[UInt8]] {
        let name = report.signingKey.commonName
        let parsed = help.compactMap { try? ChainCertificate(der: $0) }
        let leaves = parsed.filter { $0.commonName == name }
        guard !given.contains(where: { (try? ChainCertificate(der: $0))?.commonName == name }),
            let leaf = leaves.first(where: { $0.made(report) }) ?? leaves.first
        else { return [] }
        guard let authority = parsed.first(where: { $0.subject == leaf.issuer && !$0.isSelfIssued && $0.signed(leaf) }),
            let root = parsed.first(where: { $0.subject == authority.issuer && $0.isSelfIssued && $0.signed(authority) }
            )
        else { return [leaf.der] }
        return [leaf.der, authority.der, root.der]
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
    let cloud: String?

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
        cloud = certificate.extensions.value([1, 3, 6, 1, 4, 1, 3704, 1, 5]).flatMap(Self.text)
    }

    /// The report's own word for its patch level and chip counts for nothing (Trail of Bits TOB-WAPI-8): the
    /// certificate must say the same. The report's other levels are the firmware's word alone.
    func check(_ report: SNPReport, product: String) throws(EvidenceError) -> SNPFacts {
        let hasFMC = patchLevel.fmc != nil
        guard try SNPReport.patchLevel(report.reportedTCB, hasFMC: hasFMC) == patchLevel else {
            throw .reportPatchLevel
        }
        if let named = report.processor?.product, !product.isEmpty, named != product { throw .reportProduct }
        if report.signingKey == .vcek { try checkChip(report) }
        _ = try SNPReport.patchLevel(report.currentTCB, hasFMC: hasFMC)
        return SNPFacts(
            product: product, reported: patchLevel,
            committed: try SNPReport.patchLevel(report.committedTCB, hasFMC: hasFMC),
            launch: try SNPReport.patchLevel(report.launchTCB, hasFMC: hasFMC), privilegeLevel: report.vmpl,
            policy: report.policy, hasUnknownPolicy: report.hasUnknownPolicy,
            platformInformation: report.platformInformation, guestVersion: report.guestVersion,
            chip: report.chipID, cloud: cloud)
    }

    /// The text of an IA5String or UTF8String, visible ASCII only.
    private static func text(_ der: [UInt8]) -> String? {
        guard let node = try? DER.parse(der), case .primitive(let bytes) = node.content,
            bytes.allSatisfy({ (0x20...0x7E).contains($0) })
        else { return nil }
        return String(decoding: bytes, as: UTF8.self)
    }

    private func checkChip(_ report: SNPReport) throws(EvidenceError) {
        // Turin's identity has 8 bytes; the report fills the rest of its 64 with zeros.
        guard let hardwareID, !hardwareID.isEmpty, hardwareID.count <= report.chipID.count,
            report.chipID.starts(with: hardwareID), report.chipID.dropFirst(hardwareID.count).allSatisfy({ $0 == 0 })
        else { throw .reportChip }
    }
}

extension ChainCertificate {
    /// Whether the certificate's key signed a report.
    fileprivate func made(_ report: SNPReport) -> Bool {
        guard case .p384(let key) = publicKey,
            let signature = try? P384.Signing.ECDSASignature(rawRepresentation: report.signature)
        else { return false }
        return key.isValidSignature(signature, for: SHA384.hash(data: report.signedBytes))
    }

    /// The product line that a root of AMD is for (`ARK-Milan`); empty for another certificate.
    fileprivate var product: String {
        guard let commonName, commonName.hasPrefix("ARK-") else { return "" }
        return String(commonName.dropFirst(4))
    }
}

extension SNPFacts {
    /// What machines of three clouds report since 2025. Lower levels are open to attacks that AMD has repaired (memory
    /// aliases, signatures of microcode): named, and refused where a policy sets a least level.
    static let repaired: [String: PlatformPolicy.SNPLevel] = [
        "Milan": .init(bootLoader: 4, snp: 24, microcode: 219), "Genoa": .init(bootLoader: 10, snp: 23, microcode: 84),
    ]
}
