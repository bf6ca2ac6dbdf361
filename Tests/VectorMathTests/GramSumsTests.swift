import Testing
import VectorMath

/// The definition, row by row, without blocks, widths or threads.
private func plainSums(_ codes: [[Int]], _ attributes: [Int], _ scores: [[Int16]], _ bound: Int?) -> [Int64] {
    let size = attributes.count
    var sums = [Int64](repeating: 0, count: size * size)
    for row in 0..<(codes.first?.count ?? 0) {
        var z = attributes.indices.map { Int64(scores[$0][codes[attributes[$0]][row]]) }
        let norm = z.reduce(0) { $0 + $1 * $1 }
        if let bound, norm > Int64(bound * bound) {
            let factor = Float(bound) / Float(Double(norm).squareRoot()) * (1 - 0x1p-20)
            z = z.map { Int64(Float($0) * factor) }
            #expect(z.reduce(0) { $0 + $1 * $1 } <= Int64(bound * bound))
        }
        for i in 0..<size { for j in 0...i { sums[i * size + j] += z[i] * z[j] } }
    }
    return sums
}

private struct Words: RandomNumberGenerator {
    var state: UInt64
    mutating func next() -> UInt64 {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return (state >> 29) ^ state
    }
}

@Suite("Gram sums") struct GramSumsTests {
    private func columns(_ codes: [[Int]], below bound: Int) throws -> [CodeArray] {
        try codes.enumerated().map { place, codes in
            switch place % 3 {
            case 0: .bytes(try #require(BoundedCodes(codes.map { UInt8($0) }, below: bound)))
            case 1: .halves(try #require(BoundedCodes(codes.map { UInt16($0) }, below: bound)))
            default: .words(try #require(BoundedCodes(codes.map { UInt32($0) }, below: bound)))
            }
        }
    }

    @Test(
        "they are those of the plain loop, to the last unit",
        arguments: [(0, 3), (1, 1), (7, 4), (1_023, 5), (1_025, 9), (70_000, 6)], [nil, 1, 300, 2_000, 16_384])
    func plain(shape: (rows: Int, features: Int), bound: Int?) throws {
        var words = Words(state: UInt64(shape.rows + 1))
        let codes = (0..<4).map { _ in (0..<shape.rows).map { _ in Int.random(in: 0..<9, using: &words) } }
        // Columns come several times, as indicators do.
        let attributes = (0..<shape.features).map { $0 % 4 }
        let scores = attributes.map { _ in (0..<9).map { _ in Int16.random(in: -1_000...1_000, using: &words) } }
        #expect(
            gramSums(try columns(codes, below: 9), attributes: attributes, scores: scores, bound: bound)
                == plainSums(codes, attributes, scores, bound))
    }

    @Test("the largest scores neither wrap nor round", arguments: [nil, 16_384])
    func largest(bound: Int?) throws {
        let codes = [[Int](repeating: 1, count: 5_000), (0..<5_000).map { $0 % 2 }]
        let scores: [[Int16]] = [[0, 16_384], [-16_384, 16_384]]
        #expect(
            gramSums(try columns(codes, below: 2), attributes: [0, 1], scores: scores, bound: bound)
                == plainSums(codes, [0, 1], scores, bound))
    }

    @Test("no shortened row is longer than the bound")
    func neverLonger() throws {
        var words = Words(state: 3)
        for _ in 0..<20_000 {
            let count = Int.random(in: 1...6, using: &words)
            let scores = (0..<count).map { _ in [Int16.random(in: -8_192...8_192, using: &words)] }
            let bound = Int.random(in: 1...8_192, using: &words)
            let codes = [CodeArray.bytes(try #require(BoundedCodes([UInt8(0)], below: 1)))]
            let sums = gramSums(codes, attributes: scores.map { _ in 0 }, scores: scores, bound: bound)
            let norm = (0..<count).reduce(Int64(0)) { $0 + sums[$1 * count + $1] }
            let length = scores.reduce(0) { $0 + Int($1[0]) * Int($1[0]) }
            #expect(norm <= Int64(bound * bound))
            if length <= bound * bound { #expect(norm == Int64(length)) }
        }
    }
}
