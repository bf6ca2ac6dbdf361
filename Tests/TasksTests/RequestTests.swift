import Foundation
import Testing

@testable import Tasks

@Suite("Requests for queries, and decisions about them")
struct RequestTests {
    /// Alice and Bob provide, Carol asks.
    private static let yaml: String = {
        func provider(_ name: String, _ key: PartyPrivateKey) -> String {
            """
              - name: \(name)
                role: provider
                public_key: \(key.publicKey.base64)
                table:
                  key: {column: id}
                  rows: 100
                  fields: [{name: flow, type: string, categories: [x, m]}]

            """
        }
        return """
            entrepot: 1
            task: sums
            purpose: a test
            parties:
            \(provider("Alice", Fixture.alice))\(provider("Bob", Fixture.bob))
              - {name: Carol, role: consumer, public_key: \(Fixture.carol.publicKey.base64)}
            join: {kind: union}
            privacy: {epsilon: 1.0, delta: 1.0e-9, unit_words: one row}
            engine: {kind: secure-sum}
            requests: {epsilon: 0.3}
            """
    }()

    private static let moment = UTCInstant(seconds: 1_800_000_000)
    private static let line = "{name: flows, kind: histogram, columns: [flow], epsilon: 0.1}"

    private static func task() throws -> TaskSpecification { try TaskSpecification(yaml: yaml) }

    private static func request(
        _ text: String = line, of task: TaskSpecification? = nil, at moment: UTCInstant = moment
    ) throws -> QueryRequest {
        let task = try task ?? self.task()
        let query = try #require(QueryFile(yaml: text, for: task).query)
        return try QueryRequest(query, of: task, at: moment, with: Fixture.carol)
    }

    @Test("the part for requests is signed with the task, and one without it keeps its digest")
    func signed() throws {
        let task = try Self.task()
        var without = task
        without.requests = nil
        #expect(without.digest != task.digest)
        #expect(!String(decoding: without.canonicalBytes, as: UTF8.self).contains("request"))
        #expect(try TaskSpecification(canonicalBytes: task.canonicalBytes) == task)
        #expect(task.unreserved == (0.7, 0.5e-9) && without.unreserved == (1.0, 1e-9))
    }

    @Test(
        "a part that cannot be, or an engine for which requests are not built, is refused by name",
        arguments: [
            ("requests: {epsilon: 0.3}", "requests: {epsilon: 1.0}", "nothing is left for the task itself"),
            ("requests: {epsilon: 0.3}", "requests: {epsilon: 0}", "no part of ε above 0"),
            ("requests: {epsilon: 0.3}", "requests: {epsilon: -0.1}", "no part of ε above 0"),
            ("requests: {epsilon: 0.3}", "requests: {epsilon: .nan}", "not finite"),
            ("requests: {epsilon: 0.3}", "requests: {epsilon: 0.30000001}", "whole millionths"),
            ("requests: {epsilon: 0.3}", "requests: {}", "`epsilon` is missing"),
            ("requests: {epsilon: 0.3}", "requests: {epsilon: 0.3, delta: 0}", "unknown key \"delta\""),
            ("engine: {kind: secure-sum}", "", "and `secret-sharing`, and the task's engine is enclave"),
            ("role: consumer", "role: auditor", "nobody may ask"),
            (
                "engine: {kind: secure-sum}",
                "engine: {kind: secure-sum}\nqueries: [{name: all, kind: cardinality, epsilon: 0.8}]",
                "the queries cost 0.8, and ε is 0.7"
            ),
        ])
    func lint(old: String, new: String, sentence: String) throws {
        try #require(Self.yaml.contains(old))
        let problems = TaskFile(yaml: Self.yaml.replacing(old, with: new)).errors
        #expect(problems.contains { "\($0)".contains(sentence) }, "\(problems)")
    }

