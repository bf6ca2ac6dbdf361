import VectorMath

/// The number of a cell in one of several tables, as SQL makes it of codes and as it is read back.
///
/// The codes stand side by side in its bits, behind the table's number and the side: shifting checks no overflow, where products
/// and sums do, and Java compiles short code alone.
struct CellNumber: Sendable {
    private let blocks: [[Int]]
    private let sizes: [Int]
    private let cellBits: Int
    private let blockBits: Int

    /// A number of 32 bits has so many that say something.
    private static let plainBits = 31

    /// - Parameters:
    ///   - blocks: the tables, each by its columns.
    ///   - sizes: of all columns.
    init(_ blocks: [[Int]], sizes: [Int]) {
        self.blocks = blocks
        self.sizes = sizes
        blockBits = PackedBits.width(below: blocks.count)
        cellBits = blocks.map { $0.reduce(0) { $0 + PackedBits.width(below: sizes[$1]) } }.max() ?? 0
    }

    /// Whether a number of 64 bits is needed.
    private var isWide: Bool { cellBits + blockBits + 1 > Self.plainBits }

    /// The columns that are named, with −1 for a code that is not there: what is made of it is below zero, which no cell is.
    var columns: String {
        Set(blocks.joined()).sorted().map { column in
            let code = isWide ? "CAST(c\(column) AS BIGINT)" : "c\(column)"
            return ", coalesce(\(code), -1) AS c\(column)"
        }.joined()
    }

    /// One number for each table.
    var cells: String {
        let numbers = blocks.enumerated().map { number, columns in
            let start = isWide ? "CAST(\(number << cellBits) AS BIGINT)" : "\(number << cellBits)"
            guard let first = columns.first else { return start }
            let cell = columns.dropFirst().reduce("c\(first)") { cell, column in
                "(shiftleft(\(cell), \(PackedBits.width(below: sizes[column]))) | c\(column))"
            }
            return number == 0 ? cell : "\(cell) | \(start)"
        }
        return "array(\(numbers.joined(separator: ", ")))"
    }

    /// The side put before a cell's number.
    var place: String {
        "CAST(shiftleft(\(isWide ? "CAST(side AS BIGINT)" : "side"), \(cellBits + blockBits)) | cell AS BIGINT)"
    }

    /// What a number stands for: the side, the table, and the cell's place in it.
    ///
    /// - Returns: nil for a number that no cell has.
    func read(_ number: Int64) -> (side: Int, block: Int, cell: Int)? {
        guard number >= 0, number >> Int64(cellBits + blockBits) <= 1 else { return nil }
        var rest = Int(number)
        let side = rest >> (cellBits + blockBits)
        let block = rest >> cellBits & (1 << blockBits - 1)
        guard block < blocks.count else { return nil }
        rest &= 1 << cellBits - 1
        var cell = 0
        var step = 1
        for column in blocks[block].reversed() {
            let bits = PackedBits.width(below: sizes[column])
            let code = rest & (1 << bits - 1)
            guard code < sizes[column] else { return nil }
            cell += code * step
            step *= sizes[column]
            rest >>= bits
        }
        return rest == 0 ? (side, block, cell) : nil
    }
}
