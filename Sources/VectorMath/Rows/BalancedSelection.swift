/// Chooses and orders rows such that every watched marginal of what is chosen stays near its expectation.
///
/// A greedy self-balancing walk (after Spencer 1977 and Alweiss, Liu and Sawhney 2021): a row is taken if that lessens
/// Σ over its cells of (taken − expected)², where it has one cell in each watched table.
public struct RowBalancer: Sendable {
    /// A watched table of two columns; of one column, where the second is the column of zeros at the end.
    private struct Table: Sendable {
        var first: Int32
        var second: Int32
        var secondSize: Int32
        /// The first of the table's cells among all cells.
        var start: Int32
    }

    private let tables: [Table]
    private let cellCount: Int
    /// Row-major codes with a zero at the end of each row.
    private let codes: [UInt8]
    private let width: Int
    /// Number of rows to choose from.
    public let rowCount: Int

    /// - Parameters:
    ///   - columns: the codes of each column, all of the same length.
    ///   - sizes: at most 256; every code of a column is below its size.
    ///   - pairs: pairs of columns to watch beside each column alone.
    public init(columns: [[UInt8]], sizes: [Int], pairs: [(Int, Int)]) {
        let rowCount = columns.first?.count ?? 0
        precondition(columns.count == sizes.count && columns.allSatisfy { $0.count == rowCount })
        for (column, size) in zip(columns, sizes) { precondition(size >= 1 && Int(column.max() ?? 0) < size) }
        var tables: [Table] = []
        var next = 0
        func append(_ first: Int, _ second: Int, _ secondSize: Int) {
            tables.append(
                Table(
                    first: Int32(first), second: Int32(second), secondSize: Int32(secondSize), start: Int32(next)))
            next += sizes[first] * secondSize
            precondition(next < Int(Int32.max))
        }
        for column in columns.indices { append(column, columns.count, 1) }
        for (a, b) in pairs {
            precondition(columns.indices.contains(a) && columns.indices.contains(b))
            append(a, b, sizes[b])
        }
        let width = columns.count + 1
        var codes = [UInt8](repeating: 0, count: rowCount * width)
        for (place, column) in columns.enumerated() {
            for row in column.indices { codes[row * width + place] = column[row] }
        }
        self.tables = tables
        self.cellCount = next
        self.codes = codes
        self.width = width
        self.rowCount = rowCount
    }

    // Proof for all loops below. A row is below `rowCount` (checked where rows come in), so its codes lie within
    // `codes`. A cell is `start + first · secondSize + second`; with codes below their sizes (checked by `init`) that is
    // below the next table's start, and of the last table below `cellCount`.

    @inline(__always)
    private static func fill(
        _ cells: UnsafeMutablePointer<Int32>, _ row: UnsafePointer<UInt8>, _ tables: UnsafePointer<Table>, _ count: Int
    ) {
        for t in 0..<count {
            let table = tables[t]
            cells[t] =
                table.start &+ Int32(row[Int(table.first)]) &* table.secondSize &+ Int32(row[Int(table.second)])
        }
    }

    /// What the walk has to make good: for each cell how much more is wanted than the rows' expectations add up to.
    public struct Shortfall: Sendable {
        fileprivate var cells: [Float]
    }

    /// - Parameters:
    ///   - expected: not negative, one a row.
    ///   - wanted: the wanted count of each cell of each watched table, row-major; columns first, then pairs.
    public func shortfall(expected: [Double], wanted: [[Double]]) -> Shortfall {
        precondition(expected.count == rowCount && wanted.count == tables.count)
        var cells = [Double]()
        cells.reserveCapacity(cellCount)
        for table in wanted { cells += table }
        precondition(cells.count == cellCount)
        for row in 0..<rowCount where expected[row] != 0 {
            for table in tables {
                let place = row * width
                let first = Int32(codes[place + Int(table.first)])
                let second = Int32(codes[place + Int(table.second)])
                cells[Int(table.start + first * table.secondSize + second)] -= expected[row]
            }
        }
        return Shortfall(cells: cells.map { Float($0) })
    }

