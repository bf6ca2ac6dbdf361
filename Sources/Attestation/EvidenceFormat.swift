/// The kinds of evidence that can be issued and verified. The raw value is the name on the wire and on the command line.
public enum EvidenceFormat: String, Codable, Sendable, Hashable, CaseIterable {
    /// An AWS Nitro Enclaves attestation document (COSE_Sign1 over CBOR).
    case nitro
    /// An AMD SEV-SNP attestation report.
    case sevSNP = "sev-snp"
    /// An Intel TDX quote, version 4 or 5.
    case tdx
    /// A quote of a TPM 2.0 over the registers of a measured boot. What it is worth depends on who runs the TPM.
    case tpm
    /// AWS's document of the TPM of an EC2 instance: the Nitro envelope with the TPM's registers.
    case nitroTPM = "nitro-tpm"
    /// An Azure confidential virtual machine: a report of SEV-SNP or TDX that vouches for a virtual TPM, and its quote.
    case azure
    /// A document of the Nitro format under a root made on the host itself. It gives no confidentiality against the host.
    case simulated

    /// Whether the document carries key, challenge and statement as fields; the others bind them by a hash alone.
    public var carriesFields: Bool {
        switch self {
        case .nitro, .nitroTPM, .simulated: true
        case .sevSNP, .tdx, .tpm, .azure: false
        }
    }

    /// Whether the document says when it was made.
    public var carriesTime: Bool { carriesFields }

    /// What every output about evidence of this format must carry, or nil for real hardware.
    public var caveat: String? {
        self == .simulated ? "SIMULATED, gives no confidentiality against the host" : nil
    }
}
