import Bytes
import Domains
import Foundation
import Tables
import Testing
import VectorMath

@testable import Tasks

@Suite("Hostile task files")
struct HostileTests {
    @Test("aliases are refused before they can grow", .timeLimit(.minutes(15)))
    func billionLaughs() throws {
        var yaml = "a0: &a0 [lol, lol, lol, lol, lol, lol, lol, lol, lol]\n"
        for level in 1..<40 {
            yaml +=
                "a\(level): &a\(level) [" + repeatElement("*a\(level - 1)", count: 9).joined(separator: ", ") + "]\n"
        }
        yaml += "? *a39\n: x\n"
        let problems = TaskFile(yaml: yaml).problems
        #expect(problems.count == 1)
        #expect(problems[0].what.contains("aliases"))
        #expect(problems[0].line == 2)
    }

    @Test(
        "an alias is found wherever it stands",
        arguments: [
            "a: &x 1\nb: *x", "a: &x 1\nb: [*x]", "a: &x 1\nb: {c: *x}", "a: &x 1\n? *x\n: 1", "a: &x 1\nb: {\"c\":*x}",
            "- &x 1\n- *x", "--- &x [1]\n--- *x", "a: |\n  \"\nb: &x [1]\nc: *x", "a: &x 1\r\nb: *x\r\n",
            "a: !t &x 1\nb: *x",
        ])
    func aliases(yaml: String) {
        #expect(throws: DocumentProblem.self) { try DocumentNode(yaml: yaml) }
        #expect(AnchorScan.firstAlias(in: yaml) != nil)
    }

    @Test(
        "anchors alone and tags are refused",
        arguments: [
            "a: &x 1", "&x a: 1", "a: &x [1]", "a: &x {b: 1}", "a: !!str 5", "a: !!binary AAAA", "a: !custom x",
        ])
    func anchorsAndTags(yaml: String) {
        #expect(throws: DocumentProblem.self) { try DocumentNode(yaml: yaml) }
    }

    @Test("signs that are only text are text")
    func textWithSigns() throws {
        let purpose = "'Salt &pepper, 5 *stars, [*a-z], a && b'"
        let yaml = try Fixture.yaml(
            replacing: "Synthetic joined declarations, for planning analyses.", with: purpose)
        #expect(try TaskSpecification(yaml: yaml).purpose.contains("&pepper"))
    }

    @Test(
        "deep nesting is refused", .timeLimit(.minutes(15)),
        arguments: [
            String(repeating: "[", count: 100_000), String(repeating: "{a: ", count: 100_000),
            String(repeating: "- ", count: 100_000), String(repeating: "? ", count: 100_000),
            (0..<3_000).map { String(repeating: " ", count: $0) + "a:\n" }.joined(),
            String(repeating: "[", count: 900) + String(repeating: "]", count: 900),
            String(repeating: "[", count: 40) + String(repeating: "]", count: 40),
        ])
    func deepNesting(yaml: String) {
        #expect(TaskFile(yaml: yaml).problems.count == 1)
        #expect(TaskFile(yaml: yaml).specification == nil)
    }

    @Test(
        "the same key twice is refused, in two spellings of é as well",
        arguments: [
            "a: 1\na: 2", "{a: 1, 'a': 2}", "\u{E9}: 1\ne\u{301}: 2", "a: {b: 1, b: 2}",
        ])
    func duplicateKeys(yaml: String) throws {
        let problem = try #require(throws: DocumentProblem.self) { try DocumentNode(yaml: yaml) }
        #expect(problem.what.contains("twice"))
        #expect(problem.line != nil)
    }

