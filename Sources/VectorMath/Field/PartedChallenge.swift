/// Random weights under which a table of three parts shows whether each of its rows is one-hot or zero, and nothing else of it:
/// what `FormChallenge` is for rows that may be zero.
///
/// A row is right if each element is 0 or 1, all groups of columns have the same sum, and this sum, the row's weight, is 0 or 1:
/// Σ_r α_r (Σ_j β_j (x² − x) + Σ_{g>0} γ_g (s_g − s_0) + δ (s_0² − s_0)) = 0 for weights that nobody knew when the table was
/// shared. A wrong table passes one such test with a probability of at most 2/p (Schwartz 1980, Zippel 1979), and both with less
/// than 2^-59. That the rows of two tables have the same weights is shown by Σ_r α_r s_0 of both.
///
/// Each of three parties has two of the parts x = a + b + c and adds a (a + 2b), of which the three make all nine products.
public struct PartedChallenge: Sendable {
    /// How many independent tests there are.
    public static let tests = 2

    private let width: Int
    private let first: Int
    private let alphas: [FieldStream]
    /// For each test β of each column, what its element counts for itself, and δ.
    private let weights: [(squares: [UInt32], lines: [UInt32], whole: UInt32)]

    /// - Parameters:
    ///   - key: 32 bytes, drawn after the table was shared; the same for both tables.
    ///   - side: 0 or 1: which of two tables.
    ///   - sizes: the columns of each group.
    public init(key: [UInt8], side: Int, sizes: [Int]) {
        let width = sizes.reduce(0, +)
        self.width = width
        first = sizes.first ?? 0
        alphas = (0..<Self.tests).map { FieldStream(key: key, number: $0, pieceWords: FieldStream.pieceRows) }
        weights = (0..<Self.tests).map { test in
            let count = width + sizes.count + 1
            let all = FieldStream(key: key, number: Self.tests * (1 + side) + test, pieceWords: count)
                .piece(0, count: count)
            var groups = Array(all[width..<(width + sizes.count)])
            let others = groups.dropFirst().reduce(0) { PrimeField.sum($0, $1) }
            if !groups.isEmpty { groups[0] = PrimeField.element(-Int64(others)) }
            return (
                squares: Array(all[..<width]),
                lines: zip(sizes, groups).flatMap { [UInt32](repeating: $1, count: $0) }, whole: all[count - 1]
            )
        }
    }

    /// What a party's parts of a piece of rows add: for each test to the sum that shows the rows' form, then to Σ α s_0.
    ///
    /// - Parameters:
    ///   - one: the part that this party counts for all three, row by row.
    ///   - two: the other part that it has.
    public func sums(_ one: [UInt32], _ two: [UInt32], piece: Int) -> [UInt32] {
        let count = one.count / max(width, 1)
        let alpha = alphas.map { $0.piece(piece, count: count) }
        var sums = [UInt64](repeating: 0, count: 2 * Self.tests)
        var squares = [UInt32](repeating: 0, count: width)
        for row in 0..<count {
            let start = row &* width
            var weight: (one: UInt64, two: UInt64) = (0, 0)
            for column in 0..<width {
                let (a, b) = (UInt64(one[start &+ column]), UInt64(two[start &+ column]))
                squares[column] = Self.square(a, b)
                if column < first { weight = (weight.one &+ a, weight.two &+ b) }
            }
            let whole = (one: UInt64(PrimeField.reduced(weight.one)), two: UInt64(PrimeField.reduced(weight.two)))
            let of = Self.square(whole.one, whole.two)
            for test in 0..<Self.tests {
                var sum = UInt64(PrimeField.product(of, weights[test].whole))
                for column in 0..<width {
                    let square = UInt64(squares[column]) &* UInt64(weights[test].squares[column])
                    let line = UInt64(one[start &+ column]) &* UInt64(weights[test].lines[column])
                    // Two words below 2³² of each: 2³¹ columns would not pass 2⁶⁴.
                    sum &+= (square & PrimeField.wide) &+ (square &>> 31) &+ (line & PrimeField.wide) &+ (line &>> 31)
                }
                sums[2 &* test] &+= UInt64(PrimeField.product(PrimeField.reduced(sum), alpha[test][row]))
                sums[2 &* test &+ 1] &+= UInt64(
                    PrimeField.product(UInt32(truncatingIfNeeded: whole.one), alpha[test][row]))
            }
        }
        return sums.map { PrimeField.reduced($0) }
    }

    /// a (a + 2b − 1): of all three parties together x² − x.
    @inline(__always)
    private static func square(_ a: UInt64, _ b: UInt64) -> UInt32 {
        let factor = UInt64(PrimeField.reduced(a &+ 2 &* b &+ PrimeField.wide &- 1))
        return PrimeField.reduced(a &* factor)
    }
}
