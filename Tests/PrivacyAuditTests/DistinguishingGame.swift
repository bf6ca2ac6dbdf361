import Foundation
import Tables

@testable import PlantedBugs
@testable import PrivacyKernel

/// Anything that turns private rows into a transcript: a kernel call or a whole synthesizer.
struct AuditedMechanism: Sendable, CustomStringConvertible {
    let name: String
    let accounting: Accounting
    let parameters: PrivacyParameters
    let worlds: NeighbouringWorlds
    /// Fits in each of the two worlds, before `ENTREPOT_AUDIT_FITS` has its say.
    var fits = 40_000
    /// The part of the claimed μ that the adversary must at least reach.
    var tightness = 0.95
    /// Returns what left: the transcript in the model's file.
    let fit: @Sendable (Kernel, consuming Budget) throws -> Transcript

    var description: String { name }
}

/// What the best adversary found who sees every release and knows both tables but not which was used.
struct AuditVerdict: Sendable {
    let fits: Int
    /// μ = √(2ρ) by the transcript; ε under pure accounting.
    let claimed: Double
    /// Φ⁻¹(1 − false positives) − Φ⁻¹(false negatives); ln((1 − false negatives)/false positives) for ε.
    let empirical: Double
    /// The same from Clopper–Pearson bounds at 95 %: a true lower bound of what leaks, false in 1 of 20 audits of a
    /// mechanism that leaks all it claims.
    let lowerBound: Double
    let microsecondsPerFit: Double

    /// Standard error of the empirical μ for thresholds between two normal laws that far apart.
    var standardError: Double {
        let tail = NormalBounds.distribution(-claimed / 2)
        let density = exp(-claimed * claimed / 8) / (2 * Double.pi).squareRoot()
        return (2 * tail * (1 - tail) / Double(fits)).squareRoot() / density
    }
}

/// The white-box distinguishing game: the statistic is the log-likelihood ratio of all releases, computed from rows
/// that only the test knows, which no other test can beat (Neyman and Pearson).
struct DistinguishingGame {
    let mechanism: AuditedMechanism

    func play(
        fits: Int, planted: PlantedBug? = nil
    ) async throws -> AuditVerdict {
        let start = ContinuousClock().now
        let workers = 2
        let tallies = try await withThrowingTaskGroup(of: Tally.self) { group in
            for worker in 0..<(2 * workers) {
                group.addTask {
                    try PlantedBug.$active.withValue(planted) {
                        try tally(fits / workers, isWith: worker % 2 == 1)
                    }
                }
            }
            return try await group.reduce(into: [Tally]()) { $0.append($1) }
        }
        let positive = tallies.reduce(0) { $0 + $1.falsePositives }
        let negative = tallies.reduce(0) { $0 + $1.falseNegatives }
        let amount = Double(tallies.reduce(0) { max($0, $1.units) }) / Budget.unitsPerWhole
        let count = fits / workers * workers
        let seconds = (ContinuousClock().now - start) / .seconds(1)
        let isPure = mechanism.accounting == .pure
        func leak(_ positive: Double, _ negative: Double) -> Double {
            isPure
                ? log((1 - negative) / positive)
                : NormalBounds.quantile(1 - positive) - NormalBounds.quantile(negative)
        }
        return AuditVerdict(
            fits: count, claimed: isPure ? amount : (2 * amount).squareRoot(),
            empirical: leak(Double(positive) / Double(count), Double(negative) / Double(count)),
            lowerBound: leak(
                NormalBounds.upperProportion(positive, of: count, alpha: 0.025),
                NormalBounds.upperProportion(negative, of: count, alpha: 0.025)),
            microsecondsPerFit: seconds * 1e6 / Double(2 * count))
    }

    private struct Tally: Sendable {
        var falsePositives = 0
        var falseNegatives = 0
        var units: UInt64 = 0
    }

    /// Plays many times in one of the two worlds, each time from the files on.
    private func tally(_ fits: Int, isWith: Bool) throws -> Tally {
        let likelihood = ReleaseLikelihood(mechanism.worlds)
        let seen = KernelObserver()
        var tally = Tally()
        try KernelObserver.$active.withValue(seen) {
            for _ in 0..<fits {
                seen.reset()
                let kernel = Kernel(table: try mechanism.worlds.table(isWith: isWith))
                let transcript = try mechanism.fit(
                    kernel, Budget(mechanism.parameters, accounting: mechanism.accounting))
                let ratio = likelihood.ratio(transcript, seen)
                // A tie is decided by a coin, so that a mechanism that says nothing gives μ = 0.
                let saysWith = ratio > 0 || (ratio == 0 && Bool.random())
                if isWith, !saysWith { tally.falseNegatives += 1 }
                if !isWith, saysWith { tally.falsePositives += 1 }
                tally.units = max(tally.units, transcript.releases.reduce(0) { $0 + $1.spent })
            }
        }
        return tally
    }
}
