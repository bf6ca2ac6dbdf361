import Attestation
import Foundation
import Testing

@testable import Tasks

/// Tasks that name the programs which computing parties must prove to run.
@Suite("Computing parties that prove what they run")
struct AttestedTests {
    private static let digits = String(repeating: "0a", count: 48)
    private static let nitro =
        "evidence: nitro, measurements: {PCR0: '\(digits)', PCR1: '\(digits)', PCR2: '\(digits)'}"

    private static func read(_ attested: String, shares: Bool = true) throws -> TaskFile {
        let name = shares ? "bank-telecom-without-enclave" : "five-offices-without-enclave"
        let engine =
            shares ? "kind: secret-sharing, computing: [Bank, Telecom, Regulator]" : "kind: secure-sum, colluding: 1"
        let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().appendingPathComponent("Configs/\(name).yaml")
        let text = try String(contentsOf: file, encoding: .utf8)
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false).map { line in
            line.hasPrefix("engine:") ? "engine: {\(engine)\(attested)}" : String(line)
        }
        return TaskFile(
            yaml: lines.joined(separator: "\n"), context: TaskFile.Context(allowsMissingKeys: true))
    }

    @Test(
        "a task names a program for a party that computes: it is signed and shown, and tasks without one stay the same")
    func named() throws {
        for (name, shares) in [("Regulator", true), ("Bank", true), ("Norland", false)] {
            let file = try Self.read(", attested: {\(name): {\(Self.nitro)}}", shares: shares)
            let task = try #require(file.specification, "\(file.errors)")
            #expect(task.proofs.keys.sorted() == [name])
            let proof = try #require(task.proofs[name])
            #expect(proof.format == .nitro && proof.measurements["PCR2"] == Self.digits)
            #expect(proof.accepted.releases.count == 1)
            let read = TaskFile(
                yaml: String(decoding: task.canonicalBytes, as: UTF8.self),
                context: TaskFile.Context(allowsMissingKeys: true))
            #expect(read.specification == task, "\(read.errors)")
            let plain = try #require(try Self.read("", shares: shares).specification)
            #expect(plain.proofs.isEmpty && plain.engine == task.engine && plain.digest != task.digest)
            #expect(!String(decoding: plain.canonicalBytes, as: UTF8.self).contains("attested"))
            let text = TaskDescription(task).text
            #expect(text.contains("\(name) proves to each of the others") && text.contains("PCR2 \(Self.digits)"))
            #expect(!text.contains("SIMULATED"))
        }
    }

    @Test("simulated evidence is taken where the task says so alone, and lint says what it is worth")
    func simulated() throws {
        let file = try Self.read(
            ", attested: {Bank: {\(Self.nitro)}, Regulator: {\(Self.nitro.replacing("nitro", with: "simulated"))}}")
        let task = try #require(file.specification, "\(file.errors)")
        #expect(task.proofs["Bank"]?.format == .nitro && task.proofs["Regulator"]?.format == .simulated)
        #expect(file.warnings.count { "\($0)".contains("hides nothing of Regulator") } == 1, "\(file.warnings)")
        #expect(TaskDescription(task).text.contains("SIMULATED"))
    }

    @Test(
        "what nobody could prove or believe is refused by name in one sentence",
        arguments: [
            ("attested: {}", "does not say which party"), ("attested: yes", "does not say which party"),
            ("attested: {Nobody: {\(nitro)}}", "Nobody does not compute"),
            ("attested: {Regulator: {evidence: sgx, measurements: {PCR0: 'aa'}}}", "\"sgx\" is not known"),
            ("attested: {Regulator: {measurements: {PCR0: '\(digits)'}}}", "`evidence` is missing"),
            ("attested: {Regulator: {evidence: nitro}}", "does not say which program"),
            ("attested: {Bank: {evidence: nitro, measurements: {PCR0: '\(digits)'}}}", "with others would pass too"),
            ("attested: {Regulator: {evidence: tdx, measurements: {MRTD: '\(digits)'}}}", "RTMR0"),
            ("attested: {Regulator: {evidence: sev-snp, measurements: {MEASUREMENT: '0A0a'}}}", "is no measurement"),
            ("attested: {Regulator: {evidence: sev-snp, measurements: {MEASUREMENT: 12}}}", "is no measurement"),
            ("attested: {Regulator: {\(nitro), debug: true}}", "unknown key"),
        ])
    func refused(attested: String, words: String) throws {
        let file = try Self.read(", \(attested)")
        #expect(file.specification == nil)
        #expect(
            file.errors.contains { "\($0)".contains(words) && $0.path.hasPrefix("engine.attested") }, "\(file.errors)")
    }

    @Test("a party of a sum that brings no table does not compute; an enclave and a cluster have no such parties")
    func others() throws {
        let text = try String(
            contentsOf: URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
                .deletingLastPathComponent().appendingPathComponent("Configs/five-offices-without-enclave.yaml"),
            encoding: .utf8)
        for (engine, words) in [
            ("{kind: enclave, attested: {Norland: {\(Self.nitro)}}}", "an enclave has no `attested`"),
            ("{kind: spark, server: 'localhost:15002', attested: {Norland: {\(Self.nitro)}}}", "no `attested`"),
        ] {
            let changed = text.replacing(/engine: \{kind: secure-sum, colluding: 1\}/, with: "engine: \(engine)")
            let file = TaskFile(yaml: changed, context: TaskFile.Context(allowsMissingKeys: true))
            #expect(file.specification == nil)
            #expect(file.errors.contains { "\($0)".contains(words) }, "\(file.errors)")
        }
    }

    @Test("the run of a request asks for the same programs as its task")
    func requests() throws {
        let file = try Self.read(", attested: {Norland: {\(Self.nitro)}}", shares: false)
        let task = try #require(file.specification, "\(file.errors)")
        let query = TaskSpecification.PermittedQuery(name: "rows", kind: .cardinality, epsilon: 0.1)
        #expect(task.asking(query).proofs == task.proofs)
    }
}
