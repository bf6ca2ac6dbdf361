import Domains
import Statistics
import Tables

/// How wrong a count of synthetic rows can be: for values of one, two or three columns.
///
/// The page does the same arithmetic in the browser (`page.js`), over the same figures.
public struct ErrorCalculator: Sendable {
    /// Values of a column: a row counts when its code is one of them.
    public struct Condition: Sendable, Equatable {
        /// Place in the domain.
        public let column: Int
        /// The codes that count.
        public let codes: Set<Int>

        /// Rows whose code of `column` is one of `codes`.
        public init(column: Int, codes: Set<Int>) {
            self.column = column
            self.codes = codes
        }
    }

    /// A count with what is known about it.
    public struct Answer: Sendable, Equatable {
        /// What the interval rests on.
        public enum Basis: String, Sendable, Codable {
            /// A noisy measurement of these very values together.
            case measured
            /// Measured together, in groups that these values cut through.
            case partly
            /// Never measured together: only what the parts allow.
            case assumed
        }

        /// What the interval rests on.
        public let basis: Basis
        /// Synthetic rows that meet the conditions, scaled to the model's number of rows.
        public let synthetic: Double
        /// The true count lies inside in at least 95 of 100 cases.
        public let lower: Double
        /// The other end of the interval.
        public let upper: Double
    }

    private struct Interval {
        var lower: Double
        var upper: Double
        var isExact: Bool
    }

    /// For 95 % over the at most six figures that enter one answer together (Bonferroni).
    static let jointConfidence = 1 - 0.05 / 6

    private let evaluation: ModelEvaluation
    private let tables: [ColumnPair: PairFit]
    private let critical: Double
    private let jointCritical: Double

    /// A calculator over the figures of one model.
    public init(_ evaluation: ModelEvaluation) {
        self.evaluation = evaluation
        critical = evaluation.law.critical(0.95)
        jointCritical = evaluation.law.critical(Self.jointConfidence)
        tables = Dictionary(
            evaluation.pairs.filter { $0.noisy != nil }.map { (ColumnPair($0.first, $0.second), $0) },
            uniquingKeysWith: { first, _ in first })
    }

    /// - Parameter conditions: on one to three columns, each at most once.
    public func answer(_ conditions: [Condition]) -> Answer {
        let synthetic = share(conditions) * evaluation.total
        let direct: Interval? =
            switch conditions.count {
            case 1: single(conditions[0], quantile: critical)
            case 2: table(conditions[0], conditions[1], quantile: critical)
            default: nil
            }
        if let direct, direct.isExact {
            return Answer(
                basis: .measured, synthetic: synthetic, lower: max(0, direct.lower), upper: max(0, direct.upper))
        }
        // Fréchet: at most the least of the parts, at least what the parts together cannot avoid.
        let total = evaluation.total
        let singles = conditions.map {
            single($0, quantile: jointCritical) ?? Interval(lower: 0, upper: total, isExact: false)
        }
        var upper = singles.reduce(total) { min($0, $1.upper) }
        var lower = singles.reduce(0) { $0 + $1.lower } - Double(singles.count - 1) * total
        for one in conditions.indices {
            for other in conditions.indices where other > one {
                guard let both = table(conditions[one], conditions[other], quantile: jointCritical) else {
                    continue
                }
                upper = min(upper, both.upper)
                let rest = conditions.count == 3 ? singles[3 - one - other].lower - total : 0
                lower = max(lower, both.lower + rest)
            }
        }
        return Answer(
            basis: direct == nil ? .assumed : .partly, synthetic: synthetic, lower: max(0, lower),
            upper: max(0, upper))
    }

    private func single(_ condition: Condition, quantile: Double) -> Interval? {
        guard let measurement = evaluation.columns[condition.column].measurement else { return nil }
        let count = condition.codes.reduce(0) { $0 + measurement.counts[$1] }
        let variance = condition.codes.reduce(0) { $0 + measurement.deviations[$1] * measurement.deviations[$1] }
        let half = quantile * variance.squareRoot()
        return Interval(lower: count - half, upper: count + half, isExact: true)
    }

    /// From the noisy table of two columns: below, groups that lie inside; above, groups that touch.
    private func table(_ one: Condition, _ other: Condition, quantile: Double) -> Interval? {
        guard let pair = tables[ColumnPair(one.column, other.column)], let noisy = pair.noisy,
            let deviation = pair.deviation
        else { return nil }
        let (first, second) = one.column == pair.first ? (one, other) : (other, one)
        let rows = groups(pair.firstGroups, first.codes)
        let columns = groups(pair.secondGroups, second.codes)
        func sum(_ rows: [Int], _ columns: [Int], _ side: Double) -> Double {
            var sum = 0.0
            for row in rows { for column in columns { sum += noisy[row * pair.secondGroups.count + column] } }
            return sum + side * quantile * deviation * Double(rows.count * columns.count).squareRoot()
        }
        return Interval(
            lower: sum(rows.inside, columns.inside, -1), upper: sum(rows.touched, columns.touched, 1),
            isExact: rows.inside.count == rows.touched.count && columns.inside.count == columns.touched.count)
    }

    private func groups(_ groups: CodeGroups, _ codes: Set<Int>) -> (inside: [Int], touched: [Int]) {
        var members = [Int](repeating: 0, count: groups.count)
        var hits = members
        for (code, group) in groups.map.enumerated() {
            members[group] += 1
            if codes.contains(code) { hits[group] += 1 }
        }
        return (
            members.indices.filter { hits[$0] > 0 && hits[$0] == members[$0] }, members.indices.filter { hits[$0] > 0 }
        )
    }

    private func share(_ conditions: [Condition]) -> Double {
        let rows = evaluation.rows
        guard rows.rowCount > 0 else { return 0 }
        let allowed = conditions.map { condition in
            (condition.column, evaluation.domain.columns[condition.column].size.flags(condition.codes))
        }
        let hits = (0..<rows.rowCount).count { row in
            allowed.allSatisfy { column, isAllowed in isAllowed[Int(rows.codes[column][row])] }
        }
        return Double(hits) / Double(rows.rowCount)
    }
}

extension Int {
    /// So many flags, those of the given places raised.
    fileprivate func flags(_ places: Set<Int>) -> [Bool] { (0..<self).map(places.contains) }
}
