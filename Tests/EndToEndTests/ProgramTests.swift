import Crypto
import Foundation
import Ledger
import Tasks
import Testing

/// The binary from the first command to the last, with curl as the only other program.
@Suite("The program", .serialized, .timeLimit(.minutes(30)), .live)
struct ProgramTests {
    private struct Scene {
        let folder: URL
        let task: TestTask
        let taskFile: String
        let service: Program.Running
        let url: String
        let trust: [String]

        func key(_ party: String) -> String { folder.appending(path: "\(party).pem").path }

        /// Options of every command that talks to the service.
        func options(_ party: String) -> [String] {
            ["--url", url, "--key", key(party), "--memory", folder.appending(path: "seen-\(party).json").path] + trust
        }
    }

    private func withScene(_ use: (Scene) async throws -> Void) async throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "program-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let task = try TestTask.workshop()
        let taskFile = folder.appending(path: "task.yaml").path
        // Canonical JSON is YAML as well.
        try Data(task.specification.canonicalBytes).write(to: URL(fileURLWithPath: taskFile))
        for (party, key) in task.keys {
            try Data(key.pemRepresentation.utf8).write(to: folder.appending(path: "\(party).pem"))
        }
        for party in ["Alice", "Bob"] {
            let signed = try await Program.run([
                "task", "sign", taskFile, "--key", folder.appending(path: "\(party).pem").path,
            ])
            #expect(signed.code == 0, "\(signed.talk)")
        }
        try Data(Cars.alice().utf8).write(to: folder.appending(path: "alice.csv"))
        try Data(Cars.bob().utf8).write(to: folder.appending(path: "bob.csv"))
        let service = try Program.Running([
            "serve", "--task", taskFile, "--attester", "simulated", "--listen", "127.0.0.1:0", "--state",
            folder.appending(path: "state").path,
        ])
        defer { service.stop() }
        let root = try await service.announced("root of the simulated evidence: ")
        let measurements = try await service.announced("measurements of this process: ")
        let url = try await service.announced("listening on ")
        try await use(
            Scene(
                folder: folder, task: task, taskFile: taskFile, service: service, url: url,
                trust: [
                    "--allow-simulated", "--simulated-root", root, "--measurements", measurements, "--allow-debug",
                ]))
    }

    @Test(
        "connect: one card, then the whole workshop over plain HTTP, with receipts that verify offline",
        .enabled(if: Program.isBuilt, Program.absence))
    func connect() async throws {
        try await withScene { scene in
            let proxy = try Program.Running(["connect", "--listen", "127.0.0.1:0"] + scene.options("Alice"))
            defer { proxy.stop() }
            let address = try await proxy.announced("listening on ")
            let port = try #require(Int(address.split(separator: ":").last ?? ""))
            for line in [
                "you are       Alice, provider", "SIMULATED", "PCR16", "privacy       epsilon 3.0", "read aloud",
            ] {
                #expect(proxy.talk.contains(line), "\(line)")
            }
            let alice = try RawCalls.plain(port, in: scene.folder.appending(path: "curl"))
            #expect(proxy.talk.contains("in a browser  \(address)/entrepot/"))
            let page = try await alice("/entrepot/").body
            #expect(page.contains("--synthetic:#c47a00"), "the look of the report")
            #expect((try await alice("/entrepot/state").body).contains("How the budget is split"))
            let card = try await alice("/entrepot/card").object
            #expect(card["party"] as? String == "Alice" && card["simulated"] as? Bool == true)
            #expect(card["spec_hash"] as? String == scene.task.specification.digest.hex)
            #expect(try await alice("/entrepot/card", ["-H", "Origin: https://evil.example"]).status == 403)
            #expect(try await alice("/details", ["-H", "Host: rebound.example"]).status == 403)

            #expect(try await alice.upload(Cars.alice()).status == 200)
            let receipts = try #require(card["receipts"] as? String)
            let names = try FileManager.default.contentsOfDirectory(atPath: receipts).sorted()
            let upload = try #require(names.first { $0.contains("-upload-") })
            #expect(try await alice("/confirm_data").status == 200)

            let table = try await Program.run(
                ["upload", scene.folder.appending(path: "bob.csv").path] + scene.options("Bob"))
            #expect(table.code == 0, "\(table.talk)")
            let confirmed = try await Program.run(["confirm", "--yes"] + scene.options("Bob"))
            #expect(confirmed.code == 0, "\(confirmed.talk)")
            let status = try await Program.run(["status", "--wait"] + scene.options("Bob"))
            #expect(status.code == 0 && status.output == "trained\n")
            let model = scene.folder.appending(path: "fetched.model").path
            let fetched = try await Program.run(["model", "--output", model] + scene.options("Carol"))
            #expect(fetched.code == 0 && fetched.talk.contains("as in the ledger"), "\(fetched.talk)")
            #expect(try await Program.run(["verify", "--privacy", model]).code == 0)
            let offline = try await Program.run(["sample", model, "--rows", "50", "--seed", "4"])
            let online = try await Program.run(["samples", "--rows", "50", "--seed", "4"] + scene.options("Carol"))
            #expect(offline.code == 0 && offline.output == online.output, "rows of the file are those of the service")
            func path(_ name: String) -> String { scene.folder.appending(path: name).path }
            let several = ["--imputations", "2", "--rows", "40", "--seed", "9"]
            let imputed = try await Program.run(
                ["samples", "--output", path("service.csv")] + several + scene.options("Carol"))
            #expect(imputed.code == 0, "\(imputed.talk)")
            #expect(try await Program.run(["sample", model, "--output", path("file.csv")] + several).code == 0)
            for number in 1...2 {
                #expect(
                    try String(contentsOfFile: path("service-\(number).csv"), encoding: .utf8)
                        == String(contentsOfFile: path("file-\(number).csv"), encoding: .utf8))
            }
            let rows = try await alice("/samples?format=csv&num_samples=7")
            #expect(rows.body.split(separator: "\n").count == 8)

            let file = "\(receipts)/\(upload)"
            let root = scene.trust[2]
            let named = Array(scene.trust[1...4])
            let checked = try await Program.run(["verify", file, "--allow-debug"] + named)
            #expect(checked.code == 0 && checked.output.contains("a table was accepted"), "\(checked.talk)")
            // One plain sentence at the end, and no digest unless it is asked for.
            #expect(
                checked.output.split(separator: "\n").last?.hasPrefix("VERDICT       the receipt is authentic") == true)
            #expect(!checked.output.split(separator: "\n").contains { $0.hasPrefix("PCR") })
            let detailed = try await Program.run(["verify", file, "--allow-debug", "--details"] + named)
            #expect(detailed.code == 0 && detailed.output.contains("PCR16") && detailed.output.contains("hash "))
            // Authentic, but nobody said of which program: another answer than ours.
            let unnamed = try await Program.run(["verify", file, "--simulated-root", root, "--allow-debug"])
            #expect(unnamed.code == 3 && unnamed.talk.contains("which program was not compared"), "\(unnamed.talk)")
            let shown = try await Program.run(["verify", file, "--simulated-root", root, "--allow-debug", "--json"])
            #expect(shown.code == 3 && shown.output.contains(#""accepted" : false"#), "\(shown.output)")
            #expect(try await Program.run(["verify", file] + named).code == 3)
            let rootless = try await Program.run(["verify", file])
            #expect(rootless.code == 2 && rootless.talk.contains("you named no root for simulated evidence"))
            try await openings(file, scene)
            var bytes = try Data(contentsOf: URL(fileURLWithPath: file))
            let place = try #require(bytes.firstRange(of: Data("commitment".utf8))).upperBound + 8
            bytes[place] = bytes[place] == 0x30 ? 0x31 : 0x30
            try bytes.write(to: URL(fileURLWithPath: file))
            #expect(try await Program.run(["verify", file, "--simulated-root", root, "--allow-debug"]).code == 2)
        }
    }

    /// The owner proves which file a receipt is of; nobody proves another.
    private func openings(_ receipt: String, _ scene: Scene) async throws {
        let verify = ["verify", receipt, "--allow-debug"] + scene.trust[1...4]
        let opening = String(receipt.dropLast(".json".count)) + ".opening"
        let digest = SHA256.hash(data: Data(Cars.alice().utf8)).map { String(format: "%02x", $0) }.joined()
        let own = try await Program.run(verify)
        #expect(own.code == 0 && own.output.contains("this receipt is of your file: SHA-256 \(digest)"), "\(own.talk)")
        func file(_ name: String) -> String { scene.folder.appending(path: name).path }
        let shown = try await Program.run(verify + ["--file", file("alice.csv")])
        #expect(shown.code == 0 && shown.output.contains("this receipt is of the file \(file("alice.csv")), SHA-256"))
        #expect(try await Program.run(verify + ["--file", file("bob.csv")]).code == 2)
        let moved = file("kept.opening")
        try FileManager.default.moveItem(atPath: opening, toPath: moved)
        let without = try await Program.run(verify)
        #expect(without.code == 0 && !without.output.contains("this receipt is of") && !without.output.contains(digest))
        #expect(try await Program.run(verify + ["--file", file("alice.csv")]).code == 64)
        #expect(try await Program.run(verify + ["--opening", moved, "--file", file("alice.csv")]).code == 0)
        try OpeningFile(UploadOpening(blinding: .random(), file: LedgerHash(of: [1]))).write(to: opening)
        #expect(try await Program.run(verify).code == 2)
        try Data("{}".utf8).write(to: URL(fileURLWithPath: opening))
        #expect(try await Program.run(verify).code == 65)
        try FileManager.default.removeItem(atPath: opening)
    }

    @Test(
        "upload draws a bar on a terminal and only there; status --wait says whom it waits for, phase by phase",
        .enabled(if: Program.isBuilt && FileManager.default.isExecutableFile(atPath: Program.script), Program.absence))
    func progress() async throws {
        try await withScene { scene in
            let waiting = try Program.Running(["status", "--wait"] + scene.options("Carol"))
            defer { waiting.stop() }
            _ = try await waiting.announced("status: collecting, waits for the table of Alice, Bob")
            let alice = ["upload", scene.folder.appending(path: "alice.csv").path] + scene.options("Alice")
            let plain = try await Program.run(alice)
            #expect(plain.code == 0 && !plain.talk.contains("█"), "\(plain.talk)")
            let drawn = try Program.Running(alice, onTerminal: true).outcome()
            #expect(drawn.code == 0, "\(drawn.output)")
            #expect(drawn.output.contains("upload ░░░"), "\(drawn.output)")
            #expect(drawn.output.contains("███ 100 %  0.0 of 0.0 MB"), "\(drawn.output)")
            _ = try await waiting.announced("status: collecting, waits for the table of Bob")
            #expect(try await Program.run(["confirm", "--yes"] + scene.options("Alice")).code == 0)
            let bob = ["upload", scene.folder.appending(path: "bob.csv").path] + scene.options("Bob")
            #expect(try await Program.run(bob).code == 0)
            _ = try await waiting.announced("status: collecting, waits for Bob to confirm")
            #expect(try await Program.run(["confirm", "--yes"] + scene.options("Bob")).code == 0)
            let outcome = waiting.outcome()
            #expect(outcome.code == 0 && outcome.output == "trained\n" && outcome.talk.contains("status: trained"))
        }
    }

    @Test(
        "what cannot be undone asks for the task's name on a terminal, never waits without one, and takes --yes",
        .timeLimit(.minutes(5)),
        .enabled(if: Program.isBuilt && FileManager.default.isExecutableFile(atPath: Program.script), Program.absence))
    func consent() async throws {
        try await withScene { scene in
            let alice = scene.folder.appending(path: "alice.csv").path
            #expect(try await Program.run(["upload", alice] + scene.options("Alice")).code == 0)
            for command in ["confirm", "halt"] {
                let silent = try await Program.run([command] + scene.options("Alice"))
                #expect(silent.code == 64 && silent.talk.contains("--yes") && silent.talk.contains("nothing was done"))
            }
            let name = scene.task.specification.name
            let wrong = try Program.Running(
                ["confirm"] + scene.options("Alice"), onTerminal: true, typed: "yes\n"
            ).outcome()
            #expect(wrong.code == 1 && wrong.output.contains("not the task's name"), "\(wrong.output)")
            for line in ["spent for good", "withdraw", "least_rows", "type the task's name, \(name)"] {
                #expect(wrong.output.contains(line), "\(line)")
            }
            let status = try await Program.run(["status"] + scene.options("Alice"))
            #expect(status.output == "collecting\n")
            let right = try Program.Running(
                ["confirm"] + scene.options("Alice"), onTerminal: true, typed: name + "\n"
            ).outcome()
            #expect(right.code == 0 && right.output.contains("Data confirmed"), "\(right.output)")
        }
    }

    @Test(
        "settings stand in for options that a person would type again; a planner needs nothing else",
        .enabled(if: Program.isBuilt, Program.absence))
    func settings() async throws {
        try await withScene { scene in
            let settings = """
                url: \(scene.url)
                key: Carol.pem
                task: task.yaml
                memory: seen-Carol.json
                allow_simulated: true
                simulated_root: \(scene.trust[2])
                measurements: \(scene.trust[4])
                """
            try Data(settings.utf8).write(to: scene.folder.appending(path: "entrepot.yaml"))
            let plain = try Program.Running(["status", "--allow-debug"], in: scene.folder).outcome()
            #expect(plain.code == 0 && plain.output == "collecting\n", "\(plain.talk)")
            #expect(plain.talk.contains("from entrepot.yaml:"))
            let other = try Program.Running(
                ["status", "--allow-debug"], environment: ["ENTREPOT_KEY": scene.key("Alice")], in: scene.folder
            ).outcome()
            #expect(
                other.code == 0 && other.talk.contains("ENTREPOT_KEY is taken, not key of entrepot.yaml"),
                "\(other.talk)")
            let absent = try Program.Running(
                ["status", "--allow-debug", "--key", "nofile.key"], in: scene.folder
            ).outcome()
            #expect(absent.code == 5 && absent.talk.contains("There is no file nofile.key"), "\(absent.talk)")
            let keyless = try await Program.run(["status", "--url", scene.url] + scene.trust)
            #expect(keyless.code == 5 && keyless.talk.contains("--key"), "\(keyless.talk)")
            let rootless = try await Program.run(["status", "--url", scene.url, "--key", scene.key("Alice")])
            #expect(rootless.code == 2 && rootless.talk.contains("You named no root for simulated evidence"))
            #expect(!rootless.talk.contains("not authentic"), "\(rootless.talk)")
        }
    }

    @Test("rows written through a link leave the link where it was", .enabled(if: Program.isBuilt, Program.absence))
    func link() async throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "link-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        func path(_ name: String) -> String { folder.appending(path: name).path }
        let schema =
            #"{"fields": [{"name": "buying", "type": "string", "categories": ["vhigh", "high", "med", "low"]}]}"#
        try Data(schema.utf8).write(to: folder.appending(path: "schema.json"))
        try Data("buying\nhigh\nlow\n".utf8).write(to: folder.appending(path: "table.csv"))
        let fitted = try await Program.run([
            "fit", "--table", path("table.csv"), "--schema", path("schema.json"), "--epsilon", "1", "--output",
            path("model"),
        ])
        #expect(fitted.code == 0, "\(fitted.talk)")
        try Data("what was there before, and longer than the rows".utf8).write(to: folder.appending(path: "rows.csv"))
        try FileManager.default.createSymbolicLink(atPath: path("link"), withDestinationPath: path("rows.csv"))
        let sampled = try await Program.run([
            "sample", path("model"), "--rows", "3", "--seed", "1", "--output", path("link"),
        ])
        #expect(sampled.code == 0, "\(sampled.talk)")
        #expect(try FileManager.default.destinationOfSymbolicLink(atPath: path("link")) == path("rows.csv"))
        let rows = try String(contentsOfFile: path("rows.csv"), encoding: .utf8)
        #expect(rows.hasPrefix("buying\n") && rows.count { $0 == "\n" } == 4 && !rows.contains("before"))
    }

    @Test("exit codes of the commands", .enabled(if: Program.isBuilt, Program.absence))
    func exitCodes() async throws {
        try await withScene { scene in
            func code(_ arguments: [String]) async throws -> Int32 { try await Program.run(arguments).code }
            let live = ["--url", scene.url] + Array(scene.trust.dropFirst())
            #expect(try await code(["verify"] + live) == 0)
            #expect(try await code(["verify", "--url", scene.url]) == 2)
            let root = Array(scene.trust[1...2])
            #expect(try await code(["verify", "--url", scene.url, "--allow-debug"] + root) == 3)
            #expect(try await code(["verify", "--url", scene.url, "document"]) == 64)
            #expect(try await code(["verify", scene.taskFile + ".absent"]) == 65)
            #expect(try await code(["connect", "--url", scene.url, "--listen", "127.0.0.1:0"] + scene.trust) == 5)
            #expect(try await code(["connect", "--listen", "0.0.0.0:0"] + scene.options("Alice")) == 65)
            #expect(try await code(["connect", "--listen", "nonsense"] + scene.options("Alice")) == 64)
            #expect(try await code(["details", "--url", scene.url, "--key", scene.key("Alice")]) == 2)
            _ = try await Program.run(["keygen", "Eve", "--output", scene.folder.path])
            let eve = ["details", "--url", scene.url, "--key", scene.folder.appending(path: "Eve.key").path]
            #expect(try await code(eve + scene.trust) == 5)
            #expect(try await code(["halt", "--yes"] + scene.options("Carol")) == 5)
            #expect(try await code(["withdraw"] + scene.options("Alice")) == 1)
            #expect(try await code(["halt", "--yes"] + scene.options("Alice")) == 0)
            #expect(try await code(["details", "--url", "https://127.0.0.1:1", "--key", scene.key("Alice")]) == 1)
        }
    }
}
