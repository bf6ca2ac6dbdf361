import Attestation
import Client
import Foundation
import Queries
import Tasks
import Testing

/// Two offices with the two ends of the same flows, and what the task permits to ask of them.
@Suite("Permitted queries, live", .serialized, .timeLimit(.minutes(30)), .live) struct QueryTests {
    private static func task() throws -> TestTask {
        let fields = """
            [{name: exporter, type: string, categories: [AAA, BBB], constraints: {required: true}},
             {name: importer, type: string, categories: [AAA, BBB], constraints: {required: true}},
             {name: flow, type: string, categories: [X, M], constraints: {required: true}},
             {name: value_usd, type: integer, constraints: {minimum: 0, maximum: 1000, required: true}}]
            """
        let office = { (name: String) in
            """
              - name: \(name)
                role: provider
                public_key: KEY(\(name))
                table: {key: {column: key}, fields: \(fields)}
            """
        }
        return try TestTask(
            yaml: """
                entrepot: 1
                task: mirror
                purpose: A test.
                parties:
                \(office("Ann"))
                \(office("Ben"))
                  - {name: Olaf, role: auditor, public_key: KEY(Olaf)}
                join: {kind: mirror, value: value_usd, offices: {Ann: AAA, Ben: BBB}}
                privacy: {epsilon: 6.0, delta: 1.0e-9, unit: record, unit_words: one flow}
                synthesizer: {method: independent}
                queries:
                  - {name: flows, kind: cardinality, epsilon: 1.0}
                  - name: ends
                    kind: reconcile
                    columns: [export_value_usd, import_value_usd]
                    by: [exporter, importer]
                    allowance: [1.0, 1.1]
                    epsilon: 3.0
                """,
            parties: ["Ann", "Ben", "Olaf"])
    }

    /// What Ben records from Ann is twice what Ann records to Ben; in the other direction Ann records 5 % more, which is ten
    /// standard errors from either end of what the task allows.
    private static func table(_ office: String) -> String {
        var lines = ["key,exporter,importer,flow,value_usd"]
        for number in 0..<3000 {
            let (from, to) = number % 2 == 0 ? ("AAA", "BBB") : ("BBB", "AAA")
            let value = office == from ? 400 : from == "AAA" ? 800 : 420
            lines.append("\(number)|\(from)|\(to),\(from),\(to),\(from == office ? "X" : "M"),\(value)")
        }
        return lines.joined(separator: "\n") + "\n"
    }

    @Test("queries are asked once, inside the fit, and their answers outlast a restart")
    func wholeWay() async throws {
        let task = try Self.task()
        let folder = FileManager.default.temporaryDirectory.appending(path: "entrepot-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: folder) }
        let first = try await withService(task, directory: folder) { live in
            let prices = try await live.asParty("Olaf") { try await $0.queries() }
            let forecasts = try JSONDecoder().decode([QueryForecast].self, from: Data(prices))
            #expect(forecasts.map(\.name) == ["flows", "ends"])
            #expect(forecasts.map(\.share) == [1.0 / 6, 0.5])
            await #expect(throws: ClientError.self) { try await live.asParty("Ann") { try await $0.query("flows") } }
            for (party, office) in [("Ann", "AAA"), ("Ben", "BBB")] {
                let file = try live.file("\(party).csv", Self.table(office))
                try await live.asParty(party) { connection in
                    let receipt = try await connection.upload(file: file)
                    _ = try await connection.confirm(digest: receipt.sha256)
                }
            }
            let status = try await live.asParty("Ann") { try await $0.waitForModel(upTo: 300) }
            #expect(status.isTrained)
            let answers = try await live.asParty("Olaf") { connection in
                [try await connection.query("flows"), try await connection.query("ends")]
            }
            let again = try await live.asParty("Ben") { try await $0.query("ends") }
            #expect(again == answers[1])
            await #expect(throws: ClientError.self) { try await live.asParty("Ben") { try await $0.query("more") } }
            let total = try await live.asParty("Olaf") { try await $0.ledgerTotal() }
            #expect(String(decoding: total, as: UTF8.self).hasPrefix(#"{"epsilon":6.0,"#))
            try await Self.checkReport(live)
            return answers
        }
        let flows = try JSONDecoder().decode(QueryAnswer.self, from: Data(first[0]))
        let count = try #require(flows.figures.first)
        #expect(abs(count.estimate - 3000) < 6 * (count.standardError ?? 0))
        let ends = try JSONDecoder().decode(QueryAnswer.self, from: Data(first[1]))
        let rows = try #require(ends.flows)
        #expect(rows.map(\.group) == [["AAA", "BBB"], ["BBB", "AAA"]])
        #expect(rows[0].isSignificant && rows[0].rank == 1)
        #expect(!rows[1].isSignificant)
        let ratio = try #require(rows[0].ratio)
        #expect(abs(ratio.estimate - 2) < 0.2)
        let second = try await withService(task, directory: folder) { live in
            try await live.asParty("Ann") { connection in
                [try await connection.query("flows"), try await connection.query("ends")]
            }
        }
        #expect(second == first)
    }

    @Test("a task without queries has a report too, and it verifies")
    func withoutQueries() async throws {
        try await withService(try TestTask.workshop()) { live in
            try await live.train()
            let none = try await live.asParty("Bob") { try await $0.queries() }
            #expect(String(decoding: none, as: UTF8.self) == "[]")
            let roots = TrustRoots(nitro: [], amdFingerprints: [], intelFingerprints: []).trustingSimulated(
                root: live.attester.root)
            let files = try await live.asParty("Bob") { [try await $0.reportJSON(), try await $0.reportPDF()] }
            for bytes in files {
                let report = try SignedReport(bytes: bytes)
                _ = try report.verify { evidence throws(EvidenceError) in
                    try DocumentVerification.verify(
                        evidence, trust: TrustPolicy(now: 0, roots: roots, allowDebug: true))
                }
                let body = try JSONSerialization.jsonObject(with: Data(report.report)) as? [String: Any]
                #expect((body?["queries"] as? [Any])?.isEmpty == true)
            }
        }
    }

    /// The report verifies offline as JSON and as PDF, and one flipped byte fails.
    private static func checkReport(_ live: LiveService) async throws {
        let (json, pdf) = try await live.asParty("Olaf") { connection in
            (try await connection.reportJSON(), try await connection.reportPDF())
        }
        let roots = TrustRoots(nitro: [], amdFingerprints: [], intelFingerprints: []).trustingSimulated(
            root: live.attester.root)
        func verify(_ bytes: [UInt8]) throws -> DocumentVerification.Appraisal {
            try SignedReport(bytes: bytes).verify { evidence throws(EvidenceError) in
                try DocumentVerification.verify(evidence, trust: TrustPolicy(now: 0, roots: roots, allowDebug: true))
            }
        }
        let report = try JSONSerialization.jsonObject(with: Data(json)) as? [String: Any]
        let body = try #require(report?["report"] as? [String: Any])
        #expect((body["queries"] as? [[String: Any]])?.map { $0["name"] as? String } == ["flows", "ends"])
        #expect((body["parties"] as? [Any])?.count == 3)
        #expect(body["taskDigest"] as? String == live.specification.digest.hex)
        #expect(try SignedReport(bytes: json).report == SignedReport(bytes: pdf).report)
        let agreement = try #require(body["agreement"] as? [[String: Any]])
        #expect(agreement.map { $0["query"] as? String } == ["flows", "ends"])
        // Half of the cells of "ends" are empty: the rows keep two or three errors of the noise there, once in a while nine.
        let gaps = agreement.map { $0["typicalGap"] as? Double ?? .infinity }
        #expect(gaps[0] < 1.5 && gaps[1] < 12, "\(gaps)")
        for bytes in [json, pdf] {
            #expect(SignedReport.isReport(bytes))
            let checked = try verify(bytes)
            #expect(checked.evidence.statement?.taskDigest == live.specification.digest.bytes)
            var random = SystemRandomNumberGenerator()
            for _ in 0..<60 {
                var changed = bytes
                changed[Int.random(in: 0..<bytes.count, using: &random)] ^= UInt8(
                    1 << Int.random(in: 0..<7, using: &random))
                #expect(throws: (any Error).self) { _ = try verify(changed) }
            }
        }
        try checkSignature(of: pdf) { _ = try verify($0) }
        if let kept = ProcessInfo.processInfo.environment["ENTREPOT_KEEP_REPORT"] {
            try Data(pdf).write(to: URL(fileURLWithPath: kept))
        }
    }

    /// The document's own signature is the one part that it cannot cover: each of its digits is changed.
    private static func checkSignature(of pdf: [UInt8], verify: ([UInt8]) throws -> Void) throws {
        let start = try #require(Data(pdf).firstRange(of: Data("/Contents <".utf8))?.upperBound)
        let end = try #require(pdf[start...].firstIndex(of: UInt8(ascii: ">")))
        let last = try #require(pdf[start..<end].lastIndex { $0 != UInt8(ascii: "0") })
        #expect(last - start > 1_000)
        for place in Array(start...last) + [end - 1] {
            var changed = pdf
            changed[place] = changed[place] == UInt8(ascii: "1") ? UInt8(ascii: "2") : UInt8(ascii: "1")
            #expect(throws: (any Error).self, "digit \(place - start)") { try verify(changed) }
        }
    }
}
