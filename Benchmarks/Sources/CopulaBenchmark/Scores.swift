/// How far rows are from other rows.
struct Scores {
    /// Mean absolute difference of Spearman's correlation over pairs of ordered columns, and of Pearson's of the codes.
    var spearman = 0.0
    var pearson = 0.0
    /// Mean total variation distance of the columns.
    var oneWay = 0.0
    /// The same of all pairs of an ordered column, in ten cells of equal mass, with a column of text; and of two of text.
    var ordinalByText = 0.0
    var textByText = 0.0

    init(_ rows: BenchmarkTable, against truth: BenchmarkTable) {
        let ordered = truth.names.indices.filter { truth.isOrdered[$0] }
        let texts = truth.names.indices.filter { !truth.isOrdered[$0] }
        let pairs = ordered.indices.flatMap { a in ordered.indices.filter { $0 > a }.map { (ordered[a], ordered[$0]) } }
        let (mine, theirs) = (Ranks(rows), Ranks(truth))
        for (a, b) in pairs {
            spearman += abs(mine.correlation(a, b, ranked: true) - theirs.correlation(a, b, ranked: true))
            pearson += abs(mine.correlation(a, b, ranked: false) - theirs.correlation(a, b, ranked: false))
        }
        spearman /= Double(max(pairs.count, 1))
        pearson /= Double(max(pairs.count, 1))
        for column in truth.names.indices { oneWay += distance(rows, truth, [column]) / Double(truth.names.count) }
        let tens = ordered.reduce(into: [Int: [UInt32]]()) { $0[$1] = theirs.tenths($1) }
        for text in texts {
            for column in ordered {
                ordinalByText +=
                    distance(rows, truth, [text, column], groups: [column: tens[column] ?? []])
                    / Double(texts.count * ordered.count)
            }
            for other in texts where other > text {
                textByText += distance(rows, truth, [text, other]) * 2 / Double(texts.count * (texts.count - 1))
            }
        }
    }

    private func distance(
        _ rows: BenchmarkTable, _ truth: BenchmarkTable, _ set: [Int], groups: [Int: [UInt32]] = [:]
    ) -> Double {
        func shares(_ table: BenchmarkTable) -> [UInt64: Double] {
            var result: [UInt64: Double] = [:]
            for row in 0..<table.rowCount {
                var cell: UInt64 = 0
                for column in set {
                    let code = table.columns[column][row]
                    cell = cell << 20 | UInt64(groups[column]?[Int(code)] ?? code)
                }
                result[cell, default: 0] += 1 / Double(table.rowCount)
            }
            return result
        }
        let (a, b) = (shares(rows), shares(truth))
        return Set(a.keys).union(b.keys).reduce(0) { $0 + abs((a[$1] ?? 0) - (b[$1] ?? 0)) } / 2
    }
}

/// Standardised codes and mid-ranks of each column.
private struct Ranks {
    private let codes: [[Float]]
    private let ranks: [[Float]]
    private let table: BenchmarkTable

    init(_ table: BenchmarkTable) {
        self.table = table
        codes = zip(table.columns, table.sizes).map { column, size in
            Self.standardised(column, (0..<size).map { Double($0) })
        }
        ranks = zip(table.columns, table.sizes).map { column, size in
            Self.standardised(column, Self.middles(column, size))
        }
    }

    private static func middles(_ column: [UInt32], _ size: Int) -> [Double] {
        var counts = [Double](repeating: 0, count: size)
        for code in column { counts[Int(code)] += 1 }
        var below = 0.0
        return counts.map { count in
            defer { below += count }
            return (below + count / 2) / Double(max(column.count, 1))
        }
    }

    private static func standardised(_ column: [UInt32], _ values: [Double]) -> [Float] {
        let count = Double(max(column.count, 1))
        let mean = column.reduce(0.0) { $0 + values[Int($1)] } / count
        let variance = column.reduce(0.0) { $0 + (values[Int($1)] - mean) * (values[Int($1)] - mean) } / count
        let scale = variance > 0 ? 1 / variance.squareRoot() : 0
        return column.map { Float((values[Int($0)] - mean) * scale) }
    }

    func correlation(_ a: Int, _ b: Int, ranked: Bool) -> Double {
        let (x, y) = ranked ? (ranks[a], ranks[b]) : (codes[a], codes[b])
        var sum = 0.0
        for row in x.indices { sum += Double(x[row]) * Double(y[row]) }
        return sum / Double(max(x.count, 1))
    }

    func tenths(_ column: Int) -> [UInt32] {
        Self.middles(table.columns[column], table.sizes[column]).map { UInt32(min($0 * 10, 9)) }
    }
}
