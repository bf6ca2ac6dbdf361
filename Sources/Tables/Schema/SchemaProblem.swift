/// One mistake in a schema.
public struct SchemaProblem: Sendable, Equatable, Codable {
    /// The field that it is about; empty if it is about the schema as a whole.
    public var field: String
    public var what: String
    public var fix: String

    public init(field: String, what: String, fix: String) {
        self.field = field
        self.what = what
        self.fix = fix
    }
}

/// Every mistake in a schema, all at once.
public struct SchemaProblems: Error, Sendable, Equatable, Codable, CustomStringConvertible {
    public var problems: [SchemaProblem]

    public init(_ problems: [SchemaProblem]) {
        self.problems = problems
    }

    public var description: String {
        problems.map { problem in
            let place = problem.field.isEmpty ? "schema" : "field \"\(problem.field)\""
            return "\(place): \(problem.what). \(problem.fix)."
        }.joined(separator: "\n")
    }
}
