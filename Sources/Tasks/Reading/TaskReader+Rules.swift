public import Domains
import Tables

/// Public relations that every synthetic row obeys.
extension TaskReader {
    /// The rules of a task, linted against the joined domain where the tables could be read.
    mutating func readRules(
        _ task: Section, parties: [TaskSpecification.Party]?, join: TaskSpecification.Join?
    ) -> [Rule]? {
        guard let node = task.present("rules") else { return [] }
        guard case .sequence(let elements) = node.content else {
            problem(
                line: node.line, path: "rules", "this should be a list",
                fix: "Write one `- {order: [A, B]}` on each line")
            return nil
        }
        guard let rules = readRules(node) else { return nil }
        ratioNames = rules.compactMap(\.addedColumn)
        guard !rules.isEmpty, let parties, let join,
            let domain = try? TaskSpecification.joinedDomain(of: parties, join: join)
        else { return rules }
        do throws(RuleProblems) {
            _ = try domain.obeying(TaskSpecification.rules(rules, of: join))
            return rules
        } catch {
            for one in error.problems {
                let place = one.rule.flatMap { elements.indices.contains($0) ? $0 : nil }
                problem(
                    line: place.map { elements[$0].line } ?? node.line, path: place.map { "rules[\($0)]" } ?? "rules",
                    one.what, fix: one.fix)
            }
            return nil
        }
    }

    /// The rules of a list, without regard to any domain.
    mutating func readRules(_ node: DocumentNode) -> [Rule]? {
        list(node, at: "rules") { reader, node, path in reader.readRule(node, at: path) }
    }

    private mutating func readRule(_ node: DocumentNode, at path: String) -> Rule? {
        guard let section = section(node, at: path, keys: ["ratio", "sum", "order", "never", "of", "bins"]) else {
            return nil
        }
        let kinds = ["ratio", "sum", "order", "never"].filter { section.present($0) != nil }
        guard kinds.count == 1, let kind = kinds.first else {
            problem(
                line: section.line, path: path, kinds.isEmpty ? "the rule has no kind" : "the rule has two kinds",
                fix: "Write one of: ratio, sum, order, never")
            return nil
        }
        for (key, owners) in [("of", ["ratio", "sum"]), ("bins", ["ratio"])]
        where section.present(key) != nil && !owners.contains(kind) {
            problem(
                line: section.line(key), path: section.path(key), "`\(kind)` takes no `\(key)`",
                fix: "Leave it out")
        }
        switch kind {
        case "ratio": return readRatio(section)
        case "sum": return readSum(section)
        case "order": return readOrder(section)
        default: return readNever(section)
        }
    }

    private mutating func columns(_ section: Section, _ key: String, example: String) -> [String]? {
        guard let node = section.present(key) else {
            problem(
                line: section.line, path: section.path(key), "`\(key)` is missing", fix: "Write `\(key): \(example)`")
            return nil
        }
        return texts(node, at: section.path(key))
    }

    private mutating func readRatio(_ section: Section) -> Rule? {
        let name = text(section, "ratio")
        let bins = optional(section, "bins") { reader, node, path in reader.readRatioBins(node, at: path) }
        guard let columns = columns(section, "of", example: "[A, B]"), let bins, let name else { return nil }
        guard columns.count == 2 else {
            problem(
                line: section.line("of"), path: section.path("of"), "a ratio is of two columns",
                fix: "Write `of: [A, B]`")
            return nil
        }
        guard !name.contains(where: { $0.isNewline }), name.utf8.count <= 200 else {
            problem(
                line: section.line("ratio"), path: section.path("ratio"), "this cannot be the name of a column",
                fix: "Write a short name on one line")
            return nil
        }
        return .ratio(name: name, numerator: columns[0], denominator: columns[1], bins: bins ?? Rule.RatioBins())
    }

