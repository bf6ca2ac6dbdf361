import Domains
import Foundation
import Tables
import Tasks
import Testing

@testable import Drafting

/// Private texts under names that columns of classifications have: the content decides, not the name.
@Suite("No name of a column lets private values into a draft") struct PrivateContentTests {
    static let trusted = [
        "type", "status", "group", "region_manager", "category", "class", "kind", "sector", "level", "code", "region",
        "department", "grade", "typ", "gruppe", "statut", "grupo", "tipo", "settore", "geo", "partner", "f07",
    ]

    /// Kinds of private texts, each by a number.
    private static let kinds: [(String, @Sendable (Int) -> String)] = [
        ("surnames", { surnames[$0 % surnames.count] }),
        ("capitals", { surnames[$0 % surnames.count].uppercased() }),
        ("small letters", { surnames[$0 % surnames.count].lowercased() }),
        ("names", { "\(given[$0 % given.count]) \(surnames[$0 * 7 % surnames.count])" }),
        ("telephones", { "0171 \(2_300_000 + $0 * 7_919)" }),
        ("tax codes", { "RSS\(letter($0))NA\(60 + $0 % 39)A\(10 + $0 % 20)H501\(letter($0 * 3))" }),
        ("tax numbers", { "12/\(300 + $0)/\(60_000 + $0 * 37)" }),
        ("sentences", { "came in on day \($0), was \(given[$0 % given.count])'s neighbour" }),
        ("DDMMYY", { two($0 % 28 + 1) + two($0 % 12 + 1) + two($0 * 7 % 100) }),
        ("MMYY", { two($0 % 12 + 1) + two($0 * 7 % 100) }),
        ("PINs", { two($0 * 37 % 100) + two($0 * 91 % 100) }),
        ("patients", { "P\(two($0))" }),
        ("patients of three signs", { "\(letter($0))\(two($0 * 13 % 100))" }),
        ("initials", { letter($0) + letter($0 * 7 + 3) }),
        ("three initials", { letter($0) + letter($0 * 7 + 3) + letter($0 * 5 + 1) }),
        ("birth and sex", { two($0 % 28 + 1) + two($0 % 12 + 1) + two($0 * 7 % 100) + ($0 % 2 == 0 ? "M" : "F") }),
        ("times", { two($0 % 24) + two($0 * 7 % 60) }),
        ("clock times", { two($0 % 24) + ":" + two($0 * 7 % 60) }),
        ("diagnoses", { "\(letter($0))\(two($0 * 13 % 100)).\($0 % 10)" }),
        ("months and years", { two($0 % 12 + 1) + "/" + two(60 + $0 % 39) }),
        ("mail", { "p\($0)@example.org" }),
        ("plates", { "B-X\(letter($0)) \(100 + $0)" }),
    ]

    private static let surnames = [
        "Rossi", "Bianchi", "Keller", "Brandt", "Vogel", "Ruiz", "Vega", "Lima", "Orr", "Moss", "Bakker", "Visser",
        "Dubois", "Moreau", "Kowalska", "Nowak", "Horvat", "Novák", "Jensen", "Lindqvist", "O'Neill", "García",
    ]
    private static let given = ["Anna", "Luca", "Jon", "Léa", "Tom", "Maria", "Ole", "Ivo", "Eva"]

    private static func two(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
    private static func letter(_ number: Int) -> String { String(UnicodeScalar(UInt8(65 + number % 26))) }

    @Test("private texts are listed under no name", arguments: 0..<22)
    func underTrustedNames(kind: Int) throws {
        let (what, text) = Self.kinds[kind]
        for (place, name) in Self.trusted.enumerated() {
            for distinct in [2, 5, 11, 20] {
                let rows = (0..<120).map { "F\(1000 + $0),\"\(text($0 % distinct + place))\",\($0 % 40)" }
                let draft = try Office.draft("id,\(name),staff\n" + rows.joined(separator: "\n") + "\n")
                let field = try Office.fields(draft)[name]
                // A number is declared by bounds; a list that is named copies nothing.
                let isListed = draft.yaml.contains("    - ") && field?.categories?.isEmpty == false
                let values = (0..<distinct).map { text($0 + place) }
                let held = draft.yaml.split(separator: "\n").filter { line in
                    line.hasPrefix("            - ") && values.contains { line.contains($0) }
                }
                #expect(held.isEmpty, "\(what) under \(name), \(distinct) values: \(held)")
                let names =
                    draft.yaml.contains("codeList: hs-") || draft.yaml.contains("codeList: iso-3166-2024-alpha-2")
                #expect(
                    !names || !isListed || ["geo", "partner", "region"].contains(name),
                    "\(what) under \(name): \(draft.yaml)")
            }
        }
    }

