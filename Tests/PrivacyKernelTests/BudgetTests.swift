import Foundation
import Testing
import VectorMath

@testable import PrivacyKernel

@Suite("Budget")
struct BudgetTests {
    @Test("a budget converts back to no more than its ε and δ, what is set aside included")
    func conversion() throws {
        for accounting in Accounting.allCases {
            for epsilon in [0.001, 0.1, 1, 5, 12, 20, 100] {
                for delta in [1e-3, 1e-5, 1e-9, 1e-14] {
                    let budget = try testBudget(epsilon, delta, accounting)
                    let amount = budget.amount
                    switch accounting {
                    case .pure: #expect(amount <= epsilon && amount > epsilon * (1 - 1e-9) - 0x1p-50)
                    case .zeroConcentrated:
                        #expect(Conversion.delta(rho: amount, epsilon: epsilon) <= delta * (1 + 2e-9))
                        #expect(amount > Conversion.rho(epsilon: epsilon, delta: delta) * (1 - 1e-3))
                    case .gaussian:
                        #expect(Conversion.delta(mu: (2 * amount).squareRoot(), epsilon: epsilon) <= delta * (1 + 2e-9))
                        let most = Conversion.mu(epsilon: epsilon, delta: delta)
                        #expect(amount > most * most / 2 * (1 - 1e-3))
                    }
                }
            }
        }
    }

    /// 20,000 random cuts.
    @Test("slices never sum to more than the whole, to the unit")
    func slices() throws {
        var random = SplitMix64(state: 7)
        for _ in 0..<200 {
            let epsilon = Double.random(in: 0.001...20, using: &random)
            var budget = try testBudget(epsilon, 1e-6, .zeroConcentrated)
            let whole = budget.units
            var sum: UInt64 = 0
            for _ in 0..<100 where budget.units > 0 {
                let units: UInt64
                if Bool.random(using: &random) {
                    let part = Int.random(in: 1...9, using: &random)
                    guard let slice = try? budget.take(.fraction(part, 9)) else { continue }
                    units = slice.units
                } else {
                    let amount = Double.random(in: 0...0.4, using: &random) * budget.amount
                    guard let slice = try? budget.take(.amount(amount)) else { continue }
                    units = slice.units
                }
                sum += units
            }
            #expect(sum + budget.units == whole)
        }
    }

    @Test("a budget split ten thousand ways is spent to the unit, and no more", arguments: Accounting.allCases)
    func manySlices(_ accounting: Accounting) throws {
        var budget = try testBudget(1, 1e-9, accounting)
        let whole = budget.units
        let table = try testTable([2], [[1]])
        let kernel = Kernel(rows: table)
        for left in stride(from: 10_000, to: 0, by: -1) {
            _ = try kernel.measure([[0]], spending: budget.take(.fraction(1, left)))
        }
        #expect(budget.units == 0)
        #expect(kernel.transcript.releases.reduce(0) { $0 + $1.spent } == whole)
        let spent = try #require(kernel.transcript.spent)
        #expect(spent.epsilon <= 1 && spent.epsilon > 0.99999)
        #expect(throws: PrivacyError.budgetIsEmpty) { _ = try budget.take(.all) }
    }

    @Test("a share of less than one unit is named")
    func smallShare() throws {
        var budget = try testBudget(1, 1e-9, .zeroConcentrated)
        #expect(throws: PrivacyError.shareTooSmall(1e-20)) { _ = try budget.take(.amount(1e-20)) }
        #expect(throws: PrivacyError.budgetTooSmall(epsilon: 1e-12, delta: 1e-9)) {
            _ = try testBudget(1e-12, 1e-9, .zeroConcentrated)
        }
    }

    @Test("what is drawn counts against the budget, through however many kernels")
    func limits() throws {
        let budget = try testBudget(1, 1e-9, .gaussian)
        try budget.root.reserve(figures: 1 << 29, changed: 1, selections: 0)
        #expect(throws: PrivacyError.drawLimitReached(limit: BudgetRoot.drawLimit)) {
            try budget.root.reserve(figures: 1 << 29, changed: 1, selections: 0)
        }
        #expect(throws: PrivacyError.self) { try budget.root.reserve(figures: 0, changed: 1 << 40, selections: 0) }
        #expect(throws: PrivacyError.drawLimitReached(limit: 1 << 14)) {
            try budget.root.reserve(figures: 0, changed: 0, selections: (1 << 14) + 1)
        }
    }

    @Test("bad figures are refused by name, and nothing is cut")
    func refusals() throws {
        func refusal(_ epsilon: Double, _ delta: Double, _ accounting: Accounting = .gaussian) -> PrivacyError? {
            do throws(PrivacyError) {
                _ = try Budget(PrivacyParameters(epsilon: epsilon, delta: delta), accounting: accounting)
                return nil
            } catch { return error }
        }
        #expect(refusal(0, 1e-9) == .epsilonNotPositive(0))
        #expect(refusal(-1, 1e-9) == .epsilonNotPositive(-1))
        #expect(refusal(.infinity, 1e-9) == .epsilonTooLarge(.infinity))
        guard case .epsilonNotPositive = refusal(.nan, 1e-9) else {
            Issue.record("NaN was taken")
            return
        }
        #expect(refusal(1, 1) == .deltaOutsideRange(1))
        #expect(refusal(1, -1e-9) == .deltaOutsideRange(-1e-9))
        guard case .deltaOutsideRange = refusal(1, .nan) else {
            Issue.record("NaN was taken")
            return
        }
        #expect(refusal(1, 0) == .deltaIsZero(.gaussian))
        #expect(refusal(1, 0, .zeroConcentrated) == .deltaIsZero(.zeroConcentrated))
        #expect(refusal(1, 0, .pure) == nil)
        #expect(refusal(1e-300, 1e-9, .pure) == .budgetTooSmall(epsilon: 1e-300, delta: 1e-9))
        #expect("\(PrivacyError.epsilonNotPositive(-1))".contains("-1.0"))

        var budget = try testBudget(1, 1e-9, .zeroConcentrated)
        let whole = budget.units
        for share in [
            BudgetShare.amount(0), .amount(-1), .amount(.nan), .amount(1), .amount(.infinity), .fraction(2, 1),
            .fraction(0, 3), .fraction(1, 0), .amount(1e-300),
        ] {
            #expect(throws: PrivacyError.self) { _ = try budget.take(share) }
            #expect(budget.units == whole)
        }
    }

    @Test("spending a budget twice does not compile")
    func doubleSpend() throws {
        func compile(_ second: String) throws -> CompiledSnippet {
            try CompiledSnippet(
                """
                import PrivacyKernel
                func fit(_ kernel: Kernel, _ budget: consuming Budget) throws {
                    _ = try kernel.measure([[0]], spending: budget)
                    \(second)
                }
                """)
        }
        let mistake = try compile("_ = try kernel.measure([[1]], spending: budget)")
        #expect(mistake.status != 0)
        #expect(mistake.text.contains("consumed more than once"), "\(mistake.text)")
        let correct = try compile("")
        #expect(correct.status == 0, "\(correct.text)")
    }
}
