package import Domains
package import PrivacyKernel
import Tables

/// A column that is not drawn itself: its number is another column's number and a difference, each on a public axis.
///
/// Of two columns that nearly determine each other, a table of both loses what happens inside its cells, and noise fills the
/// cells that are empty. The difference of the two has a narrow distribution instead, which one small marginal shows. In the
/// model the difference takes the column's place, as a further column behind those of the domain. Its first codes are
/// intervals; after them comes one code for each code of the column itself, for rows that have no difference or none within
/// the intervals.
public struct ColumnDifference: Sendable, Equatable, Codable {
    /// The column that is rebuilt.
    public let column: Int
    /// The column that the difference is added to; it may be rebuilt itself.
    public let base: Int
    public let columnAxis: NumberAxis
    public let baseAxis: NumberAxis
    /// Ends of the intervals, ascending, in whole numbers of 1 / `scale`.
    public let edges: [Int32]
    /// Whole numbers for a position of 1.
    public let scale: Double
    /// The kernel's number of the attribute, by which releases name it.
    public var number: Int

    package init(
        column: Int, base: Int, columnAxis: NumberAxis, baseAxis: NumberAxis, edges: [Int32], scale: Double,
        number: Int = -1
    ) {
        self.column = column
        self.base = base
        self.columnAxis = columnAxis
        self.baseAxis = baseAxis
        self.edges = edges
        self.scale = scale
        self.number = number
    }

    /// Whether nothing is taken away: the column is rebuilt from its own number on finer intervals.
    public var isAlone: Bool { baseAxis.kind == .zero }

    /// Number of intervals.
    package var intervals: Int { max(0, edges.count - 1) }

    /// Positions that the difference lies below in these parts of the rows that have one.
    ///
    /// - Parameter shares: the distribution of the difference's codes, as the model has it.
    public func quantiles(_ shares: [Double], at wanted: [Double]) -> [Double] {
        let inside = Array(shares.prefix(intervals))
        let sum = inside.reduce(0, +)
        return wanted.map { share in
            var left = share * sum
            for (cell, mass) in inside.enumerated() {
                if mass >= left, mass > 0 {
                    let (low, high) = (Double(edges[cell]) / scale, Double(edges[cell + 1]) / scale)
                    return low + (high - low) * left / mass
                }
                left -= mass
            }
            return Double(edges.last ?? 0) / scale
        }
    }

    /// Of a column on finer intervals the codes whose cells these are.
    func covered(_ domain: TableDomain) -> Range<Int> {
        let positions = AxisPositions(columnAxis, domain.columns[column])
        guard let first = edges.first, let last = edges.last else { return 0..<0 }
        let low = positions.place(of: Double(first + 1) / scale).code
        return Int(low)..<Int(positions.place(of: Double(last - 1) / scale).code) + 1
    }

    /// What the kernel is asked.
    package func question(_ domain: TableDomain) -> DifferenceQuestion {
        let (from, to) = (domain.columns[base], domain.columns[column])
        return DifferenceQuestion(
            first: base, second: column,
            firstNumbers: AxisPositions(baseAxis, from).wholeNumbers(size: from.size, scale: scale),
            secondNumbers: AxisPositions(columnAxis, to).wholeNumbers(size: to.size, scale: scale),
            edges: edges, others: (0..<UInt32(to.size)).map { $0 })
    }

