package import VectorMath

/// Makes rows obey rules: computes what is computed, and moves as little as it can where a drawn row breaks a rule.
///
/// A value first moves inside its own cell; where that is not enough, one column is drawn anew, given the others, from
/// what the model says of it. A row that cannot be mended so is refused, and its caller puts another in its place.
package struct RuleEngine: Sendable {
    package let rules: RowRules
    /// Columns whose codes stay: what the rows were asked for.
    let fixed: Set<Int>
    let statistics: RuleStatistics
    let computed: Set<Int>
    /// By its column each ratio from which a numerator is rebuilt.
    let carrying: [Int: RowRules.Ratio]
    /// For each column those that an order puts before it, and those behind.
    let before: [Int: [Int]]
    let behind: [Int: [Int]]

    /// How often a row is looked at again: with many rules, each of which may move a value.
    package var passes: Int { Self.fewestPasses + 4 * rules.checks.count }
    package static let fewestPasses = 24

    /// - Parameters:
    ///   - fixed: columns whose codes stay as they are.
    ///   - statistics: from which columns are drawn anew; uniform where empty.
    package init(_ rules: RowRules, fixed: Set<Int> = [], statistics: RuleStatistics = RuleStatistics()) {
        self.rules = rules
        self.fixed = fixed
        self.statistics = statistics
        computed = rules.domain.computedColumns
        carrying = rules.computations.reduce(into: [:]) { ratios, computation in
            if case .ratio(let ratio) = computation, ratio.carries { ratios[ratio.name] = ratio }
        }
        var (before, behind): ([Int: [Int]], [Int: [Int]]) = ([:], [:])
        for case .order(let first, let second) in rules.checks {
            before[second, default: []].append(first)
            behind[first, default: []].append(second)
        }
        (self.before, self.behind) = (before, behind)
    }

    /// A row that obeys every rule, drawn without a model; nil if none was found.
    package func example() -> RuledRow? {
        var generator = SplitMix64(state: 0x7275_6C65)
        // With many rules a row is tried longer, so that fewer are tried.
        for _ in 0..<max(16, 256 * Self.fewestPasses / passes) {
            var row = RuledRow(columns: rules.domain.columns.count)
            for (column, domain) in rules.domain.columns.enumerated() {
                row.codes[column] = Int(generator.next() % UInt64(max(domain.size, 1)))
                row.fractions[column] = Float(generator.unit())
            }
            if obey(&row, &generator) { return row }
        }
        return nil
    }

    /// - Returns: whether the row obeys every rule now.
    package func obey(_ row: inout RuledRow, _ generator: inout SplitMix64) -> Bool {
        for column in rules.valued where !computed.contains(column) {
            row.values[column] = rules.points[column]?.value(row.codes[column], row.fractions[column])
        }
        for computation in rules.computations {
            guard case .ratio(let ratio) = computation, ratio.carries else { continue }
            row.carried[ratio.name] = carried(ratio, row, &generator)
        }
        // Checks in a ring: whoever has passed as many as there are since the last move has passed all.
        var (place, passed) = (0, 0)
        for _ in 0..<passes {
            row.isMoved = false
            for computation in rules.computations {
                switch computation {
                case .ratio(let ratio): guard compute(ratio, &row, &generator) else { return false }
                case .sum(let sum): guard compute(sum, &row, &generator) else { return false }
                }
            }
            if row.isMoved { continue }
            while passed < rules.checks.count, rules.glances.exclude(place, row) || !breaks(rules.checks[place], row) {
                passed += 1
                place = (place + 1) % rules.checks.count
            }
            guard passed < rules.checks.count else { return true }
            guard repair(rules.checks[place], &row, &generator) else { return false }
            passed = 0
        }
        return false
    }

    package func breaks(_ check: RowRules.Check, _ row: RuledRow) -> Bool {
        switch check {
        case .order(let first, let second):
            guard let one = row.values[first], let other = row.values[second] else { return false }
            return other < one
        case .never(let tests):
            return tests.allSatisfy { $0.holds(code: row.codes[$0.column], value: row.values[$0.column]) }
        case .differ(let first, let second, let same): return same[row.codes[first]] == row.codes[second]
        }
    }
}
