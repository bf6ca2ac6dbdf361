internal import Domains
internal import Tables

/// A provider's table: its key and its fields, in the words of Frictionless Table Schema v2.
extension TaskReader {
    static let tableKeys = ["key", "rows", "fields", "missingValues", "dialect", "encoding", "fieldsMatch"]
    static let keyKeys = ["column", "columns", "pattern", "normalise"]

    mutating func readTable(_ node: DocumentNode, at path: String) -> TaskSpecification.PartyTable? {
        guard let section = section(node, at: path, keys: Self.tableKeys) else { return nil }
        let key = readKeyRule(section)
        let missingValues = optionalTexts(section, "missingValues")
        let dialect = readDialect(section)
        let takesMore = optional(section, "fieldsMatch") { reader, node, path in
            reader.word(node, at: path, as: FieldsMatch.self)
        }
        let rows = optional(section, "rows") { reader, node, path in
            reader.integer(node, at: path, in: 1...TaskSpecification.Limits.mostRows)
        }
        guard let elements = fieldList(section) else { return nil }
        var fields: [Field?] = []
        for (index, element) in elements.enumerated() {
            fields.append(readField(element, at: "\(section.path("fields"))[\(index)]"))
        }
        let whole = zip(fields, elements).enumerated().compactMap { index, pair in
            pair.0.map { (field: $0, line: pair.1.line, path: "\(section.path("fields"))[\(index)]") }
        }
        checkNames(whole, key: key)
        guard let missingValues, let key, let dialect, let takesMore, let rows else { return nil }
        let isWhole = whole.count == elements.count
        // A field that could not be read is unknown to those derived from it, which is not their mistake.
        let checked = isWhole ? whole : whole.filter { $0.field.derivedFrom == nil }
        let schema = TableSchema(
            fields: checked.map(\.field), missingValues: missingValues, takesMoreColumns: takesMore == .subset)
        // Keys alone have no domain; whether the task can do with them is seen when it is known.
        if elements.isEmpty { tablesOfKeys.append((line: section.line("fields"), path: section.path("fields"))) }
        return checkDomain(schema, key: key, lines: checked, section: section) && isWhole
            ? TaskSpecification.PartyTable(key: key, schema: schema, dialect: dialect, rows: rows) : nil
    }

    /// The declared fields; none for a table of keys alone.
    private mutating func fieldList(_ table: Section) -> [DocumentNode]? {
        guard let list = table.present("fields") else { return [] }
        guard case .sequence(let elements) = list.content else {
            problem(
                line: list.line, path: table.path("fields"), "this should be a list", fix: "Begin each with `- name:`"
            )
            return nil
        }
        guard elements.count <= 10_000 else {
            problem(
                line: list.line, path: table.path("fields"), "there are more than 10,000 fields", fix: "Name fewer")
            return nil
        }
        return elements
    }

    /// Refuses tables of keys alone where a task needs more: all but those that two parties answer with `entrepot psi`.
    mutating func checkKeysAlone(
        _ join: TaskSpecification.Join, _ engine: TaskSpecification.Engine,
        _ synthesizer: TaskSpecification.SynthesizerChoice, _ queries: [TaskSpecification.PermittedQuery]
    ) {
        let isEnclave = if case .enclave = engine { true } else { false }
        let needsNone =
            join.kind == .inner && isEnclave
            && synthesizer.method == .named(TaskSpecification.SynthesizerChoice.none)
            && queries.allSatisfy { $0.kind == .cardinality }
        guard !needsNone else { return }
        for table in tablesOfKeys {
            problem(
                line: table.line, path: table.path, "no field besides the key is declared",
                fix: "List the columns besides the key under `fields`. A table of keys alone is for `entrepot psi`: an "
                    + "inner join whose only query is a cardinality, with `synthesizer: {method: none}`")
        }
    }

    private typealias Located = (field: Field, line: Int, path: String)

