import Bytes
import Domains

/// Something wrong with an uploaded table. It quotes the owner's data, so it is for the owner only.
public struct TableProblem: Sendable, Equatable, Codable {
    /// A stable word for programs: `duplicate_key`, `out_of_domain`, …
    public var code: String
    /// As a spreadsheet numbers it: the header is row 1.
    public var row: Int?
    /// The column as the file names it; nil for a problem of a whole row or file.
    public var column: String?
    /// The offending text, shortened. For the owner only.
    public var value: String?
    /// What would have been right.
    public var expected: String
    /// What to do about it.
    public var hint: String

    /// A problem from its parts; each as described at its property.
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

extension TableProblem: CustomStringConvertible {
    /// The sentence that the owner reads.
    public var description: String { sentence(of: column.map { [$0] } ?? []) }

    /// The sentence, for several columns of which the same is to be said.
    fileprivate func sentence(of columns: [String]) -> String {
        var place: [String] = []
        if let row { place.append("row \(row)") }
        if !columns.isEmpty {
            let names = columns.map { "\"\(ShownText.line($0))\"" }.joined(separator: ", ")
            place.append("\(columns.count == 1 ? "column" : "columns") \(names)")
        }
        let found = value.map { "found \"\(ShownText.line($0))\", " } ?? ""
        let code = ShownText.line(code)
        let head = place.isEmpty ? code : "\(code) at \(place.joined(separator: ", "))"
        let hint = ShownText.line(hint)
        return "\(head): \(found)expected \(ShownText.line(expected)). \(hint)\(hint.hasSuffix("?") ? "" : ".")"
    }
}

/// Why a table was refused: the first problems in full, and how many there were of each kind.
public struct TableProblems: Error, Sendable, Equatable, Codable, CustomStringConvertible {
    /// At most 20, in the order of the file.
    public var problems: [TableProblem]
    /// Number of problems of each code, including those not listed.
    public var counts: [String: Int]

    /// - Parameters:
    ///   - problems: the first ones.
    ///   - counts: of all, by code.
    public init(problems: [TableProblem], counts: [String: Int]) {
        self.problems = problems
        self.counts = counts
    }

    /// The listed problems, a line each, and how many more there are. For the owner only.
    public var description: String {
        let total = counts.values.reduce(0, +)
        var lines = Self.lines(problems)
        if total > problems.count {
            let tally = counts.sorted { $0.key < $1.key }.map { "\($0.value) × \($0.key)" }
            lines.append("In all \(total) problems: \(tally.joined(separator: ", ")).")
        }
        return lines.joined(separator: "\n")
    }

    /// A line for each problem; one for columns in a row of which the same is to be said.
    private static func lines(_ problems: [TableProblem]) -> [String] {
        var lines: [String] = []
        var waiting: (problem: TableProblem, columns: [String])?
        func end() {
            if let waiting { lines.append(waiting.problem.sentence(of: waiting.columns)) }
        }
        for problem in problems {
            var plain = problem
            plain.column = nil
            if problem.value == nil, let column = problem.column, let (last, columns) = waiting, last == plain {
                waiting = (last, columns + [column])
                continue
            }
            end()
            waiting = (plain, problem.column.map { [$0] } ?? [])
        }
        end()
        return lines
    }
}
