import VectorMath

@testable import Domains
@testable import Tables

// The project writes Arrow and reads none: so random tables are written, and the stream is walked as a reader would walk it.
// Every offset of its metadata must lie inside, and every buffer inside its body.

/// A table made of the bytes: columns of every type, codes and fractions, and how many rows a block has.
func feedArrow(_ bytes: [UInt8]) {
    var rest = bytes[...]
    func next(below limit: Int) -> Int { rest.popFirst().map { Int($0) % limit } ?? 0 }
    let fields = (0...next(below: 6)).map { number in
        let name =
            String(decoding: (0..<next(below: 9)).map { _ in UInt8(next(below: 128)) }, as: UTF8.self) + "\(number)"
        let isRequired = next(below: 2) == 0
        switch next(below: 5) {
        case 0:
            let texts = (0...next(below: 200)).map { String(repeating: "é", count: $0 % 5) + "\($0)" }
            return Field(name: name, type: .string, categories: texts, constraints: Constraints(required: isRequired))
        case 1:
            return Field(
                name: name, type: .integer, constraints: Constraints(required: isRequired, minimum: -3, maximum: 900))
        case 2:
            return Field(
                name: name, type: .number, constraints: Constraints(required: isRequired, minimum: 0, maximum: 1e6),
                bins: Bins(count: 1 + next(below: 40)))
        case 3: return Field(name: name, type: .boolean, constraints: Constraints(required: isRequired))
        default:
            return Field(
                name: name, type: .date,
                constraints: Constraints(required: isRequired, minimum: "1990-01-01", maximum: "1990-12-31"))
        }
    }
    guard let domain = try? TableDomain(schema: TableSchema(fields: fields), keyColumns: []) else { return }
    var encoder = SampleEncoder(domain: domain, columns: nil, format: .arrow)
    var stream: [UInt8] = []
    encoder.header(into: &stream)
    var rows: [Int] = []
    for _ in 0..<next(below: 3) {
        let count = next(below: 40)
        rows.append(count)
        let codes = domain.sizes.map { size in (0..<count).map { _ in UInt32(next(below: size)) } }
        let fractions = domain.sizes.map { _ in (0..<count).map { _ in Float(next(below: 256)) / 256 } }
        encoder.append(SampleBlock(rowCount: count, codes: codes, fractions: fractions), into: &stream)
    }
    encoder.footer(into: &stream)
    var walk = ArrowWalk(stream: stream)
    promise(walk.rowsOfBatches() == rows, "a stream has other batches than were written")
}

/// Random bytes: the table is made of them.
func arrowSeeds() -> [[UInt8]] {
    var generator = SplitMix64(state: 1)
    return (0..<4).map { number in (0..<(60 << number)).map { _ in UInt8.random(in: 0...255, using: &generator) } }
}

/// Reads an Arrow stream as far as its structure goes; traps where something lies outside.
private struct ArrowWalk {
    let stream: [UInt8]
    private var place = 0

    init(stream: [UInt8]) { self.stream = stream }

    private func number(_ start: Int, _ width: Int) -> Int {
        promise(start >= 0 && start + width <= stream.count, "a number lies outside the stream")
        let value = (0..<width).reduce(UInt64(0)) { $0 | UInt64(stream[start + $1]) << UInt64(8 * $1) }
        let shift = UInt64(64 - 8 * width)
        return Int(Int64(bitPattern: value << shift) >> Int64(shift))
    }

    /// The place of a table's member, nil where it is absent.
    private func member(_ index: Int, of table: Int) -> Int? {
        let directory = table - number(table, 4)
        let size = number(directory, 2)
        promise(size >= 4 && size % 2 == 0, "a table has no directory")
        guard 4 + 2 * index < size else { return nil }
        let offset = number(directory + 4 + 2 * index, 2)
        promise(offset < number(directory + 2, 2), "a member lies outside its table")
        return offset == 0 ? nil : table + offset
    }

    private func reference(_ place: Int) -> Int { place + number(place, 4) }

    /// The rows of each record batch, in order.
    mutating func rowsOfBatches() -> [Int] {
        var rows: [Int] = []
        while true {
            promise(number(place, 4) == -1, "a message has no mark")
            let length = number(place + 4, 4)
            place += 8
            if length == 0 { break }
            promise(length % 8 == 0 && place + length <= stream.count, "metadata are not whole words inside the stream")
            let message = reference(place)
            promise(message < place + length, "a message lies outside its metadata")
            let kind = member(1, of: message).map { number($0, 1) } ?? 0
            let body = member(3, of: message).map { number($0, 8) } ?? 0
            let start = place + length
            promise(body >= 0 && body % 8 == 0 && start + body <= stream.count, "a body lies outside the stream")
            if kind != 1, let header = member(2, of: message) {
                let table = kind == 2 ? member(1, of: reference(header)).map(reference) : reference(header)
                promise(table != nil, "a dictionary has no rows")
                if let table {
                    let count = check(batch: table, body: body)
                    if kind == 3 { rows.append(count) }
                }
            }
            place = start + body
        }
        promise(place == stream.count, "bytes stand behind the end of a stream")
        return rows
    }

    private func check(batch: Int, body: Int) -> Int {
        let count = member(0, of: batch).map { number($0, 8) } ?? 0
        if let nodes = member(1, of: batch).map(reference) {
            for node in 0..<number(nodes, 4) {
                let missing = number(nodes + 12 + 16 * node, 8)
                promise(number(nodes + 4 + 16 * node, 8) == count, "a column has other rows than its batch")
                promise(missing >= 0 && missing <= count, "a column misses more than it has")
            }
        }
        if let buffers = member(2, of: batch).map(reference) {
            for buffer in 0..<number(buffers, 4) {
                let (offset, length) = (number(buffers + 4 + 16 * buffer, 8), number(buffers + 12 + 16 * buffer, 8))
                promise(offset % 8 == 0 && offset >= 0 && length >= 0, "a buffer begins within a word")
                promise(offset + length <= body, "a buffer lies outside its body")
            }
        }
        return count
    }
}
