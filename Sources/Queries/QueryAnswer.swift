public import Statistics

/// What a query released: figures with what the noise does to them. Public once it exists; asking again spends nothing.
public struct QueryAnswer: Sendable, Equatable, Codable {
    /// As the task names the query.
    public var name: String
    /// The kind, as the task writes it.
    public var kind: String
    /// The price, as part of the task's ε.
    public var epsilon: Double
    /// Of each interval, unless `flows` says otherwise.
    public var confidence: Double
    /// The law that the intervals are computed from.
    public var noise: NoiseLaw
    /// The columns whose values `group` lists.
    public var groupedBy: [String]
    /// One a group and quantity, in the order of the groups.
    public var figures: [NoisyFigure]
    /// Of `reconcile`: a line for each group.
    public var flows: [FlowReconciliation]?
    /// What the intervals do not cover, named.
    public var notes: [String]
}

/// One figure with its interval.
public struct NoisyFigure: Sendable, Equatable, Codable {
    /// The labels of the group's values, in the order of `groupedBy`; nil for a figure of all rows.
    public var group: [String]?
    /// `count`, `sum`, `mean`, `quantile 0.5`.
    public var quantity: String
    /// The noisy figure, in the units of the column.
    public var estimate: Double
    /// Of the noise; nil if it is not that of one figure (quantiles, ratios).
    public var standardError: Double?
    /// nil if the interval has no end.
    public var lower: Double?
    /// As `lower`.
    public var upper: Double?

    /// A figure from its parts; each as described at its property.
    public init(
        group: [String]? = nil, quantity: String, estimate: Double, standardError: Double? = nil, lower: Double? = nil,
        upper: Double? = nil
    ) {
        self.group = group
        self.quantity = quantity
        self.estimate = estimate
        self.standardError = standardError
        self.lower = lower
        self.upper = upper
    }
}

/// What both ends say about the same flows.
public struct FlowReconciliation: Sendable, Equatable, Codable {
    /// The labels of the group's values.
    public var group: [String]
    /// 1 for the largest discrepancy beyond the allowance, as far as `top` asks.
    public var rank: Int?
    /// What the exporter's end adds up to.
    public var exports: NoisyFigure
    /// What the importer's end adds up to.
    public var imports: NoisyFigure
    /// Imports less exports.
    public var difference: NoisyFigure
    /// How far the imports lie beyond what the exports and the allowance explain; negative below, 0 within.
    public var excess: Double
    /// The excess in its standard errors.
    public var significance: Double
    /// Whether noise would make any group exceed it this far in less than one of twenty reports.
    public var isSignificant: Bool
    /// Imports over exports, with Fieller's bounds.
    public var ratio: NoisyFigure?
    /// The natural logarithm of the ratio.
    public var logRatio: NoisyFigure?
    /// Flows that both ends report with a value, where `log_points` was asked for.
    public var matched: NoisyFigure?
    /// Mean over flows of 100 · ln(import / export): the stable statistic, for a large flow weighs no more than a small one.
    public var meanLogPoints: NoisyFigure?
}
