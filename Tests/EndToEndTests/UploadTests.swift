import Foundation
import Testing

@testable import Service

@Suite("Ways of uploading, live", .serialized, .timeLimit(.minutes(30)), .live)
struct UploadTests {
    private func gzipped(_ text: String, in folder: URL) async throws -> Data {
        let file = folder.appending(path: "table-\(UUID().uuidString).csv")
        try Data(text.utf8).write(to: file)
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = ["gzip", "-n", file.path]
        try process.run()
        process.waitUntilExit()
        return try Data(contentsOf: file.appendingPathExtension("gz"))
    }

    @Test("as a form, as CSV, as gzip in either of them, with BOM, with CRLF: the same table")
    func ways() async throws {
        try await withService(try TestTask.workshop()) { live in
            let alice = try await RawCalls(live, as: "Alice")
            let text = Cars.alice()
            let packed = try await gzipped(text, in: alice.directory)
            try packed.write(to: alice.directory.appending(path: "table.gz"))
            let bom = "\u{FEFF}" + text
            let crlf = text.replacingOccurrences(of: "\n", with: "\r\n")
            for (name, answer) in [
                ("form", try await alice.upload(text)), ("gzip form", try await alice.upload(packed)),
                ("BOM", try await alice.upload(bom)), ("CRLF", try await alice.upload(crlf)),
                (
                    "gzip as CSV",
                    try await alice("/upload_data", ["-H", "Content-Type: text/csv", "--data-binary", "@table.gz"])
                ),
                (
                    "gzip as gzip",
                    try await alice(
                        "/upload_data", ["-H", "Content-Type: application/gzip", "--data-binary", "@table.gz"])
                ),
                (
                    "encoded",
                    try await alice(
                        "/upload_data",
                        [
                            "-H", "Content-Type: text/csv", "-H", "Content-Encoding: gzip", "--data-binary",
                            "@table.gz",
                        ])
                ),
            ] {
                #expect(answer.status == 200 && answer.object["rows"] as? Int == 50, "\(name): \(answer.body)")
            }
        }
    }

    @Test("gzip that is cut short, damaged, or unpacks to more than the task permits is refused")
    func badGzip() async throws {
        try await withService(try TestTask.workshop()) { live in
            let alice = try await RawCalls(live, as: "Alice")
            let packed = try await gzipped(Cars.alice(), in: alice.directory)
            let cut = try await alice.upload(packed.dropLast(9))
            #expect(cut.status == 400 && cut.code == "gzip_invalid")
            var damaged = packed
            damaged[packed.count / 2] ^= 0x55
            let answer = try await alice.upload(damaged)
            #expect(answer.status == 400, "\(answer.body)")
            let bomb = "id,buying,maint,doors\n" + String(repeating: "1,low,low,2\n", count: 400_000)
            let large = try await alice.upload(try await gzipped(bomb, in: alice.directory))
            #expect(large.status == 413 && large.code == "too_large")
            let encoding = try await alice(
                "/upload_data", ["-H", "Content-Type: text/csv", "-H", "Content-Encoding: br", "-d", "x"])
            #expect(encoding.status == 415)
        }
    }

    @Test("the delimiter that the task declares is the one that counts", arguments: [";", "tab", "|"])
    func delimiters(name: String) async throws {
        let party = """
            role: provider
            public_key: KEY(%)
            table:
              dialect: {delimiter: '\(name)'}
              key: {column: id, pattern: '^[0-9]{1,8}$'}
              fields: [{name: a, type: string, categories: [low, 'x,y']}]
            """
        func block(_ name: String) -> String {
            "- name: \(name)\n"
                + party.replacingOccurrences(of: "%", with: name).split(separator: "\n").map { "    \($0)" }
                .joined(separator: "\n")
        }
        let task = try TestTask(
            yaml: """
                entrepot: 1
                task: delimiters
                purpose: A test.
                parties:
                  \(block("Alice"))
                  \(block("Bob"))
                privacy: {epsilon: 1.0, delta: 1.0e-9}
                synthesizer: {method: independent}
                """,
            parties: ["Alice", "Bob"])
        let mark = name == "tab" ? "\t" : name
        try await withService(task) { live in
            let alice = try await RawCalls(live, as: "Alice")
            let good = try await alice.upload("id\(mark)a\n1\(mark)low\n2\(mark)x,y\n")
            #expect(good.status == 200 && good.object["rows"] as? Int == 2, "\(good.body)")
            let wrong = try await alice.upload("id,a\n1,low\n")
            #expect(wrong.status == 400 && wrong.body.contains("wrong_delimiter"))
            #expect(try await alice("/spec").body.contains("\"dialect\":{\"delimiter\":\"\(name)\"}"))
        }
    }

    @Test("a party's second upload at once hears 429 and when to come back, and the first one goes on")
    func twoAtOnce() async throws {
        try await withService(try TestTask.workshop()) { live in
            let driver = live.service.driver
            _ = try await driver.uploadBegins(party: "Alice", range: nil)
            let alice = try await RawCalls(live, as: "Alice")
            let second = try await alice.upload(Cars.alice())
            #expect(second.status == 429 && second.code == "busy")
            await driver.uploadEnded(party: "Alice")
            #expect(try await alice.upload(Cars.alice()).status == 200)
        }
    }
}
