import Client
import Domains
import Foundation
import Tables
import Tasks
import Testing

/// What a person does on the page of the local proxy, call by call, against a live service.
@Suite("The page of the local proxy, live", .serialized, .timeLimit(.minutes(30)), .live)
struct PageTests {
    /// A proxy, and calls to it as its own page makes them.
    struct Page {
        let calls: RawCalls
        let token: String

        func state() async throws -> [String: Any] {
            let answer = try await calls("/entrepot/state")
            #expect(answer.status == 200, "\(answer.body)")
            return answer.object
        }

        func may() async throws -> Set<String> { Set(try await state()["may"] as? [String] ?? []) }

        func post(_ action: String, _ body: Data = Data()) async throws -> RawCalls.Answer {
            let file = calls.directory.appending(path: "body-\(UUID().uuidString)")
            try body.write(to: file)
            defer { try? FileManager.default.removeItem(at: file) }
            return try await calls(
                "/entrepot/\(action)",
                [
                    "-H", "Entrepot-Page: \(token)", "-H", "Origin: http://127.0.0.1:\(calls.port)", "--data-binary",
                    "@\(file.lastPathComponent)",
                ])
        }

        func post(_ action: String, _ json: [String: String]) async throws -> RawCalls.Answer {
            try await post(action, JSONSerialization.data(withJSONObject: json))
        }
    }

    private static func withPage(_ live: LiveService, _ party: String, _ use: (Page) async throws -> Void) async throws
    {
        try await withPage(live, live.client(party), party, use)
    }

    /// - Parameter name: of the folder that the calls are made in.
    static func withPage(
        _ live: LiveService, _ configuration: ClientConfiguration, _ name: String,
        _ use: (Page) async throws -> Void
    ) async throws {
        try await withProxy(configuration) { port in
            let calls = try RawCalls.plain(port, in: live.directory.appending(path: "page-\(name)"))
            let page = try await calls("/entrepot/").body
            let mark = "name=\"entrepot-token\" content=\""
            let token = try #require(page.components(separatedBy: mark).last?.prefix { $0 != "\"" })
            #expect(token.count == 64)
            try await use(Page(calls: calls, token: String(token)))
        }
    }

    @Test("from the signature to the rows: read, sign, check, upload, confirm, fetch, keep receipts")
    func wholeWay() async throws {
        try await withService(try TestTask.workshop(), signatures: []) { live in
            try await Self.withPage(live, "Alice") { alice async throws in
                try await Self.withPage(live, "Bob") { bob async throws in
                    try await agree(alice, bob, live)
                    try await bring(alice, bob)
                    try await waitForModel(alice.calls)
                    try await take(alice)
                }
            }
        }
    }

    private func agree(_ alice: Page, _ bob: Page, _ live: LiveService) async throws {
        let state = try await alice.state()
        let task = try #require(state["task"] as? [String: Any])
        #expect(task["digest"] as? String == live.specification.digest.hex)
        #expect((task["words"] as? String)?.contains("What leaves the service") == true)
        #expect(state["isSimulated"] as? Bool == true)
        let checks = try #require(state["checks"] as? [[String: Any]])
        #expect(checks.count == 7)
        #expect(try await alice.may() == ["sign", "check", "halt"])

        let other = try await alice.post("sign", ["task": String(repeating: "0", count: 64)])
        #expect(other.status == 409 && other.code == "hash_mismatch")
        #expect(try await alice.post("upload", Data(Cars.alice().utf8)).status == 409)
        let first = try await alice.post("sign", ["task": live.specification.digest.hex])
        #expect(first.object["missing"] as? [String] == ["Bob"])
        #expect(try await alice.may() == ["check", "halt"])
        let second = try await bob.post("sign", ["task": live.specification.digest.hex])
        #expect(second.object["missing"] as? [String] == [])
        #expect(try await alice.state()["stage"] as? String == "collecting")
    }

