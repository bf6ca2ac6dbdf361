import Foundation
import Testing

@testable import VectorMath

@Suite struct SoftStepTests {
    @Test("Wright's omega satisfies w + ln w = z")
    func omega() {
        var z = -690.0
        while z < 5_000 {
            let w = wrightOmega(z)
            #expect(w > 0)
            #expect(abs(w + log(w) - z) <= 4e-15 * max(1, abs(z)))
            z += z < 30 ? 0.173 : 41.7
        }
        #expect(abs(wrightOmega(1) - 1) < 1e-15)
        #expect(abs(wrightOmega(0) - 0.567_143_290_409_783_8) < 1e-15)
    }

    @Test("a soft step solves its equation for any mixture of scales")
    func step() {
        for marginal in [1e-30, 1e-6, 1, 50, 1e6] {
            for target in [-1e4, -3.0, 0, 2, 1e5] {
                for slack in [1e-3, 1, 1e3, 1e6] {
                    for potential in [-5.0, 0, 3] {
                        let d = softStep(marginal: marginal, target: target, slack: slack, potential: potential)
                        let left = marginal * exp(d) + slack * (potential + d)
                        let scale = abs(target) + slack * (1 + abs(d) + abs(potential))
                        #expect(abs(left - target) <= 1e-12 * scale)
                    }
                }
            }
        }
    }
}
