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
        /// Words of columns that hold such codes and nothing else.
        let hints: Set<String>
        /// Words of columns that may hold such codes.
        let weakHints: Set<String>
        /// How many of the texts of this form are codes of the list: what chance alone would find.
        let density: Double

        init(_ names: [String], least: Int, hints: Set<String>, weak: Set<String> = []) {
            lists = names.map { ($0, Set(CodeList.codes(of: $0) ?? [])) }
            widths = Set(lists.flatMap { $0.codes.map(\.utf8.count) })
            self.least = least
            self.hints = hints
            weakHints = weak
            density = lists.map { CodeChance.density($0.codes) }.max() ?? 1
        }

        /// Digits alone, whose zeros in front are lost easily, and which may be numbers.
        var isDigits: Bool { lists.first?.codes.first?.utf8.allSatisfy { (48...57).contains($0) } ?? false }
        /// Of digits all codes have one width.
        var width: Int { widths.max() ?? 0 }
        /// How many signs the codes have.
        let widths: Set<Int>
    }

    private static let families: [Family] = [
        Family(["iso-3166-2024-alpha-2"], least: 5, hints: countries, weak: places),
        Family(["iso-3166-2024-alpha-3"], least: 4, hints: countries, weak: places),
        Family(
            ["iso-4217-2024"], least: 4, hints: ["currency", "ccy", "waehrung", "währung", "devise"], weak: ["unit"]),
        nuts("3", least: 5), nuts("2", least: 5), nuts("1", least: 5), nuts("0", least: 5),
        harmonised("6", least: 4, hint: "product"), harmonised("4", least: 6, hint: "heading"),
        harmonised("2", least: .max, hint: "chapter"),
        Family(["m49-2024"], least: 8, hints: ["m49"], weak: places),
        nace("class"), nace("class-digits"), nace("group"), nace("division"), nace("section"),
        nace("letter-class", least: 4), nace("letter-group", least: 5), nace("letter-division", least: 8),
        Family(["us-states-2009"], least: 6, hints: ["usstate", "usps"], weak: ["state", "states", "st"]),
        Family(["ch-cantons-1979"], least: 5, hints: ["canton", "kanton", "cantone"], weak: ["region"]),
        Family(["de-laender-1990"], least: 4, hints: ["bundesland", "laender", "länder"], weak: ["land", "region"]),
        Family(["ca-provinces-1999"], least: 4, hints: ["province"], weak: ["region", "prov"]),
        Family(["au-states-2024"], least: 4, hints: ["austate"], weak: ["state", "states", "region", "territory"]),
        Family(
            ["iso-639-1-2024"], least: 12,
            hints: ["language", "lang", "languages", "langue", "sprache", "idioma", "lingua"],
            weak: ["locale", "taal"]),
        Family(["isced-2011"], least: 3, hints: ["isced", "isced11"], weak: ["education", "level"]),
        Family(["isced-2011-group"], least: 3, hints: ["isced", "isced11"], weak: ["education", "level"]),
        Family(["isco-08-major"], least: 3, hints: ["isco", "isco08"], weak: ["occupation"]),
        Family(["coicop-1999-division"], least: 3, hints: ["coicop"], weak: ["purpose"]),
    ]

    private static func nuts(_ level: String, least: Int) -> Family {
        Family(
            ["nuts-2024-\(level)", "nuts-2021-\(level)"], least: least, hints: ["nuts", "nuts\(level)"],
            weak: ["region", "geo"])
    }

    private static func harmonised(_ digits: String, least: Int, hint: String) -> Family {
        Family(
            [2022, 2017, 2012, 2007, 2002, 1996, 1992].map { "hs-\($0)-\(digits)" }, least: least,
            hints: ["hs", "cmd", "commodity"], weak: [hint])
    }

    /// Without a letter never without their name: `01.11` may be a number.
    private static func nace(_ level: String, least: Int = .max) -> Family {
        Family(
            ["nace-2-\(level)", "nace-2.1-\(level)"], least: least,
            hints: ["nace", "isic", "noga", "ateco", "naf", "wz"], weak: [level])
    }

    /// Words of columns that hold countries.
    private static let countries: Set<String> = [
        "country", "countries", "iso", "iso2", "iso3", "nationality", "citizenship", "pays", "pais", "país", "staat",
        "paese", "nazione",
    ]

    static let places: Set<String> = [
        "country", "countries", "geo", "iso", "iso2", "iso3", "land", "nation", "partner", "reporter", "origin",
        "destination", "area",
        "exporter", "importer", "nationality", "citizenship", "pays", "pais",
    ]

    /// - Parameter isCode: the column's name says that its digits are codes.
    /// - Returns: nil for a column that holds no codes of a list.
    static func kind(of facts: ColumnFacts, isCode: Bool) -> ColumnKind? {
        if facts.isTiny { return tiny(facts) }
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

    /// A column of few rows that says which codes it holds, and holds no others.
    private static func tiny(_ facts: ColumnFacts) -> ColumnKind? {
        families.lazy.filter { facts.isCalled($0.hints) }.flatMap(\.lists)
            .first { list in facts.counts.keys.allSatisfy { list.codes.contains($0) } }
            .map { .listed($0.name, others: 0) }
    }

    private static func periods(_ facts: ColumnFacts) -> ColumnKind? {
        guard facts.counts.count > 1 || facts.isCalled(["period", "month", "time", "quarter"]) else { return nil }
        for period in CodeList.Period.allCases {
            let years = facts.counts.keys.compactMap { period.year(of: $0) }
            guard years.count == facts.counts.count, let first = years.min(), let last = years.max(), first >= 1900
            else { continue }
            // Months of birth are of many years, of which the first and the last are somebody's.
            let shown = last - first > 5 ? ColumnKind.publicYears(first, last) : (first: first, last: last)
            return .listed("\(period.rawValue)-\(shown.first)-\(shown.last)", others: 0)
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
        let isCertain = facts.isCalled(family.hints)
        let isCalled = isCertain || facts.isCalled(family.weakHints)
        guard facts.counts.count >= family.least || isCalled else { return nil }
        if family.isDigits, !isCalled, !isCode, facts.counts.keys.contains(where: { $0.utf8.count != family.width }) {
            return nil
        }
        // Nothing of another width is listed, but for digits that lost a zero.
        let wide = facts.counts.keys.count { family.widths.contains($0.utf8.count) }
        guard wide > 0 else { return nil }
        if family.isDigits, !isCertain, CodeChance.areTimes(Array(facts.counts.keys)) { return nil }
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
        // A column that says what it holds, and holds nothing else, needs no other proof; any other must be beyond chance.
        if !(isCertain && listed == wide) {
            let chance = CodeChance.probability(listed: listed, of: wide, density: family.density)
            guard chance <= (isCalled ? 1e-2 : 1e-6) else { return nil }
        }
        return Found(name: list.name, rows: rows, isCalled: isCalled)
    }

    /// Every list, by how many signs its codes have, with the words of columns that hold them.
    static let all: [(width: Int, codes: Set<String>, density: Double, hints: Set<String>)] = families.flatMap {
        family in
        family.lists.flatMap { list in
            family.widths.map { width in
                (
                    width, codes: list.codes.filter { $0.utf8.count == width }, density: family.density,
                    hints: family.hints.union(family.weakHints)
                )
            }
        }
    }

    /// Whether all codes are commodities of the Harmonised System with two or four digits more, as tariffs have them.
    static func areExtended(_ facts: ColumnFacts) -> Bool {
        let codes = facts.counts.keys
        guard !facts.isTiny,
            codes.allSatisfy({ [8, 10].contains($0.utf8.count) && $0.utf8.allSatisfy { (48...57).contains($0) } })
        else { return false }
        let commodities = families.filter { $0.width == 6 && $0.isDigits }.flatMap(\.lists)
        let starts = Set(codes.map { String($0.prefix(6)) })
        guard starts.allSatisfy({ start in commodities.contains { $0.codes.contains(start) } }) else { return false }
        return CodeChance.probability(listed: starts.count, of: starts.count, density: 0.008) <= 1e-4
    }

    /// Codes that are listed with a zero in front: they stay what they are, and are counted.
    private static func lostZeros(_ facts: ColumnFacts, _ codes: Set<String>, _ width: Int) -> Int {
        facts.counts.keys.count { $0.utf8.count == width - 1 && codes.contains("0" + $0) }
    }
}
