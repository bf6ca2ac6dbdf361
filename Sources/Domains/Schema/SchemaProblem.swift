/// One mistake in a schema.
public struct SchemaProblem: Sendable, Equatable, Codable {
    /// The field that it is about; empty if it is about the schema as a whole.
    public var field: String
    /// What is wrong, as a sentence.
    public var what: String
    /// What to write instead.
    public var fix: String

    /// - Parameter field: empty for the schema as a whole.
    public init(field: String, what: String, fix: String) {
        self.field = field
        self.what = what
        self.fix = fix
    }
}

/// Every mistake in a schema, all at once.
public struct SchemaProblems: Error, Sendable, Equatable, Codable, CustomStringConvertible {
    /// In the order of the fields.
    public var problems: [SchemaProblem]

    /// - Parameter problems: at least one.
    public init(_ problems: [SchemaProblem]) {
        self.problems = problems
    }

    /// One line a problem.
    public var description: String {
        problems.map { problem in
            let place = problem.field.isEmpty ? "schema" : "field \"\(problem.field)\""
            return "\(place): \(problem.what). \(problem.fix)."
        }.joined(separator: "\n")
    }
}
