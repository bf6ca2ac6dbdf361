/// Rules with their columns as places in a domain: what drawing, checking and the model work on.
package struct RowRules: Sendable {
    /// A column that carries the relation of two others.
    struct Ratio: Sendable {
        enum Form: Sendable {
            case quotient, logPoints
        }

        let name: Int
        let numerator: Int
        let denominator: Int
        let form: Form
        /// Whether the numerator is rebuilt from it; where not, it is itself computed of the two.
        let carries: Bool
        let states: RatioStates
    }

    struct Sum: Sendable {
        let column: Int
        let terms: [(column: Int, isSubtracted: Bool)]
        /// Terms are written no finer than this, so that the sum has a number's digits.
        let finest: Int
    }

    enum Computation: Sendable {
        case ratio(Ratio)
        case sum(Sum)

        /// What it computes.
        var column: Int {
            switch self {
            case .ratio(let ratio): ratio.carries ? ratio.numerator : ratio.name
            case .sum(let sum): sum.column
            }
        }

        /// What it is computed of.
        var sources: [Int] {
            switch self {
            case .ratio(let ratio): ratio.carries ? [ratio.denominator] : [ratio.numerator, ratio.denominator]
            case .sum(let sum): sum.terms.map(\.column)
            }
        }
    }

    package enum Check: Sendable {
        case order(Int, Int)
        case never([RuleTest])
        /// For each code of the first column the code of the second with the same text.
        case differ(Int, Int, same: [Int?])
    }

    package let domain: TableDomain
    /// Sources come before what is computed of them.
    let computations: [Computation]
    package let checks: [Check]
    /// Which of them a row cannot break.
    let glances: RuleGlances
    /// The numbers of each column; nil for text and truth values.
    package let points: [ColumnPoints?]
    /// Columns that have values of their own in a row: of rules, with numbers.
    let valued: [Int]

    /// - Throws: everything that is wrong with the domain's rules.
    package init(_ domain: TableDomain) throws(RuleProblems) {
        var resolver = RuleResolver(domain)
        resolver.resolve()
        guard resolver.problems.isEmpty, let computations = resolver.ordered() else {
            throw RuleProblems(resolver.problems)
        }
        self.domain = domain
        self.computations = computations
        checks = resolver.checks
        glances = RuleGlances(resolver.checks, computations)
        points = resolver.points
        valued = resolver.valued.sorted()
    }
}

/// What is known of the numerator where a ratio has no value.
struct RatioStates: Sendable {
    /// For each state what it says; none where the ratio is undefined for want of a numerator alone.
    let labels: [String]
    /// For each code of the numerator its state; `labels.count` for missing.
    let ofCode: [Int]
    /// Whether a row can have no ratio at all.
    let canBeUndefined: Bool

    /// Most states of numbers that are not spikes.
    private static let bands = 6

    init(numerator: ColumnDomain, denominator: ColumnDomain) {
        let hasZero = (0..<denominator.valueCount).contains { code in
            denominator.edges(of: code).map { $0.lower <= 0 && $0.upper >= 0 } ?? false
        }
        let needsStates = hasZero || denominator.missingCode != nil
        canBeUndefined = needsStates || numerator.missingCode != nil
        guard needsStates else {
            labels = []
            ofCode = (0..<numerator.size).map { _ in 0 }
            return
        }
        var labels: [String] = []
        var ofCode: [Int] = []
        let intervals = (0..<numerator.valueCount).filter { numerator.width(of: $0) != nil }
        let wide = max(1, (intervals.count + Self.bands - 1) / Self.bands)
        var filled = 0
        for code in 0..<numerator.valueCount {
            let isInterval = numerator.width(of: code) != nil
            if isInterval, filled > 0, filled < wide {
                filled += 1
                ofCode.append(labels.count - 1)
                continue
            }
            if !isInterval, labels.count >= 32 {
                // Many listed values: the rest share one state.
                ofCode.append(labels.count - 1)
                continue
            }
            filled = isInterval ? 1 : 0
            ofCode.append(labels.count)
            labels.append("\(numerator.name) from \(numerator.label(of: code))")
        }
        for _ in numerator.valueCount..<max(numerator.size, numerator.valueCount) { ofCode.append(labels.count) }
        self.labels = labels
        self.ofCode = ofCode
    }
}
