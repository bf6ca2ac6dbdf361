import EngineCommands
import Foundation
import Testing

@Suite("settings: command line, then environment, then file")
struct SettingsTests {
    /// A folder with settings of its own, and one that stands for the user's.
    private func completed(
        _ arguments: [String], here: String? = nil, home: String? = nil, environment: [String: String] = [:],
        mode: Int = 0o644
    ) throws -> (arguments: [String], remarks: [String]) {
        let base = FileManager.default.temporaryDirectory.appending(path: "settings-\(UUID().uuidString)").path
        let (folder, config) = ("\(base)/folder", "\(base)/home/.config/entrepot")
        for path in [folder, config] {
            try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        }
        defer { try? FileManager.default.removeItem(atPath: base) }
        if let here {
            try here.write(toFile: "\(folder)/entrepot.yaml", atomically: true, encoding: .utf8)
            try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: "\(folder)/entrepot.yaml")
        }
        if let home { try home.write(toFile: "\(config)/entrepot.yaml", atomically: true, encoding: .utf8) }
        var all = environment
        all["HOME"] = "\(base)/home"
        let found = try Settings.complete(arguments) { () throws(CommandFailure) in
            try Settings(environment: all, folder: folder, user: geteuid())
        }
        return (
            found.arguments.map { $0.replacing(base, with: "BASE") },
            found.remarks.map { $0.replacing(base, with: "BASE") }
        )
    }

    @Test(
        "what the command line gives wins, then the environment, then the file here, then the user's; the winner is said"
    )
    func precedence() throws {
        let here = "url: https://here:1\nkey: Alice.key\n"
        let home = "url: https://home:1\nmeasurements: ~/release.json\n"
        let plain = try completed(["status", "--wait"], here: here, home: home)
        #expect(
            plain.arguments == [
                "status", "--wait", "--url=https://here:1", "--key=BASE/folder/Alice.key",
                "--measurements=" + ("~/release.json" as NSString).expandingTildeInPath,
            ])
        #expect(
            plain.remarks.contains("url of entrepot.yaml is taken, not url of BASE/home/.config/entrepot/entrepot.yaml")
        )
        #expect(plain.remarks.contains("from entrepot.yaml: url, key"))
        let outer = try completed(["status"], here: here, environment: ["ENTREPOT_URL": "https://outer:1"])
        #expect(outer.arguments.contains("--url=https://outer:1") && !outer.arguments.contains("--url=https://here:1"))
        #expect(outer.remarks.contains("ENTREPOT_URL is taken, not url of entrepot.yaml"))
        let typed = try completed(
            ["status", "--url", "https://typed:1"], here: here, environment: ["ENTREPOT_URL": "https://outer:1"])
        #expect(typed.arguments.prefix(3) == ["status", "--url", "https://typed:1"])
        #expect(!typed.arguments.contains { $0.hasPrefix("--url=") })
        #expect(typed.remarks.contains("--url of the command line is taken, not ENTREPOT_URL"))
    }

    @Test(
        "what cannot be a setting is refused with its line and the nearest that can",
        arguments: [
            ("urll: https://here:1", "Did you mean url?"), ("measure_again: true", "--measure-again"),
            ("yes: true", "--yes"), ("allow_debug: true", "--allow-debug"), ("url:", "no value"),
            ("url: {a: b}", "no value"), ("- url", "no list of keys"),
            ("entrepot: 1\nparties: []", "a task, not settings"),
            ("url: a\nurl: b", "twice"), ("url: [", "not YAML"), ("", "empty"),
        ])
    func refused(text: String, says: String) throws {
        let failure = #expect(throws: CommandFailure.self) { _ = try completed(["status"], here: text) }
        #expect(failure?.message.contains(says) == true, "\(failure?.message ?? "")")
        #expect(failure?.message.contains("entrepot.yaml") == true)
    }

    @Test("a file that everybody can write is refused: it decides whom a person trusts")
    func openFile() throws {
        let failure = #expect(throws: CommandFailure.self) {
            _ = try completed(["status"], here: "url: https://here:1", mode: 0o666)
        }
        #expect(failure?.message.contains("chmod o-w") == true)
    }

    @Test("commands without such options read no file; help and completions neither")
    func untouched() throws {
        for arguments in [
            ["demo"], ["keygen", "Alice"], ["--help"], ["status", "--help"], ["--version"], [],
            ["---completion", "status"],
        ] {
            #expect(try completed(arguments, here: "nonsense: 1").arguments == arguments)
        }
    }

    @Test("options that exclude each other are not put together")
    func exclusive() throws {
        let here = "url: https://here:1\ntask: task.yaml\nparty: Alice\n"
        #expect(try completed(["verify", "report.pdf"], here: here).arguments == ["verify", "report.pdf"])
        #expect(
            try completed(["verify", "--privacy", "a.model"], here: here).arguments == [
                "verify", "--privacy", "a.model",
            ])
        #expect(try completed(["verify"], here: here).arguments == ["verify", "--url=https://here:1"])
        #expect(
            try completed(["fit", "--table", "t.csv"], here: here).arguments == ["fit", "--table", "t.csv"])
        #expect(
            try completed(["check", "a.csv"], here: here).arguments
                == ["check", "a.csv", "--task=BASE/folder/task.yaml", "--party=Alice"])
        let half = ["prepare", "a.csv", "--output", "b.csv"]
        #expect(try completed(half, here: "task: task.yaml").arguments == half)
        #expect(
            try !completed(["ledger", "--total", "a.json"], here: here).arguments.contains("--url=https://here:1"))
        #expect(
            try completed(["query", "q", "--dry-run"], here: here).arguments == [
                "query", "q", "--dry-run", "--task=BASE/folder/task.yaml",
            ])
    }

    @Test("what is trusted of shards is added to a fit that sends them rows, and to no other")
    func shards() throws {
        let here = "key: office.key\nmeasurements: release.json\n"
        let trust = ["--key=BASE/folder/office.key", "--measurements=BASE/folder/release.json"]
        for engine in [["--engine", "shards"], ["--engine=shards"]] {
            #expect(try completed(["fit"] + engine, here: here).arguments == ["fit"] + engine + trust)
        }
        for other in [["fit"], ["fit", "--engine", "blocks"], ["fit", "--output", "shards"]] {
            #expect(try completed(other, here: here).arguments == other)
        }
    }

    @Test("switches are true or false; lists may have several files; what follows -- stays behind it")
    func forms() throws {
        let trusting = "allow_simulated: true\nsimulated_root: root.pem\ncertificates: [a.pem, /b.pem]\n"
        let found = try completed(["upload", "--", "-odd.csv"], here: trusting)
        #expect(
            found.arguments == [
                "upload", "--allow-simulated", "--simulated-root=BASE/folder/root.pem", "--certificates",
                "BASE/folder/a.pem", "/b.pem", "--", "-odd.csv",
            ])
        #expect(throws: CommandFailure.self) { _ = try completed(["status"], here: "allow_simulated: maybe") }
        #expect(try completed(["status"], here: "allow_simulated: false").arguments == ["status"])
        let slip = try completed(["status"], environment: ["ENTREPOT_MEASUREMENT": "x", "ENTREPOT_FUZZ": "1"])
        #expect(
            slip.remarks == ["ENTREPOT_MEASUREMENT is no setting and was not read; did you mean ENTREPOT_MEASUREMENTS?"]
        )
    }

    @Test("ENTREPOT_CONFIG names one file, or none")
    func named() throws {
        let here = "url: https://here:1\n"
        #expect(try completed(["status"], here: here, environment: ["ENTREPOT_CONFIG": "none"]).arguments == ["status"])
        #expect(
            try completed(["status"], here: here, environment: ["ENTREPOT_CONFIG": "entrepot.yaml"]).arguments
                == ["status", "--url=https://here:1"])
        #expect(throws: CommandFailure.self) {
            _ = try completed(["status"], here: here, environment: ["ENTREPOT_CONFIG": "absent.yaml"])
        }
    }
}
