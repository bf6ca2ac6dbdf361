import Domains
import LinearAlgebra
import PrivacyKernel
import Statistics
import Tables
import VectorMath

/// Where inside their groups the numbers of a row lie, so that columns that depend on each other do so there too.
///
/// A table of groups says nothing of what happens inside them. Places drawn one by one weaken every relation, and a regression
/// on the rows is off by more than its noise. Ordered columns of measured tables are therefore taken as normals that are cut
/// into groups, with the correlations that the model's own rows show (polychoric: Olsson 1979). For each row a latent number is
/// drawn within its group, given the columns that say most about it. Then the codes and places that the model drew of a
/// group are dealt out among the group's rows of a stretch in the order of their latent numbers. So the distribution of every
/// column, and every table of groups, stays as it was to the last row.
struct PlacesInGroups: Sendable {
    /// Rows among which places are dealt out.
    static let stretch: UInt64 = 1024

    /// A column as a cut normal.
    private struct Latent: Sendable {
        let column: Int
        /// For each code the place of its group on the scale; −1 where it stands for no value.
        let groups: [Int32]
        /// Group g reaches from edge g to edge g + 1.
        let edges: [Double]
        /// The mean of the latent number in each group.
        let means: [Double]
    }

    /// A column whose places are dealt out.
    private struct Step: Sendable {
        let latent: Int
        let predictors: [(latent: Int, weight: Double)]
        /// Of the latent number, given the predictors'.
        let deviation: Double
    }

    private let latents: [Latent]
    private let steps: [Step]

    /// Rows that correlations are taken from.
    private static let sampleRows = 1 << 15
    private static let mostPredictors = 4
    private static let leastCorrelation = 0.1
    private static let leastVariance = 1e-3
    private static let reach = 8.0

    /// nil where nothing is to be dealt out.
    init?(_ model: FittedModel) {
        let rows = model.representatives
        let finest = model.attributes.finest(columnCount: model.modelDomain.columns.count)
        var places: [Int: Int] = [:]
        var found: [(latent: Latent, scores: NormalScores, values: [Float])] = []
        for (column, attribute) in finest.enumerated() {
            guard let attribute, !rows.columns[column].isEmpty,
                let one = Self.latent(model.modelDomain.columns[column], model.attributes[attribute], rows)
            else { continue }
            places[column] = found.count
            found.append(one)
        }
        var pairs = Set<[Int]>()
        for table in model.measurements {
            let own = Set(table.attributes.compactMap { places[model.attributes[$0].column] }).sorted()
            for (place, first) in own.enumerated() {
                for second in own.dropFirst(place + 1) { pairs.insert([first, second]) }
            }
        }
        var known: [[Int]: Double] = [:]
        func correlation(_ first: Int, _ second: Int) -> Double {
            let pair = first < second ? [first, second] : [second, first]
            if let known = known[pair] { return known }
            let value = Self.correlation(found[first], found[second])
            known[pair] = value
            return value
        }
        var neighbours: [Int: [(latent: Int, strength: Double)]] = [:]
        for pair in pairs.sorted(by: { ($0[0], $0[1]) < ($1[0], $1[1]) }) {
            let strength = abs(correlation(pair[0], pair[1]))
            guard strength >= Self.leastCorrelation else { continue }
            neighbours[pair[0], default: []].append((pair[1], strength))
            neighbours[pair[1], default: []].append((pair[0], strength))
        }
        let fixed = Set(model.domain.derivations.map(\.parent)).union(model.tilts.map(\.measured.question.attribute))
        steps = neighbours.keys.sorted().compactMap { latent in
            let column = found[latent].latent.column
            let isWide =
                model.modelDomain.columns[column].isBinned
                || finest[column].map { model.attributes[$0].groups != nil } ?? false
            guard isWide, !fixed.contains(column) else { return nil }
            let predictors = (neighbours[latent] ?? []).sorted { ($1.strength, $0.latent) < ($0.strength, $1.latent) }
                .prefix(Self.mostPredictors).map(\.latent)
            return Self.step(latent, predictors, correlation)
        }
        latents = found.map(\.latent)
        if steps.isEmpty { return nil }
    }

    /// The column as a cut normal, with the mean of the latent number in each row's group; nil for one without an order, or
    /// whose groups do not follow it.
    private static func latent(
        _ domain: ColumnDomain, _ attribute: ModelAttribute, _ rows: RepresentativeRows
    ) -> (latent: Latent, scores: NormalScores, values: [Float])? {
        guard let scale = GroupScale(attribute, domain) else { return nil }
        let groups = (0..<domain.size).map { code in scale.places[attribute.group(of: code)].map { Int32($0) } ?? -1 }
        let codes = rows.columns[attribute.column].prefix(sampleRows)
        var counts = [Double](repeating: 0, count: scale.count)
        for code in codes where groups[Int(code)] >= 0 { counts[Int(groups[Int(code)])] += 1 / Double(codes.count) }
        let scores = NormalScores(attribute.column, weights: counts)
        var below = 0.0
        let edges =
            [-reach]
            + scores.masses.map { mass in
                below += mass
                return min(max(Normal.quantile(min(below, 1)), -reach), reach)
            }
        let values = codes.map { code in
            let group = Int(groups[Int(code)])
            return group < 0 ? Float.nan : Float(scores.means[group])
        }
        return (Latent(column: attribute.column, groups: groups, edges: edges, means: scores.means), scores, values)
    }

