import Bytes
import Foundation
import Testing

/// What people see of a file that somebody else wrote, on a terminal and on the page.
@Suite("Nothing hidden is shown", .enabled(if: Program.isBuilt, Program.absence))
struct ShownOutputTests {
    /// Controls, marks of direction, what has no width, ends of lines, private and unassigned characters.
    private static let hidden =
        "\u{1B}[2K\u{1B}[1A\u{9B}31m\u{7}\u{7F}\u{85}\u{2028}\u{2029}\u{B}\u{C}\u{8}\u{202E}9.9\u{202C}\u{2066}x\u{2069}"
        + "\u{200E}\u{200F}\u{61C}\u{200B}\u{200D}\u{2060}\u{FEFF}\u{AD}\u{34F}\u{115F}\u{3164}\u{FFA0}\u{180E}\u{FE0F}"
        + "\u{E0041}\u{E000}\u{378}\u{FFF9}"

    /// What would be a line of our own if an end of a line before it were shown as one.
    private static let forged = "Protection: 0.1"

    /// A folder with two tables and their task.
    private static func folder() async throws -> String {
        let folder = FileManager.default.temporaryDirectory.appending(path: "shown-\(UUID().uuidString)").path
        _ = try await Program.run(["demo-data", "workshop", "--output", folder])
        let draft = try await Program.run([
            "task", "draft", "--name", "cars", "--data", "Alice=\(folder)/alice.csv", "--data", "Bob=\(folder)/bob.csv",
        ])
        let task = draft.output.replacing(#/ *# (?:to be confirmed.*|value of the sample)/#, with: "")
        try task.write(toFile: "\(folder)/task.yaml", atomically: true, encoding: .utf8)
        return folder
    }

    /// Runs a command and looks at all that it prints.
    private func expectNothingHidden(_ arguments: [String], in place: String) async throws {
        let outcome = try await Program.run(arguments)
        for text in [outcome.output, outcome.talk] {
            let found = text.unicodeScalars.filter { ShownText.hides($0) && $0 != "\n" && $0 != "\t" }
            #expect(found.isEmpty, "\(place), \(arguments.prefix(2)): \(ShownText.line(text))")
            let isForged = text.split(separator: "\n").contains { $0.hasPrefix(Self.forged) }
            #expect(!isForged, "\(place), \(arguments.prefix(2)): \(ShownText.line(text))")
        }
        #expect((0...66).contains(outcome.code), "\(place), \(arguments.prefix(2)): \(outcome.code)")
    }

    @Test("a task's texts, wherever they stand in it, written plainly or escaped")
    func tasks() async throws {
        let folder = try await Self.folder()
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let task = try String(contentsOfFile: "\(folder)/task.yaml", encoding: .utf8)
        let places = [
            ("task: cars", "task: %"), ("purpose: Synthetic", "purpose: % #"), ("- name: Alice", "- name: %"),
            ("- name: buying", "- name: %"), ("- vhigh", "- %"), ("pattern: '^[0-9]{1,8}$'", "pattern: %"),
            ("epsilon: 1.0", "epsilon: %"), ("entrepot: 1", "entrepot: 1\n%: 1"), ("method: auto", "method: %"),
            ("normalise: [trim]", "normalise: [%]"), ("kind: inner", "kind: %"), ("type: string", "type: %"),
            ("unit_words: one joined record", "unit_words: %"), ("public_key: ", "public_key: % #"),
        ]
        let plain = "\"\(Self.hidden)\""
        for (old, new) in places {
            #expect(task.contains(old))
            for text in [plain, ShownText.line(plain)] {
                let path = "\(folder)/hostile.yaml"
                guard let found = task.firstRange(of: old) else { continue }
                try task.replacingCharacters(in: found, with: new.replacing("%", with: text)).write(
                    toFile: path, atomically: true, encoding: .utf8)
                for command in ["lint", "show", "digest", "plan"] {
                    try await expectNothingHidden(["task", command, path], in: old)
                }
                try await expectNothingHidden(
                    ["check", "\(folder)/alice.csv", "--task", path, "--party", "Alice"], in: old)
            }
        }
    }

    @Test("a file's header, cells, keys and name, and a file that is none of what was asked for")
    func files() async throws {
        let folder = try await Self.folder()
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let lines = try String(contentsOfFile: "\(folder)/alice.csv", encoding: .utf8).split(separator: "\n")
        let header = String(lines[0])
        let rows = lines.dropFirst().map(String.init)
        let cell = "\"\(Self.hidden)\n\(Self.forged)\""
        let files: [(String, [String])] = [
            ("column.csv", [header.replacing("buying", with: cell)] + rows),
            ("further.csv", ["\(header),\(cell)"] + rows.map { "\($0),1" }),
            ("values.csv", [header] + rows.indices.map { "\($0),\(cell),low,2" }),
            ("keys.csv", [header, "\(cell),low,low,2"] + rows), ("wide.csv", [header, "1,2,3,4,5,6,\(cell)"] + rows),
            ("other.bin", [cell]), ("\u{1B}[2K\u{202E}.csv", [header, "x"]),
        ]
        for (name, text) in files {
            let path = "\(folder)/\(name)"
            try text.joined(separator: "\n").write(toFile: path, atomically: true, encoding: .utf8)
            let task = ["--task", "\(folder)/task.yaml"]
            let commands = [
                ["check", path, "--party", "Alice"] + task, ["check", path, "--party", "Alice", "--json"] + task,
                ["task", "draft", "--name", "x", "--data", "Alice=\(path)", "--data", "Bob=\(folder)/bob.csv"],
                ["prepare", path, "--party", "Alice", "--output", "\(folder)/out.csv"] + task,
                ["prepare", path, "--party", "Alice", "--output", "\(folder)/out.csv", "--json"] + task,
                ["prepare", path, "--output", "\(folder)/out.csv", "--split", "x=\(Self.hidden)"],
                ["ingest", path, "--output", "\(folder)/out.csv"], ["verify", path], ["measure", path],
                ["verify", path, "--json"], ["verify", path, "--privacy"], ["image", "measure", path],
                ["combine", "mean", "--column", "low", path, path], ["task", "lint", path], ["task", "show", path],
                ["doctor", "--certificates", path, "--key", path, "--task", path], ["fingerprint", path],
                ["query", "q", "--model", path] + task, ["query", "q", "--model", path, "--task", path],
                ["psi", "listen", path, "--key", path, "--listen", "127.0.0.1:0"] + task,
                ["psi", "join", path, "--key", path, "--task", path, "--connect", Self.hidden],
                ["compute", "--data", "Alice=\(path)", "--key", path, "--listen", "127.0.0.1:0"] + task,
                ["sample", path, "--rows", Self.hidden], ["status", "--url", Self.hidden],
                ["sample", path, "--rows", "1"], ["report", path, "--output", "\(folder)/out.html"],
                ["fit", "--data", "Alice=\(path)", "--data", "Bob=\(folder)/bob.csv", "--output", "\(folder)/m"] + task,
            ]
            for command in commands { try await expectNothingHidden(command, in: ShownText.line(name)) }
        }
    }

    @Test("a name with an end of a line in it is refused before any command reads it")
    func lineEnds() async throws {
        for arguments in [
            ["verify", "a\n\(Self.forged)"], ["task", "lint", "--x=\n\(Self.forged)"], ["\n\(Self.forged)"],
        ] {
            let outcome = try await Program.run(arguments)
            #expect(outcome.code == 64 && !outcome.talk.contains("\n\(Self.forged)"), "\(outcome.talk)")
        }
    }

    @Test("the page of a model whose columns and values have hidden characters")
    func page() async throws {
        let folder = try await Self.folder()
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let schema: [String: Any] = [
            "fields": [
                [
                    "name": "kind" + Self.hidden, "type": "string", "categories": ["a", "b" + Self.hidden],
                ]
            ]
        ]
        try JSONSerialization.data(withJSONObject: schema).write(to: URL(fileURLWithPath: "\(folder)/schema.json"))
        let rows = ["\"kind\(Self.hidden)\""] + [String](repeating: "a", count: 400)
        try rows.joined(separator: "\n").write(toFile: "\(folder)/t.csv", atomically: true, encoding: .utf8)
        try await expectNothingHidden(
            [
                "fit", "--table", "\(folder)/t.csv", "--schema", "\(folder)/schema.json", "--synthesizer",
                "independent",
                "--epsilon", "1", "--delta", "1e-6", "--output", "\(folder)/m",
            ], in: "fit")
        let asked = try await Program.run(["sample", "\(folder)/m", "--rows", "1", "--where", "none=1"])
        #expect(asked.code == 65 && !asked.talk.contains("seed"), "\(asked.talk)")
        try await expectNothingHidden(["report", "\(folder)/m", "--output", "\(folder)/page.html"], in: "report")
        let page = try String(contentsOfFile: "\(folder)/page.html", encoding: .utf8)
        #expect(page.contains("202e"))
        #expect(!page.unicodeScalars.contains { ShownText.hides($0) && $0 != "\n" && $0 != "\t" })
    }
}
