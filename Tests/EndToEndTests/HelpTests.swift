import Foundation
import Testing

/// What a person meets who does not know the program yet.
@Suite("Help and consent", .serialized, .timeLimit(.minutes(30)), .live)
struct HelpTests {
    /// The commands that a help text lists.
    private func commands(_ text: String) -> [String] {
        text.split(separator: "\n").compactMap { line in
            guard line.hasPrefix("  "), !line.hasPrefix("   "), let word = line.split(separator: " ").first,
                !word.hasPrefix("-"), !word.hasPrefix("<"), word != "See", line.count > 20
            else { return nil }
            return String(word)
        }
    }

    @Test(
        "every command has an example that it understands, and stands in a group",
        .enabled(if: Program.isBuilt, Program.absence))
    func examples() async throws {
        let whole = try await Program.run(["--help"]).output
        for group in ["AGREEMENT", "TABLE", "RESULTS", "VERIFICATION", "OPERATION", "TRIAL"] {
            #expect(whole.uppercased().contains(group), "\(group)")
        }
        #expect(whole.contains("--generate-completion-script") && whole.contains("entrepot.yaml"))
        var all = commands(whole).filter { !["task", "image", "psi", "request"].contains($0) }.map { [$0] }
        for parent in ["task", "image", "psi", "request"] {
            all += commands(try await Program.run([parent, "--help"]).output).map { [parent, $0] }
        }
        #expect(all.count > 30, "\(all)")
        for command in all {
            let help = try await Program.run(command + ["--help"]).output
            let words = help.split(whereSeparator: \.isWhitespace).map(String.init)
            let place = try #require(words.firstIndex(of: "Example:"), "\(command)")
            #expect(Array(words[(place + 1)...].prefix(command.count + 1)) == ["entrepot"] + command, "\(command)")
        }
        let version = try await Program.run(["--version"])
        #expect(version.code == 0 && version.output.hasPrefix("entrepot"), "\(version.output)")
    }

    @Test(
        "a command that is not there is named, with the nearest that is",
        .enabled(if: Program.isBuilt, Program.absence),
        arguments: [
            (["sampel", "x.model"], "did you mean 'sample'?"), (["task", "lnt"], "did you mean 'lint'?"),
            (["frobnicate"], "--help` lists them"), (["stauts", "--wait"], "did you mean 'status'?"),
        ])
    func unknownCommand(words: [String], hint: String) async throws {
        let answer = try await Program.run(words)
        #expect(answer.code == 64 && answer.talk.contains(hint), "\(answer)")
    }

    @Test(
        "completions exist for three shells", .enabled(if: Program.isBuilt, Program.absence),
        arguments: ["bash", "zsh", "fish"])
    func completions(shell: String) async throws {
        let script = try await Program.run(["--generate-completion-script", shell])
        #expect(script.code == 0 && script.output.contains("simulated-root") && script.output.contains("doctor"))
    }

    @Test(
        "the doctor knows whether a key is one of the task's", .enabled(if: Program.isBuilt, Program.absence))
    func keyOfTask() async throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "doctor-\(UUID().uuidString)").path
        defer { try? FileManager.default.removeItem(atPath: folder) }
        _ = try await Program.run(["demo-data", "workshop", "--output", folder])
        for name in ["Alice", "Eve"] { _ = try await Program.run(["keygen", name, "--output", folder]) }
        let key = try String(contentsOfFile: "\(folder)/Alice.pub", encoding: .utf8)
        let text = try await Program.run([
            "task", "draft", "--name", "cars", "--data", "Alice=\(folder)/alice.csv", "--data", "Bob=\(folder)/bob.csv",
        ]).output.replacing(#/ *# (?:to be confirmed.*|value of the sample)/#, with: "")
        let place = try #require(text.firstRange(of: "public_key: \"\""))
        try text.replacingCharacters(in: place, with: "public_key: \(key)")
            .write(toFile: "\(folder)/task.yaml", atomically: true, encoding: .utf8)
        for (name, code) in [("Alice", Int32(0)), ("Eve", 1)] {
            let found = try await Program.run([
                "doctor", "--task", "\(folder)/task.yaml", "--key", "\(folder)/\(name).key",
            ])
            #expect(
                found.code == code && found.output.contains(code == 0 ? ", of Alice" : "no party of"), "\(found.output)"
            )
        }
    }

    @Test(
        "the doctor says what must be mended and ends with 1; what is in order ends with 0",
        .enabled(if: Program.isBuilt, Program.absence))
    func doctor() async throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "doctor-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let sound = try await Program.run(["doctor", "--state", folder.appending(path: "state").path])
        #expect(
            sound.code == 0 && sound.output.contains("✓ state") && sound.output.contains("clock"), "\(sound.output)")
        let ill = try await Program.run([
            "doctor", "--key", folder.appending(path: "no.key").path, "--certificates", "/etc/hostname",
            "--state", "/proc/none/state",
        ])
        #expect(ill.code == 1 && ill.output.contains("3 things must be mended"), "\(ill.output)")
        #expect(ill.output.contains("entrepot keygen NAME"))
        let file = folder.appending(path: "state.txt").path
        try Data("x".utf8).write(to: URL(fileURLWithPath: file))
        let wrong = try await Program.run([
            "doctor", "--state", file, "--task", folder.appending(path: "none.yaml").path,
        ])
        #expect(
            wrong.code == 1 && wrong.output.contains("is a file and no folder")
                && wrong.output.contains("there is no file"),
            "\(wrong.output)")
        let absent = try await Program.run(["doctor", "--certificates", folder.appending(path: "none.pem").path])
        #expect(absent.code == 1 && absent.output.contains("none.pem: check its name and folder"), "\(absent.output)")
        let json = try await Program.run(["doctor", "--json"])
        #expect(try JSONSerialization.jsonObject(with: Data(json.output.utf8)) is [[String: Any]])
    }
}
