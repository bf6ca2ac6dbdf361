import Bytes
import Crypto
import CryptoExtras
import SwiftASN1

/// Verification of TPM quotes: root that the caller named → … → certificate of the attestation key → quote → registers.
extension EvidenceVerifier {
    /// tcg-kp-AIKCertificate: the key signs what its TPM attests, and nothing from outside (TCG EK credential profile).
    private static let attestationPurpose: ASN1ObjectIdentifier = [2, 23, 133, 8, 3]

    /// - Parameters:
    ///   - certificates: DER in any order; what came along is trusted for nothing until it leads to a named root.
    ///   - help: DER that lay around the document: what fits is taken, and the rest left alone.
    func verifyTPM(
        _ bytes: [UInt8], certificates: [[UInt8]], help: [[UInt8]] = []
    ) throws(EvidenceError) -> VerifiedEvidence {
        // First what is wrong with the document: no root would mend it.
        let document = try TPMEvidence(bytes: bytes)
        guard !roots.tpm.isEmpty else { throw .noTrustedRoot(.tpm) }
        guard document.hcl == nil, document.quote == nil else { throw .tpmEncoding }
        let quote = try TPMQuote(attest: document.attest, signature: document.signature)
        let path = try keyPath(certificates, help: help, for: quote)
        let isRevocationChecked = try checkRevocation(of: path.certificates)
        guard let key = TPMKey(path.leaf.publicKey) else { throw .tpmKey }
        try Self.check(quote, document, key: key)
        var warnings: [VerifiedEvidence.Warning] = [.tpmAlone]
        if !isRevocationChecked { warnings.append(.revocationNotChecked) }
        if !quote.selection.contains(0) { warnings.append(.firmwareNotCompared) }
        var evidence = VerifiedEvidence(
            format: .tpm, time: now, verifiedAt: now, moduleID: "", measurements: Self.measurements(document),
            publicKey: nil, nonce: nil, userData: nil, reportData: quote.extraData, statement: nil,
            chainValidity: path.validity, isDebug: false, warnings: warnings)
        evidence.platform.tpm = Self.facts(quote, key: key)
        return evidence
    }

    /// The quote is the key's, and the registers shown are those that it is over.
    static func check(_ quote: TPMQuote, _ document: TPMEvidence, key: TPMKey) throws(EvidenceError) {
        guard key.made(quote.signature, of: quote.signedBytes) else { throw .tpmSignature }
        guard document.registers.keys.sorted() == quote.selection else { throw .tpmSelection }
        let values = quote.selection.flatMap { document.registers[$0] ?? [] }
        guard Array(SHA256.hash(data: values)) == quote.digest else { throw .tpmDigest }
        for (index, digests) in document.log {
            guard let value = document.registers[index] else { throw .tpmEventLog }
            guard TPMRegister.replaying(digests) == value else { throw .tpmEventLog }
        }
    }

    static func measurements(_ document: TPMEvidence) -> [VerifiedEvidence.Measurement] {
        document.registers.sorted { $0.key < $1.key }.map { .init(name: "PCR\($0.key)", value: $0.value) }
    }

    static func facts(_ quote: TPMQuote, key: TPMKey) -> TPMFacts {
        TPMFacts(
            resetCount: quote.resetCount, restartCount: quote.restartCount, firmwareVersion: quote.firmwareVersion,
            key: Hex.encode(key.fingerprint))
    }

    /// From a heap of certificates: one whose key made the quote, and those above it up to a named root.
    ///
    /// Of several for the same key the first that holds is taken; where none does, the first says why.
    private func keyPath(
        _ certificates: [[UInt8]], help: [[UInt8]], for quote: TPMQuote
    ) throws(EvidenceError) -> CertificatePath {
        guard certificates.count <= CertificatePath.heapLimit, help.count <= DocumentWrapping.certificateLimit else {
            throw .certificateCount
        }
        let heap = try CertificatePath.parse(certificates) + help.compactMap { try? ChainCertificate(der: $0) }
        let trusted = try CertificatePath.parse(roots.tpm)
        let keys = heap.filter { $0.basicConstraints?.isAuthority != true }
        guard !keys.isEmpty else { throw .certificateMissing }
        let signers = keys.filter { TPMKey($0.publicKey)?.made(quote.signature, of: quote.signedBytes) == true }
        var reason: EvidenceError?
        for leaf in signers {
            do throws(EvidenceError) {
                let chain = try CertificatePath.chain(from: leaf, among: heap, to: trusted, now: now)
                let path = try CertificatePath(certificates: chain, profile: .tpm, now: now)
                guard leaf.purposes.contains(Self.attestationPurpose) else { throw .certificatePurpose }
                return path
            } catch {
                reason = reason ?? error
            }
        }
        throw reason ?? .tpmSignature
    }
}

/// A key that signs quotes.
struct TPMKey {
    private enum Key {
        case p256(P256.Signing.PublicKey)
        case rsa(_RSA.Signing.PublicKey)
    }

    private let key: Key

    /// nil for a key of a kind that is not accepted.
    init?(_ key: ChainCertificate.PublicKey?) {
        switch key {
        case .p256(let key): self.key = .p256(key)
        case .rsa(let key): self.key = .rsa(key)
        default: return nil
        }
    }

    /// An RSA key of 2048 bits or more.
    /// - Parameters:
    ///   - modulus: big endian.
    ///   - exponent: big endian.
    init?(modulus: [UInt8], exponent: [UInt8]) {
        guard let key = try? _RSA.Signing.PublicKey(n: modulus, e: exponent), key.keySizeInBits >= 2048 else {
            return nil
        }
        self.key = .rsa(key)
    }

    /// SHA-256 of the SubjectPublicKeyInfo.
    var fingerprint: [UInt8] {
        switch key {
        case .p256(let key): Array(SHA256.hash(data: key.derRepresentation))
        case .rsa(let key): Array(SHA256.hash(data: key.derRepresentation))
        }
    }

    /// Whether the key made this signature, with SHA-256.
    func made(_ signature: TPMQuote.Signature, of bytes: [UInt8]) -> Bool {
        let digest = SHA256.hash(data: bytes)
        switch (key, signature) {
        case (.p256(let key), .ecdsa(let value)):
            guard let signature = try? P256.Signing.ECDSASignature(rawRepresentation: value) else { return false }
            return key.isValidSignature(signature, for: digest)
        case (.rsa(let key), .rsaPKCS1(let value)):
            return key.isValidSignature(.init(rawRepresentation: value), for: digest, padding: .insecurePKCS1v1_5)
        case (.rsa(let key), .rsaPSS(let value)):
            return key.isValidSignature(.init(rawRepresentation: value), for: digest, padding: .PSS)
        default: return false
        }
    }
}
