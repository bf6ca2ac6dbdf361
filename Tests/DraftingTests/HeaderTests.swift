import Domains
import Foundation
import Tables
import Tasks
import Testing

@testable import Drafting

/// First rows that are no header, headers of more or fewer cells than the rows, and rows below the table.
@Suite("What stands above and below the rows") struct HeaderTests {
    private static func prepared(
        _ csv: String, task: TaskSpecification? = nil
    ) throws -> (lines: [String], outcome: TablePreparation.Outcome) {
        let table = try task.map { try #require($0.party(named: "A")?.table) }
        let preparation =
            if let task, let table { TablePreparation(for: table, of: task) } else { TablePreparation() }
        var bytes: [UInt8] = []
        let outcome = try preparation.prepare(LocalTableFile(bytes: Array(csv.utf8), name: "a.csv")) { bytes += $0 }
        return (String(decoding: bytes, as: UTF8.self).split(separator: "\n").map(String.init), outcome)
    }

    private static let rows = (0..<40).map { "F\(1000 + $0),\(["retail", "food"][$0 % 2]),\($0 * 7)" }

    @Test("cells without a name at the end of the header alone are said and left out", arguments: 1...2, [",", ";"])
    func trailing(count: Int, delimiter: String) throws {
        let end = String(repeating: delimiter, count: count)
        let csv =
            (["id,sector,staff".replacing(",", with: delimiter) + end]
            + Self.rows.map { $0.replacing(",", with: delimiter) }).joined(separator: "\n") + "\n"
        let made = try Self.prepared(csv)
        #expect(made.lines.first == "id,sector,staff" && made.lines.count == 41, "\(made.lines.prefix(2))")
        #expect(made.outcome.notes.contains { $0.contains("empty cell") }, "\(made.outcome.notes)")
        let task = try Office.task(try Office.draft(csv))
        try Office.check(Array(csv.utf8), "A", task)
        #expect(try Self.prepared(csv, task: task).outcome.rows == 40)
    }

    @Test(
        "a header of more or fewer names than the rows have cells is refused, with the row and both counts",
        arguments: ["id,sector", "id,sector,staff,year", "sector,staff", "id,sector,staff,a,b", "id,sector,staff,note"])
    func counts(header: String) throws {
        let csv = ([header] + Self.rows).joined(separator: "\n") + "\n"
        let names = header.split(separator: ",").count
        for error in [
            #expect(throws: LocalTableFile.Refusal.self) { try Self.prepared(csv) }.map { "\($0)" },
            #expect(throws: TaskError.self) { try Office.draft(csv) }.map { "\($0)" },
        ] {
            let text = try #require(error)
            #expect(text.contains("row 2") && text.contains("\(names) columns") && text.contains("3 cells"), "\(text)")
            #expect(!text.contains("F1000"))
        }
    }

    @Test("rows that end in a delimiter are rows, and texts without any figure as well", arguments: [0, 1, 2])
    func texts(kind: Int) throws {
        let words = (0..<40).map { ["retail", "food", "transport"][$0 % 3] + "," + ["low", "high"][$0 % 2] }
        let csv =
            switch kind {
            case 0: "sector,grade,\n" + words.joined(separator: "\n") + "\n"
            case 1: "sector,grade\n" + words.joined(separator: ",\n") + ",\n"
            default: "sector,grade,\n" + words.joined(separator: ",\n") + ",\n"
            }
        #expect(try Self.prepared(csv).lines.first == "sector,grade")
    }

    @Test(
        "a first row of somebody's is no header, to draft and to prepare",
        arguments: [
            "F1000,Rossi,1980-02-01|F1001,Verdi,1975-03-04", "Rossi Mario,1980-02-01,Milano|Verdi Anna,1975-03-04,Roma",
            "Rossi,Mario,17.5|Verdi,Anna,3.5", "rossi@example.org,a|verdi@example.org,b", "1204,x|1205,y",
            "Rossi,Milano|Verdi,Roma", "Rossi,food|Verdi,food|Neri,steel",
        ])
    func headerless(rows: String) throws {
        var lines = rows.split(separator: "|").map(String.init)
        while lines.count < 24 { lines.append(lines[1]) }
        let csv = lines.joined(separator: "\n") + "\n"
        let error = #expect(throws: LocalTableFile.Refusal.self) { try Self.prepared(csv) }
        #expect(error.map { "\($0)".contains("write a header") } == true)
        #expect(throws: TaskError.self) { try Office.draft(csv) }
        let task = try Office.task(try Office.draft(Office.partner()))
        let problems = #expect(throws: TableProblems.self) { try Office.check(Array(csv.utf8), "A", task) }
        #expect(problems?.problems.first?.row == 1)
        var ingest = TradeIngest(profile: .comtrade, office: "CAN")
        #expect(throws: (any Error).self) { try ingest.add(LocalTableFile(bytes: Array(csv.utf8), name: "a.csv")) }
    }

    @Test("a table laid out wide has numbers for names")
    func wide() throws {
        for header in ["town,2019,2020,2021", "town,1,2,3,4,5"] {
            let columns = header.split(separator: ",").count - 1
            let rows = (0..<20).map { row in "p\(row)," + (0..<columns).map { "\($0 * row)" }.joined(separator: ",") }
            #expect(try Self.prepared(header + "\n" + rows.joined(separator: "\n") + "\n").lines.count == 21)
        }
    }

    @Test("a value among the names does not come into the draft")
    func valuesAsNames() throws {
        let csv =
            "id,sector,Rossi Mario 1980-02-01,p7@example.org,Anna Verdi,staff,rate\n"
            + (0..<60).map {
                "F\(1000 + $0),\(["retail", "food"][$0 % 2]),\($0),\($0 * 3),\($0 * 7),\($0 % 9),\($0 % 8)"
            }.joined(
                separator: "\n")
        let draft = try Office.draft(csv)
        #expect(!draft.yaml.contains("Rossi") && !draft.yaml.contains("p7@"), "\(draft.yaml)")
        #expect(
            draft.yaml.contains("column 3 is left out") && draft.remarks.contains { $0.contains("column 4 is called") })
        let line = try #require(draft.yaml.split(separator: "\n").first { $0.contains("Anna Verdi") })
        #expect(line.contains("value of the sample"))
        #expect(draft.yaml.split(separator: "\n").last?.contains("'Anna Verdi' 1") == true)
        try Office.check(Array(csv.utf8), "A", try Office.task(draft))
    }

