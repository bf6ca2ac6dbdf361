import Attestation
import Client
import Engine
import FittedModels
import Foundation
import PrivacyKernel
import Queries
import Synthesizers
import Tasks
import Testing

/// Five offices whose task releases the total of all, once, and nothing else.
@Suite("Sums across offices without disclosure", .serialized, .timeLimit(.minutes(30)), .live) struct TotalTests {
    private static let offices = ["Ann", "Ben", "Cem", "Dan", "Eve"]
    private static let rows = 2000

    private static func task() throws -> TestTask {
        let office = { (name: String) in
            """
              - name: \(name)
                role: provider
                public_key: KEY(\(name))
                table:
                  key: {column: key}
                  fields:
                    - {name: flow, type: string, categories: [X, M], constraints: {required: true}}
                    - {name: value_usd, type: integer, constraints: {minimum: 0, maximum: 1000, required: true}}
            """
        }
        return try TestTask(
            yaml: """
                entrepot: 1
                task: total
                purpose: A test.
                parties:
                \(offices.map(office).joined(separator: "\n"))
                  - {name: Olaf, role: auditor, public_key: KEY(Olaf)}
                join: {kind: union}
                privacy: {epsilon: 5.0, delta: 1.0e-9, unit: record, unit_words: one record of one office}
                synthesizer: {method: none}
                queries:
                  - {name: total, kind: sum, columns: [value_usd], where: {flow: X}, epsilon: 5.0}
                """,
            parties: offices + ["Olaf"], kinds: [.p256])
    }

    /// Every office has the same keys; each exports twice what the one before does.
    private static func value(_ office: Int, _ row: Int) -> Int { (20 << office) + row % 19 }

    private static var truth: Int {
        offices.indices.reduce(0) { sum, office in
            sum + stride(from: 0, to: rows, by: 2).reduce(0) { $0 + value(office, $1) }
        }
    }

    private static func file(_ office: Int) -> String {
        "key,flow,value_usd\n"
            + (0..<rows).map { "\($0),\($0 % 2 == 0 ? "X" : "M"),\(value(office, $0))\n" }.joined()
    }

    private static func code(_ work: () async throws -> Void) async throws -> String? {
        do {
            try await work()
            return nil
        } catch ClientError.service(let problem) {
            return problem.code
        }
    }

    @Test(
        "the total comes out once with its interval; rows, model, page and other queries are refused, before and after")
    func wholeWay() async throws {
        let task = try Self.task()
        let folder = FileManager.default.temporaryDirectory.appending(path: "entrepot-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: folder) }
        let first = try await withService(task, directory: folder) { live -> [UInt8] in
            try await Self.refusesRows(live)
            let early = try await Self.code { _ = try await live.asParty("Ann") { try await $0.query("total") } }
            #expect(early == "model_not_ready")
            for (number, office) in Self.offices.enumerated() {
                let file = try live.file("\(office).csv", Self.file(number))
                try await live.asParty(office) { connection in
                    let receipt = try await connection.upload(file: file)
                    _ = try await connection.confirm(digest: receipt.sha256)
                }
            }
            let status = try await live.asParty("Ann") { try await $0.waitForModel(upTo: 300) }
            #expect(status.isTrained)
            try await Self.refusesRows(live)
            let answers = try await live.asParty("Eve") { connection in
                [try await connection.query("total"), try await connection.query("total")]
            }
            #expect(answers[0] == answers[1])
            let other = try await Self.code { _ = try await live.asParty("Ann") { try await $0.query("sum") } }
            #expect(other == "query_not_permitted")
            try await Self.checkLedger(live)
            try await Self.checkReport(live)
            return answers[0]
        }
        let answer = try JSONDecoder().decode(QueryAnswer.self, from: Data(first))
        let total = try #require(answer.figures.first)
        #expect(answer.figures.count == 1)
        #expect(abs(total.estimate - Double(Self.truth)) < 6 * (total.standardError ?? 0))
        #expect((total.standardError ?? .infinity) < 0.01 * Double(Self.truth))
        let file = try Data(contentsOf: folder.appending(path: "state/task.model"))
        let kept = try ReleasedAnswers(encoded: Array(file))
        #expect(kept.transcript.releases.count == 1)
        #expect(kept.taskDigest == task.specification.digest.hex)
        #expect(throws: SynthesisError.answersAlone) { try FittedModel(encoded: Array(file)) }
        let second = try await withService(task, directory: folder) { live -> [UInt8] in
            try await Self.refusesRows(live)
            return try await live.asParty("Olaf") { try await $0.query("total") }
        }
        #expect(second == first)
    }

    private static func refusesRows(_ live: LiveService) async throws {
        let output = live.directory.appending(path: "rows.csv").path
        let refusal = try await code {
            _ = try await live.asParty("Ann") { try await $0.samples(.init(rows: 10, format: "csv"), file: output) }
        }
        #expect(refusal == "rows_not_agreed")
        let formats = try await live.asParty("Ann") { try await $0.formats() }
        #expect(formats == Array("[]".utf8))
        let ann = try await RawCalls(live, as: "Ann")
        for path in ["/samples?num_samples=1", "/samples/provenance?seed=1", "/report"] {
            let answer = try await ann(path)
            #expect(answer.status == 409 && answer.code == "rows_not_agreed", "\(path)")
        }
    }

    /// One reservation of ε, for one question.
    private static func checkLedger(_ live: LiveService) async throws {
        let (ledger, total) = try await live.asParty("Olaf") { connection in
            (try await connection.ledger(), try await connection.ledgerTotal())
        }
        #expect(String(decoding: total, as: UTF8.self).hasPrefix(#"{"epsilon":5.0,"#))
        let body = try #require(try JSONSerialization.jsonObject(with: Data(ledger)) as? [String: Any])
        let entries = try #require(body["entries"] as? [[String: Any]])
        let plans = entries.filter { $0["kind"] as? String == "reservation" }
        #expect(plans.count == 1)
        let text = String(decoding: ledger, as: UTF8.self)
        #expect(text.components(separatedBy: "query total").count == 2)
        #expect(!entries.contains { $0["kind"] as? String == "release" })
    }

    private static func checkReport(_ live: LiveService) async throws {
        let bytes = try await live.asParty("Olaf") { try await $0.reportJSON() }
        let report = try #require(try JSONSerialization.jsonObject(with: Data(bytes)) as? [String: Any])
        let body = try #require(report["report"] as? [String: Any])
        let queries = try #require(body["queries"] as? [[String: Any]])
        #expect(queries.map { $0["name"] as? String } == ["total"])
        let privacy = try #require(body["privacy"] as? [String: Any])
        #expect((privacy["split"] as? [[String: Any]])?.map { $0["name"] as? String } == ["query total"])
    }
}
