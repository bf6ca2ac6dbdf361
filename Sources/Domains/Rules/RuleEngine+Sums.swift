import VectorMath

/// Sums, which are computed, and their parts, which give way where the sum leaves its bounds.
extension RuleEngine {
    func compute(_ sum: RowRules.Sum, _ row: inout RuledRow, _ generator: inout SplitMix64) -> Bool {
        guard let target = rules.points[sum.column] else { return false }
        for term in sum.terms {
            guard let value = row.values[term.column] else {
                guard let missing = target.domain.missingCode else { return false }
                row.codes[sum.column] = missing
                row.values[sum.column] = nil
                return true
            }
            if value.exponent < sum.finest, !computed.contains(term.column) {
                let rounded = value.rounded(toExponent: sum.finest)
                guard let code = rules.points[term.column]?.code(of: rounded),
                    !fixed.contains(term.column) || code == row.codes[term.column]
                else { return false }
                row.codes[term.column] = code
                row.values[term.column] = rounded
                row.isMoved = true
            }
        }
        func total(without left: Int? = nil) -> ExactDecimal? {
            var result: ExactDecimal? = ExactDecimal(digits: 0, exponent: 0)
            for term in sum.terms where term.column != left {
                guard let value = row.values[term.column] else { return nil }
                result = result.flatMap { $0.adding(term.isSubtracted ? value.negated : value) }
            }
            return result
        }
        guard var value = total() else { return false }
        if value < target.lowest || target.highest < value {
            var free = sum.terms.filter { !computed.contains($0.column) }
            while !free.isEmpty, value < target.lowest || target.highest < value {
                let term = free.remove(at: Int(generator.next() % UInt64(free.count)))
                row.isMoved = true
                guard let rest = total(without: term.column),
                    let low = target.lowest.adding(rest.negated), let high = target.highest.adding(rest.negated)
                else { return false }
                let (from, to) = term.isSubtracted ? (high.negated, low.negated) : (low, high)
                let given = sum.terms.first { $0.column != term.column }?.column
                if !move(term.column, from: from, to: to, given: given, finest: sum.finest, &row, &generator) {
                    // As far as its own bounds let it; the next column does the rest.
                    shift(term.column, towards: from, to, &row)
                }
                guard let moved = total() else { return false }
                value = moved
            }
        }
        guard target.lowest <= value, value <= target.highest, let code = target.code(of: value) else { return false }
        row.codes[sum.column] = code
        row.values[sum.column] = value
        return true
    }

    /// Puts a column at the end of its bounds that is nearest to a range.
    func shift(_ column: Int, towards from: ExactDecimal, _ to: ExactDecimal, _ row: inout RuledRow) {
        guard !fixed.contains(column), let points = rules.points[column] else { return }
        let end = to < points.lowest ? points.lowest : points.highest < from ? points.highest : row.values[column]
        guard let end, let code = points.code(of: end) else { return }
        row.codes[column] = code
        row.values[column] = end
    }
}
