import Dispatch

/// Σ z zᵀ over rows of whole-numbered scores, exactly, on every core.
///
/// Feature f of a row is `scores[f]` at the row's code of column `attributes[f]`; a column may have several features.
///
/// Rows longer than `bound` are shortened: each score times c, rounded towards zero, where c is bound / ‖z‖ in `Float`,
/// less one part in 2^20. The root of ‖z‖² (a whole number below 2^53), its conversion, the quotient, the two products
/// are rounded once each, by at most one part in 2^23: together less than one part in 2^20. So every shortened score is
/// at most |zᵢ| · bound / ‖z‖, and no shortened row is longer than `bound`.
///
/// Exactness: the inner product of two features over a stretch of rows is summed in 32 bits. No |zᵢzⱼ| exceeds
/// p = max score², nor bound² where rows are shortened, and a stretch has at most (2^31 − 1) / p rows; so neither a sum
/// nor any part of it, in whatever order the vector lanes add, leaves 32 bits. Stretches are added in 64 bits: up to
/// 2^32 rows of products up to 2^28 stay below 2^60. Whole numbers below the limits add the same in any order.
///
/// Proof: a feature has a score for every code below its column's bound, as checked, and the column's type holds the
/// bound. A block has `gramBlock` places a feature; a stretch of rows is never longer than the rest of a block, nor do its
/// rows pass the columns' length. Each thread adds to `size²` sums of its own; all scratch is written before it is read.
///
/// - Parameters:
///   - columns: equally long; no bound is above the number of scores of a feature of the column.
///   - attributes: for each feature its place in `columns`.
///   - scores: for each feature one score a code, within ±2^14.
///   - bound: from 1 to 2^14; nil for rows as they are.
/// - Returns: (i, j) at `i · features + j` for j ≤ i; zero elsewhere.
public func gramSums(_ columns: [CodeArray], attributes: [Int], scores: [[Int16]], bound: Int?) -> [Int64] {
    let size = attributes.count
    precondition(scores.count == size && attributes.allSatisfy(columns.indices.contains) && size < 1 << 20)
    let rowCount = columns.first?.count ?? 0
    precondition(columns.allSatisfy { $0.count == rowCount } && rowCount < 1 << 32)
    precondition(zip(attributes, scores).allSatisfy { columns[$0].bound <= $1.count })
    let largest = scores.map { $0.reduce(0) { max($0, Int($1.magnitude)) } }
    precondition(largest.allSatisfy { $0 <= 1 << 14 } && bound.map { $0 >= 1 && $0 <= 1 << 14 } ?? true)
    var sums = [Int64](repeating: 0, count: size * size)
    guard rowCount > 0, size > 0 else { return sums }
    let longest = largest.reduce(0) { $0 + $1 * $1 }
    let limit = bound.map { $0 * $0 } ?? longest
    let largestSquare = largest.reduce(1) { max($0, $1 * $1) }
    let work = GramWork(
        columns: columns, attributes: attributes, scores: scores, bound: longest > limit ? bound : nil,
        stretch: max(1, min(gramBlock, Int(Int32.max) / min(largestSquare, max(limit, 1)))))
    let blocks = (rowCount + gramBlock - 1) / gramBlock
    let parts = rowCount * size < 1 << 16 ? 1 : min(blocks, max(2, min(16, (1 << 22) / (size * size))))
    var partial = [Int64](repeating: 0, count: parts * size * size)
    partial.withUnsafeMutableBufferPointer { partial in
        nonisolated(unsafe) let target = partial
        DispatchQueue.concurrentPerform(iterations: parts) { part in
            guard let base = target.baseAddress else { return }
            let first = part * blocks / parts * gramBlock
            let last = min(rowCount, (part + 1) * blocks / parts * gramBlock)
            work.add(rows: first..<last, to: base + part * size * size)
        }
    }
    for part in 0..<parts {
        for cell in 0..<size * size {
            sums[cell] &+= partial[part * size * size + cell]
            partial[part * size * size + cell] = 0
        }
    }
    return sums
}

/// Rows whose scores are gathered at a time: 50 features take 100 KB.
private let gramBlock = 1024

/// What the threads share.
private struct GramWork: Sendable {
    let columns: [CodeArray]
    let attributes: [Int]
    let scores: [[Int16]]
    /// nil if no row can be longer.
    let bound: Int?
    /// Rows whose products are summed in 32 bits.
    let stretch: Int

