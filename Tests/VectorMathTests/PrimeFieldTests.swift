import Testing
import VectorMath

@Suite("The field of 2³¹ − 1")
struct PrimeFieldTests {
    private static let p = UInt64(PrimeField.modulus)

    @Test("numbers are reduced as division reduces them, and come back nearest to zero")
    func reduced() {
        var generator = SplitMix64(state: 1)
        let edges: [UInt64] = [0, 1, Self.p - 1, Self.p, Self.p + 1, 2 * Self.p, 1 << 62, UInt64.max, UInt64.max - 4]
        for value in edges + (0..<10_000).map({ _ in generator.next() }) {
            #expect(UInt64(PrimeField.reduced(value)) == value % Self.p)
        }
        for value in [0, 1, -1, 1 << 29, -(1 << 29), Int64(Self.p / 2), -Int64(Self.p / 2)] {
            #expect(PrimeField.number(PrimeField.element(value)) == value)
        }
        #expect(PrimeField.element(Int64.min) < PrimeField.modulus)
    }

    @Test("a stream's pieces are elements, differ from key to key and number to number, and fit a uniform law")
    func streams() {
        let key = [UInt8](repeating: 3, count: 32)
        let stream = FieldStream(key: key, number: 5, pieceWords: 10_001)
        let piece = stream.piece(7, count: 10_001)
        #expect(piece == FieldStream(key: key, number: 5, pieceWords: 10_001).piece(7, count: 10_001))
        #expect(Array(piece.prefix(99)) == stream.piece(7, count: 99))
        #expect(piece.allSatisfy { $0 < PrimeField.modulus })
        #expect(piece != stream.piece(8, count: 10_001))
        #expect(piece != FieldStream(key: key, number: 6, pieceWords: 10_001).piece(7, count: 10_001))
        var bins = [Double](repeating: 0, count: 16)
        for element in piece { bins[Int(element >> 27)] += 1 }
        let expected = Double(piece.count) / 16
        let distance = bins.reduce(0) { $0 + ($1 - expected) * ($1 - expected) / expected }
        // The stream is fixed: so is the figure, which 15 degrees of freedom put below 50 all but once in 10^5 keys.
        #expect(distance < 50)
    }

    /// A table of three groups, whose rows somebody may spoil, as x = u + v.
    private func sums(_ spoil: (inout [UInt32]) -> Void) -> [UInt32] {
        let (sizes, rows, width) = ([3, 1, 4], 700, 8)
        var words = [UInt32](repeating: 0, count: rows * width)
        var generator = SplitMix64(state: 4)
        for row in 0..<rows {
            var start = 0
            for size in sizes {
                words[row * width + start + Int(generator.next() % UInt64(size))] = 1
                start += size
            }
        }
        spoil(&words)
        let challenge = FormChallenge(key: [UInt8](repeating: 9, count: 32), rows: rows, sizes: sizes)
        let mask = FieldStream(key: [UInt8](repeating: 1, count: 32), number: 0, pieceWords: 256 * width)
        var sums = challenge.ones()
        for piece in 0..<3 {
            let range = (piece * 256 * width)..<(min(rows, (piece + 1) * 256) * width)
            let u = mask.piece(piece, count: range.count)
            let v = zip(words[range], u).map { PrimeField.element(Int64($0) - Int64($1)) }
            for terms in [
                challenge.sums(u, piece: piece), challenge.sums(v, piece: piece),
                challenge.crossTerms(u, v, piece: piece),
            ] {
                sums = zip(sums, terms).map { PrimeField.sum($0, $1) }
            }
        }
        return sums
    }

    @Test("the sums of a table of one-hot codes are zero, and those of any other are not")
    func form() {
        #expect(sums { _ in } == [0, 0, 0, 0])
        let spoilt: [(inout [UInt32]) -> Void] = [
            { words in words[words.firstIndex(of: 1)!] = 1_000 },
            { words in words[words.firstIndex(of: 1)!] = 0 },
            { words in words[words.firstIndex(of: 0)!] = 1 },
            { words in words[699 * 8 + 3] = 2 },
            // Two halves that sum to one: 2⁻¹ is 2³⁰ modulo p.
            { words in words.replaceSubrange(0..<3, with: [1 << 30, 1 << 30, 0]) },
            // A negative row beside one that is too large.
            { words in words.replaceSubrange(0..<3, with: [PrimeField.modulus - 1, 2, 0]) },
        ]
        for (place, spoil) in spoilt.enumerated() {
            let sums = sums(spoil)
            // Each of both tests sees it.
            #expect(sums[0] != 0 || sums[1] != 0, "\(place)")
            #expect(sums[2] != 0 || sums[3] != 0, "\(place)")
        }
    }

    @Test("products of one-hot rows with another table are sums of its rows")
    func products() throws {
        let codes = [[UInt32]]([[0, 2, 1, 2, 2], [1, 0, 0, 1, 1]])
        let groups = try codes.enumerated().map { try #require(CodeArray(narrowing: $1, below: [3, 2][$0])) }
        let own = OneHotCodes(groups, rows: 5)
        let other = (0..<10).map { UInt32($0 * $0) + PrimeField.modulus - 50 }.map { $0 % PrimeField.modulus }
        var expected = [UInt64](repeating: 0, count: 10)
        for row in 0..<5 {
            for column in [Int(codes[0][row]), 3 + Int(codes[1][row])] {
                for place in 0..<2 { expected[2 * column + place] += UInt64(other[2 * row + place]) }
            }
        }
        #expect(own.products(other, width: 2) == expected.map { UInt32($0 % Self.p) })
        let mask = (0..<25).map { UInt32($0) }
        let masked = zip(own.less(mask, piece: 0), mask).map { PrimeField.sum($0, $1) }
        #expect(masked.reduce(0) { $0 + Int($1) } == 10 && masked.allSatisfy { $0 < 2 })
    }
}
