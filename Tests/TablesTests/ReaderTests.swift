import Foundation
import Testing
import VectorMath

@testable import Domains
@testable import Tables

private let cars = TableSchema(fields: [
    Field(name: "size", type: .string, categories: ["small", "big, very", "say \"hi\""]),
    Field(
        name: "price", type: .number, constraints: Constraints(minimum: 0, maximum: 100), bins: Bins(count: 10)),
    Field(name: "doors", type: .integer, constraints: Constraints(minimum: 2, maximum: 5)),
])
private let id = KeyRule(columns: ["id"], pattern: "^[0-9]{1,8}$", normalise: [.trim])

@Suite struct ReaderTests {
    static let plain = "id,size,price,doors\n1,small,0,2\n2,small,55.5,5\n3,,99,\n"
    static let expected = [["small", "small", ""], ["0", "50", "90"], ["2", "5", ""]]

    @Test(
        "one table in many spellings gives the same codes",
        arguments: [
            plain,
            "\u{FEFF}" + plain,
            plain.replacingOccurrences(of: "\n", with: "\r\n"),
            String(plain.dropLast()),
            plain + "\n\n",
            "\n\r\n" + plain,
            "doors,size,id,price\n2,small,1,0\n5,small,2,55.5\n,,3,99\n",
            "\"id\",\"size\",\"price\",\"doors\"\n\"1\",\"small\",\"0\",\"2\"\n2,small,55.5,5\n3,\"\",99,\n",
            "id,size,price,doors\r\n\"1\",\"small\",\"0\",\"2\"\r\n\r\n2,small,55.5,5\r\n3,\"\",99,\"\"",
            "id,size,price,doors\n 1 ,small, 0.0 ,2.0\n2,small,5.55e1,+5\n3,,99, \n",
        ])
    func spellings(csv: String) throws {
        for chunk in [1, 2, 3, 7, 64, 4_096] {
            let table = try read(csv.utf8, cars, key: id, chunk: chunk)
            #expect(table.rowCount == 3)
            #expect(texts(table.table, table.domain) == Self.expected)
            let hashes = ["1", "2", "3"].map { testHash.hash(Array($0.utf8)).0 }
            #expect(table.keys?.map(\.high) == hashes.sorted())
        }
    }

    @Test("quotes hold delimiters, line breaks and quotes")
    func quotes() throws {
        let table = try read(
            "id,size,price,doors\n1,\"big, very\",1,2\n2,\"say \"\"hi\"\"\",1,2\n".utf8, cars, key: id)
        #expect(texts(table.table, table.domain)[0] == ["big, very", "say \"hi\""])
        let lines = TableSchema(fields: [Field(name: "x", type: .string, categories: ["a\nb", "c\r\nd"])])
        let broken = try read("id,x\n1,\"a\nb\"\n2,\"c\r\nd\"\n".utf8, lines, key: id)
        #expect(texts(broken.table, broken.domain) == [["a\nb", "c\r\nd"]])
    }

    @Test("semicolons and tabs where they are declared", arguments: [";", "\t"] as [Character])
    func delimiters(delimiter: Character) throws {
        let csv = Self.plain.replacingOccurrences(of: ",", with: String(delimiter))
        let table = try read(csv.utf8, cars, key: id, delimiter: delimiter)
        #expect(texts(table.table, table.domain) == Self.expected)
    }

