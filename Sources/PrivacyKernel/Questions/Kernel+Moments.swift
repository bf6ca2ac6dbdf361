import Domains
import Tables
import VectorMath

/// Σ over rows of a public integer value of the row's code, or of the row's place in it, clamped, for each cell of the groups.
public struct SumQuestion: Sendable, Hashable {
    /// The column whose codes have values.
    public let attribute: Int
    /// One value a code of `attribute`; or as many for each code as there are equal steps of its cell, code by code.
    public let values: [Int64]
    /// Within ±2^30.
    public let clamp: ClosedRange<Int64>
    /// Columns; one sum is released for each combination of their codes. None asks for one sum over all rows.
    public let groups: [Int]

    /// - Parameters:
    ///   - values: one a code of `attribute`, or a power of two of them a code, at most `ColumnDomain.placeSteps`: a row
    ///     counts as the value of the step in which it lies, and of the middle one where only its code is known.
    ///   - clamp: values beyond it count as its ends; within ±2^30. The noise is in proportion to its larger end.
    ///   - groups: columns, in any order.
    public init(attribute: Int, values: [Int64], clamp: ClosedRange<Int64>, groups: [Int] = []) {
        self.attribute = attribute
        self.values = values
        self.clamp = clamp
        self.groups = groups
    }
}

extension Kernel {
    /// The noisy Gram matrix Σ z zᵀ of public integer scores of each row's codes.
    ///
    /// Rows longer than `bound` are shortened to it in whole numbers, so one row moves the matrix by at most bound² in
    /// Frobenius norm and a key of k rows by k·bound². Noise of σ² on the diagonal and σ²/2 off it: with the diagonal
    /// and √2 times the off-diagonals stacked, that is one Gaussian release with σ² = k²·bound⁴/(2ρ). Under pure
    /// accounting the lower triangle has L1-sensitivity k·⌈(m+1)/2·bound²⌉. Both matrices of a changed key are positive
    /// semidefinite, so changing costs twice ρ. Proof and tests: KERNEL.md, "Gram".
    ///
    /// Where rows cannot be shortened, because their columns lie at several holders, the length of the longest row that there can
    /// be takes the place of a shorter bound: the release says so.
    ///
    /// - Parameters:
    ///   - attributes: the column of each feature, in the order of the matrix; a column may have several features (the
    ///     indicators of its codes): what bounds the release is the length of the whole row.
    ///   - scores: for each feature one score a code, within ±2^13.
    ///   - bound: at most 2^13.
    public func gram(
        of attributes: [Int], scores: [[Int32]], bound: Int, spending budget: consuming Budget
    ) throws(PrivacyError) -> NoisyGram {
        let payment = try payment(budget)
        guard !attributes.isEmpty else { throw .noQuestions }
        try checkColumns(attributes)
        guard scores.count == attributes.count else {
            throw .shapeMismatch(expected: attributes.count, found: scores.count)
        }
        for (attribute, scores) in zip(attributes, scores) {
            let size = domain.columns[attribute].size
            guard scores.count == size else { throw .shapeMismatch(expected: size, found: scores.count) }
            for score in scores where score.magnitude > 1 << 13 {
                throw .figureTooLarge(what: "score", figure: Double(score), limit: 0x1p13)
            }
        }
        guard bound >= 1, bound <= 1 << 13 else {
            throw .figureTooLarge(what: "bound of a row", figure: Double(bound), limit: 0x1p13)
        }
        let held = try heldBound(attributes, scores, bound)
        let rowsPerKey = try rowsPerKey()
        let size = attributes.count
        let sensitivity = Sensitivity.gram(features: size, bound: held, rowsPerKey: Int(rowsPerKey))
        let diagonal = try drawn(payment.scale(sensitivity, units: payment.units), for: .values)
        let offDiagonal = try drawn(
            payment.scale(
                squared: offDiagonalSquare(sensitivity.squared), linear: sensitivity.linear, units: payment.units),
            for: .values)
        let count = size * (size + 1) / 2
        try NoiseSource.check(diagonal, count: count, isExact: payment.root.isExact)
        switch try open(payment, changed: count) {
        case .recorded(.gram(let gram)):
            guard gram.attributes == attributes, gram.bound == held, gram.entries.count == count else {
                throw mismatch()
            }
            accept()
            return gram
        case .recorded: throw mismatch()
        case .rows(let rows):
            let sums = try gramSums(attributes, scores, held, rows)
            var onDiagonal = (0..<size).map { sums[$0 * (size + 1)] }
            var below: [Int64] = []
            for row in 0..<size { below += sums[(row * size)..<(row * size + row)] }
            addNoise(diagonal, to: &onDiagonal, isExact: payment.root.isExact)
            addNoise(offDiagonal, to: &below, isExact: payment.root.isExact)
            let wholes = try rows.whole(
                of: [onDiagonal, below], .values,
                answering: "gram \(attributes) \(scores) \(held) noise \(diagonal) \(offDiagonal)")
            (onDiagonal, below) = (wholes[0], wholes[1])
            var entries: [Int64] = []
            for row in 0..<size {
                let start = row * (row - 1) / 2
                entries += below[start..<(start + row)]
                entries.append(onDiagonal[row])
            }
            let gram = NoisyGram(
                attributes: attributes, entries: entries, diagonalVariance: rows.holders.total(of: diagonal).variance,
                offDiagonalVariance: rows.holders.total(of: offDiagonal).variance, bound: held)
            try publish(.gram(gram), payment, changingOne: 2)
            return gram
        }
    }

