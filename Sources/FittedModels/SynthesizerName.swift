/// What tasks, plans and reports call a synthesizer.
///
/// The set is open: a synthesizer that another package adds brings its own name, and model files that carry it can be
/// read. Tasks and the command line take the names of `known` alone.
public struct SynthesizerName: RawRepresentable, Hashable, Codable, Sendable {
    /// The word in a task's `synthesizer: {method: …}`.
    public let rawValue: String

    /// A name of another package's synthesizer, or one that is read from a file.
    public init(rawValue: String) { self.rawValue = rawValue }

    /// As `cliqueTree`, and tables across the tree by weighting rows: the recommended default.
    public static let auto = SynthesizerName(rawValue: "auto")
    /// One-way marginals alone.
    public static let independent = SynthesizerName(rawValue: "independent")
    /// Multiplicative weights over the whole domain (Hardt, Ligett and McSherry 2012).
    public static let mwem = SynthesizerName(rawValue: "mwem")
    /// A maximum spanning tree of pairs (McKenna, Miklau and Sheldon 2021).
    public static let mst = SynthesizerName(rawValue: "mst")
    /// Adaptive rounds of the worst marginal (McKenna, Mullins, Sheldon and Miklau 2022).
    public static let aim = SynthesizerName(rawValue: "aim")
    /// Tables of several columns, chosen in one shot, along a junction tree.
    public static let cliqueTree = SynthesizerName(rawValue: "clique-tree")
    /// Noisy correlations of scores, for ordered columns.
    public static let gaussianCopula = SynthesizerName(rawValue: "gaussian-copula")

    /// The synthesizers that a task can name.
    public static let known: [SynthesizerName] = [.auto, .independent, .mwem, .mst, .aim, .cliqueTree, .gaussianCopula]
}
