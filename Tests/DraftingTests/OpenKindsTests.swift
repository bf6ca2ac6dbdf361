import Domains
import Foundation
import Tables
import Tasks
import Testing

@testable import Drafting

/// Kinds of files that were open: titles over two columns, years of two digits, dates that say nothing of their order, numbers
/// among words, accounts' signs, files put together of several, and texts that nothing public makes a classification.
@Suite("Kinds of files that tell too little") struct OpenKindsTests {
    private func table(_ header: String, rows: Int = 60, _ cells: (Int) -> String) -> String {
        "id,\(header)\n" + (0..<rows).map { "F\(1000 + $0),\(cells($0))" }.joined(separator: "\n") + "\n"
    }

    @Test("a title over two columns that a spreadsheet filled up is no header", arguments: [",", ";"])
    func title(delimiter: String) throws {
        let rows = (0..<60).map { "F\(1000 + $0)\(delimiter)\($0 * 7 + 3)" }
        let csv = (["Firms 2024\(delimiter)", delimiter, "id\(delimiter)staff"] + rows).joined(separator: "\n") + "\n"
        let draft = try Office.draft(csv)
        #expect(try Office.fields(draft)["staff"]?.type == .integer, "\(draft.yaml)")
        try Office.check(Array(csv.utf8), "A", try Office.task(draft))
        // A first column without a name is none: its header is the first row still.
        let index = try Office.prepared(",value\n0,5\n1,6\n2,9\n")
        #expect(index.lines.first == "value")
    }

    @Test("births in years of two digits lie in the past, and check, prepare and the service agree")
    func shortYears() throws {
        let csv = table("born") { "\(10 + $0 % 18).0\(1 + $0 % 9).\(30 + $0 % 60)" }
        let draft = try Office.draft(csv)
        let field = try #require(try Office.fields(draft)["born"])
        #expect(field.constraints?.minimum == "1930-01-01", "\(draft.yaml)")
        #expect(draft.remarks.contains { $0.contains("two digits") }, "\(draft.remarks)")
        let task = try Office.task(draft)
        try Office.check(Array(csv.utf8), "A", task)
        let plain = try Office.prepared(csv)
        #expect(plain.lines.dropFirst().allSatisfy { $0.contains(",19") }, "\(plain.lines.prefix(3))")
        #expect(plain.outcome.changes.contains { $0.what.contains("century") && $0.count == 60 })
        #expect(CellText(CellWriting(dateFormat: "%d.%m.%y"), type: .date, within: try domain(task, "born")) != nil)
    }