    // KERNEL 11.5
    /// The bound that no row is beyond: the one that is asked for where rows can be shortened. A replayed transcript says itself
    /// which it was.
    private func heldBound(_ attributes: [Int], _ scores: [[Int32]], _ bound: Int) throws(PrivacyError) -> Int {
        let longest = Self.longestRow(attributes, scores)
        guard let rows else {
            guard let recorded = nextRecordedGram, recorded.bound == longest else { return bound }
            return max(bound, longest)
        }
        guard !rows.shortensRows, longest > bound else { return bound }
        guard longest <= 1 << 14 else {
            throw .figureTooLarge(what: "length of the longest row of scores", figure: Double(longest), limit: 0x1p14)
        }
        return longest
    }

    /// The length of the longest row that scores allow, rounded up: of each column the code whose features are longest together.
    static func longestRow(_ attributes: [Int], _ scores: [[Int32]]) -> Int {
        var squares: [Int: [Int64]] = [:]
        for (attribute, scores) in zip(attributes, scores) {
            var sums = squares[attribute] ?? [Int64](repeating: 0, count: scores.count)
            for code in scores.indices { sums[code] += Int64(scores[code]) * Int64(scores[code]) }
            squares[attribute] = sums
        }
        let square = squares.values.reduce(0) { $0 + ($1.max() ?? 0) }
        var root = Int(Double(square).squareRoot())
        while Int64(root) * Int64(root) < square { root += 1 }
        return root
    }

    // KERNEL 4.5
    /// The squared sensitivity of the entries off the diagonal, where that of the diagonal is `squared`: each of them
    /// counts twice in the Frobenius norm, so it takes noise of half the variance. Rounded up.
    func offDiagonalSquare(_ squared: UInt128) -> UInt128 { (squared + 1) / 2 }

    /// Groupings count in marginals only.
    private func checkColumns(_ attributes: [Int]) throws(PrivacyError) {
        for attribute in attributes where !domain.columns.indices.contains(attribute) {
            throw .attributeOutOfRange(attribute, columns: domain.columns.count)
        }
    }

    // KERNEL 4.5
    /// Σ z zᵀ of clipped rows, exactly: `VectorMath.gramSums` has the proof.
    func gramSums(
        _ attributes: [Int], _ scores: [[Int32]], _ bound: Int, _ rows: any IntegerSource
    ) throws(PrivacyError) -> [Int64] {
        try rows.gram(attributes, scores.map { $0.map { Int16(truncatingIfNeeded: $0) } }, bound: bound)
    }

