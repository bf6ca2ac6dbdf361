internal import Bytes
internal import Tables

/// Which values of a column of texts may stand in a draft: those that are public of themselves, if they make up the column.
///
/// The column's name never permits a value. It can only say what a short code is that would mean nothing otherwise, such as
/// the `A1` of a column `grade`, and then each code must be of many rows.
struct ClassificationEvidence {
    /// Values to be listed, sorted.
    let values: [String]
    /// Rows that have others.
    let others: Int
    /// What most of the other values look like; nil where there are none.
    let stranger: ValueLook?

    /// - Parameter isTariff: every value is a longer code of a public list.
    init(_ facts: ColumnFacts, isTariff: Bool) {
        let rows = facts.core.count
        // What few rows have may be somebody's own; it becomes `other`.
        let least = facts.isTiny ? 1 : rows <= 30 ? 2 : 3
        var looks = facts.counts.keys.map { (text: $0, look: ValueLook($0)) }
        let ranges = looks.filter { $0.look == .range }.compactMap { ValueRange($0.text) }
        if !ValueRange.areClasses(ranges) { looks = Self.demoted(looks, .range, to: .code) }
        let periods = looks.filter { $0.look == .period }.compactMap { PublicPeriod($0.text) }
        if !PublicPeriod.areTimes(periods) { looks = Self.demoted(looks, .period, to: .personal) }
        looks = Self.withoutNames(looks, facts, least: least)
        if PublicWords.signs.contains(where: { $0.isSuperset(of: facts.counts.keys) }) {
            looks = looks.map { ($0.text, .words) }
        }
        if looks.count(where: { $0.look == .sign }) > Self.mostSigns { looks = Self.demoted(looks, .sign, to: .code) }
        let areGrades = Self.areGrades(facts)
        let listed = looks.filter { text, look in
            (look.isPublic || isTariff || areGrades && Self.isGrade(text)) && facts.counts[text, default: 0] >= least
                && !ShownText.hasHidden(text)
        }.map(\.text)
        values = listed.sorted()
        others = rows - listed.reduce(0) { $0 + facts.counts[$1, default: 0] }
        let strangers = Dictionary(looks.filter { !$0.look.isPublic }.map { ($0.look, 1) }, uniquingKeysWith: +)
        stranger = strangers.max { ($0.value, "\($0.key)") < ($1.value, "\($1.key)") }?.key
    }

    /// More single letters are initials or an alphabet.
    private static let mostSigns = 12

    /// Words, months and places that are persons' names in this column.
    private static func withoutNames(
        _ looks: [(text: String, look: ValueLook)], _ facts: ColumnFacts, least: Int
    ) -> [(text: String, look: ValueLook)] {
        let words = looks.filter { $0.look == .words }.map(\.text)
        let months = looks.filter { PublicWords.months.contains($0.text.lowercased()) }.map(\.text)
        let hasNames = looks.contains { $0.look == .name && facts.counts[$0.text, default: 0] >= least }
        let areNames = SharedNames.areNames(words, hasNames: hasNames)
        let arePlaces = !PublicPlaces.areNames(
            looks.filter { $0.look == .place }.map(\.text), hasNames: hasNames || areNames)
        let areMonths = months.isEmpty || !hasNames && PublicPeriod.areMonths(months)
        return looks.map { text, look in
            let isName =
                look == .words && areNames && SharedNames(text) != nil
                || !areMonths && PublicWords.months.contains(text.lowercased())
                || look == .place && !arePlaces && PublicPlaces.isShared(text)
            return (text, isName ? .name : look)
        }
    }

    private static func demoted(
        _ looks: [(text: String, look: ValueLook)], _ from: ValueLook, to other: ValueLook
    ) -> [(text: String, look: ValueLook)] {
        looks.map { ($0.text, $0.look == from ? other : $0.look) }
    }

    private static let ordered: Set<String> = [
        "grade", "class", "level", "stage", "tier", "rating", "band", "bracket", "edition", "phase", "scale", "quality",
        "stufe", "klasse", "note", "niveau", "grado", "nivel", "livello", "klas", "classe",
    ]

    /// Whether the column says that it holds grades, and its values are few, alike in form, and each of many rows.
    private static func areGrades(_ facts: ColumnFacts) -> Bool {
        facts.isCalled(ordered) && !facts.isTiny && facts.counts.count <= 12
            && facts.counts.keys.allSatisfy { isGrade($0) || ValueLook($0).isPublic }
            && facts.counts.filter { isGrade($0.key) }.allSatisfy { $0.value * 25 >= facts.core.count }
    }

    /// `A1`, `AA`, `B+`.
    private static func isGrade(_ text: String) -> Bool {
        let signs = Array(text.utf8)
        guard signs.count == 2, (65...90).contains(signs[0] & 0xDF) else { return false }
        return (48...57).contains(signs[1]) || signs[1] == signs[0] || signs[1] == 0x2B || signs[1] == 0x2D
    }

    /// Why a column is left out whose values are not public.
    static func reason(_ stranger: ValueLook?, count: Int) -> String {
        switch stranger {
        case .code:
            "its \(count) codes are of no public list that is known here: declare a codeList, or list under categories what is "
                + "publicly known"
        case .personal: "it looks like what belongs to one person or firm, such as an address or a number"
        case .name:
            "its values look like names: list them under categories, or draft with --categories if they are public"
        case .sentence: "it looks like free text"
        default:
            "nothing public says that its \(count) values are a classification: list them under categories, or draft with "
                + "--categories if they are one"
        }
    }
}
