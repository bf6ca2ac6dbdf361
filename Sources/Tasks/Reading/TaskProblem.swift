/// One mistake in a task specification, with where it is and what to do about it.
public struct TaskProblem: Error, Sendable, Equatable, Codable, CustomStringConvertible {
    /// Whether the task can be used all the same.
    public enum Severity: String, Sendable, Codable {
        /// The task cannot be used.
        case error
        /// The task can be used, but somebody should look.
        case warning
    }

    /// Whether the task can be used all the same.
    public var severity: Severity
    /// The line of the YAML file, counted from 1; nil if the task did not come from a file.
    public var line: Int?
    /// Where in the task: `parties[0].table.fields[2].constraints.minimum`.
    public var path: String
    /// What is wrong.
    public var what: String
    /// What to do about it, as an order without its full stop.
    public var fix: String

    /// A problem from its parts; each as described at its property.
    public init(severity: Severity, line: Int?, path: String, what: String, fix: String) {
        self.severity = severity
        self.line = line
        self.path = path
        self.what = what
        self.fix = fix
    }

    /// One line: where, what, and what to do.
    public var description: String {
        let place = line.map { "line \($0), " } ?? ""
        return
            "\(severity.rawValue): \(place)\(path.isEmpty ? "task" : path): \(what). \(fix)\(fix.hasSuffix("?") ? "" : ".")"
    }
}

extension TaskProblem {
    static let sharedKeyFix = "Ask this party for its own key and compare fingerprints by telephone"

    /// Whether two parties have the same key, so that one could pose as the other.
    public var isSharedKey: Bool { fix == TaskProblem.sharedKeyFix }
}

/// Every mistake in a task specification, in the order of the file.
public struct TaskProblems: Error, Sendable, Equatable, Codable, CustomStringConvertible {
    /// In the order of the file.
    public var problems: [TaskProblem]

    /// - Parameter problems: warnings among them, at least one.
    public init(_ problems: [TaskProblem]) {
        self.problems = problems
    }

    /// One line a problem.
    public var description: String { problems.map(\.description).joined(separator: "\n") }
}
