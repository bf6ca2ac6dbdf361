import Bytes

/// An Intel TDX quote of version 4 or 5 with an ECDSA P-256 attestation key, parsed and checked for form.
///
/// Little endian, fixed offsets. Source: Intel "TDX DCAP Quoting Library API", appendix A.3 and A.4.
public struct TDXQuote: Sendable, Equatable {
    /// Bounds of the format; quotes of real machines take about 5 KB, and padding to 8 KB has been seen.
    enum Limits {
        static let quote = 32_768
        static let chain = 16_384
    }

    /// Intel's quoting enclave vendor.
    static let intelVendor = Hex.decode("939a7233f79c4ca9940a0db3957f0607".utf8) ?? []

    /// 4 or 5.
    public let version: UInt16
    /// TEE_TCB_SVN: versions of the TDX module (0: its version, 1: which module) and of what loads it.
    public let moduleVersions: [UInt8]
    /// TDATTRIBUTES: the properties that the TD was launched with, a bit each.
    public let attributes: UInt64
    /// XFAM: processor features that the guest may use.
    public let features: UInt64
    /// MRSERVICETD of TDX 1.5: a service guest that may read and move this one; zero where none is bound, nil before 1.5.
    public let serviceMeasurement: [UInt8]?
    /// MRSEAM, 48 bytes: the digest of the TDX module.
    public let seamMeasurement: [UInt8]
    /// MRSIGNERSEAM, 48 bytes: who signed the TDX module; zeros for Intel.
    public let seamSigner: [UInt8]
    /// MRTD, 48 bytes: what was loaded into the TD at its launch.
    public let mrtd: [UInt8]
    /// MRCONFIGID, 48 bytes that the host chose; trusted for nothing.
    public let configurationID: [UInt8]
    /// MROWNER, 48 bytes that the host chose; trusted for nothing.
    public let owner: [UInt8]
    /// MROWNERCONFIG, 48 bytes that the host chose; trusted for nothing.
    public let ownerConfiguration: [UInt8]
    /// RTMR0 to RTMR3.
    public let runtimeRegisters: [[UInt8]]
    /// The 64 bytes that the guest chose.
    public let reportData: [UInt8]
    /// TEE_TCB_SVN_2 of TDX 1.5.
    let laterModuleVersions: [UInt8]?

    /// Header and body: what the attestation key signs.
    public let signedBytes: [UInt8]
    /// r and s, 32 bytes each, big endian.
    public let signature: [UInt8]
    /// x and y of the attestation key.
    public let attestationKey: [UInt8]
    /// The report of the quoting enclave that made the attestation key.
    public let enclaveReport: SGXReport
    /// The platform's signature of `enclaveReport`: r and s, 32 bytes each, big endian.
    public let enclaveSignature: [UInt8]
    /// What the quoting enclave adds to the attestation key before it is hashed into `enclaveReport`.
    public let enclaveAuthenticationData: [UInt8]
    /// PEM of the platform's certificate chain, leaf first.
    public let certificateChain: [UInt8]

    /// Any of the bits under which a TD is not protected from its host; bit 0 is DEBUG.
    public var allowsDebug: Bool { attributes & 0xFF != 0 }
    /// Bit 29: the guest may be moved to another machine.
    public var allowsMigration: Bool { attributes & 1 << 29 != 0 }
    /// Bit 28, SEPT_VE_DISABLE: the host cannot make the guest's own pages fault.
    public var disablesPageFaults: Bool { attributes & 1 << 28 != 0 }
    /// Bit 63: the guest may count events of the processor.
    public var countsPerformance: Bool { attributes & 1 << 63 != 0 }
    /// Bits that this version does not know. Known: 0 to 7 (debugging and profiling), 27 LASS, 28 SEPT_VE_DISABLE,
    /// 29 MIGRATABLE, 30 PKS, 31 KL, 62 TPA, 63 PERFMON (Intel TDX module 1.5 ABI, TD ATTRIBUTES).
    public var hasUnknownAttributes: Bool { attributes & ~(0xFF | 0x1F << 27 | 0x3 << 62) != 0 }

