internal import Bytes

/// `entrepot.yaml`: options of the command line that a person would type again, a key each.
///
/// Values are texts, numbers, `true` or `false`, or lists of texts. A key that is not known is refused, with the nearest that
/// is.
public struct SettingsFile: Sendable, Equatable {
    /// The value of each key; of a list its texts.
    public var values: [String: [String]]

    /// - Parameters:
    ///   - known: every key that may stand in the file.
    ///   - refused: keys that may not, with the reason.
    /// - Throws: every mistake, with its line.
    public init(yaml: String, known: [String], refused: [String: String] = [:]) throws(TaskProblems) {
        let root: DocumentNode
        do {
            root = try DocumentNode(yaml: yaml)
        } catch {
            throw TaskProblems([Self.problem(error.line, error.what, "Write a key, a colon and a value on each line")])
        }
        guard case .mapping(let members) = root.content else {
            throw TaskProblems([
                Self.problem(root.line, "the file is no list of keys and values", "Write `url: https://HOST:PORT`")
            ])
        }
        if members.contains(where: { $0.key == "entrepot" }), members.contains(where: { $0.key == "parties" }) {
            throw TaskProblems([
                Self.problem(1, "this is a task, not settings", "Give the task another name than entrepot.yaml")
            ])
        }
        var problems: [TaskProblem] = []
        values = [:]
        for (key, line, value) in members {
            if let reason = refused[key] {
                problems.append(Self.problem(line, "`\(key.shortened)` cannot be a setting", reason))
            } else if !known.contains(key) {
                let nearest = NearestWord.to(key.replacing("-", with: "_"), among: known)
                problems.append(
                    Self.problem(
                        line, "the key \"\(key.shortened)\" is not known",
                        nearest.map { "Did you mean \($0)?" } ?? "Known are \(known.joined(separator: ", "))"))
            } else if let texts = Self.texts(of: value) {
                values[key] = texts
            } else {
                problems.append(
                    Self.problem(line, "`\(key)` has no value that can be used", "Write a text, or a list of texts"))
            }
        }
        guard problems.isEmpty else { throw TaskProblems(problems) }
    }

    /// nil for what is no text and no list of texts, and for nothing at all.
    private static func texts(of node: DocumentNode) -> [String]? {
        switch node.content {
        case .scalar(let text, let isPlain):
            return text.isEmpty || (isPlain && ["null", "~"].contains(text)) ? nil : [text]
        case .sequence(let nodes):
            let texts = nodes.compactMap { node -> String? in
                guard case .scalar(let text, _) = node.content, !text.isEmpty else { return nil }
                return text
            }
            return texts.isEmpty || texts.count < nodes.count ? nil : texts
        case .mapping: return nil
        }
    }

    private static func problem(_ line: Int?, _ what: String, _ fix: String) -> TaskProblem {
        TaskProblem(severity: .error, line: line, path: "settings", what: what, fix: fix)
    }
}
