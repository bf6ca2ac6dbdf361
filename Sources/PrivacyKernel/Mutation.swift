#if ENTREPOT_MUTATIONS
    import Tables

    /// Bugs that the audit plants to see whether it catches them. They exist in test builds alone.
    enum Mutation: String, CaseIterable, Sendable {
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
        /// Two whole budgets spent through one kernel.
        case foreignBudgetTaken
        /// Nothing of δ set aside for what is not exact.
        case deltaNotSetAside

        @TaskLocal static var active: Mutation?
        @TaskLocal static var observer: SeenCandidates?
    }

    @inline(__always)
    func planted(_ mutation: Mutation) -> Bool { Mutation.active == mutation }

    /// The candidates of each selection and error release of one fit and the columns that were grouped, so that an audit
    /// can compute likelihoods. Proof: it is task-local, and one task plays with it.
    final class SeenCandidates: @unchecked Sendable {
        var lists: [[Candidate]] = []
        var groupings: [(attribute: Int, map: [UInt32])] = []
    }

    extension Kernel {
        /// Scores from the private rows: where each code's rows stand among all rows.
        func ranks(_ attributes: [Int], _ scores: [[Int32]], _ table: PrivateTable) -> [[Int32]] {
            zip(attributes, scores).map { attribute, scores in
                let column = table.rows.columns[attribute]
                var counts = [Int](repeating: 0, count: scores.count)
                for row in 0..<column.count { counts[column[row]] += 1 }
                let largest = scores.reduce(0) { max($0, abs($1)) }
                var below = 0
                return counts.map { count in
                    defer { below += count }
                    return largest * Int32(2 * below + count - column.count) / Int32(max(column.count - 1, 1))
                }
            }
        }

        /// The bugs of `addNoise`. Returns true where one of them is planted.
        func addNoiseWrongly(_ scale: NoiseScale, to figures: inout [Int64]) -> Bool {
            guard let mutation = Mutation.active else { return false }
            let exact = figures
            switch mutation {
            case .emptyCellsSkipped:
                noise.add(scale, to: &figures, isExact: false)
                for index in figures.indices where exact[index] == 0 { figures[index] = 0 }
            case .totalKept:
                noise.add(scale, to: &figures, isExact: false)
                figures[0] += exact.reduce(0, +) - figures.reduce(0, +)
            case .signLost:
                noise.add(scale, to: &figures, isExact: false)
                for index in figures.indices { figures[index] = exact[index] + abs(figures[index] - exact[index]) }
            case .noiseInDoubles:
                // A sum of uniforms scaled to σ: what a hurried hand takes for a Gaussian.
                for index in figures.indices {
                    let sum = (0..<12).reduce(0.0) { sum, _ in sum + Double(noise.generator.next() >> 11) * 0x1p-53 }
                    figures[index] += Int64(((sum - 6) * scale.variance.squareRoot()).rounded())
                }
            case .scaleOfEarlierNoise:
                let earlier = noise.firstScale ?? scale
                noise.firstScale = earlier
                noise.add(earlier, to: &figures, isExact: false)
            default: return false
            }
            return true
        }
    }
#else
    /// The names of the audit's planted bugs. Outside test builds none can be active.
    enum Mutation {
        case selectionWithoutHalf, rowsPerKeyIgnored, errorsScaledByRoot, deviationForVariance, shareIgnored
        case releaseUncharged, selectionUncharged, noiseShared, generatorReseeded, unrecordedReturned
        case failureForgotten, changeOneSoldAsAddRemove, takenSliceStaysBehind, emptyTableRefused, smoothingDropped
        case weightsOutsideSensitivity, gramUnclipped, gramRootTwoLost, sumsUnclamped, foreignBudgetTaken
        case deltaNotSetAside
    }

    @inline(__always)
    func planted(_ mutation: Mutation) -> Bool { false }
#endif
