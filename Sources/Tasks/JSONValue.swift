import Bytes

/// A JSON value whose object keys keep no order and whose numbers remember whether they are whole.
///
/// It is the form in which a task is hashed (`canonicalBytes`) and in which free parameters are carried.
public enum JSONValue: Sendable, Equatable {
    case null
    case boolean(Bool)
    case integer(Int)
    /// Finite always: a task cannot hold infinities.
    case number(Double)
    case text(String)
    case array([JSONValue])
    case object([String: JSONValue])
}

extension JSONValue {
    /// The canonical form: UTF-8, no spaces, keys sorted by code point, every number in its shortest form.
    ///
    /// These are the bytes of Python's `json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)`.
    public var canonicalBytes: [UInt8] {
        var bytes: [UInt8] = []
        write(into: &bytes)
        return bytes
    }

    private func write(into bytes: inout [UInt8]) {
        switch self {
        case .null: bytes += Array("null".utf8)
        case .boolean(let value): bytes += Array((value ? "true" : "false").utf8)
        case .integer(let value): bytes += Array(String(value).utf8)
        case .number(let value): bytes += Array(Self.shortestText(of: value).utf8)
        case .text(let value): JSONText.append(value, to: &bytes)
        case .array(let values):
            bytes.append(UInt8(ascii: "["))
            for (index, value) in values.enumerated() {
                if index > 0 { bytes.append(UInt8(ascii: ",")) }
                value.write(into: &bytes)
            }
            bytes.append(UInt8(ascii: "]"))
        case .object(let members):
            bytes.append(UInt8(ascii: "{"))
            // Swift orders texts by canonical equivalence; UTF-8 order is code point order, which Python sorts by.
            let sorted = members.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }
            for (index, member) in sorted.enumerated() {
                if index > 0 { bytes.append(UInt8(ascii: ",")) }
                JSONText.append(member.key, to: &bytes)
                bytes.append(UInt8(ascii: ":"))
                member.value.write(into: &bytes)
            }
            bytes.append(UInt8(ascii: "}"))
        }
    }

    /// The shortest text that reads back as `value`, laid out as Python's `repr` does: decimal from 1e-4 up to
    /// 1e16, otherwise with an exponent of two digits or more; whole numbers keep a `.0`.
    package static func shortestText(of value: Double) -> String {
        // Swift's description holds the same shortest digits; the layout differs between 2^53 and 1e16, where Swift
        // has an exponent already.
        let text = value.description
        guard abs(value) < 1e16, let e = text.firstIndex(of: "e"), text[text.index(after: e)] == "+",
            let exponent = Int(text[text.index(e, offsetBy: 2)...])
        else { return text }
        let sign = value < 0 ? "-" : ""
        let digits = text[..<e].filter(\.isNumber)
        return sign + digits + String(repeating: "0", count: max(0, exponent + 1 - digits.count)) + ".0"
    }
}

extension JSONValue: Codable {
    /// Reads any JSON value; a whole number without a fraction is an integer.
    public init(from decoder: any Decoder) throws {
        if var list = try? decoder.unkeyedContainer() {
            var values: [JSONValue] = []
            while !list.isAtEnd { values.append(try list.decode(JSONValue.self)) }
            self = .array(values)
        } else if let members = try? decoder.container(keyedBy: AnyKey.self) {
            var object: [String: JSONValue] = [:]
            for key in members.allKeys { object[key.stringValue] = try members.decode(JSONValue.self, forKey: key) }
            self = .object(object)
        } else {
            let single = try decoder.singleValueContainer()
            if single.decodeNil() {
                self = .null
            } else if let value = try? single.decode(Bool.self) {
                self = .boolean(value)
            } else if let value = try? single.decode(Int.self) {
                self = .integer(value)
            } else if let value = try? single.decode(Double.self) {
                self = .number(value)
            } else {
                self = .text(try single.decode(String.self))
            }
        }
    }

    /// Writes the value as JSON.
    public func encode(to encoder: any Encoder) throws {
        switch self {
        case .array(let values):
            var list = encoder.unkeyedContainer()
            for value in values { try list.encode(value) }
        case .object(let members):
            var container = encoder.container(keyedBy: AnyKey.self)
            for (key, value) in members { try container.encode(value, forKey: AnyKey(stringValue: key)) }
        case .null:
            var single = encoder.singleValueContainer()
            try single.encodeNil()
        case .boolean(let value):
            var single = encoder.singleValueContainer()
            try single.encode(value)
        case .integer(let value):
            var single = encoder.singleValueContainer()
            try single.encode(value)
        case .number(let value):
            var single = encoder.singleValueContainer()
            try single.encode(value)
        case .text(let value):
            var single = encoder.singleValueContainer()
            try single.encode(value)
        }
    }

    private struct AnyKey: CodingKey {
        let stringValue: String
        var intValue: Int? { nil }
        init(stringValue: String) { self.stringValue = stringValue }
        init?(intValue: Int) { nil }
    }
}