    @Test("nor under random names, in columns of random texts", arguments: 0..<40)
    func random(seed: Int) throws {
        var generator = Seeded(state: UInt64(seed) &* 0x9E37_79B9_7F4A_7C15 | 1)
        let (_, text) = Self.kinds[Int.random(in: 0..<Self.kinds.count, using: &generator)]
        let name =
            Self.trusted.randomElement(using: &generator)! + ["", "_1", "_of_case"].randomElement(using: &generator)!
        let offset = Int.random(in: 0..<1_000, using: &generator)
        let distinct = Int.random(in: 2...30, using: &generator)
        let count = Int.random(in: distinct...200, using: &generator)
        let cells = (0..<count).map { _ in text(offset + Int.random(in: 0..<distinct, using: &generator)) }
        let rows = cells.enumerated().map { "F\(1000 + $0),\"\($1)\",\($0 % 40)" }
        let draft = try Office.draft("id,\(name),staff\n" + rows.joined(separator: "\n") + "\n")
        for line in draft.yaml.split(separator: "\n") where line.hasPrefix("            - ") {
            #expect(!cells.contains { line.contains("- \($0) ") || line.contains("'\($0)'") }, "\(name): \(line)")
        }
    }

    @Test(
        "what classifications are made of is listed under any name",
        arguments: [
            "low,med,high,vhigh", "2,3,4,5more", "unacc,acc,good,vgood", "retail,food,transport", "active,closed",
            "yes,no", "Male,Female", "18-24,25-34,35-49,50+", "Month-to-month,One year,Two year", "DSL,Fiber optic,No",
            "Electronic check,Mailed check,Bank transfer (automatic),Credit card (automatic)", "a,b", "X,M",
            "Zürich,Köln,Genève,Łódź", "France,Germany,Rep. of Korea", "ledig,verheiratet,geschieden", "oui,non",
            "30 days,60 days,90 days or more", "prepaid,basic,family,business,unlimited",
            "north,south,east,west,overseas", "sea,road,rail,air,pipeline,post",
            "farming,building,cleaning,catering,transport", "wages,documents,violence,housing",
            "child,job,none", "micro,small,medium,large", "Real Estate,Wholesale Trade,Public Administration",
        ], ["status", "f07"])
    func classifications(values: String, name: String) throws {
        let texts = values.split(separator: ",").map(String.init)
        let rows = (0..<120).map { "F\(1000 + $0),\"\(texts[$0 % texts.count])\",\($0 % 40)" }
        let draft = try Office.draft("id,\(name),staff\n" + rows.joined(separator: "\n") + "\n")
        #expect(try Office.fields(draft)[name]?.categories == texts.sorted(), "\(draft.yaml)")
    }

