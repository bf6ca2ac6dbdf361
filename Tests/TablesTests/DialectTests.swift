import Foundation
import Testing

@testable import Domains
@testable @_spi(PrivateRows) import Tables

@Suite("Files laid out as their dialect says")
struct DialectTests {
    private static let town = TableSchema(
        fields: [
            Field(name: "town", type: .string, categories: ["Zürich", "Köln", "a#b"]),
            Field(
                name: "rate", type: .number, constraints: Constraints(minimum: 0, maximum: 10_000),
                bins: Bins(count: 4),
                writing: CellWriting(decimalChar: UInt8(ascii: ","), groupChar: ".")),
            Field(
                name: "day", type: .date, constraints: Constraints(minimum: "2020-01-01", maximum: "2022-12-31"),
                writing: CellWriting(dateFormat: "%d.%m.%Y")),
        ])

    private func reader(_ dialect: TableDialect, _ schema: TableSchema = town) throws -> CSVTableReader {
        CSVTableReader(
            domain: try TableDomain(schema: schema, keyColumns: ["id"]), schema: schema, key: KeyRule(columns: ["id"]),
            hash: testHash, limits: roomy, dialect: dialect)
    }

    private func read(_ bytes: [UInt8], _ dialect: TableDialect, chunk: Int) throws -> [[String]] {
        let reader = try reader(dialect)
        var rest = bytes[...]
        while !rest.isEmpty {
            try reader.consume(rest.prefix(chunk))
            rest = rest.dropFirst(chunk)
        }
        let table = try reader.finish()
        return texts(table.table, table.domain)
    }

    private static let text = """
        Report;of;2022

        # a comment; with signs; in it; here
        id;town;rate;day
        1;Zürich;1.234,5;31.12.2021
        # another
        2;"Köln";0;1.2.2020
        3;a#b;9.999;03.04.2022;;
        Total;;3;
        (source: own)

        """

    @Test(
        "encodings, comments, header row, notes below and line ends give the same table, however the bytes are cut",
        arguments: [1, 3, 64, 1 << 20])
    func layouts(chunk: Int) throws {
        let plain = TableDialect(
            delimiter: UInt8(ascii: ";"), commentChar: UInt8(ascii: "#"), headerRow: 4, footerRows: 2)
        let expected = try read(Array(Self.text.utf8), plain, chunk: 1 << 20)
        #expect(expected[0] == ["Zürich", "Köln", "a#b"])
        #expect(expected[2].count == 3)
        var dialect = plain
        #expect(try read(Array(Self.text.utf8), dialect, chunk: chunk) == expected)
        #expect(try read(Array(Self.text.replacing("\n", with: "\r\n").utf8), dialect, chunk: chunk) == expected)
        dialect.hasCarriageReturns = true
        #expect(try read(Array(Self.text.replacing("\n", with: "\r").utf8), dialect, chunk: chunk) == expected)
        dialect = plain
        dialect.encoding = .windows1252
        #expect(try read(Self.text.unicodeScalars.map { UInt8($0.value) }, dialect, chunk: chunk) == expected)
        #expect(try read([0xEF, 0xBB, 0xBF] + Array(Self.text.utf8), dialect, chunk: chunk) == expected)
        dialect.encoding = .utf16
        let wide = Self.text.utf16.flatMap { [UInt8($0 & 0xFF), UInt8($0 >> 8)] }
        let tall = Self.text.utf16.flatMap { [UInt8($0 >> 8), UInt8($0 & 0xFF)] }
        #expect(try read([0xFF, 0xFE] + wide, dialect, chunk: chunk) == expected)
        #expect(try read([0xFE, 0xFF] + tall, dialect, chunk: chunk) == expected)
        #expect(try read(wide, dialect, chunk: chunk) == expected)
    }

    @Test(
        "cells that are not written as declared are named, not read over",
        arguments: [
            ("1;Köln;1.23,5;31.12.2021", "not_a_number"), ("1;Köln;1,5;2021-12-31", "not_a_date"),
            ("1;Köln;12.345,0;31.12.2021", "out_of_domain"), ("1;Köln;1,5;31.02.2021", "not_a_date"),
            ("1;Köln;1,5;31.12.2021;x", "ragged_row"),
        ])
    func refused(row: String, code: String) throws {
        let reader = try reader(TableDialect(delimiter: UInt8(ascii: ";")))
        try reader.consume(Array("id;town;rate;day\n\(row)\n".utf8))
        let problems = #expect(throws: TableProblems.self) { try reader.finish() }
        #expect(problems?.problems.map(\.code) == [code], "\(problems.map { "\($0)" } ?? "")")
    }

