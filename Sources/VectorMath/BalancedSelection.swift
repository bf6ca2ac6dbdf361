/// Which of many candidate rows to keep, such that every watched marginal of what is kept stays near its expectation.
///
/// A greedy self-balancing walk (after Spencer 1977 and Alweiss, Liu and Sawhney 2021): a row is taken if that lessens
/// Σ over its cells of (kept − expected)².
public struct RowBalancer {
    /// For each watched table the first of its cells.
    private let starts: [Int]
    private let tables: [(first: Int, second: Int?, secondSize: Int)]
    private let columns: [[UInt32]]
    private var imbalance: [Float]
    private var total: Float = 0

    /// - Parameters:
    ///   - columns: the codes of each column, all of the same length.
    ///   - sizes: every code of a column is below its size.
    ///   - pairs: pairs of columns to watch beside each column alone.
    public init(columns: [[UInt32]], sizes: [Int], pairs: [(Int, Int)]) {
        precondition(columns.count == sizes.count && columns.allSatisfy { $0.count == columns[0].count })
        for (column, size) in zip(columns, sizes) { precondition(column.allSatisfy { Int($0) < size }) }
        var tables: [(first: Int, second: Int?, secondSize: Int)] = []
        var starts: [Int] = []
        var next = 0
        for column in columns.indices {
            tables.append((column, nil, 1))
            starts.append(next)
            next += sizes[column]
        }
        for (a, b) in pairs {
            precondition(columns.indices.contains(a) && columns.indices.contains(b))
            tables.append((a, b, sizes[b]))
            starts.append(next)
            next += sizes[a] * sizes[b]
        }
        precondition(next < Int(Int32.max))
        self.starts = starts
        self.tables = tables
        self.columns = columns
        imbalance = [Float](repeating: 0, count: next)
    }

    /// The cells of one row, one for each watched table.
    @inline(__always)
    private func cells(of row: Int, into cells: inout [Int32]) {
        for t in tables.indices {
            let table = tables[t]
            var cell = Int(columns[table.first][row])
            if let second = table.second { cell = cell &* table.secondSize &+ Int(columns[second][row]) }
            cells[t] = Int32(truncatingIfNeeded: starts[t] &+ cell)
        }
    }

    /// How often to keep each row, near its expectation.
    ///
    /// - Parameter order: every row once; the walk goes along it.
    public mutating func copies(expected: [Double], order: [UInt32]) -> [Int] {
        var result = [Int](repeating: 0, count: expected.count)
        var cells = [Int32](repeating: 0, count: tables.count)
        for place in order {
            let row = Int(place)
            let whole = expected[row].rounded(.down)
            let share = Float(expected[row] - whole)
            self.cells(of: row, into: &cells)
            var score = 2 * total + 1 - 2 * share
            for cell in cells { score += 2 * imbalance[Int(cell)] + 1 - 2 * share }
            let step: Float = score < 0 ? 1 - share : -share
            total += step
            for cell in cells { imbalance[Int(cell)] += step }
            result[row] = Int(whole) + (score < 0 ? 1 : 0)
        }
        return result
    }

    /// Splits rows into two halves of which each resembles the whole; the first is larger by one where they are odd.
    public mutating func halves(of rows: ArraySlice<UInt32>) -> (first: [UInt32], second: [UInt32]) {
        var first: [UInt32] = []
        var second: [UInt32] = []
        first.reserveCapacity(rows.count / 2 + 1)
        second.reserveCapacity(rows.count / 2)
        var cellsA = [Int32](repeating: 0, count: tables.count)
        var cellsB = cellsA
        var i = rows.startIndex
        while i + 1 < rows.endIndex {
            self.cells(of: Int(rows[i]), into: &cellsA)
            self.cells(of: Int(rows[i + 1]), into: &cellsB)
            var score: Float = 0
            for t in cellsA.indices { score += imbalance[Int(cellsA[t])] - imbalance[Int(cellsB[t])] }
            let step: Float = score > 0 ? -1 : 1
            for t in cellsA.indices {
                imbalance[Int(cellsA[t])] += step
                imbalance[Int(cellsB[t])] -= step
            }
            first.append(rows[score > 0 ? i + 1 : i])
            second.append(rows[score > 0 ? i : i + 1])
            i += 2
        }
        if i < rows.endIndex { first.append(rows[i]) }
        // Back to zero, by the rows and not by the cells: the last halves are small.
        for row in rows {
            self.cells(of: Int(row), into: &cellsA)
            for cell in cellsA { imbalance[Int(cell)] = 0 }
        }
        return (first, second)
    }
}
