import Crypto
import Foundation
import Testing

@testable import Attestation

/// Simulated evidence as a file, with the root and the release that it is verified with.
private struct SavedEvidence {
    let folder: String
    let json: [UInt8]

    init() async throws {
        folder = NSTemporaryDirectory() + "saved-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        let (task, manifest) = (Array("{}".utf8), Array("manifest".utf8))
        let attester = try SimulatedAttester(stateDirectory: folder, taskSpecification: task, buildManifest: manifest)
        let fill = { (byte: UInt8) in [UInt8](repeating: byte, count: 32) }
        let statement = try Statement(
            flags: [.simulated, .debugBuild], taskDigest: Array(SHA256.hash(data: task)), bootID: fill(1),
            ledgerHead: fill(2),
            ledgerSequence: 1, bootTime: 1_795_248_000_000, channelBinding: fill(3),
            buildManifestDigest: Array(SHA256.hash(data: manifest)))
        let key = Array(P256.Signing.PrivateKey().publicKey.derRepresentation)
        json = try await attester.evidence(spki: key, nonce: fill(4), statement: statement).json()
        try write("root.der", attester.root)
        try write("release.json", ReleaseManifest(releases: [attester.release]).json())
        try write("evidence.json", json)
    }

    func path(_ name: String) -> String { "\(folder)/\(name)" }

    @discardableResult
    func write(_ name: String, _ bytes: [UInt8]) throws -> String {
        try Data(bytes).write(to: URL(fileURLWithPath: path(name)))
        return path(name)
    }

    func verify(_ file: String, _ more: [String] = []) async throws -> Program.Outcome {
        try await Program.run(
            ["verify", file, "--simulated-root", path("root.der"), "--measurements", path("release.json")] + more)
    }
}

@Suite(
    "Files of evidence, as the program reads them", .serialized, .timeLimit(.minutes(10)), .live,
    .enabled(if: Program.isBuilt, Program.absence))
struct EvidenceFileTests {
    @Test("no file is read further than what it should hold, whichever option names it")
    func endless() async throws {
        let saved = try await SavedEvidence()
        defer { try? FileManager.default.removeItem(atPath: saved.folder) }
        let document = saved.path("evidence.json")
        // It has no end: whoever reads it whole does not come back.
        let endless = "/dev/zero"
        let calls: [(Int32, [String])] = [
            (2, [endless]), (2, [endless, "--format", "tdx"]), (65, [document, "--certificates", endless]),
            (65, [document, "--collateral", endless]), (65, [document, "--measurements", endless]),
            (65, [document, "--root", endless]), (65, [document, "--simulated-root", endless]),
            (65, [document, "--tpm-root", endless]), (65, [document, "--provenance", endless]),
            (65, [document, "--timestamp", endless, "--timestamp-root", saved.path("root.der")]),
            (65, ["--privacy", endless]),
        ]
        for (code, arguments) in calls {
            let outcome = try await Program.run(["verify"] + arguments)
            #expect(outcome.code == code, "\(arguments): \(outcome.talk)")
            #expect(outcome.talk.contains("longer than"), "\(arguments): \(outcome.talk)")
        }
        let large = try saved.write("large", [])
        let handle = try #require(FileHandle(forWritingAtPath: large))
        try handle.truncate(atOffset: 1 << 31)
        try handle.close()
        let outcome = try await Program.run(["verify", large])
        #expect(outcome.code == 2 && outcome.talk.contains("512 KiB"), "\(outcome.talk)")
    }

    @Test("what is not authentic is said once, with what to do next, in words and in JSON")
    func hints() async throws {
        let saved = try await SavedEvidence()
        defer { try? FileManager.default.removeItem(atPath: saved.folder) }
        let text = String(decoding: saved.json, as: UTF8.self)
        let files: [(String, [UInt8])] = [
            ("empty", []), ("cut", Array(saved.json.dropLast(9))), ("marked", [0xFF, 0xFE] + saved.json),
            ("twice", Array(text.replacing("{\"auxiliary\"", with: "{\"format\":\"nitro\",\"auxiliary\"").utf8)),
            ("azure", Array("HCLA".utf8)),
        ]
        for (name, bytes) in files {
            let outcome = try await saved.verify(saved.write(name, bytes))
            #expect(outcome.code == 2, "\(name): \(outcome.talk)")
            #expect(outcome.talk.components(separatedBy: "not authentic").count == 2, "\(outcome.talk)")
            let json = try await saved.verify(saved.path(name), ["--json"])
            let said = try JSONSerialization.jsonObject(with: Data(json.output.utf8)) as? [String: Any]
            let hint = try #require(said?["hint"] as? String)
            #expect(outcome.talk.contains(hint) && hint.count > 20 && json.code == 2, "\(outcome.talk)")
        }
        let unrooted = try await Program.run(["verify", saved.path("evidence.json"), "--format", "nitro"])
        #expect(unrooted.code == 2, "\(unrooted.talk)")
    }

