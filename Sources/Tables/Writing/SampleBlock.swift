/// Rows on their way out: codes a column, and for binned columns a fraction inside the cell.
public struct SampleBlock: Sendable {
    /// The number of rows.
    public var rowCount: Int
    /// For each column its codes.
    public var codes: [[UInt32]]
    /// For each binned column a fraction in `0 ..< 1` a row; empty for the others.
    public var fractions: [[Float]]

    public init(rowCount: Int, codes: [[UInt32]], fractions: [[Float]]) {
        self.rowCount = rowCount
        self.codes = codes
        self.fractions = fractions
    }
}
