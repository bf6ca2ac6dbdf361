import Domains
import FittedModels
import LinearAlgebra
import PrivacyKernel
import Synthesizers
import Tables
import VectorMath

/// The exact Gram matrix of 50 scored columns, beside `dsyrk` on the same numbers, both on one thread.
func gramMatrix() throws -> Ratio {
    let (rows, columns) = (400_000, 50)
    let sizes = [Int](repeating: 40, count: columns)
    let codes = randomCodes(rows: rows, sizes: sizes)
    let arrays = zip(codes, sizes).compactMap { codes, size in
        BoundedCodes(codes, below: size).map { CodeArray.bytes($0) }
    }
    let scores = sizes.map { size in (0..<size).map { Int16((Double($0) / Double(size) - 0.5) * 512) } }
    let matrix = try Matrix(
        rows: rows, columns: columns,
        values: zip(codes, scores).flatMap { column, scores in column.map { Double(scores[Int($0)]) } })
    setLinearAlgebraThreads(1)
    return try compare(
        ours: { gramSums(arrays, attributes: Array(0..<columns), scores: scores, bound: nil).count },
        beside: { Int(try matrix.gram[0, 0]) })
}

/// Balanced rows of a tree over fifteen columns, beside one 64-bit draw and one look-up in an alias table a cell.
func samplingRows() throws -> Ratio {
    let rows = 1_000_000
    let table = try KernelTable(randomCodes(rows: 20_000, sizes: columnSizes), sizes: columnSizes)
    let method = try synthesizer(named: "mst")
    let privacy = try PrivacyParameters(epsilon: 1, delta: 1e-9)
    let model = try method.fit(Kernel(table: table.privateTable()), privacy)
    let sampler = try RowSampler(model, seed: 1, draws: .independent)
    var output = [UInt8](repeating: 0, count: rows)
    return compare(
        ours: { Int(sampler.rows(0..<UInt64(rows)).codes[3].last ?? 0) },
        beside: {
            var generator = SplitMix64(state: 3)
            var sum = 0
            for size in columnSizes {
                let entries = (0..<size).map { UInt64($0) << 56 | UInt64($0 * 37 % size) << 48 | 0x7FFF_FFFF }
                output.withUnsafeMutableBufferPointer { output in
                    entries.withUnsafeBufferPointer { entries in
                        for row in 0..<rows {
                            let word = generator.next()
                            let entry = entries[Int((word >> 40) &* UInt64(size) >> 24)]
                            let isOwn = word & 0xFFFF_FFFF < entry & 0xFFFF_FFFF
                            output[row] = UInt8(truncatingIfNeeded: entry >> (isOwn ? 56 : 48))
                        }
                    }
                }
                sum &+= Int(output[size])
            }
            return sum
        })
}
