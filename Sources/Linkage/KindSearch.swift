import LinearAlgebra
import VectorMath

/// How many kinds of pairs the counts of agreement patterns speak for, and which of them are of one unit.
///
/// Comparisons are independent within a kind. It begins with two, pairs that are linked and the others, and adds one after the
/// other, each where the kinds so far leave pairs unexplained: among the patterns that are linked, or among those that are not. A
/// kind stays if it explains more than its parameters are worth (H. Akaike, 1974). What a kind is follows afterwards, from whether most
/// of its pairs are linked: the kind that began with the linked ones may end as households where these are many.
struct KindSearch {
    /// Where the search ended.
    struct Found {
        let shape: PairParameters
        let optimum: PatternLeastSquares.Optimum
        let kinds: [MatchModel.Kind]
        /// Of each kind whether its pairs are of one unit.
        let isOne: [Bool]

        var model: MatchModel {
            func chosen(_ one: Bool) -> [MatchModel.Kind] { zip(kinds, isOne).filter { $0.1 == one }.map(\.0) }
            return MatchModel(one: chosen(true), two: chosen(false))
        }
    }

    private let counts: AgreementCounts
    private let linked: [Bool]
    private static let most = 8
    /// Standard deviations by which the pairs of a pattern are more than the kinds explain.
    private static let unexplained = 3.0
    /// A kind of pairs of one unit begins as much like those that are there as like the pairs that it is to explain.
    private static let likeness = 1.0

    /// A fit, with what it cost in parameters.
    private struct Step {
        let shape: PairParameters
        let holds: [PatternLeastSquares.Hold]
        let isTied: [Bool]
        let optimum: PatternLeastSquares.Optimum
        let kinds: [MatchModel.Kind]

        /// Akaike's criterion. Odds that are tied cost as much of a parameter as the counts, and not the tie, decide about them.
        var worth: Double {
            var used = Double(kinds.count)
            for (kind, hold) in holds.enumerated() {
                for place in shape.odds(ofKind: kind) {
                    used += isTied[kind] ? 1 - hold.precision * optimum.covariance[place, place] : 1
                }
            }
            return optimum.squares + optimum.strain + 2 * used
        }
    }

    /// - Returns: nil where there are too few patterns, or no kind is one of pairs that are linked.
    static func found(_ counts: AgreementCounts, linked: [Bool]) -> Found? {
        KindSearch(counts: counts, linked: linked).found()
    }

    private func found() -> Found? {
        var best: Step?
        while (best?.kinds.count ?? 1) < Self.most {
            let candidates = starts(beside: best).compactMap { step($0, beside: best) }
            guard let next = candidates.min(by: { $0.worth < $1.worth }), best.map({ next.worth < $0.worth }) ?? true
            else { break }
            best = next
        }
        guard let best else { return nil }
        let squares = PatternLeastSquares(counts: counts, parameters: best.shape, holds: best.holds)
        guard let optimum = squares.optimum(from: best.kinds) else { return nil }
        let kinds = best.shape.kinds(optimum.values)
        let isOne = kinds.map { share($0) > 0.5 }
        guard isOne.contains(true) else { return nil }
        return Found(shape: best.shape, optimum: optimum, kinds: kinds, isOne: isOne)
    }

    /// How much of a kind is linked.
    private func share(_ kind: MatchModel.Kind) -> Double {
        zip(MatchModel.product(kind.levels), linked).reduce(0) { $0 + ($1.1 ? $1.0 : 0) }
    }

    /// Kinds to begin with, and whether the odds of each are tied to its beginning.
    private func starts(beside best: Step?) -> [[(kind: MatchModel.Kind, isTied: Bool)]] {
        guard let best else {
            // What is below its noise is taken for none.
            let floor = 2 * counts.variance.squareRoot()
            return [
                [true, false].map { side in
                    (
                        kind(
                            zip(counts.counts, linked).map { $1 == side && $0 > floor ? $0 : 0 }, like: nil),
                        false
                    )
                }
            ]
        }
        let expected = best.shape.expected(best.kinds)
        let sums = best.shape.sums(expected)
        let over = zip(counts.counts, sums).map { count, sum in
            count - sum > Self.unexplained * (counts.variance + sum).squareRoot() ? count - sum : 0
        }
        let isOne = best.kinds.map { share($0) > 0.5 }
        return [true, false].compactMap { side in
            let pairs = zip(over, linked).map { $1 == side ? $0 : 0 }
            guard pairs.contains(where: { $0 > 0 }) else { return nil }
            guard side, isOne.contains(true) else { return [(kind(pairs, like: nil), false)] }
            var parent = [Double](repeating: 0, count: sums.count)
            for (kind, one) in zip(expected, isOne) where one {
                for place in parent.indices { parent[place] += kind[place] }
            }
            return [(kind(pairs, like: parent), true)]
        }
    }

    private func kind(_ pairs: [Double], like parent: [Double]?) -> MatchModel.Kind {
        let all = pairs.reduce(0, +)
        var margins = AgreementCounts.margins(pairs, counts.levels)
        if let parent {
            let part = Self.likeness * all / max(parent.reduce(0, +), 1e-300)
            margins = zip(margins, AgreementCounts.margins(parent, counts.levels)).map {
                zip($0, $1).map { $0 + part * $1 }
            }
        }
        return MatchModel.Kind(pairs: 1 + all, levels: margins.map { MatchModel.shares($0.map { $0 + 0.5 }) })
    }

    private func step(_ more: [(kind: MatchModel.Kind, isTied: Bool)], beside best: Step?) -> Step? {
        let start = (best?.kinds ?? []) + more.map(\.kind)
        let shape = PairParameters(levels: counts.levels, kinds: start.count)
        guard counts.counts.count > shape.count else { return nil }
        let holds =
            (best?.holds ?? [])
            + more.map { PairParameters.odds($0.kind) }.enumerated().map { place, odds in
                more[place].isTied ? .tied(odds) : .loose(odds)
            }
        let squares = PatternLeastSquares(counts: counts, parameters: shape, holds: holds)
        guard let optimum = squares.optimum(from: start, .short) else { return nil }
        return Step(
            shape: shape, holds: holds, isTied: (best?.isTied ?? []) + more.map(\.isTied), optimum: optimum,
            kinds: shape.kinds(optimum.values))
    }
}
