/// An AMD SEV-SNP attestation report, parsed and checked for form.
///
/// 1184 bytes, little endian, fixed offsets. Source: AMD 56860 (SEV-SNP firmware ABI), table "ATTESTATION_REPORT".
public struct SNPReport: Sendable, Equatable {
    /// The key that signed a report.
    public enum SigningKey: Sendable, Equatable {
        /// Of the chip and its patch level.
        case vcek
        /// Of the cloud.
        case vlek
    }

    /// The security patch levels of a platform. `fmc` exists since Turin.
    public struct PatchLevel: Sendable, Equatable, CustomStringConvertible {
        /// Of the first mutable code; nil before Turin.
        public let fmc: UInt8?
        /// Of the security processor's boot loader.
        public let bootLoader: UInt8
        /// Of the security processor's operating system.
        public let tee: UInt8
        /// Of the SEV-SNP firmware.
        public let snp: UInt8
        /// The lowest microcode patch of all cores.
        public let microcode: UInt8

        /// No part has a level: a platform that was never provisioned, or a report that hides it.
        var isZero: Bool { (fmc ?? 0, bootLoader, tee, snp, microcode) == (0, 0, 0, 0, 0) }

        public var description: String {
            (fmc.map { "fmc \($0), " } ?? "")
                + "boot loader \(bootLoader), tee \(tee), snp \(snp), microcode \(microcode)"
        }
    }

    /// The processor that a report of version 3 or later names.
    struct Processor: Equatable {
        let family: UInt8
        let model: UInt8

        /// The product line that AMD's key service has for it; nil for one that this version does not know.
        var product: String? {
            switch (family, model) {
            case (0x19, 0x00...0x0F): "Milan"
            // Bergamo and Siena have Genoa's keys.
            case (0x19, 0x10...0x1F), (0x19, 0xA0...0xAF): "Genoa"
            case (0x1A, 0x00...0x1F): "Turin"
            default: nil
            }
        }
    }

    /// Length in bytes.
    public static let byteCount = 0x4A0
    static let signedByteCount = 0x2A0

    /// The version of the report's layout.
    public let version: UInt32
    /// The policy that the guest was launched under.
    public let policy: UInt64
    /// The virtual machine privilege level that asked for the report; 0 is the highest.
    public let vmpl: UInt32
    /// Which of AMD's keys signed it.
    public let signingKey: SigningKey
    /// The 64 bytes that the guest chose.
    public let reportData: [UInt8]
    /// 48 bytes: what was loaded at launch.
    public let measurement: [UInt8]
    /// 32 bytes that the host chose at launch; trusted for nothing.
    public let hostData: [UInt8]
    /// 64 bytes that name the processor; zeros where the host masks them.
    public let chipID: [UInt8]
    /// The version that the guest's owner gave to the image.
    public let guestVersion: UInt32
    /// 16 bytes each, which the guest's owner chose.
    public let familyID: [UInt8]
    public let imageID: [UInt8]
    /// SHA-384 of the keys that signed the guest's identity; zero where none did.
    public let identityKeyDigest: [UInt8]
    public let authorKeyDigest: [UInt8]
    public let platformInformation: UInt64
    /// nil before version 3.
    let processor: Processor?
    let currentTCB: [UInt8]
    let reportedTCB: [UInt8]
    let committedTCB: [UInt8]
    let launchTCB: [UInt8]
    /// The bytes that the signature covers.
    public let signedBytes: [UInt8]
    /// r and s, 48 bytes each, big endian.
    public let signature: [UInt8]

    /// Bit 19 of the policy: the host may read the guest's memory.
    public var allowsDebug: Bool { policy & 1 << 19 != 0 }
    /// Bit 18 of the policy: a migration agent may move the guest.
    public var allowsMigration: Bool { policy & 1 << 18 != 0 }

    /// Bits of the policy whose meaning is known: 0 to 25 (AMD 56860, GUEST_POLICY).
    private static let knownPolicy: UInt64 = (1 << 26) - 1
    /// Bits of the policy that this version does not know: what they allow is unknown.
    public var hasUnknownPolicy: Bool { policy & ~SNPReport.knownPolicy != 0 }

