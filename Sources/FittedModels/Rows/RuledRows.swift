import Domains
import Tables

/// The last step over drawn rows: every one obeys the domain's rules, in whichever block it is drawn.
///
/// A row that cannot be mended by moving a value or two is replaced by another of the model that obeys. Where a condition is
/// on a column that rules compute, all rows are taken from such a pool.
struct RuledRows: Sendable {
    /// What rows were asked for, sorted by who sees to it.
    struct Conditions {
        /// Conditions on columns that the model draws.
        let drawn: [(column: Int, code: Int)]
        /// For columns that are not derived the codes that a row may have.
        let wanted: [Int: Set<Int>]
        /// Columns that conditioned ones are derived from.
        func parents(_ domain: TableDomain) -> Set<Int> {
            let derived = domain.derivationOf
            return Set(
                drawn.flatMap { condition -> [Int] in
                    var line: [Int] = []
                    var at = condition.column
                    for _ in domain.columns {
                        guard let parent = derived[at]?.parent else { break }
                        line.append(parent)
                        at = parent
                    }
                    return line
                })
        }

        /// Whether a condition is on what rules compute, or only rules give rows that meet it.
        let isOnComputed: Bool

        init(_ conditions: [(column: Int, code: Int)], of model: FittedModel) throws(SynthesisError) {
            let computed = model.domain.computedColumns
            let wanted = model.domain.rules.isEmpty ? [:] : try model.allowedCodes(conditions)
            self.wanted = wanted
            // That a ratio is missing is one value of several codes, which say what is known of its numerator.
            let carriers = model.domain.ratioColumns
            let modelled = conditions.filter { condition in
                let isAbsent =
                    carriers.contains(condition.column)
                    && condition.code == model.domain.columns[condition.column].missingCode
                return !computed.contains(condition.column) && !isAbsent
            }
            // Rules give some rows values that the model gives no chance: such rows are looked for among all others.
            let isPossible = wanted.isEmpty || modelled.isEmpty || (try? model.program(conditions: modelled)) != nil
            drawn = isPossible ? modelled : []
            isOnComputed = drawn.count < conditions.count
        }
    }

    private let engine: RuleEngine
    private let wanted: [Int: Set<Int>]
    private let pool: [RuledRow]
    private let isPoolOnly: Bool

    private static let statisticsRows: UInt64 = 1 << 14
    private static let poolRows = 1 << 12
    /// Rows that take the place of those that cannot be mended.
    private static let spareRows = 1 << 8
    /// Rows that are tried for a pool; fewer where there are many rules, each of which takes its time.
    private static let attempts = 1 << 18

    /// nil for a domain without rules.
    ///
    /// - Parameter rows: as the model draws them.
    /// - Throws: `impossibleConditions` if no row that was tried meets the conditions and obeys the rules.
    init?(
        _ domain: TableDomain, conditions: Conditions, seed: UInt64, rows: (Range<UInt64>) -> SampleBlock
    ) throws(SynthesisError) {
        guard !domain.rules.isEmpty else { return nil }
        let rules: RowRules
        do {
            rules = try RowRules(domain)
        } catch {
            throw .malformedModel("its rules do not fit its columns")
        }
        wanted = conditions.wanted
        isPoolOnly = conditions.isOnComputed
        let first = rows(0..<Self.statisticsRows)
        let computed = domain.computedColumns
        let drawn = first.codes.enumerated().map { computed.contains($0.offset) ? [] : $0.element }
        engine = RuleEngine(
            rules, fixed: Set(conditions.drawn.map(\.column)).union(conditions.parents(domain)).subtracting(computed),
            statistics: RuleStatistics(rules, codes: drawn))
        let streams = RowStreams(seed: seed)
        var pool: [RuledRow] = []
        var start: UInt64 = 0
        let attempts = UInt64(max(Self.attempts * RuleEngine.fewestPasses / engine.passes, 1))
        while start < attempts, isPoolOnly ? pool.count < Self.poolRows : pool.isEmpty {
            let range = start..<(start + Self.statisticsRows)
            pool += engine.obeying(
                start == 0 ? first : rows(range), words: streams.words(.rule, 1, range), wanted: conditions.wanted,
                limit: (isPoolOnly ? Self.poolRows : Self.spareRows) - pool.count)
            start = range.upperBound
        }
        if pool.isEmpty, conditions.wanted.isEmpty, let example = engine.example() { pool = [example] }
        guard !pool.isEmpty else { throw .impossibleConditions }
        self.pool = pool
    }

    func obeying(_ block: SampleBlock, _ range: Range<UInt64>, _ streams: RowStreams) -> SampleBlock {
        var block = block
        engine.obey(
            &block, words: streams.words(.rule, 0, range), wanted: wanted, pool: pool, isPoolOnly: isPoolOnly)
        return block
    }
}