    private func bring(_ alice: Page, _ bob: Page) async throws {
        let bad = Data((Cars.alice(1..<40) + "99,cheap,low,2\n99,low,low,7\nx,low,low,2\n").utf8)
        let verdict = try await alice.post("check", bad)
        #expect(verdict.object["accepted"] as? Bool == false)
        let local = try #require(verdict.object["problems"] as? [[String: Any]])
        // The service's own refusal of the same bytes, problem by problem.
        let refused = try await alice.calls.upload(bad)
        let remote = try #require(refused.object["problems"] as? [[String: Any]])
        #expect(!local.isEmpty && local.map { $0 as NSDictionary } == remote.map { $0 as NSDictionary })
        #expect(try await alice.post("upload", bad).code == refused.code)
        #expect(try await alice.state()["held"] == nil)

        let good = try await alice.post("check", Data(Cars.alice().utf8))
        #expect(good.object["accepted"] as? Bool == true && good.object["rows"] as? Int == 50)
        let uploaded = try await alice.post("upload", Data(Cars.alice().utf8))
        #expect(uploaded.object["sha256"] as? String == good.object["sha256"] as? String)
        #expect(try await alice.may() == ["check", "upload", "confirm", "withdraw", "halt"])
        let held = try #require(try await alice.state()["held"] as? String)
        #expect(held == good.object["sha256"] as? String)

        #expect(try await alice.post("withdraw").status == 200)
        #expect(try await alice.may() == ["check", "upload", "halt"])
        #expect(try await alice.post("upload", Data(Cars.alice().utf8)).status == 200)
        #expect(try await alice.post("confirm", ["digest": String(repeating: "0", count: 64)]).status == 409)
        #expect(try await alice.post("confirm", [:]).status == 400)
        #expect(try await alice.post("confirm", ["digest": held]).status == 200)

        let bobs = try await bob.post("upload", Data(Cars.bob().utf8))
        let digest = try #require(bobs.object["sha256"] as? String)
        #expect(try await bob.post("confirm", ["digest": digest]).status == 200)
    }

    private func take(_ alice: Page) async throws {
        #expect(try await alice.may() == ["samples", "report"])
        #expect(try await alice.calls("/samples?format=csv&num_samples=5&seed=1").status == 200)
        #expect(try await alice.calls("/report").body.contains("Column by column"))
        let state = try await alice.state()
        let receipts = try #require(state["receipts"] as? [[String: Any]])
        #expect(receipts.compactMap { $0["words"] as? String }.contains("a table was accepted"))
        let name = try #require(receipts.last?["file"] as? String)
        let receipt = try await alice.calls("/entrepot/receipts/\(name)")
        _ = try Receipt(json: Array(receipt.body.utf8))
        for hostile in ["../seen.json", "..%2Fseen.json", "nothing.json"] {
            #expect(try await alice.calls("/entrepot/receipts/\(hostile)", ["--path-as-is"]).status == 404)
        }
    }

    @Test("a hostile page, a missing token and a wrong one are refused, and nothing has changed")
    func hostile() async throws {
        try await withService(try TestTask.workshop()) { live in
            try await Self.withPage(live, "Alice") { alice async throws in
                #expect(try await alice.post("upload", Data(Cars.alice().utf8)).status == 200)
                let own = "Entrepot-Page: \(alice.token)"
                for (name, headers) in [
                    ("another origin", ["-H", "Origin: https://evil.example", "-H", own]),
                    ("another site", ["-H", "Sec-Fetch-Site: cross-site", "-H", own]),
                    ("a name that leads here", ["-H", "Host: evil.example", "-H", own]),
                    ("no token", []), ("a wrong token", ["-H", "Entrepot-Page: \(alice.token.dropLast())0x"]),
                    ("no token, own origin", ["-H", "Origin: http://127.0.0.1:\(alice.calls.port)"]),
                ] {
                    for action in ["halt", "withdraw", "confirm", "sign", "check", "upload"] {
                        let answer = try await alice.calls("/entrepot/\(action)", ["-X", "POST", "-d", "{}"] + headers)
                        #expect(answer.status == 403, "\(name), \(action)")
                    }
                }
                // The service's own calls, as a page of this machine could try them.
                let local = ["-H", "Origin: http://localhost:8888"]
                #expect(try await alice.calls("/halt", ["-X", "POST"] + local).code == "not_a_program")
                #expect(try await alice.calls("/confirm_data", ["-H", "Sec-Fetch-Site: none"]).code == "not_a_program")
                let preflight = try await alice.calls(
                    "/entrepot/halt", ["-X", "OPTIONS", "-H", "Access-Control-Request-Headers: entrepot-page"] + local)
                #expect(preflight.status == 403)
                let state = try await alice.state()
                #expect(state["stage"] as? String == "collecting")
                #expect(try await alice.may().isSuperset(of: ["confirm", "withdraw", "halt"]))
            }
        }
    }