    private func domain(_ task: TaskSpecification, _ column: String) throws -> ColumnDomain {
        let domain = try #require(task.party(named: "A")?.table).domain()
        return domain.columns[try #require(domain.index(of: column))]
    }

    @Test("dates that can be read in two orders are a question, to draft and to prepare")
    func ambiguous() throws {
        let csv = table("visit") { "0\(1 + $0 % 9)/\(10 + $0 % 3)/2019" }
        let draft = try Office.draft(csv)
        #expect(draft.remarks.contains { $0.contains("month first") }, "\(draft.remarks)")
        #expect(draft.yaml.contains("or is the month first?"), "\(draft.yaml)")
        #expect(try Office.prepared(csv).outcome.changes.contains { $0.what.contains("guess") })
        // One day above twelve decides for all.
        let sure = try Office.draft(csv + "F2000,31/01/2019\n")
        #expect(!sure.remarks.contains { $0.contains("month first") }, "\(sure.remarks)")
    }

    @Test("numbers among words are named by draft and prepare, and never listed")
    func numbersAmongWords() throws {
        let csv = table("grade") { $0 % 9 == 0 ? "17.5" : ["good", "bad", "fair"][$0 % 3] }
        let draft = try Office.draft(csv)
        #expect(!draft.yaml.contains("17.5"), "\(draft.yaml)")
        #expect(draft.remarks.contains { $0.contains("numbers among words") }, "\(draft.remarks)")
        #expect(try Office.prepared(csv).outcome.notes.contains { $0.contains("numbers among words") })
        let stray = table("bill") { $0 == 7 ? "soon" : "\($0 * 13).5" }
        #expect(try Office.prepared(stray).outcome.notes.contains { $0.contains("no number (row 9)") })
    }

    @Test("bounds of few years are none of the sample's own")
    func years() throws {
        for (first, last) in [(2011, 2019), (2010, 2014), (2003, 2003)] {
            let draft = try Office.draft(table("year") { "\(first + $0 % (last - first + 1))" })
            let constraints = try #require(try Office.fields(draft)["year"]?.constraints)
            guard case .number(let low)? = constraints.minimum, case .number(let high)? = constraints.maximum else {
                Issue.record("no bounds")
                continue
            }
            #expect(Int(low) < first && Int(high) > last && Int(low) % 5 == 0 && Int(high) % 5 == 4, "\(low) \(high)")
        }
    }

    @Test(
        "accounts write negative numbers in brackets or with the sign behind them",
        arguments: [
            ("(1,234.50)", "-1234.50"), ("12.512,46-", "-12512.46"), ("(5)", "-5"), ("7-", "-7"), ("3 (p)", "3"),
        ])
    func signs(text: String, plain: String) throws {
        let isComma = text.contains(",46")
        let writing = CellWriting(
            decimalChar: UInt8(ascii: isComma ? "," : "."), groupChar: isComma ? "." : ",", isBare: false)
        let read = CellText(always: writing, type: .number).plain(Array(text.utf8))
        #expect(read.map { String(decoding: $0, as: UTF8.self) } == plain)
    }

    @Test("a balance of brackets is a number to draft")
    func brackets() throws {
        let csv = table("balance") { $0 % 2 == 0 ? "\"(\($0 + 1),345.25)\"" : "\"\($0),100.75\"" }
        let draft = try Office.draft(csv)
        #expect(try Office.fields(draft)["balance"]?.type == .number, "\(draft.yaml)")
        try Office.check(Array(csv.utf8), "A", try Office.task(draft))
        #expect(try Office.prepared(csv).lines.contains("F1000,-1345.25"))
    }

    @Test(
        "dates with names of months, fractions and zones are dates",
        arguments: [
            "5. März 1980", "12 mai 1962", "31 décembre 1955", "1er juillet 1975", "3 de febrero de 2001",
            "2023-05-06T07:08:09.123+02:00",
        ])
    func months(text: String) { #expect(DateSpelling.isDate(text), "\(text)") }

    @Test("a missing value of Eurostat with its flag is missing, and a number with one a number")
    func flags() throws {
        let draft = try Office.draft(
            table("value,k") { "\($0 % 3 == 0 ? ": c" : $0 % 3 == 1 ? "\($0).5 e" : "\($0).2"),a" })
        let field = try #require(try Office.fields(draft)["value"])
        #expect(field.type == .number && field.missingValues?.contains(": c") == true, "\(draft.yaml)")
    }

    @Test("a header that stands once more between the rows is said, and left out by prepare")
    func repeatedHeader() throws {
        let rows = (0..<60).map { "F\(1000 + $0),\($0 * 7)" }
        let csv = (["id,staff"] + rows.prefix(30) + ["id,staff"] + rows.dropFirst(30)).joined(separator: "\n") + "\n"
        #expect(try Office.draft(csv).remarks.contains { $0.contains("row 32 repeats the column names") })
        let made = try Office.prepared(csv)
        #expect(made.lines.count == 61 && made.outcome.rows == 60)
        #expect(made.outcome.changes.contains { $0.what.contains("repeat the column names") && $0.count == 1 })
    }

    @Test(
        "texts are listed only where something public says that they are a classification",
        arguments: [
            "ROSSI ANNA,VERDI LUCA", "anna rossi,luca verdi", "J. Smith,K. Jones", "王小明,李小红", "Keller,Brandt,Vogel",
            "0171 2345678,0172 3456789", "RSSNNA80A41H501Z,VRDLCU70B41H501Y", "12345678Z,87654321X",
            "@annarossi,@lverdi",
            "HIV positive,diabetes", "ул. Ленина 5,ул. Мира 3", "61.2k,48.9k,55.1k",
        ])
    func personal(values: String) throws {
        let texts = values.split(separator: ",").map(String.init)
        let csv = table("f01,staff") { "\(texts[$0 % texts.count]),\($0)" }
        let draft = try Office.draft(csv)
        for text in texts { #expect(!draft.yaml.contains(text), "\(text)\n\(draft.yaml)") }
    }

    @Test("whoever drafts may say that a column is a classification")
    func said() throws {
        let csv = table("f01") { ["Keller", "Brandt"][$0 % 2] }
        func draft(_ columns: Set<String>) throws -> TaskDraft {
            try TaskDraft(
                name: "said",
                providers: [
                    .init(name: "A", publicKey: Fixture.alice.publicKey, sample: Array((csv).utf8)),
                    .init(name: "B", publicKey: Fixture.bob.publicKey, sample: Array(Office.partner().utf8)),
                ], classifications: columns)
        }
        #expect(try Office.fields(try draft(["A.f01"]))["f01"]?.categories == ["Brandt", "Keller"])
        #expect(throws: TaskError.self) { try draft(["f02"]) }
    }

    @Test("a word among numbers is pointed at and not written down")
    func wordAmongNumbers() throws {
        let draft = try Office.draft(table("salary,k") { $0 % 9 == 0 ? "rossi,a" : "\($0 * 331),b" })
        #expect(!draft.yaml.contains("rossi"), "\(draft.yaml)")
        #expect(draft.remarks.contains { $0.contains("no number") })
    }
}
