#if ENTREPOT_MUTATIONS
    import PrivacyKernel

    extension AuditedMechanism {
        /// The kernel alone. Synthesizers are added beside these, each with its own `fit`.
        static func kernel() throws -> [AuditedMechanism] {
            let strong = try PrivacyParameters(epsilon: 4, delta: 1e-5)
            // Under Gaussian accounting 2 is added to σ², so tightness shows where σ² is well above it.
            let mild = try PrivacyParameters(epsilon: 2, delta: 1e-5)
            let columns = 8
            let canary = [Int](repeating: 1, count: columns)
            let sizes = [Int](repeating: 2, count: columns)
            // One candidate's error grows by the canary, the other's shrinks.
            let opposed = [
                Candidate(attributes: [0], estimate: [0, -3]),
                Candidate(attributes: [1], estimate: [0, 4], penalty: -1),
            ]
            return [
                AuditedMechanism(
                    name: "one-way marginals, zCDP, empty table", accounting: .zeroConcentrated, parameters: strong,
                    sizes: sizes, rows: ([], [canary])
                ) { kernel, budget in
                    _ = try kernel.measure((0..<columns).map { [$0] }, spending: budget)
                },
                AuditedMechanism(
                    name: "all pairs weighted, GDP, canary among others", accounting: .gaussian, parameters: mild,
                    sizes: sizes,
                    rows: ([[Int](repeating: 0, count: columns)], [[Int](repeating: 0, count: columns), canary])
                ) { kernel, budget in
                    let pairs = (1..<columns).flatMap { second in (0..<second).map { [$0, second] } }
                    _ = try kernel.measure(pairs, weights: pairs.map { Double($0[0] + 1) }, spending: budget)
                },
                AuditedMechanism(
                    name: "one marginal, zCDP, three rows a key", accounting: .zeroConcentrated, parameters: strong,
                    sizes: [2, 2], rows: ([[0, 1]], [[0, 1], [1, 1], [1, 1], [1, 1]]), rowsPerKey: 3
                ) { kernel, budget in _ = try kernel.measure([[0, 1]], spending: budget) },
                AuditedMechanism(
                    name: "noisy errors, GDP", accounting: .gaussian, parameters: mild, sizes: sizes,
                    rows: ([], [canary])
                ) { kernel, budget in
                    let candidates = (0..<(2 * columns)).map { Candidate(attributes: [$0 / 2], estimate: [0, 0]) }
                    _ = try kernel.measureErrors(of: candidates, spending: budget)
                },
                AuditedMechanism(
                    name: "thirty selections, zCDP, opposed scores", accounting: .zeroConcentrated, parameters: strong,
                    sizes: sizes, rows: ([], [canary]), fits: 20_000
                ) { kernel, whole in
                    var budget = whole
                    for left in stride(from: 30, to: 0, by: -1) {
                        _ = try kernel.select(from: opposed, spending: budget.take(.fraction(1, left)))
                    }
                },
                AuditedMechanism(
                    name: "one marginal, pure ε", accounting: .pure,
                    parameters: try PrivacyParameters(epsilon: 1, delta: 0), sizes: [2], rows: ([], [[1]]),
                    fits: 100_000
                ) { kernel, budget in _ = try kernel.measure([[0]], spending: budget) },
            ]
        }
    }
#endif
