public import Domains
public import GraphicalModels
public import PrivacyKernel

/// What was fitted: a distribution of rows, the noisy figures that it was made from, and what they cost.
///
/// A row is drawn in three steps. The graphical model gives the group of each attribute, weighted by `corrections`
/// where there are any; `shares` give the code within the group; derived columns are looked up. Nothing in here is
/// private: everything is a function of what the kernel released and of public figures.
public struct FittedModel: Sendable {
    /// What the codes of the rows mean.
    public let domain: TableDomain
    /// What was to be spent on what, as the ledger has it.
    public var plan: MechanismPlan
    /// The attributes of `model`. Every attribute of one column refines or coarsens the others.
    public let attributes: [ModelAttribute]
    /// The distribution of the attributes, before `corrections`. Its total is the estimated number of rows.
    public let model: GraphicalModel
    /// For each column of `modelDomain` the estimated distribution of its codes, which shares out a group; empty for derived
    /// columns.
    public let shares: [[Double]]
    /// Log-weights of tables that lie across the tree: p(x) ∝ model(x) · ∏ exp(correction(x)).
    public let corrections: [Factor]
    /// Sums that the rows were conditioned on, and the log-weights that this put on them.
    public let tilts: [SumsTilt]
    /// The noisy marginals, with attributes as in `attributes`.
    public let measurements: [MeasuredMarginal]
    /// The noisy distances of marginals from the product of one-way marginals, where such were asked for.
    public let misfits: [MeasuredMisfit]
    /// The columns that latent normals draw in place of `model`, which has their one-way marginals only.
    public let copula: LatentNormals?
    /// Columns that are rebuilt from another column and a difference, which takes their place in `model`; each after the
    /// column that it is rebuilt from.
    public let differences: [ColumnDifference]
    /// The columns that are drawn or rebuilt: those of `domain`, then one for each difference. Attributes and `shares` are
    /// of these.
    package let modelDomain: TableDomain
    /// Every release of the kernel.
    public let transcript: Transcript
    /// SHA-256 of the task, in hexadecimal, where there was one.
    public var taskDigest: String?
    /// Rows that represent the model as evenly as rows can; in their order every stretch does so.
    public let representatives: RepresentativeRows
    /// The cliques and separators that `model` is made from.
    let tree: TreeTables

    /// Columns that the graphical model does not draw.
    var undrawn: [Int] { (copula?.columns ?? []) + differences.rebuilt.sorted() }

    /// What an attribute's column is called.
    package func name(ofColumn column: Int) -> String { modelDomain.columns[column].name }

    /// The estimated number of rows.
    public var rowCount: Int { Int(model.total.rounded()) }

    /// - Parameters:
    ///   - attributes: the attributes of `model`; at least one.
    ///   - shares: for each column the distribution of its codes; empty for derived columns.
    package init(
        domain: TableDomain, plan: MechanismPlan, attributes: [ModelAttribute], model: GraphicalModel,
        shares: [[Double]], corrections: [Factor] = [], measurements: [MeasuredMarginal],
        misfits: [MeasuredMisfit] = [], copula: LatentNormals? = nil, differences: [ColumnDifference] = [],
        transcript: Transcript
    ) throws(SynthesisError) {
        let tree = TreeTables(model, attributes: attributes)
        try self.init(
            domain: domain, plan: plan, attributes: attributes, tree: tree, shares: shares, corrections: corrections,
            measurements: measurements, misfits: misfits, copula: copula, differences: differences,
            transcript: transcript, taskDigest: nil, representatives: nil)
    }

    /// - Parameter representatives: nil if they are to be chosen.
    package init(
        domain: TableDomain, plan: MechanismPlan, attributes: [ModelAttribute], tree: TreeTables, shares: [[Double]],
        corrections: [Factor], tilts: [SumsTilt] = [], measurements: [MeasuredMarginal], misfits: [MeasuredMisfit],
        copula: LatentNormals? = nil, differences: [ColumnDifference] = [], transcript: Transcript, taskDigest: String?,
        representatives: RepresentativeRows?
    ) throws(SynthesisError) {
        self.domain = domain
        self.plan = plan
        self.attributes = attributes
        self.tree = tree
        self.shares = shares
        self.corrections = corrections
        self.tilts = tilts
        self.measurements = measurements
        self.misfits = misfits
        self.copula = copula
        self.differences = differences
        modelDomain = domain.with(differences)
        self.transcript = transcript
        self.taskDigest = taskDigest
        // Also where the model was just fitted: a file that is read gives the same rows to the last bit.
        model = try tree.model(attributes: attributes, columnSizes: modelDomain.sizes)
        if let representatives {
            self.representatives = representatives
        } else {
            let drawing = try RowProgram(
                model: model, attributes: attributes, shares: shares, domain: modelDomain, corrections: corrections,
                tilts: tilts, latent: (copula?.columns ?? []) + differences.rebuilt.sorted())
            self.representatives = RepresentativeRows(
                drawing, blockSize: RepresentativeRows.blockSize(forTotal: model.total),
                pairs: measurements.map(\.attributes))
        }
    }
}

/// A noisy L1 distance between a marginal of the rows and the product of its one-way marginals.
public struct MeasuredMisfit: Sendable, Equatable, Codable {
    /// The attribute whose column comes first.
    public let first: ModelAttribute
    /// The other attribute.
    public let second: ModelAttribute
    /// The noisy distance in counts; it may be negative.
    public let value: Int64
    /// Of the noise in `value`.
    public let variance: Double

    /// A distance as the kernel released it, with the attributes that it is about.
    public init(first: ModelAttribute, second: ModelAttribute, value: Int64, variance: Double) {
        self.first = first
        self.second = second
        self.value = value
        self.variance = variance
    }
}
