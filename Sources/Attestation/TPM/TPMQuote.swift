/// A quote of a TPM 2.0 over registers of its SHA-256 bank, parsed and checked for form.
///
/// Big endian. Source: TPM 2.0 library specification, part 2: TPMS_ATTEST (§10.12.12), TPMS_QUOTE_INFO (§10.12.4),
/// TPMT_SIGNATURE (§11.3.4).
public struct TPMQuote: Sendable, Equatable {
    /// What the key made: kind and value, both hashes SHA-256.
    enum Signature: Sendable, Equatable {
        case rsaPKCS1([UInt8])
        case rsaPSS([UInt8])
        /// r and s, 32 bytes each.
        case ecdsa([UInt8])
    }

    /// Bounds of the format.
    enum Limits {
        /// TPM2B_ATTEST of any TPM is shorter.
        static let attest = 1024
        /// TPM2B_DATA: a hash identifier and the longest digest.
        static let extraData = 66
    }

    /// The bytes that the signature covers.
    public let signedBytes: [UInt8]
    /// What the caller gave: up to 66 bytes.
    public let extraData: [UInt8]
    public let resetCount: UInt32
    public let restartCount: UInt32
    public let firmwareVersion: UInt64
    /// Indices of the quoted registers, ascending.
    public let selection: [Int]
    /// SHA-256 over the registers in that order.
    public let digest: [UInt8]
    let signature: Signature

    /// - Parameters:
    ///   - attest: TPMS_ATTEST, without the length before it.
    ///   - signature: TPMT_SIGNATURE.
    public init(attest: [UInt8], signature: [UInt8]) throws(EvidenceError) {
        guard attest.count <= Limits.attest else { throw .tpmEncoding }
        signedBytes = attest
        var reader = TPMReader(attest)
        // TPM_GENERATED_VALUE: a restricted key signs nothing from outside that begins like this.
        guard try reader.integer(4) == 0xFF54_4347 else { throw .tpmMagic }
        guard try reader.integer(2) == 0x8018 else { throw .tpmType }
        // The key's qualified name: a digest over names of parents that are not shown, and so without meaning here.
        _ = try reader.sized(limit: 66)
        extraData = try reader.sized(limit: Limits.extraData)
        _ = try reader.integer(8)  // milliseconds since the TPM was cleared
        resetCount = UInt32(truncatingIfNeeded: try reader.integer(4))
        restartCount = UInt32(truncatingIfNeeded: try reader.integer(4))
        guard try reader.integer(1) <= 1 else { throw .tpmEncoding }
        firmwareVersion = try reader.integer(8)
        // One bank, SHA-256, and no other: TPM_ALG_SHA256 is 0x000B.
        guard try reader.integer(4) == 1, try reader.integer(2) == 0x000B else { throw .tpmBank }
        let map = try reader.take(Int(try reader.integer(1)))
        guard (3...4).contains(map.count) else { throw .tpmSelection }
        let chosen = (0..<map.count * 8).filter { map[$0 / 8] & 1 << UInt8($0 % 8) != 0 }
        guard !chosen.isEmpty, chosen.allSatisfy({ $0 < TPMRegister.count }) else { throw .tpmSelection }
        selection = chosen
        digest = try reader.sized(limit: 32)
        guard digest.count == 32, reader.isAtEnd else { throw .tpmEncoding }
        self.signature = try TPMQuote.signature(signature)
    }

    private static func signature(_ bytes: [UInt8]) throws(EvidenceError) -> Signature {
        var reader = TPMReader(bytes)
        let algorithm = try reader.integer(2)
        guard try reader.integer(2) == 0x000B else { throw .tpmSignatureAlgorithm }
        let result: Signature
        switch algorithm {
        case 0x0014: result = .rsaPKCS1(try reader.sized(limit: 512))
        case 0x0016: result = .rsaPSS(try reader.sized(limit: 512))
        case 0x0018: result = .ecdsa(try number(&reader) + number(&reader))
        default: throw .tpmSignatureAlgorithm
        }
        guard reader.isAtEnd else { throw .tpmEncoding }
        return result
    }

    /// A number of up to 32 bytes, filled up; a shorter one does not begin with zero.
    private static func number(_ reader: inout TPMReader) throws(EvidenceError) -> [UInt8] {
        let bytes = try reader.sized(limit: 32)
        guard bytes.count == 32 || bytes.first.map({ $0 != 0 }) ?? false else { throw .tpmEncoding }
        return [UInt8](repeating: 0, count: 32 - bytes.count) + bytes
    }
}

/// Takes big-endian integers and sized bytes from the front of an array.
struct TPMReader {
    private let bytes: [UInt8]
    private var position = 0

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    var isAtEnd: Bool { position == bytes.count }

    mutating func take(_ count: Int) throws(EvidenceError) -> [UInt8] {
        guard count <= bytes.count - position else { throw .tpmEncoding }
        defer { position += count }
        return Array(bytes[position..<position + count])
    }

    mutating func integer(_ count: Int) throws(EvidenceError) -> UInt64 {
        try take(count).reduce(0) { $0 << 8 | UInt64($1) }
    }

    /// A TPM2B: two bytes of length, then as many.
    mutating func sized(limit: Int) throws(EvidenceError) -> [UInt8] {
        let count = Int(try integer(2))
        guard count <= limit else { throw .tpmEncoding }
        return try take(count)
    }
}
