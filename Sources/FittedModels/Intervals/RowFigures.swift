import LinearAlgebra

/// A figure made from rows, and its variance as if these were a random sample: what `ImputedEstimate` combines.
public struct RowFigure: Sendable, Equatable {
    public let estimate: Double
    /// Of the estimate, squared.
    public let variance: Double
    /// Rows that it is made from.
    public let rows: Int

    /// The part of rows that have something.
    ///
    /// - Returns: nil without rows.
    public static func share(_ hits: Int, of rows: Int) -> RowFigure? {
        guard rows > 0 else { return nil }
        let share = Double(hits) / Double(rows)
        return RowFigure(estimate: share, variance: share * (1 - share) / Double(rows), rows: rows)
    }

    /// The mean of numbers.
    ///
    /// - Returns: nil for fewer than two.
    public static func mean(_ values: [Double]) -> RowFigure? {
        guard values.count > 1 else { return nil }
        let count = Double(values.count)
        let mean = values.reduce(0, +) / count
        let squares = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
        return RowFigure(estimate: mean, variance: squares / (count - 1) / count, rows: values.count)
    }

    /// The ratio of two totals over the same rows, linearised (Cochran 1977, 6.3).
    ///
    /// - Returns: nil for fewer than two rows, or where the lower total is zero.
    public static func ratio(_ above: [Double], _ below: [Double]) -> RowFigure? {
        let total = below.reduce(0, +)
        guard above.count == below.count, above.count > 1, total != 0 else { return nil }
        let count = Double(above.count)
        let ratio = above.reduce(0, +) / total
        let squares = zip(above, below).reduce(0) { $0 + ($1.0 - ratio * $1.1) * ($1.0 - ratio * $1.1) }
        let mean = total / count
        return RowFigure(
            estimate: ratio, variance: squares / (count - 1) / count / (mean * mean), rows: above.count)
    }

    /// The coefficients of a linear regression by least squares: the constant first, then one for each column. Variances hold
    /// whatever the residuals' spread depends on (White 1980).
    ///
    /// - Parameter columns: numbers of the same rows as `target`.
    /// - Returns: nil where rows are too few or the columns determine each other.
    public static func regression(_ target: [Double], on columns: [[Double]]) -> [RowFigure]? {
        let (rows, order) = (target.count, columns.count + 1)
        guard rows > order, columns.allSatisfy({ $0.count == rows }) else { return nil }
        // Columns are centred and scaled, so that large numbers do not drown in each other's squares.
        var (means, scales) = ([Double](), [Double]())
        for column in columns {
            let mean = column.reduce(0, +) / Double(rows)
            let square = column.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(rows)
            guard square > 0 else { return nil }
            means.append(mean)
            scales.append(square.squareRoot())
        }
        func term(_ place: Int, _ row: Int) -> Double {
            place == 0 ? 1 : (columns[place - 1][row] - means[place - 1]) / scales[place - 1]
        }
        func moments(_ weight: (Int) -> Double) -> [Double] {
            var sums = [Double](repeating: 0, count: order * order)
            for row in 0..<rows {
                let weight = weight(row)
                let terms = (0..<order).map { term($0, row) }
                for a in 0..<order { for b in 0..<order { sums[a * order + b] += weight * terms[a] * terms[b] } }
            }
            return sums
        }
        var sums = [Double](repeating: 0, count: order)
        for row in 0..<rows { for place in 0..<order { sums[place] += term(place, row) * target[row] } }
        guard let gram = try? Matrix(rows: order, columns: order, values: moments { _ in 1 }),
            let factor = try? gram.cholesky(),
            (0..<order).allSatisfy({ factor[$0, $0] > 1e-6 * Double(rows).squareRoot() })
        else { return nil }
        var inverse = Matrix.identity(order)
        guard (try? inverse.solve(byCholeskyFactor: factor)) != nil else { return nil }
        func row(_ place: Int) -> [Double] { (0..<order).map { inverse[place, $0] } }
        func product(_ first: [Double], _ second: [Double]) -> Double {
            zip(first, second).reduce(0) { $0 + $1.0 * $1.1 }
        }
        let found: [Double] = (0..<order).map { product(row($0), sums) }
        let spread = Double(rows) / Double(rows - order)
        let meat = moments { row in
            let terms: [Double] = (0..<order).map { term($0, row) }
            let miss = target[row] - product(found, terms)
            return spread * miss * miss
        }
        // Back to the columns as they were: the constant takes their means.
        func weights(_ place: Int) -> [Double] {
            var weights = [Double](repeating: 0, count: order)
            if place == 0 {
                weights[0] = 1
                for other in 1..<order { weights[other] = -means[other - 1] / scales[other - 1] }
            } else {
                weights[place] = 1 / scales[place - 1]
            }
            return weights
        }
        return (0..<order).map { place in
            let own = weights(place)
            let sensitivity: [Double] = (0..<order).map { product(own, row($0)) }
            var variance = 0.0
            for a in 0..<order {
                for b in 0..<order { variance += sensitivity[a] * meat[a * order + b] * sensitivity[b] }
            }
            return RowFigure(estimate: product(own, found), variance: variance, rows: rows)
        }
    }
}

extension ImputedEstimate {
    /// The same figure from the rows of each imputation.
    ///
    /// - Parameters:
    ///   - fileRows: rows of each file; a figure may be made from some of them.
    ///   - tableRows: of the table, or the model's `rowCount`.
    /// - Returns: nil for fewer than two figures.
    public init?(_ figures: [RowFigure], fileRows: Int, tableRows: Int) {
        guard figures.count > 1, fileRows > 0, tableRows > 0 else { return nil }
        self.init(
            estimates: figures.map(\.estimate), variances: figures.map(\.variance), syntheticRows: fileRows,
            tableRows: tableRows)
    }
}
