/// One mistake in a task specification, with where it is and what to do about it.
public struct TaskProblem: Error, Sendable, Equatable, Codable, CustomStringConvertible {
    public enum Severity: String, Sendable, Codable {
        /// The task cannot be used.
        case error
        /// The task can be used, but somebody should look.
        case warning
    }

    public var severity: Severity
    /// The line of the YAML file, counted from 1; nil if the task did not come from a file.
    public var line: Int?
    /// Where in the task: `parties[0].table.fields[2].constraints.minimum`.
    public var path: String
    public var what: String
    public var fix: String

    public init(severity: Severity, line: Int?, path: String, what: String, fix: String) {
        self.severity = severity
        self.line = line
        self.path = path
        self.what = what
        self.fix = fix
    }

    public var description: String {
        let place = line.map { "line \($0), " } ?? ""
        return "\(severity.rawValue): \(place)\(path.isEmpty ? "task" : path): \(what). \(fix)."
    }
}

extension TaskProblem {
    static let sharedKeyFix = "Ask this party for its own key and compare fingerprints by telephone"

    /// Whether two parties have the same key, so that one could pose as the other.
    public var isSharedKey: Bool { fix == TaskProblem.sharedKeyFix }
}

/// Every mistake in a task specification, in the order of the file.
public struct TaskProblems: Error, Sendable, Equatable, Codable, CustomStringConvertible {
    public var problems: [TaskProblem]

    public init(_ problems: [TaskProblem]) {
        self.problems = problems
    }

    public var description: String { problems.map(\.description).joined(separator: "\n") }
}
