import Domains
import FittedModels
import PrivacyKernel
import Statistics
import Tables

/// One column: what was measured of it, with noise, and what the synthetic rows have.
public struct ColumnFit: Sendable {
    /// What the noisy counts are known by.
    public struct Measurement: Sendable, Equatable {
        /// Of each code; noisy, so some may be negative.
        public let counts: [Double]
        /// The true count lies so far from the noisy one in at most 5 of 100 cases.
        public let halfWidths: [Double]
        /// Standard deviation of the noise in each count.
        public let deviations: [Double]
        /// How many of these the noise of one figure stays below in 95 of 100 cases.
        let critical: Double
    }

    /// Place in the domain.
    public let column: Int
    /// As the domain names it.
    public let name: String
    /// The column that this one is a function of, if any; its measurement is then a sum of the parent's.
    public let parent: Int?
    /// What each code is called on the page.
    public let labels: [String]
    /// Nil where nothing was measured of the column.
    public let measurement: Measurement?
    /// Counts of synthetic rows by code, scaled to the model's number of rows.
    public let synthetic: [Double]
    /// Half the sum of |noisy − synthetic| over the estimated number of rows.
    public let totalVariation: Double?
    /// The total variation that noise makes between the noisy counts and the truth.
    public let expectedNoise: Double?
    /// Of `expectedNoise`.
    let noiseDeviation: Double?

    /// How much of the distance the noise does not explain.
    public var excess: Double { (totalVariation ?? 0) - (expectedNoise ?? 0) }

    /// The share of codes whose synthetic count lies inside the interval of the noisy one.
    public var coverage: Double? {
        guard let measurement else { return nil }
        let inside = measurement.counts.indices.count {
            abs(measurement.counts[$0] - synthetic[$0]) <= measurement.halfWidths[$0] + 0.5
        }
        return Double(inside) / Double(max(measurement.counts.count, 1))
    }
}

extension ColumnFit.Measurement {
    /// Of a column that was measured on its own; several measurements are averaged by precision.
    init?(_ model: FittedModel, column: Int) {
        self.init(model, attribute: column, size: model.domain.columns[column].size)
    }

    /// Of an attribute by the number that releases name it by: a column, or what a column was counted on beside it.
    init?(_ model: FittedModel, attribute: Int, size: Int) {
        var answers: [NoisyMarginal] = []
        for release in model.transcript.releases {
            guard case .marginals(let marginals) = release.answer else { continue }
            answers += marginals.filter { $0.attributes == [attribute] && $0.counts.count == size }
        }
        guard let first = answers.first else { return nil }
        guard answers.count > 1 else {
            self.init(
                counts: first.counts.map { Double($0) },
                halfWidths: .init(
                    repeating: NoiseInterval.halfWidth(first.scale.law, variance: first.variance), count: size),
                deviations: .init(repeating: first.variance.squareRoot(), count: size),
                critical: first.scale.law.critical(0.95))
            return
        }
        let weights = answers.map { 1 / max($0.variance, 1e-9) }
        let all = weights.reduce(0, +)
        let deviation = (1 / all).squareRoot()
        let counts = first.counts.indices.map { code in
            zip(answers, weights).reduce(0) { $0 + Double($1.0.counts[code]) * $1.1 } / all
        }
        // Sums have shorter tails than one draw of the same law.
        let critical = first.scale.law.critical(0.95)
        self.init(
            counts: counts, halfWidths: .init(repeating: critical * deviation, count: size),
            deviations: .init(repeating: deviation, count: size), critical: critical)
    }

    /// The sums over groups of codes.
    func grouped(_ groups: CodeGroups) -> Self {
        var variances = [Double](repeating: 0, count: groups.count)
        var members = [Int](repeating: 0, count: groups.count)
        var widths = [Double](repeating: 0, count: groups.count)
        for (code, group) in groups.map.enumerated() {
            variances[group] += deviations[code] * deviations[code]
            members[group] += 1
            widths[group] = halfWidths[code]
        }
        return Self(
            counts: groups.sums(counts),
            halfWidths: groups.labels.indices.map {
                members[$0] == 1 ? widths[$0] : critical * variances[$0].squareRoot()
            },
            deviations: variances.map { $0.squareRoot() }, critical: critical)
    }
}
