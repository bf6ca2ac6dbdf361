import Domains
import Foundation
import Tables
import Testing

@testable import PlantedBugs
@testable import PrivacyKernel

@Suite("Distinguishing game", .serialized)
struct DistinguishingTests {
    /// Each mechanism is played once. That the empirical μ exceeds a claim that is met exactly by 5 standard errors
    /// happens in 3 of 10 million games.
    ///
    /// `ENTREPOT_AUDIT_FITS` sets the number of fits of each world, `ENTREPOT_AUDIT_REPORT` names the folder that the
    /// table is written to.
    @Test("the best adversary reaches 95 % of what each mechanism claims to leak, and never more than all of it")
    func games() async throws {
        let environment = ProcessInfo.processInfo.environment
        let asked = environment["ENTREPOT_AUDIT_FITS"].flatMap { Int($0) }
        var table = AuditTable()
        // Whole tasks are played by the audit alone.
        let isAudit = environment["ENTREPOT_AUDIT_REPORT"] != nil
        let tasks = try isAudit ? AuditedTask.all.map { try $0.mechanism() } : []
        for mechanism in try AuditedMechanism.kernel() + AuditedMechanism.synthesizers() + tasks {
            let verdict = try await DistinguishingGame(mechanism: mechanism).play(fits: asked ?? mechanism.fits)
            table.add(mechanism, verdict)
            let error = verdict.standardError
            #expect(verdict.empirical <= verdict.claimed + 5 * error, "\(mechanism): \(verdict)")
            #expect(
                verdict.empirical >= mechanism.tightness * verdict.claimed - 3 * error, "\(mechanism): \(verdict)")
        }
        try AuditReport.write("5-games", table.text)
    }

    /// σ instead of σ², and the whole budget for each marginal: μ is several times its claim.
    @Test("the game finds noise that is too small", arguments: [PlantedBug.deviationForVariance, .shareIgnored])
    func findsTooLittleNoise(_ mutation: PlantedBug) async throws {
        let mechanism = AuditedMechanism(
            name: "weak", accounting: .zeroConcentrated,
            parameters: try PrivacyParameters(epsilon: 1, delta: 1e-5),
            worlds: try NeighbouringWorlds(sizes: [2, 2, 2, 2], without: [], canary: [1, 1, 1, 1])
        ) { kernel, budget in
            _ = try kernel.measure([[0], [1], [2], [3]], spending: budget)
            return kernel.transcript
        }
        let verdict = try await DistinguishingGame(mechanism: mechanism).play(fits: 20_000, planted: mutation)
        #expect(verdict.lowerBound > 1.5 * verdict.claimed, "\(verdict)")
    }

    /// What a unit's rows come to is wrong: the join or the bound of a unit errs.
    @Test(
        "the game finds rows beyond those that a unit has",
        arguments: [PlantedBug.combinationsKept, .truncationSkipped, .unionCountedOnce])
    func findsTooManyRows(_ mutation: PlantedBug) async throws {
        let task =
            mutation == .unionCountedOnce
            ? AuditedTask.keyOfUnion : AuditedTask.all[mutation == .combinationsKept ? 0 : 1]
        let mechanism = try PlantedBug.$active.withValue(mutation) { try task.mechanism() }
        let verdict = try await DistinguishingGame(mechanism: mechanism).play(fits: 4_000, planted: mutation)
        #expect(verdict.lowerBound > 1.02 * verdict.claimed, "\(verdict)")
    }
}
