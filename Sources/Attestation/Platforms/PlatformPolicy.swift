/// What a relying party asks of platforms, beside the measurements of a release: member `platforms` of `release.json`.
///
/// ```json
/// {"sev-snp": {"least": {"Milan": {"boot_loader": 4, "snp": 24, "microcode": 219}}, "vmpl": [0]},
///  "tdx": {"statuses": ["UpToDate", "SWHardeningNeeded"], "service_td": ["…"], "sept_ve_disable": true}}
/// ```
/// What is not said has the strict default that each field names. Unknown members are refused: a misspelt demand must not
/// be none.
public struct PlatformPolicy: Sendable, Equatable, Codable {
    /// Demands on SEV-SNP platforms.
    public struct SNP: Sendable, Equatable, Codable {
        /// Least patch level for each product (`Milan`, `Genoa`, `Turin`); a product that is not listed is refused once
        /// this is given. Without it, any level but all zeros.
        public var least: [String: SNPLevel]?
        /// Privilege levels from which evidence is taken; 0 alone where absent.
        public var vmpl: [UInt32]?
        /// Accept a guest that a migration agent may move; no where absent.
        public var migration: Bool?
        /// Accept hyper-threading, whose other thread the host can use; yes where absent.
        public var smt: Bool?
        /// Chips (hexadecimal) from which alone evidence is taken; any where absent.
        public var chips: [String]?
        /// Least security version that the owner of the image gave to it; 0 where absent.
        public var guestVersion: UInt32?
        /// Demand revocation lists; no where absent.
        public var revocation: Bool?

        public init() {}

        enum CodingKeys: String, CodingKey, CaseIterable {
            case least, vmpl, migration, smt, chips, revocation
            case guestVersion = "guest_svn"
        }
    }

    /// Least parts of a patch level; a part that is not named may be anything.
    public struct SNPLevel: Sendable, Equatable, Codable {
        public var fmc: UInt8?
        public var bootLoader: UInt8?
        public var tee: UInt8?
        public var snp: UInt8?
        public var microcode: UInt8?

        public init(
            fmc: UInt8? = nil, bootLoader: UInt8? = nil, tee: UInt8? = nil, snp: UInt8? = nil, microcode: UInt8? = nil
        ) {
            self.fmc = fmc
            self.bootLoader = bootLoader
            self.tee = tee
            self.snp = snp
            self.microcode = microcode
        }

        enum CodingKeys: String, CodingKey, CaseIterable {
            case fmc, tee, snp, microcode
            case bootLoader = "boot_loader"
        }

        /// Whether a level has at least these parts.
        func isReached(by level: SNPReport.PatchLevel) -> Bool {
            (level.fmc ?? 0) >= fmc ?? 0 && level.bootLoader >= bootLoader ?? 0 && level.tee >= tee ?? 0
                && level.snp >= snp ?? 0 && level.microcode >= microcode ?? 0
        }
    }

    /// Demands on TDX platforms.
    public struct TDX: Sendable, Equatable, Codable {
        /// Intel's words on a patch level that are accepted; `UpToDate` alone where absent.
        public var statuses: [TCBStatus]?
        /// Accept a guest that may be moved to another machine; no where absent.
        public var migratable: Bool?
        /// MRSERVICETD (hexadecimal) of service guests that may be bound; none where absent.
        public var serviceTD: [String]?
        /// MRSIGNERSEAM (hexadecimal) of TDX modules beside Intel's own, which is zero; none where absent.
        public var seamSigners: [String]?
        /// MRSEAM (hexadecimal) of TDX modules; any of Intel's where absent.
        public var seam: [String]?
        /// Demand SEPT_VE_DISABLE; no where absent, and then a warning.
        public var pageFaultsDisabled: Bool?
        /// Demand revocation lists; no where absent.
        public var revocation: Bool?

        public init() {}

        enum CodingKeys: String, CodingKey, CaseIterable {
            case statuses, migratable, seam, revocation
            case serviceTD = "service_td"
            case seamSigners = "seam_signers"
            case pageFaultsDisabled = "sept_ve_disable"
        }
    }

    public var snp: SNP?
    public var tdx: TDX?

    public init(snp: SNP? = nil, tdx: TDX? = nil) {
        self.snp = snp
        self.tdx = tdx
    }

    enum CodingKeys: String, CodingKey, CaseIterable {
        case snp = "sev-snp"
        case tdx
    }

    /// Reads the member and refuses names that it does not know, at every depth.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        try AnyName.check(decoder, CodingKeys.allCases.map(\.rawValue))
        if container.contains(.snp) {
            let inner = try container.superDecoder(forKey: .snp)
            try AnyName.check(inner, SNP.CodingKeys.allCases.map(\.rawValue))
            let part = try SNP(from: inner)
            if part.least != nil {
                let levels = try inner.container(keyedBy: AnyName.self).superDecoder(forKey: AnyName("least"))
                let names = try levels.container(keyedBy: AnyName.self)
                for name in names.allKeys {
                    try AnyName.check(names.superDecoder(forKey: name), SNPLevel.CodingKeys.allCases.map(\.rawValue))
                }
            }
            snp = part
        }
        if container.contains(.tdx) {
            let inner = try container.superDecoder(forKey: .tdx)
            try AnyName.check(inner, TDX.CodingKeys.allCases.map(\.rawValue))
            tdx = try TDX(from: inner)
        }
    }
}

/// A member's name, whatever it is.
struct AnyName: CodingKey {
    let stringValue: String
    var intValue: Int? { nil }

    init(_ name: String) { stringValue = name }
    init?(stringValue: String) { self.init(stringValue) }
    init?(intValue: Int) { nil }

    static func check(_ decoder: any Decoder, _ known: [String]) throws {
        for name in try decoder.container(keyedBy: AnyName.self).allKeys where !known.contains(name.stringValue) {
            throw DecodingError.dataCorrupted(
                .init(codingPath: decoder.codingPath, debugDescription: "unknown member \(name.stringValue)"))
        }
    }
}
