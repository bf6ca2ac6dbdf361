public import Domains
import Tables

extension TaskSpecification {
    /// The domain of the joined table, with what the rules add to it.
    ///
    /// - Throws: `SchemaProblems` or `RuleProblems` if the task cannot work.
    public func domain() throws -> TableDomain {
        try Self.joinedDomain(of: parties, join: join).obeying(Self.rules(rules, of: join))
    }

    /// The domain by which a provider's table is read: columns of which rules take a ratio are cut finely, and the task's own
    /// cells are groups of them.
    public func readingDomain(of party: Party) throws(SchemaProblems) -> TableDomain? {
        guard let domain = try party.table?.domain() else { return nil }
        let names = Self.rules(rules, of: join).divided
        guard !names.isEmpty else { return domain }
        return domain.refined(
            Set(
                domain.columns.map(\.name).filter { name in
                    if let mirror = join.mirror, name == mirror.value {
                        return names.contains("export_\(name)") || names.contains("import_\(name)")
                    }
                    return names.contains(join.kind == .inner ? "\(party.name)_\(name)" : name)
                }))
    }

    /// The rules that a provider's own table can be held against, under its own column names: those of its columns alone.
    public func ownRules(of party: Party) -> [Rule] {
        let names = Set(party.table?.schema.fields.map(\.name) ?? [])
        let prefix = join.kind == .inner ? "\(party.name)_" : ""
        func own(_ name: String) -> String? {
            guard name.hasPrefix(prefix) else { return nil }
            let rest = String(name.dropFirst(prefix.count))
            return names.contains(rest) && party.table?.key.columns.contains(rest) == false ? rest : nil
        }
        return rules.compactMap { $0.renamed(own) }
    }

    /// What the parties wrote, then what the join brings by itself.
    static func rules(_ written: [Rule], of join: Join) -> [Rule] { written + (join.mirror?.rules ?? []) }

    /// The joined columns before any rule.
    static func joinedDomain(of parties: [Party], join: Join) throws(SchemaProblems) -> TableDomain {
        var tables: [(name: String, domain: TableDomain)] = []
        for party in parties where party.role == .provider {
            guard let table = party.table else { continue }
            tables.append((name: party.name, domain: try table.isKeyAlone ? TableDomain(columns: []) : table.domain()))
        }
        if let mirror = join.mirror, let office = tables.first { return mirror.joinedDomain(of: office.domain) }
        if join.kind == .union, let first = tables.first { return first.domain }
        return TableDomain.joined(tables)
    }
}