    /// Noisy sums of public values, by group. A row counts once in one cell, as a value within the clamp. A key of k rows moves a question's sums by at most k·max(|L|, |U|) in L1
    /// and L2; the budget is split equally. Changing its rows moves them by twice that at most: four times ρ.
    public func sums(
        _ questions: [SumQuestion], spending budget: consuming Budget, cellLimit: Int = Kernel.defaultCellLimit
    ) throws(PrivacyError) -> [NoisySums] {
        let payment = try payment(budget)
        guard !questions.isEmpty else { throw .noQuestions }
        let rowsPerKey = try rowsPerKey()
        var shapes: [(attributes: [Int], shape: [Int], cells: Int)] = []
        var scales: [NoiseScale] = []
        for question in questions {
            try checkColumns(question.groups + [question.attribute])
            shapes.append(try shape(of: question.groups, limit: cellLimit))
            let size = domain.columns[question.attribute].size
            let steps = question.values.count / max(size, 1)
            guard question.values.count == steps * size, (1...ColumnDomain.placeSteps).contains(steps),
                steps & (steps - 1) == 0
            else { throw .shapeMismatch(expected: size, found: question.values.count) }
            let largest = max(question.clamp.lowerBound.magnitude, question.clamp.upperBound.magnitude)
            guard largest <= 1 << 30 else {
                throw .figureTooLarge(what: "clamp", figure: Double(largest), limit: 0x1p30)
            }
            scales.append(
                try drawn(
                    payment.scale(
                        .sums(largest: largest, rowsPerKey: Int(rowsPerKey)),
                        units: payment.units / UInt64(questions.count)), for: .values))
        }
        let cells = shapes.reduce(0) { $0 + $1.cells }
        for scale in scales { try NoiseSource.check(scale, count: cells, isExact: payment.root.isExact) }
        switch try open(payment, changed: questions.count * Int(rowsPerKey), figures: cells) {
        case .recorded(.sums(let sums)):
            guard sums.map(\.groups) == shapes.map(\.attributes),
                sums.map(\.attribute) == questions.map(\.attribute), sums.map(\.shape) == shapes.map(\.shape),
                sums.map(\.sums.count) == shapes.map(\.cells)
            else { throw mismatch() }
            accept()
            return sums
        case .recorded: throw mismatch()
        case .rows(let rows):
            var parts: [[Int64]] = []
            for (question, (shape, scale)) in zip(questions, zip(shapes, scales)) {
                var sums = try groupedSums(question, shape.attributes, shape.cells, rows)
                addNoise(scale, to: &sums, isExact: payment.root.isExact)
                parts.append(sums)
            }
            let asked = zip(questions, shapes).map { ($0.attribute, clampedValues(of: $0), $1.attributes) }
            let wholes = try rows.whole(of: parts, .values, answering: "sums \(asked) noise \(scales)")
            let answers = questions.indices.map { place in
                NoisySums(
                    attribute: questions[place].attribute, groups: shapes[place].attributes,
                    shape: shapes[place].shape, sums: wholes[place],
                    variance: rows.holders.total(of: scales[place]).variance,
                    largest: max(
                        questions[place].clamp.lowerBound.magnitude, questions[place].clamp.upperBound.magnitude))
            }
            try publish(.sums(answers), payment, changingOne: payment.accounting == .pure ? 2 : 4)
            return answers
        }
    }

    /// The exact sums of one question.
    func groupedSums(
        _ question: SumQuestion, _ groups: [Int], _ cells: Int, _ rows: any IntegerSource
    ) throws(PrivacyError) -> [Int64] {
        try rows.sums(clampedValues(of: question), of: question.attribute, by: groups)
    }

    // KERNEL 4.6
    /// The value that each code, or each step of it, counts for.
    func clampedValues(of question: SumQuestion) -> [Int64] {
        question.values.map { min(max($0, question.clamp.lowerBound), question.clamp.upperBound) }
    }
}
