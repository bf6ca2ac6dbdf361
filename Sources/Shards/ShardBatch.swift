import VectorMath

/// Rows on their way to one shard, column by column. On the wire a batch has always the same length: what is not filled is zeros.
///
/// A message is the table (2 bytes), the side (1: the known rows), a zero, the batch's number (4), and then for all places the row in
/// the file (4 bytes; 0 where there is none), both parts of the key's hash (8 and 4), and of each column the codes and the places.
/// All numbers are little endian.
struct ShardBatch {
    static let headBytes = 8

    private(set) var fileRows: [UInt32] = []
    private(set) var keys: [HashedRow] = []
    private(set) var codes: [[UInt32]]
    private(set) var places: [[UInt8]]
    private let table: ShardLayout.Table

    init(_ table: ShardLayout.Table) {
        self.table = table
        codes = table.columns.map { _ in [] }
        places = table.columns.map { _ in [] }
    }

    var count: Int { fileRows.count }

    mutating func append(fileRows rows: some Sequence<UInt32>, keys hashed: some Sequence<HashedRow>) {
        fileRows.append(contentsOf: rows)
        if table.isKeyed { keys.append(contentsOf: hashed) }
    }

    /// Takes the codes of chosen rows, and their places where the column has some.
    mutating func append(_ column: Int, _ rows: [Int], of array: CodeArray, _ steps: CodeArray?) {
        Self.append(rows, of: array, to: &codes[column])
        guard table.columns[column].hasPlaces else { return }
        for row in rows { places[column].append(UInt8(truncatingIfNeeded: steps?[row] ?? 0)) }
    }

    private static func append(_ rows: [Int], of array: CodeArray, to codes: inout [UInt32]) {
        codes.reserveCapacity(codes.count + rows.count)
        switch array {
        case .bytes(let column): for row in rows { codes.append(UInt32(column.codes[row])) }
        case .halves(let column): for row in rows { codes.append(UInt32(column.codes[row])) }
        case .words(let column): for row in rows { codes.append(column.codes[row]) }
        }
    }

    /// The next message, of at most as many rows as one has places.
    mutating func take(table number: Int, side: Int, batch: Int) -> [UInt8] {
        let (slots, taken) = (table.slots, min(table.slots, count))
        var bytes: [UInt8] = []
        bytes.reserveCapacity(table.messageBytes)
        bytes.append(UInt16(truncatingIfNeeded: number))
        bytes += [UInt8(truncatingIfNeeded: side), 0]
        bytes.append(UInt32(truncatingIfNeeded: batch))
        for row in fileRows.prefix(taken) { bytes.append(row) }
        bytes.pad(4 * (slots - taken))
        if table.isKeyed {
            for key in keys.prefix(taken) { bytes.append(key.high) }
            bytes.pad(8 * (slots - taken))
            for key in keys.prefix(taken) { bytes.append(UInt32(truncatingIfNeeded: key.low &>> 32)) }
            bytes.pad(4 * (slots - taken))
        }
        for (place, column) in table.columns.enumerated() {
            switch column.width {
            case 1: for code in codes[place].prefix(taken) { bytes.append(UInt8(truncatingIfNeeded: code)) }
            case 2: for code in codes[place].prefix(taken) { bytes.append(UInt16(truncatingIfNeeded: code)) }
            default: for code in codes[place].prefix(taken) { bytes.append(code) }
            }
            bytes.pad(column.width * (slots - taken))
            guard column.hasPlaces else { continue }
            bytes += places[place].prefix(taken)
            bytes.pad(slots - taken)
        }
        drop(taken)
        return bytes
    }

    private mutating func drop(_ rows: Int) {
        fileRows.removeFirst(rows)
        if table.isKeyed { keys.removeFirst(rows) }
        for place in codes.indices {
            codes[place].removeFirst(rows)
            if table.columns[place].hasPlaces { places[place].removeFirst(rows) }
        }
    }
}

extension [UInt8] {
    /// A number's bytes, the lowest first.
    mutating func append<Number: FixedWidthInteger>(_ number: Number) where Number: UnsignedInteger {
        var rest = number
        for _ in 0..<(Number.bitWidth / 8) {
            append(UInt8(truncatingIfNeeded: rest))
            rest = Number.bitWidth > 8 ? rest &>> 8 : 0
        }
    }

    mutating func pad(_ count: Int) { append(contentsOf: repeatElement(0, count: count)) }

    /// The number at a place.
    ///
    /// - Precondition: its bytes are there.
    func number<Number: FixedWidthInteger>(at place: Int, _: Number.Type) -> Number where Number: UnsignedInteger {
        var number: Number = 0
        for byte in stride(from: Number.bitWidth / 8 - 1, through: 0, by: -1) {
            number = (Number.bitWidth > 8 ? number &<< 8 : 0) | Number(truncatingIfNeeded: self[place + byte])
        }
        return number
    }
}
