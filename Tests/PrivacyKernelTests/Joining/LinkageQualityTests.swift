import Domains
import Foundation
import Tables
import Testing
import VectorMath

@testable import PrivacyKernel

/// Links against the truth: of FEBRL's fourth data set where `ENTREPOT_FEBRL` names its folder, and of generated registers, as
/// large as `ENTREPOT_REGISTERS` says.
@Suite struct LinkageQualityTests {
    private static let names = [
        "rec_id", "given_name", "surname", "street_number", "address_1", "address_2", "suburb", "postcode", "state",
        "date_of_birth", "soc_sec_id",
    ]

    private static func text(
        _ column: String, _ normalise: [TextNormalisation] = LinkageTerms.Text.usual, prefix: Int? = nil
    ) -> LinkageTerms.Text {
        LinkageTerms.Text(columns: [column], normalise: normalise, prefix: prefix)
    }

    private static func table(_ csv: [UInt8], key: [String], _ terms: LinkageTerms, _ hash: KeyedHash) throws
        -> KeyedTable
    {
        let schema = TableSchema(
            fields: [Field(name: "one", type: .string, categories: ["1"], constraints: Constraints(required: true))],
            takesMoreColumns: true)
        let key = KeyRule(columns: key, normalise: [.trim])
        let reader = CSVTableReader(
            domain: try TableDomain(schema: schema, keyColumns: key.columns), schema: schema, key: key, hash: hash,
            limits: TableLimits(bytes: .max, rows: 1 << 24), dialect: TableDialect(), linkage: terms)
        try reader.consume(csv)
        return try reader.finish()
    }

    /// Each row of a file with one more cell, which is the table's only column.
    private static func withColumn(_ path: String) throws -> (csv: [UInt8], truth: [String]) {
        let lines = try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n")
        let rows = lines.enumerated().map { $0.offset == 0 ? "\($0.element),one" : "\($0.element),1" }
        let truth = lines.dropFirst().map { line in String(line.split(separator: "-")[1]) }
        return (Array((rows.joined(separator: "\n") + "\n").utf8), truth)
    }

    private static let compared: [LinkageTerms.Comparison] = [
        LinkageTerms.Comparison(text: text("given_name"), by: .jaroWinkler, at: [0.92, 0.85], weights: [6, 3, -2]),
        LinkageTerms.Comparison(text: text("surname"), by: .jaroWinkler, at: [0.92, 0.85], weights: [7, 3, -2]),
        LinkageTerms.Comparison(
            text: text("date_of_birth", [.trim]), by: .levenshtein, at: [0.99, 0.75], weights: [9, 4, -2]),
        LinkageTerms.Comparison(text: text("address_1"), by: .jaroWinkler, at: [0.92, 0.85], weights: [8, 4, -2]),
        LinkageTerms.Comparison(text: text("suburb"), by: .jaroWinkler, at: [0.92, 0.85], weights: [7, 3, -2]),
        LinkageTerms.Comparison(
            text: text("postcode", [.trim]), by: .levenshtein, at: [0.99, 0.75], weights: [6, 2, -2]),
    ]

    @Test(
        "FEBRL 4: two passes and four reach the F1 of their blocking",
        .enabled(if: ProcessInfo.processInfo.environment["ENTREPOT_FEBRL"] != nil, "ENTREPOT_FEBRL names no folder"))
    func febrl() throws {
        let folder = ProcessInfo.processInfo.environment["ENTREPOT_FEBRL"] ?? ""
        let (one, two) = (
            try Self.withColumn("\(folder)/dataset4a.csv"), try Self.withColumn("\(folder)/dataset4b.csv")
        )
        let sound = [Self.text("surname", [.soundex]), Self.text("date_of_birth", [.trim], prefix: 4)]
        let passes = [
            [Self.text("postcode", [.trim])], sound, [Self.text("date_of_birth", [.trim])],
            [Self.text("given_name", [.soundex]), Self.text("suburb")],
        ]
        for (count, least) in [(2, 0.979), (4, 0.99)] {
            let terms = LinkageTerms(
                blocking: Array(passes.prefix(count)), compare: Self.compared, partners: 20, threshold: 10)
            let hash = KeyedHash(key: (1, 2))
            let key = Self.names.filter { $0 != "rec_id" }
            let started = Date()
            let tables = [
                try Self.table(one.csv, key: key, terms, hash), try Self.table(two.csv, key: key, terms, hash),
            ]
            let links = LinkedRows(tables.map(\.rows), terms)
            var right = 0
            for place in 0..<links.count
            where one.truth[Int(links.rows[0][place])] == two.truth[Int(links.rows[1][place])] {
                right += 1
            }
            let (precision, recall) = (Double(right) / Double(links.count), Double(right) / 5_000)
            let score = 2 * precision * recall / (precision + recall)
            print(
                "FEBRL 4, \(count) passes: F1 \(score), precision \(precision), recall \(recall), "
                    + "\(Date().timeIntervalSince(started)) s")
            #expect(score >= least)
        }
    }

    @Test(
        "large registers are linked in their time",
        .enabled(if: ProcessInfo.processInfo.environment["ENTREPOT_REGISTERS"] != nil, "ENTREPOT_REGISTERS is not set"))
    func registers() throws {
        let rows = Int(ProcessInfo.processInfo.environment["ENTREPOT_REGISTERS"] ?? "") ?? 100_000
        var random = SplitMix64(state: 7)
        func name() -> String {
            (0..<Int.random(in: 4...9, using: &random)).map { _ in
                String(UnicodeScalar(UInt8.random(in: 97...122, using: &random)))
            }.joined()
        }
        // Blocks of about ten.
        let people = (0..<rows).map { row in
            (name: name(), given: name(), block: row / 10, born: Int.random(in: 0..<20_000, using: &random))
        }
        func csv() -> [UInt8] {
            var text = "block,name,given,born,one\n"
            for person in people.shuffled(using: &random) {
                let name = Int.random(in: 0..<5, using: &random) == 0 ? String(person.name.dropLast()) : person.name
                text += "\(person.block),\(name),\(person.given),\(person.born),1\n"
            }
            return Array(text.utf8)
        }
        let terms = LinkageTerms(
            blocking: [[Self.text("block", [])]],
            compare: [
                LinkageTerms.Comparison(
                    text: Self.text("name"), by: .jaroWinkler, at: [0.92, 0.85], weights: [6, 2, -4]),
                LinkageTerms.Comparison(
                    text: Self.text("given"), by: .jaroWinkler, at: [0.92, 0.85], weights: [6, 2, -4]),
                LinkageTerms.Comparison(text: Self.text("born", []), by: .within, at: [0, 1], weights: [8, 2, -4]),
            ], partners: 10, threshold: 6)
        let hash = KeyedHash(key: (1, 2))
        let key = ["block", "name", "given", "born"]
        var started = Date()
        let tables = [try Self.table(csv(), key: key, terms, hash), try Self.table(csv(), key: key, terms, hash)]
        print("reading 2 × \(rows) records: \(Date().timeIntervalSince(started)) s")
        started = Date()
        let links = LinkedRows(tables.map(\.rows), terms)
        print("linking them: \(Date().timeIntervalSince(started)) s, \(links.count) links")
        #expect(links.count > rows * 95 / 100)
    }
}
