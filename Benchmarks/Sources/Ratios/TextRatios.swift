import Domains
import Tables
import VectorMath

/// A key and fourteen columns of numbers below 100, beside a loop over the same bytes that adds up digits and stores a
/// number at each delimiter: no key, no quotes, no check, no domain.
func readingCSV() throws -> Ratio {
    let (rows, columns) = (1_000_000, 14)
    var generator = SplitMix64(state: 2)
    var text = Array("id".utf8)
    for column in 0..<columns { text += Array(",c\(column)".utf8) }
    text.append(UInt8(ascii: "\n"))
    for row in 0..<rows {
        text += Array(String(10_000_000 + row).utf8)
        for _ in 0..<columns {
            text.append(UInt8(ascii: ","))
            text += Array(String(generator.next() % 100).utf8)
        }
        text.append(UInt8(ascii: "\n"))
    }
    let schema = TableSchema(
        fields: (0..<columns).map {
            Field(name: "c\($0)", type: .integer, constraints: Constraints(minimum: 0, maximum: 99))
        })
    let key = KeyRule(columns: ["id"])
    let domain = try TableDomain(schema: schema, keyColumns: key.columns)
    var numbers = [UInt32](repeating: 0, count: rows * (columns + 1) + columns + 1)
    return try compare(
        rounds: 3,
        ours: {
            let reader = CSVTableReader(
                domain: domain, schema: schema, key: key, hash: KeyedHash(key: (1, 2)),
                limits: TableLimits(bytes: .max, rows: .max), expectedBytes: text.count)
            for start in stride(from: 0, to: text.count, by: 1 << 20) {
                try text[start..<min(start + 1 << 20, text.count)].withUnsafeBytes { try reader.consume($0) }
            }
            return try reader.finish().rowCount
        },
        beside: {
            text.withUnsafeBufferPointer { text in
                numbers.withUnsafeMutableBufferPointer { numbers in
                    var (place, number) = (0, UInt32(0))
                    for byte in text {
                        if byte >= UInt8(ascii: "0") {
                            number = number &* 10 &+ UInt32(byte &- UInt8(ascii: "0"))
                        } else {
                            numbers[place] = number
                            (place, number) = (place &+ 1, 0)
                        }
                    }
                    return place
                }
            }
        })
}

/// Fifteen columns of texts as CSV, beside a loop that copies eight bytes for each text and moves on by its length.
func writingCSV() throws -> Ratio {
    let sizes = columnSizes
    let blockRows = 16_384
    let blocks = 60
    let codes = randomCodes(rows: blockRows, sizes: sizes)
    let block = SampleBlock(
        rowCount: blockRows, codes: codes.map { $0.map { UInt32($0) } }, fractions: sizes.map { _ in [] })
    let encoder = SampleEncoder(domain: try publicDomain(sizes), columns: nil, format: .csv)
    let labels = sizes.map { size in
        (0..<size).map { code -> (bytes: UInt64, count: Int) in
            let text = Array("v\(code),".utf8)
            return (text.reversed().reduce(0) { $0 << 8 | UInt64($1) }, text.count)
        }
    }
    var output = [UInt8](repeating: 0, count: blockRows * sizes.count * 8 + 8)
    return try compare(
        ours: {
            var bytes = 0
            encoder.encode(rowCount: UInt64(blocks * blockRows), block: { _ in block }) { bytes += $0.count }
            return bytes
        },
        beside: {
            var bytes = 0
            for _ in 0..<blocks {
                bytes += output.withUnsafeMutableBytes { output in
                    var place = 0
                    for row in 0..<blockRows {
                        for column in sizes.indices {
                            let label = labels[column][Int(codes[column][row])]
                            output.storeBytes(of: label.bytes, toByteOffset: place, as: UInt64.self)
                            place &+= label.count
                        }
                    }
                    return place
                }
            }
            return bytes
        })
}

/// Keys of a thousand letters under a pattern that makes other engines go back, beside ten times as many of a hundred.
func matchingLongKeys() throws -> Ratio {
    let schema = TableSchema(
        fields: [Field(name: "x", type: .integer, constraints: Constraints(minimum: 0, maximum: 9))])
    let key = KeyRule(columns: ["id"], pattern: "^([a-z]+)*[0-9]+$")
    let domain = try TableDomain(schema: schema, keyColumns: key.columns)
    func table(rows: Int, length: Int) -> [UInt8] {
        let letters = String(repeating: "ab", count: length / 2 - 4)
        return Array(("id,x\n" + (0..<rows).map { "\(letters)\(10_000_000 + $0),1\n" }.joined()).utf8)
    }
    func read(_ text: [UInt8]) throws -> Int {
        let reader = CSVTableReader(
            domain: domain, schema: schema, key: key, hash: KeyedHash(key: (1, 2)),
            limits: TableLimits(bytes: .max, rows: .max), expectedBytes: text.count)
        try text.withUnsafeBytes { try reader.consume($0) }
        return try reader.finish().rowCount
    }
    let (long, short) = (table(rows: 2_000, length: 1_000), table(rows: 20_000, length: 100))
    return try compare(ours: { try read(long) }, beside: { try read(short) })
}
