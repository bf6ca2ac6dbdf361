import FittedModels

/// How far tables are likely to be from independence, given their noisy distances.
///
/// What was measured is too large for two reasons. The estimates that distances were taken from have noise of their own, which
/// measuring single columns again takes out more cheaply than any table. And of many noisy distances the largest are those that
/// noise has raised: each is drawn towards the mean of all by as much as noise explains of how they differ (empirical Bayes).
struct ExpectedMisfits {
    /// In the order of the distances.
    let values: [Double]

    init(_ misfits: [MeasuredMisfit], _ oneWays: OneWayMarginals) {
        let shares = oneWays.shares
        let found = misfits.map { one in
            let value = Double(one.value)
            let noise = Self.ofEstimates(one.first, one.second, shares, oneWays)
            return value > noise ? (value * value - noise * noise).squareRoot() : value - noise
        }
        let count = Double(max(found.count, 1))
        let mean = found.reduce(0, +) / count
        let noise = misfits.reduce(0) { $0 + $1.variance } / count
        let spread = found.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / max(count - 1, 1)
        let own = max(spread - noise, 0)
        values = zip(misfits, found).map { one, value in
            let all = own + one.variance
            return all > 0 ? (own * value + one.variance * mean) / all : value
        }
    }

    /// The distance that noise of both columns' counts would make of independent columns.
    private static func ofEstimates(
        _ first: ModelAttribute, _ second: ModelAttribute, _ shares: [[Double]], _ oneWays: OneWayMarginals
    ) -> Double {
        let (rows, columns) = (
            counts(first, shares[first.column], oneWays), counts(second, shares[second.column], oneWays)
        )
        var sum = 0.0
        for row in rows {
            for column in columns {
                sum +=
                    (row.variance * column.part * column.part + column.variance * row.part * row.part).squareRoot()
            }
        }
        return meanAbsoluteNoise * sum
    }

    /// Each group's part of the rows, and the variance of its count.
    private static func counts(
        _ member: ModelAttribute, _ shares: [Double], _ oneWays: OneWayMarginals
    ) -> [(part: Double, variance: Double)] {
        let noise = oneWays.variance(of: member.column)
        var codes = [Double](repeating: 0, count: member.size)
        for code in shares.indices { codes[member.group(of: code)] += 1 }
        return zip(member.sums(of: shares), codes).map { part, codes in
            // An estimate is nowhere below zero, and so no farther off than it is high.
            let count = part * oneWays.total
            return (part, min(codes * noise, count * count))
        }
    }
}
