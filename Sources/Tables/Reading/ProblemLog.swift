import Domains

/// Collects problems: a few of each kind and column, and how many there were.
package struct ProblemLog {
    package static let listed = 20

    private var problems: [TableProblem] = []
    private var counts: [String: Int] = [:]
    private var kept: [Kind: Int] = [:]

    private struct Kind: Hashable {
        var code: String
        var column: String?
    }

    package init() {}

    package var isEmpty: Bool { counts.isEmpty }

    /// Whether a further problem of this kind would be shown; where not, `count` is enough.
    private func wants(_ code: String, column: String?) -> Bool {
        kept[Kind(code: code, column: column), default: 0] < ProblemLog.listed
    }

    package mutating func add(_ problem: TableProblem) {
        add(problem.code, column: problem.column) { problem }
    }

    /// Asks for the full problem only while it would be shown: hints cost too much for every row of a large file.
    package mutating func add(_ code: String, column: String?, _ problem: () -> TableProblem) {
        count(code)
        guard wants(code, column: column) else { return }
        kept[Kind(code: code, column: column), default: 0] += 1
        problems.append(problem())
    }

    package mutating func count(_ code: String) {
        counts[code, default: 0] += 1
    }

    /// The problems in the order of the file.
    package var summary: TableProblems {
        let ordered = problems.enumerated().sorted {
            ($0.element.row ?? 0, $0.offset) < ($1.element.row ?? 0, $1.offset)
        }
        return TableProblems(problems: ordered.prefix(ProblemLog.listed).map(\.element), counts: counts)
    }
}
