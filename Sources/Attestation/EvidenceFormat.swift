/// The kinds of evidence that can be issued and verified. The raw value is the name on the wire and on the command line.
public enum EvidenceFormat: String, Codable, Sendable, Hashable, CaseIterable {
    /// An AWS Nitro Enclaves attestation document (COSE_Sign1 over CBOR).
    case nitro
    /// An AMD SEV-SNP attestation report.
    case sevSNP = "sev-snp"
    /// An Intel TDX quote, version 4.
    case tdx
    /// A document of the Nitro format under a root made on the host itself. It gives no confidentiality against the host.
    case simulated

    /// What every output about evidence of this format must carry, or nil for real hardware.
    public var caveat: String? {
        self == .simulated ? "SIMULATED, gives no confidentiality against the host" : nil
    }
}
