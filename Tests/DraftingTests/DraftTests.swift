import Domains
import Foundation
import Tasks
import Testing

@testable import Drafting

@Suite("Drafts from local samples")
struct DraftTests {
    private static let alice = """
        id,buying,maint,doors
        1200,med,low,2
        1443,low,high,3
        453,high,vhigh,5more

        """
    private static let bob = "id,persons,value\r\n1200,2,12.5\r\n7,4,\r\n453,2,90000\r\n"

    private func draft(
        _ runtime: String? = nil, alice: String = alice, bob: String = bob, classifications: Set<String> = []
    ) throws -> TaskDraft {
        try TaskDraft(
            name: "workshop",
            providers: [
                .init(name: "Alice", publicKey: Fixture.alice.publicKey, sample: Array(alice.utf8)),
                .init(name: "Bob", publicKey: Fixture.bob.publicKey, sample: Array(bob.utf8)),
            ], classifications: classifications, runtime: try runtime.map { try WorkshopRuntime(yaml: $0) })
    }

    @Test("a draft is a task without errors")
    func lints() throws {
        let file = TaskFile(yaml: try draft().yaml)
        #expect(file.problems == [])
        let task = try #require(file.specification)
        #expect(task.parties.map { $0.table?.key.columns } == [["id"], ["id"]])
        #expect(task.parties[0].table?.schema.fields.map(\.name) == ["buying", "maint", "doors"])
        #expect(task.parties[1].table?.schema.fields.map(\.type) == [.integer, .number])
    }

    @Test("every guess is marked to be confirmed")
    func marked() throws {
        for line in try draft().yaml.split(separator: "\n") where line.contains("{name:") || line.contains(" key: ") {
            #expect(line.contains("# to be confirmed") || line.contains("public_key"), "\(line)")
        }
    }

    @Test("the workshop's four keys become method and ε")
    func workshopRuntime() throws {
        let runtime = "method: MWEM\nepsilon: 3\nparams: {iterations: 60, q_count: 500}\nparty_names: [Alice, Bob]\n"
        let task = try TaskSpecification(yaml: draft(runtime).yaml)
        #expect(task.privacy.epsilon == 3)
        #expect(task.synthesizer.method == .named("mwem"))
        let gan = "method: DPCTGAN\nparty_names: [Bob, Alice]\n"
        let other = try draft(gan)
        #expect(try TaskSpecification(yaml: other.yaml).synthesizer.method == .named("auto"))
        #expect(other.yaml.contains("DPCTGAN is not offered"))
    }

    @Test("a runtime with unknown keys or other parties is refused")
    func runtimeRefused() throws {
        #expect(throws: TaskProblems.self) { try WorkshopRuntime(yaml: "method: MWEM\nparty_names: [A]\nextra: 1") }
        #expect(throws: TaskProblems.self) { try WorkshopRuntime(yaml: "method: MWEM") }
        #expect(throws: TaskError.self) { try draft("method: MWEM\nparty_names: [Alice, Carol]") }
    }

    @Test("a draft without keys says where they are missing")
    func withoutKeys() throws {
        let draft = try TaskDraft(
            name: "t",
            providers: [
                .init(name: "A", sample: Array(Self.alice.utf8)), .init(name: "B", sample: Array(Self.bob.utf8)),
            ])
        #expect(TaskFile(yaml: draft.yaml).errors.map(\.path) == ["parties[0].public_key", "parties[1].public_key"])
    }

    @Test("codes with leading zeros are texts, and their beginnings are derived")
    func codes() throws {
        let bob =
            "id,hs6,hs2,date,flag\n1,010190,01,2022-03-04,true\n2,020110,02,2021-01-01,false\n3,020120,02,2022-12-31,true\n"
        let fields = try #require(try TaskSpecification(yaml: draft(bob: bob).yaml).parties[1].table).schema.fields
        // The samples' few codes are of an edition: it is named, and none of them is copied.
        let listed = try #require(fields[0].categories)
        #expect(listed.count > 5_000 && Set(listed).isSuperset(of: ["010190", "020110", "020120"]))
        #expect(fields[1].derivedFrom == .init(field: "hs6", prefix: 2))
        #expect(fields[2].constraints?.minimum == .text("2020-01-01"))
        #expect(fields[2].constraints?.maximum == .text("2024-12-31"))
        #expect(fields[3].type == .boolean)
    }

    @Test("words that YAML could take for something else stay texts")
    func awkwardWords() throws {
        let bob = "id,kind\n1,no\n2,~\n3,\"x, 'y' # z\"\n4,\"two words\"\n5,null\n6,*a\n7,1e5\n8,\"say \"\"hi\"\"\"\n"
        let yaml = try draft(bob: bob, classifications: ["kind"]).yaml
        let field = try #require(try TaskSpecification(yaml: yaml).parties[1].table?.schema.fields[0])
        #expect(field.categories == ["*a", "1e5", "no", "say \"hi\"", "two words", "x, 'y' # z", "~"])
        #expect(field.missingValues?.contains("null") == true)
    }

