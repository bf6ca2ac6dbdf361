import Crypto

/// The 64 bytes that SEV-SNP and TDX let a guest put into its evidence, and the first 32 of them for a TPM.
public enum ReportData {
    /// How many of the bytes a format has room for: a TPM's qualifying data takes 32.
    static func byteCount(_ format: EvidenceFormat) -> Int { format == .tpm || format == .azure ? 32 : 64 }

    /// SHA-512("ENTREPOT-RD1" || format || SPKI || nonce || statement).
    public static func bytes(
        format: EvidenceFormat, spki: [UInt8], nonce: [UInt8], statement: Statement
    ) -> [UInt8] {
        var hash = SHA512()
        hash.update(data: Array("ENTREPOT-RD1".utf8))
        hash.update(data: Array(format.rawValue.utf8))
        hash.update(data: spki)
        hash.update(data: nonce)
        hash.update(data: statement.bytes)
        return Array(Array(hash.finalize()).prefix(byteCount(format)))
    }
}