    private static func correlation(
        _ first: (latent: Latent, scores: NormalScores, values: [Float]),
        _ second: (latent: Latent, scores: NormalScores, values: [Float])
    ) -> Double {
        var (sum, count) = (0.0, 0.0)
        for (a, b) in zip(first.values, second.values) where !a.isNaN && !b.isNaN {
            sum += Double(a) * Double(b)
            count += 1
        }
        return count > 0 ? NormalScores.correlation(first.scores, second.scores, moment: sum / count) : 0
    }

    /// The regression of one latent number on others.
    private static func step(_ latent: Int, _ predictors: [Int], _ correlation: (Int, Int) -> Double) -> Step? {
        var gram = Matrix.identity(predictors.count)
        for (row, first) in predictors.enumerated() {
            for (column, second) in predictors.enumerated() where row != column {
                gram[row, column] = correlation(first, second)
            }
        }
        let own = predictors.map { correlation(latent, $0) }
        guard let sound = try? gram.nearestPositiveDefinite(), let factor = try? sound.cholesky(),
            var weights = try? Matrix(rows: predictors.count, columns: 1, values: own),
            (try? weights.solve(byCholeskyFactor: factor)) != nil
        else { return nil }
        let explained = zip(weights.values, own).reduce(0) { $0 + $1.0 * $1.1 }
        return Step(
            latent: latent, predictors: zip(predictors, weights.values).map { ($0, $1) },
            deviation: max(1 - explained, leastVariance).squareRoot())
    }

    /// The stretches that rows lie in, from the start of the first to the end of the last.
    static func whole(_ range: Range<UInt64>) -> Range<UInt64> {
        let last = range.upperBound - 1
        let (end, overflow) = (last / stretch * stretch).addingReportingOverflow(stretch)
        return range.lowerBound / stretch * stretch..<(overflow ? .max : end)
    }

    /// Deals out codes and places among the rows of whole stretches.
    ///
    /// - Parameter words: of a column, one a row.
    func deal(
        _ codes: inout [[UInt32]], _ fractions: inout [[Float]], count: Int, words: (_ column: Int) -> [UInt64]
    ) {
        var numbers = latents.map { latent in
            codes[latent.column].map { code in
                let group = Int(latent.groups[Int(code)])
                return group < 0 ? 0 : latent.means[group]
            }
        }
        for step in steps {
            let latent = latents[step.latent]
            let drawn = words(latent.column)
            for row in 0..<count {
                let group = Int(latent.groups[Int(codes[latent.column][row])])
                guard group >= 0 else { continue }
                var mean = 0.0
                for one in step.predictors { mean += one.weight * numbers[one.latent][row] }
                numbers[step.latent][row] = Self.cutNormal(
                    mean: mean, deviation: step.deviation, from: latent.edges[group], to: latent.edges[group + 1],
                    share: Double(drawn[row] >> 11) * 0x1p-53)
            }
            for start in stride(from: 0, to: count, by: Int(Self.stretch)) {
                deal(
                    latent, numbers[step.latent], &codes[latent.column], &fractions[latent.column],
                    rows: start..<min(start + Int(Self.stretch), count))
            }
        }
    }

    private func deal(
        _ latent: Latent, _ numbers: [Double], _ codes: inout [UInt32], _ fractions: inout [Float], rows: Range<Int>
    ) {
        var order: [UInt64] = []
        var places: [UInt64] = []
        order.reserveCapacity(rows.count)
        places.reserveCapacity(rows.count)
        for row in rows {
            let group = latent.groups[Int(codes[row])]
            guard group >= 0 else { continue }
            // Positive numbers of a Float are in the order of their bits.
            let height = Float(numbers[row] + 2 * Self.reach).bitPattern
            order.append(UInt64(group) << 42 | UInt64(height) << 10 | UInt64(row - rows.lowerBound))
            places.append(UInt64(codes[row]) << 32 | UInt64(fractions.isEmpty ? 0 : fractions[row].bitPattern))
        }
        order.sort()
        places.sort()
        for (one, place) in zip(order, places) {
            let row = rows.lowerBound + Int(one & 1023)
            codes[row] = UInt32(truncatingIfNeeded: place >> 32)
            if !fractions.isEmpty { fractions[row] = Float(bitPattern: UInt32(truncatingIfNeeded: place)) }
        }
    }

    /// A normal number between two bounds.
    private static func cutNormal(
        mean: Double, deviation: Double, from low: Double, to high: Double, share: Double
    ) -> Double {
        let (below, upTo) = (
            Normal.distribution((low - mean) / deviation), Normal.distribution((high - mean) / deviation)
        )
        // Far out in a tail: the nearest bound, and a little inside it, so that rows stay in random order.
        guard upTo - below > 1e-9 else {
            let near = min(max(mean, low), high)
            return near + (low < mean ? -1 : 1) * share * min(0.01, (high - low) / 2)
        }
        return min(max(mean + deviation * Normal.quantile(below + share * (upTo - below)), low), high)
    }
}
