import VectorMath

/// Whole blocks of rows.
extension RuleEngine {
    /// Columns that may change in a row, or whose exact numbers are written.
    private var touched: [Int] {
        var columns = Set(rules.valued).union(computed)
        for computation in rules.computations { if case .ratio(let ratio) = computation { columns.insert(ratio.name) } }
        for check in rules.checks {
            switch check {
            case .order(let first, let second): columns.formUnion([first, second])
            case .never(let tests): columns.formUnion(tests.map(\.column))
            case .differ(let first, let second, _): columns.formUnion([first, second])
            }
        }
        return columns.sorted()
    }

    /// The rows of a block that can be made to obey, each with the codes of all columns.
    ///
    /// - Parameters:
    ///   - words: one a row.
    ///   - wanted: codes that a row must have, of columns that no other is derived to.
    package func obeying(_ block: SampleBlock, words: [UInt64], wanted: [Int: Set<Int>], limit: Int) -> [RuledRow] {
        var result: [RuledRow] = []
        let columns = Array(rules.domain.columns.indices)
        for place in 0..<block.rowCount where result.count < limit {
            var row = RuledRow(columns: columns.count)
            var generator = SplitMix64(state: words[place])
            load(block, place, columns, into: &row)
            if obey(&row, &generator), has(wanted, row) { result.append(row) }
        }
        return result
    }

    /// Makes every row of a block obey.
    ///
    /// - Parameters:
    ///   - words: one a row.
    ///   - wanted: codes that a row must have.
    ///   - pool: rows that take the place of those that cannot be mended; at least one.
    ///   - isPoolOnly: every row comes from the pool.
    package func obey(
        _ block: inout SampleBlock, words: [UInt64], wanted: [Int: Set<Int>], pool: [RuledRow], isPoolOnly: Bool
    ) {
        let touched = self.touched
        let all = Array(rules.domain.columns.indices)
        for column in all where block.codes[column].count < block.rowCount {
            block.codes[column] = [UInt32](repeating: 0, count: block.rowCount)
        }
        for column in computed where rules.domain.columns[column].isBinned {
            block.fractions[column] = [Float](repeating: 0, count: block.rowCount)
        }
        var written = ExactBlock(rules, rowCount: block.rowCount)
        var row = RuledRow(columns: all.count)
        for place in 0..<block.rowCount {
            var generator = SplitMix64(state: words[place])
            var isReplaced = isPoolOnly
            if !isPoolOnly {
                load(block, place, touched, into: &row)
                isReplaced = !obey(&row, &generator) || !has(wanted, row)
            }
            if isReplaced, !pool.isEmpty { row = pool[Int(generator.next() % UInt64(pool.count))] }
            for column in isReplaced ? all : touched {
                block.codes[column][place] = UInt32(truncatingIfNeeded: row.codes[column])
            }
            written.take(row, at: place)
            if isReplaced { row = RuledRow(columns: all.count) }
        }
        block.exact = written.columns
    }

    private func has(_ wanted: [Int: Set<Int>], _ row: RuledRow) -> Bool {
        wanted.allSatisfy { column, codes in codes.contains(row.codes[column]) }
    }

    private func load(_ block: SampleBlock, _ place: Int, _ columns: [Int], into row: inout RuledRow) {
        for column in columns {
            row.codes[column] = place < block.codes[column].count ? Int(block.codes[column][place]) : 0
            row.fractions[column] =
                column < block.fractions.count && place < block.fractions[column].count
                ? block.fractions[column][place] : 0
            row.values[column] = nil
        }
        row.carried.removeAll(keepingCapacity: true)
        row.quotients.removeAll(keepingCapacity: true)
    }
}

/// The numbers of a block that are written as they are, gathered row by row.
private struct ExactBlock {
    private var decimals: [(column: Int, values: [ExactDecimal])]
    private var quotients: [(column: Int, values: [Double])]

    init(_ rules: RowRules, rowCount: Int) {
        quotients = rules.computations.compactMap { computation in
            guard case .ratio(let ratio) = computation, ratio.form == .quotient else { return nil }
            return (ratio.name, [Double](repeating: 0, count: rowCount))
        }
        let named = Set(quotients.map(\.column))
        let none = ExactDecimal(digits: 0, exponent: 0)
        decimals = rules.valued.filter { !named.contains($0) }.map {
            ($0, [ExactDecimal](repeating: none, count: rowCount))
        }
    }

    var columns: [Int: ExactNumbers] {
        var result: [Int: ExactNumbers] = [:]
        for one in decimals { result[one.column] = .decimals(one.values) }
        for one in quotients { result[one.column] = .doubles(one.values) }
        return result
    }

    mutating func take(_ row: RuledRow, at place: Int) {
        for index in decimals.indices {
            if let value = row.values[decimals[index].column] { decimals[index].values[place] = value }
        }
        for index in quotients.indices {
            if let value = row.quotients[quotients[index].column] { quotients[index].values[place] = value }
        }
    }
}
