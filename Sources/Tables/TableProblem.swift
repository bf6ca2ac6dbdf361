/// Something wrong with an uploaded table. It quotes the owner's data, so it is for the owner alone.
public struct TableProblem: Sendable, Equatable, Codable {
    /// A stable word for programs: `duplicate_key`, `out_of_domain`, …
    public var code: String
    /// As a spreadsheet numbers it: the header is row 1.
    public var row: Int?
    public var column: String?
    /// The offending text, shortened. For the owner only.
    public var value: String?
    public var expected: String
    /// What to do about it.
    public var hint: String

    public init(
        code: String, row: Int? = nil, column: String? = nil, value: String? = nil, expected: String, hint: String
    ) {
        self.code = code
        self.row = row
        self.column = column
        self.value = value
        self.expected = expected
        self.hint = hint
    }
}

/// Why a table was refused: the first problems in full, and how many there were of each kind.
public struct TableProblems: Error, Sendable, Equatable, Codable, CustomStringConvertible {
    /// At most 20.
    public var problems: [TableProblem]
    /// Number of problems of each code, including those not listed.
    public var counts: [String: Int]

    public init(problems: [TableProblem], counts: [String: Int]) {
        self.problems = problems
        self.counts = counts
    }

    public var description: String { "\(problems)" }
}
