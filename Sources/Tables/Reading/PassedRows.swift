public import VectorMath

/// Rows of a party's table on their way to whoever counts them elsewhere: their codes, and a keyed hash of each row's key.
///
/// For `Shards` alone, as `KeyedRows` are for the kernel alone: a test holds every other module to that.
@_spi(PassedRows)
public struct PassedRows: Sendable {
    /// The codes of so many rows, in the order of the file.
    public let table: CodedTable
    /// Under numbers that count from the first row of the table; nil for a table without a key.
    public let keys: [HashedRow]?
    /// Where each row stands in its file, as a spreadsheet numbers it.
    public let fileRows: [UInt32]
}

extension CSVTableReader {
    /// Hands rows over as soon as there are so many, and keeps neither them nor their keys. Where the table has problems none
    /// follow. A second row of a key is not noticed: whoever has all rows of a key looks for it.
    ///
    /// - Parameter take: false where reading on is pointless.
    @_spi(PassedRows)
    public func passRows(blocksOf rows: Int, _ take: @escaping (PassedRows) -> Bool) {
        passing = (max(1, rows), take)
    }

    /// Hands over what has gathered.
    func pass(
        atLeast least: Int, _ take: (PassedRows) -> Bool, _ reader: inout RowReader
    ) throws(TableProblems) {
        let first = reader.delivered
        let block = try reader.block(atLeast: least, &log)
        guard first < reader.delivered else { return }
        // Taken where there are problems too: they would gather.
        let hashed = keys?.takePassed()
        guard let block, log.isEmpty else { return }
        let passed = PassedRows(
            table: block, keys: hashed,
            fileRows: (0..<block.rowCount).map { UInt32(clamping: reader.fileRow(first + $0)) })
        guard take(passed) else {
            throw stop(TableProblem(code: "stopped", expected: "a shard that counts", hint: "Begin anew"))
        }
    }
}
