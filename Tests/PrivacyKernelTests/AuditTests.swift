import Domains
import Foundation
import Tables
import Testing

@testable import PlantedBugs
@testable import PrivacyKernel

@Suite("Kernel audit")
struct AuditTests {
    @Test("the claim holds", arguments: AuditCheck.all)
    func claim(_ check: AuditCheck) throws {
        #expect(try check.holds())
    }

    /// The figures of `AuditCheck.neighbours`, `.changedKeys` and `.unionNeighbours`, which hold or not without it.
    @Test(
        "the audit's table of neighbours",
        .enabled(if: ProcessInfo.processInfo.environment["ENTREPOT_AUDIT_REPORT"] != nil, "the audit writes it"))
    func neighbours() throws {
        var lines: [String] = []
        let single = try JoinedUniverse(rowsPerKey: 1)
        let double = try JoinedUniverse(rowsPerKey: 2)
        let records = try JoinedUniverse(rowsPerKey: 2, join: .union(.record))
        let keys = try JoinedUniverse(rowsPerKey: 2, join: .union(.key))
        for (name, universe, pairs, charged) in [
            ("removing a key, 1 row a key", single, single.removals, \Release.spent),
            ("removing a record of a union, 2 rows a key", records, records.removals, \.spent),
            ("removing a key of a union, 2 rows a key", keys, keys.removals, \.spent),
            ("changing a key of a union, 2 rows a key", keys, keys.changes, \.spentChangingOne),
            ("removing a key, 2 rows a key", double, double.removals, \.spent),
            ("changing a key, 2 rows a key", double, double.changes, \.spentChangingOne),
        ] {
            for worst in try worstLosses(universe, pairs, { $0[keyPath: charged] }) {
                lines.append(
                    "| \(name) | \(worst.accounting.rawValue) | \(pairs.count) | "
                        + String(format: "%.6f | %.6f |", worst.marginals, worst.errors))
            }
        }
        try AuditReport.write(
            "3-neighbours",
            """
            ## Exhaustive neighbours

            Every pair of two parties' tables of two keys and a binary column, read from CSV, with up to one row more than a
            key may keep, through reader, keyed hash, truncation, join and kernel. The largest privacy loss that the noise
            actually used leaves between two neighbours, as a part of what the transcript charges for it: never above 1, and
            1 where nothing is wasted.

            | neighbours | accounting | pairs | marginals | errors |
            |---|---|---|---|---|
            \(lines.joined(separator: "\n"))
            """)
    }

    /// The bugs that the reference lists in §4.3 item 7 under its own words, then ours.
    private static let planted: [(title: String, bug: PlantedBug)] = {
        let listed: [(String, PlantedBug)] = [
            ("½ dropped in the exponential mechanism", .selectionWithoutHalf), ("σ/k missing", .rowsPerKeyIgnored),
            ("L2 for L1", .errorsScaledByRoot), ("σ for σ²", .deviationForVariance),
            ("√d weight lost", .shareIgnored), ("one-ways uncharged", .releaseUncharged),
            ("anneal not charged", .selectionUncharged), ("domain from data", .emptyCellsSkipped),
            ("n served exactly", .totalKept), ("noise re-used across marginals", .noiseShared),
            ("generator re-seeded per call", .generatorReseeded), ("float noise", .noiseInDoubles),
            ("retry after failure without new charge", .failureForgotten),
            ("replace-one sold as add/remove", .changeOneSoldAsAddRemove),
            ("error on empty join", .emptyTableRefused), ("noise of an earlier ε kept", .scaleOfEarlierNoise),
        ]
        let known = Set(listed.map(\.1))
        return listed.map { (title: $0.0, bug: $0.1) }
            + PlantedBug.allCases.filter { !known.contains($0) && !$0.isInTables }.map { (title: "", bug: $0) }
    }()

    /// The claim that breaks under a bug and takes least time to, where that is not the first: tried before all others. A
    /// bug that does not break it costs time, and nothing else.
    private static let likely: [PlantedBug: AuditCheck] = [
        .rowsPerKeyIgnored: .noiseLaw, .shareIgnored: .noiseLaw, .selectionWithoutHalf: .selectionLaw,
        .errorsScaledByRoot: .changedKeys, .weightsOutsideSensitivity: .selectionLaw, .noiseShared: .independence,
        .generatorReseeded: .independence, .noiseInDoubles: .smallNoise, .scaleOfEarlierNoise: .smallNoise,
        .deviationForVariance: .gramNeighbours, .emptyCellsSkipped: .emptyCells, .totalKept: .emptyCells,
        .signLost: .emptyCells, .noiseLeftOut: .emptyCells, .failureForgotten: .failureIsSpent,
        .duplicatesTaken: .duplicateKeys, .truncationSkipped: .loneTable, .combinationsKept: .changedKeys,
        .fileOrderKept: .rowOrder, .paddingDropped: .neighbours, .paddingCounted: .paddingUncounted,
        .unionCountedOnce: .unionNeighbours, .linkageDisplacementIgnored: .linkageNeighbours,
        .linkagePartnersIgnored: .linkageNeighbours, .linkageOneAssignment: .linkageChains,
        .linkageHistoriesDisplaced: .linkageHistories,
        .hiddenShuffleLeftOut: .hiddenColumns, .hiddenDummiesLeftOut: .hiddenColumns,
        .hiddenZeroRowsCounted: .hiddenColumns, .hiddenMaskReused: .hiddenColumns, .hiddenRowHeavy: .hiddenColumns,
        .hiddenRowTwice: .hiddenColumns, .hiddenGroupZero: .hiddenColumns,
        .noiseShareMissing: .sharedNoise, .noiseSeedShared: .sharedNoise, .collusionIgnored: .sharedNoise,
    ]

    /// Each bug must break at least one claim. Noise comes from fixed keys, so this never turns by chance.
    @Test("every planted bug is caught")
    func mutations() throws {
        var lines: [String] = []
        func note(_ place: String, _ title: String, _ name: String, _ caught: AuditCheck?) {
            #expect(caught != nil, "no claim breaks under \(name)")
            lines.append("| \(place) | \(title) | `\(name)` | \(caught.map { "“\($0.claim)”" } ?? "NOT CAUGHT") |")
        }
        func firstBroken(_ bug: PlantedBug) -> AuditCheck? {
            PlantedBug.$active.withValue(bug) {
                let checks = (Self.likely[bug].map { [$0] } ?? []) + AuditCheck.all
                return checks.first { check in !((try? check.holds()) ?? false) }
            }
        }
        for (title, bug) in AuditTests.planted { note("kernel", title, bug.rawValue, firstBroken(bug)) }
        for bug in PlantedBug.allCases where bug.isInTables {
            note(
                "reader, truncation, join", bug == .duplicatesTaken ? "duplicated IDs not truncated" : "", bug.rawValue,
                firstBroken(bug))
        }
        try AuditReport.write(
            "6-planted-a-kernel",
            """
            ## Planted bugs

            Each is switched on in a test build, and the claims are checked, the likely one first, until one breaks. Titles are those of the
            reference's list of seventeen.

            | where | of the reference's list | bug | claim that breaks |
            |---|---|---|---|
            \(lines.joined(separator: "\n"))
            """)
    }
}
