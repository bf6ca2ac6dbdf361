/// One mistake in the rules of a task.
public struct RuleProblem: Sendable, Equatable, Codable {
    /// Which rule, counted from zero; nil if it is about all of them together.
    public var rule: Int?
    public var what: String
    public var fix: String

    public init(rule: Int?, what: String, fix: String) {
        self.rule = rule
        self.what = what
        self.fix = fix
    }
}

/// Every mistake in the rules, all at once.
public struct RuleProblems: Error, Sendable, Equatable, Codable, CustomStringConvertible {
    public var problems: [RuleProblem]

    public init(_ problems: [RuleProblem]) { self.problems = problems }

    public var description: String {
        problems.map { problem in
            "\(problem.rule.map { "rules[\($0)]" } ?? "rules"): \(problem.what). \(problem.fix)."
        }.joined(separator: "\n")
    }
}
