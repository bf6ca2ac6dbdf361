import LinearAlgebra
import VectorMath

/// Kinds of pairs as a list of numbers without bounds: logarithms of the numbers of pairs of each kind, then, kind by kind, of the
/// odds of each level against level 0.
struct PairParameters: Sendable {
    let levels: [Int]
    let kindCount: Int
    /// How many odds a kind of pair has.
    private let logits: Int
    /// The level of each comparison in each pattern: comparison by comparison.
    private let digits: [[UInt8]]

    init(levels: [Int], kinds: Int) {
        self.levels = levels
        kindCount = kinds
        logits = levels.reduce(0) { $0 + $1 - 1 }
        digits = AgreementCounts.digits(levels)
    }

    var count: Int { kindCount * (1 + logits) }

    func values(_ kinds: [MatchModel.Kind]) -> [Double] {
        kinds.map { naturalLogarithm(max($0.pairs, 1e-6)) } + kinds.flatMap(Self.odds)
    }

    /// The logarithms of the odds of a kind, comparison by comparison.
    static func odds(_ kind: MatchModel.Kind) -> [Double] {
        kind.levels.flatMap { one in
            one.dropFirst().map { naturalLogarithm(max($0, 1e-6) / max(one[0], 1e-6)) }
        }
    }

    /// The places of a kind's odds among the parameters.
    func odds(ofKind kind: Int) -> Range<Int> { kindCount + kind * logits..<kindCount + (kind + 1) * logits }

    func kinds(_ values: [Double]) -> [MatchModel.Kind] {
        (0..<kindCount).map { kind in
            var place = kindCount + kind * logits
            let shares = levels.map { count in
                let odds = [1] + values[place..<place + count - 1].map { exponential(min(max($0, -30), 30)) }
                place += count - 1
                return MatchModel.shares(odds)
            }
            return MatchModel.Kind(pairs: exponential(min(values[kind], 60)), levels: shares)
        }
    }

    /// For each kind the expected number of pairs of each pattern.
    func expected(_ kinds: [MatchModel.Kind]) -> [[Double]] {
        kinds.map { MatchModel.product($0.levels, times: $0.pairs) }
    }

    /// Of each pattern the expected number of pairs of all kinds.
    func sums(_ expected: [[Double]]) -> [Double] {
        var sums = expected[0]
        for kind in expected.dropFirst() {
            for place in sums.indices { sums[place] += kind[place] }
        }
        return sums
    }

    /// The derivatives of the expected numbers of pairs of these patterns, a row each, with every parameter, a column each.
    func slopes(_ kinds: [MatchModel.Kind], _ expected: [[Double]], _ patterns: ArraySlice<Int>) -> Matrix {
        var slopes = Matrix(rows: patterns.count, columns: count)
        for (kind, shares) in kinds.enumerated() {
            let column = kind * patterns.count
            let pairs = patterns.map { expected[kind][$0] }
            for row in pairs.indices { slopes.values[column + row] = pairs[row] }
            eachLevel(ofKind: kind) { parameter, comparison, level in
                let share = shares.levels[comparison][level]
                let column = parameter * patterns.count
                for (row, place) in patterns.enumerated() {
                    let has = digits[comparison][place] == level
                    slopes.values[column + row] = pairs[row] * ((has ? 1 : 0) - share)
                }
            }
        }
        return slopes
    }

    /// Each odds of a kind: its parameter, its comparison and its level.
    func eachLevel(ofKind kind: Int, _ body: (_ parameter: Int, _ comparison: Int, _ level: Int) -> Void) {
        var parameter = kindCount + kind * logits
        for (comparison, count) in levels.enumerated() {
            for level in 1..<count {
                body(parameter, comparison, level)
                parameter += 1
            }
        }
    }

    /// How far the expected number of pairs of each pattern moves with the parameters along a direction.
    func moves(_ kinds: [MatchModel.Kind], _ expected: [[Double]], along direction: [Double]) -> [Double] {
        var moves = [Double](repeating: 0, count: digits[0].count)
        for (kind, shares) in kinds.enumerated() {
            var steps = levels.map { [Double](repeating: 0, count: $0) }
            var mean = 0.0
            eachLevel(ofKind: kind) { parameter, comparison, level in
                steps[comparison][level] = direction[parameter]
                mean += shares.levels[comparison][level] * direction[parameter]
            }
            for place in moves.indices {
                var step = direction[kind] - mean
                for comparison in levels.indices { step += steps[comparison][Int(digits[comparison][place])] }
                moves[place] += expected[kind][place] * step
            }
        }
        return moves
    }
}
