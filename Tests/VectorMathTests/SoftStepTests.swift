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
        var springs = 0
        for marginal in [1e-30, 1e-6, 1, 50, 1e6] {
            for target in [-1e4, -3.0, 0, 2, 1e5] {
                for slack in [1e-3, 1, 1e3, 1e6] {
                    for potential in [-5.0, 0, 3] {
                        let d = softStep(marginal: marginal, target: target, slack: slack, potential: potential)
                        let isOutOfReach = target + slack <= 0
                        springs += isOutOfReach ? 1 : 0
                        let held = isOutOfReach ? potential + d : min(max(potential + d, -1), 1)
                        let left = marginal * exp(d) + slack * held
                        let scale = abs(target) + slack * (1 + abs(d) + abs(potential))
                        let isAtFloor = potential + d <= -12 + 1e-9
                        #expect(isAtFloor || abs(left - target) <= 1e-12 * scale)
                    }
                }
            }
        }
        #expect(springs > 0)
    }

    @Test("a far potential is held by a constant force: an empty cell keeps one slack, not several")
    func constantForce() {
        let d = softStep(marginal: 400, target: 0, slack: 20, potential: 0)
        #expect(abs(400 * exp(d) - 20) < 1e-9)
    }
}
