import Domains
import VectorMath

/// Rows on their way to codes: text in a grid, or columns of a file that has them.
protocol RowBlock {
    var rows: Int { get }

    /// The text of one cell, as a CSV file has it.
    ///
    /// Proof: bytes are lent for the call alone.
    func withField<Result>(
        row: Int, column: Int, _ body: (UnsafeRawBufferPointer) throws -> Result
    ) rethrows -> Result

    /// Finds the codes of a column the fast way; what is left is `unknownCode`.
    ///
    /// - Parameters:
    ///   - scratch: what is kept from one block to the next.
    ///   - places: where in its cell each value lies, of a column of intervals.
    func lookUp(
        _ field: Int, _ column: ColumnDomain, _ scratch: inout LookUpScratch, codes: inout [UInt32],
        places: inout [UInt8])

    /// Some columns as text, and which columns of the grid they are.
    func text(of columns: [Int]) -> (grid: FieldGrid, columns: [Int])
}

extension FieldGrid: RowBlock {
    func lookUp(
        _ field: Int, _ column: ColumnDomain, _ scratch: inout LookUpScratch, codes: inout [UInt32],
        places: inout [UInt8]
    ) { column.look(self, field, &scratch, codes: &codes, places: &places) }

    func text(of columns: [Int]) -> (grid: FieldGrid, columns: [Int]) { (self, columns) }
}

extension ColumnDomain {
    /// The codes of the first fields of a column of text, and where in their cells the values lie.
    func look(
        _ grid: FieldGrid, _ field: Int, _ scratch: inout LookUpScratch, codes: inout [UInt32], places: inout [UInt8]
    ) {
        guard case .bins(let binning) = cells, type != .date else {
            if isBinned { for row in 0..<grid.rows { places[row] = 0 } }
            return texts.lookUp(grid, column: field, into: &codes)
        }
        if scratch.numbers.count < grid.rows { scratch.numbers = [Double](repeating: 0, count: grid.rows) }
        scanNumbers(grid, column: field, into: &scratch.numbers)
        self.cells(scratch.numbers, grid.rows, binning, codes: &codes, places: &places)
    }

    /// The cells of numbers.
    func cells(
        _ numbers: [Double], _ count: Int, _ binning: Binning, codes: inout [UInt32], places: inout [UInt8]
    ) {
        findCells(
            numbers, count: count, starts: binning.starts, maximum: binning.maximum, onlyWhole: binning.isWhole,
            into: &codes)
        binning.findPlaces(of: numbers, in: codes, count: count, into: &places)
    }
}

/// What a reader of rows keeps from one block to the next, so that it need not be found or made again.
struct LookUpScratch {
    var numbers: [Double] = []
    /// For columns of a file with dictionaries the codes of the last one.
    var known: [Int: KnownEntries] = [:]

    mutating func wipe() {
        for row in numbers.indices { numbers[row] = 0 }
        known = [:]
    }
}
