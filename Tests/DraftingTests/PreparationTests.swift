import Domains
import Foundation
import Synchronization
import Tables
import Tasks
import Testing

@testable import Drafting

@Suite("An export becomes a file that the service takes")
struct PreparationTests {
    private static func task(_ table: String) throws -> TaskSpecification {
        let yaml = Fixture.yaml
        let start = try #require(
            yaml.range(
                of: "      key: {column: id, pattern: '^[0-9]{1,8}$', normalise: [trim]}\n      fields:\n"))
        let end = try #require(yaml.range(of: "  - name: Bob"))
        return try TaskSpecification(yaml: yaml[..<start.lowerBound] + table + "\n" + yaml[end.lowerBound...])
    }

    private static let declared = """
                  key: {column: id, pattern: '^[0-9]{8}$', normalise: [trim, 'zero-fill:8']}
                  fields:
                    - {name: hs6, type: string, categories: ['010190', '270900'], other: OTHER}
                    - {name: value, type: number, constraints: {minimum: 0, maximum: 1000}, bins: {count: 8}}
                    - {name: born, type: date, constraints: {minimum: '1950-01-01', maximum: '2009-12-31'}}
                    - {name: active, type: boolean}
        """

    private func prepared(
        _ bytes: [UInt8], for task: TaskSpecification? = nil, splits: [String: [String]] = [:],
        joins: [String: [String]] = [:]
    ) throws -> (text: String, outcome: TablePreparation.Outcome) {
        let output = Mutex<[UInt8]>([])
        let preparation: TablePreparation
        if let task, let table = task.parties[0].table {
            preparation = TablePreparation(for: table, of: task, splits: splits, joins: joins)
        } else {
            preparation = TablePreparation(splits: splits, joins: joins)
        }
        let outcome = try preparation.prepare(LocalTableFile(bytes: bytes, name: "x.csv")) { piece in
            output.withLock { $0 += piece }
        }
        return (String(decoding: output.withLock { $0 }, as: UTF8.self), outcome)
    }

    @Test("nobody is told of a header row in a Parquet file, whose names stand beside the rows")
    func named() throws {
        // Two columns of text, city and x, with the values a b c and x y z.
        let text = """
            UEFSMRUAFSoVKiwVBhUAFQYVBhwAAAACAAAABgEBAAAAYQEAAABiAQAAAGMVABUqFSosFQYVABUGFQYcAAAAAgAAAAYBAQAAAHgBAAAAe
            QEAAAB6FQQZPDUAGAZzY2hlbWEVBAAVDCUCGARjaXR5JQBMHAAAABUMJQIYAXglAEwcAAAAFgYZHBksJgAcFQwZJQYAGRgEY2l0eRUAFg
            YWUBZQJghJHBUAFQAVAgA8FgYZBhkmAAYAAAAmABwVDBklBgAZGAF4FQAWBhZQFlAmWEkcFQAVABUCADwWBhkGGSYABgAAABagARYGJgg
            WoAEAKCBwYXJxdWV0LWNwcC1hcnJvdyB2ZXJzaW9uIDI2LjAuMRksHAAAHAAAAMcAAABQQVIx
            """
        let file = LocalTableFile(
            bytes: Array(try #require(Data(base64Encoded: text, options: .ignoreUnknownCharacters))), name: "x.parquet")
        let preparation = TablePreparation(splits: [:], joins: [:])
        let refusal = #expect(throws: LocalTableFile.Refusal.self) { try preparation.prepare(file) { _ in } }
        let words = "\(try #require(refusal))"
        #expect(words.contains("a row was taken for the names") && !words.contains("Row 1"), "\(words)")
    }

    private func count(_ outcome: TablePreparation.Outcome, _ column: String, _ what: CellMender.What) -> Int {
        outcome.changes.first { $0.column == column && $0.what == what.text }?.count ?? 0
    }

    @Test("numbers, dates, codes, truths, bounds and keys become what the task declares, and each is counted")
    func declared() throws {
        let task = try Self.task(Self.declared)
        let csv = """
            Firms of the district
            ID;HS6;Value;born;Active;memo
            12;10190;1.234,5;24.12.1977;ja;x
            13;270900;17,25;1.2.1940;nein;y
            00000014;270900.0;NA;;yes;z
            Source: own office

            """
        let (text, outcome) = try prepared(Array(csv.utf8), for: task)
        #expect(outcome.problems == nil, "\(outcome.problems.map { "\($0)" } ?? "")\n\(text)")
        #expect(
            text == """
                id,hs6,value,born,active
                00000012,010190,1000,1977-12-24,true
                00000013,270900,17.25,1950-01-01,false
                00000014,270900,,,true

                """)
        #expect(count(outcome, "hs6", .filled) == 1)
        #expect(count(outcome, "hs6", .decimal) == 1)
        #expect(count(outcome, "value", .clipped) == 1)
        #expect(count(outcome, "value", .converted) == 1)
        #expect(count(outcome, "value", .missing) == 1)
        #expect(count(outcome, "born", .clipped) == 1)
        #expect(count(outcome, "active", .truth) == 3)
        #expect(count(outcome, "id", .normalised) == 2)
        #expect(outcome.changes.contains { $0.what.contains("dropped: memo") })
        #expect(outcome.rows == 3)
    }

    @Test("what cannot be mended is left and named as the service would name it")
    func refused() throws {
        let (_, outcome) = try prepared(
            Array("id,hs6,value,born,active\n1,270900,abc,1977-01-01,true\n".utf8), for: try Self.task(Self.declared))
        #expect(outcome.problems?.problems.first?.code == "not_a_number")
    }

    @Test("a missing column is named with the nearest one")
    func missing() throws {
        let task = try Self.task(Self.declared)
        let error = #expect(throws: LocalTableFile.Refusal.self) {
            try prepared(Array("id,hs6,valve,born,active\n1,270900,1,1977-01-01,true\n".utf8), for: task)
        }
        #expect(error.map { "\($0)".contains("Did you mean \"valve\"") } == true)
    }

    @Test("without a task the file becomes plain CSV")
    func plain() throws {
        let (text, outcome) = try prepared(
            Office.windows("sep=;\nid;ort;satz;tag;\n01;Köln;1.234,5;24.12.1977;\n02; Zürich ;7,25;1.2.1940;\n"))
        #expect(text == "id,ort,satz,tag\n01,Köln,1234.5,1977-12-24\n02,Zürich,7.25,1940-02-01\n")
        #expect(outcome.notes.contains { $0.contains("Windows-1252") })
        #expect(outcome.changes.first { $0.column == "satz" }?.count == 2)
    }

    @Test("key columns are split and joined")
    func keys() throws {
        let split = try prepared(Array("key,x\n2022|27,1\n2023|84,2\n".utf8), splits: ["key": ["year", "hs2"]])
        #expect(split.text == "x,year,hs2\n1,2022,27\n2,2023,84\n")
        let joined = try prepared(Array("year,hs2,x\n2022,27,1\n".utf8), joins: ["key": ["year", "hs2"]])
        #expect(joined.text == "year,hs2,x,key\n2022,27,1,2022|27\n")
    }

    @Test("what is prepared keeps to the declared layout, and the service takes it")
    func layout() throws {
        let task = try Self.task(
            """
                      encoding: windows-1252
                      dialect: {delimiter: ';', commentChar: '#', headerRows: [3], footerRows: 1}
                      key: {column: id, normalise: [trim]}
                      fields:
                        - {name: town, type: string, categories: ['#1', 'a;b', Köln]}
                        - {name: rate, type: number, decimalChar: ',', constraints: {minimum: 0, maximum: 9}}
            """)
        let (text, outcome) = try prepared(Array("id,town,rate\n1,#1,2.5\n2,\"a;b\",3.25\n3,Köln,1\n".utf8), for: task)
        #expect(outcome.problems == nil, "\(text)")
        #expect(text == "\u{FEFF}\n\nid;town;rate\n1;#1;2,5\n2;\"a;b\";3,25\n3;Köln;1\n-\n")
        try Office.check(Array(text.utf8), "Alice", task)
    }

    @Test("warnings tell the owner what was probably not meant")
    func warnings() throws {
        let codes = (0..<60).map { "0\(10_100 + $0)" }
        let task = try Self.task(
            """
                      key: {column: id, normalise: [trim]}
                      fields:
                        - {name: hs6, type: string, categories: [\(codes.map { "'\($0)'" }.joined(separator: ", "))], other: OTHER}
                        - {name: value, type: number, constraints: {minimum: 0, maximum: 1000000}, bins: {count: 8}}
                        - {name: unit, type: string, categories: [kg, t]}
            """)
        let rows = (0..<200).map { row in
            "\(row % 50 == 7 ? String(row + 1000) : "000" + String(row + 10000)),\(row < 60 ? String(codes[row].dropFirst()) : codes[row % 60]),\(row % 90 + 1),kg"
        }
        let warnings = try Office.check(
            Array(("id,hs6,value,unit\n" + rows.joined(separator: "\n")).utf8), "Alice", task)
        let texts = Dictionary(warnings.map { ($0.code, $0.text) }, uniquingKeysWith: { first, _ in first })
        #expect(texts["becomes_other"]?.contains("60 of 200 values") == true, "\(texts)")
        #expect(texts["becomes_other"]?.contains("all 60 are listed with a zero in front") == true, "\(texts)")
        #expect(warnings.contains { $0.code == "constant" && $0.column == "unit" }, "\(texts)")
        #expect(warnings.contains { ["constant", "one_bin"].contains($0.code) && $0.column == "value" }, "\(texts)")
        #expect(texts["key_shapes"]?.contains("filled with zeros") == true, "\(texts)")
    }
}
