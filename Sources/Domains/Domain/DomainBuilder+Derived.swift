import Bytes

extension DomainBuilder {
    /// A derived column before columns have numbers.
    struct Prefix {
        var column: String
        var parent: String
        var map: [UInt32]
    }

    /// Domains of derived columns, parents first whatever the order of declaration.
    mutating func derive(_ fields: [Field], _ domains: inout [String: ColumnDomain]) -> [Prefix] {
        var prefixes: [Prefix] = []
        var waiting = fields.filter { $0.derivedFrom != nil }
        while true {
            let ready = waiting.filter { field in field.derivedFrom.map { domains[$0.field] != nil } ?? false }
            guard !ready.isEmpty else { break }
            waiting.removeAll { field in ready.contains { $0.name == field.name } }
            for field in ready {
                guard let rule = field.derivedFrom, let parent = domains[rule.field] else { continue }
                if let (domain, map) = derived(field, rule, parent) {
                    domains[field.name] = domain
                    prefixes.append(Prefix(column: field.name, parent: rule.field, map: map))
                }
            }
        }
        let declared = schema.fields.map(\.name)
        for field in waiting {
            guard let rule = field.derivedFrom else { continue }
            if keyColumns.contains(rule.field) {
                report(field.name, "is derived from the key column \"\(rule.field)\"", "Declare its categories instead")
            } else if !declared.contains(rule.field) {
                let near = NearestWord.to(rule.field, among: declared).map { "; did you mean \"\($0)\"?" } ?? ""
                report(
                    field.name, "is derived from the unknown field \"\(rule.field)\"\(near)", "Name a declared field")
            } else if waiting.contains(where: { $0.name == rule.field }) {
                report(field.name, "is derived in a circle through \"\(rule.field)\"", "Let one field list its values")
            }
            // Otherwise the parent itself has a mistake, which is reported.
        }
        return prefixes
    }

    /// A derived domain: the parent's prefixes in order of first appearance; `other` and missing follow the parent's.
    private mutating func derived(
        _ field: Field, _ rule: DerivedFrom, _ parent: ColumnDomain
    ) -> (ColumnDomain, [UInt32])? {
        let known = problems.count
        if field.type != .string { report(field.name, "is derived but not a string", "Write type: string") }
        if field.categories != nil || field.constraints?.enum != nil || field.bins != nil || field.other != nil {
            report(
                field.name, "is derived and also lists values, bins or `other`",
                "Leave them out: they follow from \"\(rule.field)\"")
        }
        guard parent.type == .string, case .listed(let texts, _, _) = parent.cells else {
            report(field.name, "is derived from \"\(rule.field)\", which is not a string", "Derive it from a text code")
            return nil
        }
        if !(1...64).contains(rule.prefix) {
            report(field.name, "has the prefix length \(rule.prefix)", "Write a length between 1 and 64")
        }
        if field.constraints?.required == true, parent.missing != nil {
            report(field.name, "is required but its parent may be missing", "Make \"\(rule.field)\" required too")
        }
        guard problems.count == known else { return nil }
        var codes: [String: UInt32] = [:]
        var values: [String] = []
        var map: [UInt32] = []
        for text in texts {
            let prefix = String(text.prefix(rule.prefix))
            let code = codes[prefix] ?? UInt32(values.count)
            if codes.updateValue(code, forKey: prefix) == nil { values.append(prefix) }
            map.append(code)
        }
        var other = parent.other
        while let text = other, codes[text] != nil { other = text + "*" }
        let missing = parent.missing.map { $0.filter { codes[$0] == nil && $0 != other } }
        let domain = ColumnDomain(
            name: field.name, type: .string, cells: .listed(texts: values, accepted: [], labels: [:]), other: other,
            missing: missing.map { $0.isEmpty ? [""] : $0 })
        if let code = domain.otherCode { map.append(UInt32(code)) }
        if let code = domain.missingCode { map.append(UInt32(code)) }
        return (domain, map)
    }
}
