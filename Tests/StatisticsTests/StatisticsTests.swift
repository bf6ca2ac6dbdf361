import Statistics
import Testing
import VectorMath

@Suite("Distributions and intervals")
struct StatisticsTests {
    @Test("the normal quantile agrees with printed tables")
    func quantile() {
        for (probability, expected) in [
            (0.975, 1.959963984540054), (0.995, 2.5758293035489004), (0.5, 0), (0.84134474606854293, 1),
            (1e-9, -5.9978070150076865), (0.9999999, 5.199337582290661),
        ] {
            #expect(abs(Normal.quantile(probability) - expected) < 1e-9)
        }
    }

    @Test("Fieller's bounds solve |a − ρb| = z·√(v_a + ρ²v_b), and there are none where b may be zero")
    func fieller() throws {
        for (a, va, b, vb) in [(10.0, 1.0, 5.0, 0.25), (-3, 4, 40, 9), (0, 1, -8, 2), (1e9, 1e12, 3e8, 1e13)] {
            let z = 1.959963984540054
            let interval = try #require(
                FiellerInterval(numerator: a, variance: va, denominator: b, variance: vb, critical: z))
            #expect(interval.lower < a / b && a / b < interval.upper)
            for bound in [interval.lower, interval.upper] {
                let distance = abs(a - bound * b) / (va + bound * bound * vb).squareRoot()
                #expect(abs(distance - z) < 1e-6)
            }
        }
        #expect(FiellerInterval(numerator: 10, variance: 1, denominator: 1, variance: 1, critical: 2) == nil)
        // Without noise the interval is the ratio.
        #expect(
            FiellerInterval(numerator: 6, variance: 0, denominator: 3, variance: 0, critical: 2).map {
                [$0.lower, $0.upper]
            }
                == [2, 2])
    }

    @Test("the quantile is the inverse of the distribution function, far out too")
    func inverse() {
        for p in [1e-12, 0.001, 0.3, 0.5, 0.9, 1 - 1e-9] {
            #expect(abs(Normal.distribution(Normal.quantile(p)) - p) < 1e-12)
        }
        #expect(Normal.quantile(0) == -.infinity && Normal.quantile(1) == .infinity)
    }

    @Test("Student's quantiles agree with printed tables")
    func student() {
        for (freedom, value) in [(1.0, 12.7062), (2, 4.30265), (5, 2.57058), (30, 2.04227), (1e5, 1.95999)] {
            #expect(abs(studentQuantile(0.975, freedom: freedom) / value - 1) < 1e-5, "\(freedom)")
        }
    }

    @Test("two Laplace figures: the tail of their sum is the one that was integrated")
    func laplaceTails() {
        // P(|X + Y| > t) of equal scales b: (1 + t/2b)·exp(−t/b); in standard deviations, σ = 2b.
        let equal = NoiseLaw.laplace.critical(0.95, ofSum: 3, 3)
        #expect(abs((1 + equal) * exponential(-2 * equal) - 0.05) < 1e-4)
        #expect(abs(NoiseLaw.laplace.critical(0.95, ofSum: 5, 0) - NoiseLaw.laplace.critical(0.95)) < 1e-12)
        #expect(abs(NoiseLaw.laplace.critical(0.95, ofSum: 1e12, 1) - NoiseLaw.laplace.critical(0.95)) < 1e-4)
        #expect(abs(NoiseLaw.gaussian.critical(0.95, ofSum: 1, 4) - 1.959963984540054) < 1e-9)
        #expect(abs(NoiseLaw.laplace.critical(0.95, ofSumOf: 1e9) - 1.959963984540054) < 1e-6)
    }
}