    /// Parses a quote, after which only zeros may follow (configfs and clouds pad with them).
    public init(bytes: [UInt8]) throws(EvidenceError) {
        guard bytes.count <= Limits.quote else { throw .quoteLength(bytes.count) }
        var cursor = ByteCursor(bytes)
        let header = LittleEndian(Array(try cursor.take(48)))
        version = header.uint16(0)
        guard version == 4 || version == 5 else { throw .quoteVersion(version) }
        guard header.uint16(2) == 2 else { throw .quoteKeyType(header.uint16(2)) }
        guard header.uint32(4) == 0x81 else { throw .quoteTEEType(header.uint32(4)) }
        guard Array(header.bytes[12..<28]) == TDXQuote.intelVendor else { throw .quoteVendor }
        if version == 5 {
            // Version 5 says what body follows: 2 is TDX 1.0, 3 is TDX 1.5 with 64 bytes more.
            let descriptor = LittleEndian(Array(try cursor.take(6)))
            switch (descriptor.uint16(0), descriptor.uint32(2)) {
            case (2, 584), (3, 648): break
            default: throw .quoteReserved
            }
        }
        let body = LittleEndian(Array(try cursor.take(584)))
        if version == 5, bytes[48] == 3 {
            // TEE_TCB_SVN_2, of a module that replaced the first while the guest ran, then MRSERVICETD.
            let extra = Array(try cursor.take(64))
            (laterModuleVersions, serviceMeasurement) = (Array(extra[0..<16]), Array(extra[16..<64]))
        } else {
            (laterModuleVersions, serviceMeasurement) = (nil, nil)
        }
        signedBytes = Array(bytes[0..<cursor.position])
        let field = { (offset: Int, count: Int) in Array(body.bytes[offset..<offset + count]) }
        seamMeasurement = field(16, 48)
        seamSigner = field(64, 48)
        guard body.uint64(112) == 0 else { throw .quoteReserved }  // attributes of the TDX module
        moduleVersions = field(0, 16)
        attributes = body.uint64(120)
        features = body.uint64(128)
        mrtd = field(136, 48)
        configurationID = field(184, 48)
        owner = field(232, 48)
        ownerConfiguration = field(280, 48)
        runtimeRegisters = (0..<4).map { field(328 + 48 * $0, 48) }
        reportData = field(520, 64)

        let signatureCount = Int(LittleEndian(Array(try cursor.take(4))).uint32(0))
        var data = ByteCursor(Array(try cursor.take(signatureCount)))
        guard cursor.rest.allSatisfy({ $0 == 0 }) else { throw .quoteTrailingBytes }
        signature = Array(try data.take(64))
        attestationKey = Array(try data.take(64))
        let certification = Array(try data.takeSection(type: 6))
        guard data.rest.isEmpty else { throw .quoteSignatureData }

        var inner = ByteCursor(certification)
        enclaveReport = SGXReport(bytes: Array(try inner.take(384)))
        enclaveSignature = Array(try inner.take(64))
        let authenticationCount = Int(LittleEndian(Array(try inner.take(2))).uint16(0))
        enclaveAuthenticationData = Array(try inner.take(authenticationCount))
        certificateChain = Array(try inner.takeSection(type: 5))
        guard inner.rest.isEmpty, certificateChain.count <= Limits.chain else { throw .quoteSignatureData }
    }
}

/// The body of an SGX report: of the quoting enclave, inside a quote.
public struct SGXReport: Sendable, Equatable {
    /// The 384 bytes that the platform's key signs.
    public let bytes: [UInt8]

    /// Bit 1 of the attributes: the enclave can be looked into.
    public var isDebug: Bool { bytes[48] & 2 != 0 }
    /// MRSIGNER, 32 bytes: the digest of the key that signed the enclave.
    public var signer: [UInt8] { Array(bytes[128..<160]) }
    /// ISVSVN: the version of the enclave.
    var version: UInt16 { LittleEndian(bytes).uint16(258) }
    var selectedFeatures: [UInt8] { Array(bytes[16..<20]) }
    var attributes: [UInt8] { Array(bytes[48..<64]) }
    /// ISVPRODID: which of the signer's enclaves it is.
    public var productID: UInt16 { LittleEndian(bytes).uint16(256) }
    /// The 64 bytes that the enclave chose; the first 32 are a hash over the attestation key.
    public var reportData: [UInt8] { Array(bytes[320..<384]) }
}

/// Takes bytes from the front of an array, never more than there are.
private struct ByteCursor {
    let bytes: [UInt8]
    var position = 0

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    var rest: ArraySlice<UInt8> { bytes[position...] }

    mutating func take(_ count: Int) throws(EvidenceError) -> ArraySlice<UInt8> {
        guard count <= bytes.count - position else { throw .quoteLength(bytes.count) }
        defer { position += count }
        return bytes[position..<position + count]
    }

    /// A section of a type (16 bits) and a length (32 bits).
    mutating func takeSection(type: UInt16) throws(EvidenceError) -> ArraySlice<UInt8> {
        let head = LittleEndian(Array(try take(6)))
        guard head.uint16(0) == type else { throw .quoteSignatureData }
        return try take(Int(head.uint32(2)))
    }
}
