internal import Domains
internal import Tables

/// How the tables are joined.
extension TaskReader {
    private static let joinKeys = [
        "kind", "rows_per_key", "value", "offices", "reveal", "blocking", "compare", "partners", "threshold",
    ]

    mutating func readJoin(_ task: Section, parties: [TaskSpecification.Party]?) -> TaskSpecification.Join? {
        guard let section = optionalSection(task, "join", keys: Self.joinKeys)
        else {
            return nil
        }
        let kind = optional(section, "kind") { reader, node, path in
            reader.word(node, at: path, as: TaskSpecification.Join.Kind.self)
        }
        let rows = optional(section, "rows_per_key") { reader, node, path in
            reader.integer(node, at: path, in: 1...TaskSpecification.Join.mostRowsPerKey)
        }
        let value = optionalText(section, "value")
        let offices = optional(section, "offices") { reader, node, path in reader.readConditions(node, at: path) }
        let reveal = optional(section, "reveal") { reader, node, path in
            reader.word(node, at: path, as: TaskSpecification.Join.Reveal.self)
        }
        guard let kind, let rows, let value, let offices, let reveal else { return nil }
        if reveal == .own { checkReveal(kind ?? .inner, parties ?? [], section) }
        if kind == .linkage { return readLinkage(section, parties: parties ?? []) }
        for key in ["blocking", "compare", "partners", "threshold"] where section.present(key) != nil {
            problem(
                line: section.line(key), path: section.path(key), "only a linkage has `\(key)`",
                fix: "Leave it out, or write `kind: linkage`")
        }
        guard kind == .mirror else {
            if kind == .union, Self.fieldsDiffer(parties ?? []) {
                problem(
                    line: section.line("kind"), path: "join.kind", "the providers' fields differ",
                    fix: "A union puts rows below each other: give every provider the same `fields`")
            }
            for key in ["value", "offices"] where section.present(key) != nil {
                problem(
                    line: section.line(key), path: section.path(key), "only a mirror join has `\(key)`",
                    fix: "Leave it out, or write `kind: mirror`")
            }
            return TaskSpecification.Join(kind: kind ?? .inner, rowsPerKey: rows ?? 1, reveal: reveal ?? .none)
        }
        guard let value, let offices else {
            problem(
                line: section.line, path: "join", "a mirror join needs `value` and `offices`",
                fix: "Write {kind: mirror, value: trade_value_usd, offices: {Canada: CAN, Italy: ITA}}")
            return nil
        }
        let terms = MirrorTerms(value: value, offices: offices)
        if let rows, rows != 1 {
            problem(
                line: section.line("rows_per_key"), path: "join.rows_per_key", "a flow has one row in each office",
                fix: "Write 1")
        }
        for mistake in mirrorMistakes(terms, parties ?? []) {
            problem(
                line: section.line, path: "join", mistake,
                fix: "See what a mirror join asks for: `entrepot demo-data reconciliation` writes an example")
        }
        return TaskSpecification.Join(kind: .mirror, rowsPerKey: 1, mirror: terms)
    }

    /// Which records are common may come out between two parties alone, of unique keys.
    private mutating func checkReveal(
        _ kind: TaskSpecification.Join.Kind, _ parties: [TaskSpecification.Party], _ section: Section
    ) {
        let providers = parties.filter { $0.role == .provider }
        if kind != .inner || (!providers.isEmpty && providers.count != 2) {
            problem(
                line: section.line("reveal"), path: section.path("reveal"),
                "which records are common can come out of an inner join of two providers alone",
                fix: "Write `reveal: none`")
        }
        problem(
            .warning, line: section.line("reveal"), path: section.path("reveal"),
            "each provider learns which of its keys the other has too, which is not differentially private",
            fix: "Write `reveal: none`, unless every provider is to sign just that")
    }

    private func mirrorMistakes(_ terms: MirrorTerms, _ parties: [TaskSpecification.Party]) -> [String] {
        var mistakes: [String] = []
        let providers = parties.filter { $0.role == .provider }
        for party in providers where terms.offices[party.name] == nil {
            mistakes.append("`offices` does not say whose flows \(party.name) reports")
        }
        if Set(terms.offices.values).count < terms.offices.count { mistakes.append("two parties are the same office") }
        if Self.fieldsDiffer(parties) { mistakes.append("the offices' fields differ") }
        if let schema = providers.lazy.compactMap(\.table?.schema).first { mistakes += terms.mistakes(in: schema) }
        return mistakes
    }

    private static func fieldsDiffer(_ parties: [TaskSpecification.Party]) -> Bool {
        let schemas = parties.compactMap(\.table?.schema)
        return schemas.contains { $0 != schemas.first }
    }
}
