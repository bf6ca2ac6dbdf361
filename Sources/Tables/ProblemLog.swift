/// Collects problems: a few of each kind and column, and how many there were.
struct ProblemLog {
    static let listed = 20

    private var problems: [TableProblem] = []
    private var counts: [String: Int] = [:]
    private var kept: [String: Int] = [:]

    var isEmpty: Bool { counts.isEmpty }

    /// Whether a further problem of this kind would be shown; where not, `count` is enough.
    func wants(_ code: String, column: String?) -> Bool {
        kept["\(code)\u{0}\(column ?? "")", default: 0] < ProblemLog.listed
    }

    mutating func add(_ problem: TableProblem) {
        count(problem.code)
        guard wants(problem.code, column: problem.column) else { return }
        kept["\(problem.code)\u{0}\(problem.column ?? "")", default: 0] += 1
        problems.append(problem)
    }

    mutating func count(_ code: String) {
        counts[code, default: 0] += 1
    }

    /// The problems in the order of the file.
    var summary: TableProblems {
        let ordered = problems.enumerated().sorted {
            ($0.element.row ?? 0, $0.offset) < ($1.element.row ?? 0, $1.offset)
        }
        return TableProblems(problems: ordered.prefix(ProblemLog.listed).map(\.element), counts: counts)
    }
}