    @Test("every row that is left out below the table is said by its number, and only what is no row is")
    func footers() throws {
        let header = "id,sector,staff"
        func notes(_ last: String) throws -> (kept: Int, notes: String) {
            let made = try Self.prepared(([header] + Self.rows + [last]).joined(separator: "\n") + "\n")
            return (made.outcome.rows, made.outcome.notes.joined(separator: "\n"))
        }
        let sum = (0..<40).reduce(0) { $0 + $1 * 7 }
        for last in ["Total,,5", "TOTAL,,\(sum)", "Total Lima,,\(sum)"] {
            let (kept, text) = try notes(last)
            #expect(kept == 40 && text.contains("row 42 is a total"), "\(last): \(text)")
        }
        for last in ["Total Lima,,5", "Sum of all,,17", ",,12"] {
            let (kept, text) = try notes(last)
            #expect(kept == 41 && text.contains("row 42 looks like a total"), "\(last): \(text)")
        }
        let (kept, text) = try notes("Source: own register,,\nStand: 2024,,")
        #expect(kept == 40 && text.contains("rows 42, 43 are notes"), "\(text)")
    }

    @Test("messages name what is there: UTF-32, zeros, a header once more")
    func messages() throws {
        func message(_ bytes: [UInt8]) -> String {
            do {
                _ = try Office.draft(bytes)
                return ""
            } catch { return "\(error)" }
        }
        let csv = Office.partner()
        let wide = csv.unicodeScalars.flatMap { [UInt8($0.value & 0xFF), UInt8($0.value >> 8 & 0xFF), 0, 0] }
        for bytes in [wide, [0xFF, 0xFE, 0, 0] + wide, [0, 0, 0xFE, 0xFF] + wide.chunked(4)] {
            #expect(message(bytes).contains("UTF-32") && !message(bytes).contains("UTF-16"), "\(message(bytes))")
        }
        var zero = Array(csv.utf8)
        zero[9] = 0
        #expect(message(zero).contains("zero") && !message(zero).contains("UTF-16"), "\(message(zero))")
        let task = try Office.task(try Office.draft(csv))
        let twice = csv + csv.split(separator: "\n").prefix(1).joined() + "\n"
        let problems = #expect(throws: TableProblems.self) { try Office.check(Array(twice.utf8), "A", task) }
        #expect(problems?.problems.allSatisfy { $0.code == "repeated_header" && $0.row == 62 } == true)
        let tax = "id,nr,k\n" + (0..<60).map { "F\(1000 + $0),12/\(300 + $0)/\(60_000 + $0),a" }.joined(separator: "\n")
        #expect(try Office.draft(tax).yaml.contains("such as a tax number's"))
    }
}

extension [UInt8] {
    /// The bytes of each character the other way round.
    fileprivate func chunked(_ size: Int) -> [UInt8] {
        stride(from: 0, to: count, by: size).flatMap { self[$0..<Swift.min($0 + size, count)].reversed() }
    }
}
