extension EvidenceFormat {
    /// Whether no vendor's root is shipped for a format, so that whoever verifies must name one.
    public var isWithoutVendorRoot: Bool {
        switch self {
        case .simulated, .tpm: true
        case .nitro, .nitroTPM, .sevSNP, .tdx, .azure: false
        }
    }

    /// How a command is told a root of this format.
    public var optionOfRoot: String {
        switch self {
        case .simulated:
            "--allow-simulated --simulated-root FILE (the service's state folder has simulated-root/root.pem)"
        case .tpm: "--tpm-root FILE"
        case .nitro, .nitroTPM, .sevSNP, .tdx, .azure: "--root FILE"
        }
    }
}
