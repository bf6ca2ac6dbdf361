import Domains
import FittedModels
import PrivacyKernel
import Tables

/// Columns most of whose rows lie in one or two bins: linear bins of a heavy tail, bounds that are far too wide. Tables of codes
/// see nothing of what happens inside.
///
/// Of each a histogram on finer intervals inside its full bins is released. It takes the column's place in the model, and shows
/// whether another column nearly determines it.
struct FineColumns {
    /// One spot of a column with the part of the rows there.
    struct Spot {
        let code: Int
        /// Of its cell.
        let fraction: Double
        let mass: Double
    }

    /// A bin is full with so many of the rows that have a number; and those next to it that are looked into as well.
    private static let (fullest, full) = (0.35, 0.15)
    private static let mostColumns = 8
    /// A bin of whole numbers has to hold so many of them.
    private static let leastNumbers = 64.0
    /// Each interval is longer than the one before by this part, from both ends of a bin: of one that is fullest, and of others.
    private static let (growth, coarseGrowth) = (0.15, 0.4)

    /// The columns, on their finer intervals; each has its kernel's number once it is asked for.
    static func wanted(_ domain: TableDomain, shares: [[Double]]) -> [ColumnDifference] {
        var found: [(share: Double, column: ColumnDifference)] = []
        for column in DifferenceSearch.candidates(domain) {
            let own = domain.columns[column]
            let valued = shares[column].prefix(own.valueCount).reduce(0, +)
            guard valued > 0.1, let base = domain.modelledColumns.first(where: { $0 != column }) else { continue }
            let cells = (0..<own.valueCount).filter { isWide(own, $0) && shares[column][$0] >= full * valued }
            let fullCells = Set(cells.filter { shares[column][$0] >= fullest * valued })
            let share = cells.map { shares[column][$0] }.max() ?? 0
            let all = cells.reduce(0) { $0 + shares[column][$1] }
            guard share >= fullest * valued || (all >= 0.8 * valued && cells.count <= 2), let first = cells.first,
                let last = cells.last,
                let difference = difference(column, base, own, cells: first...last, full: cells, fullest: fullCells)
            else { continue }
            found.append((share, difference))
        }
        return found.sorted { ($1.share, $0.column.column) < ($0.share, $1.column.column) }.prefix(mostColumns).map(
            \.column)
    }

    private static func isWide(_ column: ColumnDomain, _ code: Int) -> Bool {
        guard column.isInterval(code), let edges = column.edges(of: code) else { return false }
        return column.type == .number ? edges.upper > edges.lower : edges.upper - edges.lower >= leastNumbers
    }

    private static func difference(
        _ column: Int, _ base: Int, _ domain: ColumnDomain, cells: ClosedRange<Int>, full: [Int], fullest: Set<Int>
    ) -> ColumnDifference? {
        let axis = NumberAxis(.value)
        let range = AxisPositions(axis, domain).range
        let scale = 0x1p29 / max(abs(range.low), abs(range.high), 1e-9)
        let steps = ColumnDomain.placeSteps
        func ends(_ growth: Double) -> [Int] {
            var half: [Int] = [0]
            while let last = half.last, last < steps / 2 {
                half.append(min(max(last + 1, Int(Double(last) * (1 + growth))), steps / 2))
            }
            return half + half.dropLast().reversed().map { steps - $0 }
        }
        let (fine, coarse) = (ends(growth), ends(coarseGrowth))
        var edges: [Int32] = []
        for cell in cells {
            for step in fullest.contains(cell) ? fine : full.contains(cell) ? coarse : [0, steps] {
                guard let number = domain.number(of: cell, fraction: Double(step) / Double(steps)) else { continue }
                let edge = Int32(max(min((number * scale).rounded(), 0x1p30), -0x1p30))
                if edges.last.map({ edge > $0 }) ?? true { edges.append(edge) }
            }
        }
        guard edges.count > 8 else { return nil }
        return ColumnDifference(
            column: column, base: base, columnAxis: axis, baseAxis: NumberAxis(.zero), edges: edges, scale: scale)
    }

    /// Where the rows of a column are.
    ///
    /// - Parameter found: its finer intervals and the parts of the rows in them, if it has any.
    static func spots(_ column: ColumnDomain, shares: [Double], fine: (ColumnDifference, [Double])?) -> [Spot] {
        var spots: [Spot] = []
        var seen: Range<Int> = 0..<0
        if let (difference, found) = fine {
            let positions = AxisPositions(difference.columnAxis, column)
            var codes: [Int] = []
            for (cell, mass) in found.prefix(difference.edges.count - 1).enumerated() {
                let middle = (Double(difference.edges[cell]) + Double(difference.edges[cell + 1])) / 2
                let place = positions.place(of: middle / difference.scale)
                codes.append(Int(place.code))
                spots.append(Spot(code: Int(place.code), fraction: Double(place.fraction), mass: mass))
            }
            if let first = codes.min(), let last = codes.max() { seen = first..<last + 1 }
            let (inside, sum) = (seen.reduce(0) { $0 + shares[$1] }, spots.reduce(0) { $0 + $1.mass })
            if sum > 0 {
                spots = spots.map { Spot(code: $0.code, fraction: $0.fraction, mass: $0.mass / sum * inside) }
            } else {
                (spots, seen) = ([], 0..<0)
            }
        }
        for (code, share) in shares.enumerated() where share > 0 && !seen.contains(code) {
            for part in 0..<4 {
                spots.append(Spot(code: code, fraction: (Double(part) + 0.5) / 4, mass: share / 4))
            }
        }
        return spots
    }
}