    @Test("on shares requests are read where both holders know the members, and refused by name where nobody does")
    func shares() throws {
        let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().appendingPathComponent("Configs/bank-telecom-without-enclave.yaml")
        let text = try String(contentsOf: file, encoding: .utf8) + "\nrequests: {epsilon: 0.1}\n"
        let known = TaskFile(yaml: text, context: TaskFile.Context(allowsMissingKeys: true))
        let task = try #require(known.specification, "\(known.errors)")
        #expect(task.requests?.epsilon == 0.1 && task.unreserved.epsilon == task.privacy.epsilon - 0.1)
        let hidden = text.replacing("join: {kind: inner, reveal: own}", with: "join: {kind: inner}")
            .replacing("majority: honest}", with: "majority: honest, members: hidden, members_epsilon: 0.1}")
        try #require(hidden.contains("members: hidden"))
        let problems = TaskFile(yaml: hidden, context: TaskFile.Context(allowsMissingKeys: true)).errors
        #expect(problems.contains { "\($0)".contains("not built for members that nobody knows") }, "\(problems)")
        let enclave = text.replacing(/engine: .*/, with: "engine: {kind: enclave}")
            .replacing("join: {kind: inner, reveal: own}", with: "join: {kind: inner}")
        let others = TaskFile(yaml: enclave, context: TaskFile.Context(allowsMissingKeys: true)).errors
        #expect(others.contains { "\($0)".contains("the task's engine is enclave") }, "\(others)")
    }

    @Test(
        "what cannot be asked is refused before it is signed, with the reason",
        arguments: [
            ("{name: q, kind: histogram, columns: [flwo], epsilon: 0.1}", "Did you mean `flow`?"),
            ("{name: q, kind: cardinality, epsilon: 0.4}", "the task has 0.3 of ε for all requests"),
            ("{name: q, kind: cardinality, epsilon: -0.1}", "out of range"),
            ("{name: q, kind: cardinality, epsilon: 0}", "out of range"),
            ("{name: q, kind: cardinality, epsilon: .nan}", "not finite"),
            ("{name: q, kind: cardinality, epsilon: 1.0e-7}", "no whole number of millionths"),
            ("{name: q, kind: cardinality}", "a query needs its price"),
            ("{name: q, kind: cardinality, epsilon: 0.1, delta: 1.0e-3}", "δ follows from its price"),
            ("{name: ../q, kind: cardinality, epsilon: 0.1}", "cannot stand in an address"),
            ("{name: q, kind: everything, epsilon: 0.1}", "is not known here"),
            ("[1, 2]", "should be a mapping"), ("", "Write one query"), (" \n", "Write one query"),
        ])
    func asked(text: String, sentence: String) throws {
        let file = QueryFile(yaml: text, for: try Self.task())
        #expect(file.query == nil && file.problems.contains { "\($0)".contains(sentence) }, "\(file.problems)")
    }

    @Test("a task that sets nothing aside takes no request")
    func nothingAside() throws {
        var task = try Self.task()
        task.requests = nil
        let problems = QueryFile(yaml: Self.line, for: task).problems
        #expect(problems.contains { "\($0)".contains("sets no part of ε aside") })
    }

