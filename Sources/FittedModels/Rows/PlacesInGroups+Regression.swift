import Domains
import LinearAlgebra
import PrivacyKernel
import Statistics
import Tables
import VectorMath

/// How the model's own rows say that columns depend on each other.
extension PlacesInGroups {
    /// A column with an order, and its number in each of the model's rows.
    fileprivate struct Ordered {
        let latent: Latent
        let scores: NormalScores
        /// Not a number where the row has no value.
        let values: [Float]
    }

    /// What a latent number is regressed on.
    fileprivate struct Term {
        enum Source {
            case latent(Int)
            case codes(column: Int, effects: [Float])
        }
        let source: Source
        /// In each of the model's rows.
        let values: [Float]
        let strength: Double
    }

    /// Rows that dependences are taken from.
    private static let sampleRows = 1 << 15
    private static let mostPredictors = 4
    private static let leastCorrelation = 0.1
    private static let leastVariance = 1e-3
    /// A code's mean is taken as if so many further rows had the column's.
    private static let rowsOfShrinkage = 100.0

    /// nil where nothing is to be dealt out.
    init?(_ model: FittedModel) {
        let rows = model.representatives
        let finest = model.attributes.finest(columnCount: model.modelDomain.columns.count)
        var places: [Int: Int] = [:]
        var found: [Ordered] = []
        for (column, attribute) in finest.enumerated() {
            guard let attribute, !rows.columns[column].isEmpty,
                let one = Self.ordered(model.modelDomain.columns[column], model.attributes[attribute], rows)
            else { continue }
            places[column] = found.count
            found.append(one)
        }
        var partners = [Set<Int>](repeating: [], count: found.count)
        for table in model.measurements {
            let columns = Set(table.attributes.map { model.attributes[$0].column })
            for column in columns {
                if let place = places[column] { partners[place].formUnion(columns.subtracting([column])) }
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
        let fixed = Set(model.domain.derivations.map(\.parent)).union(model.tilts.map(\.measured.question.attribute))
        steps = found.indices.compactMap { place in
            let column = found[place].latent.column
            let isWide =
                model.modelDomain.columns[column].isBinned
                || finest[column].map { model.attributes[$0].groups != nil } ?? false
            guard isWide, !fixed.contains(column) else { return nil }
            let terms = partners[place].sorted().compactMap { other -> Term? in
                if let other = places[other] {
                    return Term(
                        source: .latent(other), values: found[other].values,
                        strength: abs(correlation(place, other)))
                }
                guard !rows.columns[other].isEmpty, let attribute = finest[other] else { return nil }
                return Self.term(of: found[place], on: model.attributes[attribute], rows.columns[other])
            }
            return Self.step(place, found, terms, correlation)
        }
        latents = found.map(\.latent)
        predictors = Set(
            steps.flatMap(\.predictors).compactMap { if case .latent(let place, _) = $0 { place } else { nil } })
        if steps.isEmpty { return nil }
    }

    /// The column as a cut normal, with the mean of the latent number in each row's group; nil for one without an order, or
    /// whose groups do not follow it.
    private static func ordered(
        _ domain: ColumnDomain, _ attribute: ModelAttribute, _ rows: RepresentativeRows
    ) -> Ordered? {
        guard let scale = GroupScale(attribute, domain) else { return nil }
        let groups = (0..<domain.size).map { code in
            // What has no value keeps its row, also where it shares a group with values.
            code < domain.valueCount ? scale.places[attribute.group(of: code)].map { Int32($0) } ?? -1 : -1
        }
        let codes = rows.columns[attribute.column].prefix(sampleRows)
        var counts = [Double](repeating: 0, count: scale.count)
        for code in codes where groups[Int(code)] >= 0 { counts[Int(groups[Int(code)])] += 1 / Double(codes.count) }
        let scores = NormalScores(attribute.column, weights: counts)
        var below = 0.0
        let edges =
            [-reach]
            + scores.masses.map { mass in
                below += mass
                return min(max(Float(Normal.quantile(min(below, 1))), -reach), reach)
            }
        let latent = Latent(
            column: attribute.column, groups: groups,
            cells: groups.map { group in
                let place = Int(max(group, 0))
                return group < 0 ? .init(low: 0, high: 0) : .init(low: edges[place], high: edges[place + 1])
            },
            means: groups.map { $0 < 0 ? 0 : Float(scores.means[Int($0)]) })
        let values = codes.map { code in groups[Int(code)] < 0 ? Float.nan : latent.means[Int(code)] }
        return Ordered(latent: latent, scores: scores, values: values)
    }

    private static func correlation(_ first: Ordered, _ second: Ordered) -> Double {
        guard let moment = moment(first.values, second.values) else { return 0 }
        return NormalScores.correlation(first.scores, second.scores, moment: moment)
    }

    /// The mean product over rows that have both numbers.
    private static func moment(_ first: [Float], _ second: [Float]) -> Double? {
        var (sum, count) = (0.0, 0.0)
        for (a, b) in zip(first, second) where !a.isNaN && !b.isNaN {
            sum += Double(a) * Double(b)
            count += 1
        }
        return count > 0 ? sum / count : nil
    }

    /// How the codes of a column shift a latent number.
    private static func term(of one: Ordered, on attribute: ModelAttribute, _ column: [UInt32]) -> Term? {
        let codes = column.prefix(sampleRows)
        var sums = [Double](repeating: 0, count: attribute.size)
        var counts = sums
        for (code, value) in zip(codes, one.values) where !value.isNaN {
            sums[attribute.group(of: Int(code))] += Double(value)
            counts[attribute.group(of: Int(code))] += 1
        }
        let rows = counts.reduce(0, +)
        guard rows > 0, one.scores.variance > 0 else { return nil }
        // Means of groups vary less than the numbers that they stand for.
        let effects = zip(sums, counts).map { Float($0 / ($1 + rowsOfShrinkage) / one.scores.variance) }
        let square = zip(effects, counts).reduce(0) { $0 + Double($1.0 * $1.0) * $1.1 } / rows
        let size = (codes.max().map { Int($0) } ?? 0) + 1
        let ofCodes = (0..<max(size, attribute.groups?.count ?? attribute.size)).map {
            effects[attribute.group(of: $0)]
        }
        return Term(
            source: .codes(column: attribute.column, effects: ofCodes), values: codes.map { ofCodes[Int($0)] },
            strength: square.squareRoot())
    }

    /// The regression of one latent number on the columns that say most about it.
    private static func step(
        _ latent: Int, _ found: [Ordered], _ terms: [Term], _ correlation: (Int, Int) -> Double
    ) -> Step? {
        let kept = terms.enumerated().filter { $0.element.strength >= leastCorrelation }
            .sorted { ($1.element.strength, $0.offset) < ($0.element.strength, $1.offset) }.prefix(mostPredictors)
            .map(\.element)
        guard !kept.isEmpty else { return nil }
        /// Numbers that are means of groups have less spread than the latent ones.
        func moment(_ first: Term, _ second: Term) -> Double {
            if case .latent(let a) = first.source, case .latent(let b) = second.source { return correlation(a, b) }
            let scale = [first, second].reduce(1.0) { scale, one in
                if case .latent(let place) = one.source { scale * found[place].scores.variance } else { scale }
            }
            return scale > 0 ? (self.moment(first.values, second.values) ?? 0) / scale : 0
        }
        var gram = Matrix.identity(kept.count)
        for (row, first) in kept.enumerated() {
            for (column, second) in kept.enumerated() where row != column {
                gram[row, column] = moment(first, second) / (scale(first) * scale(second))
            }
        }
        let own = kept.map { one -> Double in
            if case .latent(let other) = one.source { return correlation(latent, other) }
            return one.strength
        }
        guard let sound = try? gram.nearestPositiveDefinite(), let factor = try? sound.cholesky(),
            var weights = try? Matrix(rows: kept.count, columns: 1, values: own),
            (try? weights.solve(byCholeskyFactor: factor)) != nil
        else { return nil }
        let explained = zip(weights.values, own).reduce(0) { $0 + $1.0 * $1.1 }
        return Step(
            latent: latent,
            predictors: zip(kept, weights.values).map { one, weight in
                switch one.source {
                case .latent(let place): .latent(place, weight: Float(weight))
                case .codes(let column, let effects):
                    .codes(column: column, effects: effects.map { $0 * Float(weight / scale(one)) })
                }
            },
            deviation: Float(max(1 - explained, leastVariance).squareRoot()))
    }

    /// The deviation of a term: latent numbers are standard.
    private static func scale(_ term: Term) -> Double {
        if case .latent = term.source { return 1 }
        return term.strength
    }
}
