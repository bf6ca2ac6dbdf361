import Domains
import Tables
import Testing

@testable import PrivacyKernel

@Suite("Private table")
struct PrivateTableTests {
    @Test("neither description nor reflection shows a row, a count or the noise's key")
    func reflection() throws {
        let table = try testTable([2, 3], [[1, 2], [1, 2], [0, 1]])
        let kernel = testKernel(table)
        _ = try kernel.measure([[0, 1]], spending: testBudget(1, 1e-9, .gaussian))
        for (value, name) in [(kernel as Any, "Kernel")] {
            var text = ""
            dump(value, to: &text)
            #expect(Mirror(reflecting: value).children.isEmpty)
            #expect(text.hasPrefix("- PrivacyKernel.\(name) #0"), "\(text)")
            #expect("\(value)" == "PrivacyKernel.\(name)")
        }
    }

    @Test("a table that says it has no rows a key is taken to have one", arguments: [0, -3])
    func rowsPerKey(_ claimed: Int) throws {
        let table = try testTable([2], [[1]], rowsPerKey: claimed)
        #expect(table.rowsPerKey == 1)
        let marginal = try testKernel(table).measure([[0]], spending: testBudget(1, 1e-9, .zeroConcentrated))[0]
        #expect(marginal.variance > 1)
    }

    @Test(
        "no row, one row and many equal rows answer alike, at any budget",
        arguments: [[], [[1, 2]], [[Int]](repeating: [1, 2], count: 5000)])
    func degenerate(_ rows: [[Int]]) throws {
        for accounting in Accounting.allCases {
            for epsilon in [1e-5, 1, 50, 8191] {
                let kernel = testKernel(try testTable([2, 3], rows))
                var budget = try testBudget(epsilon, 1e-6, accounting)
                let candidates = [
                    Candidate(attributes: [0], estimate: [0, 0]),
                    Candidate(attributes: [0, 1], estimate: [0, 0, 0, 0, 0, 9]),
                ]
                let marginals = try kernel.measure([[], [0, 1]], spending: budget.take(.fraction(1, 3)))
                _ = try kernel.select(from: candidates, spending: budget.take(.fraction(1, 2)))
                _ = try kernel.measureErrors(of: candidates, spending: budget.take(.all))
                #expect(marginals.map(\.counts.count) == [1, 6])
                let spent = try #require(kernel.transcript.spent)
                #expect(spent.epsilon <= epsilon && spent.epsilonChangingOne.isFinite)
            }
        }
    }
}
