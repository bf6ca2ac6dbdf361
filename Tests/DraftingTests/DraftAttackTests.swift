import Domains
import Foundation
import Tasks
import Testing

@testable import Drafting

/// Samples that hold private values in every way that offices' files do.
@Suite("A draft shares nobody's values") struct DraftAttackTests {
    private func table(_ header: String, rows: Int = 60, _ cells: (Int) -> String) -> String {
        "id,\(header)\n" + (0..<rows).map { "F\(1000 + $0),\(cells($0))" }.joined(separator: "\n") + "\n"
    }

    /// Lines of a draft that may hold values.
    private func lines(_ draft: TaskDraft) -> [Substring] {
        draft.yaml.split(separator: "\n").filter { !$0.contains("public_key: ") }
    }

    @Test("dates of birth and identifiers among years are no missing values", arguments: [1, 20])
    func years(odd: Int) throws {
        let csv = table("born", rows: 320) { $0 < odd ? "\(19_450_101 + $0 * 7)" : "\(1950 + $0 % 19)" }
        let draft = try Office.draft(csv)
        #expect(!draft.yaml.contains("1945010"), "\(draft.yaml)")
        if odd == 1 {
            #expect(draft.remarks.contains { $0.contains("is no year") }, "\(draft.remarks)")
            #expect(try Office.fields(draft)["born"]?.missingValues == nil)
        }
        // Codes of a questionnaire stay sentinels.
        let coded = try Office.fields(try Office.draft(table("born") { $0 % 10 == 0 ? "9999" : "\(1950 + $0 % 19)" }))
        #expect(coded["born"]?.missingValues?.contains("9999") == true)
    }

    @Test("a short word in one cell of a column of numbers does not stand in the draft")
    func initials() throws {
        let draft = try Office.draft(table("bill") { $0 == 30 ? "KM" : "\($0 * 37).25" })
        #expect(!lines(draft).contains { $0.contains("KM") }, "\(draft.yaml)")
    }

