import Synchronization

/// Bugs that the audit plants in kernel, joins and reader to see whether it catches them.
///
/// Each is a function of this module that stands in the place of the right one (`@_dynamicReplacement`), which a debug
/// build allows. It errs where its bug is the task's, and calls the right one otherwise. Where a right function goes or
/// changes its shape, this module no longer compiles.
public enum PlantedBug: String, CaseIterable, Sendable {
    /// The ½ of the exponential mechanism dropped, as if L1-errors were monotone.
    case selectionWithoutHalf
    /// σ without the factor k of k rows a key.
    case rowsPerKeyIgnored
    /// L1-errors noised by their L2-sensitivity √k instead of k.
    case errorsScaledByRoot
    /// σ where σ² belongs.
    case deviationForVariance
    /// Each marginal noised as if it had the whole budget: √d lost.
    case shareIgnored
    /// The first measurement costs nothing.
    case releaseUncharged
    /// A selection (an annealing step) costs nothing.
    case selectionUncharged
    /// A domain taken from the data: cells without rows get no noise.
    case emptyCellsSkipped
    /// n served exactly: noise corrected to sum to zero.
    case totalKept
    /// The same noise in every marginal of a call.
    case noiseShared
    /// The generator begins again at every call.
    case generatorReseeded
    /// Rounded floating-point noise.
    case noiseInDoubles
    /// A release that the ledger did not take is returned all the same.
    case unrecordedReturned
    /// A release that the ledger did not take is not counted: whoever asks again pays nothing for the first.
    case failureForgotten
    /// The figure for adding or removing one sold as that for changing one.
    case changeOneSoldAsAddRemove
    /// A slice is handed out and kept.
    case takenSliceStaysBehind
    /// An error where the join is empty.
    case emptyTableRefused
    /// Noise tables kept from an earlier ε.
    case scaleOfEarlierNoise
    /// Noise of one sign only.
    case signLost
    /// Discrete noise sold as continuous: σ² without the 2.
    case smoothingDropped
    /// Scores weighted, sensitivity not.
    case weightsOutsideSensitivity
    /// Rows of the Gram matrix not shortened to the bound.
    case gramUnclipped
    /// The Gram matrix's noise off the diagonal too small by √2.
    case gramRootTwoLost
    /// The Gram matrix of ranks among the rows in place of public scores: one row more moves every other.
    case gramOfRanks
    /// Sums of values beyond the clamp.
    case sumsUnclamped
    /// A difference of a row's number and the number of the row before it: one row more moves its neighbour too.
    case differenceOfRows
    /// Two whole budgets spent through one kernel.
    case foreignBudgetTaken
    /// Nothing of δ set aside for what is not exact.
    case deltaNotSetAside
    /// A second row of a key is taken where one is allowed.
    case duplicatesTaken
    /// All rows of a key are kept, however many it may have.
    case truncationSkipped
    /// All combinations of a key's rows are joined.
    case combinationsKept
    /// Of a key's rows those that come first in the file are kept.
    case fileOrderKept
    /// A joined table as long as its rows are, not as it can be.
    case paddingDropped
    /// The rows that fill a joined table up are taken for rows.
    case paddingCounted
    /// A key's rows in the several tables of a union noised as if they were in one.
    case unionCountedOnce
    /// The links that a record's block loses are counted, those that come in their place are not.
    case linkageDisplacementIgnored
    /// All records of a block take part in a linkage.
    case linkagePartnersIgnored
    /// A later pass links what the earlier ones left.
    case linkageLaterPassOnRest
    /// One assignment over the pairs of all passes.
    case linkageOneAssignment
    /// The pairs that a record's block loses are counted among agreement patterns, those that come in their place are not.
    case linkagePatternsDisplaced
    /// The record that goes and those that get its links are counted among sets of passes, those of the record that takes its
    /// place are not.
    case linkageHistoriesDisplaced

    /// No noise at all. Tests that compare figures to the last integer ask for it too.
    case noiseLeftOut
    /// One of several holders of rows adds no noise.
    case noiseShareMissing
    /// The holders' noise comes from one seed: each knows that of all.
    case noiseSeedShared
    /// Holders that collude are counted on like the others.
    case collusionIgnored

    /// A holder's rows go to the other one without their mask.
    case sharedMaskLeftOut
    /// One mask covers two shared tables: their difference shows.
    case sharedMaskReused
    /// One row of a shared table weighs a thousand.
    case sharedRowHeavy
    /// One of three parties leaves its part of a table across holders out.
    case sharedPartMissing

    /// A holder's rows go to the third party in the order of its table: places tell the other holder which rows met.
    case hiddenShuffleLeftOut
    /// Neither holder lists dummies of the other's: the third party counts common keys exactly.
    case hiddenDummiesLeftOut
    /// Dummies and room that a table does not fill count like rows of code 0.
    case hiddenZeroRowsCounted
    /// One mask covers the rows of two tables.
    case hiddenMaskReused
    /// The first row of a holder's table weighs a thousand.
    case hiddenRowHeavy
    /// It has two values of one column.
    case hiddenRowTwice
    /// It has none of its first column.
    case hiddenGroupZero

    /// The bug of this task.
    @TaskLocal public static var active: PlantedBug?

    /// Whether it errs in the reader, the truncation or the join.
    public var isInTables: Bool {
        switch self {
        case .duplicatesTaken, .truncationSkipped, .combinationsKept, .fileOrderKept, .paddingDropped, .paddingCounted,
            .unionCountedOnce, .linkageDisplacementIgnored, .linkagePartnersIgnored, .linkageLaterPassOnRest,
            .linkageOneAssignment, .linkagePatternsDisplaced, .linkageHistoriesDisplaced:
            true
        default: false
        }
    }
}

/// Whether a bug is this task's.
@inline(__always)
func planted(_ bug: PlantedBug) -> Bool { PlantedBug.active == bug }

/// What a wrong function remembers of a kernel from one call to the next.
final class BugMemory<Value: Sendable>: Sendable {
    private let values = Mutex<[ObjectIdentifier: Value]>([:])

    subscript(_ kernel: AnyObject) -> Value? {
        get { values.withLock { $0[ObjectIdentifier(kernel)] } }
        set { values.withLock { $0[ObjectIdentifier(kernel)] = newValue } }
    }
}
