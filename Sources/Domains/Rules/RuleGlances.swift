/// Which `never` rules a row cannot break, by the code of one column each: of thousands of them a row meets a few.
///
/// A test with its numbers is dear to look at, above all from several threads; a code is one look.
struct RuleGlances: Sendable {
    private struct Glance {
        /// −1 where nothing can be said without the test.
        var column = -1
        /// Where its codes begin among `isReached`.
        var start = 0
    }

    /// One for each check.
    private let glances: [Glance]
    /// For each code of a glance's column whether the condition on it can hold.
    private let isReached: [Bool]

    init(_ checks: [RowRules.Check], _ computations: [RowRules.Computation]) {
        // What is computed, and what it is computed of, can have numbers between the points of its codes.
        let moving = computations.reduce(into: Set<Int>()) { columns, computation in
            columns.formUnion(computation.sources + [computation.column])
            if case .ratio(let ratio) = computation { columns.formUnion([ratio.name, ratio.numerator]) }
        }
        var isReached: [Bool] = []
        glances = checks.map { check in
            guard case .never(let tests) = check else { return Glance() }
            // The condition that fewest codes meet says most.
            let known = tests.filter { !moving.contains($0.column) }.map { test in
                (column: test.column, reach: test.reach.map { $0 != .nothing })
            }
            guard let best = known.min(by: { Self.share($0.reach) < Self.share($1.reach) }) else { return Glance() }
            isReached += best.reach
            return Glance(column: best.column, start: isReached.count - best.reach.count)
        }
        self.isReached = isReached
    }

    private static func share(_ reach: [Bool]) -> Double { Double(reach.count { $0 }) / Double(max(reach.count, 1)) }

    /// Whether a row keeps a check, whatever else is in it.
    func exclude(_ check: Int, _ row: RuledRow) -> Bool {
        let glance = glances[check]
        return glance.column >= 0 && !isReached[glance.start + row.codes[glance.column]]
    }
}
