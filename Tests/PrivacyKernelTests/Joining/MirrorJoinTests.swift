import Testing
import VectorMath

@testable import Domains
@testable import PrivacyKernel
@testable @_spi(PrivateRows) import Tables

private let terms = MirrorTerms(value: "value", offices: ["A": "AAA", "B": "BBB", "C": "CCC"])
private let codes = ["AAA", "BBB", "CCC", "DDD"]

private let fields = TableSchema(fields: [
    Field(name: "exporter", type: .string, categories: codes, constraints: Constraints(required: true)),
    Field(name: "importer", type: .string, categories: codes, constraints: Constraints(required: true)),
    Field(name: "flow", type: .string, categories: ["X", "M", "RX", "RM"], constraints: Constraints(required: true)),
    Field(
        name: "hs6", type: .string, categories: ["010100", "010200", "270900"], constraints: Constraints(required: true)
    ),
    Field(name: "hs2", type: .string, derivedFrom: DerivedFrom(field: "hs6", prefix: 2)),
    Field(name: "value", type: .integer, constraints: Constraints(minimum: 0, maximum: 1000)),
])

private struct Row {
    var key: String
    var exporter: String
    var importer: String
    var flow: String
    var hs6: String
    var value: String
    var text: String { "\(key),\(exporter),\(importer),\(flow),\(hs6),\(value)\n" }
}

private func office(_ rows: [Row], rowsPerKey: Int = 1) throws -> KeyedTable {
    let text = "key,exporter,importer,flow,hs6,value\n" + rows.map(\.text).joined()
    return try read(Array(text.utf8), fields, key: KeyRule(columns: ["key"]), rowsPerKey: rowsPerKey)
}

@Suite struct MirrorJoinTests {
    @Test("each flow that both ends report is one row, as dictionaries find it", arguments: 1...10)
    func oracle(seed: Int) throws {
        var random = SplitMix64(state: UInt64(seed))
        var files: [String: [Row]] = ["AAA": [], "BBB": [], "CCC": []]
        var expected: [[String]] = []
        for exporter in codes {
            for importer in codes where importer != exporter {
                for (number, hs6) in ["010100", "010200", "270900"].enumerated() {
                    let key = "2022|HS2017|\(hs6)|\(exporter)|\(importer)"
                    let values = (0..<2).map { _ in Int.random(in: 0...1000, using: &random) }
                    let present = (0..<2).map { _ in Int.random(in: 0..<5, using: &random) > 0 }
                    let kind = number == 2 && seed % 2 == 0 ? ("RX", "RM") : ("X", "M")
                    if present[0] {
                        files[exporter]?.append(
                            Row(
                                key: key, exporter: exporter, importer: importer, flow: kind.0, hs6: hs6,
                                value: "\(values[0])"))
                    }
                    if present[1] {
                        files[importer]?.append(
                            Row(
                                key: key, exporter: exporter, importer: importer, flow: kind.1, hs6: hs6,
                                value: "\(values[1])"))
                    }
                    guard present[0], present[1], kind.0 == "X", exporter != "DDD", importer != "DDD" else { continue }
                    let points =
                        values.contains(0)
                        ? ""
                        : "\(Int(min(max((100 * naturalLogarithm(Double(values[1]) / Double(values[0]))).rounded(), -300), 300)))"
                    expected.append(
                        [exporter, importer, hs6, String(hs6.prefix(2)), "\(values[0])", "\(values[1])", points])
                }
            }
        }
        let tables = try ["A", "B", "C"].map { name in
            (name: name, table: try office((files[terms.offices[name] ?? ""] ?? []).shuffled(using: &random)))
        }
        let joined = PrivateRows(mirroring: parties(tables), terms: terms)
        #expect(
            joined.domain.columns.map(\.name)
                == ["exporter", "importer", "hs6", "hs2", "export_value", "import_value", "log_points"])
        #expect(joined.domain == terms.joinedDomain(of: tables[0].table.domain))
        #expect(joined.domain.derivations.map(\.column) == [3])
        let rows = (0..<joined.rowCount).map { row in
            joined.table.columns.enumerated().map { joined.domain.columns[$0].text(of: $1[row], fraction: 0) }
        }
        #expect(Set(rows) == Set(expected))
        #expect(rows.count == expected.count)
    }

    @Test("an office speaks for its own end alone, and a key has one row whoever else brings it")
    func strangers() throws {
        func row(_ exporter: String, _ importer: String, _ flow: String, _ value: Int, key: String = "k") -> Row {
            Row(key: key, exporter: exporter, importer: importer, flow: flow, hs6: "010100", value: "\(value)")
        }
        let joined = PrivateRows(
            mirroring: parties([
                ("A", try office([row("AAA", "BBB", "X", 5)])), ("B", try office([row("AAA", "BBB", "M", 7)])),
                // C claims a flow between others, and then one of its own under the same key.
                ("C", try office([row("AAA", "BBB", "X", 900), row("CCC", "BBB", "X", 901, key: "l")])),
            ]), terms: terms)
        #expect(joined.rowCount == 1)
        #expect(joined.domain.columns[4].text(of: joined.table.columns[4][0], fraction: 0) == "5")
        let doubled = PrivateRows(
            mirroring: parties([
                ("A", try office([row("AAA", "BBB", "X", 5)])), ("B", try office([row("AAA", "BBB", "M", 7)])),
                ("C", try office([row("CCC", "BBB", "X", 900)])),
            ]), terms: terms)
        #expect(doubled.rowCount == 1)
        #expect(doubled.rowsPerKey == 1)
    }

    @Test("no shared flow gives a table of no rows")
    func empty() throws {
        let joined = PrivateRows(
            mirroring: parties([("A", try office([])), ("B", try office([]))]), terms: terms)
        #expect(joined.rowCount == 0)
        #expect(joined.table.columns.count == 7)
    }

    @Test("of an office's several rows of one key one counts, whichever comes first in its file")
    func repeated() throws {
        let rows = (0..<9).map { value in
            Row(key: "k", exporter: "AAA", importer: "BBB", flow: "X", hs6: "010100", value: "\(value)")
        }
        let other = Row(key: "k", exporter: "AAA", importer: "BBB", flow: "M", hs6: "010100", value: "5")
        let joined = try [rows, rows.reversed()].map { rows in
            PrivateRows(
                mirroring: parties([("A", try office(rows, rowsPerKey: 9)), ("B", try office([other]))]), terms: terms)
        }
        #expect(joined.map(\.rowCount) == [1, 1])
        #expect(texts(joined[0]) == texts(joined[1]))
    }
}
