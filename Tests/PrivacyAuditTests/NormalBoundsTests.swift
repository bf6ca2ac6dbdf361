import Testing

@Suite("Bounds of an audit")
struct NormalBoundsTests {
    @Test("quantiles and Clopper–Pearson bounds agree with scipy 1.17")
    func scipy() {
        #expect(abs(NormalBounds.quantile(0.975) - 1.959963984540054) < 1e-12)
        #expect(abs(NormalBounds.quantile(1e-6) + 4.753424308822899) < 1e-9)
        // scipy.stats.beta.ppf(0.975, k + 1, n - k)
        for (k, n, bound) in [
            (0, 10, 0.3084971078187607), (3, 10, 0.6524528500599972), (333, 1000, 0.3631692178520082),
            (19_000, 60_000, 0.3204059168624233),
        ] {
            #expect(abs(NormalBounds.upperProportion(k, of: n, alpha: 0.025) - bound) < 1e-9, "\(k) of \(n)")
        }
        #expect(NormalBounds.upperProportion(5, of: 5, alpha: 0.025) == 1)
    }
}
