import PrivacyKernel
import VectorMath

/// Noisy sums on their way into the weights of rows.
struct SumsTarget {
    /// The cell of each row.
    private let cells: [UInt32]
    /// The value of each row, in root mean squares of the value.
    private let values: [Float]
    private let unit: Double
    private let figures: [Double]
    private let deviation: Double
    /// The potential θ of each cell.
    private var potentials: [Double]
    /// Log-weight for each unit that the rows of each cell have got.
    private var moved: [Double]

    /// No step multiplies a row's weight by more than e².
    private static let longestStep = 2.0
    private static let potentialLimit = 12.0

    /// - Parameter columns: the codes of every column in each row.
    init?(_ measured: MeasuredSums, columns: [[UInt32]], sizes: [Int]) {
        let codes = columns[measured.question.attribute]
        guard let cells = measured.cells(of: columns, sizes: sizes, count: codes.count) else { return nil }
        let known = measured.question.values.indices.map { measured.value(of: $0) }
        var square = 0.0
        for code in codes { square += known[Int(code)] * known[Int(code)] }
        let unit = max((square / Double(max(codes.count, 1))).squareRoot(), 1)
        self.cells = cells
        self.unit = unit
        values = codes.map { Float(known[Int($0)] / unit) }
        figures = measured.figures.map { Double($0) / unit }
        deviation = max(measured.variance, leastVariance).squareRoot() / unit
        potentials = [Double](repeating: 0, count: figures.count)
        moved = potentials
    }

    /// For each cell the log-weight for a unit of the value.
    var rates: [Double] { moved.map { $0 / unit } }

    /// One step of Newton's method for each cell towards `Σ w v e^(dv) + k · clip(θ + d) = y`.
    ///
    /// The slack k is that of the marginals, 1.5 σ, where the rows of the cell weigh more than the noise; where the noise
    /// drowns them it grows, because the figure then says nothing of them.
    mutating func update(_ weights: inout [Double]) {
        var sums = [Double](repeating: 0, count: figures.count)
        var squares = sums
        var largest = sums
        for (row, cell) in cells.enumerated() {
            let (cell, value) = (Int(cell), Double(values[row]))
            sums[cell] += weights[row] * value
            squares[cell] += weights[row] * value * value
            largest[cell] = max(largest[cell], abs(value))
        }
        var steps = [Double](repeating: 0, count: figures.count)
        for cell in steps.indices where squares[cell] > 0 {
            let slack = slackPerDeviation * deviation * max(1, deviation / squares[cell])
            let gap = figures[cell] - sums[cell]
            let free = (gap - slack * potentials[cell]) / (squares[cell] + slack)
            let bound: Double? = potentials[cell] + free > 1 ? 1 : potentials[cell] + free < -1 ? -1 : nil
            let wanted = bound.map { (gap - $0 * slack) / squares[cell] } ?? free
            let longest = Self.longestStep / largest[cell]
            let step = min(max(wanted, -longest), longest)
            steps[cell] =
                min(max(potentials[cell] + step, -Self.potentialLimit), Self.potentialLimit) - potentials[cell]
            potentials[cell] += steps[cell]
            moved[cell] += steps[cell]
        }
        for (row, cell) in cells.enumerated() {
            let step = steps[Int(cell)]
            if step != 0 { weights[row] *= exponential(step * Double(values[row])) }
        }
    }
}
