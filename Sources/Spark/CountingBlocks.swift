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
        let sets = cliques.map { Array(Set($0)) }
        let cells = sets.map { $0.reduce(1) { $0 * sizes[$1] } }
        /// The tables that have a column.
        var tables = [[Int]](repeating: [], count: sizes.count)
        for (clique, columns) in sets.enumerated() { for column in columns { tables[column].append(clique) } }
        var isLeft = [Bool](repeating: true, count: cliques.count)
        for first in cliques.indices.sorted(by: { (cells[$1], $0) < (cells[$0], $1) }) where isLeft[first] {
            var growing = Growing(sets, tables, isLeft, sizes: sizes)
            for column in sets[first] { growing.add(column) }
            while let column = growing.best(within: mostCells) { growing.add(column) }
            // A table of no columns is part of every block.
            for clique in growing.held + sets.indices.filter({ sets[$0].isEmpty }) where isLeft[clique] {
                holders[clique] = blocks.count
                isLeft[clique] = false
            }
            blocks.append(growing.columns.sorted())
        }
    }

    /// A block on its way, with what each further column would let it hold.
    private struct Growing {
        private let sets: [[Int]]
        private let tables: [[Int]]
        private let isLeft: [Bool]
        private let sizes: [Int]
        /// Of each table how many of its columns the block lacks.
        private var lacking: [Int]
        /// Of each column how many tables lack it alone.
        private var gains: [Int]
        private var isIn: [Bool]
        private var cells = 1
        private(set) var columns: [Int] = []
        /// The tables that the block holds.
        private(set) var held: [Int] = []

        init(_ sets: [[Int]], _ tables: [[Int]], _ isLeft: [Bool], sizes: [Int]) {
            (self.sets, self.tables, self.isLeft, self.sizes) = (sets, tables, isLeft, sizes)
            lacking = sets.map(\.count)
            gains = [Int](repeating: 0, count: sizes.count)
            isIn = [Bool](repeating: false, count: sizes.count)
            for (clique, columns) in sets.enumerated() where isLeft[clique] && columns.count == 1 {
                gains[columns[0]] += 1
            }
        }

        mutating func add(_ column: Int) {
            isIn[column] = true
            columns.append(column)
            cells *= sizes[column]
            for clique in tables[column] where isLeft[clique] {
                lacking[clique] -= 1
                if lacking[clique] == 0 { held.append(clique) }
                if lacking[clique] == 1, let last = sets[clique].first(where: { !isIn[$0] }) { gains[last] += 1 }
            }
        }

        /// The column by which the block holds the most further tables; of equals the smallest, then the first.
        func best(within mostCells: Int) -> Int? {
            var best: Int?
            for column in gains.indices
            where gains[column] > 0 && !isIn[column] && cells * sizes[column] <= mostCells {
                guard let known = best else {
                    best = column
                    continue
                }
                if (gains[column], -sizes[column]) > (gains[known], -sizes[known]) { best = column }
            }
            return best
        }
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