    @Test("a request reads back as it was signed; only a consumer signs one, and the same query later is another")
    func request() throws {
        let task = try Self.task()
        let request = try Self.request()
        #expect(try QueryRequest(fileBytes: request.fileBytes, of: task) == request)
        #expect(try Self.request().digest == request.digest)
        #expect(try Self.request(at: UTCInstant(seconds: 1_800_000_001)).digest != request.digest)
        let query = request.query
        #expect(throws: RequestError.mayNotAsk(party: "Alice", role: "provider")) {
            try QueryRequest(query, of: task, at: Self.moment, with: Fixture.alice)
        }
        let stranger = try PartyPrivateKey.generate(.p256)
        #expect(throws: RequestError.keyOfNobody(stranger.publicKey.fingerprint)) {
            try QueryRequest(query, of: task, at: Self.moment, with: stranger)
        }
    }

    @Test(
        "a request with anything changed is refused",
        arguments: [
            ("\"epsilon\":0.1", "\"epsilon\":0.2"), ("\"name\":\"flows\"", "\"name\":\"flowz\""),
            ("\"party\":\"Carol\"", "\"party\":\"Alice\""), ("\"party\":\"Carol\"", "\"party\":\"Eve\""),
            ("2027-", "2028-"), ("\"histogram\"", "\"count\""), ("{\"algorithm\"", "{ \"algorithm\""),
            ("\"epsilon\":0.1", "\"epsilon\":9.0"), ("\"moment\"", "\"momentum\""),
        ])
    func changed(old: String, new: String) throws {
        let task = try Self.task()
        let text = String(decoding: try Self.request().fileBytes, as: UTF8.self)
        try #require(text.contains(old))
        #expect(throws: RequestError.self) {
            try QueryRequest(fileBytes: Array(text.replacing(old, with: new).utf8), of: task)
        }
    }

    @Test("a request for another task, a huge one and one that is cut are refused by what they are")
    func other() throws {
        let task = try Self.task()
        var second = task
        second.purpose = "another test"
        let request = try Self.request(of: second)
        #expect(throws: RequestError.ofAnotherTask(what: "The request of Carol", task: second.digest.hex)) {
            try QueryRequest(fileBytes: request.fileBytes, of: task)
        }
        let bytes = try Self.request().fileBytes
        for wrong in [[], Array(bytes.dropLast(40)), bytes + [UInt8](repeating: 0x20, count: QueryRequest.byteLimit)] {
            #expect(throws: RequestError.unreadable("request of `entrepot request sign`")) {
                try QueryRequest(fileBytes: wrong, of: task)
            }
        }
    }

    @Test("every provider has to approve this very request: whoever refused or is missing is named")
    func decisions() throws {
        let task = try Self.task()
        let request = try Self.request()
        func read(_ decision: RequestDecision, of asked: QueryRequest) throws -> RequestDecision {
            try RequestDecision(fileBytes: decision.fileBytes, file: "file", of: asked, of: task)
        }
        let alice = try read(RequestDecision(request, of: task, with: Fixture.alice), of: request)
        let bob = try read(RequestDecision(request, of: task, with: Fixture.bob), of: request)
        try [alice, bob].requireAll(of: task)
        #expect(throws: RequestError.notDecided(["Bob"])) { try [alice].requireAll(of: task) }
        let no = try read(
            RequestDecision(request, of: task, refusal: "the cells are small\nand secret", with: Fixture.bob),
            of: request)
        #expect(!no.reason.contains("\n") && no.word == .refused)
        #expect(throws: RequestError.refused(by: "Bob", reason: no.reason)) { try [alice, no].requireAll(of: task) }
        let later = try Self.request(at: UTCInstant(seconds: 1_800_000_001))
        #expect(throws: RequestError.self) { try read(alice, of: later) }
        #expect(throws: RequestError.mayNotDecide(party: "Carol", role: "consumer")) {
            try RequestDecision(request, of: task, with: Fixture.carol)
        }
        for (old, new) in [("approved", "refused"), ("Alice", "Bob"), ("\"reason\":\"\"", "\"reason\":\"x\"")] {
            let text = String(decoding: alice.fileBytes, as: UTF8.self).replacing(old, with: new)
            #expect(throws: RequestError.self) {
                try RequestDecision(fileBytes: Array(text.utf8), file: "file", of: request, of: task)
            }
        }
    }

    @Test(
        "whatever requests the part pays, their ε and δ and those of the task's own run add up to no more than the task's"
    )
    func total() throws {
        let task = try Self.task()
        var generator = SystemRandomNumberGenerator()
        for _ in 0..<200 {
            var left = 300_000
            var (epsilon, delta) = task.unreserved
            while left > 0 {
                let price = Int.random(in: 1...left, using: &generator)
                left -= price
                let text = "{name: q, kind: cardinality, epsilon: \(Double(price) / 1e6)}"
                let run = task.asking(try Self.request(text))
                epsilon += run.privacy.epsilon
                delta += run.privacy.delta
            }
            #expect(epsilon <= task.privacy.epsilon * (1 + 1e-14))
            #expect(delta <= task.privacy.delta)
        }
    }

    @Test("what a request runs as has a digest of its own, which no file of a task can have")
    func origin() throws {
        let task = try Self.task()
        let runs = [
            task.asking(try Self.request()),
            task.asking(try Self.request(at: UTCInstant(seconds: 1_800_000_001))),
        ]
        #expect(Set(runs.map(\.digest) + [task.digest]).count == 3)
        #expect(throws: (any Error).self) { try TaskSpecification(canonicalBytes: runs[0].canonicalBytes) }
        #expect(runs[0].queries.map(\.name) == ["flows"] && !runs[0].releasesRows && runs[0].requests == nil)
    }
}
