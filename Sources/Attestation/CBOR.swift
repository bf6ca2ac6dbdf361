import Bytes

/// A value of the part of CBOR (RFC 8949) that attestation uses: integers, strings, arrays, maps, booleans, null.
///
/// The decoder is strict where leniency would let two readers see different things: every byte is consumed, no key
/// occurs twice, text is UTF-8. Tags, floating point, `undefined` and strings of indefinite length are refused.
public indirect enum CBOR: Sendable, Equatable, Hashable {
    case unsigned(UInt64)
    /// The value −1 − n.
    case negative(UInt64)
    case bytes([UInt8])
    case text(String)
    case array([CBOR])
    case map([Entry])
    case boolean(Bool)
    case null

    /// A key and its value, in the order of the encoding.
    public struct Entry: Sendable, Equatable, Hashable {
        /// An integer or text.
        public let key: CBOR
        /// Any value.
        public let value: CBOR

        /// An entry of a map.
        public init(_ key: CBOR, _ value: CBOR) {
            self.key = key
            self.value = value
        }
    }

    /// How deep arrays and maps may nest.
    public static let depthLimit = 8

    /// The value under a text key, if this is a map that has it.
    public subscript(key: String) -> CBOR? {
        guard case .map(let entries) = self else { return nil }
        return entries.first { $0.key == .text(key) }?.value
    }
}

/// Why bytes are not the CBOR that this project accepts.
public enum CBORError: Error, Sendable, Equatable, Hashable {
    case truncated
    case trailingBytes
    /// The additional information 28, 29 or 30, which RFC 8949 reserves.
    case reservedInformation
    /// An indefinite length where none is allowed.
    case indefiniteLength
    case unexpectedBreak
    /// An array or map claims more items than bytes are left.
    case countTooLarge
    case depth
    case duplicateKey
    /// A key that is neither an integer nor text.
    case keyType
    case invalidText
    case tag
    /// Floating point, `undefined` or another simple value.
    case simpleValue
}

// MARK: - Decoding

extension CBOR {
    /// Whether arrays and maps may end with a break instead of starting with a count.
    public enum Lengths: Sendable {
        case definite
        case definiteOrIndefinite
    }

    /// Decodes exactly one value that takes all the bytes.
    public init(decoding bytes: some Sequence<UInt8>, lengths: Lengths) throws(CBORError) {
        var reader = CBORReader(bytes: Array(bytes), lengths: lengths)
        self = try reader.value(depth: 0)
        guard reader.remaining == 0 else { throw .trailingBytes }
    }
}

/// Reads values from the front of a byte array; never allocates more than the bytes at hand can fill.
private struct CBORReader {
    let bytes: [UInt8]
    let lengths: CBOR.Lengths
    var position = 0

    init(bytes: [UInt8], lengths: CBOR.Lengths) {
        self.bytes = bytes
        self.lengths = lengths
    }

    var remaining: Int { bytes.count - position }

    mutating func value(depth: Int) throws(CBORError) -> CBOR {
        let initial = try byte()
        let information = initial & 0x1F
        switch initial >> 5 {
        case 0: return .unsigned(try argument(information))
        case 1: return .negative(try argument(information))
        case 2: return .bytes(Array(try string(information)))
        case 3:
            guard let text = String(validating: try string(information), as: UTF8.self), CombiningMarks.areFew(in: text)
            else { throw .invalidText }
            return .text(text)
        case 4: return try array(information, depth: depth)
        case 5: return try map(information, depth: depth)
        case 6: throw .tag
        default:
            switch information {
            case 20: return .boolean(false)
            case 21: return .boolean(true)
            case 22: return .null
            case 28...30: throw .reservedInformation
            case 31: throw .unexpectedBreak
            default: throw .simpleValue
            }
        }
    }

    private mutating func byte() throws(CBORError) -> UInt8 {
        guard position < bytes.count else { throw .truncated }
        defer { position += 1 }
        return bytes[position]
    }

