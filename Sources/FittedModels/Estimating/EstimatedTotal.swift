/// A noisy table of counts of all rows: its cells, and the variance of the noise in each.
typealias NoisyCounts = (values: [Double], variance: Double)

/// The inverse-variance mean of the tables' sums, at least 1; 1 without any table.
///
/// A table of n cells sums to the number of rows with variance n · variance.
func estimatedTotal(_ tables: [NoisyCounts]) -> Double {
    var precision = 0.0
    var sum = 0.0
    for one in tables {
        let weight = 1 / (one.variance * Double(max(one.values.count, 1)))
        precision += weight
        sum += weight * one.values.reduce(0, +)
    }
    let mean = precision > 0 ? sum / precision : 1
    return mean.isFinite ? min(max(mean, 1), 1e18) : 1
}