    @Test(
        "bounds are rounded outward to 1, 2 or 5 times a power of ten",
        arguments: [
            (0.0, 0.0, 0.0), (1, 1, 1), (3, 2, 5), (7, 5, 10), (90_000, 50_000, 100_000), (0.03, 0.02, 0.05),
            (-3, -5, -2),
            (1_000_001, 1_000_000, 2_000_000), (0.2, 0.2, 0.2), (999, 500, 1000), (-0.7, -1, -0.5),
        ])
    func rounding(value: Double, down: Double, up: Double) {
        #expect(ColumnGuess.roundedUp(-value) == -down)
        #expect(ColumnGuess.roundedUp(value) == up)
    }

    @Test("a sample that cannot be read says why", arguments: ["", "a,a\n1,2\n", "id,b\n1\n"])
    func unreadable(csv: String) {
        #expect(throws: TaskError.self) { try draft(bob: csv) }
    }

    @Test("the workshop's own tables make a task", .enabled(if: Self.hasWorkshop, "the workshop's data is not here"))
    func workshop() throws {
        func bytes(_ name: String) throws -> [UInt8] {
            Array(try Data(contentsOf: URL(fileURLWithPath: "\(Self.workshopFolder)/\(name).csv")))
        }
        let draft = try TaskDraft(
            name: "workshop",
            providers: [
                .init(name: "Alice", publicKey: Fixture.alice.publicKey, sample: try bytes("alice")),
                .init(name: "Bob", publicKey: Fixture.bob.publicKey, sample: try bytes("bob")),
            ])
        #expect(TaskFile(yaml: draft.yaml).problems == [])
    }

    private static let workshopFolder = sharedData("workshop")?.path ?? ""
    private static let hasWorkshop = sharedData("workshop/alice.csv") != nil
}

@Suite("A task in plain words")
struct DescriptionTests {
    @Test(
        "ε in words is the bound on what an attacker learns",
        arguments: [
            (1e-6, "50.1"), (0.1, "52.5"), (0.5, "62.3"), (1, "73.2"), (3, "95.3"), (5, "99.4"), (10, "99.996"),
            (50, "100"),
        ])
    func bound(epsilon: Double, percent: String) {
        let words = "an attacker who was 50 % sure becomes at most \(percent) % sure"
        #expect(TaskDescription.inWords(epsilon: epsilon, delta: 0) == words)
    }

    @Test("with a δ the bound is looser, and the exception a hundred δ", arguments: [(1, "73.4"), (0.1, "52.8")])
    func boundWithDelta(epsilon: Double, percent: String) {
        #expect(
            TaskDescription.inWords(epsilon: epsilon, delta: 1e-9)
                == "an attacker who was 50 % sure becomes at most \(percent) % sure, but for a probability of 1e-7")
        // P(loss > ε + t) ≤ δ / (1 − e^−t) of every (ε, δ)-private mechanism.
        #expect(1 / -expm1(-0.01006) < 100)
    }

    @Test("both readings are said where the plan is known, and what several rows of a key mean")
    func readings() throws {
        var task = try Fixture.task()
        task.join.rowsPerKey = 10
        let text = TaskDescription(
            task, addingOne: .init(epsilon: 1, percent: 75.2), changingOne: .init(epsilon: 1.4365, percent: 82.4)
        ).text
        for words in [
            "at most 75.2 % sure that they are there, but for a probability of 1e-9",
            "ε = 1.437 at the same δ, for changing them", "at most 82.4 % sure which of two values", "up to 10 rows",
            "protected together",
        ] {
            #expect(text.contains(words), "\(words)\n\(text)")
        }
        #expect(!text.contains("about 1e-09") && !text.contains("counts as one record"))
    }

    @Test("the description names the parties, their keys, ε, the unit, the split, deadlines and what leaves")
    func everything() throws {
        var task = try Fixture.task()
        task.deadlines.uploadBy = UTCInstant("2026-12-31T12:00:00Z")
        let text = TaskDescription(
            task, budget: [.init(name: "select", share: 0.1), .init(name: "measure", share: 0.9)]
        ).text
        for words in [
            "Alice", Fixture.bob.publicKey.fingerprint, Fixture.alice.publicKey.spokenFingerprint, "ε = 1.0",
            "δ = 1e-09",
            "one joined record", "measure  90.0 %", "select   10.0 %", "2026-12-31T12:00:00Z", "What leaves", "wiped",
            task.digest.hex, "^[0-9]{1,8}$", "zero-fill:8",
        ] {
            #expect(text.contains(words), "\(words)\n\(text)")
        }
    }
}
