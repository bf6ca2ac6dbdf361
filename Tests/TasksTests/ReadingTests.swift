import Domains
import Foundation
import Tables
import Testing

@testable import Tasks

@Suite("What a task says")
struct ReadingTests {
    @Test("defaults stand for everything from join down except privacy")
    func defaults() throws {
        let task = try Fixture.task()
        #expect(task.join == .init(kind: .inner, rowsPerKey: 1))
        #expect(task.synthesizer == .init(method: .named("auto"), parameters: [:]))
        #expect(task.limits == .init(uploadBytes: 2_000_000_000, rows: 20_000_000))
        #expect(task.deadlines == .init())
        #expect(task.queries == [])
        let bare = try TaskSpecification(
            yaml: Fixture.yaml(replacing: Fixture.privacyLine, with: "privacy: {epsilon: 2}"))
        #expect(bare.privacy == .init(epsilon: 2, delta: 1e-9, unit: .record, unitWords: "one joined record"))
    }

    @Test(
        "a table without declared rows is warned of, and the task's limit stands for them, in steps where it is large")
    func declaredRows() throws {
        let yaml = try Fixture.yaml(replacing: "      rows: 3000\n", with: "")
        let problems = TaskFile(yaml: yaml).problems
        #expect(problems.map(\.path) == ["parties[1].table.rows"])
        #expect(problems.map(\.severity) == [.warning])
        let task = try TaskSpecification(yaml: yaml)
        #expect(task.parties.map { $0.table?.rows } == [5000, nil])
        #expect(task.limits.table(declared: 5000).sizes == [5000])
        #expect(task.limits.table().sizes == [100_000, 1_000_000, 10_000_000, 20_000_000])
        #expect(TaskSpecification.Limits(rows: 700).table().sizes == [700])
        #expect(task.digest != (try Fixture.task().digest))
    }

    @Test("a key of a union counts once for each table, a record once")
    func unionUnits() throws {
        var task = try Fixture.task()
        task.join = .init(kind: .union, rowsPerKey: 3)
        #expect(task.rowsPerUnit == 3)
        task.privacy.unit = .key
        #expect(task.rowsPerUnit == 6)
        task.join = .init(kind: .inner, rowsPerKey: 3)
        #expect(task.rowsPerUnit == 3)
    }

    @Test("δ = 0 asks for pure differential privacy and is no mistake")
    func pure() throws {
        let yaml = try Fixture.yaml(replacing: "delta: 1.0e-9", with: "delta: 0")
        #expect(try TaskSpecification(yaml: yaml).privacy.delta == 0)
        #expect(TaskFile(yaml: yaml).problems == [])
    }

    @Test("codes keep their leading zeros and `no` is a text")
    func textAsWritten() throws {
        let fields = try #require(try Fixture.task().parties[1].table).schema.fields
        #expect(fields[0].categories == ["010190", "020110", "no"])
        let bare = try TaskSpecification(yaml: Fixture.yaml(replacing: "'010190'", with: "010190"))
        #expect(bare.parties[1].table?.schema.fields[0].categories?.first == "010190")
    }

    @Test("the tables of a task make domains")
    func domains() throws {
        let task = try Fixture.task()
        for provider in task.providers {
            #expect(try #require(provider.table).domain().columns.count == 2)
        }
    }

    @Test("every part of the task format is read")
    func everything() throws {
        let terms = """
            privacy: {epsilon: 3, delta: 0, unit: record, unit_words: one household}
            join: {kind: inner, rows_per_key: 4}
            synthesizer: {method: mst, params: {iterations: 60, rate: 0.5, deep: {a: [1, x, true, null]}}}
            queries:
              - {name: totals, kind: sum, columns: [Alice_value_usd], where: {Bob_hs2: '01'}, epsilon: 0.5, delta: 0}
            limits: {upload_bytes: 1000, rows: 5000}
            deadlines: {upload_by: 2026-12-31T12:00:00Z, compute_by: 2027-01-01T12:00:00Z, retrieve_by: 2027-02-01T12:00:00Z}
            retention: {tables: destroy_after_fit}
            """
        let task = try TaskSpecification(yaml: Fixture.yaml(replacing: Fixture.privacyLine, with: terms))
        #expect(task.join.rowsPerKey == 4)
        #expect(task.synthesizer.parameters["iterations"] == .integer(60))
        #expect(task.synthesizer.parameters["rate"] == .number(0.5))
        #expect(
            task.synthesizer.parameters["deep"]
                == .object(["a": .array([.integer(1), .text("x"), .boolean(true), .null])]))
        #expect(task.queries[0].conditions == ["Bob_hs2": "01"])
        #expect(task.deadlines.computeBy?.description == "2027-01-01T12:00:00Z")
        #expect(try TaskSpecification(canonicalBytes: task.canonicalBytes) == task)
        #expect(try JSONDecoder().decode(TaskSpecification.self, from: JSONEncoder().encode(task)) == task)
    }

    @Test(
        "a moment reads back as it was written",
        arguments: [
            "1970-01-01T00:00:00Z", "1999-12-31T23:59:59Z", "2000-02-29T12:00:00Z", "2024-03-01T00:00:00Z",
            "2100-03-01T00:00:00Z", "9999-12-31T23:59:59Z",
        ])
    func instants(text: String) throws {
        let instant = try #require(UTCInstant(text))
        #expect(instant.description == text)
        #expect(Double(instant.seconds) == (try Date(text, strategy: .iso8601)).timeIntervalSince1970)
    }

    @Test(
        "what is not Universal Time in full is not read",
        arguments: [
            "2026-12-31", "2026-12-31T12:00:00", "2026-12-31T12:00:00+01:00", "2026-13-01T00:00:00Z",
            "2026-02-29T00:00:00Z",
            "2026-12-31T24:00:00Z", "2026-12-31t12:00:00Z", "", "2026-12-3１T12:00:00Z",
        ])
    func noInstants(text: String) {
        #expect(UTCInstant(text) == nil)
    }
}
