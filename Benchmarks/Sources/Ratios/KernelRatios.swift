import Domains
import PrivacyKernel
import Tables
import VectorMath

/// All 105 pairs of fifteen columns, noise included, beside a loop that adds one to a cell a row.
func countingPairs() throws -> Ratio {
    let rows = 4_000_000
    let codes = randomCodes(rows: rows, sizes: columnSizes)
    let table = try KernelTable(codes, sizes: columnSizes)
    let pairs = columnSizes.indices.flatMap { b in (0..<b).map { [$0, b] } }
    return try compare(
        ours: {
            // A private table answers to one budget, so that each round makes its own of the same columns.
            try Kernel(table: table.privateTable()).measure(
                pairs, spending: Budget(PrivacyParameters(epsilon: 1, delta: 1e-9), accounting: .gaussian)
            ).count
        },
        beside: {
            var sum = 0
            for pair in pairs {
                let width = columnSizes[pair[1]]
                var cells = [Int32](repeating: 0, count: columnSizes[pair[0]] * width)
                cells.withUnsafeMutableBufferPointer { cells in
                    codes[pair[0]].withUnsafeBufferPointer { first in
                        codes[pair[1]].withUnsafeBufferPointer { second in
                            for row in 0..<rows { cells[Int(first[row]) &* width &+ Int(second[row])] &+= 1 }
                        }
                    }
                }
                sum &+= Int(cells[0])
            }
            return sum
        })
}

/// Two million draws of discrete Gaussian noise, beside the keystream of 128 bits for each.
func drawingNoise() throws -> Ratio {
    let sizes = [128, 128, 128]
    let table = try KernelTable(sizes.map { _ in [] }, sizes: sizes)
    var words = [UInt64](repeating: 0, count: 1 << 13)
    let stream = Keystream(key: [UInt8](repeating: 7, count: 32), nonce: 1)
    return try compare(
        ours: {
            var budget = try Budget(PrivacyParameters(epsilon: 10, delta: 1e-6), accounting: .gaussian)
            return try Kernel(table: table.privateTable()).measure(
                [[0, 1, 2]], spending: budget.take(.amount(1 / (2 * 868.0 * 868.0)))
            ).count
        },
        beside: {
            var sum: UInt64 = 0
            for chunk in 0..<(2 << 21) / words.count {
                stream.fill(&words, fromBlock: UInt64(chunk * words.count / 8))
                sum &+= words[17]
            }
            return Int(truncatingIfNeeded: sum)
        })
}
