import Bytes
import Foundation

/// Evidence as text: hexadecimal, base64 or base64url, with line ends.
///
/// Each text is read in its one spelling, so that a changed bit cannot go unnoticed.
package enum DocumentText {
    /// Shorter text is a name or a digest, and no document.
    static let least = 64

    /// The bytes behind text; nil for anything else. No binary format is all letters and digits.
    static func decode(_ bytes: [UInt8]) -> [UInt8]? {
        let text = bytes.filter { !isSpace($0) }
        guard text.count >= least, text.count <= DocumentWrapping.byteLimit else { return nil }
        let digits = text.starts(with: Array("0x".utf8)) ? Array(text.dropFirst(2)) : text
        if let decoded = Hex.decode(digits) {
            // Digits in both cases at once would let a changed bit go unnoticed.
            let canonical = Hex.encode(decoded)
            let isOne =
                canonical.utf8.elementsEqual(digits) || canonical.uppercased().utf8.elementsEqual(digits)
            return isOne ? decoded : nil
        }
        return base64(text)
    }

    /// Base64 in either alphabet, with padding or without: programs that strip it exist.
    static func base64(_ text: [UInt8]) -> [UInt8]? {
        if let decoded = Data(base64Encoded: Data(text)), decoded.base64EncodedData().elementsEqual(text) {
            return Array(decoded)
        }
        let body = text.last == UInt8(ascii: "=") ? Array(text.prefix { $0 != UInt8(ascii: "=") }) : text
        guard text.count == body.count || text.count % 4 == 0, text.count - body.count <= 2,
            text.dropFirst(body.count).allSatisfy({ $0 == UInt8(ascii: "=") })
        else { return nil }
        let isMixed = body.contains { $0 == 0x2B || $0 == 0x2F } && body.contains { $0 == 0x2D || $0 == 0x5F }
        return isMixed ? nil : Base64URL.decode(body.map { $0 == 0x2B ? 0x2D : $0 == 0x2F ? 0x5F : $0 })
    }

    /// What the text begins with where its end is missing or is no text; nil where not even 64 characters are text.
    static func beginning(_ bytes: [UInt8]) -> [UInt8]? {
        let text = bytes.filter { !isSpace($0) }
        // Hexadecimal first: its digits are letters of base64 as well.
        let digits = text.prefix(while: isDigit)
        let even = digits.prefix(digits.count & ~1)
        if even.count >= least, let found = Hex.decode(even), DocumentVerification.detect(binary: found) != nil {
            return found
        }
        let letters = text.prefix(while: isLetterOfBase64)
        let whole = Array(letters.prefix(letters.count & ~3))
        return whole.count >= least ? base64(whole) : nil
    }

    private static func isDigit(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "f"),
            UInt8(ascii: "A")...UInt8(ascii: "F"):
            true
        default: false
        }
    }

    /// Of either alphabet, without padding.
    private static func isLetterOfBase64(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"):
            true
        default: [0x2B, 0x2D, 0x2F, 0x5F].contains(byte)
        }
    }

    /// An object, a list or a text of JSON.
    static func beginsJSON(_ byte: UInt8) -> Bool { byte == 0x7B || byte == 0x5B || byte == 0x22 }

    /// What follows the byte order mark of UTF-8, which some programs of Windows write and which says nothing. No binary
    /// format begins so.
    package static func afterMark(_ bytes: [UInt8]) -> [UInt8] {
        bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? Array(bytes.dropFirst(3)) : bytes
    }

    /// What follows white space and the byte order mark of UTF-8, where a text begins with them.
    static func afterSpace(_ bytes: [UInt8]) -> [UInt8] { Array(afterMark(bytes).drop(while: isSpace)) }

    static func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 || byte == 0x0A || byte == 0x0D }
}
