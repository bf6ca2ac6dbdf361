import Foundation
import VectorMath

@testable import PlantedBugs
@testable import PrivacyKernel

/// ln P[releases | with] − ln P[releases | without], from the exact figures of both worlds.
///
/// Every kind of release is covered, groupings and differences too.
struct ReleaseLikelihood: Sendable {
    private let worlds: NeighbouringWorlds

    init(_ worlds: NeighbouringWorlds) { self.worlds = worlds }

    func ratio(_ transcript: Transcript, _ seen: KernelObserver) -> Double {
        var ratio = 0.0
        var lists = seen.lists.makeIterator()
        var questions = seen.sums.makeIterator()
        var scores = seen.scores.makeIterator()
        let figures = ExactFigures(worlds, seen.made)
        for release in transcript.releases {
            switch release.answer {
            case .marginals(let marginals):
                for marginal in marginals {
                    let (without, with) = figures.counts(marginal.attributes)
                    for cell in with.indices where with[cell] != without[cell] {
                        ratio += logRatio(marginal.counts[cell], without[cell], with[cell], marginal.scale)
                    }
                }
            case .errors(let errors):
                guard let candidates = lists.next() else { continue }
                for (error, candidate) in zip(errors, candidates) {
                    let (without, with) = figures.distances(candidate)
                    ratio += gaussianLogRatio(error.value, without, with, error.variance)
                }
            case .selection(let chosen, _):
                guard let candidates = lists.next() else { continue }
                ratio += selectionLogRatio(chosen, candidates, figures, release)
            case .linkage: continue
            case .sums(let sums):
                for sum in sums {
                    guard let question = questions.next() else { continue }
                    let (without, with) = figures.sums(question, of: sum)
                    for cell in with.indices where with[cell] != without[cell] {
                        ratio +=
                            release.promise.accounting == .pure
                            ? Double(abs(sum.sums[cell] - without[cell]) - abs(sum.sums[cell] - with[cell]))
                                * acosh(1 + 1 / sum.variance)
                            : gaussianLogRatio(sum.sums[cell], without[cell], with[cell], sum.variance)
                    }
                }
            case .gram(let gram):
                guard let scores = scores.next() else { continue }
                let (without, with) = figures.gram(gram, scores)
                var place = 0
                for first in scores.indices {
                    for second in 0...first {
                        let variance = first == second ? gram.diagonalVariance : gram.offDiagonalVariance
                        ratio += gaussianLogRatio(gram.entries[place], without[place], with[place], variance)
                        place += 1
                    }
                }
            }
        }
        return ratio
    }

    private func logRatio(_ noisy: Int64, _ without: Int64, _ with: Int64, _ scale: NoiseScale) -> Double {
        switch scale {
        case .gaussian(let scale): gaussianLogRatio(noisy, without, with, scale.sigmaSquared)
        case .laplace(let scale):
            Double(abs(noisy - without) - abs(noisy - with)) * Double(scale.numerator) / Double(scale.denominator)
        }
    }

    private func gaussianLogRatio(_ noisy: Int64, _ without: Int64, _ with: Int64, _ variance: Double) -> Double {
        Double((noisy - without) * (noisy - without) - (noisy - with) * (noisy - with)) / (2 * variance)
    }

    private func selectionLogRatio(
        _ chosen: Int, _ candidates: [Candidate], _ figures: ExactFigures, _ release: Release
    ) -> Double {
        let amount = Double(release.spent) / Budget.unitsPerWhole
        let epsilon = release.promise.accounting == .pure ? amount : (8 * amount).squareRoot()
        let sensitivity = Double(worlds.rowsPerKey * (candidates.map(\.weight).max() ?? 1))
        let distances = candidates.map { figures.distances($0) }
        func logProbability(_ distances: [Int64]) -> Double {
            let exponents = zip(candidates, distances).map {
                epsilon * Double(Int64($0.weight) * $1 - $0.penalty) / (2 * sensitivity)
            }
            let largest = exponents.max() ?? 0
            return exponents[chosen] - largest - log(exponents.reduce(0) { $0 + exp($1 - largest) })
        }
        return logProbability(distances.map(\.with)) - logProbability(distances.map(\.without))
    }
}

/// What the kernel would have released without noise, in both worlds, by the test's own count.
private struct ExactFigures {
    private let sizes: [Int]
    private let without: [NeighbouringWorlds.Rows]
    private let canary: NeighbouringWorlds.Rows