    @Test(
        "what is no mapping, no single document or no text is refused with one problem",
        arguments: [
            "", "   \n", "# only a comment", "[1, 2]", "word", "a: b: c", "a: 1\n---\nb: 2", "\"", "a: 'x", "\u{0}",
            "a: \u{1}",
            "%YAML 9.9\n---\na: 1", "a:\n\t- b", "? [a]\n: b", "{", "}", "*x", "&", "...", "---",
        ])
    func nonsense(yaml: String) {
        let file = TaskFile(yaml: yaml)
        #expect(file.specification == nil)
        #expect(!file.problems.isEmpty)
    }

    @Test("a file larger than any task is refused without being read")
    func large() {
        let problems = TaskFile(yaml: String(repeating: "a", count: DocumentNode.largestDocument + 1)).problems
        #expect(problems.count == 1)
    }

    @Test("a task with two thousand columns is read", .timeLimit(.minutes(15)))
    func wide() throws {
        let fields = (0..<2_000).map {
            "        - {name: c\($0), type: integer, constraints: {minimum: 0, maximum: 9}}\n"
        }.joined()
        let yaml = try Fixture.yaml(
            replacing: "        - {name: buying", with: fields + "        - {name: buying")
        let read = try TaskSpecification(yaml: yaml)
        #expect(read.parties[0].table?.schema.fields.count == 2_002)
    }

    @Test(
        "mutated files neither crash nor hang, and none means another task unnoticed",
        .timeLimit(.minutes(60)))
    func mutations() throws {
        let seed = Array(Fixture.yaml.utf8)
        let digest = try Fixture.task().digest
        let pieces = [
            "&a ", "*a", "[", "]", "{", "}", "- ", "? ", ": ", "'", "\"", "|\n", ">\n", "\n", "\t", "#", "!!str ", "~",
            "---\n",
            "0", "-1", ".inf", "1e999", "\u{E9}", "\\", ",", "  ", "null", "<<: ", "%",
        ].map { Array($0.utf8) }
        var generator = SplitMix64(state: 20_261_121)
        let rounds = ProcessInfo.processInfo.environment["ENTREPOT_FUZZ"].flatMap(Int.init) ?? 5_000
        var accepted = 0
        for round in 0..<rounds {
            var bytes = seed
            for _ in 0...Int(generator.next() % 4) {
                let place = Int(generator.next() % UInt64(bytes.count))
                switch generator.next() % 5 {
                case 0: bytes[place] = UInt8(truncatingIfNeeded: generator.next())
                case 1: bytes.remove(at: place)
                case 2: bytes.insert(contentsOf: pieces[Int(generator.next() % UInt64(pieces.count))], at: place)
                case 3:
                    let end = min(bytes.count, place + Int(generator.next() % 60))
                    bytes.insert(contentsOf: bytes[place..<end], at: Int(generator.next() % UInt64(bytes.count)))
                default:
                    let end = min(bytes.count, place + Int(generator.next() % 60))
                    if end - place < bytes.count { bytes.removeSubrange(place..<end) }
                }
            }
            let text = String(decoding: bytes, as: UTF8.self)
            let file = TaskFile(yaml: text)
            guard let task = file.specification else {
                #expect(!file.errors.isEmpty, "round \(round)")
                continue
            }
            accepted += 1
            // Whatever is accepted has one canonical form, which reads back as itself.
            let again = try TaskSpecification(yaml: String(decoding: task.canonicalBytes, as: UTF8.self))
            #expect(again == task, "round \(round)")
            #expect((task.digest == digest) == (task == (try Fixture.task())), "round \(round)")
        }
        // Most single changes break a task or change a word; some comments and names survive.
        #expect(accepted > rounds / 200)
    }

