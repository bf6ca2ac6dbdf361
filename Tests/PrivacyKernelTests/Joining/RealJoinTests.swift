import Foundation
import Testing

@testable import Domains
@testable import PrivacyKernel
@testable @_spi(PrivateRows) import Tables

/// Real files, where they are there. Domains are declared here as a task would.
@Suite struct RealJoinTests {
    static let hasWorkshop = sharedData("workshop/alice.csv") != nil
    static let hasTrade = sharedData("trade/c_microdata/c1_kr_customs/party_trade.csv.gz") != nil

    static func categories(_ name: String, _ values: String...) -> Field {
        Field(name: name, type: .string, categories: values, constraints: Constraints(required: true))
    }

    @Test(
        "the workshop's two tables join on all their keys",
        .enabled(if: hasWorkshop, "shared data is absent: set ENTREPOT_DATA"))
    func workshop() throws {
        let key = KeyRule(columns: ["id"], pattern: "^[0-9]{1,8}$", normalise: [.trim])
        let alice = TableSchema(fields: [
            Self.categories("buying", "low", "med", "high", "vhigh"),
            Self.categories("maint", "low", "med", "high", "vhigh"), Self.categories("doors", "2", "3", "4", "5more"),
        ])
        let bob = TableSchema(fields: [
            Self.categories("persons", "2", "4", "more"), Self.categories("lug_boot", "small", "med", "big"),
            Self.categories("safety", "low", "med", "high"),
            Self.categories("value", "unacc", "acc", "good", "vgood"),
        ])
        let files = try ["alice", "bob"].map { name in
            Array(try Data(contentsOf: #require(sharedData("workshop/\(name).csv"))))
        }
        let left = try read(files[0], alice, key: key, chunk: 1_000)
        let right = try read(files[1], bob, key: key)
        #expect(left.rowCount == 1_382)
        let joined = PrivateRows(joining: parties([("Alice", left), ("Bob", right)]), rowsPerKey: 1)
        #expect(joined.rowCount == Set(Self.keys(files[0])).intersection(Self.keys(files[1])).count)
        // The order of the file's lines does not matter.
        var lines = String(decoding: files[0], as: UTF8.self).split(separator: "\n")
        let header = lines.removeFirst()
        let turned = ([header] + lines.reversed()).joined(separator: "\n")
        let again = PrivateRows(
            joining: parties([("Alice", try read(turned.utf8, alice, key: key)), ("Bob", right)]), rowsPerKey: 1)
        #expect(texts(again) == texts(joined))
    }

    static func keys(_ file: [UInt8]) -> [Substring] {
        String(decoding: file, as: UTF8.self).split(whereSeparator: \.isNewline).dropFirst()
            .compactMap { $0.split(separator: ",").first.map { Substring(String($0)) } }
    }

    /// For each column of a file without quotes its values.
    static func values(_ file: [UInt8]) -> [String: [String]] {
        var lines = file.split(separator: 0x0A).map { $0.split(separator: 0x2C, omittingEmptySubsequences: false) }
        let names = lines.removeFirst().map { String(decoding: $0, as: UTF8.self) }
        var values: [String: [String]] = [:]
        for (place, name) in names.enumerated() {
            let found = Set(lines.map { $0[place] }).filter { !$0.isEmpty }
            values[name] = found.map { String(decoding: $0, as: UTF8.self) }.sorted()
        }
        return values
    }

    static func unzipped(_ path: String) throws -> [UInt8] {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = ["gunzip", "-c", try #require(sharedData(path)).path]
        let pipe = Pipe()
        process.standardOutput = pipe
        try process.run()
        let data = pipe.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        return Array(data)
    }

    @Test(
        "54,000 customs declarations of two parties read and join",
        .enabled(if: hasTrade, "shared data is absent: set ENTREPOT_DATA"))
    func trade() throws {
        let key = KeyRule(columns: ["declaration_id"], pattern: "^[0-9]{8}$", normalise: [.trim])
        let customs = try Self.unzipped("trade/c_microdata/c1_kr_customs/party_customs.csv.gz")
        let trade = try Self.unzipped("trade/c_microdata/c1_kr_customs/party_trade.csv.gz")
        // The lists below stand for public code lists; only the test takes them from the file.
        let (customsValues, tradeValues) = (Self.values(customs), Self.values(trade))
        let customsSchema = TableSchema(
            fields: [
                Field(
                    name: "date", type: .date, constraints: Constraints(minimum: "2020-01-01", maximum: "2021-12-31")),
                Field(
                    name: "tax_rate", type: .number, constraints: Constraints(minimum: 0, maximum: 1_000),
                    bins: Bins(count: 20)),
                Field(name: "fraud", type: .boolean),
                Field(name: "critical_fraud", type: .integer, constraints: Constraints(minimum: 0, maximum: 2)),
            ]
                + [
                    "office_id", "process_type", "import_type", "import_use", "payment_type", "mode_of_transport",
                    "tax_type", "split",
                ].map { Field(name: $0, type: .string, categories: customsValues[$0]) })
        let money = Constraints(minimum: 0, maximum: 1e12)
        let tradeSchema = TableSchema(
            fields: [
                Field(name: "hs6_code", type: .string, categories: tradeValues["hs6_code"]),
                Field(name: "hs2", type: .string, derivedFrom: DerivedFrom(field: "hs6_code", prefix: 2)),
                Field(name: "net_mass", type: .number, constraints: money, bins: Bins(count: 32, scale: .log)),
                Field(name: "item_price", type: .number, constraints: money, bins: Bins(count: 32, scale: .log)),
            ]
                + [
                    "declarant_id", "importer_id", "seller_id", "courier_id", "country_of_departure",
                    "country_of_origin",
                    "country_of_origin_indicator",
                ].map { Field(name: $0, type: .string, categories: tradeValues[$0]) })
        let left = try read(customs, customsSchema, key: key, chunk: 10_000)
        let right = try read(trade, tradeSchema, key: key, chunk: 65_536)
        #expect(left.rowCount == 54_000)
        let joined = PrivateRows(joining: parties([("customs", left), ("trade", right)]), rowsPerKey: 1)
        #expect(joined.rowCount == Set(Self.keys(customs)).intersection(Self.keys(trade)).count)
        let hs6 = try #require(joined.domain.index(of: "trade_hs6_code"))
        let hs2 = try #require(joined.domain.index(of: "trade_hs2"))
        for row in stride(from: 0, to: joined.rowCount, by: 97) {
            let code = joined.domain.columns[hs6].text(of: joined.table.columns[hs6][row], fraction: 0)
            let chapter = joined.domain.columns[hs2].text(of: joined.table.columns[hs2][row], fraction: 0)
            #expect(code.prefix(2) == chapter)
        }
    }
}
