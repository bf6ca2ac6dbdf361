internal import Domains
internal import Tables

/// How records without a common clean key are linked.
extension TaskReader {
    mutating func readLinkage(
        _ join: Section, parties: [TaskSpecification.Party]
    ) -> TaskSpecification.Join? {
        for key in ["rows_per_key", "value", "offices"] where join.present(key) != nil {
            problem(
                line: join.line(key), path: join.path(key), "a linkage has no `\(key)`",
                fix: "Leave it out; `partners` says how many records of a block take part")
        }
        let limits = LinkageTerms.limits
        let blocking = readBlocking(join)
        let compare = readComparisons(join)
        let partners = optional(join, "partners") { reader, node, path in
            reader.integer(node, at: path, in: 1...limits.partners)
        }
        let threshold = optional(join, "threshold") { reader, node, path in reader.number(node, at: path) }
        guard let blocking, let compare, let partners, let threshold else { return nil }
        let terms = LinkageTerms(
            blocking: blocking, compare: compare, partners: partners ?? 10, threshold: threshold)
        let before = problems.count
        checkLinkage(terms, join, parties)
        return problems.count == before || parties.isEmpty
            ? TaskSpecification.Join(kind: .linkage, rowsPerKey: 1, linkage: terms) : nil
    }

    private mutating func checkLinkage(
        _ terms: LinkageTerms, _ join: Section, _ parties: [TaskSpecification.Party]
    ) {
        let providers = parties.filter { $0.role == .provider }
        if !providers.isEmpty, providers.count != 2 {
            problem(
                line: join.line, path: "join",
                "records of two providers can be linked, and the task has \(providers.count)",
                fix: "Keep two providers")
        }
        if terms.rowsPerRecord > TaskSpecification.Join.mostRowsPerKey {
            problem(
                line: join.line("partners"), path: join.path("partners"),
                "one record could change \(terms.rowsPerRecord) links, and at most \(TaskSpecification.Join.mostRowsPerKey) can be "
                    + "protected",
                fix: "Write fewer partners, or fewer passes")
        }
        for provider in providers {
            guard let table = provider.table else { continue }
            for column in terms.columns.subtracting(table.key.columns).sorted() {
                problem(
                    line: join.line, path: "join",
                    "the column \"\(column.shortened)\" is not in the key of \(provider.name)",
                    fix: "List every column that blocks or is compared in `key: {columns: […]}` of both tables")
            }
            if table.key.pattern != nil {
                problem(
                    line: join.line, path: "join", "the key of \(provider.name) has a pattern, and a linkage has none",
                    fix: "Leave `pattern` out: texts may be empty, and are compared as they are")
            }
        }
        let used = terms.compare.filter { $0.weights.first ?? 0 > 0 }.reduce(0) { $0 + ($1.weights.max() ?? 0) }
        for (place, pass) in terms.blocking.enumerated() where terms.blocking[..<place].contains(pass) {
            problem(
                line: join.line("blocking"), path: join.path("blocking"), "pass \(place + 1) is one of those before it",
                fix: "Leave it out: it finds nothing more, and each pass makes the noise larger")
        }
        if terms.threshold <= 0 {
            problem(
                line: join.line("threshold"), path: join.path("threshold"),
                "at a threshold of \(terms.threshold) pairs are linked of which nothing is known",
                fix:
                    "Write a number above 0; with \(terms.partners) partners \(LinkageTerms.usualThreshold(terms.partners)) is usual"
            )
        }
        if used < terms.threshold {
            problem(
                line: join.line("threshold"), path: join.path("threshold"),
                "full agreement sums to \(used), below the threshold \(terms.threshold): nothing would be linked",
                fix: "Compare more, or write a lower threshold")
        }
    }

    private mutating func readBlocking(_ join: Section) -> [[LinkageTerms.Text]]? {
        guard let node = join.present("blocking"), case .sequence(let elements) = node.content, !elements.isEmpty else {
            problem(
                line: join.line("blocking"), path: join.path("blocking"), "a linkage needs `blocking`",
                fix: "Write the columns in which records must agree to be compared: [postcode], or [[postcode], [born]]"
            )
            return nil
        }
        func isList(_ node: DocumentNode) -> Bool { if case .sequence = node.content { true } else { false } }
        let path = join.path("blocking")
        let passes =
            elements.contains(where: isList)
            ? list(node, at: path) { reader, element, path in
                reader.list(element, at: path) { $0.readText($1, at: $2, LinkageTerms.Text.usual) }
            }
            : list(node, at: path) { $0.readText($1, at: $2, LinkageTerms.Text.usual) }.map { [$0] }
        guard let passes else { return nil }
        guard passes.count <= LinkageTerms.limits.passes, passes.allSatisfy({ !$0.isEmpty && $0.count <= 8 }) else {
            problem(
                line: node.line, path: path, "there are more passes than 8, or one of none or more than 8 columns",
                fix: "Write fewer: each pass makes the noise larger")
            return nil
        }
        return passes
    }

