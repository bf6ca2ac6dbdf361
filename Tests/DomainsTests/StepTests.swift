import Foundation
import Testing
import VectorMath

@testable import Domains

@Suite("Steps and asinh bins")
struct StepTests {
    private func column(_ field: Field) throws -> ColumnDomain {
        try #require(try TableDomain(schema: TableSchema(fields: [field]), keyColumns: []).columns.first)
    }

    @Test("every written value is a multiple of the step and reads back into its cell", arguments: 1...60)
    func multiples(seed: Int) throws {
        var random = SplitMix64(state: UInt64(seed))
        let steps: [Double] = [0.01, 0.05, 0.25, 1, 5, 100, 1000]
        let step: Double = steps.randomElement(using: &random) ?? 1
        let isWhole = step >= 1 && Bool.random(using: &random)
        // As people write multiples: −0.85, and not −17 · 0.05, which a Double has as −0.8500000000000001.
        func multiple(_ count: Double) -> Double { (100 * count * step).rounded() / 100 }
        let first = Double(Int.random(in: -20...20, using: &random))
        let lengths: [Double] = [1, 3, 40, 5000]
        let lower = multiple(first)
        let upper = multiple(first + (lengths.randomElement(using: &random) ?? 1))
        let field = Field(
            name: "x", type: isWhole ? .integer : .number,
            constraints: Constraints(required: true, minimum: .number(lower), maximum: .number(upper)),
            bins: seed % 4 == 0
                ? nil
                : Bins(
                    count: Int.random(in: 1...40, using: &random),
                    scale: [.linear, .log, .asinh].randomElement(using: &random)), step: step)
        let domain = try column(field)
        let unit = try #require(Decimal(string: DecimalText.text(of: step)))
        for code in 0..<domain.size {
            for fraction in [0, 0.2, 0.5, 0.999_999] {
                let text = domain.text(of: code, fraction: fraction)
                #expect(domain.code(of: text) == code, "\(text)")
                let value = try #require(Decimal(string: text))
                var (quotient, whole) = (value / unit, Decimal(0))
                NSDecimalRound(&whole, &quotient, 0, .plain)
                #expect(whole == quotient, "\(text) of \(step)")
            }
        }
        // What lies between two multiples has a cell too.
        for _ in 0..<100 {
            let value = Double.random(in: lower...upper, using: &random)
            #expect(domain.code(of: DecimalText.text(of: isWhole ? value.rounded() : value)) != nil, "\(value)")
        }
        #expect(domain.code(of: DecimalText.text(of: lower)) != nil)
        #expect(domain.code(of: DecimalText.text(of: upper)) != nil)
    }

    @Test("a step that is of no use is told with what to change")
    func mistakes() {
        func problem(_ field: Field) -> String {
            do {
                _ = try TableDomain(schema: TableSchema(fields: [field]), keyColumns: [])
                return ""
            } catch {
                return error.description
            }
        }
        let bounds = Constraints(minimum: 0, maximum: 50)
        #expect(problem(Field(name: "x", type: .number, constraints: bounds, step: 0)).contains("the step"))
        #expect(problem(Field(name: "x", type: .number, constraints: bounds, step: -1)).contains("the step"))
        #expect(problem(Field(name: "x", type: .number, constraints: bounds, step: .nan)).contains("the step"))
        #expect(problem(Field(name: "x", type: .integer, constraints: bounds, step: 0.5)).contains("whole step"))
        #expect(problem(Field(name: "x", type: .string, categories: ["a"], step: 1)).contains("no number"))
        #expect(
            problem(
                Field(name: "x", type: .number, constraints: Constraints(minimum: 1, maximum: 9), step: 100)
            ).contains("no multiple of the step 100"))
        #expect(
            problem(
                Field(
                    name: "x", type: .date, constraints: Constraints(minimum: "2020-01-01", maximum: "2024-01-01"),
                    step: 7)
            ).contains("date with a step"))
    }

    @Test("asinh bins cover both signs: narrow around zero, wider outside, on a monotone scale")
    func asinh() throws {
        let domain = try column(
            Field(
                name: "x", type: .number,
                constraints: Constraints(required: true, minimum: -1000, maximum: 1_000_000),
                bins: Bins(count: 32, scale: .asinh)))
        #expect(domain.code(of: "-1000") == 0)
        #expect(domain.code(of: "1000000") == domain.size - 1)
        let codes = [-999.0, -50, -1, 0, 1, 1898, 20_000, 999_999].compactMap { domain.code(of: "\($0)") }
        #expect(codes == codes.sorted() && Set(codes).count == codes.count)
        // The bin of an ordinary income is not 62,500 wide.
        let ordinary = try #require(domain.code(of: "1898"))
        let edges = try #require(domain.edges(of: ordinary))
        #expect(edges.upper / edges.lower < 3)
        for value in [-1e300, -1e9, -3, -1e-9, 0, 1e-12, 0.3, 7, 1e6, 1e300] {
            let back = AxisScale.asinh.value(at: AxisScale.asinh.place(of: value, pivot: 0.5), pivot: 0.5)
            #expect(abs(back - value) <= 1e-9 * abs(value), "\(value)")
        }
        // ln(1 + √2)
        #expect(abs(AxisScale.asinh.place(of: 1, pivot: 1) - 0.881_373_587_019_543) < 1e-14)
    }
}
