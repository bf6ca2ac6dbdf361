internal import Tables

/// The permitted queries, each with its price.
extension TaskReader {
    mutating func readQueries(
        _ task: Section, privacy: TaskSpecification.Privacy?, parties: [TaskSpecification.Party]?
    ) -> [TaskSpecification.PermittedQuery]? {
        guard let node = task.present("queries") else { return [] }
        guard let queries = list(node, at: "queries", { reader, node, path in reader.readQuery(node, at: path) }),
            case .sequence(let elements) = node.content
        else { return nil }
        let columns = parties.map { Set($0.flatMap(\.joinedColumns)) }
        var names: Set<String> = []
        for (index, (query, element)) in zip(queries, elements).enumerated() {
            if !names.insert(query.name).inserted {
                problem(
                    line: element.line, path: "queries[\(index)].name",
                    "another query is called \"\(query.name.shortened)\"", fix: "Give each its own name")
            }
            for column in query.columns + query.conditions.keys.sorted() where columns?.contains(column) == false {
                let near =
                    Nearest.word(to: column, among: columns?.sorted() ?? []).map { "Did you mean `\($0)`? " } ?? ""
                problem(
                    line: element.line, path: "queries[\(index)]",
                    "there is no joined column \"\(column.shortened)\"", fix: near + "Columns are <party>_<column>")
            }
        }
        // One ε for the whole life of the task: what the queries cost is part of it.
        let prices = queries.reduce(0) { $0 + $1.epsilon }
        if let privacy, !queries.isEmpty, prices >= privacy.epsilon {
            problem(
                line: node.line, path: "queries",
                "the queries cost \(prices), and ε is \(privacy.epsilon): nothing is left for the model",
                fix: "Their prices are part of `privacy.epsilon`; lower them, or agree on a higher ε")
        }
        return queries
    }

    private mutating func readQuery(_ node: DocumentNode, at path: String) -> TaskSpecification.PermittedQuery? {
        guard
            let section = section(
                node, at: path, keys: ["name", "kind", "columns", "where", "epsilon", "delta"])
        else { return nil }
        let name = text(section, "name")
        var kind: TaskSpecification.PermittedQuery.Kind?
        if let node = section.present("kind") {
            kind = word(node, at: section.path("kind"), as: TaskSpecification.PermittedQuery.Kind.self)
        } else {
            problem(
                line: section.line, path: section.path("kind"), "`kind` is missing",
                fix: "Write count, sum, mean, histogram, quantile or cardinality")
        }
        let columns = optionalTexts(section, "columns")
        let conditions = optional(section, "where") { reader, node, path in reader.readConditions(node, at: path) }
        let epsilon = optional(section, "epsilon") { reader, node, path in reader.price(node, at: path) }
        let delta = optional(section, "delta") { reader, node, path in reader.number(node, at: path) }
        if case .some(nil) = epsilon {
            problem(
                line: section.line, path: section.path("epsilon"), "a query needs its price",
                fix: "Write `epsilon: 0.1`")
            return nil
        }
        guard let name, let kind, let columns, let conditions, let epsilon, let epsilon, let delta else { return nil }
        return TaskSpecification.PermittedQuery(
            name: name, kind: kind, columns: columns ?? [], conditions: conditions ?? [:], epsilon: epsilon,
            delta: delta ?? 0)
    }

    private mutating func price(_ node: DocumentNode, at path: String) -> Double? {
        guard let price = number(node, at: path) else { return nil }
        guard price > 0, price <= 10 else {
            problem(line: node.line, path: path, "the price \(price) is out of range", fix: "Write 0.1, for example")
            return nil
        }
        return price
    }

    private mutating func readConditions(_ node: DocumentNode, at path: String) -> [String: String]? {
        guard case .mapping(let members) = node.content else {
            problem(line: node.line, path: path, "this should be a mapping", fix: "Write {Alice_flow: M}")
            return nil
        }
        var conditions: [String: String] = [:]
        for (key, _, value) in members { conditions[key] = text(value, at: "\(path).\(key.shortened)") }
        return conditions.count == members.count ? conditions : nil
    }
}

extension TaskSpecification.Party {
    /// The names of this party's columns in the joined table.
    fileprivate var joinedColumns: [String] { table?.schema.fields.map { "\(name)_\($0.name)" } ?? [] }
}
