/// Fewer and larger tables in place of those that are asked for: each of them adds up to several.
///
/// On a cluster a row costs one look-up a table, whatever the table's size. So all 105 pairs of fifteen columns are counted as a
/// few dozen tables of three and four columns, and added up here: whole numbers, so the sums are the tables that were asked for.
struct CountingBlocks: Sendable, Equatable {
    /// The tables that are counted, each by its columns in ascending order.
    private(set) var blocks: [[Int]] = []
    /// For each table that is asked for the one that holds it.
    private(set) var holders: [Int]
    private let sizes: [Int]

    /// A table that nobody asked for has at most so many cells: they are held, sent and looked up.
    static let mostCells = 1 << 13

    /// - Parameter sizes: of all columns.
    init(_ cliques: [[Int]], sizes: [Int], mostCells: Int = CountingBlocks.mostCells) {
        self.sizes = sizes
        holders = [Int](repeating: 0, count: cliques.count)
        let sets = cliques.map { Set($0) }
        let cells = sets.map { $0.reduce(1) { $0 * sizes[$1] } }
        var left = cliques.indices.sorted { (cells[$1], $0) < (cells[$0], $1) }
        while let first = left.first {
            var block = sets[first]
            var size = cells[first]
            while let (column, _) = Self.best(left.map { sets[$0] }, block, size: size, sizes, mostCells: mostCells) {
                block.insert(column)
                size *= sizes[column]
            }
            for clique in left where sets[clique].isSubset(of: block) { holders[clique] = blocks.count }
            left.removeAll { sets[$0].isSubset(of: block) }
            blocks.append(block.sorted())
        }
    }

    /// The column by which a block holds the most further tables; of equals the smallest, then the first.
    private static func best(
        _ left: [Set<Int>], _ block: Set<Int>, size: Int, _ sizes: [Int], mostCells: Int
    ) -> (column: Int, gain: Int)? {
        var gains: [Int: Int] = [:]
        for clique in left {
            let further = clique.subtracting(block)
            guard further.count == 1, let column = further.first, size * sizes[column] <= mostCells else { continue }
            gains[column, default: 0] += 1
        }
        return gains.max { ($0.value, sizes[$1.key], $1.key) < ($1.value, sizes[$0.key], $0.key) }
            .map { ($0.key, $0.value) }
    }

    /// How many cells a block has.
    func cells(_ block: Int) -> Int { blocks[block].reduce(1) { $0 * sizes[$1] } }

    /// The table of some columns, in the order in which they were asked for, from the one that holds it.
    func table(_ clique: [Int], from counts: ArraySlice<Int64>, of block: Int) -> [Int64] {
        let columns = blocks[block]
        // By how much the table's place grows with each column's code.
        var steps = [Int](repeating: 0, count: columns.count)
        var size = 1
        for column in clique.reversed() {
            if let place = columns.firstIndex(of: column) { steps[place] += size }
            size *= sizes[column]
        }
        var table = [Int64](repeating: 0, count: size)
        var codes = [Int](repeating: 0, count: columns.count)
        var place = 0
        for count in counts {
            table[place] += count
            var column = columns.count - 1
            while column >= 0 {
                codes[column] += 1
                place += steps[column]
                guard codes[column] == sizes[columns[column]] else { break }
                place -= steps[column] * codes[column]
                codes[column] = 0
                column -= 1
            }
        }
        return table
    }
}
