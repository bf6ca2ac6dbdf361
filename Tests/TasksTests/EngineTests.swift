import Attestation
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
            ("engine: {kind: secret-sharing}", "`computing` does not say"),
            ("engine: {kind: secure-sum, model: malicious}", "\"malicious\" is not built"),
            ("engine: {kind: secure-sum, model: active}", "\"active\" is not built"),
            ("engine: {kind: enclave, model: malicious}", "\"malicious\" is not built"),
            ("engine: {kind: secure-sum, majority: honest}", "colluding"),
            ("engine: {kind: secure-sum, computing: [Norland]}", "every provider computes"),
            ("engine: {kind: secure-sum, colluding: 5}", "of 5 providers 1 to 4"),
            ("engine: {kind: secure-sum, colluding: 0}", "every one knows its own noise"),
            ("engine: {kind: enclave, colluding: 1}", "no `colluding`"),
            ("engine: {kind: shards}", "does not say who counts"),
            ("engine: {kind: enclave, shards: ['one.example:8450']}", "only `kind: shards` has `shards`"),
            ("engine: {kind: secure-sum, shards: ['h:1']}", "only `kind: shards` has `shards`"),
            ("engine: {kind: enclave, server: 'localhost:15002'}", "only `kind: spark` has a `server`"),
            ("engine: {kind: spark, server: 'localhost:15002'}", "counts the inner join"),
            ("engine: {kind: secure-som}", "Did you mean `secure-sum`"),
            ("engine: {kind: secure-sum, coluding: 1}", "unknown key"),
            ("engine: {kind: secure-sum, members: known}", "matches no rows"),
            ("engine: {kind: enclave, members: known}", "no `members`"),
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

    // MARK: - On a cluster

    private static func clustered(_ engine: String, _ change: (inout String) -> Void = { _ in }) throws -> TaskFile {
        try shared(engine) {
            $0 = $0.replacing("reveal: own", with: "reveal: none")
            change(&$0)
        }
    }

    @Test("a task lists the cluster that counts: it is signed, shown before that, and no service takes its tables")
    func cluster() throws {
        let file = try Self.clustered("engine: {kind: spark, server: 'spark.example.org:443'}")
        let task = try #require(file.specification, "\(file.errors)")
        #expect(task.engine == .spark(server: "spark.example.org:443"))
        #expect(task.listedCluster == "spark.example.org:443" && !task.isComputedByOffices)
        var other = task
        other.engine = .spark(server: "spark.example.org:444")
        #expect(other.digest != task.digest)
        let read = TaskFile(
            yaml: String(decoding: task.canonicalBytes, as: UTF8.self),
            context: TaskFile.Context(allowsMissingKeys: true))
        #expect(read.specification == task)
        let text = TaskDescription(task).text
        #expect(text.contains("the Spark cluster at spark.example.org:443 has the tables of all providers"))
        #expect(text.contains("nothing here finds it out") && text.contains("nothing here wipes them"))
        #expect(task.refusalToServe?.contains("`entrepot fit --engine spark`") == true)
    }

    @Test(
        "a cluster that is not named by host and port, or that has a setting of others, is refused",
        arguments: [
            ("engine: {kind: spark}", "does not say which cluster counts"),
            ("engine: {kind: spark, server: spark.example.org}", "is no HOST:PORT"),
            ("engine: {kind: spark, server: 'sc://spark.example.org:443'}", "is no HOST:PORT"),
            ("engine: {kind: spark, server: 'spark.example.org:443;token=x'}", "is no HOST:PORT"),
            ("engine: {kind: spark, server: 'spark.example.org:70000'}", "is no HOST:PORT"),
            ("engine: {kind: spark, server: 'localhost:+15002'}", "is no HOST:PORT"),
            ("engine: {kind: spark, server: 'localhost:015002'}", "is no HOST:PORT"),
            ("engine: {kind: spark, server: 'localhost:15002', model: passive}", "a cluster has no `model`"),
            ("engine: {kind: spark, server: 'localhost:15002', members: known}", "a cluster has no `members`"),
            ("engine: {kind: spark, server: 'localhost:15002', members_epsilon: 0.1}", "no `members_epsilon`"),
        ])
    func noCluster(engine: String, words: String) throws {
        let file = try Self.clustered(engine)
        #expect(file.specification == nil)
        #expect(file.errors.contains { "\($0)".contains(words) && $0.path.hasPrefix("engine") }, "\(file.errors)")
    }

    // MARK: - By shards

    private static let register = String(repeating: "0a", count: 48)
    private static let nitro =
        "evidence: nitro, measurements: {PCR0: '\(register)', PCR1: '\(register)', PCR2: '\(register)'}"
    private static let simulated = nitro.replacing("nitro", with: "simulated")

    private static func sharded(
        shards: String = "['one.example:8450', 'two.example:8450']", proof: String = nitro, service: String = "",
        more: String = ""
    ) -> String {
        "engine: {kind: shards, shards: \(shards), attested: {shards: {\(proof)}\(service)}\(more)}"
    }

    @Test(
        "a task lists the shards that count and what they run: it is signed, shown before that, and a service takes its tables"
    )
    func shards() throws {
        let service = Self.nitro.replacing("PCR0: '0a", with: "PCR0: '0b")
        let file = try Self.clustered(Self.sharded(service: ", service: {\(service)}"))
        let task = try #require(file.specification, "\(file.errors)")
        let listed = try #require(task.listedShards)
        #expect(listed.addresses == ["one.example:8450", "two.example:8450"])
        let proof = try #require(task.proofOfShards)
        #expect(proof.format == .nitro)
        #expect(proof.measurements == ["PCR0": Self.register, "PCR1": Self.register, "PCR2": Self.register])
        #expect(task.proofToShards?.measurements["PCR0"]?.hasPrefix("0b0a") == true)
        #expect(listed.words == "2 shards at one.example:8450, two.example:8450")
        let read = TaskFile(
            yaml: String(decoding: task.canonicalBytes, as: UTF8.self),
            context: TaskFile.Context(allowsMissingKeys: true))
        #expect(read.specification == task, "\(read.errors)")
        // The same program for both is written once.
        let plain = try #require(
            try Self.clustered(Self.sharded(service: ", service: {\(Self.nitro)}")).specification)
        #expect(plain.proofToShards == plain.proofOfShards && plain.proofs.count == 1 && plain.digest != task.digest)
        #expect(try Self.clustered(Self.sharded()).specification?.digest == plain.digest)
        let text = TaskDescription(task).text
        #expect(text.contains("one.example:8450, two.example:8450") && text.contains("PCR0 \(Self.register)"))
        #expect(text.contains("Both are believed") && !text.contains("SIMULATED"))
        #expect(task.refusalToServe == nil && !task.isComputedByOffices)
        let simulated = try #require(try Self.clustered(Self.sharded(proof: Self.simulated)).specification)
        #expect(TaskDescription(simulated).text.contains("SIMULATED, gives no confidentiality"))
    }

    @Test(
        "shards that are not named, not measured, or measured by what nobody here verifies are refused",
        arguments: [
            (sharded(shards: "[]"), "does not say who counts"),
            (sharded(shards: "['one.example']"), "is no HOST:PORT"),
            (sharded(shards: "['one.example:1,two.example:1']"), "is no HOST:PORT"),
            (sharded(shards: "['one.example:1', 'ONE.example:1']"), "named twice"),
            (sharded(shards: "[\((1...65).map { "'h:\($0)'" }.joined(separator: ", "))]"), "more than the 64"),
            ("engine: {kind: shards, shards: ['h:1']}", "does not say which program may count"),
            (
                "engine: {kind: shards, shards: ['h:1'], attested: {service: {\(nitro)}}}",
                "which program the shards run"
            ),
            (
                "engine: {kind: shards, shards: ['h:1'], attested: {shards: {evidence: nitro}}}",
                "does not say which program"
            ),
            (sharded(service: ", Nobody: {\(nitro)}"), "Nobody does not compute"),
            (
                sharded(
                    proof: nitro.replacing("nitro", with: "tpm").replacing("PCR0", with: "PCR4")
                        .replacing("PCR1", with: "PCR9").replacing("PCR2", with: "PCR11")),
                "do not verify evidence of tpm"
            ),
            (sharded(proof: "evidence: nitro, measurements: {PCR0: '\(register)'}"), "with others would pass too"),
            (sharded(more: ", server: 'h:1'"), "shards have no `server`"),
            (sharded(more: ", colluding: 1"), "shards have no `colluding`"),
        ])
    func noShards(engine: String, words: String) throws {
        let file = try Self.clustered(engine)
        #expect(file.specification == nil)
        #expect(file.errors.contains { "\($0)".contains(words) && $0.path.hasPrefix("engine") }, "\(file.errors)")
    }

    @Test("another join, or a rule that makes a column, is not counted by shards")
    func joinOfShards() throws {
        let union = try Self.read(Self.sharded())
        #expect(union.errors.contains { "\($0)".contains("count the inner join") }, "\(union.errors)")
        let ratio = try Self.clustered(Self.sharded()) {
            $0 = $0.replacing(
                "rules:\n",
                with: "rules:\n  - {ratio: owed, of: [Bank_debt, Bank_income_monthly], "
                    + "bins: {count: 16, scale: log, minimum: 0.01, maximum: 10}}\n")
        }
        #expect(ratio.errors.contains { "\($0)".contains("which shards do not count") }, "\(ratio.errors)")
    }

    @Test("a key that Spark cannot normalise is refused before anybody signs")
    func clusterKey() throws {
        let file = try Self.clustered("engine: {kind: spark, server: 'localhost:15002'}") {
            $0 = $0.replacing("normalise: [", with: "normalise: [nfc, ")
        }
        #expect(file.errors.contains { "\($0)".contains("normalised by `nfc`") }, "\(file.errors)")
    }

    // MARK: - On shares

    private static func shared(
        _ engine: String = "engine: {kind: secret-sharing, computing: [Bank, Telecom, Regulator]}",
        _ change: (inout String) -> Void = { _ in }
    ) throws -> TaskFile {
        let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().appendingPathComponent("Configs/bank-telecom-without-enclave.yaml")
        let text = try String(contentsOf: file, encoding: .utf8)
        var lines = text.split(separator: "\n", omittingEmptySubsequences: false).map { String($0) }
        let place = try #require(lines.firstIndex { $0.hasPrefix("engine:") })
        lines[place] = engine
        var changed = lines.joined(separator: "\n")
        change(&changed)
        return TaskFile(yaml: changed, context: TaskFile.Context(allowsMissingKeys: true))
    }

    @Test("both providers and a third compute, in the order in which they call each other, and all three sign")
    func computing() throws {
        for order in ["Bank, Telecom, Regulator", "Regulator, Telecom, Bank"] {
            let file = try Self.shared(
                "engine: {kind: secret-sharing, computing: [\(order)], model: passive, majority: honest}")
            let task = try #require(file.specification, "\(file.errors)")
            #expect(task.engine == .secretSharing(computing: ["Bank", "Telecom", "Regulator"]))
            #expect(task.signatories.map(\.name) == ["Bank", "Telecom", "Regulator"])
            let read = TaskFile(
                yaml: String(decoding: task.canonicalBytes, as: UTF8.self),
                context: TaskFile.Context(allowsMissingKeys: true))
            #expect(read.specification == task)
            let same = try Self.shared(
                "engine: {kind: secret-sharing, computing: [\(order)], members: known}")
            #expect(same.specification?.digest == task.digest)
            let text = TaskDescription(task).text
            #expect(text.contains("Two who put together what they have see both tables"))
            #expect(text.contains("learn which of their own keys") && text.contains("1.22 times"))
            #expect(text.contains("What opens, to all three"))
        }
        // What it tells is said before anybody signs.
        #expect(try Self.shared().warnings.contains { "\($0)".contains("not differentially private") })
    }

    @Test(
        "what is not built on shares is refused by name in one sentence",
        arguments: [
            ("computing: [Bank, Telecom]", "three different ones"), ("computing: [Bank, Bank, Regulator]", "three"),
            ("computing: [Bank, Telecom, Nobody]", "no party \"Nobody\""),
            ("computing: [Bank, Telecom, Regulator], model: malicious", "\"malicious\" is not built"),
            ("computing: [Bank, Telecom, Regulator], majority: dishonest", "\"dishonest\" is not built"),
            ("computing: [Bank, Telecom, Regulator], colluding: 2", "no two together"),
            ("computing: [Bank, Telecom, Regulator], members: hidden", "does not say how much of ε"),
            (
                "computing: [Bank, Telecom, Regulator], members: hidden, members_epsilon: 1.0",
                "leaves something to release"
            ),
            ("computing: [Bank, Telecom, Regulator], members: hidden, members_epsilon: 0", "no part of the task's ε"),
            ("computing: [Bank, Telecom, Regulator], members: hidden, members_epsilon: 0.1", "tells neither provider"),
            ("computing: [Bank, Telecom, Regulator], members_epsilon: 0.1", "nobody counts them with noise"),
            ("computing: [Bank, Telecom, Regulator], members: nobody", "\"nobody\" is not known"),
        ])
    func sharedRefused(rest: String, words: String) throws {
        let file = try Self.shared("engine: {kind: secret-sharing, \(rest)}")
        #expect(file.specification == nil)
        #expect(file.errors.contains { "\($0)".contains(words) && $0.path.hasPrefix("engine") }, "\(file.errors)")
    }

    @Test("what does not go together with shares is refused, and says what to write")
    func sharedTogether() throws {
        let changes: [(old: String, new: String, words: String)] = [
            (", reveal: own", "", "both providers learn which of their keys"),
            ("reveal: own", "reveal: own, rows_per_key: 2", "one row in each table"),
            ("delta: 1.0e-9", "delta: 0", "needs δ above 0"), ("      rows: 20000\n", "", "declares no `rows`"),
            (
                "rules:\n",
                "rules:\n  - {ratio: owed, of: [Bank_debt, Bank_income_monthly], "
                    + "bins: {count: 16, scale: log, minimum: 0.01, maximum: 10}}\n",
                "no party could do for the other's rows"
            ),
        ]
        for change in changes {
            let file = try Self.shared { $0 = $0.replacing(change.old, with: change.new) }
            #expect(file.specification == nil, "\(change.new)")
            #expect(file.errors.contains { "\($0)".contains(change.words) }, "\(change.new): \(file.errors)")
        }
        // Each party would hold what all codes of one table and all of the other are together.
        let wide = try Self.shared {
            $0 = $0.replacing("maximum: 1000000}, bins: {count: 24", with: "maximum: 1000000}, bins: {count: 9000")
                .replacing("maximum: 5000}, bins: {count: 20", with: "maximum: 5000}, bins: {count: 9000")
        }
        #expect(wide.errors.contains { $0.path == "engine" && "\($0)".contains("counted on shares") }, "\(wide.errors)")
        // What is built is not refused.
        let sum = try Self.shared {
            $0 = $0.replacing("method: auto", with: "method: gaussian-copula")
            $0 += "queries:\n  - {name: debt, kind: sum, columns: [Bank_debt], clamp: [0, 9], epsilon: 0.1}\n"
        }
        #expect(sum.errors.isEmpty, "\(sum.errors)")
    }

    private static let hidden =
        "engine: {kind: secret-sharing, computing: [Bank, Telecom, Regulator], members: hidden, members_epsilon: 0.125}"

    private static func hiding(_ change: (inout String) -> Void = { _ in }) throws -> TaskFile {
        try shared(hidden) {
            $0 = $0.replacing("join: {kind: inner, reveal: own}", with: "join: {kind: inner}")
            change(&$0)
        }
    }

    @Test(
        "members may be hidden from both providers, for a part of ε that the task names; what each party learns is said"
    )
    func hiddenMembers() throws {
        let file = try Self.hiding()
        let task = try #require(file.specification, "\(file.errors)")
        #expect(task.engine.hiddenEpsilon == 0.125)
        #expect(!file.warnings.contains { "\($0)".contains("not differentially private") })
        let read = TaskFile(
            yaml: String(decoding: task.canonicalBytes, as: UTF8.self),
            context: TaskFile.Context(allowsMissingKeys: true))
        #expect(read.specification == task)
        let known = try #require(try Self.shared().specification)
        #expect(known.engine.hiddenEpsilon == nil && known.digest != task.digest)
        let text = TaskDescription(task).text
        #expect(text.contains("Neither provider learns which of its keys the other has too"))
        #expect(text.contains("ε = 0.125") && text.contains("Two who put together what they have see both tables"))
        #expect(!text.contains("NOT DIFFERENTIALLY PRIVATE"))
    }

    @Test(
        "what is not built for hidden members is refused in one sentence",
        arguments: [
            ("join: {kind: inner}", "join: {kind: inner, rows_per_key: 2}", "one row in each table"),
            ("delta: 1.0e-9", "delta: 0", "needs δ above 0"),
        ])
    func hiddenRefused(old: String, new: String, words: String) throws {
        let file = try Self.hiding { $0 = $0.replacing(old, with: new) }
        #expect(file.specification == nil || !file.errors.isEmpty)
        #expect(file.errors.contains { "\($0)".contains(words) }, "\(file.errors)")
    }

    @Test(
        "queries that add values, and every method, go together with hidden members",
        arguments: ["gaussian-copula", "mst", "aim", "clique-tree", "independent", "auto"])
    func hiddenValues(method: String) throws {
        let file = try Self.hiding {
            $0 = $0.replacing("method: auto", with: "method: \(method)").replacing(
                "synthesizer:",
                with: "queries:\n  - {name: debt, kind: sum, columns: [Bank_debt], clamp: [0, 9], epsilon: 0.1}\n"
                    + "  - {name: income, kind: mean, columns: [Bank_income_monthly], clamp: [0, 9], epsilon: 0.1}\nsynthesizer:"
            )
        }
        #expect(file.errors.isEmpty && file.specification != nil, "\(file.errors)")
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