    private mutating func readRatioBins(_ node: DocumentNode, at path: String) -> Rule.RatioBins? {
        guard
            let section = section(node, at: path, keys: ["count", "scale", "edges", "minimum", "maximum"])
        else { return nil }
        let count = optional(section, "count") { reader, node, path in reader.integer(node, at: path) }
        let scale = optional(section, "scale") { reader, node, path in
            reader.word(node, at: path, as: BinScaleWord.self)?.scale
        }
        let edges = optional(section, "edges") { reader, node, path in reader.numbers(node, at: path) }
        let minimum = optional(section, "minimum") { reader, node, path in reader.number(node, at: path) }
        let maximum = optional(section, "maximum") { reader, node, path in reader.number(node, at: path) }
        guard let count, let scale, let edges, let minimum, let maximum else { return nil }
        return Rule.RatioBins(count: count, scale: scale, edges: edges, minimum: minimum, maximum: maximum)
    }

    private mutating func readSum(_ section: Section) -> Rule? {
        let column = text(section, "sum")
        guard let terms = columns(section, "of", example: "[B, -C]"), let column else { return nil }
        return .sum(column: column, of: terms.map { Rule.Term(written: $0) })
    }

    private mutating func readOrder(_ section: Section) -> Rule? {
        columns(section, "order", example: "[A, B]").map { .order($0) }
    }

    private mutating func readNever(_ section: Section) -> Rule? {
        guard let node = section.present("never") else { return nil }
        guard case .mapping(let members) = node.content else {
            problem(
                line: node.line, path: section.path("never"), "this should be a mapping",
                fix: "Write {A: [x, y], B: {below: 16}}")
            return nil
        }
        let conditions = members.compactMap { column, _, value in
            readCondition(column, value, at: "\(section.path("never")).\(column.shortened)")
        }
        guard conditions.count == members.count else { return nil }
        // In the order of their names, so that the canonical form reads back as the same rule.
        return .never(conditions.sorted { $0.column < $1.column })
    }

    private mutating func readCondition(_ column: String, _ node: DocumentNode, at path: String) -> Rule.Condition? {
        guard case .mapping = node.content else { return readValues(column, node, at: path) }
        guard let section = section(node, at: path, keys: ["below", "above", "from", "to", "missing"]) else {
            return nil
        }
        let below = optionalText(section, "below")
        let above = optionalText(section, "above")
        let from = optionalText(section, "from")
        let to = optionalText(section, "to")
        let missing = optional(section, "missing") { reader, node, path in reader.boolean(node, at: path) }
        guard let below, let above, let from, let to, let missing else { return nil }
        return Rule.Condition(
            column: column, includesMissing: missing ?? false, below: below, above: above, from: from, to: to)
    }

    /// Listed values; an empty one in the list is a missing value.
    private mutating func readValues(_ column: String, _ node: DocumentNode, at path: String) -> Rule.Condition? {
        func isNull(_ node: DocumentNode) -> Bool {
            if case .scalar(let text, isPlain: true) = node.content { ScalarText.isNull(text) } else { false }
        }
        let elements: [DocumentNode] = if case .sequence(let list) = node.content { list } else { [node] }
        var values: [String] = []
        var includesMissing = false
        for (place, element) in elements.enumerated() {
            if isNull(element) {
                includesMissing = true
            } else if let text = text(element, at: "\(path)[\(place)]") {
                values.append(text)
            } else {
                return nil
            }
        }
        return Rule.Condition(column: column, values: values, includesMissing: includesMissing)
    }
}

/// Rules in a file of their own: a list as in a task, or a mapping with `rules`.
public struct RuleFile: Sendable {
    /// What the text says; nil if something is wrong with it.
    public let rules: [Rule]?
    public let problems: [TaskProblem]

    /// Reads rules from YAML (or JSON, which is YAML).
    public init(yaml: String) {
        var reader = TaskReader(context: TaskFile.Context())
        var rules: [Rule]?
        do throws(DocumentProblem) {
            let root = try DocumentNode(yaml: yaml)
            if case .mapping = root.content, let section = reader.section(root, at: "", keys: ["rules"]) {
                rules = section.present("rules").map { reader.readRules($0) } ?? []
            } else {
                rules = reader.readRules(root)
            }
        } catch {
            reader.report(error)
        }
        problems = reader.problems.sortedByLine()
        self.rules = problems.contains { $0.severity == .error } ? nil : rules
    }
}
