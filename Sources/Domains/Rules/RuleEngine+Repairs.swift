import VectorMath

/// Rows that break an order or hold an impossible combination.
extension RuleEngine {
    func repair(_ check: RowRules.Check, _ row: inout RuledRow, _ generator: inout SplitMix64) -> Bool {
        switch check {
        case .order(let first, let second):
            guard let one = row.values[first], let other = row.values[second] else { return true }
            let free = (!computed.contains(first), !computed.contains(second))
            // Where the other orders of a column leave room it keeps them all, and where they leave room on one side alone
            // the other waits: else two columns would push a third to and fro.
            let (most, least) = (ceiling(of: second, row), floor(of: first, row))
            let (hasAbove, hasBelow) = (most.map { one <= $0 } ?? true, least.map { $0 <= other } ?? true)
            if free.1, hasAbove, stay(second, from: one, to: most, &row, &generator) { return true }
            if free.0, hasBelow, stay(first, from: least, to: other, &row, &generator) { return true }
            let (upper, lower) = (hasAbove ? most : nil, hasBelow ? least : nil)
            var up = free.1 && !fixed.contains(second) ? mass(second, from: one, to: upper, given: first, row) : 0
            var down = free.0 && !fixed.contains(first) ? mass(first, from: lower, to: other, given: second, row) : 0
            if hasAbove, !hasBelow, up > 0 { down = 0 }
            if hasBelow, !hasAbove, down > 0 { up = 0 }
            let isUp = hasAbove == hasBelow ? up >= down : up > 0
            if isUp, up > 0, move(second, from: one, to: upper, given: first, finest: nil, &row, &generator) {
                return true
            }
            if down > 0, move(first, from: lower, to: other, given: second, finest: nil, &row, &generator) {
                return true
            }
            if move(first, from: nil, to: other, given: second, finest: nil, &row, &generator) { return true }
            if move(second, from: one, to: nil, given: first, finest: nil, &row, &generator) { return true }
            return loosen([first, second], &row, &generator)
        case .never(let tests):
            for test in tests where !computed.contains(test.column) {
                if escape(test, given: nil, staying: true, &row, &generator) { return true }
            }
            // The column that has most of its mass outside the condition is the one that noise put there.
            let ranked = tests.filter { !computed.contains($0.column) && !fixed.contains($0.column) }.map { test in
                (test, freeMass(test, given: tests.first { $0.column != test.column }?.column, row))
            }.sorted { $0.1 > $1.1 }
            for (test, _) in ranked {
                let given = tests.first { $0.column != test.column }?.column
                if escape(test, given: given, staying: false, &row, &generator) { return true }
            }
            return loosen(tests.map(\.column), &row, &generator)
        case .differ(let first, let second, let same):
            for (column, other) in [(second, first), (first, second)]
            where !computed.contains(column) && !fixed.contains(column) {
                let size = rules.domain.columns[column].size
                var weights = statistics.weights(of: column, given: (other, row.codes[other]), size: size)
                for code in weights.indices {
                    let isSame = column == second ? same[row.codes[first]] == code : same[code] == row.codes[second]
                    if isSame { weights[code] = 0 }
                }
                guard let code = pick(weights, &generator) else { continue }
                row.codes[column] = code
                return true
            }
            return false
        }
    }

    /// The least value of the columns that an order puts behind one.
    private func ceiling(of column: Int, _ row: RuledRow) -> ExactDecimal? {
        (behind[column] ?? []).compactMap { row.values[$0] }.min()
    }

    /// The largest value of the columns that an order puts before one.
    private func floor(of column: Int, _ row: RuledRow) -> ExactDecimal? {
        (before[column] ?? []).compactMap { row.values[$0] }.max()
    }

    /// Draws what computed columns are computed of anew, in the hope of another value.
    func loosen(_ columns: [Int], _ row: inout RuledRow, _ generator: inout SplitMix64) -> Bool {
        var open = columns.filter(computed.contains)
        var seen = Set(open)
        var sources: [Int] = []
        var isChanged = false
        while let column = open.popLast() {
            guard let computation = rules.computations.first(where: { $0.column == column }) else { continue }
            for source in computation.sources where seen.insert(source).inserted {
                if computed.contains(source) { open.append(source) } else { sources.append(source) }
            }
            if case .ratio(let ratio) = computation, ratio.carries, let quotient = anyQuotient(ratio, &generator),
                !fixed.contains(ratio.name)
            {
                row.carried[ratio.name] = .quotient(quotient)
                isChanged = true
            }
        }
        guard !sources.isEmpty else { return isChanged }
        let source = sources[Int(generator.next() % UInt64(sources.count))]
        return move(source, from: nil, to: nil, given: nil, finest: nil, &row, &generator) || isChanged
    }
}
