/// The sizes of a table's axes, and where its cells lie: row-major, the last axis varies fastest.
public struct Shape: Sendable, Hashable {
    /// The number of codes of each axis.
    public let sizes: [Int]

    /// - Parameter sizes: the number of codes of each axis; at least 1 each.
    public init(_ sizes: [Int]) { self.sizes = sizes }

    /// The number of cells; that of no axes is 1.
    public var count: Int { sizes.reduce(1, *) }

    /// For each axis, how far apart the cells of two neighbouring codes lie.
    public var strides: [Int] {
        var strides = sizes
        var stride = 1
        for axis in sizes.indices.reversed() {
            strides[axis] = stride
            stride *= sizes[axis]
        }
        return strides
    }

    /// The cell at these codes, one an axis.
    public func cell(of codes: some Sequence<Int>) -> Int { zip(sizes, codes).reduce(0) { $0 * $1.0 + $1.1 } }

    /// The codes of a cell, one an axis.
    public func codes(of cell: Int) -> [Int] { zip(sizes, strides).map { cell / $1 % $0 } }

    /// The codes of every cell, in order.
    public var cells: [[Int]] {
        let axes = Array(zip(sizes, strides))
        return (0..<count).map { cell in axes.map { cell / $1 % $0 } }
    }
}
