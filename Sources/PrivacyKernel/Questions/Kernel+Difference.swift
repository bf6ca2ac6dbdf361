import Domains
@_spi(PrivateRows) import Tables
import VectorMath

/// A public function of two columns of a row: the second column's number less the first's, in intervals.
///
/// Each column has a public whole number for every code and for equal steps of its cell; nothing else of a row plays a part.
public struct DifferenceQuestion: Sendable, Hashable {
    /// The column whose number is taken away.
    public let first: Int
    public let second: Int
    /// For each code of the column as many numbers as it has steps, within ±2^30; `none` where it stands for no number.
    public let firstNumbers: [Int32]
    public let secondNumbers: [Int32]
    /// Ascending; cell i is `edges[i] ..< edges[i + 1]`.
    public let edges: [Int32]
    /// Where there is no difference, or none within the edges: for each code of the second column its cell beyond the
    /// intervals.
    public let others: [UInt32]

    /// Of a code that stands for no number.
    public static let none = Int32.min
    /// Numbers are within ± this.
    public static let largestNumber: Int32 = 1 << 30

    public init(
        first: Int, second: Int, firstNumbers: [Int32], secondNumbers: [Int32], edges: [Int32], others: [UInt32]
    ) {
        self.first = first
        self.second = second
        self.firstNumbers = firstNumbers
        self.secondNumbers = secondNumbers
        self.edges = edges
        self.others = others
    }

    /// Number of intervals.
    public var intervals: Int { max(0, edges.count - 1) }

    /// Number of cells.
    public var cells: Int { intervals + Int(others.max() ?? 0) + 1 }
}

extension Kernel {
    // KERNEL 4.9
    /// Adds a public function of two columns as a further attribute of every later marginal and candidate.
    ///
    /// A row's cell follows from the row's own codes and places and from public figures, so one row still lies in one cell of
    /// each marginal, and this costs nothing.
    ///
    /// - Returns: the number of the new attribute.
    /// - Throws: `attributeOutOfRange`, `attributeRepeated`, `shapeMismatch`, `figureTooLarge`, `tooManyCells`.
    public func addDifference(_ question: DifferenceQuestion) throws(PrivacyError) -> Int {
        for column in [question.first, question.second] where !domain.columns.indices.contains(column) {
            throw .attributeOutOfRange(column, columns: domain.columns.count)
        }
        guard question.first != question.second else { throw .attributeRepeated(question.first) }
        let (firstSize, secondSize) = (domain.columns[question.first].size, domain.columns[question.second].size)
        for (numbers, size) in [(question.firstNumbers, firstSize), (question.secondNumbers, secondSize)] {
            let steps = numbers.count / max(size, 1)
            guard numbers.count == steps * size, (1...ColumnDomain.placeSteps).contains(steps), steps & (steps - 1) == 0
            else { throw .shapeMismatch(expected: size, found: numbers.count) }
            for number in numbers where number != DifferenceQuestion.none {
                guard number.magnitude <= DifferenceQuestion.largestNumber.magnitude else {
                    throw .figureTooLarge(what: "number", figure: Double(number), limit: 0x1p30)
                }
            }
        }
        guard question.others.count == secondSize else {
            throw .shapeMismatch(expected: secondSize, found: question.others.count)
        }
        let ascends = zip(question.edges, question.edges.dropFirst()).allSatisfy { $0 < $1 }
        guard question.edges.count >= 2, ascends else { throw .shapeMismatch(expected: 2, found: question.edges.count) }
        let limit = 1 << 16
        guard Int(question.others.max() ?? 0) < limit, question.cells <= limit else {
            throw .tooManyCells(cells: question.intervals + Int(question.others.max() ?? 0), limit: limit)
        }
        further.append(.difference(question))
        sizes.append(question.cells)
        return sizes.count - 1
    }
}

extension PrivateRows {
    /// The cell of each row, and that of the rows of padding: they lie at the beginning of code 0 in both columns.
    ///
    /// Every row takes the same steps.
    func differences(_ question: DifferenceQuestion) -> (codes: CodeArray, filler: Int) {
        let (first, second) = (table.columns[question.first], table.columns[question.second])
        let firstSteps = question.firstNumbers.count / max(first.domainSize, 1)
        let secondSteps = question.secondNumbers.count / max(second.domainSize, 1)
        var cells = [UInt32](repeating: 0, count: table.rowCount)
        for row in cells.indices {
            cells[row] = question.cell(
                (first[row], first.step(row, of: firstSteps)), (second[row], second.step(row, of: secondSteps)),
                steps: (firstSteps, secondSteps))
        }
        // A column whose places nobody knows has the same one for every row.
        let cell = question.cell(
            (Int(filler[question.first]), first.places == nil ? first.unknownStep(of: firstSteps) : 0),
            (Int(filler[question.second]), second.places == nil ? second.unknownStep(of: secondSteps) : 0),
            steps: (firstSteps, secondSteps))
        guard let codes = CodeArray(narrowing: cells, below: question.cells) else {
            preconditionFailure("a difference has a cell that its question has not")
        }
        for row in cells.indices { cells[row] = 0 }
        return (codes, Int(cell))
    }
}

extension DifferenceQuestion {
    /// The cell of a code and step of each column.
    package func cell(
        _ first: (code: Int, step: Int), _ second: (code: Int, step: Int), steps: (first: Int, second: Int)
    ) -> UInt32 {
        let from = firstNumbers[first.code &* steps.first &+ first.step]
        let to = secondNumbers[second.code &* steps.second &+ second.step]
        let found = interval(Int64(to) - Int64(from))
        let isInside = found.isInside && from != DifferenceQuestion.none && to != DifferenceQuestion.none
        return isInside ? found.number : UInt32(intervals) &+ others[second.code]
    }

    /// The interval that a difference lies in, if it lies in one, by as many steps for every difference.
    private func interval(_ difference: Int64) -> (number: UInt32, isInside: Bool) {
        var lower = 0
        var length = edges.count - 1
        while length > 1 {
            let half = length / 2
            lower += Int64(edges[lower + half]) <= difference ? half : 0
            length -= half
        }
        let isInside = difference >= Int64(edges[lower]) && difference < Int64(edges[lower + 1])
        return (UInt32(lower), isInside)
    }
}
