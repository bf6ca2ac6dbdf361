import Domains
import Foundation
import PrivacyKernel
import Tables
import Testing

@testable import FittedModels

@Suite struct ModelFileTests {
    private func fitted(_ name: String) throws -> FittedModel {
        let domain = try schemaDomain([
            Field(name: "a", type: .number, constraints: Constraints(minimum: 0, maximum: 100), bins: Bins(count: 30)),
            Field(name: "b", type: .string, categories: ["x", "y", "é"]),
            Field(name: "c", type: .integer, constraints: Constraints(minimum: 0, maximum: 9)),
        ])
        return try fit(name, table(domain, chainRows(domain.sizes, count: 4_000)), usual)
    }

    @Test("a model that is written and read gives the same rows and figures", arguments: builtSynthesizers)
    func roundTrip(name: String) throws {
        var model = try fitted(name)
        model.taskDigest = "abc123"
        let bytes = try model.encoded()
        let read = try FittedModel(encoded: bytes)
        #expect(read.domain == model.domain)
        #expect(read.plan == model.plan)
        #expect(read.measurements == model.measurements)
        #expect(read.misfits == model.misfits)
        #expect(read.attributes == model.attributes)
        #expect(read.transcript == model.transcript)
        #expect(read.taskDigest == "abc123")
        #expect(read.tree == model.tree)
        #expect(try read.encoded() == bytes)
        for draws in Draws.allCases {
            for conditions in [[], [(column: 1, code: 1)]] {
                let first = try RowSampler(model, seed: 8, draws: draws, conditions: conditions).rows(0..<3_000)
                let second = try RowSampler(read, seed: 8, draws: draws, conditions: conditions).rows(0..<3_000)
                #expect(first.codes == second.codes)
                #expect(first.fractions == second.fractions)
            }
        }
    }

    @Test("a flipped byte anywhere is refused")
    func flipped() throws {
        let bytes = try fitted("independent").encoded()
        for place in Array(stride(from: 0, to: bytes.count, by: max(50, bytes.count / 3_000))) + [bytes.count - 1] {
            var changed = bytes
            changed[place] ^= 1 << UInt8(place % 8)
            #expect(throws: SynthesisError.self, "byte \(place)") { try FittedModel(encoded: changed) }
        }
        for cut in [0, 1, 30, 100, bytes.count / 2, bytes.count - 1] {
            #expect(throws: SynthesisError.self) { try FittedModel(encoded: Array(bytes.prefix(cut))) }
        }
        #expect(throws: SynthesisError.self) { try FittedModel(encoded: bytes + [10]) }
    }

    @Test("an unknown version is refused by name")
    func version() throws {
        let text = String(decoding: try fitted("independent").encoded(), as: UTF8.self)
        let later = text.replacing("{\"entrepot-model\":1,", with: "{\"entrepot-model\":3,", maxReplacements: 1)
        #expect(throws: SynthesisError.unknownModelVersion("3")) { try FittedModel(encoded: Array(later.utf8)) }
        #expect(throws: SynthesisError.notAModelFile) { try FittedModel(encoded: Array("hello".utf8)) }
    }

    @Test("content that makes no model is refused though its digest agrees")
    func malformed() throws {
        let model = try fitted("mst")
        let whole = try #require(
            JSONSerialization.jsonObject(with: Data(model.encoded())) as? [String: Any])
        let body = try #require(whole["body"] as? [String: Any])
        func file(_ change: (inout [String: Any]) -> Void) throws -> [UInt8] {
            var changed = body
            change(&changed)
            return FittedModel.sealed([UInt8](try JSONSerialization.data(withJSONObject: changed)))
        }
        #expect(throws: Never.self) { try FittedModel(encoded: file { _ in }) }
        let changes: [(inout [String: Any]) -> Void] = [
            { $0["total"] = 0 }, { $0["total"] = -5 }, { $0["attributes"] = [Any]() }, { $0["shares"] = [Any]() },
            { $0["cliques"] = [["attributes": [0, 99], "shape": [2, 2], "values": ["dtype": "<f8", "data": ""]]] },
            { $0["representatives"] = ["blockSize": 1 << 62, "columns": [Any]()] as [String: Any] },
            { $0["representatives"] = ["blockSize": 0, "columns": [Any]()] as [String: Any] },
            { $0["domain"] = ["columns": [Any](), "derivations": [Any]()] as [String: Any] },
            { $0.removeValue(forKey: "plan") }, { $0["cliques"] = [Any]() },
            { $0["measurements"] = [["attributes": [1], "variance": 1, "counts": ["dtype": "<i8", "data": "AAAA"]]] },
        ]
        for (index, change) in changes.enumerated() {
            #expect(throws: SynthesisError.self, "change \(index)") { try FittedModel(encoded: file(change)) }
        }
    }

    @Test("Python reads the file without this project")
    func python() throws {
        let url = FileManager.default.temporaryDirectory.appendingPathComponent("\(UUID().uuidString).model")
        defer { try? FileManager.default.removeItem(at: url) }
        let model = try fitted("mst")
        try model.write(to: url)
        let script = """
            import base64, hashlib, json, struct, sys
            text = open(sys.argv[1], encoding="utf-8").read()
            file = json.loads(text)
            body = text[text.index('"body":') + 7:].rstrip("\\n")[:-1]
            assert hashlib.sha256(body.encode()).hexdigest() == file["sha256"]
            clique = file["body"]["cliques"][0]
            data = base64.b64decode(clique["values"]["data"])
            values = struct.unpack("<%dd" % (len(data) // 8), data)
            cells = 1
            for size in clique["shape"]: cells *= size
            assert len(values) == cells
            print(round(sum(values)))
            """
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = ["python3", "-c", script, url.path]
        let output = Pipe()
        process.standardOutput = output
        try process.run()
        let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        #expect(process.terminationStatus == 0)
        #expect(text.trimmingCharacters(in: .whitespacesAndNewlines) == String(model.rowCount))
    }
}
