import Bytes
import Tasks

/// JSON whose members keep the order in which they were added, as the contract lists them.
///
/// Texts, numbers and the like are `JSONValue`s, and written as those are; only the order is kept here.
enum OrderedJSON: Sendable {
    case value(JSONValue)
    case array([OrderedJSON])
    case object([(String, OrderedJSON)])
    /// JSON that is already written.
    case raw([UInt8])

    static let null = OrderedJSON.value(.null)

    static func boolean(_ value: Bool) -> OrderedJSON { .value(.boolean(value)) }
    static func integer(_ value: Int64) -> OrderedJSON { .value(.integer(Int(value))) }
    /// JSON has no infinities; they are written as null.
    static func number(_ value: Double) -> OrderedJSON { .value(value.isFinite ? .number(value) : .null) }
    static func string(_ text: String) -> OrderedJSON { .value(.text(text)) }

    /// The bytes of the value, without white space.
    var bytes: [UInt8] {
        var bytes: [UInt8] = []
        write(into: &bytes)
        return bytes
    }

    private func write(into bytes: inout [UInt8]) {
        switch self {
        case .value(let value): bytes += value.canonicalBytes
        case .raw(let written): bytes += written
        case .array(let values):
            OrderedJSON.write(values, between: "[]", into: &bytes) { $0.write(into: &$1) }
        case .object(let members):
            OrderedJSON.write(members, between: "{}", into: &bytes) { member, bytes in
                JSONText.append(member.0, to: &bytes)
                bytes.append(UInt8(ascii: ":"))
                member.1.write(into: &bytes)
            }
        }
    }

    private static func write<Element>(
        _ list: [Element], between brackets: StaticString, into bytes: inout [UInt8],
        _ write: (Element, inout [UInt8]) -> Void
    ) {
        let (opening, closing) = brackets.withUTF8Buffer { ($0[0], $0[1]) }
        bytes.append(opening)
        for (index, element) in list.enumerated() {
            if index > 0 { bytes.append(UInt8(ascii: ",")) }
            write(element, &bytes)
        }
        bytes.append(closing)
    }
}
