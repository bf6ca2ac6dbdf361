import Bytes
import Foundation

/// A value of JSON (RFC 8259) whose numbers stay as they are written: one beyond a `Double` is a value like any other.
package enum JSONValue {
    case text(String)
    /// The characters of a number, which nobody has rounded.
    case number(ArraySlice<UInt8>)
    /// `true`, `false` or `null`.
    case word
    case list([JSONValue])
    case object([String: JSONValue])

    /// nil for what is not one value of JSON, and for what does not say the same to every reader (`JSONForm`).
    package init?(_ bytes: [UInt8]) {
        // The check bounds the depth, which bounds the recursion.
        guard JSONForm.isPlain(bytes) else { return nil }
        var reader = JSONReader(bytes: bytes)
        guard let value = reader.value() else { return nil }
        self = value
    }

    /// The names in an object, by which a file is known that lacks some; empty for anything else.
    package static func names(in file: [UInt8]) -> Set<String> {
        let bytes = DocumentText.afterSpace(file)
        guard bytes.first == UInt8(ascii: "{"), case .object(let members)? = Self(bytes) else { return [] }
        return Set(members.keys)
    }

    /// A whole number from 0 to 255; nil for any other value.
    var byte: UInt8? {
        guard case .number(let digits) = self, digits.count <= 3 else { return nil }
        return UInt8(String(decoding: digits, as: UTF8.self))
    }
}

/// Reads one value out of bytes that `JSONForm` has checked, and what that leaves to the reader: numbers, words, escapes.
private struct JSONReader {
    let bytes: [UInt8]
    private var position = 0

    init(bytes: [UInt8]) { self.bytes = bytes }

    private var next: UInt8? { position < bytes.count ? bytes[position] : nil }

    private mutating func skipSpace() {
        while let byte = next, DocumentText.isSpace(byte) { position += 1 }
    }

    private mutating func take(_ character: Unicode.Scalar) -> Bool {
        guard next == UInt8(ascii: character) else { return false }
        position += 1
        return true
    }

    mutating func value() -> JSONValue? {
        skipSpace()
        switch next {
        case UInt8(ascii: "{"): return object()
        case UInt8(ascii: "["): return list()
        case UInt8(ascii: "\""): return text().map { .text($0) }
        default: return word()
        }
    }

    private mutating func object() -> JSONValue? {
        position += 1
        var members: [String: JSONValue] = [:]
        skipSpace()
        if take("}") { return .object(members) }
        repeat {
            skipSpace()
            guard next == UInt8(ascii: "\""), let name = text() else { return nil }
            skipSpace()
            guard take(":"), let value = value() else { return nil }
            members[name] = value
            skipSpace()
        } while take(",")
        return take("}") ? .object(members) : nil
    }

    private mutating func list() -> JSONValue? {
        position += 1
        var values: [JSONValue] = []
        skipSpace()
        if take("]") { return .list(values) }
        repeat {
            guard let value = value() else { return nil }
            values.append(value)
            skipSpace()
        } while take(",")
        return take("]") ? .list(values) : nil
    }

    private mutating func text() -> String? {
        let start = position
        var hasEscapes = false
        position += 1
        while let byte = next, byte != UInt8(ascii: "\"") {
            hasEscapes = hasEscapes || byte == UInt8(ascii: "\\")
            position += byte == UInt8(ascii: "\\") ? 2 : 1
        }
        guard take("\"") else { return nil }
        guard hasEscapes else { return String(validating: bytes[(start + 1)..<(position - 1)], as: UTF8.self) }
        let written = Data(bytes[start..<position])
        return (try? JSONSerialization.jsonObject(with: written, options: .fragmentsAllowed)) as? String
    }

    private mutating func word() -> JSONValue? {
        let start = position
        while let byte = next, !DocumentText.isSpace(byte), !",]}".utf8.contains(byte) { position += 1 }
        let written = bytes[start..<position]
        if ["true", "false", "null"].contains(where: { written.elementsEqual($0.utf8) }) { return .word }
        return JSONReader.isNumber(written) ? .number(written) : nil
    }

    /// RFC 8259 §6: a sign, whole digits without a leading zero, then perhaps a fraction and an exponent.
    private static func isNumber(_ written: ArraySlice<UInt8>) -> Bool {
        var rest = written
        func digits() -> Int {
            let found = rest.prefix { (0x30...0x39).contains($0) }
            rest = rest.dropFirst(found.count)
            return found.count
        }
        if rest.first == UInt8(ascii: "-") { rest = rest.dropFirst() }
        let leadsWithZero = rest.first == UInt8(ascii: "0")
        let whole = digits()
        guard whole == 1 || whole > 1 && !leadsWithZero else { return false }
        if rest.first == UInt8(ascii: ".") {
            rest = rest.dropFirst()
            guard digits() > 0 else { return false }
        }
        if rest.first == UInt8(ascii: "e") || rest.first == UInt8(ascii: "E") {
            rest = rest.dropFirst()
            if rest.first == UInt8(ascii: "+") || rest.first == UInt8(ascii: "-") { rest = rest.dropFirst() }
            guard digits() > 0 else { return false }
        }
        return rest.isEmpty
    }
}
