import Domains
import FittedModels
import Tables

/// Which rows have the numbers that a difference needs.
///
/// A row has a difference only where both of its columns have a number. That a base has none and the difference is there, or the
/// other way round, tells the model nothing that a table of all pairs would find worth its noise, and yet each such row loses the
/// relation. So a small table of the two, by what kind of number they have, is measured whatever it promises.
struct Presence {
    typealias Kinds = [(codes: Range<Int>, isOrdered: Bool)]

    /// For columns of the model the runs of codes that no level joins.
    private(set) var kinds: [Int: Kinds] = [:]
    /// Columns of the model whose kinds are measured together.
    private var pairs: [(Int, Int)] = []

    /// - Parameter shares: the estimated distributions of the table's columns.
    init(_ differences: [ColumnDifference], _ domain: TableDomain, shares: [[Double]]) {
        var places: [Int: Int] = [:]
        for (place, one) in differences.enumerated() { places[one.column] = domain.columns.count + place }
        for (place, one) in differences.enumerated() {
            let own = domain.columns.count + place
            if one.isAlone {
                let (column, count) = (domain.columns[one.column], one.intervals)
                kinds[own] = [
                    (0..<count, true), (count..<count + column.valueCount, true),
                    (count + column.valueCount..<count + column.size, false),
                ]
                continue
            }
            guard let found = one.kinds(domain, shares: shares) else { continue }
            let base = places[one.base] ?? one.base
            kinds[own] = found.own
            // A base that is rebuilt has the kinds of its own difference, if any.
            if base == one.base { kinds[base] = kinds[base] ?? found.base }
            pairs.append((base, own))
        }
    }

    /// The tables to measure.
    func sets(_ levels: [CodeLevels]) -> [[ModelAttribute]] {
        pairs.compactMap { base, own in
            let members = [base, own].compactMap { column in
                kinds[column] == nil ? nil : levels.first { $0.levels.first?.column == column }?.levels.first
            }
            return members.count == 2 ? members : nil
        }
    }
}
