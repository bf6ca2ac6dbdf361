import Foundation
import PrivacyKernel

/// What one release tells, from its answer alone: sensitivities follow from the kind of question and the rows of a key.
struct ReleasePrice {
    private(set) var adding = MechanismList()
    private(set) var changing = MechanismList()
    /// The noise in the currency of the accounting: ε, ρ, or μ²/2 of the continuous noise beneath.
    private var worth = 0.0
    private var worthChanging = 0.0
    private(set) var findings: [PrivacyRecomputation.Finding] = []

    private let number: Int
    private let rows: Double
    private let accounting: Accounting
    /// The part of the variance that colluding holders of rows do not know; 1 for noise drawn in one place.
    private let counted: Double

    private static let unitsPerWhole = 0x1p50
    /// The variance that Gaussian accounting adds, and which continuous noise beneath discrete noise gives up.
    private static let smoothing = 2.0

    init(
        _ release: Release, number: Int, rowsPerKey: Int, _ accounting: Accounting
    ) throws(PrivacyRecomputation.Failure) {
        self.number = number
        self.accounting = accounting
        rows = Double(max(1, rowsPerKey))
        let holders = release.terms?.holders ?? .one
        guard (1...NoiseHolders.most).contains(holders.count), (0..<holders.count).contains(holders.colluding) else {
            throw .malformed(release: number)
        }
        counted = holders.countedShare
        switch release.answer {
        case .marginals(let marginals): for marginal in marginals { add(marginal, rows: UInt64(rows)) }
        case .errors(let errors): try add(errors, rows: UInt64(rows))
        case .selection: add(selection: release)
        case .gram(let gram): try add(gram)
        case .sums(let sums): try add(sums)
        case .linkage(let tallies):
            try check(tallies, number)
            for tally in tallies { try add(tally) }
        }
        check(paid: release.spent, worth, isChange: false)
        check(paid: release.spentChangingOne, worthChanging, isChange: true)
    }

    private mutating func check(paid units: UInt64, _ worth: Double, isChange: Bool) {
        let paid = Double(units) / Self.unitsPerWhole
        guard worth > paid * (1 + 1e-9) + 1 / Self.unitsPerWhole else { return }
        findings.append(.underpaid(release: number, paid: paid, worth: worth, isChange: isChange))
    }

    private mutating func count(_ adding: Double, changing: Double) {
        worth += adding
        worthChanging += changing
    }

    /// ρ of Gaussian noise of this variance on something of a squared sensitivity.
    private func amount(_ squared: Double, variance: Double) -> Double {
        let continuous = accounting == .gaussian ? variance - Self.smoothing : variance
        return continuous > 0 ? squared / (2 * continuous) : .infinity
    }

    /// All rows of a key may lie in one cell; changed, they go to another.
    private mutating func add(_ marginal: NoisyMarginal, rows: UInt64) {
        switch marginal.scale {
        case .gaussian(let scale):
            let variance = scale.sigmaSquared * counted
            guard accounting != .pure else { return findings.append(.otherNoise(release: number)) }
            add(gaussian: variance, shift: rows, figures: 1, changed: 2)
            count(
                amount(self.rows * self.rows, variance: variance),
                changing: amount(2 * self.rows * self.rows, variance: variance))
        case .laplace(let scale):
            guard accounting == .pure else { return findings.append(.otherNoise(release: number)) }
            add(laplace: scale.decay, shift: rows, figures: 1, changed: 2)
            count(self.rows * scale.decay, changing: 2 * self.rows * scale.decay)
        }
    }

    /// So many figures that move by `shift`; changing a key moves `changed` of them so far.
    private mutating func add(gaussian variance: Double, shift: UInt64, figures: Int, changed: Int) {
        adding.add(.discreteGaussian(sigmaSquared: variance, shift: shift), count: figures)
        changing.add(.discreteGaussian(sigmaSquared: variance, shift: shift), count: changed)
    }

