import Domains
import Tables
import VectorMath

@testable import PrivacyKernel

extension Kernel {
    @_dynamicReplacement(for:rowsPerKey())
    func rowsPerKeyOrOne() throws(PrivacyError) -> UInt64 { planted(.rowsPerKeyIgnored) ? 1 : try rowsPerKey() }

    @_dynamicReplacement(for:errorSensitivity())
    func errorSensitivityOrRoot() throws(PrivacyError) -> UInt64 {
        let right = try errorSensitivity()
        return planted(.errorsScaledByRoot) ? UInt64(TextbookSampler.squareRoot(UInt128(right))) : right
    }

    @_dynamicReplacement(for:selectionDenominator(_:))
    func selectionDenominatorOrHalf(_ sensitivity: UInt128) -> UInt128 {
        planted(.selectionWithoutHalf) ? selectionDenominator(sensitivity) / 2 : selectionDenominator(sensitivity)
    }

    @_dynamicReplacement(for:largestWeight(_:))
    func largestWeightOrOne(_ candidates: [Candidate]) -> Int {
        planted(.weightsOutsideSensitivity) ? 1 : largestWeight(candidates)
    }

    @_dynamicReplacement(for:shares(of:_:count:))
    func sharesOrWholes(
        of units: UInt64, _ weights: [Double]?, count: Int
    ) throws(PrivacyError) -> [UInt64] {
        let right = try shares(of: units, weights, count: count)
        return planted(.shareIgnored) ? right.map { _ in units } : right
    }

    @_dynamicReplacement(for:offDiagonalSquare(_:))
    func offDiagonalSquareOrHalf(_ squared: UInt128) -> UInt128 {
        planted(.gramRootTwoLost) ? (squared + 3) / 4 : offDiagonalSquare(squared)
    }

    @_dynamicReplacement(for:clampedValues(of:))
    func clampedOrWholeValues(of question: SumQuestion) -> [Int64] {
        planted(.sumsUnclamped) ? question.values : clampedValues(of: question)
    }

    @_dynamicReplacement(for:gramSums(_:_:_:_:))
    func wrongGramSums(
        _ attributes: [Int], _ scores: [[Int32]], _ bound: Int, _ rows: any IntegerSource
    ) throws(PrivacyError) -> [Int64] {
        KernelObserver.active?.scores.append(scores)
        guard let rows = rows as? PrivateRows else { return try gramSums(attributes, scores, bound, rows) }
        return switch PlantedBug.active {
        case .gramUnclipped:
            VectorMath.gramSums(
                rows.codes, attributes: attributes, scores: scores.map { $0.map { Int16(truncatingIfNeeded: $0) } },
                bound: nil)
        case .gramOfRanks: try gramSums(attributes, ranks(attributes, scores, rows), bound, rows)
        default: try gramSums(attributes, scores, bound, rows)
        }
    }

    /// Scores from the private rows: where each code's rows stand among all rows.
    private func ranks(_ attributes: [Int], _ scores: [[Int32]], _ rows: PrivateRows) -> [[Int32]] {
        zip(attributes, scores).map { attribute, scores in
            let column = rows.table.columns[attribute]
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
}

extension PrivateRows {
    @_dynamicReplacement(for:differences(_:))
    func differencesOrOfRows(_ question: DifferenceQuestion) -> (codes: CodeArray, filler: Int) {
        let right = differences(question)
        guard planted(.differenceOfRows), right.codes.count > 1 else { return right }
        var cells = (0..<right.codes.count).map { UInt32(right.codes[$0]) }
        for row in cells.indices.dropFirst().reversed() where (cells[row] + cells[row - 1]) % 2 == 1 {
            cells[row] = cells[row - 1]
        }
        return (CodeArray(narrowing: cells, below: question.cells) ?? right.codes, right.filler)
    }
}
