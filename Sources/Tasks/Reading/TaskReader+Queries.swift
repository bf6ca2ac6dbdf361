import Bytes
internal import Domains
internal import Tables

/// The permitted queries, each with its price.
extension TaskReader {
    mutating func readQueries(
        _ task: Section, privacy: TaskSpecification.Privacy?, parties: [TaskSpecification.Party]?,
        join: TaskSpecification.Join?, synthesizer: TaskSpecification.SynthesizerChoice?
    ) -> [TaskSpecification.PermittedQuery]? {
        let isWhole = synthesizer?.method == .named(TaskSpecification.SynthesizerChoice.none)
        guard let node = task.present("queries") else {
            guard isWhole else { return [] }
            problem(
                line: task.line("synthesizer"), path: "queries",
                "without a model and without queries nothing is released",
                fix: "Permit a query, or choose another method than none")
            return nil
        }
        guard let queries = list(node, at: "queries", { reader, node, path in reader.readQuery(node, at: path) }),
            case .sequence(let elements) = node.content
        else { return nil }
        var names: Set<String> = []
        for (index, (query, element)) in zip(queries, elements).enumerated() {
            if !names.insert(query.name).inserted {
                problem(
                    line: element.line, path: "queries[\(index)].name",
                    "another query is called \"\(query.name.shortened)\"", fix: "Give each its own name")
            }
            if let parties {
                checkColumns(of: query, line: element.line, at: "queries[\(index)]", parties: parties, join: join)
            }
        }
        // One ε for the whole life of the task: what the queries cost is part of it.
        let prices = queries.reduce(0) { $0 + $1.epsilon }
        if let privacy, isWhole {
            if abs(prices - privacy.epsilon) > 1e-9 * privacy.epsilon {
                problem(
                    line: node.line, path: "queries",
                    "the queries cost \(prices), and ε is \(privacy.epsilon): without a model they cost all of it",
                    fix: "Let their prices add up to `privacy.epsilon`")
            }
        } else if let privacy, !queries.isEmpty, prices >= privacy.epsilon * (privacy.leastRows == nil ? 1 : 0.99) {
            problem(
                line: node.line, path: "queries",
                "the queries cost \(prices), and ε is \(privacy.epsilon): nothing is left for the model",
                fix: "Their prices are part of `privacy.epsilon`; lower them, or agree on a higher ε")
        }
        return queries
    }

    /// Names every column that the joined table does not have.
    mutating func checkColumns(
        of query: TaskSpecification.PermittedQuery, line: Int, at path: String, parties: [TaskSpecification.Party],
        join: TaskSpecification.Join?
    ) {
        let columns = Set(joinedColumns(parties, join))
        for column in query.columns + query.by + query.conditions.keys.sorted() where !columns.contains(column) {
            let near = NearestWord.to(column, among: columns.sorted()).map { "Did you mean `\($0)`? " } ?? ""
            problem(
                line: line, path: path, "there is no joined column \"\(column.shortened)\"",
                fix: near + Self.columnRule(join?.kind ?? .inner))
        }
    }

