/// The sizes of a table's axes, and where its cells lie: row-major, the last axis varies fastest.
public struct Shape: Sendable, Hashable {
    public let sizes: [Int]

    public init(_ sizes: [Int]) { self.sizes = sizes }

    /// The number of cells; that of no axes is 1.
    public var count: Int { sizes.reduce(1, *) }

    /// The cell at these codes, one an axis.
    public func cell(of codes: some Sequence<Int>) -> Int { zip(sizes, codes).reduce(0) { $0 * $1.0 + $1.1 } }

    /// The codes of a cell, one an axis.
    public func codes(of cell: Int) -> [Int] {
        var rest = cell
        var codes = [Int](repeating: 0, count: sizes.count)
        for axis in sizes.indices.reversed() {
            (rest, codes[axis]) = rest.quotientAndRemainder(dividingBy: sizes[axis])
        }
        return codes
    }

    /// The codes of every cell, in order.
    public var cells: [[Int]] { (0..<count).map { codes(of: $0) } }
}