    init(_ worlds: NeighbouringWorlds, _ made: [KernelObserver.MadeAttribute]) {
        func completed(_ rows: NeighbouringWorlds.Rows) -> NeighbouringWorlds.Rows {
            var codes = rows.codes
            for one in made { codes.append(ExactFigures.code(one, codes, worlds.sizes)) }
            return .init(codes: codes, count: rows.count)
        }
        sizes =
            worlds.sizes
            + made.map {
                switch $0 {
                case .grouping(_, let map): Int(map.max() ?? 0) + 1
                case .difference(let question): question.cells
                }
            }
        without = worlds.without.map(completed)
        canary = completed(worlds.canary)
    }

    /// The code of a row whose values are single ones: of a column's steps the middle one.
    private static func code(_ made: KernelObserver.MadeAttribute, _ codes: [Int], _ sizes: [Int]) -> Int {
        switch made {
        case .grouping(let attribute, let map): return Int(map[codes[attribute]])
        case .difference(let question):
            func number(_ numbers: [Int32], _ column: Int) -> Int? {
                let steps = numbers.count / sizes[column]
                let number = numbers[codes[column] * steps + steps / 2]
                return number == DifferenceQuestion.none ? nil : Int(number)
            }
            let other = question.intervals + Int(question.others[codes[question.second]])
            guard let from = number(question.firstNumbers, question.first),
                let to = number(question.secondNumbers, question.second)
            else { return other }
            let place = question.edges.indices.dropLast().first {
                Int(question.edges[$0]) <= to - from && to - from < Int(question.edges[$0 + 1])
            }
            return place ?? other
        }
    }

    func counts(_ attributes: [Int]) -> (without: [Int64], with: [Int64]) {
        func cell(_ rows: NeighbouringWorlds.Rows) -> Int {
            attributes.reduce(0) { $0 * sizes[$1] + rows.codes[$1] }
        }
        var counts = [Int64](repeating: 0, count: attributes.reduce(1) { $0 * sizes[$1] })
        for rows in without { counts[cell(rows)] += Int64(rows.count) }
        var with = counts
        with[cell(canary)] += Int64(canary.count)
        return (counts, with)
    }

    func sums(_ question: SumQuestion, of sum: NoisySums) -> (without: [Int64], with: [Int64]) {
        var without = [Int64](repeating: 0, count: sum.groups.reduce(1) { $0 * sizes[$1] })
        func add(_ rows: NeighbouringWorlds.Rows, to sums: inout [Int64]) {
            // Of a code's steps the middle one: the worlds' columns have one value a code.
            let steps = question.values.count / sizes[question.attribute]
            let value = question.values[rows.codes[question.attribute] * steps + steps / 2]
            let cell = sum.groups.reduce(0) { $0 * sizes[$1] + rows.codes[$1] }
            sums[cell] += Int64(rows.count) * min(max(value, question.clamp.lowerBound), question.clamp.upperBound)
        }
        for rows in self.without { add(rows, to: &without) }
        var with = without
        add(canary, to: &with)
        return (without, with)
    }

    /// The lower triangles, each row shortened as production shortens it.
    func gram(_ gram: NoisyGram, _ scores: [[Int32]]) -> (without: [Int64], with: [Int64]) {
        let features = scores.indices
        func triangle(_ rows: NeighbouringWorlds.Rows) -> [Int64] {
            let codes = gram.attributes.map { attribute in
                CodeArray(narrowing: [UInt32(rows.codes[attribute])], below: sizes[attribute])
            }.compactMap { $0 }
            let matrix = gramSums(
                codes, attributes: Array(features), scores: scores.map { $0.map { Int16(truncatingIfNeeded: $0) } },
                bound: gram.bound)
            return features.flatMap { row in
                (0...row).map { Int64(rows.count) * matrix[row * features.count + $0] }
            }
        }
        var without = [Int64](repeating: 0, count: features.count * (features.count + 1) / 2)
        for rows in self.without { without = zip(without, triangle(rows)).map { $0 + $1 } }
        return (without, zip(without, triangle(canary)).map { $0 + $1 })
    }

    func distances(_ candidate: Candidate) -> (without: Int64, with: Int64) {
        let (without, with) = counts(candidate.attributes.sorted())
        func distance(_ counts: [Int64]) -> Int64 {
            zip(counts, candidate.estimate).reduce(0) { $0 + abs($1.0 - $1.1) }
        }
        return (distance(without), distance(with))
    }
}
