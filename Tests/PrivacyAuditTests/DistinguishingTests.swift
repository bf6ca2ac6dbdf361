#if ENTREPOT_MUTATIONS
    import Foundation
    @testable import PrivacyKernel
    import Testing

    @Suite("Distinguishing game", .serialized)
    struct DistinguishingTests {
        /// Mechanisms under audit. The lead adds the synthesizers here.
        static func mechanisms() throws -> [AuditedMechanism] { try AuditedMechanism.kernel() }

        /// Each mechanism is played once. That the lower bound exceeds a claim that is met exactly happens in 1 of 40
        /// games, so the refusal asks for 4 standard errors (1 in 30,000); a μ 5 % short of its claim is found with
        /// power above 0.999 at 60,000 fits.
        ///
        /// `ENTREPOT_AUDIT_FITS` sets the number of fits of each world, `ENTREPOT_AUDIT_REPORT` names the table's file.
        @Test("the best adversary reaches 95 % of what each mechanism claims to leak, and never more than all of it")
        func games() async throws {
            let environment = ProcessInfo.processInfo.environment
            let asked = environment["ENTREPOT_AUDIT_FITS"].flatMap { Int($0) }
            var table = AuditTable()
            for mechanism in try DistinguishingTests.mechanisms() {
                let verdict = try await DistinguishingGame(mechanism: mechanism).play(fits: asked ?? mechanism.fits)
                table.add(mechanism, verdict)
                let error = 1.8 / Double(verdict.fits).squareRoot()
                #expect(verdict.empirical <= verdict.claimed + 4 * error, "\(mechanism): \(verdict)")
                #expect(verdict.empirical >= mechanism.tightness * verdict.claimed - error, "\(mechanism): \(verdict)")
            }
            if let path = environment["ENTREPOT_AUDIT_REPORT"] {
                try table.text.write(toFile: path, atomically: true, encoding: .utf8)
            }
        }

        /// σ instead of σ², and the whole budget for each marginal: μ is several times its claim.
        @Test("the game finds noise that is too small", arguments: [Mutation.deviationForVariance, .shareIgnored])
        func findsTooLittleNoise(_ mutation: Mutation) async throws {
            let mechanism = AuditedMechanism(
                name: "weak", accounting: .zeroConcentrated,
                parameters: try PrivacyParameters(epsilon: 1, delta: 1e-5), sizes: [2, 2, 2, 2],
                rows: ([], [[1, 1, 1, 1]])
            ) { kernel, budget in _ = try kernel.measure([[0], [1], [2], [3]], spending: budget) }
            let verdict = try await DistinguishingGame(mechanism: mechanism).play(fits: 20_000, planted: mutation)
            #expect(verdict.lowerBound > 1.5 * verdict.claimed, "\(verdict)")
        }
    }
#endif
