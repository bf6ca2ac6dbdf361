import LinearAlgebra
import PrivacyKernel
import VectorMath

/// Noisy sums over the same groups, on their way into the weights of rows: all sums of a cell move at once, because they
/// are of the same rows and pull on each other.
struct SumsTarget {
    fileprivate struct Part {
        /// Its place in the list of all sums.
        let place: Int
        /// The value of each row, in root mean squares of the value.
        let values: [Float]
        let unit: Double
        let figures: [Double]
        let deviation: Double
        /// The potential θ of each cell; also the log-weight for each `unit` that its rows have got.
        var potentials: [Double]
    }

    /// The cell of each row.
    private let cells: [UInt32]
    private let cellCount: Int
    private var parts: [Part]

    /// No step multiplies a row's weight by more than e².
    private static let longestStep = 2.0
    private static let potentialLimit = 30.0

    /// A target for each set of groups.
    ///
    /// - Parameter columns: the codes of every column in each row; those that the sums need are there.
    static func targets(_ sums: [MeasuredSums], columns: [[UInt32]], sizes: [Int]) -> [SumsTarget] {
        var order: [[Int]] = []
        for one in sums where !order.contains(one.question.groups) { order.append(one.question.groups) }
        return order.compactMap { groups in
            let places = sums.indices.filter { sums[$0].question.groups == groups }
            let count = columns[sums[places[0]].question.attribute].count
            guard let cells = sums[places[0]].cells(of: columns, sizes: sizes, count: count) else { return nil }
            return SumsTarget(
                cells: cells, cellCount: sums[places[0]].figures.count,
                parts: places.map { Part($0, sums[$0], codes: columns[sums[$0].question.attribute]) })
        }
    }

    /// For each sum, by its place, the log-weight of each cell for a unit of the value.
    var rates: [(place: Int, rates: [Double])] {
        parts.map { part in (part.place, part.potentials.map { $0 / part.unit }) }
    }

    /// One step of Newton's method for each cell towards `Σ w v e^(dv) + k · clip(θ + d) = y`, for all its sums together.
    ///
    /// The slack k is that of the marginals, 1.5 σ, where the rows of the cell weigh more than the noise; where the noise
    /// drowns them it grows, because the figure then says nothing about them.
    mutating func update(_ weights: inout [Double]) {
        let count = parts.count
        var sums = [Double](repeating: 0, count: cellCount * count)
        var largest = sums
        var squares = [Double](repeating: 0, count: cellCount * count * count)
        for (row, cell) in cells.enumerated() {
            let first = Int(cell) * count
            for i in 0..<count {
                let value = Double(parts[i].values[row])
                sums[first + i] += weights[row] * value
                largest[first + i] = max(largest[first + i], abs(value))
                for j in 0...i {
                    squares[(first + i) * count + j] += weights[row] * value * Double(parts[j].values[row])
                }
            }
        }
        var steps = sums
        for cell in 0..<cellCount {
            let first = cell * count
            let range = first..<(first + count)
            let step = step(
                of: cell, sums: Array(sums[range]),
                squares: Array(squares[(first * count)..<((first + count) * count)]),
                largest: Array(largest[range]))
            steps.replaceSubrange(range, with: step)
            for i in 0..<count { parts[i].potentials[cell] += step[i] }
        }
        for (row, cell) in cells.enumerated() {
            let first = Int(cell) * count
            var log = 0.0
            for i in 0..<count { log += steps[first + i] * Double(parts[i].values[row]) }
            if log != 0 { weights[row] *= exponential(log) }
        }
    }

    /// - Parameter squares: Σ w vᵢ vⱼ, the lower triangle.
    private func step(of cell: Int, sums: [Double], squares: [Double], largest: [Double]) -> [Double] {
        let count = parts.count
        let still = [Double](repeating: 0, count: count)
        guard squares[0] > 0 else { return still }
        let slack = parts.indices.map { i in
            slackPerDeviation * parts[i].deviation
                * max(1, parts[i].deviation / max(squares[i * count + i], 1e-9))
        }
        let potentials = parts.map { $0.potentials[cell] }
        /// Of potentials beyond ±1, which pull with a constant force, the side.
        var sides = still
        var step = still
        for _ in 0..<3 {
            // Of Newton's equations the lower triangle is enough.
            var matrix = Matrix(rows: count, columns: count)
            var force = still
            for i in 0..<count {
                for j in 0...i { matrix[i, j] = squares[i * count + j] }
                force[i] = parts[i].figures[cell] - sums[i]
                if sides[i] == 0 {
                    matrix[i, i] += slack[i]
                    force[i] -= slack[i] * potentials[i]
                } else {
                    matrix[i, i] = matrix[i, i] * (1 + 1e-6) + 1e-9
                    force[i] -= slack[i] * sides[i]
                }
            }
            guard let factor = try? matrix.cholesky(),
                var solution = try? Matrix(rows: count, columns: 1, values: force),
                (try? solution.solve(byCholeskyFactor: factor)) != nil
            else { return still }
            step = solution.values
            let next = step.indices.map { i -> Double in
                let potential = potentials[i] + step[i]
                return potential > 1 ? 1 : potential < -1 ? -1 : 0
            }
            if next == sides { break }
            sides = next
        }
        guard step.allSatisfy(\.isFinite) else { return still }
        let reach = zip(step, largest).reduce(0) { $0 + abs($1.0) * $1.1 }
        let scale = min(1, Self.longestStep / max(reach, 1e-300))
        return step.indices.map { i in
            min(max(potentials[i] + scale * step[i], -Self.potentialLimit), Self.potentialLimit) - potentials[i]
        }
    }
}

extension SumsTarget.Part {
    init(_ place: Int, _ measured: MeasuredSums, codes: [UInt32]) {
        let known = measured.question.values.indices.map { measured.value(of: $0) }
        var square = 0.0
        for code in codes { square += known[Int(code)] * known[Int(code)] }
        let unit = max((square / Double(max(codes.count, 1))).squareRoot(), 1)
        self.init(
            place: place, values: codes.map { Float(known[Int($0)] / unit) }, unit: unit,
            figures: measured.figures.map { Double($0) / unit },
            deviation: max(measured.variance, leastVariance).squareRoot() / unit,
            potentials: [Double](repeating: 0, count: measured.figures.count))
    }
}
