/// What tasks, plans and reports call a synthesizer.
///
/// The set is open: a synthesizer that another package adds brings its own name, and model files that carry it can be
/// read. Tasks and the command line take the names of `known` alone.
public struct SynthesizerName: RawRepresentable, Hashable, Codable, Sendable {
    public let rawValue: String

    public init(rawValue: String) { self.rawValue = rawValue }

    public static let auto = SynthesizerName(rawValue: "auto")
    public static let independent = SynthesizerName(rawValue: "independent")
    public static let mwem = SynthesizerName(rawValue: "mwem")
    public static let mst = SynthesizerName(rawValue: "mst")
    public static let aim = SynthesizerName(rawValue: "aim")
    public static let cliqueTree = SynthesizerName(rawValue: "clique-tree")
    public static let gaussianCopula = SynthesizerName(rawValue: "gaussian-copula")

    /// The synthesizers that a task can name.
    public static let known: [SynthesizerName] = [.auto, .independent, .mwem, .mst, .aim, .cliqueTree, .gaussianCopula]
}