    @Test("a key that the table declares to be no value is none: strangers without a number are not one unit")
    func missingKey() throws {
        let schema = TableSchema(fields: cars.fields, missingValues: ["", "NA"])
        let error = #expect(throws: TableProblems.self) {
            try read(
                "id,size,price,doors\n1,small,1,2\n NA ,small,1,2\n".utf8, schema, key: KeyRule(columns: ["id"]))
        }
        #expect(error?.problems.map(\.code) == ["key_empty"] && error?.problems.first?.row == 3)
        // Where nothing of the kind is declared, NA is a key as any other: Namibia's.
        #expect(try read("id,size,price,doors\nNA,small,1,2\n".utf8, cars, key: KeyRule(columns: ["id"])).rowCount == 1)
    }

    @Test("a header alone is a table of zero rows")
    func headerOnly() throws {
        #expect(try read("id,size,price,doors\n".utf8, cars, key: id).rowCount == 0)
        #expect(try read("id,size,price,doors".utf8, cars, key: id).rowCount == 0)
    }

    @Test("blanks around a cell do not count, unless the value is listed with them")
    func blanks() throws {
        let schema = TableSchema(fields: [Field(name: "size", type: .string, categories: ["small", " big"])])
        let table = try read("size\n small\t\n big\nsmall\n".utf8, schema)
        #expect((0..<3).map { table.table.columns[0][$0] } == [0, 1, 0])
        #expect(problems("size\n  bi g\n".utf8, schema).problems.first?.code == "out_of_domain")
    }

    static let flaws: [(String, String, Int?, String?, String)] = [
        ("", "empty_file", nil, nil, "holds nothing"),
        ("\n\n", "empty_file", nil, nil, "holds nothing"),
        ("size,price,doors\nsmall,1,2\n", "key_missing", 1, "id", "Add the column"),
        ("ID,size,price,doors\n1,small,1,2\n", "key_missing", 1, "id", "Did you mean the column \"ID\""),
        ("id,size,price\n1,small,1\n", "missing_column", 1, "doors", "Add the column"),
        ("id,size,price,doors,extra\n1,small,1,2,3\n", "undeclared_column", 1, "extra", "Remove the column"),
        ("id,size,prise,doors\n1,small,1,2\n", "undeclared_column", 1, "prise", "Did you mean \"price\""),
        ("id,size,price,doors,id\n1,small,1,2,1\n", "duplicate_column", 1, "id", "Remove or rename"),
        ("id;size;price;doors\n1;small;1;2\n", "wrong_delimiter", 1, nil, "separated by semicolons"),
        ("id,size,price,doors\n1,small,1,2\n2,smal,1,2\n", "out_of_domain", 3, "size", "Did you mean \"small\""),
        ("id,size,price,doors\n1,small,101,2\n", "out_of_domain", 2, "price", "`entrepot prepare` clip it, or widen"),
        ("id,size,price,doors\n1,small,1,2.5\n", "out_of_domain", 2, "doors", "whole number"),
        ("id,size,price,doors\n1,small,\"1,5\",2\n", "not_a_number", 2, "price", "decimal comma"),
        ("id,size,price,doors\n1,small,\"1,234.5\",2\n", "not_a_number", 2, "price", "thousands"),
        ("id,size,price,doors\n1,small,NA,2\n", "not_a_number", 2, "price", "missingValues"),
        ("id,size,price,doors\n1,small,1,2\n2,small,1\n", "ragged_row", 3, nil, "missing fields"),
        ("id,size,price,doors\n1,small,1,5,2\n", "ragged_row", 2, nil, "decimal comma"),
        ("id,size,price,doors\n1,small,1,2\n2,\"small,1,2\n3,small,1,2\n", "unclosed_quote", 3, nil, "never closes"),
        ("id,size,price,doors\n1,\"small\"x,1,2\n", "bad_quote", 2, nil, "quote"),
        (
            "id,size,price,doors\n1,small,1,2\n2,small,1,2\n1,small,1,3\n", "duplicate_key", 4, "id",
            "Row 2 has the same"
        ),
        ("id,size,price,doors\n,small,1,2\n", "key_empty", 2, "id", "Fill in"),
        ("id,size,price,doors\nx1,small,1,2\n", "key_pattern", 2, "id", "Correct the key"),
        ("id,size,price,doors\n123456789,small,1,2\n", "key_pattern", 2, "id", "Correct the key"),
        ("id,size,price,doors\n1e+05,small,1,2\n", "key_pattern", 2, "id", "scientific notation"),
        ("id,size,price,doors\n\"1,23E+11\",small,1,2\n", "key_pattern", 2, "id", "scientific notation"),
        ("id,size,price,doors\n12e+,small,1,2\n", "key_pattern", 2, "id", "Correct the key"),
        ("id,size,price,doors\r1,small,1,2\r", "line_ends", 1, nil, "carriage returns"),
        ("PK\u{3}\u{4}rubbish", "encoding", nil, nil, "xlsx"),
        ("{\"entrepot-model\":1}", "encoding", nil, nil, "a model file"),
        ("[{\"id\": 1, \"size\": \"small\"}]", "encoding", nil, nil, "JSON"),
        ("<!DOCTYPE html>\n<table>", "encoding", nil, nil, "a web page"),
    ]

    @Test("each flaw is named with its row, column and what to do", arguments: flaws)
    func flaw(csv: String, code: String, row: Int?, column: String?, hint: String) {
        let found = problems(csv.utf8, cars, key: id)
        let problem = found.problems.first { $0.code == code && (column == nil || $0.column == column) }
        #expect(problem != nil, "\(found)")
        #expect(problem?.row == row)
        #expect(problem?.hint.contains(hint) == true, "\(problem?.hint ?? "")")
        #expect(found.counts[code] ?? 0 >= 1)
    }

    @Test("rows are numbered as a spreadsheet shows them, past blank lines and quoted line breaks")
    func rowNumbers() {
        let found = problems("id,size,price,doors\n\n1,\"sma\nll\",1,2\n\n2,small,x,2\n".utf8, cars, key: id)
        #expect(found.problems.map(\.row) == [3, 5])
        let twins = problems("id,size,price,doors\n\n1,small,1,2\n\n\n1,small,1,2\n".utf8, cars, key: id)
        #expect(twins.problems.map(\.row) == [6])
        #expect(twins.problems[0].hint.contains("Row 3"))
    }

    @Test("many problems are counted, and the first twenty told")
    func counting() {
        var csv = "id,size,price,doors\n"
        for row in 1...1_000 { csv += "\(row),tiny,x,2\n" }
        let found = problems(csv.utf8, cars, key: id)
        #expect(found.problems.count == 20)
        #expect(found.counts == ["out_of_domain": 1_000, "not_a_number": 1_000])
        #expect(found.problems.map(\.row).prefix(2) == [2, 2])
    }

    @Test("a file of mistakes is refused as fast as it is read, duplicates included", .timeLimit(.minutes(1)))
    func allWrong() {
        let codes = TableSchema(fields: [
            Field(name: "x", type: .string, categories: (0..<5_000).map { String(100_000 + $0) })
        ])
        let csv = "id,x\n" + String(repeating: "7,12345\n", count: 100_000)
        let found = problems(csv.utf8, codes, key: id)
        #expect(found.counts == ["out_of_domain": 100_000, "duplicate_key": 99_999])
        #expect(found.problems.count == 20)
        let twins = problems(("id,x\n" + String(repeating: "7,100001\n", count: 100)).utf8, codes, key: id)
        #expect(twins.problems.map(\.row) == Array(3...22))
        #expect(twins.counts == ["duplicate_key": 99])
    }

    @Test("Windows-1252 and UTF-16 are recognised")
    func encodings() throws {
        let latin = Array("id,size,price,doors\n1,small,1,2\n2,sm".utf8) + [0xE4] + Array("ll,1,2\n".utf8)
        let found = problems(latin, cars, key: id)
        let problem = try #require(found.problems.first { $0.code == "encoding" })
        #expect(problem.row == 3)
        #expect(problem.value == "byte 0xE4 at offset 36")
        #expect(problem.hint.contains("Windows-1252"))
        let wide = Self.plain.utf16.flatMap { [UInt8(truncatingIfNeeded: $0), UInt8($0 >> 8)] }
        #expect(problems([0xFF, 0xFE] + wide, cars, key: id).problems.first?.hint.contains("UTF-16") == true)
        #expect(problems(wide, cars, key: id).problems.first?.hint.contains("UTF-16") == true)
    }

    @Test("codes that lost their leading zeros get that hint")
    func leadingZeros() {
        let codes = TableSchema(fields: [Field(name: "hs6", type: .string, categories: ["010121", "850440"])])
        let found = problems("hs6\n10121\n850440\n".utf8, codes)
        #expect(found.problems.first?.hint.contains("write \"010121\"") == true)
    }

    @Test("too many bytes or rows are refused at once")
    func limits() {
        let long = problems(Self.plain.utf8, cars, key: id, limits: TableLimits(bytes: 20, rows: 100))
        #expect(long.counts == ["too_large": 1])
        let many = problems(Self.plain.utf8, cars, key: id, limits: TableLimits(bytes: 1_000, rows: 2))
        #expect(many.counts == ["too_many_rows": 1])
        #expect(problems(Self.plain.utf8, cars, key: id, limits: TableLimits(bytes: 1_000, rows: 3)).counts == [:])
    }

    @Test("a quote that never closes does not fill the memory")
    func runawayQuote() {
        let csv = "id,size,price,doors\n1,\"" + String(repeating: "small,1,2\n", count: 300_000)
        let found = problems(csv.utf8, cars, key: id)
        #expect(found.problems.last?.code == "unclosed_quote")
        #expect(found.problems.last?.row == 2)
    }

    @Test("a derived column is computed, or checked where it is present")
    func derived() throws {
        let codes = try schema(
            #"""
            {"fields":[{"name":"hs2","type":"string","derivedFrom":{"field":"hs6","prefix":2}},
              {"name":"hs6","type":"string","categories":["010121","020110"],"other":"other"}]}
            """#)
        let absent = try read("hs6\n020110\n010121\n\n999999\n".utf8, codes)
        #expect(texts(absent.table, absent.domain)[0] == ["02", "01", "", "other"])
        let present = try read("hs6,hs2\n020110,02\n010121,01\n,\n999999,99\n".utf8, codes)
        #expect(texts(present.table, present.domain)[0] == ["02", "01", "", "other"])
        let wrong = problems("hs6,hs2\n020110,01\n010121,77\n".utf8, codes)
        #expect(wrong.counts == ["derived_mismatch": 2])
        #expect(wrong.problems.map(\.row) == [2, 3])
    }

    @Test("keys are trimmed, cased, filled and joined before they are hashed")
    func normalisation() throws {
        let flags = TableSchema(fields: [Field(name: "x", type: .string, categories: ["a"])])
        let rule = KeyRule(columns: ["p", "c"], pattern: "^[A-Z0-9]{6}$", normalise: [.trim, .upper, .zeroFill(6)])
        let table = try read("c,p,x\n abc ,12,a\n".utf8, flags, key: rule)
        #expect(table.keys?.first?.high == testHash.hash(Array("000012|000ABC".utf8)).0)
        let piped = KeyRule(columns: ["p", "c"])
        #expect(problems("c,p,x\na|b,c,a\n".utf8, flags, key: piped).counts == ["key_pattern": 1])
        let whole = KeyRule(columns: ["p", "c"], pattern: #"^[0-9]{4}\|[a-z]{2}$"#)
        #expect(try read("c,p,x\nab,2022,a\n".utf8, flags, key: whole).rowCount == 1)
        #expect(problems("c,p,x\nab,20222,a\n".utf8, flags, key: whole).counts == ["key_pattern": 1])
        let accents = KeyRule(columns: ["p"], normalise: [.upper])
        let upper = try read("p,x\nçé,a\n".utf8, flags, key: accents)
        #expect(upper.keys?.first?.high == testHash.hash(Array("ÇÉ".utf8)).0)
    }

    @Test("the widths of columns follow their domains")
    func widths() throws {
        let wide = TableSchema(fields: [
            Field(name: "a", type: .string, categories: (0..<255).map { "a\($0)" }),
            Field(name: "b", type: .string, categories: (0..<256).map { "b\($0)" }),
            Field(name: "c", type: .string, categories: (0..<70_000).map { "a longer category \($0)" }),
        ])
        let table = try read("a,b,c\na254,b255,a longer category 69999\n,,\n".utf8, wide)
        guard case .bytes(let bytes) = table.table.columns[0].codes,
            case .halves(let halves) = table.table.columns[1].codes,
            case .words(let words) = table.table.columns[2].codes
        else { return #expect(Bool(false)) }
        #expect(bytes.codes == [254, 255])
        #expect(halves.codes == [255, 256])
        #expect(words.codes == [69_999, 70_000])
        #expect(throws: CodedTableError.self) { try CodedColumn(.bytes([3]), domainSize: 3) }
    }
}

@Suite("Hostile headers")
struct HostileHeaderTests {
    private static let schema = TableSchema(
        fields: (0..<60).map { Field(name: "column\($0)", type: .string, categories: ["a", "b"]) })

    // Compared with every declared name, letter by letter, it would take minutes.
    @Test(
        "a header of a megabyte is read or refused at once", .timeLimit(.minutes(1)),
        arguments: [",", "a,", "column1,", "columm59,", "abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyz"])
    func size(piece: String) {
        for number in [false, true] {
            var header = ""
            var count = 0
            while header.utf8.count < 900_000 {
                header += number ? "x\(count)" + piece : piece
                count += 1
            }
            let found = problems((header + "\nrow\n").utf8, Self.schema, key: KeyRule(columns: ["id"]))
            #expect(!found.problems.isEmpty, "\(piece)")
        }
    }

    @Test("a thousand columns more than declared are each named; more are counted")
    func many() {
        func header(_ count: Int) -> String { (0..<count).map { "more\($0)" }.joined(separator: ",") + "\n" }
        #expect(
            problems(header(900).utf8, Self.schema, key: KeyRule(columns: ["id"])).counts["undeclared_column"] == 900)
        let far = problems(header(3_000).utf8, Self.schema, key: KeyRule(columns: ["id"]))
        #expect(far.counts == ["undeclared_column": 1] && far.problems.first?.hint.contains("3000 columns") == true)
    }
}
