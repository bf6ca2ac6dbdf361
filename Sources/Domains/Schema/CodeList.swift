/// Public lists of codes that a field may name (`codeList: hs-2022-6`) in place of copying values: small, and each of one
/// edition, so that a name means the same codes for ever. A task's canonical form holds the codes themselves.
public enum CodeList {
    /// A list that a person can look up.
    public struct Description: Sendable {
        public let name: String
        public let title: String
        public let source: String
    }

    /// The lists of one fixed content.
    public static let descriptions: [Description] =
        classifications.flatMap(\.descriptions) + [
            Description(
                name: "iso-3166-2024-alpha-2", title: "Countries and areas, two letters",
                source: "ISO 3166-1, from github.com/datasets/country-codes (PDDL)"),
            Description(
                name: "iso-3166-2024-alpha-3", title: "Countries and areas, three letters",
                source: "as iso-3166-2024-alpha-2"),
            Description(
                name: "m49-2024", title: "Countries and areas, three digits of UN M49",
                source: "UN M49, from github.com/datasets/country-codes (PDDL)"),
            Description(
                name: "iso-4217-2024", title: "Currencies, three letters",
                source: "ISO 4217, from github.com/datasets/country-codes (PDDL)"),
            Description(
                name: "nace-2-section", title: "NACE Rev. 2, sections A to U",
                source: "Regulation (EC) No 1893/2006, Annex I"),
            Description(
                name: "nace-2.1-section", title: "NACE Rev. 2.1, sections A to V",
                source: "Delegated Regulation (EU) 2023/137, Annex"),
        ] + shortDescriptions

    /// The names that a task may write, for a message: a name of each kind, with the editions that there are.
    public static var known: String {
        let fixed = descriptions.map(\.name).filter { name in !classifications.contains { $0.holds(name) } }
        return (classifications.map(\.names) + fixed).joined(separator: ", ")
            + ", and of the calendar " + Period.allCases.map { "\($0.rawValue)-2019-2023" }.joined(separator: ", ")
    }

    /// The codes of a list in their own order; nil if there is no list of this name.
    public static func codes(of name: String) -> [String]? {
        if let nested = classifications.first(where: { $0.holds(name) }) { return nested.codes(of: name) }
        return areas[name] ?? sections[name] ?? short[name] ?? calendar(name)
    }

    private static let sections = [
        "nace-2-section": letters(to: "U"), "nace-2.1-section": letters(to: "V"),
    ]

    private static func letters(to last: Unicode.Scalar) -> [String] {
        (UInt8(ascii: "A")...UInt8(ascii: last)).map { String(UnicodeScalar($0)) }
    }
}
