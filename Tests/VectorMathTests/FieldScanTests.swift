import Testing
import VectorMath

/// The loops over one column of a grid, against the same done text by text.
@Suite("Columns of text, field by field") struct FieldScanTests {
    /// A grid of one text a row in its second column, and what it must hold.
    private static func grid(_ texts: [[UInt8]], carriageReturn: Bool) -> FieldGrid {
        var bytes: [UInt8] = []
        var starts: [UInt32] = [0]
        for (row, text) in texts.enumerated() {
            bytes += Array("\(row)".utf8) + [0x2C]
            starts.append(UInt32(bytes.count))
            bytes += text + (carriageReturn && row % 3 != 0 ? [0x0D, 0x0A] : [0x0A])
            starts.append(UInt32(bytes.count))
        }
        bytes += [UInt8](repeating: 0xFF, count: FieldGrid.padding)
        var grid = FieldGrid(columns: 2, bytes: bytes, starts: starts)
        grid.endsInCarriageReturn = carriageReturn
        return grid
    }

    private static func texts(_ count: Int, longest: Int, _ generator: inout SplitMix64) -> [[UInt8]] {
        (0..<count).map { _ in
            (0..<Int.random(in: 0...longest, using: &generator)).map { _ in
                UInt8.random(in: 0x20...0x7A, using: &generator)
            }
        }
    }

    @Test("keys of a column have the hashes of the keys alone, of every length", arguments: [7, 15, 16, 40])
    func hashes(longest: Int) {
        var generator = SplitMix64(state: UInt64(longest))
        let hash = KeyedHash(key: (3, 4))
        let shape = ByteShape(allowed: (0..<256).map { $0 != 0x21 }, shortest: 1, longest: 30)
        for carriageReturn in [false, true] {
            for count in [0, 1, 3, 257] {
                let texts = Self.texts(count, longest: longest, &generator)
                var rows = [HashedRow(hash: (1, 2), row: 9)]
                let misfits = hashKeys(
                    Self.grid(texts, carriageReturn: carriageReturn), column: 1, shape: shape, hash: hash,
                    firstRow: 100, into: &rows)
                #expect(rows.first == HashedRow(hash: (1, 2), row: 9))
                #expect(
                    Array(rows.dropFirst())
                        == texts.enumerated().map { HashedRow(hash: hash.hash($1), row: 100 + $0) })
                #expect(
                    misfits == texts.indices.filter { texts[$0].contains(0x21) || !(1...30).contains(texts[$0].count) })
            }
        }
    }

    @Test("texts have the codes that a dictionary gives them", arguments: [1, 2, 10, 100, 128, 129, 1_000])
    func codes(size: Int) {
        var generator = SplitMix64(state: UInt64(size))
        for longest in [3, 7, 20] {
            let known = Self.texts(size, longest: longest, &generator)
            let table = CategoryTable(known.enumerated().map { ($1, UInt32($0)) })
            // Of equal texts the first one counts.
            let codes = Dictionary(known.enumerated().map { ($1, UInt32($0)) }, uniquingKeysWith: { first, _ in first })
            let texts = known.shuffled(using: &generator) + Self.texts(500, longest: longest + 2, &generator)
            for carriageReturn in [false, true] {
                var found = [UInt32](repeating: 7, count: texts.count)
                table.lookUp(Self.grid(texts, carriageReturn: carriageReturn), column: 1, into: &found)
                #expect(found == texts.map { codes[$0] ?? unknownCode })
            }
            let alone = texts.map { text in text.withUnsafeBytes { table.code(of: $0) } }
            #expect(alone == texts.map { codes[$0] })
        }
    }

    @Test("plain decimals are read as Swift reads them, and what is anything else is left")
    func numbers() {
        let plain = ["0", "-0", "7", "-12.50", "0.1", "123456789012345", "9007199254740992", "1.0000000000000"]
        let other = [
            "", "-", ".5", "5.", "1e3", "+1", " 1", "1 ", "--1", "1.2.3", "nan", "12345678901234567890", "-.5",
        ]
        for carriageReturn in [false, true] {
            let grid = Self.grid((plain + other).map { Array($0.utf8) }, carriageReturn: carriageReturn)
            var values = [Double](repeating: 0, count: grid.rows)
            scanNumbers(grid, column: 1, into: &values)
            #expect(zip(plain, values).allSatisfy { Double($0) == $1 })
            #expect(values.dropFirst(plain.count).allSatisfy { $0.isNaN })
        }
    }

    @Test("a grid that could not be cut has no rows, whatever it had before")
    func failedCut() {
        var grid = FieldGrid(columns: 2)
        let text = Array("a,b\nc,d\n".utf8)
        text.withUnsafeBytes { grid.put($0, at: 0) }
        #expect(cutLines(&grid, 0..<8, lines: 2, delimiter: 0x2C) && grid.rows == 2)
        #expect(!cutLines(&grid, 0..<8, lines: 1, delimiter: 0x2C) && grid.rows == 0)
        #expect(cutLines(&grid, 0..<8, lines: 2, delimiter: 0x2C))
        grid.begin(columns: 7)
        #expect(grid.rows == 0)
    }
}
