/// Distributions of codes, seen through groups of codes.
extension [ModelAttribute] {
    /// The marginal that independent columns would have, in whole counts; the last member varies fastest.
    package func productOfShares(_ shares: [[Double]], total: Double) -> [Int64] {
        var cells = [total]
        for member in self {
            let sums = member.sums(of: shares[member.column])
            cells = cells.flatMap { cell in sums.map { cell * $0 } }
        }
        return cells.map { wholeCount($0) }
    }

    /// The share of the rows in each cell, the last member varying fastest.
    func parts(of codes: [[UInt32]]) -> [Double] {
        var cells = [Double](repeating: 0, count: reduce(1) { $0 * $1.size })
        let rows = first.map { codes[$0.column].count } ?? 0
        for row in 0..<rows {
            var cell = 0
            for member in self { cell = cell * member.size + member.group(of: Int(codes[member.column][row])) }
            cells[cell] += 1 / Double(rows)
        }
        return cells
    }
}

extension ModelAttribute {
    /// A distribution of codes summed over each group.
    package func sums(of shares: [Double]) -> [Double] {
        var result = [Double](repeating: 0, count: size)
        for (code, share) in shares.enumerated() { result[group(of: code)] += share }
        return result
    }

    /// The map of all codes into one group.
    package var allTogether: [UInt32] { [UInt32](repeating: 0, count: size) }
}
