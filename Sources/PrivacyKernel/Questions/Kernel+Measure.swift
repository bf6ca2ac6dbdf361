import Domains
import Tables

extension Kernel {
    /// Noisy marginals of any attribute sets, under any accounting.
    ///
    /// Adding or removing a key of k rows moves a marginal by at most k in L1 and in L2, so marginal i with a share ρᵢ
    /// gets discrete Gaussian noise of σ² = k²/(2ρᵢ) in every cell (ε: discrete Laplace of scale k/εᵢ). Changing a
    /// key's rows moves it by √2·k in L2 and 2k in L1: twice ρ, twice ε. Proof and tests: KERNEL.md, "Measure".
    ///
    /// - Parameters:
    ///   - cliques: attribute sets in any order; the empty set is the number of rows.
    ///   - weights: share of the budget of each, default equal.
    ///   - budget: spent whole.
    ///   - cellLimit: refuses a marginal of more cells.
    /// - Returns: one marginal a clique, in the order asked, attributes ascending.
    public func measure(
        _ cliques: [[Int]], weights: [Double]? = nil, spending budget: consuming Budget,
        cellLimit: Int = Kernel.defaultCellLimit
    ) throws(PrivacyError) -> [NoisyMarginal] {
        let payment = try payment(budget)
        guard !cliques.isEmpty else { throw .noQuestions }
        var questions: [(attributes: [Int], shape: [Int], cells: Int)] = []
        for clique in cliques { questions.append(try shape(of: clique, limit: cellLimit)) }
        let shares = try shares(of: payment.units, weights, count: cliques.count)
        let rowsPerKey = try rowsPerKey()
        var scales: [NoiseScale] = []
        let sensitivity = Sensitivity.counts(rowsPerKey: Int(rowsPerKey))
        for share in shares { scales.append(try drawn(payment.scale(sensitivity, units: share), for: .counts)) }
        let cells = questions.reduce(0) { $0 + $1.cells }
        for scale in scales { try NoiseSource.check(scale, count: cells, isExact: payment.root.isExact) }

        switch try open(payment, changed: cliques.count * Int(rowsPerKey), figures: cells) {
        case .recorded(.marginals(let marginals)):
            guard marginals.map(\.attributes) == questions.map(\.attributes),
                marginals.map(\.shape) == questions.map(\.shape),
                marginals.map(\.counts.count) == questions.map(\.cells)
            else { throw mismatch() }
            accept()
            return marginals
        case .recorded: throw mismatch()
        case .rows(let rows):
            var parts = try counts(questions.map(\.attributes), in: rows)
            for place in parts.indices { addNoise(scales[place], to: &parts[place], isExact: payment.root.isExact) }
            let wholes = try rows.whole(
                of: parts, .counts, answering: "counts \(questions.map(\.attributes)) of \(further) noise \(scales)"
            )
            let marginals = zip(questions, zip(wholes, scales)).map { question, whole in
                NoisyMarginal(
                    attributes: question.attributes, shape: question.shape, counts: whole.0,
                    scale: rows.holders.total(of: whole.1))
            }
            try publish(.marginals(marginals), payment, changingOne: 2)
            return marginals
        }
    }

    // KERNEL 4.2
    /// Splits units by weights, rounding down: the shares never sum to more than the whole.
    func shares(of units: UInt64, _ weights: [Double]?, count: Int) throws(PrivacyError) -> [UInt64] {
        let weights = weights ?? [Double](repeating: 1, count: count)
        guard weights.count == count else { throw .weightsMismatch(expected: count, found: weights.count) }
        for weight in weights where !(weight > 0 && weight.isFinite) { throw .weightNotPositive(weight) }
        let largest = weights.max() ?? 1
        let parts = weights.map { max(1, UInt64($0 / largest * 0x1p40)) }
        let sum = parts.reduce(0, +)
        return parts.map { sum.dividingFullWidth(units.multipliedFullWidth(by: $0)).quotient }
    }

    // KERNEL 4.3
    /// The one place where noise meets private figures.
    func addNoise(_ scale: NoiseScale, to figures: inout [Int64], isExact: Bool) {
        noise.add(scale, to: &figures, isExact: isExact)
    }
}
