import Domains
package import VectorMath

/// Reads a Parquet file as the records of a text file, for tools that write it as such.
package enum ParquetRecords {
    /// Whether a file begins as a Parquet file does.
    package static func isParquet(_ start: some Collection<UInt8>) -> Bool { ParquetFile.isParquet(start) }

    /// - Parameters:
    ///   - begin: gets the names of the columns.
    ///   - take: gets the next rows, the first of which stands in the row that is named; false ends the reading.
    /// - Throws: `TableProblems` for a file that is not read, or what the others throw.
    package static func read(
        _ source: ParquetSource, unpack: @escaping PageUnpacker, begin: ([String]) throws -> Void,
        take: (_ rows: FieldGrid, _ firstRow: Int) throws -> Bool
    ) throws {
        do {
            let file = try ParquetFile(source, mostBytes: .max, unpack: unpack)
            try begin(file.footer.columns.map(\.name))
            var row = 2
            try file.blocks(
                Array(file.footer.columns.indices), texts: file.footer.columns.map { _ in ParquetTexts() }
            ) { block in
                let grid = block.text(of: Array(file.footer.columns.indices)).grid
                defer { row += grid.rows }
                return try take(grid, row)
            }
        } catch let fault as ParquetFault {
            throw TableProblems(problems: [fault.problem], counts: [fault.problem.code: 1])
        }
    }
}