    @Test(
        "of a date that does not exist it is said that it does not, in whatever order it is written; of others how to write them",
        arguments: [
            ("31.02.2021", true), ("2021-02-31", true), ("31/02/2021", true), ("29.02.2021", true),
            ("2021-13-01", true),
            ("00.01.2021", true), ("31 Feb 2021", true), ("31.04.21", true), ("20210231", true), (" 31.02.2021 ", true),
            ("12/31/2021", false), ("yesterday", false), ("31.12.", false), ("2021-12-31", false), ("", false),
        ])
    func noSuchDay(text: String, isNone: Bool) throws {
        var plain = Self.town
        plain.fields = plain.fields.map { field in
            var field = field
            if field.type == .date { field.writing = CellWriting() }
            return field
        }
        for schema in [Self.town, plain] {
            let reader = try reader(TableDialect(delimiter: UInt8(ascii: ";")), schema)
            try reader.consume(Array("id;town;rate;day\n1;Köln;1,5;\(text)\n".utf8))
            var problems: [TableProblem] = []
            do { _ = try reader.finish() } catch { problems = error.problems }
            #expect(problems.contains { $0.hint.contains("no such day") } == isNone, "\(problems)")
        }
    }

    @Test("columns without a name are not read, nor, where the schema says so, those that are not declared")
    func unread() throws {
        var schema = Self.town
        schema.takesMoreColumns = true
        let reader = try reader(TableDialect(delimiter: UInt8(ascii: ";")), schema)
        try reader.consume(Array(";id; town ;rate;day;memo\n0;1;Köln;1;31.12.2021;x\n".utf8))
        #expect(try reader.finish().rowCount == 1)
        #expect(reader.warnings.contains { $0.code == "not_read" && $0.text.contains("memo") })
    }

    @Test("the minus of typesetting is a minus")
    func minus() throws {
        #expect(DecimalText.number(of: "−1.5") == -1.5)
        #expect(DecimalText.number(of: "−−1") == nil)
        #expect(DecimalText.number(of: "−") == nil)
    }

    /// How many codes the publishers say that an edition has; of the Harmonised System with 999999, what is not classified.
    @Test(
        "each edition of a classification has as many codes as its publisher counts",
        arguments: [
            ("hs-2022-6", 5_613), ("hs-2022-4", 1_229), ("hs-2022-2", 97), ("hs-2017-6", 5_388), ("hs-2017-4", 1_223),
            ("hs-2012-6", 5_206), ("hs-2012-4", 1_225), ("hs-2007-6", 5_053), ("hs-2002-6", 5_225),
            ("hs-1996-6", 5_133), ("hs-1992-6", 5_040), ("hs-1992-2", 97),
            ("nuts-2021-0", 27), ("nuts-2021-1", 92), ("nuts-2021-2", 242), ("nuts-2021-3", 1_166),
            ("nuts-2024-0", 27), ("nuts-2024-1", 92), ("nuts-2024-2", 244), ("nuts-2024-3", 1_165),
            ("nace-2-section", 21), ("nace-2-division", 88), ("nace-2-group", 272), ("nace-2-class", 615),
            ("nace-2.1-section", 22), ("nace-2.1-division", 87), ("nace-2.1-group", 287), ("nace-2.1-class", 651),
            ("nace-2-letter-division", 88), ("nace-2-letter-class", 615), ("nace-2.1-letter-group", 287),
            ("us-states-2009", 51), ("ca-provinces-1999", 13), ("au-states-2024", 8), ("ch-cantons-1979", 26),
            ("de-laender-1990", 16), ("iso-639-1-2024", 183),
        ])
    func editions(_ name: String, _ count: Int) throws {
        let codes = try #require(CodeList.codes(of: name))
        #expect(codes.count == count, "\(name)")
        #expect(codes == codes.sorted(), "\(name)")
    }

    @Test("a code is in the editions that have it, and in no other")
    func membership() throws {
        func isIn(_ code: String, _ list: String) -> Bool { CodeList.codes(of: list)?.contains(code) ?? false }
        // Smart cards became a subheading in 2007; flat panel modules a heading in 2022; Utrecht's code changed in 2024.
        #expect(isIn("852352", "hs-2007-6") && !isIn("852352", "hs-2002-6"))
        #expect(isIn("8524", "hs-2022-4") && !isIn("8524", "hs-2017-4"))
        #expect(isIn("NL31", "nuts-2021-2") && !isIn("NL31", "nuts-2024-2"))
        #expect(isIn("01.11", "nace-2-class") && isIn("0111", "nace-2-class-digits"))
        #expect(isIn("C1011", "nace-2-letter-class") && isIn("J58", "nace-2.1-letter-division"))
        #expect(isIn("J61", "nace-2-letter-division") && isIn("K61", "nace-2.1-letter-division"))
        #expect(isIn("U99", "nace-2-letter-division") && isIn("V99", "nace-2.1-letter-division"))
        #expect(isIn("V", "nace-2.1-section") && !isIn("V", "nace-2-section"))
    }

    @Test("public lists are those of their sources")
    func lists() {
        #expect(CodeList.codes(of: "iso-3166-2024-alpha-2")?.count == 249)
        #expect(CodeList.codes(of: "months-YYYYMM-2019-2020")?.count == 24)
        #expect(CodeList.codes(of: "quarters-YYYY-Qn-2019-2019") == ["2019-Q1", "2019-Q2", "2019-Q3", "2019-Q4"])
        for list in CodeList.descriptions.compactMap({ CodeList.codes(of: $0.name) }) {
            #expect(Set(list).count == list.count)
        }
        for name in ["hs", "months-YYYYMM-2020-2019", "months-YYYYMM-2019", "months-YYYYMM-0-9999999", "-"] {
            #expect(CodeList.codes(of: name) == nil)
        }
    }
}