    @Test("a file of another kind is called what it is, and no forgery")
    func otherKinds() async throws {
        let saved = try await SavedEvidence()
        defer { try? FileManager.default.removeItem(atPath: saved.folder) }
        let key = P256.Signing.PrivateKey()
        let root = Data(try Data(contentsOf: URL(fileURLWithPath: saved.path("root.der")))).base64EncodedString()
        let files: [(String, String, [UInt8])] = [
            ("key.pem", "a private key", Array(key.pemRepresentation.utf8)),
            ("key.pub", "a public key", Array(key.publicKey.derRepresentation.base64EncodedString().utf8)),
            (
                "root.pem", "a certificate",
                Array("-----BEGIN CERTIFICATE-----\n\(root)\n-----END CERTIFICATE-----\n".utf8)
            ),
            ("a.png", "an image", [0x89] + Array("PNG\r\n\u{1A}\n".utf8)),
            ("a.gz", "packed by gzip", [0x1F, 0x8B, 8, 0]),
            ("a.parquet", "a Parquet file", Array("PAR1".utf8)), ("a.zip", "a ZIP archive", Array("PK".utf8) + [3, 4]),
            ("rows.csv", "a table", Array("a,b\n1,2\n".utf8)),
            ("task.yaml", "a task", Array("# x\nentrepot: 1\n".utf8)),
            ("long.model", "a model", Array("{\"entrepot-model\":2,".utf8) + [UInt8](repeating: 0x20, count: 1 << 21)),
            ("a.opening", "what opens a receipt", Array("{\"entrepot-opening\":1}".utf8)),
            ("ledger.json", "a ledger", Array("{\"entries\":[],\"head\":{}}".utf8)),
        ]
        for (name, kind, bytes) in files {
            let outcome = try await Program.run(["verify", saved.write(name, bytes)])
            #expect(outcome.code == 65, "\(name): \(outcome.talk)")
            #expect(outcome.talk.contains("\(name) is \(kind)"), "\(name): \(outcome.talk)")
            #expect(!outcome.talk.contains("not authentic"), "\(name): \(outcome.talk)")
        }
        for name in ["root.der", "release.json"] {
            let outcome = try await Program.run(["verify", saved.path(name)])
            #expect(outcome.code == 65 && !outcome.talk.contains("not authentic"), "\(name): \(outcome.talk)")
        }
    }

    @Test("what is asked of a file and cannot be answered is refused: silence would be taken for a yes")
    func unused() async throws {
        let saved = try await SavedEvidence()
        defer { try? FileManager.default.removeItem(atPath: saved.folder) }
        let document = saved.path("evidence.json")
        for option in ["--file", "--opening"] {
            let outcome = try await saved.verify(document, ["--allow-debug", option, document])
            #expect(outcome.code == 64 && outcome.talk.contains("\(option) is not looked at"), "\(outcome.talk)")
        }
        let releases = #"{"releases":[{"version":"1","measurements":{}}],"platforms":{"tdx":{"statuses":["Good"]}}}"#
        let lists = [
            ("cut", "{", "not JSON in UTF-8"), ("none", "{}", "releases is missing"), ("list", "[]", "another type"),
            ("word", releases, "platforms.tdx.statuses.[0]: the value is none that it can have"),
            ("spelt", #"{"releases":[],"platform":{}}"#, "unknown member platform"),
        ]
        for (name, text, words) in lists {
            let path = try saved.write("\(name).json", Array(text.utf8))
            let outcome = try await saved.verify(document, ["--measurements", path])
            #expect(
                outcome.code == 65 && outcome.talk.contains("\(name).json is no list of releases"), "\(outcome.talk)")
            #expect(outcome.talk.contains(words), "\(outcome.talk)")
        }
        // Who compares texts by what they show would be busy for minutes, beyond this suite's limit.
        let marks = String(repeating: "\u{300}\u{316}", count: 60_000)
        for text in ["{\"a\(marks)\":1}", "{\"receipt\":1,\"entry\(marks)\":\"\"}", "{\"x\":\"\(marks)\"}"] {
            let outcome = try await saved.verify(saved.write("marks", Array(text.utf8)))
            #expect(outcome.code == 2 && outcome.talk.contains("marks on one letter"), "\(outcome.talk)")
        }
    }

    @Test("the verdict speaks of one thing and of several, and a file that holds more says so")
    func verdict() async throws {
        let saved = try await SavedEvidence()
        defer { try? FileManager.default.removeItem(atPath: saved.folder) }
        let document = saved.path("evidence.json")
        let debug = try await saved.verify(document, ["--allow-debug"])
        #expect(debug.code == 0 && !debug.output.contains("alone"), "\(debug.output)\(debug.talk)")
        let one = try await saved.verify(document)
        #expect(one.code == 3 && one.output.contains("one thing above speaks against it"), "\(one.output)")
        let none = try saved.write("none.json", Array(#"{"releases":[]}"#.utf8))
        let two = try await saved.verify(document, ["--measurements", none])
        #expect(two.output.contains("2 things above speak against it"), "\(two.output)")
        let twice = try saved.write("twice.json", Array(#"{"releases":[],"releases":[]}"#.utf8))
        #expect(try await saved.verify(document, ["--measurements", twice]).code == 65)
        // A line before the envelope is nothing, and the envelope in another file is not opened.
        let spaced = try saved.write("spaced", [0x0A] + saved.json)
        #expect(try await saved.verify(spaced, ["--allow-debug"]).code == 0)
        let evidence = try Evidence(json: saved.json)
        let inside = """
            {"document": "\(Data(evidence.evidence).base64EncodedString())", "more": \
            {"format": "tdx", "evidence": "AAAA", "statement": ""}}
            """
        let file = try saved.write("inside", Array(inside.utf8))
        let beside = try await saved.verify(file, ["--allow-debug"])
        #expect(beside.output.contains("alone: the file holds more, which was not verified"), "\(beside.output)")
    }
}
