/// The permitted queries, each with its price.
extension TaskReader {
    mutating func readQueries(
        _ task: Section, privacy: TaskSpecification.Privacy?
    ) -> [TaskSpecification.PermittedQuery]? {
        guard let node = task.present("queries") else { return [] }
        guard let queries = list(node, at: "queries", { reader, node, path in reader.readQuery(node, at: path) }) else {
            return nil
        }
        var names: Set<String> = []
        for query in queries where !names.insert(query.name).inserted {
            problem(
                line: node.line, path: "queries", "two queries are called \"\(query.name.shortened)\"",
                fix: "Give each its own name")
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
