import Domains
import Foundation
import Tables
import Tasks
import Testing

@testable import Drafting

/// What is said of a file names the same rows whoever says it, and no tool takes what another refuses.
@Suite("The tools say the same of a file") struct FileRowsTests {
    private static func prepared(_ bytes: [UInt8]) throws -> TablePreparation.Outcome {
        try TablePreparation().prepare(LocalTableFile(bytes: bytes, name: "a.csv")) { _ in }
    }

    /// Rows with a line break in each second cell.
    private static func broken(_ footer: String) -> String {
        "id,sector,staff\n" + (0..<40).map { "F\(1000 + $0),\"re\ntail\",\($0 * 7)\n" }.joined() + footer
    }

    @Test(
        "the row of a note is the one that a spreadsheet shows, with line breaks in cells and in any encoding",
        arguments: [
            (broken("Source: own register\n"), [String.Encoding.utf8, .utf16LittleEndian, .utf16BigEndian]),
            (broken("\"Source: own\nregister\"\n"), [.utf8, .utf16LittleEndian]),
            (
                broken("Source: own register\n").replacing("re\ntail", with: "Ċ\u{0A0A}"),
                [.utf8, .utf16LittleEndian, .utf16BigEndian]
            ),
        ])
    func footer(text: String, encodings: [String.Encoding]) throws {
        for encoding in encodings {
            let outcome = try Self.prepared(Array(try #require(text.data(using: encoding))))
            #expect(outcome.rows == 40)
            let isSaid = outcome.notes.contains("row 42 is a note below the table and was left out")
            #expect(isSaid, "\(encoding) \(outcome.notes)")
        }
    }

    @Test("a note below many rows with line breaks is left out, where only the end of the file was looked at")
    func long() throws {
        let text =
            "id,sector,staff\n" + (0..<20_000).map { "F\(100_000 + $0),\"re\ntail\",\($0 % 90)\n" }.joined()
            + "Source: own register\n"
        let outcome = try Self.prepared(Array(text.utf8))
        #expect(outcome.rows == 20_000)
        #expect(outcome.notes.contains("row 20002 is a note below the table and was left out"), "\(outcome.notes)")
    }

    private static let rows = (0..<40).map { "F\(1000 + $0),\(["retail", "food"][$0 % 2]),\($0 * 7)\n" }.joined()

    @Test("a byte of zero anywhere is said by draft, prepare and check in the same words")
    func zero() throws {
        let good = "id,sector,staff\n" + Self.rows
        let task = try Office.task(try Office.draft(good))
        let bad = Array(good.replacing("F1030", with: "F1\u{0}30").utf8)
        let place = try #require(bad.firstIndex(of: 0)) + 1
        for error in [
            #expect(throws: LocalTableFile.Refusal.self) { try Self.prepared(bad) }.map { "\($0)" },
            #expect(throws: TaskError.self) { try Office.draft(bad) }.map { "\($0)" },
            #expect(throws: TableProblems.self) { try Office.check(bad, "A", task) }.map { "\($0)" },
        ] {
            #expect(error?.contains("bytes of zero, the first at byte \(place)") == true, "\(error ?? "")")
        }
    }

    @Test(
        "a name that stands twice and a header without rows are refused by draft and prepare alike",
        arguments: [
            ("id,sector,sector\n" + rows, "Row 1 names \"sector\" twice, as columns 2 and 3"),
            ("id,sector,staff\n", "at least one row below the header"),
            ("[{\"id\":\"F1\",\"staff\":3}]", "This is JSON"),
        ])
    func refused(text: String, words: String) throws {
        let bytes = Array(text.utf8)
        let prepared = #expect(throws: LocalTableFile.Refusal.self) { try Self.prepared(bytes) }
        #expect("\(prepared.map { "\($0)" } ?? "")".contains(words))
        let draft = #expect(throws: TaskError.self) { try Office.draft(bytes) }
        #expect("\(draft.map { "\($0)" } ?? "")".contains(words), "\(draft.map { "\($0)" } ?? "")")
    }

    @Test("a name that stands twice is no matter where the task does not declare it")
    func dropped() throws {
        let good = "id,sector,staff\n" + Self.rows
        let task = try Office.task(try Office.draft(good))
        let more = "id,sector,staff,x,x\n" + Self.rows.replacing("\n", with: ",1,2\n")
        let table = try #require(task.party(named: "A")?.table)
        let outcome = try TablePreparation(for: table, of: task).prepare(
            LocalTableFile(bytes: Array(more.utf8), name: "a.csv")
        ) { _ in }
        #expect(outcome.rows == 40 && outcome.problems == nil)
    }

    @Test("a file of tabs is said to be separated by tabs")
    func tabs() throws {
        let good = "id,sector,staff\n" + Self.rows
        let task = try Office.task(try Office.draft(good))
        let error = #expect(throws: TableProblems.self) {
            try Office.check(Array(good.replacing(",", with: "\t").utf8), "A", task)
        }
        #expect(error?.problems.first?.code == "wrong_delimiter", "\(error.map { "\($0)" } ?? "")")
    }

    @Test(
        "numbers far from all others are told to their owner by their rows, and stand nowhere in the draft",
        arguments: [(["7654321"], "row 31"), (["8154321", "-7654321"], "row 31, 32"), (["2990"], nil)])
    func outliers(slips: [String], rows: String?) throws {
        let csv =
            "id,sector,staff\n"
            + (0..<200).map { row in
                let slip = slips.indices.contains(row - 29) ? slips[row - 29] : "\(100 + row * 37 % 211)"
                return "F\(1000 + row),\(["retail", "food"][row % 2]),\(slip)\n"
            }.joined()
        let draft = try Office.draft(csv)
        let told = draft.remarks.filter { $0.contains("ten times as large") }
        #expect(told.count == (rows == nil ? 0 : 1), "\(draft.remarks)")
        if let rows { #expect(told.first?.contains("(\(rows))") == true, "\(told)") }
        for slip in slips { #expect(!draft.yaml.contains(slip)) }
    }

    @Test(
        "a draft of two parties with one name, or with a name that no file can have, is refused",
        arguments: [("office", ["A", "A"]), ("an office", ["A", "B"]), ("../office", ["A", "B"])])
    func names(task: String, parties: [String]) {
        let sample = Array(Office.partner().utf8)
        #expect(throws: TaskError.self) {
            try TaskDraft(
                name: task,
                providers: parties.map { .init(name: $0, publicKey: Fixture.alice.publicKey, sample: sample) })
        }
    }

    @Test(
        "what a spreadsheet left in place of values is named, and numbers with a few words among them are no words",
        arguments: [
            ("1.23E+12", "scientific notation"), ("######", "too narrow"), ("=A1*2", "as formulas do"),
            ("n.k.", "no number"),
        ])
    func artefacts(text: String, words: String) throws {
        let csv =
            "id,sector,staff\n"
            + (0..<40).map { row in
                "F\(1000 + row),\(["retail", "food"][row % 2]),\(row % 8 == 5 ? text : "\(row * 37)")\n"
            }.joined()
        let remarks = try Office.draft(csv).remarks.filter { $0.contains("staff") }
        #expect(
            remarks.contains { $0.contains(words) } && !remarks.contains { $0.contains("among words") }, "\(remarks)")
    }
}
