import Testing

@testable import PrivacyKernel

@Suite("Accounting")
struct AccountingTests {
    @Test("the table of the reference, §3.4, to its printed digits")
    func table() {
        let rows: [(Double, Double, Double, Double, Double)] = [
            (0.1, 1e-5, 0.000432994, 0.03252, 0.000528801),
            (0.1, 1e-9, 0.000177138, 0.01992, 0.000198332),
            (0.5, 1e-5, 0.00850553, 0.14221, 0.0101119),
            (1, 1e-5, 0.0305566, 0.26805, 0.0359257),
            (1, 1e-6, 0.0243560, 0.23670, 0.0280145),
            (1, 1e-9, 0.0149731, 0.18197, 0.0165574),
            (2, 1e-5, 0.108256, 0.50155, 0.125777),
            (10, 1e-5, 1.78270, 2.00045, 2.00089),
            (10, 1e-9, 1.09079, 1.53788, 1.18253),
        ]
        for (epsilon, delta, rho, mu, rhoGaussian) in rows {
            let found = Conversion.mu(epsilon: epsilon, delta: delta)
            #expect(abs(Conversion.rho(epsilon: epsilon, delta: delta) / rho - 1) < 2e-6)
            #expect(abs(found - mu) < 0.6e-5)
            #expect(abs(found * found / 2 / rhoGaussian - 1) < 5e-6)
        }
    }
}
