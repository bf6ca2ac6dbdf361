import Attestation
import Client
import Foundation
import Tasks
import Testing

/// The workshop's notebook, replayed: two local proxies and a plain HTTP client that knows nothing of TLS or keys.
@Suite("Two local proxies", .serialized, .timeLimit(.minutes(30)), .live)
struct ProxyTests {
    @Test("the notebook's calls pass unchanged, in its order")
    func notebook() async throws {
        try await withService(try TestTask.workshop()) { live in
            try await withProxy(live.client("Alice")) { alicePort in
                try await withProxy(live.client("Bob")) { bobPort in
                    let alice = try RawCalls.plain(alicePort, in: live.directory.appending(path: "alice"))
                    let bob = try RawCalls.plain(bobPort, in: live.directory.appending(path: "bob"))
                    #expect(try await alice("/details").object["party_names"] as? [String] == ["Alice", "Bob"])
                    #expect(try await alice.upload(Cars.alice()).object["message"] as? String == "Upload completed")
                    #expect(try await bob.upload(Cars.bob()).object["message"] as? String == "Upload completed")
                    #expect(try await alice("/confirm_data").object["message"] as? String == "Data confirmed")
                    #expect(try await bob("/confirm_data").object["message"] as? String == "Data confirmed")
                    #expect(try await alice("/formats").body == "[\"csv\",\"json\"]")
                    try await waitForModel(alice)
                    #expect(try await alice("/columns?party=mine").object["user"] as? String == "Alice")
                    #expect(try await alice("/columns?party=theirs").object["user"] as? String == "Alice")
                    let samples = try await bob("/samples?format=csv&num_samples=100")
                    #expect(samples.type == "text/csv; charset=utf-8")
                    #expect(samples.body.split(separator: "\n").count == 101)
                }
            }
        }
    }

    @Test("a page of another origin, a header that names a party, and a refused table are answered as they must be")
    func refusals() async throws {
        try await withService(try TestTask.workshop()) { live in
            try await withProxy(live.client("Carol")) { port in
                let calls = try RawCalls.plain(port, in: live.directory.appending(path: "carol"))
                #expect(try await calls("/details", ["-H", "Origin: https://evil.example"]).status == 403)
                #expect(try await calls("/details", ["-H", "Host: evil.example"]).status == 403)
                let claim = try await calls("/confirm_data", ["-H", "X-OBLV-User-Name: Alice"])
                #expect(claim.status == 403 && claim.code == "role")
                #expect(try await calls.upload(Cars.alice()).status == 403)
                #expect(try await calls("/nowhere").status == 404)
            }
        }
    }

    @Test("a proxy does not begin to listen before a service that fails verification")
    func unverified() async throws {
        try await withService(try TestTask.workshop()) { live in
            var configuration = live.client("Alice")
            configuration.trust.allowSimulated = false
            let error = await #expect(throws: ClientError.self) { try await withProxy(configuration) { _ in } }
            #expect(error?.exitCode == 3)
        }
    }

    @Test(
        "another user of the machine gets nothing of a proxy, and its owner goes on",
        .enabled(if: getuid() == 0 && FileManager.default.isExecutableFile(atPath: "/usr/bin/setpriv")))
    func otherUsers() async throws {
        try await withService(try TestTask.workshop()) { live in
            try await withProxy(live.client("Alice")) { port in
                let calls = try RawCalls.plain(port, in: live.directory.appending(path: "alice"))
                func code(_ user: [String], _ path: String) async throws -> String {
                    let process = Process()
                    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
                    process.arguments =
                        user + [
                            "curl", "-s", "-m", "20", "-o", "/dev/null", "-w", "%{http_code}",
                            "http://127.0.0.1:\(port)\(path)",
                        ]
                    let output = Pipe()
                    process.standardOutput = output
                    try process.run()
                    let text = output.fileHandleForReading.readDataToEndOfFile()
                    process.waitUntilExit()
                    return String(decoding: text, as: UTF8.self)
                }
                let other = ["setpriv", "--reuid=65534", "--clear-groups"]
                for path in ["/details", "/entrepot/", "/confirm_data"] {
                    #expect(try await code(other, path) == "000", "\(path)")
                    #expect(try await code([], path) != "000", "\(path)")
                }
                #expect(try await calls("/details").status == 200)
            }
        }
    }

    @Test("a proxy that was told to ask passes no confirmation and no halt on, however the path is written")
    func asking() async throws {
        try await withService(try TestTask.workshop()) { live in
            try await withProxy(live.client("Alice"), asksFirst: true) { port in
                let alice = try RawCalls.plain(port, in: live.directory.appending(path: "asking"))
                #expect(try await alice.upload(Cars.alice()).status == 200)
                for path in ["/confirm_data", "/confirm%5Fdata", "/confirm_data?x"] {
                    let answer = try await alice(path)
                    #expect(answer.status == 409 && answer.code == "ask_first", "\(path): \(answer.body)")
                }
                #expect(try await alice("/confirm_data", ["-X", "POST"]).code == "ask_first")
                #expect(try await alice("/halt", ["-X", "POST"]).code == "ask_first")
                let status = try await alice("/model_status?verbose=1").object["parties"] as? [String: [String: Bool]]
                #expect(status?["Alice"]?["confirmed"] == false && status?["Alice"]?["uploaded"] == true)
                // What is signed, to the last byte.
                let task = try await alice("/entrepot/task")
                #expect(task.body == String(decoding: live.specification.canonicalBytes, as: UTF8.self))
            }
        }
    }

    @Test("a proxy listens on this machine only")
    func loopback() async throws {
        try await withService(try TestTask.workshop()) { live in
            #expect(throws: ClientError.self) { try LocalProxy(live.client("Alice"), host: "0.0.0.0", port: 0) }
        }
    }
}
