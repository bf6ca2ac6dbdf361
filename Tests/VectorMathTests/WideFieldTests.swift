import Testing
import VectorMath

@Suite("The field of 2⁶¹ − 1")
struct WideFieldTests {
    private static let p = WideField.modulus

    private static func elements(_ count: Int, _ seed: UInt64 = 1) -> [UInt64] {
        var generator = SplitMix64(state: seed)
        return [0, 1, 2, p - 1, p - 2, p / 2, p / 2 + 1] + (0..<count).map { _ in generator.next() % p }
    }

    @Test("sums, differences and products are those of 128 bits, and numbers come back nearest to zero")
    func arithmetic() {
        let all = Self.elements(60)
        for one in all {
            for two in all {
                #expect(WideField.sum(one, two) == UInt64((UInt128(one) + UInt128(two)) % UInt128(Self.p)))
                #expect(
                    WideField.difference(one, two)
                        == UInt64((UInt128(one) + UInt128(Self.p) - UInt128(two)) % UInt128(Self.p)))
                #expect(WideField.product(one, two) == UInt64(UInt128(one) * UInt128(two) % UInt128(Self.p)))
            }
        }
        for value in [0, Self.p - 1, Self.p, Self.p + 1, 1 << 63, UInt64.max] {
            #expect(WideField.reduced(value) == value % Self.p)
        }
        for value in [0, 1, -1, 1 << 59, -(1 << 59), Int64(Self.p / 2), -Int64(Self.p / 2)] {
            #expect(WideField.number(WideField.element(value)) == value)
        }
        #expect(WideField.element(Int64.min) < Self.p && WideField.element(Int64.max) < Self.p)
    }

    @Test("a stream's pieces are elements, differ from key to key and number to number, and fit a uniform law")
    func streams() {
        let key = [UInt8](repeating: 3, count: 32)
        let stream = WideStream(key: key, number: 5, pieceWords: 10_001)
        let piece = stream.piece(7, count: 10_001)
        #expect(Array(piece.prefix(99)) == stream.piece(7, count: 99))
        #expect(piece.allSatisfy { $0 < Self.p })
        #expect(piece != stream.piece(8, count: 10_001))
        #expect(piece != WideStream(key: key, number: 6, pieceWords: 10_001).piece(7, count: 10_001))
        // No word of one piece is another's: pieces begin where those before them cannot reach.
        #expect(Set(piece).isDisjoint(with: stream.piece(8, count: 10_001)))
        var bins = [Double](repeating: 0, count: 16)
        for element in piece { bins[Int(element >> 57)] += 1 }
        let expected = Double(piece.count) / 16
        let distance = bins.reduce(0) { $0 + ($1 - expected) * ($1 - expected) / expected }
        // The stream is fixed: so is the figure, which 15 degrees of freedom put below 50 all but once in 10^5 keys.
        #expect(distance < 50)
    }

    private static let sizes = [3, 1, 4]
    private static let rows = 700

    private static func codes() -> [[UInt32]] {
        var generator = SplitMix64(state: 4)
        return sizes.map { size in (0..<rows).map { _ in UInt32(generator.next() % UInt64(size)) } }
    }

    private static func words(_ codes: [[UInt32]]) -> [UInt64] {
        (0..<rows).flatMap { row in
            zip(sizes, codes).flatMap { size, codes in (0..<size).map { UInt64($0 == Int(codes[row]) ? 1 : 0) } }
        }
    }

    /// The sum that shows the form of a table, which somebody may spoil, as x = u + v.
    private func form(_ spoil: (inout [UInt64]) -> Void) -> UInt64 {
        var words = Self.words(Self.codes())
        spoil(&words)
        let challenge = WideChallenge(key: [UInt8](repeating: 9, count: 32), rows: Self.rows, sizes: Self.sizes)
        let mask = WideStream(key: [UInt8](repeating: 1, count: 32), number: 0, pieceWords: 256 * 8)
        var sum = challenge.onesTaken()
        for piece in 0..<3 {
            let range = (piece * 256 * 8)..<(min(Self.rows, (piece + 1) * 256) * 8)
            let u = mask.piece(piece, count: range.count)
            let v = zip(words[range], u).map { WideField.difference($0, $1) }
            for term in [
                challenge.sum(u, piece: piece), challenge.sum(v, piece: piece), challenge.crossTerm(u, v, piece: piece),
            ] { sum = WideField.sum(sum, term) }
        }
        return sum
    }

    @Test("the sum of a table of one-hot codes is zero, and that of any other is not")
    func forms() {
        #expect(form { _ in } == 0)
        let spoilt: [(inout [UInt64]) -> Void] = [
            { words in words[words.firstIndex(of: 1)!] = 1_000 },
            { words in words[words.firstIndex(of: 1)!] = 0 },
            { words in words[words.firstIndex(of: 0)!] = 1 },
            { words in words[699 * 8 + 3] = 2 },
            // Two halves that sum to one: 2⁻¹ is 2⁶⁰ modulo p.
            { words in words.replaceSubrange(0..<3, with: [1 << 60, 1 << 60, 0]) },
            { words in words.replaceSubrange(0..<3, with: [WideField.modulus - 1, 2, 0]) },
        ]
        for spoil in spoilt { #expect(form(spoil) != 0) }
    }

    @Test("figures of masked rows and of masks sum to those of the rows, and products to sums over rows")
    func figures() throws {
        let codes = Self.codes()
        let columns = WeightedColumns(
            sizes: Self.sizes, figures: 2,
            columns: [
                [(0, 5)], [(0, -7), (1, 1 << 30)], [], [(1, 1)], [(0, 1)], [(1, -(1 << 30))], [(0, 2), (1, 3)], [],
            ])
        let expected = (0..<Self.rows).map { row -> [Int64] in
            let (a, c) = (codes[0][row], codes[2][row])
            return [
                [5, -7, 0][Int(a)] + [1, 0, 2, 0][Int(c)],
                [0, 1 << 30, 0][Int(a)] + 1 + [0, -(1 << 30), 3, 0][Int(c)],
            ]
        }
        let table = OneHotCodes(
            try zip(Self.sizes, codes).map { size, codes in try #require(CodeArray(narrowing: codes, below: size)) },
            rows: Self.rows)
        let mask = WideStream(key: [UInt8](repeating: 1, count: 32), number: 0, pieceWords: 256 * 8)
        let second = WeightedColumns(codes: 8)
        var product = WideProduct(left: 2, right: 8)
        for piece in 0..<3 {
            let count = min(256, Self.rows - 256 * piece)
            let (u, own) = (mask.piece(piece, count: count * 8), table.figures(columns, piece: piece))
            let masked = table.less(u, piece: piece)
            let sums = zip(columns.figures(of: u), columns.figures(of: masked)).map { WideField.sum($0, $1) }
            #expect(sums == own)
            #expect(own.map { WideField.number($0) } == Array(expected[(256 * piece)..<(256 * piece + count)].joined()))
            let words = Array(Self.words(codes)[(256 * piece * 8)..<((256 * piece + count) * 8)])
            product.add(own, second.figures(of: words))
        }
        let words = Self.words(codes)
        for figure in 0..<2 {
            for column in 0..<8 {
                let sum = (0..<Self.rows).reduce(Int64(0)) {
                    $0 + expected[$1][figure] * Int64(words[$1 * 8 + column])
                }
                #expect(WideField.number(product.elements[figure * 8 + column]) == sum)
            }
        }
    }
}
