import Client
import Foundation
import Tasks
import Testing

/// 54,000 customs declarations, the two halves of each in the hands of two offices (CTGAN output that the customs
/// service of Korea published with its paper, arXiv 2208.02484).
@Suite("Real customs declarations, live", .serialized, .timeLimit(.minutes(30)), .live)
struct TradeTests {
    /// Stand-ins for published code lists: the codes of a column that occur, in the test's own hands.
    private static func codes(_ column: String, in text: String, first limit: Int = .max) -> [String] {
        let lines = text.split(separator: "\n")
        guard let header = lines.first?.split(separator: ","),
            let place = header.firstIndex(where: { $0 == column })
        else { return [] }
        var codes: Set<Substring> = []
        for line in lines.dropFirst() {
            let fields = line.split(separator: ",", omittingEmptySubsequences: false)
            if place < fields.count, !fields[place].isEmpty { codes.insert(fields[place]) }
        }
        return codes.map(String.init).sorted().prefix(limit).map { $0 }
    }

    private static func field(_ name: String, _ codes: [String], other: Bool = false) -> String {
        let list = codes.map { "'\($0)'" }.joined(separator: ", ")
        return "        - {name: \(name), type: string, categories: [\(list)]\(other ? ", other: OTHER" : "")}"
    }

    private static func task(customs: String, trade: String, method: String) throws -> TestTask {
        let listed = ["office_id", "process_type", "import_type", "import_use", "payment_type", "mode_of_transport"]
        let declared = listed + ["tax_type", "fraud", "critical_fraud", "split"]
        let places = ["country_of_departure", "country_of_origin", "country_of_origin_indicator"]
        let people = ["declarant_id", "importer_id", "seller_id", "courier_id"]
        let customsFields =
            declared.map { field($0, codes($0, in: customs)) } + [
                "        - {name: date, type: date, constraints: {minimum: '2020-01-01', maximum: '2021-06-30'}}",
                "        - {name: tax_rate, type: number, constraints: {minimum: 0, maximum: 1000}, bins: {count: 32, scale: log}}",
            ]
        let tradeFields =
            people.map { field($0, codes($0, in: trade, first: 40), other: true) }
            + places.map { field($0, codes($0, in: trade)) } + [
                field("hs6_code", codes("hs6_code", in: trade)),
                "        - {name: net_mass, type: number, constraints: {minimum: 0, maximum: 1.0e8}, bins: {count: 32, scale: log}}",
                "        - {name: item_price, type: number, constraints: {minimum: 0, maximum: 1.0e10}, bins: {count: 32, scale: log}}",
            ]
        return try TestTask(
            yaml: """
                entrepot: 1
                task: customs
                purpose: A test.
                parties:
                  - name: Customs
                    role: provider
                    public_key: KEY(Customs)
                    table:
                      key: {column: declaration_id, pattern: '^[0-9]{8}$'}
                      fields:
                \(customsFields.joined(separator: "\n"))
                  - name: Trade
                    role: provider
                    public_key: KEY(Trade)
                    table:
                      key: {column: declaration_id, pattern: '^[0-9]{8}$'}
                      fields:
                \(tradeFields.joined(separator: "\n"))
                privacy: {epsilon: 1.0, delta: 1.0e-9, unit: record, unit_words: one joined record}
                synthesizer: {method: \(method)}
                """,
            parties: ["Customs", "Trade"])
    }

    @Test(
        "two offices' declarations become synthetic ones",
        .enabled(if: sharedData("trade/c_microdata") != nil, "the customs declarations are not here: set ENTREPOT_DATA")
    )
    func wholeWay() async throws {
        let folder = "trade/c_microdata/c1_kr_customs"
        let customs = try await unzipped(try #require(sharedData("\(folder)/party_customs.csv.gz")).path)
        let trade = try await unzipped(try #require(sharedData("\(folder)/party_trade.csv.gz")).path)
        let task = try Self.task(customs: customs, trade: trade, method: "mst")
        try await withService(task) { live in
            for (party, text) in [("Customs", customs), ("Trade", trade)] {
                let file = try live.file("\(party).csv", text)
                try await live.asParty(party) { connection in
                    let receipt = try await connection.upload(file: file)
                    #expect(receipt.rows == 54_000)
                    _ = try await connection.confirm(digest: receipt.sha256)
                }
            }
            let status = try await live.asParty("Trade") { try await $0.waitForModel(upTo: 300) }
            #expect(status.isTrained)
            let output = live.directory.appending(path: "samples.csv").path
            _ = try await live.asParty("Customs") { try await $0.samples(.init(rows: 54_000, seed: 1), file: output) }
            let lines = try String(contentsOfFile: output, encoding: .utf8).split(separator: "\n")
            #expect(lines.count == 54_001)
            #expect(lines[0].split(separator: ",").count == 22)
            let codes = Self.codes("Trade_hs6_code", in: lines.joined(separator: "\n"))
            #expect(codes.allSatisfy { $0.count == 6 }, "leading zeros of HS6 codes are kept")
        }
    }

    private func unzipped(_ path: String) async throws -> String {
        try await RawCalls.run("gzip", ["-dc", path], in: FileManager.default.temporaryDirectory)
    }
}
