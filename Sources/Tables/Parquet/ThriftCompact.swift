import Domains

/// Writes structs in Thrift's compact protocol (thrift-compact-protocol.md of Apache Thrift): what the metadata of Parquet
/// is made of.
struct ThriftWriter {
    private(set) var bytes: [UInt8] = []
    /// The number of the field before, in each struct that is open.
    private var last: [Int] = [0]

    /// Types of fields and of elements of lists.
    enum Kind: UInt8 {
        case yes = 1
        case no = 2
        case byte = 3
        case int16 = 4
        case int32 = 5
        case int64 = 6
        case double = 7
        case binary = 8
        case list = 9
        case set = 10
        case map = 11
        case structure = 12
    }

    mutating func int32(_ id: Int, _ value: Int) {
        begin(id, .int32)
        put(zigzag: value)
    }

    mutating func int64(_ id: Int, _ value: Int) {
        begin(id, .int64)
        put(zigzag: value)
    }

    mutating func text(_ id: Int, _ text: String) {
        begin(id, .binary)
        put(text: text)
    }

    mutating func structure(_ id: Int, _ content: (inout ThriftWriter) -> Void) {
        begin(id, .structure)
        open(content)
    }

    mutating func list(_ id: Int, of integers: [Int]) {
        begin(id, .list)
        put(count: integers.count, .int32)
        for integer in integers { put(zigzag: integer) }
    }

    mutating func list(_ id: Int, of texts: [String]) {
        begin(id, .list)
        put(count: texts.count, .binary)
        for text in texts { put(text: text) }
    }

    mutating func list<Element>(
        _ id: Int, of elements: [Element], _ content: (inout ThriftWriter, Element) -> Void
    ) {
        begin(id, .list)
        put(count: elements.count, .structure)
        for element in elements { open { content(&$0, element) } }
    }

    /// Ends the outermost struct.
    mutating func end() { bytes.append(0) }

    private mutating func open(_ content: (inout ThriftWriter) -> Void) {
        last.append(0)
        content(&self)
        bytes.append(0)
        last.removeLast()
    }

    private mutating func begin(_ id: Int, _ kind: Kind) {
        let step = id - last[last.count - 1]
        last[last.count - 1] = id
        // Numbers ascend by less than 16 everywhere in Parquet's metadata.
        bytes.append(UInt8(truncatingIfNeeded: step << 4) | kind.rawValue)
    }

    private mutating func put(count: Int, _ kind: Kind) {
        if count < 15 {
            bytes.append(UInt8(count << 4) | kind.rawValue)
        } else {
            bytes.append(0xF0 | kind.rawValue)
            put(varint: UInt64(count))
        }
    }

    private mutating func put(text: String) {
        let text = Array(text.utf8)
        put(varint: UInt64(text.count))
        bytes += text
    }

    private mutating func put(zigzag value: Int) {
        put(varint: UInt64(bitPattern: Int64((value << 1) ^ (value >> 63))))
    }

    private mutating func put(varint value: UInt64) {
        var rest = value
        while rest >= 0x80 {
            bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        bytes.append(UInt8(rest))
    }
}

/// Reads the same, from a stranger: every length is held against what is left, and nesting ends.
struct ThriftReader {
    typealias Kind = ThriftWriter.Kind

    /// The bytes are no such struct.
    struct Damaged: Error {}

    private let bytes: [UInt8]
    private(set) var place: Int
    private let end: Int
    private var depth = 0

    /// Parquet's own metadata has six structs in one another.
    private static let deepest = 16

    init(_ bytes: [UInt8], in range: Range<Int>) {
        self.bytes = bytes
        place = range.lowerBound
        end = min(range.upperBound, bytes.count)
    }

    /// Reads the fields of a struct. What `field` does not take must be skipped by it.
    mutating func structure(_ field: (inout ThriftReader, Int, Kind) throws(Damaged) -> Void) throws(Damaged) {
        depth += 1
        defer { depth -= 1 }
        guard depth <= Self.deepest else { throw Damaged() }
        var last = 0
        while true {
            let head = try next()
            if head == 0 { return }
            guard let kind = Kind(rawValue: head & 0x0F) else { throw Damaged() }
            let step = Int(head >> 4)
            last = step == 0 ? try int() : last + step
            try field(&self, last, kind)
        }
    }

    /// Reads a list, element by element.
    mutating func list(_ element: (inout ThriftReader, Kind) throws(Damaged) -> Void) throws(Damaged) {
        let head = try next()
        guard let kind = Kind(rawValue: head & 0x0F) else { throw Damaged() }
        let short = Int(head >> 4)
        let count = short == 15 ? Int(truncatingIfNeeded: try varint()) : short
        // An element has a byte at least.
        guard count >= 0, count <= end - place else { throw Damaged() }
        for _ in 0..<count { try element(&self, kind) }
    }

    mutating func int() throws(Damaged) -> Int {
        let value = try varint()
        return Int(truncatingIfNeeded: Int64(bitPattern: value >> 1) ^ -Int64(bitPattern: value & 1))
    }

    mutating func text() throws(Damaged) -> String {
        let count = Int(truncatingIfNeeded: try varint())
        guard count >= 0, count <= end - place else { throw Damaged() }
        defer { place += count }
        return String(decoding: bytes[place..<(place + count)], as: UTF8.self)
    }

    mutating func skip(_ kind: Kind) throws(Damaged) {
        switch kind {
        case .yes, .no: break
        case .byte: _ = try next()
        case .int16, .int32, .int64: _ = try varint()
        case .double: try pass(8)
        case .binary: try pass(Int(truncatingIfNeeded: try varint()))
        case .structure: try structure { reader, _, kind throws(Damaged) in try reader.skip(kind) }
        case .list, .set:
            depth += 1
            defer { depth -= 1 }
            guard depth <= Self.deepest else { throw Damaged() }
            try list { reader, kind throws(Damaged) in
                // Within a list a truth value takes a byte.
                if kind == .yes || kind == .no { try reader.pass(1) } else { try reader.skip(kind) }
            }
        case .map: throw Damaged()
        }
    }

    private mutating func pass(_ count: Int) throws(Damaged) {
        guard count >= 0, count <= end - place else { throw Damaged() }
        place += count
    }

    private mutating func next() throws(Damaged) -> UInt8 {
        guard place < end else { throw Damaged() }
        defer { place += 1 }
        return bytes[place]
    }

    private mutating func varint() throws(Damaged) -> UInt64 {
        var value: UInt64 = 0
        for shift in stride(from: UInt64(0), to: 70, by: 7) {
            let byte = try next()
            value |= UInt64(byte & 0x7F) << shift
            if byte < 0x80 { return value }
        }
        throw Damaged()
    }
}
