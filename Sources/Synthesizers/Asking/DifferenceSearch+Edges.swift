import Domains
import FittedModels
import GraphicalModels
import PrivacyKernel
import Tables
import VectorMath

// Which pairs of columns are worth a trial: those whose table is nearly as far from independence as that of two columns that
// determine each other.

extension DifferenceSearch {
    private static let (mostEdges, mostFineEdges) = (24, 10)
    /// Of the distance that two columns would have which determine each other.
    private static let leastDistance = 0.45
    /// Columns of fewer values, counted by their entropy, are modelled by tables; those of bins lose what is inside.
    private static let (leastValues, leastBins) = (4.0, 2.5)

    /// A forest of pairs that stand far from independence, each column after the one that it may be rebuilt from.
    ///
    /// Pairs that have numbers together in more rows come first.
    func edges(_ misfits: [MeasuredMisfit], total: Double) -> [Edge] {
        let known = Self.candidates(domain).filter {
            entropy(of: $0) >= naturalLogarithm(domain.columns[$0].isBinned ? Self.leastBins : Self.leastValues)
        }
        var best: [[Int]: (ratio: Double, order: Double, misfit: MeasuredMisfit)] = [:]
        for one in misfits where known.contains(one.first.column) && known.contains(one.second.column) {
            let both = valued(one.first.column) * valued(one.second.column)
            let most = comonotoneDistance(one.first, one.second)
            let noise = 4 * one.variance.squareRoot()
            guard both > 0, most > 0, Double(one.value) > noise else { continue }
            let ratio = Double(one.value) / (most * both * total)
            let pair = [one.first.column, one.second.column].sorted()
            if ratio >= Self.leastDistance, ratio > best[pair]?.ratio ?? 0 {
                best[pair] = (ratio, min(ratio, 1) * both, one)
            }
        }
        var forest = SpanningForest(domain.columns.count)
        let pairs = best.keys.sorted {
            (best[$1]?.order ?? 0, $0[0], $0[1]) < (best[$0]?.order ?? 0, $1[0], $1[1])
        }
        for pair in pairs where forest.edges.count < Self.mostEdges { forest.join((pair[0], pair[1])) }
        return rooted(forest.edges.compactMap { best[[$0.0, $0.1]]?.misfit }, total: total)
            + fineEdges(misfits, total: total)
    }

    /// Pairs of columns of which tables of codes see nothing, each after those that tell more.
    private func fineEdges(_ misfits: [MeasuredMisfit], total: Double) -> [Edge] {
        let columns = fine.keys.sorted().sorted { fineWorth($0) > fineWorth($1) }
        var result: [Edge] = []
        for (place, column) in columns.enumerated() {
            for base in columns.prefix(place) where result.count < Self.mostFineEdges {
                guard
                    let one = misfits.last(where: {
                        [$0.first.column, $0.second.column].sorted() == [base, column].sorted()
                    })
                else {
                    // All rows lie in one bin.
                    result.append(
                        Edge(
                            base: base, column: column,
                            baseGroups: ModelAttribute(column: base, size: shares[base].count),
                            columnGroups: ModelAttribute(column: column, size: shares[column].count), distance: nil))
                    continue
                }
                let (from, to) = one.first.column == base ? (one.first, one.second) : (one.second, one.first)
                result.append(
                    Edge(
                        base: base, column: column, baseGroups: from, columnGroups: to,
                        distance: Double(one.value) / total))
            }
        }
        return result
    }

    private func fineWorth(_ column: Int) -> Double {
        spots[column].reduce(0.0) { $1.mass > 0 ? $0 - $1.mass * naturalLogarithm($1.mass) : $0 }
    }

    /// The part of the rows in which a column has a number.
    private func valued(_ column: Int) -> Double {
        shares[column].prefix(domain.columns[column].valueCount).reduce(0, +)
    }

    /// Of the rows in which a column has a number.
    private func entropy(of column: Int) -> Double {
        let all = valued(column)
        return shares[column].prefix(domain.columns[column].valueCount).reduce(0.0) {
            $1 > 0 ? $0 - $1 / all * naturalLogarithm($1 / all) : $0
        }
    }

    /// Directs the edges of a forest away from the column that tells most apart in each tree.
    private func rooted(_ pairs: [MeasuredMisfit], total: Double) -> [Edge] {
        let columns = Set(pairs.flatMap { [$0.first.column, $0.second.column] })
        let worth = Dictionary(uniqueKeysWithValues: columns.map { ($0, valued($0) * self.entropy(of: $0)) })
        var seen: Set<Int> = []
        var result: [Edge] = []
        for root in columns.sorted(by: { (worth[$1] ?? 0, $0) < (worth[$0] ?? 0, $1) })
        where !seen.contains(root) {
            seen.insert(root)
            var open = [root]
            while !open.isEmpty {
                let at = open.removeFirst()
                for one in pairs where one.first.column == at || one.second.column == at {
                    let (from, to) = one.first.column == at ? (one.first, one.second) : (one.second, one.first)
                    guard seen.insert(to.column).inserted else { continue }
                    result.append(
                        Edge(
                            base: at, column: to.column, baseGroups: from, columnGroups: to,
                            distance: Double(one.value) / total))
                    open.append(to.column)
                }
            }
        }
        return result
    }

    /// The L1 distance from independence of the table that two groupings would have if the order of one were that of the
    /// other, among rows in which both have a number.
    private func comonotoneDistance(_ first: ModelAttribute, _ second: ModelAttribute) -> Double {
        func sums(_ attribute: ModelAttribute) -> [Double] {
            let (all, count) = (valued(attribute.column), domain.columns[attribute.column].valueCount)
            return attribute.sums(
                of: shares[attribute.column].enumerated().map { $0.offset < count && all > 0 ? $0.element / all : 0 })
        }
        let (a, b) = (sums(first), sums(second))
        var overlap = 0.0
        var (i, j) = (0, 0)
        var (left, right) = (a.first ?? 0, b.first ?? 0)
        while i < a.count && j < b.count {
            let mass = min(left, right)
            overlap += max(mass - a[i] * b[j], 0)
            left -= mass
            right -= mass
            if left <= right {
                i += 1
                left = i < a.count ? a[i] : 0
            } else {
                j += 1
                right = j < b.count ? b[j] : 0
            }
        }
        return 2 * overlap
    }
}

extension NoiseScaling {
    /// Whether an amount leaves too much noise to see where the rows of a difference are.
    func isSilent(total: Double, _ amount: Double) -> Bool {
        deviation(amount: amount / 16) * 10 > 0.08 * total
    }
}
