import Domains
import FittedModels
import PrivacyKernel
import Tables
import VectorMath

/// A noisy table over two columns, taken from a measurement of these or more columns.
struct MeasuredPair: Sendable {
    let first: ModelAttribute
    let second: ModelAttribute
    /// The second varies fastest.
    let counts: [Double]
    let variance: Double

    /// What noise adds to the sum of distances, up to a constant: the less, the better the table is known.
    var noise: Double { Double(counts.count) * variance.squareRoot() }
}

extension FittedModel {
    /// For each pair of columns with a noisy table the one with the least noise.
    func measuredPairs() -> [ColumnPair: MeasuredPair] {
        var best: [ColumnPair: MeasuredPair] = [:]
        for measurement in measurements where measurement.attributes.count > 1 {
            for (place, left) in measurement.attributes.enumerated() {
                for right in measurement.attributes[(place + 1)...]
                where attributes[left].column != attributes[right].column
                    && max(attributes[left].column, attributes[right].column) < domain.columns.count
                {
                    let pair = measuredPair(measurement, left, right)
                    let columns = ColumnPair(pair.first.column, pair.second.column)
                    if best[columns].map({ pair.noise < $0.noise }) ?? true { best[columns] = pair }
                }
            }
        }
        return best
    }

    /// Pairs of columns whose difference was measured.
    func differencePairs() -> Set<ColumnPair> {
        Set(differences.filter { !$0.isAlone }.map { ColumnPair($0.base, $0.column) })
    }

    /// Pairs of columns of which rules compute one from the other and a further one.
    func ruledPairs() -> Set<ColumnPair> {
        var pairs: Set<ColumnPair> = []
        for rule in domain.rules {
            let (computed, from): (String, [String])
            switch rule {
            case .ratio(let name, let numerator, let denominator, _),
                .logPoints(let name, let numerator, let denominator):
                (computed, from) = (numerator, [name, denominator])
                if let ratio = domain.index(of: name), let other = domain.index(of: denominator) {
                    pairs.insert(ColumnPair(ratio, other))
                }
            case .sum(let column, let terms): (computed, from) = (column, terms.map(\.column))
            case .order, .never, .differ: continue
            }
            guard let column = domain.index(of: computed) else { continue }
            for other in from.compactMap({ domain.index(of: $0) }) where other != column {
                pairs.insert(ColumnPair(column, other))
            }
        }
        return pairs
    }

    /// Columns whose correlations were released.
    func correlatedColumns() -> Set<Int> {
        var columns: Set<Int> = []
        for release in transcript.releases {
            if case .gram(let gram) = release.answer { columns.formUnion(gram.attributes) }
        }
        return columns
    }

    private func measuredPair(_ measurement: MeasuredMarginal, _ left: Int, _ right: Int) -> MeasuredPair {
        let isTurned = attributes[left].column > attributes[right].column
        let (first, second) = isTurned ? (right, left) : (left, right)
        let columns = attributes[second].size
        var counts = [Double](repeating: 0, count: attributes[first].size * columns)
        let strides = zip(
            measurement.attributes, Shape(measurement.attributes.map { attributes[$0].size }).strides)
        let firstStride = strides.first { $0.0 == first }?.1 ?? 1
        let secondStride = strides.first { $0.0 == second }?.1 ?? 1
        for (cell, count) in measurement.counts.enumerated() {
            let row = cell / firstStride % attributes[first].size
            let column = cell / secondStride % columns
            counts[row * columns + column] += Double(count)
        }
        let summed = Double(measurement.counts.count) / Double(max(counts.count, 1))
        return MeasuredPair(
            first: attributes[first], second: attributes[second], counts: counts,
            variance: measurement.variance * summed)
    }
}

/// Two columns, the earlier first.
struct ColumnPair: Hashable, Sendable {
    let first: Int
    let second: Int

    init(_ one: Int, _ other: Int) {
        first = min(one, other)
        second = max(one, other)
    }
}
