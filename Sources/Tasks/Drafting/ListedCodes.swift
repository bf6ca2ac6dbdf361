internal import Domains
internal import Tables

/// Recognises columns that hold codes of a public list, by the name of the column and by how many of its values are listed.
enum ListedCodes {
    /// A list in its editions, of which the one that holds most of a column is named.
    private struct Family {
        /// The latest first.
        let lists: [(name: String, codes: Set<String>)]
        /// How many different codes a column must have that is not called so.
        let least: Int
        /// Words of columns that hold such codes.
        let hints: Set<String>

        init(_ names: [String], least: Int, hints: Set<String>) {
            lists = names.map { ($0, Set(CodeList.codes(of: $0) ?? [])) }
            self.least = least
            self.hints = hints
        }

        /// Digits alone, whose zeros in front are lost easily, and which may be numbers.
        var isDigits: Bool { lists.first?.codes.first?.utf8.allSatisfy { (48...57).contains($0) } ?? false }
        var width: Int { lists.first?.codes.first?.utf8.count ?? 0 }
    }

    private static let families: [Family] = [
        Family(["iso-3166-2024-alpha-2"], least: 5, hints: places),
        Family(["iso-3166-2024-alpha-3"], least: 4, hints: places),
        Family(["iso-4217-2024"], least: 4, hints: ["currency", "unit", "ccy", "waehrung", "devise"]),
        nuts("3", least: 5), nuts("2", least: 5), nuts("1", least: 5), nuts("0", least: 5),
        harmonised("6", least: 4, hint: "product"), harmonised("4", least: 6, hint: "heading"),
        harmonised("2", least: .max, hint: "chapter"),
        Family(["m49-2024"], least: 8, hints: ["m49", "area"]),
        nace("class"), nace("class-digits"), nace("group"), nace("division"), nace("section"),
    ]

    private static func nuts(_ level: String, least: Int) -> Family {
        Family(
            ["nuts-2024-\(level)", "nuts-2021-\(level)"], least: least,
            hints: ["nuts", "nuts\(level)", "region", "geo"])
    }

    private static func harmonised(_ digits: String, least: Int, hint: String) -> Family {
        Family(
            [2022, 2017, 2012, 2007, 2002, 1996, 1992].map { "hs-\($0)-\(digits)" }, least: least,
            hints: ["hs", "cmd", "commodity", hint])
    }

    /// Never without their name: `01.11` may be a number.
    private static func nace(_ level: String) -> Family {
        Family(
            ["nace-2-\(level)", "nace-2.1-\(level)"], least: .max,
            hints: ["nace", "isic", "noga", "ateco", "naf", "wz", level])
    }

    static let places: Set<String> = [
        "country", "countries", "geo", "iso", "iso2", "iso3", "land", "nation", "partner", "reporter", "origin",
        "destination", "area",
        "exporter", "importer", "nationality", "citizenship", "pays", "pais",
    ]

    /// - Parameter isCode: the column's name says that its digits are codes.
    /// - Returns: nil for a column that holds no codes of a list.
    static func kind(of facts: ColumnFacts, isCode: Bool) -> ColumnKind? {
        guard !facts.isTiny else { return nil }
        if !isCode, let periods = periods(facts) { return periods }
        let shown = families.compactMap { family in found(family, facts, isCode: isCode) }
        // What a column is called decides before how much of it is listed.
        let best = shown.enumerated().max { first, second in
            let (one, other) = (first.element, second.element)
            return (one.isCalled ? 1 : 0, one.rows, -first.offset)
                < (other.isCalled ? 1 : 0, other.rows, -second.offset)
        }
        return best.map { .listed($0.element.name, others: facts.core.count - $0.element.rows) }
    }

    private static func periods(_ facts: ColumnFacts) -> ColumnKind? {
        guard facts.counts.count > 1 || facts.isCalled(["period", "month", "time", "quarter"]) else { return nil }
        for period in CodeList.Period.allCases {
            let years = facts.counts.keys.compactMap { period.year(of: $0) }
            guard years.count == facts.counts.count, let first = years.min(), let last = years.max(), first >= 1900
            else { continue }
            return .listed("\(period.rawValue)-\(first)-\(last)", others: 0)
        }
        return nil
    }

    private struct Found {
        var name: String
        /// How many rows hold a listed code.
        var rows: Int
        var isCalled: Bool
    }

    private static func found(_ family: Family, _ facts: ColumnFacts, isCode: Bool) -> Found? {
        let isCalled = facts.isCalled(family.hints)
        guard facts.counts.count >= family.least || isCalled else { return nil }
        if family.isDigits, !isCalled, !isCode, facts.counts.keys.contains(where: { $0.utf8.count != family.width }) {
            return nil
        }
        // Nothing of another width is listed, but for digits that lost a zero.
        guard facts.counts.keys.contains(where: { $0.utf8.count == family.width }) else { return nil }
        let held = family.lists.map { list in
            (list, rows: facts.counts.reduce(0) { list.codes.contains($1.key) ? $0 + $1.value : $0 })
        }
        guard var best = held.first else { return nil }
        for other in held where other.rows > best.rows { best = other }
        let (list, rows) = (best.0, best.rows)
        let listed = facts.counts.keys.count { list.codes.contains($0) }
        let lost = isCalled && family.isDigits && family.width > 2 ? lostZeros(facts, list.codes, family.width) : 0
        let share = isCalled ? 0.5 : 0.98
        guard listed > 0, Double(listed + lost) >= share * Double(facts.counts.count),
            Double(rows) >= (lost > 0 ? 0.4 : share) * Double(facts.core.count)
        else { return nil }
        return Found(name: list.name, rows: rows, isCalled: isCalled)
    }

    /// Codes that are listed with a zero in front: they stay what they are, and are counted.
    private static func lostZeros(_ facts: ColumnFacts, _ codes: Set<String>, _ width: Int) -> Int {
        facts.counts.keys.count { $0.utf8.count == width - 1 && codes.contains("0" + $0) }
    }
}