    @Test("changed keys and signature files are refused, or are the very key and signature that they were")
    func changedKeys() throws {
        let rounds = ProcessInfo.processInfo.environment["ENTREPOT_FUZZ"].flatMap(Int.init) ?? 5_000
        let keys = [Fixture.alice, Fixture.bob]
        let task = try Fixture.task()
        let signature = try TaskSignature.sign(task.digest, as: "Alice", with: Fixture.alice)
        var generator = SplitMix64(state: 24)
        for round in 0..<rounds {
            let key = keys[round % 2].publicKey
            var bytes =
                round % 3 == 0 ? signature.fileBytes : round % 3 == 1 ? key.derRepresentation : key.subjectPublicKeyInfo
            for _ in 0...Int(generator.next() % 3) where !bytes.isEmpty {
                let place = Int(generator.next() % UInt64(bytes.count))
                switch generator.next() % 3 {
                case 0: bytes[place] = UInt8(truncatingIfNeeded: generator.next())
                case 1: bytes.remove(at: place)
                default: bytes.insert(UInt8(truncatingIfNeeded: generator.next()), at: place)
                }
            }
            if round % 3 == 0 {
                guard let read = try? TaskSignature(fileBytes: bytes) else { continue }
                var unsigned = UnsignedTask(task)
                let isAccepted = (try? unsigned.add(read)) != nil
                #expect(!isAccepted || read.party == "Alice", "round \(round)")
            } else if let read = try? PartyKey(derRepresentation: bytes) {
                // Another key can come out, never this one from other bytes.
                let isSame = bytes == key.derRepresentation || bytes == key.subjectPublicKeyInfo
                #expect((read == key) == isSame, "round \(round)")
            }
        }
    }
}

@Suite("What is shown is what is signed")
struct ShownTaskTests {
    @Test(
        "a character that nobody sees is refused in every text of a task, with its line",
        arguments: [
            "\\e[2K", "\\r", "\\n  \u{3b5} = 0.1", "\\t", "\\x07", "\\x9b31m", "\\u202e", "\\u2066", "\\u200b",
            "\\u2028", "\\u0085",
            "\\ufeff", "\\u00ad", "\\U000e0041", "\\ue000",
        ])
    func hidden(escape: String) throws {
        let places = [
            (
                "purpose: Synthetic joined declarations, for planning analyses.", "purpose: \"For\(escape) planning\"",
                "purpose"
            ),
            ("unit_words: one joined record", "unit_words: \"one\(escape) record\"", "privacy.unit_words"),
        ]
        for (old, new, path) in places {
            let problems = TaskFile(yaml: try Fixture.yaml(replacing: old, with: new)).errors
            #expect(problems.contains { $0.path == path && $0.what.contains("nobody sees") }, "\(problems)")
            #expect(problems.allSatisfy { !ShownText.hasHidden($0.description) })
        }
    }

    @Test("no problem of a hostile file shows a hidden character", arguments: ["\\e[1A", "\\u202e", "\\r\\n"])
    func problemsAreShown(escape: String) {
        let yaml = """
            "entre\(escape)pot": 1
            task: "a\(escape)b"
            privacy: {epsilon: "1\(escape)", "de\(escape)lta": 0}
            synthesizer: {method: "x\(escape)"}
            deadlines: {upload_by: "never\(escape)"}
            """
        let problems = TaskFile(yaml: yaml).problems
        #expect(problems.count > 5)
        #expect(problems.allSatisfy { !ShownText.hasHidden($0.description) }, "\(problems)")
    }

    @Test(
        "a category that a spreadsheet would compute is refused; signs before numbers, and alone, are not",
        arguments: [
            ("=1+1", true), ("=cmd|' /C calc'!A0", true), ("@SUM(A1)", true), ("+SUM(1)", true), ("-2+3+cmd|x!A", true),
            ("-", false), ("+", false), ("-5", false), ("+49", false), ("-12.5", false), ("a=b", false),
            ("-low", false),
        ])
    func formulas(category: String, isRefused: Bool) throws {
        let yaml = try Fixture.yaml(
            replacing: "categories: [low, med, high, vhigh]",
            with: "categories: ['\(category.replacing("'", with: "''"))', b]")
        let problems = TaskFile(yaml: yaml).errors.filter { $0.what.contains("spreadsheet") }
        #expect(problems.isEmpty != isRefused, "\(problems)")
    }
}
