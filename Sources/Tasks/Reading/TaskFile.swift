/// A task as somebody wrote it: its text, what it says, and everything that is wrong with it.
public struct TaskFile: Sendable {
    /// What a reader must know besides the text.
    public struct Context: Sendable {
        /// In a demonstration the workshop's published keys are a warning, elsewhere an error.
        public var isDemonstration: Bool
        /// The present time, to find deadlines that have passed; nil leaves them unjudged.
        public var now: UTCInstant?
        /// The task is read to plan or to fit locally, not to be signed: parties without a key (`public_key: ""`) get one
        /// that nobody has.
        public var allowsMissingKeys: Bool
        /// Tells what the listed values of a field look like, by them and the field's name, where a table's owner would not
        /// want them in a task that everybody reads; nil looks at none. `PrivateValues.look` of Drafting is the one that there is.
        public var lookAtValues: (@Sendable ([String], String) -> String?)?

        /// A context from its parts; each as described at its property.
        public init(
            isDemonstration: Bool = false, now: UTCInstant? = nil, allowsMissingKeys: Bool = false,
            lookAtValues: (@Sendable ([String], String) -> String?)? = nil
        ) {
            self.isDemonstration = isDemonstration
            self.allowsMissingKeys = allowsMissingKeys
            self.now = now
            self.lookAtValues = lookAtValues
        }
    }

    /// What the text says; nil if an error keeps it from being a task.
    public let specification: TaskSpecification?
    /// Every mistake, in the order of lines.
    public let problems: [TaskProblem]

    /// The mistakes that keep the text from being a task.
    public var errors: [TaskProblem] { problems.filter { $0.severity == .error } }
    /// The mistakes that do not.
    public var warnings: [TaskProblem] { problems.filter { $0.severity == .warning } }

    /// Reads a task from YAML (or JSON, which is YAML) and lints it.
    public init(yaml: String, context: Context = Context()) {
        var reader = TaskReader(context: context)
        let specification = reader.read(yaml)
        problems = reader.problems.sortedByLine()
        self.specification = problems.contains { $0.severity == .error } ? nil : specification
    }
}

extension TaskSpecification {
    /// Reads a task that must be usable: throws every problem at once, warnings among them, if one is an error.
    public init(yaml: String, context: TaskFile.Context = TaskFile.Context()) throws(TaskProblems) {
        let file = TaskFile(yaml: yaml, context: context)
        guard let specification = file.specification else { throw TaskProblems(file.problems) }
        self = specification
    }

    /// Reads the bytes of `GET /spec`, which must be canonical: then `TaskDigest(hashing:)` of them is the digest.
    public init(canonicalBytes: [UInt8], context: TaskFile.Context = TaskFile.Context()) throws {
        guard let text = String(validating: canonicalBytes, as: UTF8.self) else { throw TaskError.notCanonical }
        try self.init(yaml: text, context: context)
        guard self.canonicalBytes == canonicalBytes else { throw TaskError.notCanonical }
    }

    /// Every mistake in a task that was built in code; none has a line.
    public func lint(context: TaskFile.Context = TaskFile.Context()) -> [TaskProblem] {
        TaskFile(yaml: String(decoding: canonicalBytes, as: UTF8.self), context: context).problems
            .map { problem in
                var problem = problem
                problem.line = nil
                return problem
            }
    }
}

extension TaskSpecification: Codable {
    /// Reads the task from its JSON and lints it.
    ///
    /// - Throws: `TaskProblems` for a task that cannot be used.
    public init(from decoder: any Decoder) throws {
        let value = try JSONValue(from: decoder)
        // A demonstration's task decodes as well: lint decides whether its keys are acceptable.
        try self.init(
            yaml: String(decoding: value.canonicalBytes, as: UTF8.self),
            context: TaskFile.Context(isDemonstration: true))
    }

    /// Writes the members of the canonical form.
    public func encode(to encoder: any Encoder) throws {
        try json.encode(to: encoder)
    }
}
