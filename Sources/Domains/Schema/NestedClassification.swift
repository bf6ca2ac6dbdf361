/// A public classification in several editions and levels, where every code begins with the code of the level above.
///
/// Its resource has a line for each group: what the codes of the lowest level begin with, then how each ends. A code that is
/// not in every edition is followed by the editions that have it, a hexadecimal number whose lowest bit is the oldest.
struct NestedClassification: Sendable {
    struct Level: Sendable {
        /// As names of lists have it: `6` of `hs-2022-6`.
        let name: String
        /// How many characters a code of this level has.
        let width: Int
        let title: String
        /// Codes are written without the point that the resource has.
        var isBare = false
        /// The letter of the section stands in front, as Eurostat writes it.
        var isLettered = false
    }

    struct Edition: Sendable {
        /// `hs-2022`
        let name: String
        let title: String
        let source: String
        /// The letters of sections, each with the last two digits that begin its codes.
        var sections: [(letter: String, last: Int)] = []
    }

    let editions: [Edition]
    /// The lowest first.
    let levels: [Level]
    /// How many characters of a code stand behind the line's first word.
    let ending: Int
    let bytes: @Sendable () -> [UInt8]

    var descriptions: [CodeList.Description] {
        editions.reversed().flatMap { edition in
            levels.map { level in
                CodeList.Description(
                    name: "\(edition.name)-\(level.name)", title: "\(edition.title), \(level.title)",
                    source: edition.source)
            }
        }
    }

    /// `hs-2022-6 (also hs-2017, …; -4, -2)`
    var names: String {
        let others = editions.dropLast().reversed().map(\.name)
        let lower = levels.dropFirst().map { "-\($0.name)" }
        guard let edition = editions.last, let level = levels.first else { return "" }
        return "\(edition.name)-\(level.name) (also \(others.joined(separator: ", ")); "
            + "\(lower.joined(separator: ", ")))"
    }

    func holds(_ name: String) -> Bool { place(of: name) != nil }

    private func place(of name: String) -> (edition: Int, level: Level)? {
        for (index, edition) in editions.enumerated() where name.hasPrefix(edition.name + "-") {
            let rest = name.dropFirst(edition.name.count + 1)
            if let level = levels.first(where: { $0.name == rest }) { return (index, level) }
        }
        return nil
    }

    /// In the order of their texts.
    func codes(of name: String) -> [String]? {
        guard let (edition, level) = place(of: name) else { return nil }
        var codes: [String] = []
        for line in String(decoding: bytes(), as: UTF8.self).split(separator: "\n") {
            let words = line.split(separator: " ")
            guard let group = words.first else { continue }
            for word in words.dropFirst() where isIn(edition, word.dropFirst(ending)) {
                var code = (group + word.prefix(ending)).prefix(level.width)
                if level.isBare { code.removeAll { $0 == "." } }
                if level.isLettered { code = letter(edition, code) + code }
                if codes.last.map({ $0 == code }) != true { codes.append(String(code)) }
            }
        }
        return codes
    }

    private func letter(_ edition: Int, _ code: Substring) -> Substring {
        guard let division = Int(code.prefix(2)) else { return "" }
        return editions[edition].sections.first { division <= $0.last }?.letter[...] ?? ""
    }

    /// Whether an edition is among those that stand behind a code; behind one of all editions stands nothing.
    private func isIn(_ edition: Int, _ word: Substring) -> Bool {
        guard !word.isEmpty else { return true }
        return UInt32(word, radix: 16).map { $0 >> edition & 1 == 1 } ?? false
    }
}

extension CodeList {
    /// Those that lie in a resource.
    static let classifications = [harmonised, regions, activities]

    private static let harmonised = NestedClassification(
        editions: ["1992", "1996", "2002", "2007", "2012", "2017", "2022"].map { year in
            NestedClassification.Edition(
                name: "hs-\(year)", title: "Harmonised System \(year)",
                source: year >= "2017"
                    ? "UN Comtrade's list of HS \(year), from github.com/datasets/harmonized-system (PDDL)"
                    : "UN Comtrade's list of HS \(year), and the correspondence tables of the UN Statistics Division")
        },
        levels: [
            NestedClassification.Level(name: "6", width: 6, title: "subheadings of six digits"),
            NestedClassification.Level(name: "4", width: 4, title: "headings of four digits"),
            NestedClassification.Level(name: "2", width: 2, title: "chapters of two digits"),
        ], ending: 2, bytes: { PackageResources.hs_txt })

    private static let regions = NestedClassification(
        editions: [
            NestedClassification.Edition(
                name: "nuts-2021", title: "NUTS 2021",
                source: "Regulation (EC) No 1059/2003, Annex I, as amended by (EU) 2019/1755"),
            NestedClassification.Edition(
                name: "nuts-2024", title: "NUTS 2024",
                source: "Regulation (EC) No 1059/2003, Annex I, as amended by (EU) 2023/674"),
        ],
        levels: [
            NestedClassification.Level(name: "3", width: 5, title: "level 3, member states"),
            NestedClassification.Level(name: "2", width: 4, title: "level 2, member states"),
            NestedClassification.Level(name: "1", width: 3, title: "level 1, member states"),
            NestedClassification.Level(name: "0", width: 2, title: "member states"),
        ], ending: 1, bytes: { PackageResources.nuts_txt })

    private static let activities = NestedClassification(
        editions: [
            NestedClassification.Edition(
                name: "nace-2", title: "NACE Rev. 2", source: "Regulation (EC) No 1893/2006, Annex I",
                sections: sections([3, 9, 33, 35, 39, 43, 47, 53, 56, 63, 66, 68, 75, 82, 84, 85, 88, 93, 96, 98, 99])),
            NestedClassification.Edition(
                name: "nace-2.1", title: "NACE Rev. 2.1", source: "Delegated Regulation (EU) 2023/137, Annex",
                sections: sections([
                    3, 9, 33, 35, 39, 43, 47, 53, 56, 60, 63, 66, 68, 75, 82, 84, 85, 88, 93, 96, 98, 99,
                ])),
        ],
        levels: [
            NestedClassification.Level(name: "class", width: 5, title: "classes such as 01.11"),
            NestedClassification.Level(name: "class-digits", width: 5, title: "classes without a point", isBare: true),
            NestedClassification.Level(name: "group", width: 4, title: "groups such as 01.1"),
            NestedClassification.Level(name: "division", width: 2, title: "divisions of two digits"),
            NestedClassification.Level(
                name: "letter-class", width: 5, title: "classes such as A0111", isBare: true, isLettered: true),
            NestedClassification.Level(
                name: "letter-group", width: 4, title: "groups such as A011", isBare: true, isLettered: true),
            NestedClassification.Level(
                name: "letter-division", width: 2, title: "divisions such as A01", isLettered: true),
        ], ending: 1, bytes: { PackageResources.nace_txt })

    private static func sections(_ last: [Int]) -> [(letter: String, last: Int)] {
        last.enumerated().map { (String(UnicodeScalar(UInt8(65 + $0))), $1) }
    }
}