    private mutating func argument(_ information: UInt8) throws(CBORError) -> UInt64 {
        switch information {
        case 0..<24: return UInt64(information)
        case 24...27:
            var value: UInt64 = 0
            for _ in 0..<(1 << Int(information - 24)) { value = value << 8 | UInt64(try byte()) }
            return value
        case 31: throw .indefiniteLength
        default: throw .reservedInformation
        }
    }

    private mutating func string(_ information: UInt8) throws(CBORError) -> ArraySlice<UInt8> {
        guard let count = Int(exactly: try argument(information)), count <= remaining else { throw .truncated }
        defer { position += count }
        return bytes[position..<position + count]
    }

    /// The number of items of an array or map, or nil for "until the break".
    private mutating func count(_ information: UInt8, bytesPerItem: Int, depth: Int) throws(CBORError) -> Int? {
        guard depth < CBOR.depthLimit else { throw .depth }
        if information == 31, lengths == .definiteOrIndefinite { return nil }
        guard let count = Int(exactly: try argument(information)), count <= remaining / bytesPerItem else {
            throw .countTooLarge
        }
        return count
    }

    /// Whether another item follows; consumes the break.
    private mutating func more(_ read: Int, of count: Int?) throws(CBORError) -> Bool {
        if let count { return read < count }
        guard position < bytes.count else { throw .truncated }
        guard bytes[position] == 0xFF else { return true }
        position += 1
        return false
    }

    private mutating func array(_ information: UInt8, depth: Int) throws(CBORError) -> CBOR {
        let count = try count(information, bytesPerItem: 1, depth: depth)
        var items: [CBOR] = []
        while try more(items.count, of: count) {
            items.append(try value(depth: depth + 1))
        }
        return .array(items)
    }

    private mutating func map(_ information: UInt8, depth: Int) throws(CBORError) -> CBOR {
        let count = try count(information, bytesPerItem: 2, depth: depth)
        var entries: [CBOR.Entry] = []
        var keys: Set<CBOR> = []
        while try more(entries.count, of: count) {
            let key = try value(depth: depth + 1)
            switch key {
            case .unsigned, .negative, .text: break
            default: throw .keyType
            }
            // Keys are compared by value: 0x00 and 0x1800 are the same integer.
            guard keys.insert(key).inserted else { throw .duplicateKey }
            entries.append(CBOR.Entry(key, try value(depth: depth + 1)))
        }
        return .map(entries)
    }
}

// MARK: - Encoding

extension CBOR {
    /// The shortest encoding, with definite lengths; entries stay in their order.
    public var encoded: [UInt8] {
        var bytes: [UInt8] = []
        encode(into: &bytes)
        return bytes
    }

    private func encode(into bytes: inout [UInt8]) {
        switch self {
        case .unsigned(let value): CBOR.head(0, value, into: &bytes)
        case .negative(let value): CBOR.head(1, value, into: &bytes)
        case .bytes(let string):
            CBOR.head(2, UInt64(string.count), into: &bytes)
            bytes += string
        case .text(let text):
            CBOR.head(3, UInt64(text.utf8.count), into: &bytes)
            bytes += Array(text.utf8)
        case .array(let items):
            CBOR.head(4, UInt64(items.count), into: &bytes)
            for item in items { item.encode(into: &bytes) }
        case .map(let entries):
            CBOR.head(5, UInt64(entries.count), into: &bytes)
            for entry in entries {
                entry.key.encode(into: &bytes)
                entry.value.encode(into: &bytes)
            }
        case .boolean(let value): bytes.append(value ? 0xF5 : 0xF4)
        case .null: bytes.append(0xF6)
        }
    }

    private static func head(_ major: UInt8, _ argument: UInt64, into bytes: inout [UInt8]) {
        let width: Int
        switch argument {
        case 0..<24:
            bytes.append(major << 5 | UInt8(argument))
            return
        case 24...0xFF: width = 0
        case 0x100...0xFFFF: width = 1
        case 0x1_0000...0xFFFF_FFFF: width = 2
        default: width = 3
        }
        bytes.append(major << 5 | UInt8(24 + width))
        for shift in stride(from: 8 * (1 << width) - 8, through: 0, by: -8) {
            bytes.append(UInt8(truncatingIfNeeded: argument >> UInt64(shift)))
        }
    }
}