    func add(rows: Range<Int>, to sums: UnsafeMutablePointer<Int64>) {
        let size = attributes.count
        withUnsafeTemporaryAllocation(of: Int16.self, capacity: size * gramBlock) { block in
            withUnsafeTemporaryAllocation(of: Int64.self, capacity: gramBlock) { norms in
                withUnsafeTemporaryAllocation(of: Float.self, capacity: gramBlock) { factors in
                    guard let block = block.baseAddress, let norms = norms.baseAddress,
                        let factors = factors.baseAddress
                    else { return }
                    var start = rows.lowerBound
                    while start < rows.upperBound {
                        let count = min(gramBlock, rows.upperBound - start)
                        for feature in 0..<size {
                            gather(feature, from: start, count: count, into: block + feature * gramBlock)
                        }
                        if let bound { shorten(block, norms, factors, count: count, bound: bound) }
                        var row = 0
                        while row < count {
                            let length = min(stretch, count - row)
                            addProducts(block + row, count: length, size: size, to: sums)
                            row += length
                        }
                        start += count
                    }
                    for index in 0..<size * gramBlock { block[index] = 0 }
                    for index in 0..<gramBlock { (norms[index], factors[index]) = (0, 0) }
                }
            }
        }
    }

    private func gather(_ feature: Int, from start: Int, count: Int, into target: UnsafeMutablePointer<Int16>) {
        scores[feature].withUnsafeBufferPointer { scores in
            guard let scores = scores.baseAddress else { return }
            switch columns[attributes[feature]] {
            case .bytes(let column): lookUp(column, start, count, scores, target)
            case .halves(let column): lookUp(column, start, count, scores, target)
            case .words(let column): lookUp(column, start, count, scores, target)
            }
        }
    }

    private func shorten(
        _ block: UnsafeMutablePointer<Int16>, _ norms: UnsafeMutablePointer<Int64>,
        _ factors: UnsafeMutablePointer<Float>, count: Int, bound: Int
    ) {
        let size = attributes.count
        for row in 0..<count { norms[row] = 0 }
        for feature in 0..<size {
            let scores = block + feature &* gramBlock
            for row in 0..<count {
                let score = Int32(scores[row])
                norms[row] &+= Int64(score &* score)
            }
        }
        let limit = Int64(bound) * Int64(bound)
        for row in 0..<count {
            // A factor of exactly 1 leaves whole numbers as they are: so every row takes the same steps, long or not.
            let factor = Float(bound) / Float(Double(max(norms[row], 1)).squareRoot()) * (1 - 0x1p-20)
            factors[row] = norms[row] > limit ? factor : 1
        }
        for feature in 0..<size {
            let scores = block + feature &* gramBlock
            for row in 0..<count {
                scores[row] = Int16(truncatingIfNeeded: Int32(Float(scores[row]) * factors[row]))
            }
        }
    }
}

@inline(__always)
private func lookUp<Code>(
    _ column: BoundedCodes<Code>, _ start: Int, _ count: Int, _ scores: UnsafePointer<Int16>,
    _ target: UnsafeMutablePointer<Int16>
) {
    column.codes.withUnsafeBufferPointer { codes in
        for row in 0..<count { target[row] = scores[Int(truncatingIfNeeded: codes[start &+ row])] }
    }
}

/// Adds the inner products of all pairs of features over one stretch, four at a time.
private func addProducts(
    _ block: UnsafePointer<Int16>, count: Int, size: Int, to sums: UnsafeMutablePointer<Int64>
) {
    for first in 0..<size {
        let a = block + first &* gramBlock
        let row = sums + first &* size
        var second = 0
        while second &+ 3 <= first {
            let (b, c) = (block + second &* gramBlock, block + (second &+ 1) &* gramBlock)
            let (d, e) = (block + (second &+ 2) &* gramBlock, block + (second &+ 3) &* gramBlock)
            var (p, q, r, s): (Int32, Int32, Int32, Int32) = (0, 0, 0, 0)
            for index in 0..<count {
                let value = Int32(a[index])
                p &+= value &* Int32(b[index])
                q &+= value &* Int32(c[index])
                r &+= value &* Int32(d[index])
                s &+= value &* Int32(e[index])
            }
            row[second] &+= Int64(p)
            row[second &+ 1] &+= Int64(q)
            row[second &+ 2] &+= Int64(r)
            row[second &+ 3] &+= Int64(s)
            second &+= 4
        }
        while second <= first {
            let b = block + second &* gramBlock
            var sum: Int32 = 0
            for index in 0..<count { sum &+= Int32(a[index]) &* Int32(b[index]) }
            row[second] &+= Int64(sum)
            second &+= 1
        }
    }
}