    /// A column's name, or a mapping of `columns`, `normalise` and `prefix`.
    private mutating func readText(
        _ node: DocumentNode, at path: String, _ usual: [TextNormalisation]
    ) -> LinkageTerms.Text? {
        if case .scalar = node.content {
            return text(node, at: path).map { LinkageTerms.Text(columns: [$0], normalise: usual) }
        }
        guard let section = section(node, at: path, keys: ["columns", "normalise", "prefix"]) else { return nil }
        return readText(section, usual)
    }

    private mutating func readText(_ section: Section, _ usual: [TextNormalisation]) -> LinkageTerms.Text? {
        let columns = optionalTexts(section, "columns")
        let steps = optional(section, "normalise") { reader, node, path in reader.normalisations(node, at: path) }
        let prefix = optional(section, "prefix") { reader, node, path in reader.integer(node, at: path, in: 1...40) }
        guard let columns, let steps, let prefix else { return nil }
        guard let columns, !columns.isEmpty, columns.count <= 8 else {
            problem(
                line: section.line, path: section.path("columns"), "no column is named, or more than 8",
                fix: "Write `columns: [NAME]`")
            return nil
        }
        return LinkageTerms.Text(columns: columns, normalise: steps ?? usual, prefix: prefix)
    }

    private mutating func normalisations(_ node: DocumentNode, at path: String) -> [TextNormalisation]? {
        if case .sequence(let elements) = node.content, elements.isEmpty { return [] }
        return list(node, at: path) { reader, element, path in
            reader.word(element, at: path, as: TextNormalisation.self)
        }
    }

    private mutating func readComparisons(_ join: Section) -> [LinkageTerms.Comparison]? {
        let path = join.path("compare")
        guard let node = join.present("compare"), case .sequence(let elements) = node.content,
            (1...LinkageTerms.limits.comparisons).contains(elements.count)
        else {
            problem(
                line: join.line("compare"), path: path,
                "a linkage needs `compare`, a list of 1 to \(LinkageTerms.limits.comparisons) comparisons",
                fix: "Write [{columns: [name], by: jaro_winkler, at: [0.92, 0.85]}, …]")
            return nil
        }
        return list(node, at: path) { $0.readComparison($1, at: $2) }
    }

    private mutating func readComparison(_ node: DocumentNode, at path: String) -> LinkageTerms.Comparison? {
        guard
            let section = section(node, at: path, keys: ["columns", "by", "at", "normalise", "prefix", "weights"])
        else { return nil }
        guard let word = section.present("by") else {
            problem(
                line: section.line, path: section.path("by"), "`by` is missing",
                fix: "Write one of: \(LinkageTerms.Comparator.allCases.map(\.rawValue).joined(separator: ", "))")
            return nil
        }
        let by = self.word(word, at: section.path("by"), as: LinkageTerms.Comparator.self)
        let at = optional(section, "at") { reader, node, path in reader.numbers(node, at: path) }
        let weights = optional(section, "weights") { reader, node, path in reader.numbers(node, at: path) }
        let text = readText(section, by?.usualNormalisation ?? [])
        guard let by, let at, let weights, let text else { return nil }
        let levels = at ?? Self.usualLevels(by)
        let isOrdered = zip(levels, levels.dropFirst()).allSatisfy { by == .within ? $0 < $1 : $0 > $1 }
        let areInside = levels.allSatisfy { by == .within ? $0 >= 0 : (0...1).contains($0) }
        guard by == .exact ? levels.isEmpty : (1...8).contains(levels.count) && isOrdered && areInside else {
            problem(
                line: section.line("at"), path: section.path("at"),
                "`at` of \(by.rawValue) is not 1 to 8 levels from the best down",
                fix: by == .exact
                    ? "Leave it out"
                    : by == .within ? "Write tolerances such as [0, 1]" : "Write similarities such as [0.92, 0.85]")
            return nil
        }
        // Texts are the same or not where nothing is said of levels.
        let outcomes = by == .exact ? 2 : levels.count + 1
        let all = weights ?? LinkageTerms.Comparison.usualWeights(outcomes)
        guard all.count == outcomes, all.allSatisfy({ abs($0) <= 100 }) else {
            problem(
                line: section.line("weights"), path: section.path("weights"),
                "there is not one weight, within ±100, for each of `at` and for disagreement",
                fix: "Write \(outcomes) numbers, the one for disagreement last")
            return nil
        }
        return LinkageTerms.Comparison(text: text, by: by, at: levels, weights: all)
    }

    private static func usualLevels(_ by: LinkageTerms.Comparator) -> [Double] {
        switch by {
        case .exact: []
        case .within: [0]
        case .jaroWinkler: [0.92, 0.85]
        case .levenshtein, .dice: [0.9, 0.75]
        case .clk: [0.85, 0.75]
        }
    }
}