    private mutating func checkNames(_ fields: [Located], key: KeyRule?) {
        var lines: [String: Int] = [:]
        for located in fields {
            let name = located.field.name
            if let earlier = lines.updateValue(located.line, forKey: name) {
                problem(
                    line: located.line, path: "\(located.path).name",
                    "the column \"\(name.shortened)\" is declared on line \(earlier) already",
                    fix: "Keep one of the two")
            }
            if let key, key.columns.contains(name) {
                problem(
                    line: located.line, path: "\(located.path).name",
                    "the column \"\(name.shortened)\" is the key, and keys never appear in the output",
                    fix: "Remove it from `fields`, or choose another key")
            }
        }
    }

    /// Asks Tables for the domain and passes on what it finds, at the lines of the fields.
    private mutating func checkDomain(
        _ schema: TableSchema, key: KeyRule, lines: [Located], section: Section
    ) -> Bool {
        let before = problems.count
        for mistake in key.problems {
            problem(line: section.line("key"), path: section.path("key"), mistake.what, fix: mistake.fix)
        }
        guard !schema.fields.isEmpty || !lines.isEmpty else { return problems.count == before }
        do {
            _ = try TableDomain(schema: schema, keyColumns: key.columns)
        } catch {
            let names = lines.map(\.field.name)
            let repeated = Set(names).count < names.count || !Set(names).isDisjoint(with: key.columns)
            // A repeated name has been reported at its line; Tables can only say it without one.
            for mistake in error.problems where !(repeated && mistake.isAboutNames(names, key: key.columns)) {
                let place = lines.first { $0.field.name == mistake.field }
                problem(
                    line: place?.line ?? section.line("fields"), path: place?.path ?? section.path("fields"),
                    mistake.what, fix: mistake.fix)
            }
        }
        return problems.count == before
    }

    private mutating func readKeyRule(_ table: Section) -> KeyRule? {
        guard let node = table.present("key") else {
            problem(
                line: table.line, path: table.path("key"), "`key` is missing",
                fix: "Write `key: {column: NAME, pattern: '^[0-9]{1,8}$', normalise: [trim]}`")
            return nil
        }
        guard
            let key = section(
                node, at: table.path("key"), keys: Self.keyKeys)
        else { return nil }
        let one = optionalText(key, "column")
        let several = optionalTexts(key, "columns")
        let pattern = optionalText(key, "pattern")
        let steps = optional(key, "normalise") { reader, node, path -> [KeyRule.Normalisation]? in
            guard let words = reader.texts(node, at: path) else { return nil }
            let steps = words.compactMap { reader.normalisation($0, line: node.line, path: path) }
            return steps.count == words.count ? steps : nil
        }
        guard let one, let several, let pattern, let steps else { return nil }
        guard (one == nil) != (several == nil) else {
            problem(
                line: key.line, path: key.path, "a key has either `column` or `columns`",
                fix: "Write the one column as `column: NAME`, or all as `columns: [A, B]`")
            return nil
        }
        if pattern == nil {
            problem(
                .warning, line: key.line, path: key.path("pattern"), "the key has no `pattern`",
                fix: "Agree on one, such as '^[0-9]{8}$': if the parties write keys differently the join is empty, and "
                    + "nobody is told why. The key of a linkage has none")
        }
        let rule = KeyRule(columns: several ?? one.map { [$0] } ?? [], pattern: pattern, normalise: steps ?? [])
        if let cost = rule.patternCost, cost > Self.costOfPattern {
            problem(
                .warning, line: key.line("pattern"), path: key.path("pattern"),
                "matching costs up to \(cost) operations a byte of each key, so that uploads take longer",
                fix: "Lower its counts; a row of classes such as '^[A-Z]{2}[0-9]{6}$' costs 1")
        }
        return rule
    }

    /// Above this many operations a byte a pattern is slower than reading the rest of the file.
    private static let costOfPattern = 100

    private mutating func normalisation(_ word: String, line: Int, path: String) -> KeyRule.Normalisation? {
        guard let step = KeyRule.Normalisation(word: word) else {
            problem(
                line: line, path: path, "unknown normalisation \"\(word.shortened)\"",
                fix: "Write trim, upper, lower, nfc or zero-fill:N with N from 1 to 64")
            return nil
        }
        return step
    }
}

extension SchemaProblem {
    fileprivate func isAboutNames(_ names: [String], key: [String]) -> Bool {
        names.filter { $0 == field }.count > 1 || key.contains(field)
    }
}
