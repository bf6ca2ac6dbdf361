import Engine
import PrivacyKernel
import Queries
import Tasks
import Testing

@testable import EngineCommands

/// Requests at the ends of what a task may set aside for them.
@Suite struct RequestBoundsTests {
    private static func task(epsilon: String, part: String, delta: String) throws -> TaskSpecification {
        func provider(_ name: String) -> String {
            """
              - name: \(name)
                role: provider
                public_key: ""
                table:
                  key: {column: id}
                  rows: 1000000
                  fields:
                    - {name: flow, type: string, categories: [x, m], constraints: {required: true}}
                    - {name: usd, type: number, constraints: {minimum: 0, maximum: 1.0e9}, bins: {count: 32, scale: log}}
            """
        }
        let text = """
            entrepot: 1
            task: sums
            purpose: a test
            parties:
            \(provider("A"))
            \(provider("B"))
              - {name: C, role: consumer, public_key: ""}
            join: {kind: union}
            privacy: {epsilon: \(epsilon), delta: \(delta), unit_words: one row, accept_high_epsilon: a test}
            engine: {kind: secure-sum}
            synthesizer: {method: independent}
            requests: {epsilon: \(part)}
            """
        let file = TaskFile(yaml: text, context: TaskFile.Context(allowsMissingKeys: true))
        return try #require(file.specification, "\(file.problems)")
    }

    @Test(
        "the smallest price and the largest have a forecast of finite figures, or a reason why there is none",
        arguments: [("1", "0.2", "1.0e-9"), ("1", "0.2", "1.0e-200"), ("8000", "7999", "1.0e-9")],
        [
            "kind: cardinality", "kind: count, where: {flow: x}", "kind: histogram, columns: [flow]",
            "kind: sum, columns: [usd]", "kind: mean, columns: [usd]", "kind: quantile, columns: [usd]",
            "kind: sum, columns: [usd], by: [flow], clamp: [0, 1.0e15], unit: 1.0e6",
        ])
    func extremes(terms: (epsilon: String, part: String, delta: String), query: String) throws {
        let task = try Self.task(epsilon: terms.epsilon, part: terms.part, delta: terms.delta)
        for price in ["1.0e-6", "0.001", terms.part] {
            let file = QueryFile(yaml: "{name: q, \(query), epsilon: \(price)}", for: task)
            guard let query = file.query else {
                print("\(terms) \(query) \(price): \(file.problems)")
                continue
            }
            do {
                let forecast = try RequestFile.forecast(query, of: task)
                #expect(
                    forecast.parts.allSatisfy {
                        $0.standardError.isFinite && $0.standardError > 0 && $0.halfWidth.isFinite && $0.halfWidth > 0
                    }, "\(price) \(forecast)")
                print("\(terms) \(query.kind) \(price): \(forecast.parts.map { AnswerText.short($0.standardError) })")
            } catch {
                print("\(terms) \(query.kind) \(price): refused: \(error)")
                #expect(error is PrivacyError || error is QueryRefusal, "\(error)")
            }
        }
    }

    @Test("the plan says how many requests the part pays, whatever it is", arguments: ["1.0e-6", "0.000003", "0.2"])
    func plan(part: String) throws {
        let text = try RequestFile.plan(Self.task(epsilon: "1", part: part, delta: "1.0e-9"))
        #expect(text.contains("1 request at \(Double(part) ?? 0)"), "\(text)")
    }
}
