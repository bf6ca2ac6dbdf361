import Foundation
import Testing

@testable import VectorMath

@Suite struct ExponentialTests {
    @Test("the polynomial exponential is within 4e-16 of the C library over its whole range")
    func matchesTheLibrary() {
        var worst = 0.0
        var x = -700.0
        while x < 700 {
            let exact = exp(x)
            worst = max(worst, abs(polynomialExponential(x) - exact) / exact)
            x += 0.037_131
        }
        #expect(worst < 4e-16)
    }

    @Test("a logarithm of −∞ gives exactly zero, and far too large ones stay finite")
    func limits() {
        var result = [1.0, 1, 1, 1]
        exponentials([-.infinity, -800, 5_000, 3], in: 0..<4, minus: 1, into: &result)
        #expect(result[0] == 0)
        #expect(result[1] == 0)
        #expect(result[2].isFinite && result[2] > 1e300)
        #expect(abs(result[3] - exp(2)) < 1e-14)
    }

    @Test("only the range asked for is written")
    func rangeOnly() {
        var result = [7.0, 7, 7, 7, 7]
        exponentials([0, 0, 0, 0, 0], in: 1..<3, minus: 0, into: &result)
        #expect(result == [7, 1, 1, 7, 7])
    }

    @Test("the maximum of a range sees every place of every block", arguments: 0..<11)
    func maximumOfRange(place: Int) {
        var values = [Double](repeating: -3, count: 11)
        values[place] = 5
        #expect(maximum(values, in: 0..<11) == 5)
        #expect(maximum(values, in: 0..<0) == -.infinity)
    }
}
