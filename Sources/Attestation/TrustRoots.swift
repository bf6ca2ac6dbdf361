import Crypto

/// The roots that evidence may chain to, a set for each format. A root of one format never vouches for another.
public struct TrustRoots: Sendable, Equatable {
    /// DER of AWS Nitro roots.
    public let nitro: [[UInt8]]
    /// SHA-256 of the DER of AMD root keys (ARK).
    public let amdFingerprints: [[UInt8]]
    /// SHA-256 of the DER of Intel SGX roots.
    public let intelFingerprints: [[UInt8]]
    /// DER of the roots that certify TPMs' keys: empty unless somebody chose one by name and file.
    public let tpm: [[UInt8]]
    /// DER of simulated roots: empty unless somebody chose one by name and file.
    public let simulated: [[UInt8]]

    /// Roots of each format; a format without roots is never accepted.
    public init(
        nitro: [[UInt8]] = [], amdFingerprints: [[UInt8]] = [], intelFingerprints: [[UInt8]] = [],
        tpm: [[UInt8]] = [], simulated: [[UInt8]] = []
    ) {
        self.nitro = nitro
        self.amdFingerprints = amdFingerprints
        self.intelFingerprints = intelFingerprints
        self.tpm = tpm
        self.simulated = simulated
    }

    /// No root but those of one file, for one format: what `--root FILE` means.
    ///
    /// Of several certificates, those that name themselves as issuer are the roots.
    /// - Parameter certificates: DER, as `CertificateFile.certificates` reads them.
    public init(only certificates: [[UInt8]], for format: EvidenceFormat) throws(EvidenceError) {
        var roots: [ChainCertificate] = []
        for certificate in try CertificatePath.parse(certificates) where certificate.isSelfIssued {
            roots.append(certificate)
        }
        guard !roots.isEmpty else { throw .noTrustedRoot(format) }
        switch format {
        case .nitro, .nitroTPM: self.init(nitro: roots.map(\.der))
        case .sevSNP: self.init(amdFingerprints: roots.map(\.fingerprint))
        case .tdx: self.init(intelFingerprints: roots.map(\.fingerprint))
        case .tpm: self.init(tpm: roots.map(\.der))
        case .azure:
            self.init(amdFingerprints: roots.map(\.fingerprint), intelFingerprints: roots.map(\.fingerprint))
        case .simulated: self.init(simulated: roots.map(\.der))
        }
    }

    /// These roots and one simulated root, which somebody chose by name and file.
    public func trustingSimulated(root: [UInt8]) -> TrustRoots {
        TrustRoots(
            nitro: nitro, amdFingerprints: amdFingerprints, intelFingerprints: intelFingerprints,
            tpm: tpm, simulated: simulated + [root])
    }

    /// These roots and one that certifies TPMs' keys.
    public func trustingTPM(root: [UInt8]) -> TrustRoots {
        TrustRoots(
            nitro: nitro, amdFingerprints: amdFingerprints, intelFingerprints: intelFingerprints, tpm: tpm + [root],
            simulated: simulated)
    }
}
