import Domains
import Tables
import Testing

@testable import FittedModels
@testable import Synthesizers

@Suite("what a method says that its rows keep")
struct FidelityTests {
    private let mixed = TableDomain(columns: [
        .categories("region", ["north", "south"]), .categories("trade", ["in", "out"]),
    ])

    @Test("every method names something kept and something assumed", arguments: SynthesizerName.known)
    func all(_ name: SynthesizerName) throws {
        let fidelity = try synthesizer(named: name.rawValue).fidelity(mixed)
        #expect(!fidelity.kept.isEmpty)
        #expect(!fidelity.assumed.isEmpty)
    }

    @Test("the copula names the columns whose correlations it keeps, and those whose classes shift them")
    func copula() throws {
        let domain = try schemaDomain([
            Field(name: "age", type: .integer, constraints: Constraints(required: true, minimum: 0, maximum: 9)),
            Field(name: "pay", type: .integer, constraints: Constraints(minimum: 0, maximum: 9)),
            Field(
                name: "region", type: .string,
                constraints: Constraints(required: true, enum: ["north", "south"])),
        ])
        let fidelity = try GaussianCopula().fidelity(domain)
        #expect(fidelity.kept.contains { $0.contains("'age', 'pay'") })
        #expect(fidelity.kept.contains { $0.contains("each class of 'region'") })
        #expect(fidelity.assumed.contains { $0.contains("'pay'") && $0.contains("missing") })
        #expect(!fidelity.assumed.contains { $0.contains("'age'") })
    }

    @Test("the copula of text alone speaks of no correlation")
    func text() throws {
        let fidelity = try GaussianCopula().fidelity(mixed)
        #expect(!fidelity.kept.contains { $0.contains("correlation") })
    }
}