    @Test("a consumer and an auditor are offered what they may do, and the rest is refused")
    func otherRoles() async throws {
        try await withService(try TestTask.workshop()) { live in
            for party in ["Carol", "Olaf"] {
                try await Self.withPage(live, party) { page async throws in
                    #expect(try await page.may().isEmpty)
                    #expect(try await page.state()["you"] as? String == party)
                    #expect(try await page.post("check", Data(Cars.alice().utf8)).status == 403)
                    #expect(try await page.post("upload", Data(Cars.alice().utf8)).status == 403)
                    #expect(try await page.post("sign", ["task": live.specification.digest.hex]).status == 403)
                    #expect(try await page.post("halt").status == 403)
                }
            }
        }
    }

    @Test("the way to the page, and its card, stay open; what is not there is said")
    func addresses() async throws {
        try await withService(try TestTask.workshop()) { live in
            try await Self.withPage(live, "Alice") { alice async throws in
                #expect(try await alice.calls("/").status == 303)
                #expect(try await alice.calls("/entrepot").status == 303)
                #expect(try await alice.calls("/entrepot/card").object["party"] as? String == "Alice")
                #expect(try await alice.calls("/entrepot/nothing").status == 404)
                #expect(try await alice.calls("/details").status == 200)
            }
        }
    }

    @Test("a file of 200 MB is checked as it comes: the proxy holds codes and hashed keys")
    func largeFile() async {
        // In a process of its own: beside it, other tests take memory.
        await #expect(processExitsWith: .success) { try await PageTests.checksLargeFile() }
    }

    private static func checksLargeFile() async throws {
        let long = String(repeating: "x", count: 200)
        let yaml = """
            entrepot: 1
            task: large
            purpose: A test.
            parties:
              - {name: Alice, role: provider, public_key: KEY(Alice), table: {key: {column: id}, fields: [{name: a, type: string, categories: [\(long), y]}]}}
              - {name: Bob, role: provider, public_key: KEY(Bob), table: {key: {column: id}, fields: [{name: b, type: string, categories: [x, y]}]}}
            privacy: {epsilon: 1.0, delta: 1.0e-9, unit: record, unit_words: one joined record}
            limits: {upload_bytes: 1000000000, rows: 5000000}
            """
        try await withService(try TestTask(yaml: yaml, parties: ["Alice", "Bob"])) { live in
            try await Self.withPage(live, "Alice") { alice async throws in
                let file = live.directory.appending(path: "large.csv")
                _ = FileManager.default.createFile(atPath: file.path, contents: Data("id,a\n".utf8))
                let handle = try FileHandle(forWritingTo: file)
                try handle.seekToEnd()
                for block in 0..<100 {
                    let lines = (0..<10_000).map { "\(block * 10_000 + $0),\(long)\n" }.joined()
                    try handle.write(contentsOf: Data(lines.utf8))
                }
                try handle.close()
                let before = try residentMegabytes()
                let watch = Task {
                    var most = before
                    while !Task.isCancelled {
                        most = max(most, try residentMegabytes())
                        try? await Task.sleep(for: .milliseconds(25))
                    }
                    return most
                }
                let verdict = try await alice.calls(
                    "/entrepot/check",
                    ["-H", "Entrepot-Page: \(alice.token)", "-H", "Expect:", "-X", "POST", "-T", file.path])
                watch.cancel()
                let most = try await watch.value
                #expect(verdict.object["rows"] as? Int == 1_000_000, "\(verdict.body.prefix(400))")
                #expect(most - before < 100, "\(most - before) MB")
            }
        }
    }
}
