/// Random weights under which a table of three parts in the wide field shows whether each of its rows is one-hot or zero, and nothing
/// else of it: what `PartedChallenge` is for the other field, in one sum.
///
/// Σ_r α_r (Σ_j β_j (x² − x) + Σ_{g>0} γ_g (s_g − s_0) + δ (s_0² − s_0)), s_g being the sum of group g of a row, is zero for rows
/// that are one-hot in every group or zero in all. For any other table it is a polynomial of degree 2 in the weights that is not
/// zero, so that it vanishes with a probability of at most 2/p < 2^-59 (Schwartz 1980, Zippel 1979). That the rows of two tables
/// have the same weights is shown by Σ_r α_r s_0 of both.
///
/// Each of three parties has two of the parts x = a + b + c and adds a (a + 2b), of which the three make all nine products.
public struct WidePartedChallenge: Sendable {
    private let width: Int
    private let first: Int
    private let alphas: WideStream
    /// β of each column.
    private let squares: [UInt64]
    /// Of each column what its element counts for itself.
    private let lines: [UInt64]
    private let whole: UInt64

    /// - Parameters:
    ///   - key: 32 bytes, drawn after the table was shared; the same for both tables.
    ///   - side: 0 or 1: which of two tables.
    ///   - sizes: the columns of each group.
    public init(key: [UInt8], side: Int, sizes: [Int]) {
        width = sizes.reduce(0, +)
        first = sizes.first ?? 0
        alphas = WideStream(key: key, number: 0, pieceWords: FieldStream.pieceRows)
        let count = width + sizes.count + 1
        let all = WideStream(key: key, number: 1 + side, pieceWords: count).piece(0, count: count)
        var groups = Array(all[width..<(width + sizes.count)])
        let others = groups.dropFirst().reduce(0) { WideField.sum($0, $1) }
        if !groups.isEmpty { groups[0] = WideField.difference(0, others) }
        squares = Array(all[..<width])
        lines = zip(sizes, groups).flatMap { [UInt64](repeating: $1, count: $0) }
        whole = all[count - 1]
    }

    /// What a party's parts of a piece of rows add: to the sum that shows the rows' form, and to Σ α s_0.
    ///
    /// - Parameters:
    ///   - one: the part that this party counts for all three, row by row.
    ///   - two: the other part that it has.
    public func sums(_ one: [UInt64], _ two: [UInt64], piece: Int) -> (form: UInt64, weight: UInt64) {
        let count = one.count / max(width, 1)
        let alpha = alphas.piece(piece, count: count)
        var sums: (form: UInt64, weight: UInt64) = (0, 0)
        for row in 0..<count {
            var own: UInt64 = 0
            var weight: (one: UInt64, two: UInt64) = (0, 0)
            for column in 0..<width {
                let (a, b) = (one[row &* width &+ column], two[row &* width &+ column])
                own = WideField.sum(own, WideField.product(Self.square(a, b), squares[column]))
                own = WideField.sum(own, WideField.product(a, lines[column]))
                if column < first { weight = (WideField.sum(weight.one, a), WideField.sum(weight.two, b)) }
            }
            own = WideField.sum(own, WideField.product(Self.square(weight.one, weight.two), whole))
            sums.form = WideField.sum(sums.form, WideField.product(own, alpha[row]))
            sums.weight = WideField.sum(sums.weight, WideField.product(weight.one, alpha[row]))
        }
        return sums
    }

    /// a (a + 2b − 1): of all three parties together x² − x.
    @inline(__always)
    private static func square(_ a: UInt64, _ b: UInt64) -> UInt64 {
        WideField.product(a, WideField.difference(WideField.sum(a, WideField.sum(b, b)), 1))
    }
}