    @Test(
        "what belongs to a person is no classification, however few values there are",
        arguments: [
            ("nachname", "Fischer,Weber,Vogel"), ("vorname", "Tom,Lea,Jon"), ("ward_head", "Ana Lima,Jon Orr,Lea Moss"),
            ("employee", "Lima,Orr,Moss"), ("kundenname", "Alfa,Beta,Gamma"), ("prénom", "Luc,Anne,Paul"),
            ("cognome", "Rossi,Bianchi,Verdi"), ("achternaam", "Bakker,Visser,Smit"),
            ("apellido", "Ruiz,Gil,Vega"), ("ort", "Hauptstr. 22,Hauptstr. 3,Ringweg 4"),
            ("auto", "B-XY 68,M-AB 123,HH-C 9"), ("doc", "L03324661,L02740945,L73612973"),
            ("card", "aa:bb:cc:27,aa:bb:cc:20,aa:bb:cc:07"), ("host", "10.0.0.3,10.0.0.15,10.0.2.3"),
            ("fee", "1837.68 EUR/Monat,3718.79 EUR/Monat,2205.89 EUR/Monat"),
            ("spot", "48.125 9.687,48.697 9.817,48.832 9.236"),
            ("diagnosis", "C50.4,B20,F32.1"), ("ref", "INV-2024-0001,INV-2024-0002,INV-2024-0003"),
        ], [60, 6])
    func persons(column: (name: String, values: String), rows: Int) throws {
        let values = column.values.split(separator: ",")
        let csv = table("\(column.name),kind", rows: rows) { "\(values[$0 % values.count]),\(["a", "b"][$0 % 2])" }
        let draft = try Office.draft(csv)
        #expect(try Office.fields(draft)[column.name] == nil, "\(draft.yaml)")
        for value in values { #expect(!lines(draft).contains { $0.contains(value) }, "\(value)\n\(draft.yaml)") }
    }

    @Test(
        "classifications stay what they are",
        arguments: [
            ("sector", "Real Estate,Wholesale Trade,Public Administration"), ("grade", "A1,B2,C3"),
            ("income_band", "1000-1999,2000-2999,3000-3999"),
            ("branch_name", "North,South,West"), ("size", "10 to 49,50 to 249,250 and more"),
        ])
    func classes(column: (name: String, values: String)) throws {
        let values = column.values.split(separator: ",").map(String.init)
        let draft = try Office.draft(table(column.name) { values[$0 % values.count] })
        #expect(try Office.fields(draft)[column.name]?.categories == values.sorted(), "\(draft.yaml)")
    }

    @Test("two columns that determine each other one to one are left out")
    func attributes() throws {
        let draft = try Office.draft(
            table("alias,haus,kind", rows: 90) { "x\($0 % 15),q\($0 % 15),\(["a", "b"][$0 % 2])" })
        let fields = try Office.fields(draft)
        #expect(fields["alias"] == nil && fields["haus"] == nil && fields["kind"] != nil, "\(draft.yaml)")
    }

    @Test("a file without names above its values is refused", arguments: [0, 1])
    func headerless(kind: Int) throws {
        let rows = (0..<60).map {
            kind == 0
                ? "F\(1000 + $0),Ana Lima,\(["steel", "food"][$0 % 2])"
                : "abc,\(["steel", "food"][$0 % 2]),\(["north", "south"][$0 % 2])"
        }
        let error = #expect(throws: TaskError.self) { try Office.draft(rows.joined(separator: "\n") + "\n") }
        #expect(error.map { "\($0)".contains("header") } == true)
    }

    @Test(
        "a bound is never a number of the sample",
        arguments: [("13", "500"), ("20", "1000000"), ("-5", "2"), ("0.2", "0.5"), ("-50", "-10")])
    func bounds(low: String, high: String) throws {
        let draft = try Office.draft(table("amt") { $0 == 7 ? low : $0 == 8 ? high : $0 % 2 == 0 ? high : low })
        let field = try #require(try Office.fields(draft)["amt"])
        let (least, most) = (try #require(field.constraints?.minimum), try #require(field.constraints?.maximum))
        guard case .number(let lower) = least, case .number(let upper) = most else {
            Issue.record("\(least) \(most)")
            return
        }
        #expect(lower < Double(low)! && upper > Double(high)!, "\(lower) \(upper)")
    }

    @Test("years of two digits are a question")
    func shortYears() throws {
        let draft = try Office.draft(table("born") { "\(10 + $0 % 18).0\(1 + $0 % 9).\(30 + $0 % 60)" })
        #expect(draft.yaml.contains("is the century right?"), "\(draft.yaml)")
    }

    @Test("a draft takes the sample that it was made of", arguments: 0..<6)
    func ownSample(kind: Int) throws {
        let csv =
            switch kind {
            case 0: table("b") { ["true", "false", "NA"][$0 % 3] }
            case 1: "id,a\n" + (0..<60).map { "F\(1000 + $0)é,\($0 % 7)" }.joined(separator: "\n") + "\n"
            case 2: "id,a\n" + (0..<60).map { "F\(1000 + $0)\u{A0},\($0 % 7)" }.joined(separator: "\n") + "\n"
            case 3: table("note,k") { "\"a\nb\(["", "\u{7}"][$0 % 2])\",\(["a", "b"][$0 % 2])" }
            case 4:
                "Report;;\nid;a;b\n" + (0..<60).map { "F\(1000 + $0);\($0 % 7);\($0 % 5)" }.joined(separator: "\n")
                    + "\n"
            default: table("a,b") { "\($0 % 7),\($0 % 5)" } + "Total,180,120\n"
            }
        let draft = try Office.draft(csv)
        try Office.check(Array(csv.utf8), "A", try Office.task(draft))
        if kind == 5 { #expect(!draft.yaml.contains("180")) }
    }

    @Test("columns of the fallback are counted before it is said that they share nothing")
    func shared() throws {
        let csv =
            "place,month,a\n" + (0..<60).map { "p\($0 % 10),m\($0 / 10),\($0 % 7)" }.joined(separator: "\n") + "\n"
        let draft = try Office.draft(csv, beside: csv.replacing("a\n", with: "b\n"))
        #expect(!draft.remarks.contains { $0.contains("none of the keys") }, "\(draft.remarks)")
    }

    @Test("a task without keys has the same digest at each reading, and no two parties one key")
    func digest() throws {
        let draft = try TaskDraft(
            name: "t",
            providers: [
                .init(name: "A", sample: Array(Office.partner().utf8)),
                .init(name: "B", sample: Array(Office.partner().utf8)),
            ])
        func read() throws -> TaskSpecification {
            try #require(TaskFile(yaml: draft.yaml, context: .init(allowsMissingKeys: true)).specification)
        }
        let (one, other) = (try read(), try read())
        #expect(one.digest.hex == other.digest.hex)
        #expect(one.parties[0].publicKey != one.parties[1].publicKey)
        // The canonical text is read like any other.
        _ = try PartyKey(text: one.parties[0].publicKey.base64)
    }

    @Test("lint warns of lists that hold addresses, plates and numbers of persons")
    func lint() throws {
        for values in [
            (0..<10).map { "Hauptstr. \($0)" }, (0..<10).map { "B-XY \(60 + $0)" },
            (0..<10).map { "L0332466\($0)" }, (0..<10).map { "48.12\($0),9.687\($0)" },
        ] {
            let yaml = try Fixture.yaml(
                replacing: "[low, med, high, vhigh]", with: "[" + values.map { "'\($0)'" }.joined(separator: ", ") + "]"
            )
            #expect(Office.lint(yaml).warnings.contains { $0.what.contains("listed values") }, "\(values)")
        }
    }
}
