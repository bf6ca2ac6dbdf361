/// Whether a JSON text (RFC 8259) says the same to every reader.
///
/// Where an object has one name twice some readers take the first value and others the last, and whoever checks one of them
/// has checked nothing for the others. What comes from outside is looked at here before it is decoded. It is read once, from
/// front to back, and nests no deeper than `depthLimit`.
public enum JSONForm {
    /// Why a text is not taken.
    public enum Fault: Error, Sendable, Equatable, Hashable {
        case malformed
        /// An object has the same name twice, be it in other escapes or another normal form.
        case duplicateName
        /// It nests deeper than `depthLimit`.
        case depth
        /// A text has more than `CombiningMarks.limit` marks on one letter.
        case marks
    }

    /// Most objects and lists within each other: more than any file has that this project reads.
    public static let depthLimit = 64

    /// Checks one value in UTF-8 that takes all bytes but white space around it.
    public static func check(_ bytes: [UInt8]) throws(Fault) {
        guard String(validating: bytes, as: UTF8.self) != nil else { throw .malformed }
        var scanner = JSONScanner(bytes: bytes)
        try scanner.value(depth: 0)
        scanner.skipSpace()
        guard scanner.next == nil else { throw .malformed }
    }

    /// Whether `check` finds nothing.
    public static func isPlain(_ bytes: [UInt8]) -> Bool { (try? check(bytes)) != nil }

    /// What `check` finds; nil where that is nothing.
    public static func fault(of bytes: [UInt8]) -> Fault? {
        do {
            try check(bytes)
            return nil
        } catch {
            return error
        }
    }
}

/// Reads over a text without keeping more of it than the names of the objects that are open.
private struct JSONScanner {
    let bytes: [UInt8]
    private var position = 0

    init(bytes: [UInt8]) { self.bytes = bytes }

    var next: UInt8? { position < bytes.count ? bytes[position] : nil }

    mutating func skipSpace() {
        while let byte = next, byte == 0x20 || byte == 0x09 || byte == 0x0A || byte == 0x0D { position += 1 }
    }

    mutating func value(depth: Int) throws(JSONForm.Fault) {
        skipSpace()
        switch next {
        case UInt8(ascii: "{"): try object(depth: depth + 1)
        case UInt8(ascii: "["): try list(depth: depth + 1)
        case UInt8(ascii: "\""): try skipText()
        default: try word()
        }
    }

    private mutating func object(depth: Int) throws(JSONForm.Fault) {
        guard depth <= JSONForm.depthLimit else { throw .depth }
        position += 1
        var names: Set<String> = []
        skipSpace()
        if take("}") { return }
        repeat {
            skipSpace()
            guard next == UInt8(ascii: "\"") else { throw .malformed }
            // Swift compares texts by what they show: one letter in two normal forms is one name.
            guard names.insert(try text()).inserted else { throw .duplicateName }
            skipSpace()
            guard take(":") else { throw .malformed }
            try value(depth: depth)
            skipSpace()
        } while take(",")
        guard take("}") else { throw .malformed }
    }

    private mutating func list(depth: Int) throws(JSONForm.Fault) {
        guard depth <= JSONForm.depthLimit else { throw .depth }
        position += 1
        skipSpace()
        if take("]") { return }
        repeat {
            try value(depth: depth)
            skipSpace()
        } while take(",")
        guard take("]") else { throw .malformed }
    }

    private mutating func take(_ character: Unicode.Scalar) -> Bool {
        guard next == UInt8(ascii: character) else { return false }
        position += 1
        return true
    }

    /// A name, in which every escape must stand for something.
    private mutating func text() throws(JSONForm.Fault) -> String {
        let written = try string()
        guard let text = JSONScanner.text(of: written) else { throw .malformed }
        guard CombiningMarks.areFew(in: text) else { throw .marks }
        return text
    }

    /// A value: its escapes are for the decoder to judge.
    private mutating func skipText() throws(JSONForm.Fault) {
        let written = try string()
        guard let text = JSONScanner.text(of: written) else { return }
        guard CombiningMarks.areFew(in: text) else { throw .marks }
    }

    /// What stands between two quotes, escapes as they are written.
    private mutating func string() throws(JSONForm.Fault) -> ArraySlice<UInt8> {
        position += 1
        let start = position
        while let byte = next {
            if byte == UInt8(ascii: "\"") {
                defer { position += 1 }
                return bytes[start..<position]
            }
            guard byte >= 0x20 else { throw .malformed }
            position += byte == UInt8(ascii: "\\") ? 2 : 1
        }
        throw .malformed
    }

    /// A number, `true`, `false` or `null`: the decoder says whether it is one.
    private mutating func word() throws(JSONForm.Fault) {
        let start = position
        while let byte = next {
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "+"),
                UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "E"):
                position += 1
            default:
                guard position > start else { throw .malformed }
                return
            }
        }
        guard position > start else { throw .malformed }
    }

    /// The text that a string stands for; nil where an escape stands for nothing.
    private static func text(of written: ArraySlice<UInt8>) -> String? {
        guard written.contains(UInt8(ascii: "\\")) else { return String(decoding: written, as: UTF8.self) }
        var units: [UInt16] = []
        var rest = String(decoding: written, as: UTF8.self).utf16[...]
        while let unit = rest.popFirst() {
            guard unit == 0x5C else {
                units.append(unit)
                continue
            }
            switch rest.popFirst() {
            case 0x22: units.append(0x22)
            case 0x5C: units.append(0x5C)
            case 0x2F: units.append(0x2F)
            case 0x62: units.append(0x08)
            case 0x66: units.append(0x0C)
            case 0x6E: units.append(0x0A)
            case 0x72: units.append(0x0D)
            case 0x74: units.append(0x09)
            case 0x75:
                let digits = String(decoding: rest.prefix(4), as: UTF16.self)
                guard digits.utf8.count == 4, digits.allSatisfy(\.isHexDigit), let unit = UInt16(digits, radix: 16)
                else { return nil }
                rest = rest.dropFirst(4)
                units.append(unit)
            default: return nil
            }
        }
        return String(validating: units, as: UTF16.self)
    }
}
