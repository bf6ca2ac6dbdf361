/// Random weights under which a shared table shows whether each of its rows is one-hot, and nothing else of it.
///
/// A table is groups of columns. Its rows are right if each column holds 0 or 1, and the columns of a group sum to 1 in every
/// row: Σ_r α_r Σ_j β_j (x² − x) = 0 and Σ_r α_r Σ_g γ_g (Σ_{j in g} x − 1) = 0 for weights that the table's owner did not know
/// when it shared it. A wrong table passes one such test with a probability of at most 2/p (Schwartz 1980, Zippel 1979: a
/// polynomial of degree 2 in the weights), and both pairs with less than 2^-59.
public struct FormChallenge: Sendable {
    /// How many independent pairs of sums there are.
    public static let tests = 2

    private let rows: Int
    private let width: Int
    private let alphas: [FieldStream]
    /// For each test the weight of each column, and that of its group.
    private let weights: [(columns: [UInt32], groups: [UInt32], sum: UInt32)]

    /// - Parameters:
    ///   - key: 32 bytes, drawn after the table was shared.
    ///   - rows: of the table.
    ///   - sizes: the columns of each group.
    public init(key: [UInt8], rows: Int, sizes: [Int]) {
        let width = sizes.reduce(0, +)
        self.rows = rows
        self.width = width
        alphas = (0..<Self.tests).map {
            FieldStream(key: key, number: 2 * $0, pieceWords: FieldStream.pieceRows)
        }
        weights = (0..<Self.tests).map { test in
            let all = FieldStream(key: key, number: 2 * test + 1, pieceWords: width + sizes.count)
                .piece(0, count: width + sizes.count)
            let groups = Array(all[width...])
            return (
                columns: Array(all[..<width]),
                groups: zip(sizes, groups).flatMap { size, weight in
                    [UInt32](repeating: weight, count: size)
                }, sum: groups.reduce(0) { PrimeField.sum($0, $1) }
            )
        }
    }

    /// What one part x of a table x + y adds to the sums, of one piece of its rows: for each test Σ α Σ γ x, then Σ α Σ β (x² − x).
    ///
    /// - Parameter part: the piece row by row.
    public func sums(_ part: [UInt32], piece: Int) -> [UInt32] {
        let count = part.count / max(width, 1)
        return (0..<Self.tests).flatMap { test -> [UInt32] in
            let alpha = alphas[test].piece(piece, count: count)
            let (columns, groups, _) = weights[test]
            var linear: UInt64 = 0
            var square: UInt64 = 0
            for row in 0..<count {
                var one: UInt64 = 0
                var two: UInt64 = 0
                let start = row &* width
                for column in 0..<width {
                    let x = UInt64(part[start &+ column])
                    // x·(x − 1), then below 2^33, times a weight below 2^31.
                    let raised = x &* (x &+ PrimeField.wide &- 1)
                    let folded = (raised & PrimeField.wide) &+ (raised &>> 31)
                    let weighted = UInt64(PrimeField.reduced(folded)) &* UInt64(columns[column])
                    two &+= (weighted & PrimeField.wide) &+ (weighted &>> 31)
                    let summed = x &* UInt64(groups[column])
                    one &+= (summed & PrimeField.wide) &+ (summed &>> 31)
                }
                linear &+= UInt64(PrimeField.product(PrimeField.reduced(one), alpha[row]))
                square &+= UInt64(PrimeField.product(PrimeField.reduced(two), alpha[row]))
            }
            return [PrimeField.reduced(linear), PrimeField.reduced(square)]
        }
    }

    /// What is taken off the first sum of each test for the ones that the groups sum to: Σ α Σ γ, of all rows.
    public func ones() -> [UInt32] {
        (0..<Self.tests).flatMap { test -> [UInt32] in
            var sum: UInt64 = 0
            for piece in 0..<((rows + FieldStream.pieceRows - 1) / FieldStream.pieceRows) {
                let count = min(FieldStream.pieceRows, rows - piece * FieldStream.pieceRows)
                sum = alphas[test].piece(piece, count: count).reduce(sum) { $0 &+ UInt64($1) }
            }
            let whole = PrimeField.product(PrimeField.reduced(sum), weights[test].sum)
            return [PrimeField.element(-Int64(whole)), 0]
        }
    }

    /// What the two parts of a table add to its squares together, of one piece: nothing to the first sum, and Σ α Σ β 2xy to the
    /// second.
    public func crossTerms(_ one: [UInt32], _ two: [UInt32], piece: Int) -> [UInt32] {
        let count = one.count / max(width, 1)
        return (0..<Self.tests).flatMap { test -> [UInt32] in
            let alpha = alphas[test].piece(piece, count: count)
            let columns = weights[test].columns
            var sum: UInt64 = 0
            for row in 0..<count {
                var own: UInt64 = 0
                let start = row &* width
                for column in 0..<width {
                    let product = UInt64(one[start &+ column]) &* UInt64(two[start &+ column])
                    let folded = (product & PrimeField.wide) &+ (product &>> 31)
                    let weighted = UInt64(PrimeField.reduced(folded)) &* UInt64(columns[column])
                    own &+= (weighted & PrimeField.wide) &+ (weighted &>> 31)
                }
                sum &+= UInt64(PrimeField.product(PrimeField.reduced(own), alpha[row]))
            }
            let once = PrimeField.reduced(sum)
            return [0, PrimeField.sum(once, once)]
        }
    }
}
