import Foundation
import Testing

@testable import PrivacyKernel

@Suite("Accounting")
struct AccountingTests {
    /// (ε, δ), ρ, μ and μ²/2 of §3.4 of the reference as printed there.
    static let printed: [(Double, Double, String, String, String)] = [
        (0.1, 1e-5, "0.000432994", "0.03252", "0.000528801"), (0.1, 1e-9, "0.000177138", "0.01992", "0.000198332"),
        (0.5, 1e-5, "0.00850553", "0.14221", "0.0101119"), (1, 1e-5, "0.0305566", "0.26805", "0.0359257"),
        (1, 1e-6, "0.0243560", "0.23670", "0.0280145"), (1, 1e-9, "0.0149731", "0.18197", "0.0165574"),
        (2, 1e-5, "0.108256", "0.50155", "0.125777"), (10, 1e-5, "1.78270", "2.00045", "2.00089"),
        (10, 1e-9, "1.09079", "1.53788", "1.18253"),
    ]

    /// The same by mpmath with 60 digits, and three further points.
    static let digits: [(Double, Double, Double, Double)] = [
        (0.1, 1e-5, 0.00043299372940180952, 0.03252078405620391),
        (0.1, 1e-9, 0.00017713844718502086, 0.019916423412681466),
        (0.5, 1e-5, 0.0085055305911819113, 0.14221055866926122),
        (1.0, 1e-5, 0.030556595197639566, 0.26805112321129422),
        (1.0, 1e-6, 0.024355970359538373, 0.23670438066343571),
        (1.0, 1e-9, 0.014973057673588526, 0.18197480729533226),
        (2.0, 1e-5, 0.10825636382305726, 0.50155168916965662),
        (10.0, 1e-5, 1.7826956163289516, 2.0004456204306324),
        (10.0, 1e-9, 1.0907857043970156, 1.53787733681454),
        (0.01, 1e-12, 1.3578468279257925e-6, 0.0017271220791801818),
        (5.0, 1e-15, 0.18716617783575001, 0.63069647837838864),
        (100.0, 1e-9, 42.380211721893064, 9.4138486196385225),
    ]

    @Test("the table of the reference, §3.4, to its printed digits")
    func printedDigits() throws {
        var lines: [String] = []
        for (epsilon, delta, rho, mu, half) in AccountingTests.printed {
            let found = Conversion.mu(epsilon: epsilon, delta: delta)
            let foundRho = Conversion.rho(epsilon: epsilon, delta: delta)
            var cells: [String] = []
            for (value, text) in [(foundRho, rho), (found, mu), (found * found / 2, half)] {
                let printed = String(format: "%.\(text.count - 2)f", value * (1 + 1e-9))
                #expect(printed == text)
                cells.append("\(printed) (\(text))")
            }
            let changing = [
                Conversion.epsilonChangingOne(rho: foundRho, delta: delta),
                Conversion.epsilonChangingOne(mu: found, delta: delta),
            ]
            lines.append(
                "| \(epsilon) | \(delta) | \(cells.joined(separator: " | ")) | "
                    + changing.map { String(format: "%.4f", $0) }.joined(separator: " | ") + " |")
        }
        try AuditReport.write(
            "2-accounting",
            """
            ## Accounting

            What (ε, δ) buys, found (and printed in the reference), and what changing one record then costs in ε at the same
            δ if every release is a count.

            | ε | δ | ρ of zCDP | μ of GDP | μ²/2 | ε changing one, zCDP | ε changing one, GDP |
            |---|---|---|---|---|---|---|
            \(lines.joined(separator: "\n"))
            """)
    }

    /// μ by mpmath with 60 digits, where the two terms of GDP's δ cancel or underflow.
    @Test(
        "where ε is tiny or huge, μ still errs on the safe side only",
        arguments: [
            (1e-9, 1e-9, 3.6227971844268780e-9, 1e-5), (1e-7, 1e-15, 1.9952018404023646e-8, 1e-5),
            (1e-6, 1e-30, 1.0261690596616387e-7, 1e-5), (1e-5, 1e-12, 2.1814424026133239e-6, 1e-7),
            (1e-3, 1e-6, 4.1041594735417444e-4, 2e-9), (500, 1e-100, 16.855972626164090, 2e-9),
        ])
    func cancellation(_ epsilon: Double, _ delta: Double, _ mu: Double, _ slack: Double) {
        let found = Conversion.mu(epsilon: epsilon, delta: delta)
        #expect(found < mu && found > mu * (1 - slack), "\(found / mu - 1)")
        #expect(Conversion.epsilon(mu: mu, delta: delta) > epsilon)
    }