    mutating func readQuery(_ node: DocumentNode, at path: String) -> TaskSpecification.PermittedQuery? {
        guard
            let section = section(
                node, at: path,
                keys: [
                    "name", "kind", "columns", "where", "by", "clamp", "unit", "at", "allowance", "top", "epsilon",
                    "delta",
                ])
        else { return nil }
        let name = queryName(section)
        var kind: TaskSpecification.PermittedQuery.Kind?
        if let node = section.present("kind") {
            kind = word(node, at: section.path("kind"), as: TaskSpecification.PermittedQuery.Kind.self)
        } else {
            problem(
                line: section.line, path: section.path("kind"), "`kind` is missing",
                fix: "Write count, sum, mean, histogram, quantile, cardinality, reconcile or linked")
        }
        let columns = optionalTexts(section, "columns")
        let by = optionalTexts(section, "by")
        let conditions = optional(section, "where") { reader, node, path in reader.readConditions(node, at: path) }
        let clamp = optional(section, "clamp") { reader, node, path in reader.readRange(node, at: path) }
        let allowance = optional(section, "allowance") { reader, node, path in reader.readRange(node, at: path) }
        let unit = optional(section, "unit") { reader, node, path in reader.number(node, at: path) }
        let shares = optional(section, "at") { reader, node, path in reader.numbers(node, at: path) }
        let top = optional(section, "top") { reader, node, path in reader.integer(node, at: path, in: 1...1000) }
        let epsilon = optional(section, "epsilon") { reader, node, path in reader.price(node, at: path) }
        let delta = optional(section, "delta") { reader, node, path in reader.number(node, at: path) }
        if case .some(nil) = epsilon {
            problem(
                line: section.line, path: section.path("epsilon"), "a query needs its price",
                fix: "Write `epsilon: 0.1`")
            return nil
        }
        guard let name, let kind, let columns, let by, let conditions, let clamp, let allowance, let unit, let shares,
            let top, let epsilon, let epsilon, let delta
        else { return nil }
        return TaskSpecification.PermittedQuery(
            name: name, kind: kind, columns: columns ?? [], conditions: conditions ?? [:], by: by ?? [], clamp: clamp,
            unit: unit, shares: kind == .quantile ? shares ?? [0.5] : shares ?? [], allowance: allowance, top: top,
            epsilon: epsilon, delta: delta ?? 0)
    }

    /// A name that is valid in a URL.
    private mutating func queryName(_ section: Section) -> String? {
        guard let name = text(section, "name") else { return nil }
        guard Naming.isTaskName(name) else {
            problem(
                line: section.line("name"), path: section.path("name"),
                "\"\(name.shortened)\" cannot stand in an address",
                fix: "Write 1 to 80 letters, digits, hyphens, underscores and dots, beginning with a letter or digit")
            return nil
        }
        return name
    }

    private mutating func price(_ node: DocumentNode, at path: String) -> Double? {
        guard let price = number(node, at: path) else { return nil }
        guard price > 0, price <= 8192 else {
            problem(line: node.line, path: path, "the price \(price) is out of range", fix: "Write 0.1, for example")
            return nil
        }
        return price
    }

    private mutating func readRange(_ node: DocumentNode, at path: String) -> ClosedRange<Double>? {
        guard let ends = numbers(node, at: path) else { return nil }
        guard ends.count == 2, ends[0] <= ends[1] else {
            problem(line: node.line, path: path, "this should be two numbers in order", fix: "Write [0, 1000000]")
            return nil
        }
        return ends[0]...ends[1]
    }

    mutating func readConditions(_ node: DocumentNode, at path: String) -> [String: String]? {
        guard case .mapping(let members) = node.content else {
            problem(line: node.line, path: path, "this should be a mapping", fix: "Write {Alice_flow: M}")
            return nil
        }
        var conditions: [String: String] = [:]
        for (key, _, value) in members { conditions[key] = text(value, at: "\(path).\(key.shortened)") }
        return conditions.count == members.count ? conditions : nil
    }

    private func joinedColumns(_ parties: [TaskSpecification.Party], _ join: TaskSpecification.Join?) -> [String] {
        let first = parties.lazy.compactMap(\.table).first?.schema.fields.map(\.name) ?? []
        if let mirror = join?.mirror { return mirror.columns(of: first) + ratioNames }
        if join?.kind == .union { return first + ratioNames }
        return ratioNames
            + parties.flatMap { party in party.table?.schema.fields.map { "\(party.name)_\($0.name)" } ?? [] }
    }

    private static func columnRule(_ join: TaskSpecification.Join.Kind) -> String {
        switch join {
        case .inner, .linkage: "Columns are <party>_<column>"
        case .mirror: "Look at the mirror join"
        case .union: "In a union columns keep their names"
        }
    }
}
