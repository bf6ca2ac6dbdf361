/// A synthesizer with its parameters under a name: a file of `Models/`, built into the program.
public struct SynthesizerPreset: Sendable, Equatable {
    /// The file's name without its ending.
    public let name: String
    /// One of `TaskSpecification.SynthesizerChoice.methods`.
    public let method: String
    /// Those that the file gives; the method's defaults hold for the others.
    public let parameters: [String: JSONValue]

    /// The presets of this program by name; a test reads every file.
    public static let all: [String: SynthesizerPreset] = {
        let files: [(String, [UInt8])] = [
            ("aim", PackageResources.aim_yaml), ("auto", PackageResources.auto_yaml),
            ("clique-tree", PackageResources.clique_tree_yaml),
            ("clique-tree-wide", PackageResources.clique_tree_wide_yaml),
            ("gaussian-copula", PackageResources.gaussian_copula_yaml),
            ("independent", PackageResources.independent_yaml), ("mst", PackageResources.mst_yaml),
            ("mwem", PackageResources.mwem_yaml),
        ]
        let read = files.compactMap { name, bytes in
            SynthesizerPreset(name: name, yaml: String(decoding: bytes, as: UTF8.self))
        }
        return Dictionary(read.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
    }()

    /// nil for a text that names no known method or holds anything else.
    init?(name: String, yaml: String) {
        guard let root = try? DocumentNode(yaml: yaml), case .mapping(let members) = root.content,
            members.allSatisfy({ ["method", "params"].contains($0.key) }),
            let method = members.first(where: { $0.key == "method" })?.value,
            case .scalar(let word, _) = method.content, TaskSpecification.SynthesizerChoice.methods.contains(word)
        else { return nil }
        self.name = name
        self.method = word
        guard let parameters = members.first(where: { $0.key == "params" })?.value else {
            self.parameters = [:]
            return
        }
        var reader = TaskReader(context: TaskFile.Context())
        guard case .object(let values)? = reader.value(parameters, at: "params") else { return nil }
        self.parameters = values
    }
}

extension TaskSpecification.SynthesizerChoice {
    /// The word that the task names: of a method, or of a preset.
    public var name: String {
        switch method {
        case .named(let name), .preset(let name): name
        }
    }

    /// The method and its parameters; those of a preset where the task does not give its own.
    ///
    /// - Returns: nil for a preset that this program does not have.
    public var resolved: (method: String, parameters: [String: JSONValue])? {
        switch method {
        case .named(let name): return (name, parameters)
        case .preset(let name):
            guard let preset = SynthesizerPreset.all[name] else { return nil }
            return (preset.method, preset.parameters.merging(parameters) { _, own in own })
        }
    }
}