    @Test("both readings hold with what sampling adds to δ at their own ε", arguments: [0.1, 1, 3, 8, 10, 12])
    func setAsides(_ epsilon: Double) throws {
        for accounting in [Accounting.zeroConcentrated, .gaussian] {
            for delta in [1e-5, 1e-9] {
                let budget = try testBudget(epsilon, delta, accounting)
                for factor in [1, 2, 4] as [UInt128] {
                    let found = budget.root.epsilon(of: factor * UInt128(budget.units))
                    #expect(found.isFinite)
                    let amount = Double(factor) * budget.amount
                    let smooth = accounting == .gaussian ? 1 - 0x1p-20 : 1
                    let own =
                        accounting == .gaussian
                        ? Conversion.delta(mu: (2 * amount).squareRoot(), epsilon: found * smooth) * (1 + 0x1p-19)
                        : Conversion.delta(rho: amount, epsilon: found)
                    let added = budget.root.isExact ? 0 : (1 + exp(found)) * BudgetRoot.distance
                    #expect(own + added <= delta, "\(accounting) \(epsilon) \(delta) ·\(factor): \(own) \(added)")
                }
            }
        }
    }

    @Test("ρ and μ stay within 2e-9 below 60-digit values, ε and δ above them", arguments: 0..<12)
    func outward(_ row: Int) {
        let (epsilon, delta, rho, mu) = AccountingTests.digits[row]
        func isJust(_ found: Double, below exact: Double) -> Bool { found < exact && found > exact * (1 - 2e-9) }
        #expect(isJust(Conversion.rho(epsilon: epsilon, delta: delta), below: rho))
        #expect(isJust(Conversion.mu(epsilon: epsilon, delta: delta), below: mu))
        #expect(isJust(epsilon, below: Conversion.epsilon(rho: rho, delta: delta)))
        #expect(isJust(epsilon, below: Conversion.epsilon(mu: mu, delta: delta)))
        #expect(Conversion.delta(rho: rho, epsilon: epsilon) > delta)
        #expect(Conversion.delta(mu: mu, epsilon: epsilon) > delta)
        #expect(Conversion.delta(rho: rho, epsilon: epsilon) < delta * (1 + 1e-7))
        #expect(Conversion.delta(mu: mu, epsilon: epsilon) < delta * (1 + 1e-7))
    }

    @Test("replacing costs what the reference says: 2.2ρ for AIM's 90/10 split, 2ρ all Gaussian, at δ = 1e-5")
    func changingOne() {
        let expected: [(Double, Double, Double)] = [(0.1, 0.153, 0.146), (1, 1.54, 1.47), (10, 16.3, 15.5)]
        for (epsilon, mixed, gaussian) in expected {
            let rho = Conversion.rho(epsilon: epsilon, delta: 1e-5)
            let mu = Conversion.mu(epsilon: epsilon, delta: 1e-5)
            #expect(abs(Conversion.epsilon(rho: 2.2 * rho, delta: 1e-5) / mixed - 1) < 0.005)
            #expect(abs(Conversion.epsilonChangingOne(mu: mu, delta: 1e-5) / gaussian - 1) < 0.005)
            #expect(Conversion.epsilonChangingOne(rho: rho, delta: 1e-5) > epsilon)
        }
    }

    /// δ of the discrete Gaussian with σ² at ε and shift 1, by summing its own privacy loss distribution.
    private func discreteDelta(sigmaSquared: Double, epsilon: Double) -> Double {
        let reach = Int(14 * sigmaSquared.squareRoot()) + 20
        let weights = (-reach...reach).map { exp(-Double($0 * $0) / (2 * sigmaSquared)) }
        let total = weights.reduce(0, +)
        return (-reach...reach).reduce(0.0) { sum, x in
            // Loss of x under shift 0 against shift 1.
            let loss = (1 - 2 * Double(x)) / (2 * sigmaSquared)
            return loss > epsilon ? sum + weights[x + reach] / total * (1 - exp(epsilon - loss)) : sum
        }
    }

    @Test("a discrete Gaussian of σ² leaks no more than a continuous one of σ² − 2, and can leak more than one of σ²")
    func smoothing() {
        var hasCounterexample = false
        for variance in [0.2, 0.5, 1, 3, 10, 50, 500.0] {
            for step in 0..<60 {
                let epsilon = 0.05 * Double(step) / variance.squareRoot()
                let discrete = discreteDelta(sigmaSquared: variance + 2, epsilon: epsilon)
                let continuous = Conversion.delta(mu: 1 / variance.squareRoot(), epsilon: epsilon)
                #expect(discrete <= continuous * (1 + 1e-9) + 1e-15)
                let same = Conversion.delta(mu: 1 / (variance + 2).squareRoot(), epsilon: epsilon)
                if discrete > same * (1 + 1e-6) { hasCounterexample = true }
            }
        }
        #expect(hasCounterexample)
    }

    @Test("the factor 1 ± 2.9e-17 between the two laws holds at every x")
    func smoothingDistance() {
        // 1 + 2·Σ e^(−2π²m²r²)·cos(2πmy) with r² = 2, at its extremes, squared for the normaliser.
        let ripple = 2 * exp(-4 * Double.pi * Double.pi) * 1.000001
        #expect(2 * ripple / (1 - ripple) < BudgetRoot.smoothingDistance * 1.000001)
        #expect(2 * ripple > BudgetRoot.smoothingDistance * 0.9)
    }
}