    /// Parses a report that takes all the bytes.
    public init(bytes: [UInt8]) throws(EvidenceError) {
        guard bytes.count == SNPReport.byteCount else { throw .reportLength(bytes.count) }
        let fields = LittleEndian(bytes)
        version = fields.uint32(0x00)
        guard (2...5).contains(version) else { throw .reportVersion(version) }
        let algorithm = fields.uint32(0x34)
        guard algorithm == 1 else { throw .reportAlgorithm(algorithm) }
        policy = fields.uint64(0x08)
        vmpl = fields.uint32(0x30)
        // Bits 2 to 4: 0 VCEK, 1 VLEK, 7 unsigned.
        let keyInformation = fields.uint32(0x48)
        guard keyInformation >> 5 == 0 else { throw .reportReserved }
        switch keyInformation >> 2 & 7 {
        case 0: signingKey = .vcek
        case 1: signingKey = .vlek
        default: throw .reportSigningKey
        }
        // Reserved fields; later versions took some of what earlier ones left.
        let reserved = [
            0x4C..<0x50, (version >= 3 ? 0x18B : 0x188)..<0x1A0, 0x1EB..<0x1EC, 0x1EF..<0x1F0,
            (version >= 5 ? 0x208 : 0x1F8)..<0x2A0,
        ]
        guard reserved.allSatisfy({ bytes[$0].allSatisfy { $0 == 0 } }) else { throw .reportReserved }
        reportData = Array(bytes[0x50..<0x90])
        measurement = Array(bytes[0x90..<0xC0])
        hostData = Array(bytes[0xC0..<0xE0])
        guestVersion = fields.uint32(0x04)
        familyID = Array(bytes[0x10..<0x20])
        imageID = Array(bytes[0x20..<0x30])
        identityKeyDigest = Array(bytes[0xE0..<0x110])
        authorKeyDigest = Array(bytes[0x110..<0x140])
        platformInformation = fields.uint64(0x40)
        processor = version >= 3 ? Processor(family: bytes[0x188], model: bytes[0x189]) : nil
        currentTCB = Array(bytes[0x38..<0x40])
        reportedTCB = Array(bytes[0x180..<0x188])
        committedTCB = Array(bytes[0x1E0..<0x1E8])
        launchTCB = Array(bytes[0x1F0..<0x1F8])
        // Bit 17 of the policy is always one; the author's digest is there when bit 0 of the key's word says so.
        guard policy & 1 << 17 != 0, keyInformation & 1 == (authorKeyDigest.allSatisfy { $0 == 0 } ? 0 : 1) else {
            throw .reportReserved
        }
        chipID = Array(bytes[0x1A0..<0x1E0])
        signedBytes = Array(bytes[0..<SNPReport.signedByteCount])
        // r and s are little endian in 72 bytes each, of which P-384 uses 48; the rest of the field is reserved.
        let r = bytes[0x2A0..<0x2E8]
        let s = bytes[0x2E8..<0x330]
        guard r.suffix(24).allSatisfy({ $0 == 0 }), s.suffix(24).allSatisfy({ $0 == 0 }),
            bytes[0x330..<0x4A0].allSatisfy({ $0 == 0 })
        else { throw .reportSignatureEncoding }
        signature = r.prefix(48).reversed() + s.prefix(48).reversed()
    }

    /// A patch level of the report, in the byte order of its product line.
    /// - Parameters:
    ///   - tcb: one of the report's four TCB fields.
    ///   - hasFMC: whether the product line is Turin or later.
    static func patchLevel(_ tcb: [UInt8], hasFMC: Bool) throws(EvidenceError) -> PatchLevel {
        if hasFMC {
            guard tcb[4..<7].allSatisfy({ $0 == 0 }) else { throw .reportReserved }
            return PatchLevel(fmc: tcb[0], bootLoader: tcb[1], tee: tcb[2], snp: tcb[3], microcode: tcb[7])
        }
        guard tcb[2..<6].allSatisfy({ $0 == 0 }) else { throw .reportReserved }
        return PatchLevel(fmc: nil, bootLoader: tcb[0], tee: tcb[1], snp: tcb[6], microcode: tcb[7])
    }
}

/// Integers at fixed places of a byte array that the caller has checked for length.
struct LittleEndian {
    let bytes: [UInt8]

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    func uint16(_ offset: Int) -> UInt16 { UInt16(truncatingIfNeeded: integer(offset, 2)) }
    func uint32(_ offset: Int) -> UInt32 { UInt32(truncatingIfNeeded: integer(offset, 4)) }
    func uint64(_ offset: Int) -> UInt64 { integer(offset, 8) }

    private func integer(_ offset: Int, _ count: Int) -> UInt64 {
        bytes[offset..<offset + count].reversed().reduce(0) { $0 << 8 | UInt64($1) }
    }
}