    private mutating func add(laplace decay: Double, shift: UInt64, figures: Int, changed: Int) {
        adding.add(.discreteLaplace(decay: decay, shift: shift), count: figures)
        changing.add(.discreteLaplace(decay: decay, shift: shift), count: changed)
    }

    /// Each error moves by the rows of a key; by twice as much where they change.
    private mutating func add(_ errors: [NoisyError], rows: UInt64) throws(PrivacyRecomputation.Failure) {
        for error in errors {
            guard error.variance > 0, error.variance < .infinity else { throw .malformed(release: number) }
            if accounting == .pure {
                let decay = Self.decay(ofVariance: error.variance)
                adding.add(.discreteLaplace(decay: decay, shift: rows))
                changing.add(.discreteLaplace(decay: decay, shift: 2 * rows))
                count(self.rows * decay, changing: 2 * self.rows * decay)
            } else {
                adding.add(.discreteGaussian(sigmaSquared: error.variance * counted, shift: rows))
                changing.add(.discreteGaussian(sigmaSquared: error.variance * counted, shift: 2 * rows))
                let squared = self.rows * self.rows
                count(
                    amount(squared, variance: error.variance * counted),
                    changing: amount(4 * squared, variance: error.variance * counted))
            }
        }
    }

    /// Nothing of a selection's law is in its answer: ε stands in the terms and follows from the price; the larger counts.
    private mutating func add(selection release: Release) {
        let paid = Double(release.spent) / Self.unitsPerWhole
        let bought = accounting == .pure ? paid : (8 * paid).squareRoot()
        let epsilon = max(release.terms?.selectionEpsilon ?? 0, bought)
        adding.add(.exponential(epsilon: epsilon))
        changing.add(.exponential(epsilon: 2 * epsilon))
        guard accounting != .gaussian else { return findings.append(.otherNoise(release: number)) }
        if accounting == .pure {
            count(epsilon, changing: 2 * epsilon)
        } else {
            count(epsilon * epsilon / 8, changing: epsilon * epsilon / 2)
        }
    }

    /// The diagonal and √2 times what lies off it move by rows · bound² in all; changed, by √2 times as much.
    private mutating func add(_ gram: NoisyGram) throws(PrivacyRecomputation.Failure) {
        let square = Double(gram.bound) * Double(gram.bound) * rows
        guard gram.bound > 0, gram.diagonalVariance > 0, gram.offDiagonalVariance > 0 else {
            throw .malformed(release: number)
        }
        if accounting == .pure {
            let linear = (square * Double(gram.attributes.count + 1) / 2).rounded(.up)
            let decay = max(
                Self.decay(ofVariance: gram.diagonalVariance), Self.decay(ofVariance: gram.offDiagonalVariance))
            adding.add(.pure(epsilon: decay * linear))
            changing.add(.pure(epsilon: 2 * decay * linear))
            return count(decay * linear, changing: 2 * decay * linear)
        }
        // σ² on the diagonal and half of it off: one vector with noise of σ² after the stacking.
        let beneath = min(
            gram.diagonalVariance * counted - Self.smoothing, 2 * (gram.offDiagonalVariance * counted - Self.smoothing))
        guard beneath > 0 else { throw .malformed(release: number) }
        adding.add(.gaussian(mu: square / beneath.squareRoot()))
        changing.add(.gaussian(mu: square * (2 / beneath).squareRoot()))
        adding.smooth(gram.entries.count)
        changing.smooth(gram.entries.count)
        let variance = min(
            accounting == .gaussian ? beneath + Self.smoothing : gram.diagonalVariance * counted,
            accounting == .gaussian ? beneath + Self.smoothing : 2 * gram.offDiagonalVariance * counted)
        count(
            amount(square * square, variance: variance), changing: amount(2 * square * square, variance: variance))
    }

