/// The four-key `runtime.yaml` of the enclave workshop: `method`, `epsilon`, `params`, `party_names`.
///
/// It is a starting point for a draft, and nothing else reads it.
public struct WorkshopRuntime: Sendable, Equatable {
    /// As the workshop spells it: `MWEM`, `DPCTGAN`, `PATECTGAN` or `MTS`.
    public var method: String
    /// ε of the whole task.
    public var epsilon: Double
    /// `params`, as they stand in the file.
    public var parameters: [String: JSONValue]
    /// In the order of the file.
    public var partyNames: [String]

    /// - Throws: every mistake in the file.
    public init(yaml: String) throws(TaskProblems) {
        var reader = TaskReader(context: TaskFile.Context())
        let runtime = reader.readRuntime(yaml)
        guard let runtime else { throw TaskProblems(reader.problems.sortedByLine()) }
        self = runtime
    }

    fileprivate init(method: String, epsilon: Double, parameters: [String: JSONValue], partyNames: [String]) {
        self.method = method
        self.epsilon = epsilon
        self.parameters = parameters
        self.partyNames = partyNames
    }

    /// What we call the method; nil if we have none of its kind.
    package var ownMethod: String? {
        switch method.uppercased() {
        case "MWEM": "mwem"
        case "MST", "MTS": "mst"
        default: nil
        }
    }
}

extension TaskReader {
    fileprivate mutating func readRuntime(_ yaml: String) -> WorkshopRuntime? {
        let root: DocumentNode
        do {
            root = try DocumentNode(yaml: yaml)
        } catch {
            report(error)
            return nil
        }
        let keys = ["method", "epsilon", "params", "party_names"]
        guard let section = section(root, at: "", keys: keys) else { return nil }
        let method = text(section, "method")
        let epsilon = optional(section, "epsilon") { reader, node, path in reader.number(node, at: path) }
        let parameters = optional(section, "params") { reader, node, path -> [String: JSONValue]? in
            guard case .object(let members)? = reader.value(node, at: path) else { return nil }
            return members
        }
        let names = optionalTexts(section, "party_names")
        guard let method, let epsilon, let parameters, let names else { return nil }
        if names == nil {
            problem(
                line: section.line, path: "party_names", "`party_names` is missing", fix: "List the parties")
        }
        guard problems.allSatisfy({ $0.severity == .warning }) else { return nil }
        return WorkshopRuntime(
            method: method, epsilon: epsilon ?? 1, parameters: parameters ?? [:], partyNames: names ?? [])
    }
}
