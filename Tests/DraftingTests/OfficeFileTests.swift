import Domains
import Foundation
import Tables
import Tasks
import Testing

@testable import Drafting

/// Files as offices have them: bytes of our own of each kind, and the public files where they are.
enum Office {
    /// The lines that `prepare` writes of a file, and what it says of them; without a task where there is none.
    static func prepared(_ csv: String, task: TaskSpecification? = nil) throws -> (
        lines: [String], outcome: TablePreparation.Outcome
    ) {
        let preparation =
            try task.map { task in
                TablePreparation(for: try #require(task.party(named: "A")?.table), of: task)
            } ?? TablePreparation()
        var bytes: [UInt8] = []
        let outcome = try preparation.prepare(LocalTableFile(bytes: Array(csv.utf8), name: "a.csv")) { piece in
            bytes += piece
        }
        return (String(decoding: bytes, as: UTF8.self).split(separator: "\n").map(String.init), outcome)
    }

    /// A partner's table with the keys F1000…
    static func partner(rows: Int = 60) -> String {
        "id,sector,staff\n"
            + (0..<rows).map { "F\(1000 + $0),\(["retail", "food", "transport"][$0 % 3]),\($0 * 7 % 90)" }.joined(
                separator: "\n") + "\n"
    }

    static func draft(_ bytes: [UInt8], beside partner: String = partner()) throws -> TaskDraft {
        try TaskDraft(
            name: "office",
            providers: [
                .init(name: "A", publicKey: Fixture.alice.publicKey, sample: bytes),
                .init(name: "B", publicKey: Fixture.bob.publicKey, sample: Array(partner.utf8)),
            ])
    }

    static func draft(_ text: String, beside partner: String = partner()) throws -> TaskDraft {
        try draft(Array(text.utf8), beside: partner)
    }

    static func task(_ draft: TaskDraft) throws -> TaskSpecification {
        let file = TaskFile(yaml: draft.yaml)
        #expect(file.errors == [], "\(file.errors)\n\(draft.yaml)")
        return try #require(file.specification)
    }

    /// Checks a file as the service would; gives the warnings.
    @discardableResult
    static func check(_ bytes: [UInt8], _ party: String, _ task: TaskSpecification) throws -> [TableWarning] {
        let table = try #require(task.party(named: party)?.table)
        let reader = try TableFileReader(table, of: task)
        try bytes.withUnsafeBytes { try reader.consume($0) }
        _ = try reader.finish()
        return reader.warnings
    }

    /// Reads a task as `entrepot task lint` does: with a look at its listed values.
    static func lint(_ yaml: String) -> TaskFile {
        TaskFile(yaml: yaml, context: TaskFile.Context(lookAtValues: PrivateValues.look))
    }

    static func fields(_ draft: TaskDraft, _ party: Int = 0) throws -> [String: Field] {
        let task = try task(draft)
        let fields = try #require(task.parties[party].table).schema.fields
        return Dictionary(fields.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
    }

    static func utf16(_ text: String) -> [UInt8] {
        [0xFF, 0xFE] + text.utf16.flatMap { [UInt8($0 & 0xFF), UInt8($0 >> 8)] }
    }

    static func windows(_ text: String) -> [UInt8] { text.unicodeScalars.map { UInt8($0.value & 0xFF) } }
}

@Suite("A draft shares no private value")
struct DraftPrivacyTests {
    /// A column of numbers or dates that no two rows share, with something odd in it.
    private static let oddCells = ["NA", ":", "", "N/A", " ", "nan", "..", "-", "12 b", "#N/A", "missing"]

    @Test("one odd cell does not make a number column a list of values", arguments: oddCells)
    func oddNumber(cell: String) throws {
        let rows = (0..<60).map { "F\(1000 + $0),\($0 == 30 ? cell : String(format: "%d.%02d", 1000 + $0 * 37, $0))" }
        let csv = "id,bill\n" + rows.joined(separator: "\n") + "\n"
        let draft = try Office.draft(csv)
        #expect(try Office.fields(draft)["bill"]?.type == .number, "\(draft.yaml)")
        for row in rows where !row.hasSuffix(cell) {
            #expect(!draft.yaml.contains(row.split(separator: ",")[1]))
        }
        try Office.check(Array(csv.utf8), "A", try Office.task(draft))
    }

    @Test(
        "numbers are read as offices write them",
        arguments: [
            ("1,234,567.5", "1,000.25", 6), ("1.234.567,5", "1.000,25", 7), ("1 234 567,5", "1 000,25", 8),
            ("1\u{202F}234", "12\u{202F}345", 9), ("1'234.5", "12'345.5", 10), ("−5.8", "−1.2", 11),
            ("12%", "7.5%", 12),
            ("€ 12.50", "€ 7", 13), ("1e+05", "2.5E-3", 14), ("3.0", "4.0", 15),
        ])
    func spellings(first: String, second: String, seed: Int) throws {
        let csv =
            "id;x\n" + (0..<40).map { "F\(1000 + $0);\($0 % 2 == 0 ? first : second)" }.joined(separator: "\n") + "\n"
        let draft = try Office.draft(csv)
        let field = try #require(try Office.fields(draft)["x"])
        #expect([.number, .integer].contains(field.type), "\(draft.yaml)")
        try Office.check(Array(csv.utf8), "A", try Office.task(draft))
    }

    @Test(
        "dates of any year and of the usual spellings are dates",
        arguments: [
            "%Y-%m-%d", "%d.%m.%Y", "%d/%m/%Y", "%m/%d/%Y", "%Y%m%d", "%d-%b-%Y", "%Y-%m-%dT%H:%M:%S", "%Y/%m/%d",
        ])
    func dates(pattern: String) throws {
        let format = try #require(DateFormat(pattern))
        let rows = (0..<80).map { "F\(1000 + $0),\($0 == 7 ? "" : format.text(ofDay: -12_000 + $0 * 97))" }
        let csv = "id,born\n" + rows.joined(separator: "\n") + "\n"
        let draft = try Office.draft(csv)
        let field = try #require(try Office.fields(draft)["born"])
        #expect(field.type == .date, "\(draft.yaml)")
        for row in rows where !row.hasSuffix(",") { #expect(!draft.yaml.contains(row.split(separator: ",")[1])) }
        try Office.check(Array(csv.utf8), "A", try Office.task(draft))
    }

    @Test(
        "what belongs to one person is left out, and the file still checks",
        arguments: [
            "p%d@example.org", "DE%02d500105175407324931", "+49 170 55500%02d", "Ana%d Lima%d",
            "called back on the %dth, wants more",
            "https://example.org/%d", "X%dY", "0044 20 7946 0%03d",
        ])
    func identifiers(pattern: String) throws {
        let values = (0..<60).map {
            pattern.replacing("%02d", with: String(format: "%02d", $0)).replacing(
                "%03d", with: String(format: "%03d", $0)
            ).replacing("%d", with: "\($0)")
        }
        let csv =
            "id,thing,kind\n"
            + values.enumerated().map { "F\(1000 + $0),\"\($1)\",\($0 % 2 == 0 ? "a" : "b")" }.joined(separator: "\n")
            + "\n"
        let draft = try Office.draft(csv)
        #expect(try Office.fields(draft)["thing"] == nil, "\(draft.yaml)")
        // Letters and digits of a public key are not the sample's.
        let lines = draft.yaml.split(separator: "\n").filter { !$0.contains("public_key: ") }
        for value in values { #expect(!lines.contains { $0.contains(value) }) }
        let warnings = try Office.check(Array(csv.utf8), "A", try Office.task(draft))
        #expect(warnings.contains { $0.code == "not_read" })
    }

    @Test("values of few rows do not stand in the draft")
    func rareValues() throws {
        let csv =
            "id,job\n"
            + (0..<60).map { "F\(1000 + $0),\($0 == 11 ? "astronaut" : $0 % 2 == 0 ? "clerk" : "cook")" }.joined(
                separator: "\n")
        let draft = try Office.draft(csv)
        #expect(!draft.yaml.contains("astronaut"))
        let job = try #require(try Office.fields(draft)["job"])
        #expect(job.categories == ["clerk", "cook"])
        #expect(job.other == "OTHER")
        try Office.check(Array(csv.utf8), "A", try Office.task(draft))
    }

    @Test("the last line counts the values of the samples, and each is marked")
    func counted() throws {
        let yaml = try Office.draft(
            "id,kind\n" + (0..<30).map { "F\(1000 + $0),\($0 % 2 == 0 ? "a" : "b")" }.joined(separator: "\n")
        ).yaml
        let last = try #require(yaml.split(separator: "\n").last)
        #expect(last.contains("holds 5 values"), "\(last)")
        #expect(yaml.split(separator: "\n").count { $0.hasSuffix("# value of the sample") } == 5)
    }

    @Test("years, periods and sentinels are what they are")
    func numbersThatAreNone() throws {
        let csv =
            "id,year,period,income,age,left\n"
            + (0..<120).map {
                "F\(1000 + $0),\(2010 + $0 % 14),\(201_901 + $0 % 12 + $0 / 12 % 3 * 100),\($0 % 3 == 0 ? 9_999_999 : 12_000 + $0 * 331),"
                    + "\($0 % 4 == 0 ? 999 : 18 + $0 % 70),\($0 % 5 == 0 ? "9999-12-31" : "2021-0\(1 + $0 % 9)-11")"
            }.joined(separator: "\n") + "\n"
        let fields = try Office.fields(try Office.draft(csv, beside: Office.partner(rows: 120)))
        #expect(fields["year"]?.type == .integer)
        #expect(fields["year"]?.bins == nil)
        #expect(fields["period"]?.categories?.first == "201901")
        #expect(fields["period"]?.categories?.count == 36)
        #expect(fields["income"]?.missingValues?.contains("9999999") == true)
        #expect(fields["age"]?.missingValues?.contains("999") == true)
        #expect(fields["left"]?.missingValues?.contains("9999-12-31") == true)
    }

    @Test("public lists are named, and their values not copied")
    func lists() throws {
        let codes = try #require(CodeList.codes(of: "hs-2022-6"))
        let lands = ["NA", "BW", "ZA", "AO", "DE", "FR"]
        let csv =
            "id,hs6,country\n"
            + (0..<60).map { "F\(1000 + $0),\(codes[$0 * 90]),\(lands[$0 % 6])" }.joined(separator: "\n")
        let draft = try Office.draft(csv)
        #expect(draft.yaml.contains("codeList: hs-2022-6"), "\(draft.yaml)")
        #expect(draft.yaml.contains("codeList: iso-3166-2024-alpha-2"), "\(draft.yaml)")
        let fields = try Office.fields(draft)
        #expect(fields["hs6"]?.categories == codes)
        #expect(fields["country"]?.missingValues == nil)
    }

    @Test("prefixes of any characters are found, and the draft lints")
    func prefixes() throws {
        let regions = ["DE111", "DE112", "DE211", "FR101", "FR102", "NL310"]
        let csv =
            "id,nuts3,nuts2,cn8,hs4\n"
            + (0..<60).map {
                "F\(1000 + $0),\(regions[$0 % 6]),\(regions[$0 % 6].prefix(4)),\($0 % 2 == 0 ? "85423110" : "27090010"),\($0 % 2 == 0 ? "8542" : "2709")"
            }.joined(separator: "\n")
        let fields = try Office.fields(try Office.draft(csv))
        #expect(fields["nuts2"]?.derivedFrom == DerivedFrom(field: "nuts3", prefix: 4))
        #expect(fields["hs4"]?.derivedFrom == DerivedFrom(field: "cn8", prefix: 4))
    }

    @Test("a table without a header is refused: its first row is somebody's")
    func noHeader() {
        let error = #expect(throws: TaskError.self) { try Office.draft("1204,1977-05-24,17.5\n1205,1988-01-02,3.5\n") }
        #expect(error.map { "\($0)".contains("names should stand") } == true)
    }

    @Test("lint warns of lists that were copied from a table")
    func lint() throws {
        for values in [
            (0..<40).map { "\(100 + $0).5" }, (0..<40).map { "19\(50 + $0)-01-02" },
            (0..<40).map { "p\($0)@example.org" },
        ] {
            let yaml = try Fixture.yaml(
                replacing: "[low, med, high, vhigh]", with: "[" + values.map { "'\($0)'" }.joined(separator: ", ") + "]"
            )
            #expect(Office.lint(yaml).warnings.contains { $0.what.contains("listed values") })
        }
        #expect(Office.lint(Fixture.yaml).warnings == [])
    }

    @Test("lines to be confirmed are found, in comments alone")
    func confirmations() throws {
        #expect(Confirmations.lines(in: "a: 1\nb: 2  # to be confirmed: why\nc: to be confirmed\n") == [2])
        #expect(!Confirmations.lines(in: try Office.draft(Office.partner()).yaml).isEmpty)
    }
}

@Suite("A draft guesses the key")
struct KeyGuessTests {
    private func key(_ first: String, _ second: String) throws -> (a: KeyRule, b: KeyRule, remarks: String) {
        let draft = try Office.draft(first, beside: second)
        let task = try Office.task(draft)
        try Office.check(Array(first.utf8), "A", task)
        try Office.check(Array(second.utf8), "B", task)
        return (
            try #require(task.parties[0].table).key, try #require(task.parties[1].table).key,
            draft.remarks.joined(separator: "\n")
        )
    }

    @Test("never a column without a name, nor a row number; the columns with most values in common")
    func rowNumbers() throws {
        let first =
            ",vat_number,sector\n"
            + (0..<50).map { "\($0),NL\(312_529 + $0 * 17)B01,\($0 % 2 == 0 ? "food" : "retail")" }.joined(
                separator: "\n")
        let second =
            ",vat,turnover\n"
            + (0..<50).map { "\($0),NL\(312_529 + (49 - $0) * 17)B01,\($0 * 3)" }.joined(separator: "\n")
        let found = try key(first, second)
        #expect(found.a.columns == ["vat_number"])
        #expect(found.b.columns == ["vat"])
        #expect(found.a.pattern == found.b.pattern)
        #expect(found.remarks.contains("50 of 50 keys"), "\(found.remarks)")
    }

    @Test("capitals, zeros in front and accents are normalised where that makes keys meet")
    func normalised() throws {
        func table(_ name: String, _ key: (Int) -> String) -> String {
            "\(name),kind\n" + (0..<40).map { "\(key($0)),\($0 % 2 == 0 ? "a" : "b")" }.joined(separator: "\n")
        }
        let mails = try key(table("email") { "ana.\($0)+x@example.org" }, table("email") { "Ana.\($0)+X@Example.Org" })
        #expect(mails.a.normalise == [.trim, .lower])
        let zeros = try key(
            table("firm") { String(repeating: "0", count: 8 - String($0 * 3 + 1).count) + "\($0 * 3 + 1)" },
            table("firm") { "\($0 * 3 + 1)" })
        #expect(zeros.a.normalise == [.trim, .zeroFill(8)])
        let accents = try key(table("town") { "Jose\u{301}\($0)" }, table("town") { "Jos\u{E9}\($0)" })
        #expect(accents.a.normalise == [.trim, .nfc])
    }

    @Test("samples that share no key are told so")
    func nothingShared() throws {
        let found = try key(
            Office.partner(),
            "id,kind\n" + (0..<40).map { "Z\($0 + 100),\($0 % 2 == 0 ? "a" : "b")" }.joined(separator: "\n"))
        #expect(found.remarks.contains("none of the keys"))
    }

    @Test("a measure that happens to be unique is no key")
    func measure() throws {
        let first =
            "amount,code,kind\n"
            + (0..<40).map { "\(1000 + $0 * 13).5,K\($0 + 100),\($0 % 2 == 0 ? "a" : "b")" }.joined(separator: "\n")
        let second =
            "amount,code,kind\n"
            + (0..<40).map { "\(1000 + $0 * 13).5,K\(139 - $0),\($0 % 2 == 0 ? "a" : "b")" }.joined(separator: "\n")
        #expect(try key(first, second).a.columns == ["code"])
    }
}

@Suite("One reader for every layout")
struct LayoutTests {
    private static let plain =
        "id,town,rate\n"
        + (0..<40).map { "F\(1000 + $0),\(["Zürich", "Köln", "Genève"][$0 % 3]),\($0).5" }.joined(separator: "\n")
        + "\n"

    @Test(
        "encodings, delimiters, titles, notes, comments and line ends are recognised, declared, and read by the service"
    )
    func layouts() throws {
        let plain = Self.plain
        let semicolons = plain.replacing(",", with: ";").replacing(".5", with: ",5")
        let files: [(String, [UInt8])] = [
            ("plain", Array(plain.utf8)), ("mark", [0xEF, 0xBB, 0xBF] + Array(plain.utf8)),
            ("UTF-16", Office.utf16(plain)),
            ("UTF-16 without mark", Array(Office.utf16(plain).dropFirst(2))), ("Windows-1252", Office.windows(plain)),
            ("carriage returns", Array(plain.replacing("\n", with: "\r").utf8)),
            ("CRLF", Array(plain.replacing("\n", with: "\r\n").utf8)),
            ("semicolons", Array(semicolons.utf8)), ("tabs", Array(plain.replacing(",", with: "\t").utf8)),
            ("sep", Array(("sep=;\n" + semicolons).utf8)), ("bars", Array(plain.replacing(",", with: "|").utf8)),
            (
                "title",
                Array(("Trade by firm\nPeriod: 2022\n\n" + plain + "\nSource: own office\n(1) provisional\n").utf8)
            ),
            ("total", Array((plain + "TOTAL,,1400\n").utf8)), ("comments", Array(("# exported\n# kg\n" + plain).utf8)),
            ("trailing", Array(plain.replacing(".5\n", with: ".5,\n").utf8)),
            ("nameless", Array(plain.replacing("\n", with: ",,\n").utf8)),
            ("blanks", Array(plain.replacing("town", with: " town ").utf8)),
            ("quoted", Array(plain.replacing("id,town", with: "\"id\",\"town\"").utf8)),
        ]
        for (what, bytes) in files {
            let draft = try Office.draft(bytes)
            let task = try Office.task(draft)
            let table = try #require(task.parties[0].table)
            #expect(table.key.columns == ["id"], "\(what)\n\(draft.yaml)")
            #expect(table.schema.fields.map(\.name) == ["town", "rate"], "\(what)\n\(draft.yaml)")
            #expect(table.schema.fields[0].categories == ["Genève", "Köln", "Zürich"], "\(what)\n\(draft.yaml)")
            #expect(throws: Never.self, "\(what)\n\(draft.yaml)") { try Office.check(bytes, "A", task) }
            let again = try TaskSpecification(canonicalBytes: task.canonicalBytes)
            #expect(again == task, "\(what)")
        }
    }

    @Test("a file that is broken is refused with the row and the file's name, as the service would")
    func broken() {
        let cases = [
            ("id,name\n1,\"Place,a\n2,b\n", "unclosed_quote"), ("id,name\nF1,\"Place,\"b\nF2,c\n", "bad_quote"),
            ("id,name,x\nF1,a,1\nF2,b\nF3,c,2\n", "ragged_row"), ("", "empty_file"),
            ("id,name\nF1,a\u{0}b\n", "encoding"),
        ]
        for (csv, code) in cases {
            let error = #expect(throws: TaskError.self, "\(csv)") { try Office.draft(csv) }
            #expect(
                error.map { "\($0)".contains("the sample of A: \(code)") } == true, "\(error.map { "\($0)" } ?? csv)")
        }
    }

    @Test("hostile files are refused, and cost no more than the limit of a line")
    func hostile() throws {
        let wide = String(repeating: "a,", count: 400_000) + "b\n1\n"
        #expect(throws: TaskError.self) { try Office.draft(wide) }
        let long = [UInt8](repeating: 0x61, count: 8 << 20)
        #expect(throws: TaskError.self) { try Office.draft(long) }
        let open = Array("id,x\n1,\"".utf8) + [UInt8](repeating: 0x61, count: 8 << 20)
        #expect(throws: TaskError.self) { try Office.draft(open) }
    }
}