    /// A key's rows may all add to one sum; changed, from one end of the clamp to the other or from sum to sum.
    private mutating func add(_ sums: [NoisySums]) throws(PrivacyRecomputation.Failure) {
        for sum in sums {
            guard let bound = sum.largest else {
                throw .unknown(what: "how much a row can add to a sum", release: number)
            }
            let shift = Double(max(1, bound)) * rows
            guard sum.variance > 0, sum.variance < .infinity, shift < 0x1p62 else { throw .malformed(release: number) }
            if accounting == .pure {
                let decay = Self.decay(ofVariance: sum.variance)
                adding.add(.discreteLaplace(decay: decay, shift: UInt64(shift)))
                changing.add(.discreteLaplace(decay: decay, shift: UInt64(2 * shift)))
                count(decay * shift, changing: 2 * decay * shift)
            } else {
                adding.add(.discreteGaussian(sigmaSquared: sum.variance * counted, shift: UInt64(shift)))
                changing.add(.discreteGaussian(sigmaSquared: sum.variance * counted, shift: UInt64(2 * shift)))
                count(
                    amount(shift * shift, variance: sum.variance * counted),
                    changing: amount(4 * shift * shift, variance: sum.variance * counted))
            }
        }
    }

    /// That a linkage's figures move as far as its passes and partners say: a record of less would make the noise look dearer.
    private func check(_ tallies: [NoisyTally], _ release: Int) throws(PrivacyRecomputation.Failure) {
        // The rows of a record are 2 · partners · passes; a pass has four tallies.
        guard tallies.count == 3 || tallies.count == 4, tallies[1].counts.count % 4 == 0 else {
            throw .malformed(release: release)
        }
        let (passes, rows) = (tallies[1].counts.count / 4, Int(rows))
        guard passes > 0, rows % (2 * passes) == 0,
            tallies[0].movement == CountMovement(figures: 2, by: rows / 2),
            tallies[1].movement == CountMovement(figures: 4 * passes, by: 1_025),
            tallies[2].movement == CountMovement(figures: 2, by: 2 * passes),
            tallies.count == 3
                || passes >= 3 && tallies[3].movement == CountMovement(figures: 4, by: (3 * passes + 2) / 2)
        else { throw .malformed(release: release) }
    }

    /// So many figures move by so much each, and twice as far where a record changes.
    private mutating func add(_ tally: NoisyTally) throws(PrivacyRecomputation.Failure) {
        let (figures, by) = (tally.movement.figures, tally.movement.by)
        guard (1...1 << 16).contains(figures), (1...1 << 24).contains(by) else { throw .malformed(release: number) }
        let (squared, linear) = (Double(figures) * Double(by) * Double(by), Double(figures) * Double(by))
        switch tally.scale {
        case .gaussian(let scale):
            guard accounting != .pure else { return findings.append(.otherNoise(release: number)) }
            let variance = scale.sigmaSquared * counted
            adding.add(.discreteGaussian(sigmaSquared: variance, shift: UInt64(by)), count: figures)
            changing.add(.discreteGaussian(sigmaSquared: variance, shift: UInt64(2 * by)), count: figures)
            count(amount(squared, variance: variance), changing: amount(4 * squared, variance: variance))
        case .laplace(let scale):
            guard accounting == .pure else { return findings.append(.otherNoise(release: number)) }
            adding.add(.pure(epsilon: scale.decay * linear))
            changing.add(.pure(epsilon: 2 * scale.decay * linear))
            count(linear * scale.decay, changing: 2 * linear * scale.decay)
        }
    }

    /// The decay of discrete Laplace noise of a variance 2q/(1−q)²; for small decays 2/decay² is an upper bound of it.
    private static func decay(ofVariance variance: Double) -> Double {
        guard variance < 1e8 else { return (2 / variance).squareRoot() }
        let excess = 1 / variance
        // cosh(decay) = 1 + 1/variance.
        return log1p(excess + (excess * (2 + excess)).squareRoot())
    }
}
