import Domains
import GraphicalModels
public import PrivacyKernel
import Tables
import VectorMath

/// Noisy sums of a public value of one column over the rows of each cell of other columns, as the kernel released them. With
/// the value 1 for every code they are counts.
public struct MeasuredSums: Sendable, Equatable {
    /// Its groups ascend.
    public let question: SumQuestion
    /// One a cell of the groups, row-major: the last group varies fastest.
    public let figures: [Int64]
    /// Variance of the noise in each figure.
    public let variance: Double

    /// - Parameters:
    ///   - question: what was asked; its groups ascend.
    ///   - figures: one a cell of the groups, row-major.
    ///   - variance: of the noise in each figure.
    public init(question: SumQuestion, figures: [Int64], variance: Double) {
        self.question = question
        self.figures = figures
        self.variance = variance
    }

    /// The value that a row's code counts as, within the clamp.
    func value(of code: Int) -> Double {
        Double(min(max(question.values[code], question.clamp.lowerBound), question.clamp.upperBound))
    }

    /// Whether every row counts the same.
    var isCount: Bool { Set(question.values).count == 1 }

    /// What a count tells about the number of rows; nil for other sums.
    var countOfRows: NoisyCounts? {
        guard isCount, let code = question.values.indices.first, value(of: code) > 0 else { return nil }
        let unit = value(of: code)
        return (figures.map { Double($0) / unit }, max(variance, leastVariance) / (unit * unit))
    }

    /// The cell of each row; nil if a column is drawn elsewhere.
    func cells(of columns: [[UInt32]], sizes: [Int], count: Int) -> [UInt32]? {
        var cells = [UInt32](repeating: 0, count: count)
        for group in question.groups {
            guard columns[group].count == count else { return nil }
            appendDigit(columns[group], size: sizes[group], to: &cells)
        }
        return cells
    }

    /// The sum of each cell over rows that count `weights` times.
    func sums(of columns: [[UInt32]], sizes: [Int], weights: [Double]) -> [Double]? {
        let codes = columns[question.attribute]
        guard codes.count == weights.count, let cells = cells(of: columns, sizes: sizes, count: weights.count) else {
            return nil
        }
        let values = question.values.indices.map { value(of: $0) }
        var sums = [Double](repeating: 0, count: figures.count)
        for (row, cell) in cells.enumerated() { sums[Int(cell)] += weights[row] * values[Int(codes[row])] }
        return sums
    }
}

/// Log-weights that conditioning on sums put on rows: p(x) ∝ model(x) · ∏ exp(rates[cell(x)] · value(x)).
public struct SumsTilt: Sendable, Equatable {
    /// The sums that the rows were conditioned on.
    public let measured: MeasuredSums
    /// One a cell, for each unit of the value.
    public let rates: [Double]
}

extension RowProgram {
    /// The codes of all columns, derived ones too, and of those that rules compute about what they come to. Columns that
    /// latent normals draw stay empty.
    func withDerived(_ columns: [[UInt32]]) -> [[UInt32]] {
        var all = columns
        derive(&all)
        rules?.fillComputed(&all)
        return all
    }

    /// Whether its rows have every column that a sum needs.
    func draws(_ question: SumQuestion) -> Bool {
        (question.groups + [question.attribute]).allSatisfy { column in
            var parent = column
            for _ in domain.columns { parent = derivations[parent]?.parent ?? parent }
            return latent.isDisjoint(with: rules?.drawnSources(of: parent) ?? [parent])
        }
    }

    /// Log-weights of the sums that the model was conditioned on.
    func addTilts(to logs: inout [Double], columns: [[UInt32]]) {
        guard !tilts.isEmpty else { return }
        let all = withDerived(columns)
        for tilt in tilts {
            let codes = all[tilt.measured.question.attribute]
            guard codes.count == logs.count,
                let cells = tilt.measured.cells(of: all, sizes: domain.sizes, count: logs.count)
            else { continue }
            let values = tilt.measured.question.values.indices.map { tilt.measured.value(of: $0) }
            for (row, cell) in cells.enumerated() { logs[row] += tilt.rates[Int(cell)] * values[Int(codes[row])] }
        }
    }
}
