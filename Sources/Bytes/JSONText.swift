/// JSON strings (RFC 8259, section 7).
///
/// Canonical forms that parties sign are made of these bytes: what is written here must not change.
public enum JSONText {
    /// Which control characters are written as a backslash and a letter; the others as `\u00xx`. Readers take both, but
    /// digests differ.
    public enum Escapes: Sendable {
        /// `\b \t \n \f \r` have a letter, as Python's `json.dumps` writes them.
        case five
        /// `\t \n \r` have a letter.
        case three
    }

    /// A text between quotes. Beside control characters the quote and the backslash are escaped, and nothing else.
    public static func quoted(_ text: String, escapes: Escapes = .five) -> String {
        var bytes: [UInt8] = []
        append(text, escapes: escapes, to: &bytes)
        return String(decoding: bytes, as: UTF8.self)
    }

    /// Appends the UTF-8 of `quoted`.
    public static func append(_ text: String, escapes: Escapes = .five, to bytes: inout [UInt8]) {
        let quote = UInt8(ascii: "\"")
        let backslash = UInt8(ascii: "\\")
        bytes.append(quote)
        for byte in text.utf8 {
            switch byte {
            case quote, backslash: bytes += [backslash, byte]
            case 0x09: bytes += [backslash, UInt8(ascii: "t")]
            case 0x0A: bytes += [backslash, UInt8(ascii: "n")]
            case 0x0D: bytes += [backslash, UInt8(ascii: "r")]
            case 0x08 where escapes == .five: bytes += [backslash, UInt8(ascii: "b")]
            case 0x0C where escapes == .five: bytes += [backslash, UInt8(ascii: "f")]
            case 0..<0x20: bytes += Array("\\u00".utf8) + Array(Hex.encode([byte]).utf8)
            default: bytes.append(byte)
            }
        }
        bytes.append(quote)
    }
}
