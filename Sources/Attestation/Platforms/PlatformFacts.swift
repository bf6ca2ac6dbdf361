import Bytes

/// What evidence says about its machine beyond the measured code: the fields that a policy may ask about.
///
/// Fields of a format that stand neither here nor among the measurements have no meaning for a relying party; the target's
/// README lists them.
public struct PlatformFacts: Sendable, Equatable {
    /// One line for a person or a program.
    public struct Fact: Sendable, Equatable {
        /// Lower-case words joined by underscores.
        public let name: String
        public let text: String
    }

    /// AMD's part, of SEV-SNP reports.
    public internal(set) var snp: SNPFacts?
    /// Intel's part, of TDX quotes.
    public internal(set) var tdx: TDXFacts?
    /// A TPM's part.
    public internal(set) var tpm: TPMFacts?

    /// All facts, in the order in which a card shows them.
    public var facts: [Fact] { (snp?.facts ?? []) + (tdx?.facts ?? []) + (tpm?.facts ?? []) }
}

/// A SEV-SNP platform.
public struct SNPFacts: Sendable, Equatable {
    /// `Milan`, `Genoa` or `Turin`: the product whose root signed; empty for another root.
    public let product: String
    /// The patch level that AMD's certificate vouches for.
    public let reported: SNPReport.PatchLevel
    /// The level below which the platform cannot be taken back.
    public let committed: SNPReport.PatchLevel
    /// The level under which the guest was started.
    public let launch: SNPReport.PatchLevel
    /// The guest's privilege level that asked: 0 is the highest.
    public let privilegeLevel: UInt32
    /// The policy that the guest was launched under (AMD 56860, GUEST_POLICY).
    public let policy: UInt64
    /// Bits of the policy that this version does not know.
    let hasUnknownPolicy: Bool
    /// What the platform has switched on (AMD 56860, PLATFORM_INFO): bit 0 hyper-threading, 5 memory alias check done.
    public let platformInformation: UInt64
    /// The security version that the guest's owner gave to the image.
    public let guestVersion: UInt32
    /// 64 bytes; zero where the cloud hides it.
    public let chip: [UInt8]
    /// The name of the cloud in a VLEK certificate.
    public let cloud: String?

    var facts: [PlatformFacts.Fact] {
        [
            .init(name: "product", text: product.isEmpty ? "unknown" : product),
            .init(name: "tcb", text: "\(reported)"), .init(name: "tcb_committed", text: "\(committed)"),
            .init(name: "tcb_launch", text: "\(launch)"), .init(name: "vmpl", text: "\(privilegeLevel)"),
            .init(name: "policy", text: "0x" + String(policy, radix: 16)),
            .init(name: "platform", text: "0x" + String(platformInformation, radix: 16)),
            .init(name: "guest_svn", text: "\(guestVersion)"),
            .init(name: "chip", text: chip.allSatisfy { $0 == 0 } ? "hidden" : Hex.encode(chip)),
        ] + (cloud.map { [.init(name: "cloud", text: $0)] } ?? [])
    }
}

/// A TDX platform.
public struct TDXFacts: Sendable, Equatable {
    /// TEE_TCB_SVN: the versions of the TDX module and its loader.
    public let moduleVersions: [UInt8]
    /// ATTRIBUTES of the guest.
    public let attributes: UInt64
    /// Bits of the attributes that this version does not know.
    let hasUnknownAttributes: Bool
    /// XFAM: the processor features that the guest may use.
    public let features: UInt64
    /// The platform family that Intel's collateral is about, six bytes.
    public let family: [UInt8]
    /// Intel's word on the platform; nil without collateral.
    public internal(set) var status: TCBStatus?
    public internal(set) var advisories: [String] = []

    var facts: [PlatformFacts.Fact] {
        [
            .init(name: "tcb", text: Hex.encode(moduleVersions)),
            .init(name: "attributes", text: "0x" + String(attributes, radix: 16)),
            .init(name: "xfam", text: "0x" + String(features, radix: 16)),
            .init(name: "fmspc", text: Hex.encode(family)),
            .init(name: "tcb_status", text: status?.rawValue ?? "not evaluated"),
        ] + (advisories.isEmpty ? [] : [.init(name: "advisories", text: advisories.joined(separator: " "))])
    }
}

/// A TPM's word about itself in a quote.
public struct TPMFacts: Sendable, Equatable {
    /// How often the TPM was reset: a restart of the machine counts one up.
    public let resetCount: UInt32
    public let restartCount: UInt32
    /// Vendor's version of the TPM.
    public let firmwareVersion: UInt64
    /// SHA-256 of the key that signs quotes (SubjectPublicKeyInfo), in hexadecimal: another machine has another.
    public let key: String

    var facts: [PlatformFacts.Fact] {
        [
            .init(name: "tpm_key", text: key), .init(name: "tpm_resets", text: "\(resetCount)"),
            .init(name: "tpm_firmware", text: "0x" + String(firmwareVersion, radix: 16)),
        ]
    }
}
