import VectorMath

extension Kernel {
    /// Chooses a candidate of high score: weight · ‖M(D) − estimate‖₁ − penalty, all in whole numbers.
    ///
    /// A key of k rows moves each L1-error by at most k in either direction, so a score moves by at most
    /// Δ = k · (largest weight). Scores are not monotone, so the factor 2 stays.
    /// - pure: exponential mechanism, P ∝ exp(ε·score/(2Δ)).
    /// - zCDP: the same with ε = √(8ρ): an exponential mechanism satisfies ε²/8-zCDP (Cesar and Rogers, 2021).
    /// - GDP, and wherever rows lie at several holders: all errors are measured (`measureErrors`) and the largest noisy
    ///   score wins, which is post-processing.
    ///
    /// Changing a key's rows doubles Δ: twice ε, four times ρ. Proof and tests: KERNEL.md, "Select".
    ///
    /// - Returns: a place in `candidates`.
    public func select(
        from candidates: [Candidate], spending budget: consuming Budget, cellLimit: Int = Kernel.defaultCellLimit
    ) throws(PrivacyError) -> Int {
        guard budget.accounting != .gaussian, !addsUpAlone else {
            let errors = try measureErrors(of: candidates, spending: budget, cellLimit: cellLimit)
            let scores = zip(candidates, errors).map { Int128($0.weight) * Int128($1.value) - Int128($0.penalty) }
            return scores.indices.max { scores[$0] < scores[$1] } ?? 0
        }
        let payment = try payment(budget)
        let attributes = try check(candidates, cellLimit: cellLimit)
        let sensitivity = UInt128(try errorSensitivity()) * UInt128(largestWeight(candidates))
        switch try open(payment, changed: 0, selections: 1) {
        case .recorded(.selection(let chosen, candidates.count)) where candidates.indices.contains(chosen):
            accept()
            return chosen
        case .recorded: throw mismatch()
        case .rows(let rows):
            let errors = try errors(of: candidates, attributes, in: rows)
            let scores = zip(candidates, errors).map { Int64($0.weight) * $1 - $0.penalty }
            let isPure = payment.accounting == .pure
            let epsilon = payment.selectionUnits
            let denominator = selectionDenominator(sensitivity)
            let chosen =
                payment.root.isExact
                ? selectExactly(scores, epsilon, denominator) : selectInFixedTime(scores, epsilon, denominator)
            try publish(
                .selection(chosen: chosen, candidates: candidates.count), payment, changingOne: isPure ? 2 : 4)
            return chosen
        }
    }

    /// All L1-errors at once with discrete Gaussian noise (Laplace under pure accounting).
    ///
    /// A key of k rows moves each of m errors by at most k: k·√m in L2, k·m in L1. Changing its rows moves each by 2k:
    /// four times ρ, twice ε. Weights and penalties play no part.
    public func measureErrors(
        of candidates: [Candidate], spending budget: consuming Budget, cellLimit: Int = Kernel.defaultCellLimit
    ) throws(PrivacyError) -> [NoisyError] {
        guard !addsUpAlone else { return try errorsOfTables(candidates, spending: budget, cellLimit: cellLimit) }
        let payment = try payment(budget)
        let attributes = try check(candidates, cellLimit: cellLimit)
        let sensitivity = Sensitivity.errors(candidates.count, rowsPerKey: Int(try errorSensitivity()))
        let scale = try payment.scale(sensitivity, units: payment.units)
        try NoiseSource.check(scale, count: candidates.count, isExact: payment.root.isExact)
        switch try open(payment, changed: candidates.count) {
        case .recorded(.errors(let errors)):
            guard errors.map(\.attributes) == attributes else { throw mismatch() }
            accept()
            return errors
        case .recorded: throw mismatch()
        case .rows(let rows):
            var values = try errors(of: candidates, attributes, in: rows)
            addNoise(scale, to: &values, isExact: payment.root.isExact)
            let errors = zip(attributes, values).map {
                NoisyError(attributes: $0, value: $1, variance: scale.variance)
            }
            try publish(.errors(errors), payment, changingOne: payment.accounting == .pure ? 2 : 4)
            return errors
        }
    }

    // KERNEL 10.4
    /// L1-errors where parts of several holders do nothing but add up: the candidates' tables are measured in their place,
    /// and the rest is post-processing.
    ///
    /// m tables measured together move by k·√m, as m errors do, so each cell gets the noise that each error would.
    private func errorsOfTables(
        _ candidates: [Candidate], spending budget: consuming Budget, cellLimit: Int
    ) throws(PrivacyError) -> [NoisyError] {
        _ = try check(candidates, cellLimit: cellLimit)
        let tables = try measure(candidates.map(\.attributes), spending: budget, cellLimit: cellLimit)
        // A replayed table may say that it has no noise: what is divided by that is no number.
        guard tables.allSatisfy({ $0.variance > 0 }) else { throw .replayMismatch(release: answered - 1) }
        return zip(candidates, tables).map { $1.distance(from: $0.estimate) }
    }

    // KERNEL 4.4
    /// How far a key can move one L1-error.
    func errorSensitivity() throws(PrivacyError) -> UInt64 { try rowsPerKey() }

    // KERNEL 5.1
    /// The 2Δ of the exponential mechanism, in units of 2^-50 as ε is.
    func selectionDenominator(_ sensitivity: UInt128) -> UInt128 { 2 * sensitivity << 50 }

    // KERNEL 5.1
    /// What a score moves by where its L1-error moves by one.
    func largestWeight(_ candidates: [Candidate]) -> Int {
        candidates.reduce(1) { max($0, $1.weight) }
    }

