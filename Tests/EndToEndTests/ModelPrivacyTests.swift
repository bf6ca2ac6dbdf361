import FittedModels
import Foundation
import PrivacyKernel
import Testing

/// `entrepot verify --privacy` and `entrepot ledger --total`, from a file that `entrepot fit` wrote.
@Suite("A model's privacy, verified", .enabled(if: Program.isBuilt, Program.absence))
struct ModelPrivacyTests {
    /// A folder with a model of 400 rows, fitted at ε.
    private func withModel(epsilon: String, _ use: (URL) async throws -> Void) async throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "privacy-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let rows = (0..<400).map { "\($0 % 3 == 0 ? "x" : "y"),\($0 % 2 == 0 ? "u" : "v")" }
        try Data((["a,b"] + rows).joined(separator: "\n").utf8).write(to: folder.appending(path: "t.csv"))
        let schema = """
            {"fields":[{"name":"a","type":"string","categories":["x","y"],"constraints":{"required":true}},
            {"name":"b","type":"string","categories":["u","v"],"constraints":{"required":true}}]}
            """
        try Data(schema.utf8).write(to: folder.appending(path: "t.json"))
        let fitted = try await Program.run([
            "fit", "--table", folder.appending(path: "t.csv").path, "--schema", folder.appending(path: "t.json").path,
            "--synthesizer", "mst", "--epsilon", epsilon, "--output", folder.appending(path: "m.model").path,
        ])
        #expect(fitted.code == 0, "\(fitted.talk)")
        try await use(folder)
    }

    @Test("0 where the noise keeps to the promise, 2 where not, 65 where nothing can be read")
    func exitCodes() async throws {
        try await withModel(epsilon: "10") { folder in
            let model = folder.appending(path: "m.model")
            let good = try await Program.run(["verify", "--privacy", model.path])
            #expect(good.code == 0, "\(good.output) \(good.talk)")
            #expect(good.output.contains("accounted as zcdp") && good.output.contains("✓"))
            let json = try await Program.run(["verify", "--privacy", model.path, "--json"])
            let object = try #require(
                JSONSerialization.jsonObject(with: Data(json.output.utf8)) as? [String: Any])
            #expect(object["kept"] as? Bool == true)
            let adding = try #require(object["addingOne"] as? [String: Any])
            let recomputed = try #require(adding["recomputed"] as? Double)
            #expect(recomputed >= 9.5 && recomputed <= 10)

            let transcript = try JSONEncoder().encode(try FittedModel(reading: model).transcript)
            let text = String(decoding: transcript, as: UTF8.self)
            for (change, code) in [
                (text, 0), (text.replacing("\"epsilon\":10", with: "\"epsilon\":5"), 2),
                (text.replacing("\"rowsPerKey\":1", with: "\"rowsPerKey\":7"), 2), (String(text.dropLast(20)), 65),
                ("{\"releases\":[]}", 65),
            ] {
                let file = folder.appending(path: "t.transcript")
                try Data(change.utf8).write(to: file)
                let found = try await Program.run(["verify", "--privacy", file.path])
                #expect(found.code == Int32(code), "\(change.prefix(80)) \(found.output) \(found.talk)")
            }
        }
    }

    @Test("two models together cost less than the sum of their ε and more than one")
    func total() async throws {
        try await withModel(epsilon: "1") { folder in
            let model = folder.appending(path: "m.model").path
            let copy = folder.appending(path: "n.model").path
            try FileManager.default.copyItem(atPath: model, toPath: copy)
            let found = try await Program.run(["ledger", "--total", model, copy, "--json"])
            #expect(found.code == 0, "\(found.talk)")
            let object = try #require(JSONSerialization.jsonObject(with: Data(found.output.utf8)) as? [String: Any])
            let all = try #require(object["all"] as? [String: Any])
            let epsilon = try #require(all["addingOne"] as? Double)
            #expect(epsilon > 1.2 && epsilon < 1.7, "\(epsilon)")
            let bad = try await Program.run(["ledger", "--total", folder.appending(path: "t.csv").path])
            #expect(bad.code == 65)
            let neither = try await Program.run(["ledger", "--total"])
            #expect(neither.code == 64)
        }
    }
}