    /// Runs of codes that have a number of the same kind: of the base, and of the further column that the difference is. A row has
    /// a difference only where both columns have a number, so that a model must keep these apart. nil where nearly all rows
    /// have numbers in both.
    ///
    /// - Parameter shares: the distributions of the columns of the table.
    package func kinds(
        _ domain: TableDomain, shares: [[Double]]
    ) -> (base: [(codes: Range<Int>, isOrdered: Bool)], own: [(codes: Range<Int>, isOrdered: Bool)])? {
        let from = AxisPositions(baseAxis, domain.columns[base])
        let to = AxisPositions(columnAxis, domain.columns[column])
        func runs(
            _ positions: AxisPositions, _ of: ColumnDomain, _ shares: [Double]
        ) -> (runs: [Range<Int>], other: Double) {
            var runs: [Range<Int>] = []
            var last: Int?
            var other = 0.0
            for code in 0..<of.size {
                let isHeap = code == positions.zeroCell && code < shares.count && shares[code] > Self.leastHeap
                let hasNumber = !isHeap && positions.position(of: code, fraction: 0.5) != nil
                if !hasNumber, code < shares.count { other += shares[code] }
                let kind = code >= of.valueCount ? 3 : isHeap ? 1 : hasNumber ? 0 : 2
                if kind == last, let run = runs.last {
                    runs[runs.count - 1] = run.lowerBound..<code + 1
                } else {
                    runs.append(code..<code + 1)
                }
                last = kind
            }
            return (runs, other)
        }
        let (first, firstOther) = runs(from, domain.columns[base], shares[base])
        let (second, secondOther) = runs(to, domain.columns[column], shares[column])
        guard firstOther > Self.leastHeap / 2 || secondOther > Self.leastHeap / 2 else { return nil }
        typealias Kind = (codes: Range<Int>, isOrdered: Bool)
        func ordered(_ runs: [Range<Int>], _ column: ColumnDomain, behind: Int = 0) -> [Kind] {
            runs.map { run -> Kind in
                (run.lowerBound + behind..<run.upperBound + behind, run.upperBound <= column.valueCount)
            }
        }
        let intervalKind: Kind = (0..<intervals, true)
        return (
            ordered(first, domain.columns[base]),
            [intervalKind] + ordered(second, domain.columns[column], behind: intervals)
        )
    }

    private static let leastHeap = 0.01

    /// The further column: intervals in positions, then the codes of the rebuilt column.
    func modelColumn(_ domain: TableDomain) -> ColumnDomain? {
        ColumnDomain.intervals(
            "\(domain.columns[column].name) given \(domain.columns[base].name)",
            starts: edges.dropLast().map { Double($0) }, maximum: Double(edges.last ?? 0),
            others: domain.columns[column].size)
    }
}

extension TableDomain {
    /// The columns of the model: those of the table, then one for each difference.
    package func with(_ differences: [ColumnDifference]) -> TableDomain {
        differences.isEmpty
            ? self
            : adding(differences.compactMap { $0.modelColumn(self) })
    }
}

extension [ColumnDifference] {
    /// Columns that are not drawn.
    package var rebuilt: Set<Int> { Set(map(\.column)) }

    /// Whether every column is rebuilt once, from a column that is drawn or was rebuilt before, and figures are in range.
    func areSound(_ domain: TableDomain) -> Bool {
        let derived = domain.derivationOf
        let parents = Set(domain.derivations.map(\.parent))
        var later = rebuilt
        guard later.count == count else { return false }
        for one in self {
            later.remove(one.column)
            guard domain.columns.indices.contains(one.column), domain.columns.indices.contains(one.base),
                one.column != one.base, one.isAlone || !later.contains(one.base), one.columnAxis.kind != .zero,
                derived[one.column] == nil,
                derived[one.base] == nil, !parents.contains(one.column), domain.columns[one.column].isOrdered,
                one.isAlone || domain.columns[one.base].isOrdered, (2...4097).contains(one.edges.count),
                zip(one.edges, one.edges.dropFirst()).allSatisfy({ $0 < $1 }), one.scale > 0, one.scale < 1e18,
                [one.columnAxis, one.baseAxis].allSatisfy({ axis in
                    axis.factor != 0 && abs(axis.factor) <= 1e6 && axis.masses.allSatisfy { $0 >= 0 && $0 <= 2 }
                }), one.modelColumn(domain) != nil,
                !AxisPositions(one.columnAxis, domain.columns[one.column]).isEmpty
            else { return false }
        }
        return true
    }
}
