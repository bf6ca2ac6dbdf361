import FittedModels
import Tables

/// Rows drawn from a model, which stand for what anybody who samples will get: corrections, groups, derived columns and
/// latent columns included.
struct SyntheticRows: Sendable {
    let rowCount: Int
    /// One array a column.
    let codes: [[UInt32]]
    private let sizes: [Int]

    init(_ model: FittedModel, rowCount: Int, seed: UInt64) throws(SynthesisError) {
        let block = try RowSampler(model, seed: seed).rows(0..<UInt64(rowCount))
        self.init(codes: block.codes, rowCount: rowCount, sizes: model.domain.sizes)
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