    @Test(
        "names of columns in other languages and abbreviations are private",
        arguments: [
            "Geburtsdatum", "dob", "birth", "naissance", "nascita", "pin_code", "pw", "password", "plz", "email", "tel",
            "iban", "cf", "ssn", "nino", "bsn", "codice_fiscale", "Familienname", "prénom", "apellidos", "achternaam",
            "nazwisko", "příjmení", "efternamn", "date_of_birth", "telefonnummer", "kontonummer", "userId",
            "PassportNo",
        ])
    func names(name: String) { #expect(PrivateTexts.isName(ColumnFacts(name: name, values: [])), "\(name)") }

    @Test("the table is what it is called: lists, dates and numbers stay", arguments: ["country", "hs6"])
    func lists(name: String) throws {
        let codes = try #require(CodeList.codes(of: name == "hs6" ? "hs-2022-6" : "iso-3166-2024-alpha-2"))
        let rows = (0..<120).map { "F\(1000 + $0),\(codes[$0 % 30 * 8 % codes.count])" }
        let draft = try Office.draft("id,\(name)\n" + rows.joined(separator: "\n") + "\n")
        #expect(draft.yaml.contains("codeList: "), "\(draft.yaml)")
    }

    @Test("chance is counted: a list that fills a third of its space needs many codes")
    func chance() throws {
        let letters = CodeChance.density(Set(try #require(CodeList.codes(of: "iso-3166-2024-alpha-2"))))
        #expect(letters > 0.3 && letters < 0.4)
        #expect(CodeChance.probability(listed: 5, of: 5, density: letters) > 1e-3)
        #expect(abs(CodeChance.probability(listed: 1, of: 2, density: 0.5) - 0.75) < 1e-12)
        #expect(CodeChance.probability(listed: 6, of: 6, density: 0.01) < 1e-11)
    }

    @Test("a number of nines among account numbers is an account; among ages it is a question")
    func sentinels() throws {
        func draft(_ name: String, _ cell: (Int) -> String) throws -> TaskDraft {
            try Office.draft(
                "id,\(name),rate\n" + (0..<200).map { "F\(1000 + $0),\(cell($0)),\($0 % 50)" }.joined(separator: "\n")
                    + "\n")
        }
        for name in ["ledger_nr", "f07", "customer_ref"] {
            let accounts = try draft(name) { $0 % 20 == 0 ? "99999" : "\(10_000 + $0 * 431)" }
            #expect(!accounts.yaml.contains("99999"), "\(accounts.yaml)")
        }
        let ages = try draft("age") { $0 % 10 == 0 ? "999" : "\(18 + $0 % 70)" }
        #expect(
            ages.yaml.contains("does 999 stand for unknown?") && ages.remarks.contains { $0.contains("999 stands in") })
    }

    @Test(
        "a day far from all others stands in the draft where custom or its many rows say unknown, else in no text",
        arguments: [
            ("9999-12-31", 1, true), ("1900-01-01", 1, true), ("1900-05-17", 1, false), ("2999-07-31", 20, true),
        ])
    func farDays(day: String, rows: Int, isProposed: Bool) throws {
        let cells = (0..<200).map { row in
            "F\(1000 + row),\(row < rows ? day : "19\(50 + row % 40)-0\(1 + row % 9)-11"),\(row % 50)\n"
        }
        let draft = try Office.draft("id,born,rate\n" + cells.joined())
        let told = draft.remarks.filter { $0.contains("far from all others (row 2)") }
        #expect(draft.yaml.contains("does \(day) stand for unknown?") == isProposed)
        #expect(draft.yaml.contains(day) == isProposed)
        #expect(told.isEmpty == isProposed, "\(draft.remarks)")
    }

    @Test("lint says the same of a text whose marks were removed by hand")
    func lint() throws {
        func warnings(_ values: [String]) throws -> [String] {
            let listed = values.map { "'\($0.replacing("'", with: "''"))'" }.joined(separator: ", ")
            let yaml = try Fixture.yaml(replacing: "[low, med, high, vhigh]", with: "[\(listed)]")
            return Office.lint(yaml).warnings.map(\.what).filter { $0.contains("listed value") }
        }
        for kind in [0, 1, 3, 4, 5, 6, 7, 8, 10, 11, 15, 18, 20, 21] {
            let (what, text) = Self.kinds[kind]
            #expect(try !warnings(Array(Set((0..<9).map(text))).sorted()).isEmpty, "\(what)")
        }
        for values in ["White,Cook,Brown,Farmer", "1 Feb,24 Dec,3 May", "May,August"] {
            #expect(try !warnings(values.split(separator: ",").map(String.init)).isEmpty, "\(values)")
        }
        for values in [
            "low,high", "Small,Medium,Large", "Jan,Feb,Mar", "North,South", "10,12,15,20,30,40", "CAN,GBR,ITA,NLD,USA",
            "H0,H1,H2,H3,H4,H5,H6", "Zürich,Köln",
        ] {
            #expect(try warnings(values.split(separator: ",").map(String.init)).isEmpty, "\(values)")
        }
    }
}

/// Numbers that are the same at each run.
private struct Seeded: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state ^= state << 13
        state ^= state >> 7
        state ^= state << 17
        return state
    }
}
