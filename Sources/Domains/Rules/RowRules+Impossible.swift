extension RowRules {
    /// Two columns of which rules forbid some pairs of codes, whatever else a row holds.
    package struct ImpossiblePairs: Sendable {
        package let first: Int
        package let second: Int
        private let check: Check
        private let lowest: [ExactDecimal?]
        private let highest: [ExactDecimal?]

        fileprivate init(_ first: Int, _ second: Int, _ check: Check, _ rules: RowRules) {
            self.first = first
            self.second = second
            self.check = check
            lowest = rules.points[first]?.cells.map { $0?.point(0) } ?? []
            highest = rules.points[second]?.cells.map { cell in cell.map { $0.point($0.count - 1) } } ?? []
        }

        /// Whether no row has these codes.
        package func holds(_ one: Int, _ other: Int) -> Bool {
            switch check {
            case .order:
                guard let low = lowest[one], let high = highest[other] else { return false }
                return high < low
            case .never(let tests): return tests[0].reach[one] == .everything && tests[1].reach[other] == .everything
            case .differ(_, _, let same): return same[one] == other
            }
        }
    }

    /// What a model of two columns can leave out.
    package var impossiblePairs: [ImpossiblePairs] {
        checks.compactMap { check in
            switch check {
            case .order(let first, let second): return ImpossiblePairs(first, second, check, self)
            case .never(let tests):
                guard tests.count == 2, tests[0].column != tests[1].column else { return nil }
                return ImpossiblePairs(tests[0].column, tests[1].column, check, self)
            case .differ(let first, let second, _): return ImpossiblePairs(first, second, check, self)
            }
        }
    }
}
