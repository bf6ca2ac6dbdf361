/// Random weights under which a table that is shared in the wide field shows whether each of its rows is one-hot, and nothing else
/// of it: what `FormChallenge` is for the other field, in one sum.
///
/// Σ_r α_r (Σ_g γ_g (Σ_{j in g} x − 1) + Σ_j β_j (x² − x)) is zero for one-hot rows. For any other table it is a polynomial of
/// degree 2 in the weights that is not zero, so that it vanishes with a probability of at most 2/p < 2^-59 (Schwartz 1980,
/// Zippel 1979).
public struct WideChallenge: Sendable {
    private let rows: Int
    private let width: Int
    private let alphas: WideStream
    private let betas: [UInt64]
    /// Of each column's group.
    private let gammas: [UInt64]
    private let ones: UInt64

    /// - Parameters:
    ///   - key: 32 bytes, drawn after the table was shared.
    ///   - rows: of the table.
    ///   - sizes: the columns of each group.
    public init(key: [UInt8], rows: Int, sizes: [Int]) {
        let width = sizes.reduce(0, +)
        self.rows = rows
        self.width = width
        alphas = WideStream(key: key, number: 0, pieceWords: FieldStream.pieceRows)
        let all = WideStream(key: key, number: 1, pieceWords: width + sizes.count).piece(0, count: width + sizes.count)
        betas = Array(all[..<width])
        gammas = zip(sizes, all[width...]).flatMap { [UInt64](repeating: $1, count: $0) }
        ones = all[width...].reduce(0) { WideField.sum($0, $1) }
    }

    /// What one part x of a table x + y adds to the sum, of one piece of its rows: Σ α (Σ γ x + Σ β (x² − x)).
    public func sum(_ part: [UInt64], piece: Int) -> UInt64 {
        let count = part.count / max(width, 1)
        let alpha = alphas.piece(piece, count: count)
        var sum: UInt64 = 0
        for row in 0..<count {
            var own: UInt64 = 0
            for column in 0..<width {
                let x = part[row &* width &+ column]
                // x (γ + β (x − 1)).
                let factor = WideField.sum(
                    gammas[column], WideField.product(betas[column], WideField.difference(x, 1)))
                own = WideField.sum(own, WideField.product(x, factor))
            }
            sum = WideField.sum(sum, WideField.product(own, alpha[row]))
        }
        return sum
    }

    /// What is taken off for the ones that the groups sum to: −Σ α Σ γ, of all rows.
    public func onesTaken() -> UInt64 {
        var sum: UInt64 = 0
        for piece in 0..<((rows + FieldStream.pieceRows - 1) / FieldStream.pieceRows) {
            let count = min(FieldStream.pieceRows, rows - piece * FieldStream.pieceRows)
            sum = alphas.piece(piece, count: count).reduce(sum) { WideField.sum($0, $1) }
        }
        return WideField.difference(0, WideField.product(sum, ones))
    }

    /// What the two parts of a table add to its squares together, of one piece: Σ α Σ β 2xy.
    public func crossTerm(_ one: [UInt64], _ two: [UInt64], piece: Int) -> UInt64 {
        let count = one.count / max(width, 1)
        let alpha = alphas.piece(piece, count: count)
        var sum: UInt64 = 0
        for row in 0..<count {
            var own: UInt64 = 0
            for column in 0..<width {
                let place = row &* width &+ column
                own = WideField.sum(
                    own, WideField.product(betas[column], WideField.product(one[place], two[place])))
            }
            sum = WideField.sum(sum, WideField.product(own, alpha[row]))
        }
        return WideField.sum(sum, sum)
    }
}
