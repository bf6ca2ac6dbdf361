import Domains
import GraphicalModels
import PrivacyKernel
import Tables
import VectorMath

extension FittedModel {
    /// Rows drawn to see how far a sample of the table's size strays.
    private static let strayingRows: UInt64 = 1 << 18

    /// One of several models that could as well have been fitted: the measurements once more, each with the noise of
    /// another draw of the kernel and the chance of another sample of rows, and the fit again. It costs no budget.
    ///
    /// The differences between a few of them say what a figure made from synthetic rows is worth; `ImputedEstimate`
    /// combines them. Reference: Raghunathan, Reiter and Rubin (2003); for noisy marginals Räisä et al. (NAPSU-MQ, 2023).
    ///
    /// - Parameters:
    ///   - number: another number gives another model.
    ///   - seed: the same seed and number give the same model.
    /// - Throws: `SynthesisError.notImputable` for a model that is not made of marginals only.
    public func imputation(_ number: Int, seed: UInt64) throws(SynthesisError) -> FittedModel {
        guard copula == nil else { throw .notImputable(plan.method) }
        var generator = NormalNumbers(seed: seed ^ SplitMix64(state: UInt64(truncatingIfNeeded: number) &+ 1).first)
        let count = min(max(UInt64(model.total), 1), Self.strayingRows)
        let stray = try RowSampler(self, seed: generator.next(), draws: .independent, drawn: []).modelRows(0..<count)
            .codes
        let even = try RowSampler(self, seed: 0, draws: .balanced, drawn: [])
            .modelRows(0..<UInt64(representatives.count)).codes
        func redrawn(_ members: [ModelAttribute], _ counts: [Int64], _ variance: Double) -> [Int64] {
            let chance = model.total * (Double(count) / model.total).squareRoot()
            let (some, all) = (members.parts(of: stray), members.parts(of: even))
            let deviation = max(variance, leastVariance).squareRoot()
            return counts.indices.map { cell in
                let value = Double(counts[cell]) + chance * (some[cell] - all[cell]) + deviation * generator.normal()
                return Int64(min(max(value, -0x1p62), 0x1p62).rounded())
            }
        }
        var oneWays = OneWayMarginals(domain, differences: differences, draws: 2)
        oneWays.add(
            wholeColumnMeasurements.map { known in
                let member = ModelAttribute(column: known.column, size: modelDomain.columns[known.column].size)
                return NoisyMarginal(
                    attributes: [known.column], shape: [member.size],
                    counts: redrawn([member], known.counts, known.variance), scale: known.scale)
            })
        let tables = measurements.filter { $0.attributes.count > 1 }
        let members = tables.map { table in table.attributes.map { attributes[$0] } }
        let used = [ModelAttribute].inUse(members)
        let redrawnTables = zip(members, tables).map { members, table in
            MeasuredMarginal(
                redrawn(members, table.counts, table.variance), variance: table.variance, of: members, in: used)
        }
        let places = tables.map { isInTree($0) }
        func chosen(_ wanted: Bool) -> [MeasuredMarginal] {
            zip(redrawnTables, places).filter { $0.1 == wanted }.map(\.0)
        }
        var result = try treeAndRowsModel(
            chosen(true), across: chosen(false), of: used, oneWays, domain: domain, cellLimit: .max, misfits: misfits,
            differences: differences, plan: plan, transcript: transcript)
        result.taskDigest = taskDigest
        guard !tilts.isEmpty else { return result }
        let rowParts = [Double](repeating: 1 / Double(count), count: Int(count))
        let evenParts = [Double](repeating: 1 / Double(max(representatives.count, 1)), count: representatives.count)
        // Columns that rules compute are not drawn.
        let rules = domain.rules.isEmpty ? nil : try? RowRules(domain)
        var (strayRows, evenRows) = (stray, even)
        rules?.fillComputed(&strayRows)
        rules?.fillComputed(&evenRows)
        let chance = model.total * (Double(count) / model.total).squareRoot()
        return try result.conditioned(
            on: tilts.map { tilt in
                let measured = tilt.measured
                guard let some = measured.sums(of: strayRows, sizes: domain.sizes, weights: rowParts),
                    let all = measured.sums(of: evenRows, sizes: domain.sizes, weights: evenParts)
                else { return measured }
                let deviation = max(measured.variance, leastVariance).squareRoot()
                let figures = measured.figures.indices.map { cell in
                    let value =
                        Double(measured.figures[cell]) + chance * (some[cell] - all[cell])
                        + deviation * generator.normal()
                    return Int64(min(max(value, -0x1p62), 0x1p62).rounded())
                }
                return MeasuredSums(question: measured.question, figures: figures, variance: measured.variance)
            }, oneWays)
    }

    /// Whether one clique of the tree holds a table, by its own attributes or by finer ones of the same columns: the file names the
    /// finest alone, and a coarse attribute comes back in one clique of all that hold its column.
    func isInTree(_ table: MeasuredMarginal) -> Bool {
        tree.cliques.contains { clique in
            table.attributes.allSatisfy { wanted in
                clique.attributes.contains { attributes[$0].map(to: attributes[wanted]) != nil }
            }
        }
    }

    /// The column that the kernel's number of an attribute stands for: one of the table, or a difference.
    private func column(of number: Int) -> Int? {
        if domain.columns.indices.contains(number) { return number }
        return differences.firstIndex { $0.number == number }.map { domain.columns.count + $0 }
    }

    /// One-way marginals of whole columns as the kernel released them.
    var wholeColumnMeasurements: [(column: Int, counts: [Int64], variance: Double, scale: NoiseScale)] {
        transcript.releases.flatMap { release -> [NoisyMarginal] in
            if case .marginals(let all) = release.answer { all } else { [] }
        }.compactMap { one in
            guard one.attributes.count == 1, let number = one.attributes.first, let column = self.column(of: number),
                one.counts.count == modelDomain.columns[column].size
            else { return nil }
            return (column, one.counts, max(one.variance, leastVariance), one.scale)
        }
    }
}

extension SplitMix64 {
    var first: UInt64 {
        var copy = self
        return copy.next()
    }
}

/// Normal numbers by the polar method, for draws that need no secrecy.
private struct NormalNumbers {
    private var words: SplitMix64
    private var spare: Double?

    init(seed: UInt64) { words = SplitMix64(state: seed) }

    mutating func next() -> UInt64 { words.next() }

    mutating func normal() -> Double {
        if let spare {
            self.spare = nil
            return spare
        }
        while true {
            let (x, y) = (2 * words.unit() - 1, 2 * words.unit() - 1)
            let square = x * x + y * y
            guard square > 0, square < 1 else { continue }
            let factor = (-2 * naturalLogarithm(square) / square).squareRoot()
            spare = y * factor
            return x * factor
        }
    }
}
