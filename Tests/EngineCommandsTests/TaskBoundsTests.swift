import Domains
import Engine
import EngineCommands
import FittedModels
import Foundation
import PrivacyKernel
import Tables
import Tasks
import Testing

/// A task of two providers with equal columns.
private func task(
    rows: Int = 1_000, join: String = "{kind: inner}",
    fields: [String] = ["{name: x, type: string, categories: [a, b]}"],
    synthesizer: String = "{method: independent}", epsilon: Double = 2
) throws -> TaskSpecification {
    let tables = ["A", "B"].map { party in
        """
          - name: \(party)
            role: provider
            public_key: ""
            table:
              key: {column: id, pattern: '^[0-9]{1,9}$'}
              rows: \(rows)
              fields: [\(fields.joined(separator: ", "))]
        """
    }
    return try TaskSpecification(
        yaml: """
            entrepot: 1
            task: bounds
            purpose: A test.
            parties:
            \(tables.joined(separator: "\n"))
            join: \(join)
            privacy: {epsilon: \(epsilon), delta: 1.0e-9}
            synthesizer: \(synthesizer)
            limits: {upload_bytes: 100000000000, rows: 100000000}
            """, context: TaskFile.Context(allowsMissingKeys: true))
}

@Suite("What a task may ask for, before anybody brings a table")
struct TaskBoundsTests {
    @Test("a join that needs more memory than is stated is refused; the same tables with fewer rows a key are not")
    func join() throws {
        let large = try task(rows: 20_000_000, join: "{kind: inner, rows_per_key: 4096}")
        #expect(throws: PrivacyError.self) { try TaskPlan(large) }
        let small = try TaskPlan(try task(rows: 20_000_000))
        #expect(small.joinBytes > 300_000_000 && small.joinBytes < TaskPlan.mostJoinBytes)
    }

    @Test("aim refuses columns whose candidates take gigabytes, by its plan")
    func candidates() throws {
        let wide = (0..<40).map {
            "{name: c\($0), type: integer, constraints: {minimum: 0, maximum: 399}, bins: {count: 400}}"
        }
        let asked = try task(fields: wide, synthesizer: "{method: aim}")
        #expect {
            try TaskPlan(asked)
        } throws: { error in
            guard case SynthesisError.candidatesTooLarge(let cells, let limit) = error else { return false }
            return cells > limit
        }
        _ = try TaskPlan(try task(fields: Array(wide.prefix(5)), synthesizer: "{method: aim}"))
    }

    /// Two columns of 65,536 intervals have four billion pairs of codes: no table of them is made.
    @Test(
        "columns of tens of thousands of intervals are fitted and drawn, one by one", arguments: ["independent", "aim"])
    func wideColumns(method: String) throws {
        let wide = "{name: x, type: number, constraints: {minimum: 0, maximum: 1}, bins: {count: 65536, scale: linear}}"
        let asked = try task(fields: [wide], synthesizer: "{method: \(method)}")
        let file = try Self.model(asked, codes: (0..<200).map { $0 * 321 })
        guard case .model(let model) = try TaskProduct(encoded: file) else {
            Issue.record("no model")
            return
        }
        #expect(try RowSampler(model, seed: 1).rows(0..<10).rowCount == 10)
    }

    fileprivate static func model(_ task: TaskSpecification, codes: [Int]) throws -> [UInt8] {
        let plan = try TaskPlan(task)
        let columns = try plan.domain.sizes.map { size in
            try CodedColumn(.words(codes.map { UInt32($0 % size) }), domainSize: size)
        }
        let table = try PrivateTable(
            public: CodedTable(columns: columns), domain: plan.domain, rowsPerKey: plan.rowsPerKey)
        var product = try plan.fit(
            Kernel(table: table), budget: Budget(plan.privacy, accounting: plan.plan.accounting)
        ) { _ in }
        product.taskDigest = task.digest.hex
        return try product.encoded()
    }
}

@Suite("verify --privacy with the task that was signed")
struct PrivacyVerificationTests {
    @Test("a file of the task passes; one of another task, of fewer rows a key or of another ε does not")
    func comparison() throws {
        let signed = try task(join: "{kind: inner, rows_per_key: 12}")
        let file = try TaskBoundsTests.model(signed, codes: (0..<100).map { $0 % 2 })
        #expect(try PrivacyVerification(file, rowsPerKey: nil, task: signed).isKept)
        let alone = try PrivacyVerification(file, rowsPerKey: nil)
        #expect(alone.isKept && alone.text.contains("the file's own word"))
        for (other, words) in [
            (try task(join: "{kind: inner, rows_per_key: 13}"), "there are 13"),
            (try task(join: "{kind: inner, rows_per_key: 12}", epsilon: 1.5), "another ε"),
            (try task(rows: 1_001, join: "{kind: inner, rows_per_key: 12}"), "not of task"),
        ] {
            let compared = try PrivacyVerification(file, rowsPerKey: nil, task: other)
            #expect(!compared.isKept && compared.text.contains(words), "\(compared.text)")
            #expect(compared.text.contains("does not keep its promise"))
            #expect(String(decoding: try compared.json, as: UTF8.self).contains(words))
        }
    }
}