    /// Bounds that keep every score below 2^62: weights to 2^20, estimates to 2^40 in sum, penalties to 2^61.
    func check(_ candidates: [Candidate], cellLimit: Int) throws(PrivacyError) -> [[Int]] {
        guard !candidates.isEmpty else { throw .noQuestions }
        guard candidates.count <= 1 << 20 else {
            throw .figureTooLarge(what: "number of candidates", figure: Double(candidates.count), limit: 0x1p20)
        }
        var attributes: [[Int]] = []
        for candidate in candidates {
            let question = try shape(of: candidate.attributes, limit: cellLimit)
            guard candidate.estimate.count == question.cells else {
                throw .shapeMismatch(expected: question.cells, found: candidate.estimate.count)
            }
            guard candidate.weight >= 1 else { throw .weightNotPositive(Double(candidate.weight)) }
            guard candidate.weight <= 1 << 20 else {
                throw .figureTooLarge(what: "weight", figure: Double(candidate.weight), limit: 0x1p20)
            }
            guard candidate.penalty.magnitude <= 1 << 61 else {
                throw .figureTooLarge(what: "penalty", figure: Double(candidate.penalty), limit: 0x1p61)
            }
            var sum: UInt64 = 0
            for value in candidate.estimate {
                sum = sum.addingReportingOverflow(value.magnitude).partialValue
                guard value.magnitude <= 1 << 40, sum <= 1 << 40 else {
                    throw .figureTooLarge(what: "sum of an estimate", figure: Double(sum), limit: 0x1p40)
                }
            }
            attributes.append(question.attributes)
        }
        return attributes
    }

    /// ‖M(D) − estimate‖₁, exactly: at most 2^32 rows + 2^40.
    func errors(
        of candidates: [Candidate], _ attributes: [[Int]], in rows: any IntegerSource
    ) throws(PrivacyError) -> [Int64] {
        try zip(candidates, counts(attributes, in: rows)).map { candidate, counts in
            var sum: Int64 = 0
            for cell in counts.indices { sum &+= abs(counts[cell] &- candidate.estimate[cell]) }
            return sum
        }
    }

    // KERNEL 5.2
    /// The exponential mechanism by rejection: a uniform proposal, accepted with probability exp(−γ), again and again.
    /// The law is exact; the running time depends on the scores.
    private func selectExactly(_ scores: [Int64], _ epsilon: UInt128, _ denominator: UInt128) -> Int {
        let best = scores.max() ?? 0
        while true {
            let proposal = Int(TextbookSampler.uniform(below: UInt128(scores.count), &noise.generator))
            let gap = UInt128((best - scores[proposal]).magnitude)
            if TextbookSampler.bernoulliExponential(epsilon * gap, denominator, &noise.generator) { return proposal }
        }
    }

    // KERNEL 5.2
    /// The same with 70 proposals a candidate, whatever the scores: the first that is accepted stands, the rest are
    /// drawn and masked. The best candidate is accepted surely, so none is with probability below e^-70 < 2^-100.
    /// Acceptance and proposals are compared with 127 and 128 random bits: with 2^20 candidates off by 2^-95 at most.
    private func selectInFixedTime(_ scores: [Int64], _ epsilon: UInt128, _ denominator: UInt128) -> Int {
        let best = scores.max() ?? 0
        let acceptance = scores.map { score in
            FixedPoint.exponential(minus: epsilon * UInt128((best - score).magnitude), over: denominator)
        }
        var chosen = 0
        var isOpen = 1
        for _ in 0..<(70 * scores.count) {
            let place = UInt128(noise.generator.next()) << 64 | UInt128(noise.generator.next())
            let proposal = Int(place.multipliedFullWidth(by: UInt128(scores.count)).high)
            let uniform = UInt128(noise.generator.next()) << 63 | UInt128(noise.generator.next() >> 1)
            let isTaken = isOpen & (uniform < acceptance[proposal] ? 1 : 0)
            chosen += isTaken * (proposal - chosen)
            isOpen &= ~isTaken
        }
        return chosen
    }
}

extension NoisyMarginal {
    // KERNEL 10.4
    /// How far the rows are from an estimate, as a noisy table shows it: post-processing.
    ///
    /// |x| of a noisy difference x is too large by σ·√(2/π) where there is no difference and by nothing where it is large: what is
    /// taken off, √2·σ·√(2/π)·exp(−x²/(2σ²)), has this mean at no difference, and vanishes with distance.
    ///
    /// - Parameter estimate: as many counts as the table has, in its order.
    package func distance(from estimate: [Int64]) -> NoisyError {
        let deviation = variance > 0 ? variance.squareRoot() : 0
        var sum = 0.0
        for (count, estimate) in zip(counts, estimate) {
            let difference = Double(count) - Double(estimate)
            sum += abs(difference)
            guard deviation > 0 else { continue }
            let part = difference / deviation
            sum -= 2 / Double.pi.squareRoot() * deviation * exponential(-part * part / 2)
        }
        return NoisyError(
            attributes: attributes, value: Int64(min(max(sum, -0x1p61), 0x1p61).rounded()),
            variance: max(variance, 0) * Double(counts.count))
    }
}

extension Payment {
    /// ε of the exponential mechanism that the payment buys, in units of 2^-50; for zCDP the largest whole number whose
    /// square is within 8ρ.
    var selectionUnits: UInt128 {
        accounting == .pure ? UInt128(units) : TextbookSampler.squareRoot(UInt128(units) << 53)
    }
}
