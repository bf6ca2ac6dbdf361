import Domains
import FittedModels
import Tables

/// Rows drawn from a model, which stand for what anybody who samples will get: corrections, groups, derived columns and
/// latent columns included.
struct SyntheticRows: Sendable {
    let rowCount: Int
    /// One array a column.
    let codes: [[UInt32]]
    /// For columns of numbers and dates the mean value of the rows of each code; empty for others, and where it is not known.
    var values: [[Double]] = []
    private let sizes: [Int]

    /// Rows of one code whose values are averaged: what they differ by is a bin's width at most.
    private static let averaged = 100

    init(_ model: FittedModel, rowCount: Int, seed: UInt64) throws(SynthesisError) {
        let block = try RowSampler(model, seed: seed).rows(0..<UInt64(rowCount))
        self.init(codes: block.codes, rowCount: rowCount, sizes: model.domain.sizes)
        values = model.domain.columns.indices.map {
            Self.values(of: model.domain.columns[$0], block.codes[$0], block.fractions[$0])
        }
    }

    private static func values(of column: ColumnDomain, _ codes: [UInt32], _ fractions: [Float]) -> [Double] {
        guard column.type != .string, column.type != .boolean else { return [] }
        let middles = (0..<column.valueCount).map { column.middle(of: $0) ?? 0 }
        guard column.isBinned, column.type != .date, fractions.count == codes.count else { return middles }
        var sums = [Double](repeating: 0, count: column.valueCount)
        var counts = [Int](repeating: 0, count: column.valueCount)
        for (code, fraction) in zip(codes, fractions) {
            let code = Int(code)
            guard code < column.valueCount, counts[code] < averaged,
                let value = Double(column.text(of: code, fraction: Double(fraction)))
            else { continue }
            sums[code] += value
            counts[code] += 1
        }
        return middles.indices.map { counts[$0] > 0 ? sums[$0] / Double(counts[$0]) : middles[$0] }
    }

    init(codes: [[UInt32]], rowCount: Int, sizes: [Int]) {
        self.codes = codes
        self.rowCount = rowCount
        self.sizes = sizes
    }

    /// The share of each code.
    func shares(of column: Int) -> [Double] {
        var counts = [Int](repeating: 0, count: sizes[column])
        for code in codes[column] { counts[Int(code)] += 1 }
        return counts.map { Double($0) / Double(max(rowCount, 1)) }
    }

    /// The share of each pair of groups, the second varying fastest.
    func shares(_ first: Int, _ firstGroups: CodeGroups, _ second: Int, _ secondGroups: CodeGroups) -> [Double] {
        var counts = [Int](repeating: 0, count: firstGroups.count * secondGroups.count)
        let rows = firstGroups.map.map { $0 * secondGroups.count }
        let columns = secondGroups.map
        let (a, b) = (codes[first], codes[second])
        for row in 0..<rowCount { counts[rows[Int(a[row])] + columns[Int(b[row])]] += 1 }
        return counts.map { Double($0) / Double(max(rowCount, 1)) }
    }
}
