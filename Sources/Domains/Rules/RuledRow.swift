/// One row on its way through the rules.
package struct RuledRow: Sendable {
    enum Carried: Sendable {
        case quotient(Double)
        /// A code that is written as missing.
        case absent(Int)
    }

    /// One a column.
    package var codes: [Int]
    var fractions: [Float]
    /// Of columns that rules name: the number that will be written; nil for missing.
    package var values: [ExactDecimal?]
    /// For the column of a ratio what was drawn.
    var carried: [Int: Carried] = [:]
    /// For the column of a ratio what will be written.
    var quotients: [Int: Double] = [:]
    /// Whether computing one column moved another, so that everything is computed once more.
    var isMoved = false

    package init(columns: Int) {
        codes = [Int](repeating: 0, count: columns)
        fractions = [Float](repeating: 0, count: columns)
        values = [ExactDecimal?](repeating: nil, count: columns)
    }
}

/// What a model says of columns that are drawn anew: shares, and counts of pairs.
package struct RuleStatistics: Sendable {
    /// For each column the share of each code; empty where nothing is known.
    var shares: [[Double]] = []
    /// For a column and another one: counts of the first's codes for each code of the second.
    var pairs: [Pair: [Float]] = [:]

    struct Pair: Hashable, Sendable {
        let column: Int
        let given: Int
    }

    /// Most cells of a table of two columns.
    private static let mostCells = 1 << 20

    package init() {}

    /// - Parameters:
    ///   - codes: rows of the model, one array a column; empty for columns that it does not draw.
    package init(_ rules: RowRules, codes: [[UInt32]]) {
        let sizes = rules.domain.sizes
        shares = codes.enumerated().map { column, codes in
            guard !codes.isEmpty else { return [] }
            var counts = [Double](repeating: 0, count: sizes[column])
            for code in codes { counts[Int(code)] += 1 }
            return counts
        }
        for (column, given) in rules.neighbours where pairs[Pair(column: column, given: given)] == nil {
            let cells = sizes[column] * sizes[given]
            guard codes[column].count == codes[given].count, !codes[column].isEmpty, cells <= Self.mostCells else {
                continue
            }
            var counts = [Float](repeating: 0, count: cells)
            for row in codes[column].indices {
                counts[Int(codes[given][row]) * sizes[column] + Int(codes[column][row])] += 1
            }
            pairs[Pair(column: column, given: given)] = counts
        }
    }

    /// How likely each code is, given a code of another column; a little of the column's own shares in all cases.
    func weights(of column: Int, given: (column: Int, code: Int)?, size: Int) -> [Double] {
        let own = shares.indices.contains(column) && !shares[column].isEmpty ? shares[column] : []
        let total = max(own.reduce(0, +), 1)
        var weights =
            own.isEmpty
            ? [Double](repeating: 1 / Double(max(size, 1)), count: size) : own.map { ($0 + 1e-6) / total }
        guard let given, let counts = pairs[Pair(column: column, given: given.column)] else { return weights }
        let first = given.code * size
        guard first + size <= counts.count else { return weights }
        for code in 0..<size { weights[code] = 0.05 * weights[code] + Double(counts[first + code]) }
        return weights
    }
}

extension RowRules {
    /// Pairs of columns of which one may be drawn anew given the other.
    fileprivate var neighbours: [(Int, Int)] {
        var result: [(Int, Int)] = []
        func add(_ columns: [Int]) {
            for one in columns { for other in columns where other != one { result.append((one, other)) } }
        }
        for check in checks {
            switch check {
            case .order(let first, let second): add([first, second])
            case .never(let tests): add(Array(Set(tests.map(\.column))).sorted())
            case .differ(let first, let second, _): add([first, second])
            }
        }
        for computation in computations { if case .sum(let sum) = computation { add(sum.terms.map(\.column)) } }
        return result
    }
}
