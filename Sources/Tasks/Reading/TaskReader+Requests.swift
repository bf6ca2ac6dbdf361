import Bytes
internal import Domains

/// The part of ε that waits for requests.
extension TaskReader {
    mutating func readRequests(
        _ task: Section, engine: TaskSpecification.Engine?, privacy: TaskSpecification.Privacy?,
        parties: [TaskSpecification.Party]?
    ) -> TaskSpecification.Requests?? {
        guard let node = task.present("requests") else { return .some(nil) }
        guard let section = section(node, at: "requests", keys: ["epsilon"]) else { return nil }
        let before = problems.count
        switch engine {
        case nil, .secureSum, .secretSharing(_, .known): break
        case .secretSharing(_, .hidden):
            problem(
                line: task.line("requests"), path: "requests",
                "requests are not built for members that nobody knows: lists drawn anew would cost `members_epsilon` for each one, and the "
                    + "keys of the task's own lists go with its result",
                fix: "Write what may be asked under `queries`, or `members: known`")
        case .enclave, .shards, .spark:
            problem(
                line: task.line("requests"), path: "requests",
                "requests are built for `secure-sum` and `secret-sharing`, and the task's engine is \(engine?.word ?? "")",
                fix: "Write what may be asked under `queries`, or one of these engines")
        }
        if let parties, !parties.contains(where: { $0.role == .consumer }) {
            problem(
                line: task.line("requests"), path: "requests", "nobody may ask: no party has `role: consumer`",
                fix: "List who may, with a key of its own")
        }
        guard let slice = section.present("epsilon") else {
            problem(
                line: section.line, path: section.path("epsilon"), "`epsilon` is missing",
                fix: "Write which part of the task's ε requests may spend together: `requests: {epsilon: 0.2}`")
            return nil
        }
        guard let epsilon = number(slice, at: section.path("epsilon")) else { return nil }
        if TaskSpecification.Requests.millionths(epsilon) == nil {
            problem(
                line: slice.line, path: section.path("epsilon"),
                "\(epsilon) is no part of ε above 0 in whole millionths", fix: "Write 0.2, for example")
        } else if let privacy, epsilon >= privacy.epsilon {
            problem(
                line: slice.line, path: section.path("epsilon"),
                "requests would have \(epsilon), and ε is \(privacy.epsilon): nothing is left for the task itself",
                fix: "It is a part of `privacy.epsilon`; lower it, or agree on a higher ε")
        }
        return problems.count == before ? .some(TaskSpecification.Requests(epsilon: epsilon)) : nil
    }
}

/// One query in a file of its own, in the form in which a task permits queries: what a consumer asks for.
public struct QueryFile: Sendable {
    /// What the text says; nil if something is wrong with it.
    public let query: TaskSpecification.PermittedQuery?
    /// Every mistake, in the order of lines.
    public let problems: [TaskProblem]

    /// Reads a query from YAML (or JSON, which is YAML), as a request to a task.
    public init(yaml: String, for task: TaskSpecification) {
        var reader = TaskReader(context: TaskFile.Context())
        reader.ratioNames = task.rules.compactMap(\.addedColumn)
        var query: TaskSpecification.PermittedQuery?
        do throws(DocumentProblem) {
            if yaml.allSatisfy(\.isWhitespace) {
                throw DocumentProblem(
                    line: 1, what: "the file is empty",
                    fix: "Write one query: {name: rows, kind: cardinality, epsilon: 0.1}, for example")
            }
            let root = try DocumentNode(yaml: yaml)
            reader.refuseHidden(root, at: "")
            query = reader.readQuery(root, at: "query")
            if let query {
                reader.checkColumns(of: query, line: root.line, at: "query", parties: task.parties, join: task.join)
                reader.checkPrice(of: query, line: root.line, task)
            }
        } catch {
            reader.report(error)
        }
        problems = reader.problems.sortedByLine()
        self.query = problems.contains { $0.severity == .error } ? nil : query
    }
}

extension TaskReader {
    fileprivate mutating func checkPrice(
        of query: TaskSpecification.PermittedQuery, line: Int, _ task: TaskSpecification
    ) {
        guard let slice = task.requests else {
            problem(
                line: line, path: "query", "the task \(task.name) sets no part of ε aside for requests",
                fix: "Its parties would have to agree on a new task with `requests: {epsilon: 0.2}`")
            return
        }
        if TaskSpecification.Requests.millionths(query.epsilon) == nil {
            problem(
                line: line, path: "query.epsilon", "the price \(query.epsilon) is no whole number of millionths",
                fix: "Write 0.1, for example")
        } else if query.epsilon > slice.epsilon {
            problem(
                line: line, path: "query.epsilon",
                "the price is \(query.epsilon), and the task has \(slice.epsilon) of ε for all requests",
                fix: "Ask for less exact figures, for a lower price")
        }
        if query.delta != 0 {
            problem(
                line: line, path: "query.delta", "a request's δ follows from its price", fix: "Leave `delta` out")
        }
    }
}