    /// How often to keep each row, near its expectation.
    ///
    /// - Parameters:
    ///   - expected: not negative, one a row.
    ///   - order: every row once; the walk goes along it.
    ///   - shortfall: nil if the rows' expectations are what is wanted.
    public func copies(expected: [Double], order: [UInt32], shortfall: Shortfall? = nil) -> [Int] {
        precondition(expected.count == rowCount && order.count == rowCount)
        precondition(order.isEmpty || Int(order.max() ?? 0) < rowCount)
        var result = [Int](repeating: 0, count: rowCount)
        var imbalance = shortfall.map { $0.cells.map { -$0 } } ?? [Float](repeating: 0, count: cellCount)
        precondition(imbalance.count == cellCount)
        var cells = [Int32](repeating: 0, count: tables.count)
        var total: Float = 0
        let count = tables.count
        codes.withUnsafeBufferPointer { codes in
            tables.withUnsafeBufferPointer { tables in
                imbalance.withUnsafeMutableBufferPointer { imbalance in
                    cells.withUnsafeMutableBufferPointer { cells in
                        guard let codes = codes.baseAddress, let tables = tables.baseAddress,
                            let imbalance = imbalance.baseAddress, let cells = cells.baseAddress
                        else { return }
                        for place in order {
                            let row = Int(place)
                            let whole = expected[row].rounded(.down)
                            let share = Float(expected[row] - whole)
                            RowBalancer.fill(cells, codes + row &* width, tables, count)
                            var sum: Float = total
                            for t in 0..<count { sum += imbalance[Int(cells[t])] }
                            let isTaken = 2 * sum + Float(count &+ 1) * (1 - 2 * share) < 0
                            let step = isTaken ? 1 - share : -share
                            total += step
                            for t in 0..<count { imbalance[Int(cells[t])] += step }
                            result[row] = Int(whole) &+ (isTaken ? 1 : 0)
                        }
                    }
                }
            }
        }
        return result
    }

    /// An order of rows of which every stretch resembles the whole: halves of halves, each split in two that resemble
    /// each other, the first the larger by one where the number is odd.
    ///
    /// - Parameters:
    ///   - rows: in random order.
    ///   - shortest: stretches of so many rows are not split.
    public func halvingOrder(_ rows: [UInt32], shortest: Int) -> [UInt32] {
        precondition(rows.isEmpty || Int(rows.max() ?? 0) < rowCount)
        var order = rows
        var spare = rows
        var imbalance = [Int32](repeating: 0, count: cellCount)
        var cells = [Int32](repeating: 0, count: 2 * tables.count)
        var stretches = [0..<rows.count]
        while let stretch = stretches.popLast() {
            guard stretch.count > max(shortest, 1) else { continue }
            split(&order, stretch, &spare, &imbalance, &cells)
            let middle = stretch.lowerBound + (stretch.count + 1) / 2
            stretches.append(stretch.lowerBound..<middle)
            stretches.append(middle..<stretch.upperBound)
        }
        return order
    }

    private func split(
        _ order: inout [UInt32], _ stretch: Range<Int>, _ spare: inout [UInt32], _ imbalance: inout [Int32],
        _ cells: inout [Int32]
    ) {
        let count = tables.count
        let half = (stretch.count + 1) / 2
        codes.withUnsafeBufferPointer { codes in
            tables.withUnsafeBufferPointer { tables in
                imbalance.withUnsafeMutableBufferPointer { imbalance in
                    cells.withUnsafeMutableBufferPointer { cells in
                        guard let codes = codes.baseAddress, let tables = tables.baseAddress,
                            let imbalances = imbalance.baseAddress, let cellsA = cells.baseAddress
                        else { return }
                        let cellsB = cellsA + count
                        var i = stretch.lowerBound
                        var taken = 0
                        while i &+ 1 < stretch.upperBound {
                            let (a, b) = (order[i], order[i &+ 1])
                            RowBalancer.fill(cellsA, codes + Int(a) &* width, tables, count)
                            RowBalancer.fill(cellsB, codes + Int(b) &* width, tables, count)
                            var score: Int32 = 0
                            for t in 0..<count {
                                score &+= imbalances[Int(cellsA[t])] &- imbalances[Int(cellsB[t])]
                            }
                            let step: Int32 = score > 0 ? -1 : 1
                            for t in 0..<count {
                                imbalances[Int(cellsA[t])] &+= step
                                imbalances[Int(cellsB[t])] &-= step
                            }
                            spare[stretch.lowerBound &+ taken] = score > 0 ? b : a
                            spare[stretch.lowerBound &+ half &+ taken] = score > 0 ? a : b
                            taken &+= 1
                            i &+= 2
                        }
                        if i < stretch.upperBound { spare[stretch.lowerBound &+ taken] = order[i] }
                        for place in stretch { order[place] = spare[place] }
                        // Back to zero: cell by cell for few rows, all at once for many.
                        if stretch.count &* count > cellCount {
                            for cell in 0..<cellCount { imbalances[cell] = 0 }
                        } else {
                            for place in stretch {
                                RowBalancer.fill(cellsA, codes + Int(order[place]) &* width, tables, count)
                                for t in 0..<count { imbalances[Int(cellsA[t])] = 0 }
                            }
                        }
                    }
                }
            }
        }
    }
}
