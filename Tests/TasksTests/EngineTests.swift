import Foundation
import Testing

@testable import Tasks

@Suite("The engine of a task")
struct EngineTests {
    private static let yaml: String = {
        let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().appendingPathComponent("Configs/five-offices-without-enclave.yaml")
        return (try? String(contentsOf: file, encoding: .utf8)) ?? ""
    }()

    private static func read(_ engine: String, _ change: (inout String) -> Void = { _ in }) throws -> TaskFile {
        var text = yaml
        try #require(text.contains("engine: {kind: secure-sum, colluding: 1}"))
        text = text.replacing("engine: {kind: secure-sum, colluding: 1}", with: engine)
        change(&text)
        return TaskFile(yaml: text, context: TaskFile.Context(allowsMissingKeys: true))
    }

    @Test("a secure sum is read, with one colluding where nothing is said; an enclave where there is no engine")
    func read() throws {
        #expect(try Self.read("engine: {kind: secure-sum}").specification?.engine == .secureSum(colluding: 1))
        #expect(
            try Self.read("engine: {kind: secure-sum, colluding: 4, model: passive}").specification?.engine
                == .secureSum(colluding: 4))
        #expect(try Self.read("engine: {kind: enclave}").specification?.engine == .enclave)
        #expect(try Self.read("").specification?.engine == .enclave)
    }

    @Test("the engine is part of what is signed, and a task for an enclave has the digest that it had")
    func digest() throws {
        let sum = try #require(try Self.read("engine: {kind: secure-sum}").specification)
        var two = sum
        two.engine = .secureSum(colluding: 2)
        var enclave = sum
        enclave.engine = .enclave
        #expect(Set([sum.digest, two.digest, enclave.digest]).count == 3)
        #expect(!String(decoding: enclave.canonicalBytes, as: UTF8.self).contains("engine"))
        let read = TaskFile(
            yaml: String(decoding: sum.canonicalBytes, as: UTF8.self),
            context: TaskFile.Context(allowsMissingKeys: true))
        #expect(read.specification == sum)
    }

    @Test(
        "what is not built, or cannot be, is refused by name in one sentence",
        arguments: [
            (
                "engine: {kind: secret-sharing, computing: [A, B, C], model: passive, majority: honest}",
                "secret-sharing"
            ),
            ("engine: {kind: secret-sharing}", "not built"),
            ("engine: {kind: secure-sum, model: malicious}", "\"malicious\" is not built"),
            ("engine: {kind: secure-sum, model: active}", "\"active\" is not built"),
            ("engine: {kind: enclave, model: malicious}", "\"malicious\" is not built"),
            ("engine: {kind: secure-sum, majority: honest}", "colluding"),
            ("engine: {kind: secure-sum, computing: [Norland]}", "every provider computes"),
            ("engine: {kind: secure-sum, colluding: 5}", "of 5 providers 1 to 4"),
            ("engine: {kind: secure-sum, colluding: 0}", "every one knows its own noise"),
            ("engine: {kind: enclave, colluding: 1}", "no `colluding`"),
            ("engine: {kind: secure-som}", "Did you mean `secure-sum`"),
            ("engine: {kind: secure-sum, coluding: 1}", "unknown key"),
        ])
    func refused(engine: String, words: String) throws {
        let file = try Self.read(engine)
        #expect(file.specification == nil)
        #expect(file.errors.contains { "\($0)".contains(words) && $0.path.hasPrefix("engine") }, "\(file.errors)")
    }

    @Test("a join that matches rows, and δ = 0, do not go together with a secure sum")
    func together() throws {
        let joined = try Self.read("engine: {kind: secure-sum}") {
            $0 = $0.replacing("join: {kind: union}", with: "join: {kind: inner}")
        }
        #expect(joined.errors.contains { "\($0)".contains("lie one below the other") })
        let pure = try Self.read("engine: {kind: secure-sum}") {
            $0 = $0.replacing("delta: 1.0e-9", with: "delta: 0")
        }
        #expect(pure.errors.contains { "\($0)".contains("δ above 0") })
    }

    @Test("what somebody signs says whom the sum asks to trust, and what the noise is")
    func shown() throws {
        let task = try #require(try Self.read("engine: {kind: secure-sum, colluding: 2}").specification)
        let text = TaskDescription(task).text
        #expect(text.contains("up to 2 of them"))
        #expect(text.contains("1.29 times"))
        #expect(text.contains("makes the totals wrong"))
        #expect(!text.contains("What leaves the service"))
    }
}
