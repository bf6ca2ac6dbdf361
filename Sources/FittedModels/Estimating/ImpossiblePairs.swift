import Domains
import GraphicalModels
import Tables

/// Cells that rules forbid, as log-weights of tables of two attributes.
///
/// A cell of groups is forbidden where every pair of their codes is. What is forbidden only in part is left to the last step
/// over rows.
func impossibleCells(of attributes: [ModelAttribute], _ domain: TableDomain) -> [Factor] {
    guard !domain.rules.isEmpty, let rules = try? RowRules(domain) else { return [] }
    let mostPairs = 1 << 22
    var result: [Factor] = []
    for pairs in rules.impossiblePairs where domain.sizes[pairs.first] * domain.sizes[pairs.second] <= mostPairs {
        for (one, first) in attributes.enumerated() where first.column == pairs.first {
            for (other, second) in attributes.enumerated() where second.column == pairs.second {
                var isPossible = [Bool](repeating: false, count: first.size * second.size)
                for a in 0..<domain.sizes[pairs.first] {
                    for b in 0..<domain.sizes[pairs.second] where !pairs.holds(a, b) {
                        isPossible[first.group(of: a) * second.size + second.group(of: b)] = true
                    }
                }
                guard isPossible.contains(false), isPossible.contains(true) else { continue }
                let weights = isPossible.map { $0 ? 0 : -impossibleWeight }
                let isAscending = one < other
                let (rows, columns) = (first.size, second.size)
                result.append(
                    Factor(
                        attributes: isAscending ? [one, other] : [other, one],
                        shape: isAscending ? [rows, columns] : [columns, rows],
                        values: isAscending
                            ? weights
                            : (0..<(rows * columns)).map { weights[$0 % rows * columns + $0 / rows] }))
            }
        }
    }
    return result
}

/// A probability of zero in all but name: e to the minus this is below the least number that arithmetic knows.
private let impossibleWeight = 1e4
