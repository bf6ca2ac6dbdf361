import Domains

/// Writes FlatBuffers (https://flatbuffers.dev/internals): just what the metadata of an Arrow stream needs.
///
/// A buffer is built from its end to its beginning, so bytes are kept in reverse; a place is counted from the end.
struct FlatBufferBuilder {
    /// Where something was written, counted from the end of the buffer.
    struct Place: Equatable {
        fileprivate let offset: Int
    }

    /// One member of a table, in the order of the schema.
    enum Member {
        /// Not written: readers take its default.
        case absent
        case byte(UInt8)
        case short(Int16)
        case int(Int32)
        case long(Int64)
        case reference(Place)

        fileprivate var width: Int {
            switch self {
            case .absent: 0
            case .byte: 1
            case .short: 2
            case .int, .reference: 4
            case .long: 8
            }
        }
    }

    private var reversed: [UInt8] = []

    /// The finished buffer, a multiple of eight bytes long.
    mutating func finish(root: Place) -> [UInt8] {
        align(8, before: 4)
        push(reference: root)
        return reversed.reversed()
    }

    mutating func string(_ text: String) -> Place {
        let bytes = Array(text.utf8)
        align(4, before: bytes.count + 1)
        reversed.append(0)
        reversed.append(contentsOf: bytes.reversed())
        push(UInt32(bytes.count))
        return here
    }

    mutating func vector(_ places: [Place]) -> Place {
        align(4, before: 4 * places.count)
        for place in places.reversed() { push(reference: place) }
        push(UInt32(places.count))
        return here
    }

    /// A vector of structs of two 64-bit integers each.
    mutating func vector(pairs: [(Int64, Int64)]) -> Place {
        align(8, before: 16 * pairs.count)
        for pair in pairs.reversed() {
            push(UInt64(bitPattern: pair.1))
            push(UInt64(bitPattern: pair.0))
        }
        push(UInt32(pairs.count))
        return here
    }

    mutating func table(_ members: [Member]) -> Place {
        let end = reversed.count
        var offsets = [Int](repeating: 0, count: members.count)
        // Wide members first, so that little is lost to alignment.
        for width in [8, 4, 2, 1] {
            for (index, member) in members.enumerated() where member.width == width {
                push(member)
                offsets[index] = reversed.count
            }
        }
        push(UInt32(0))
        let table = reversed.count
        for offset in offsets.reversed() { push(UInt16(offset == 0 ? 0 : table - offset)) }
        push(UInt16(table - end))
        push(UInt16(2 * (members.count + 2)))
        // The table begins with the distance back to its list of members, which was written just now.
        let distance = UInt32(reversed.count - table)
        for byte in 0..<4 { reversed[table - 1 - byte] = UInt8(truncatingIfNeeded: distance >> UInt32(8 * byte)) }
        return Place(offset: table)
    }

    private var here: Place { Place(offset: reversed.count) }

    /// Fills up so that after `count` more bytes the place is a multiple of `size`.
    private mutating func align(_ size: Int, before count: Int = 0) {
        while (reversed.count + count) % size != 0 { reversed.append(0) }
    }

    private mutating func push(_ member: Member) {
        switch member {
        case .absent: break
        case .byte(let value): push(value)
        case .short(let value): push(UInt16(bitPattern: value))
        case .int(let value): push(UInt32(bitPattern: value))
        case .long(let value): push(UInt64(bitPattern: value))
        case .reference(let place): push(reference: place)
        }
    }

    private mutating func push(reference place: Place) {
        align(4)
        push(UInt32(reversed.count + 4 - place.offset))
    }

    private mutating func push<Value: FixedWidthInteger & UnsignedInteger>(_ value: Value) {
        align(Value.bitWidth / 8)
        for byte in stride(from: Value.bitWidth - 8, through: 0, by: -8) {
            reversed.append(UInt8(truncatingIfNeeded: value >> Value(byte)))
        }
    }
}
