import PrivacyKernel

@testable import FittedModels
@testable import Synthesizers

extension AuditedMechanism {
    /// The kernel alone, one kind of release at a time.
    static func kernel() throws -> [AuditedMechanism] {
        let strong = try PrivacyParameters(epsilon: 4, delta: 1e-5)
        // Under Gaussian accounting 2 is added to σ², so tightness shows where σ² is well above it.
        let mild = try PrivacyParameters(epsilon: 2, delta: 1e-5)
        let columns = 8
        let canary = [Int](repeating: 1, count: columns)
        let sizes = [Int](repeating: 2, count: columns)
        let empty = try NeighbouringWorlds(sizes: sizes, without: [], canary: canary)
        // One candidate's error grows by the canary, the other's shrinks.
        let opposed = [
            Candidate(attributes: [0], estimate: [0, -3]),
            Candidate(attributes: [1], estimate: [0, 4], penalty: -1),
        ]
        return [
            AuditedMechanism(
                name: "one-way marginals, zCDP, empty table", accounting: .zeroConcentrated, parameters: strong,
                worlds: empty
            ) { kernel, budget in
                _ = try kernel.measure((0..<columns).map { [$0] }, spending: budget)
                return kernel.transcript
            },
            AuditedMechanism(
                name: "all pairs weighted, GDP, canary among others", accounting: .gaussian, parameters: mild,
                worlds: try NeighbouringWorlds(
                    sizes: sizes, without: [[Int](repeating: 0, count: columns)], canary: canary)
            ) { kernel, budget in
                let pairs = (1..<columns).flatMap { second in (0..<second).map { [$0, second] } }
                _ = try kernel.measure(pairs, weights: pairs.map { Double($0[0] + 1) }, spending: budget)
                return kernel.transcript
            },
            AuditedMechanism(
                name: "one marginal, zCDP, three rows a key", accounting: .zeroConcentrated, parameters: strong,
                worlds: try NeighbouringWorlds(sizes: [2, 2], without: [[0, 1]], canary: [1, 1], rowsPerKey: 3)
            ) { kernel, budget in
                _ = try kernel.measure([[0, 1]], spending: budget)
                return kernel.transcript
            },
            AuditedMechanism(
                name: "noisy errors, GDP", accounting: .gaussian, parameters: mild, worlds: empty
            ) { kernel, budget in
                let candidates = (0..<(2 * columns)).map { Candidate(attributes: [$0 / 2], estimate: [0, 0]) }
                _ = try kernel.measureErrors(of: candidates, spending: budget)
                return kernel.transcript
            },
            AuditedMechanism(
                name: "thirty selections, zCDP, opposed scores", accounting: .zeroConcentrated, parameters: strong,
                worlds: empty, fits: 20_000
            ) { kernel, whole in
                var budget = whole
                for left in stride(from: 30, to: 0, by: -1) {
                    _ = try kernel.select(from: opposed, spending: budget.take(.fraction(1, left)))
                }
                return kernel.transcript
            },
            AuditedMechanism(
                name: "one marginal, pure ε", accounting: .pure,
                parameters: try PrivacyParameters(epsilon: 1, delta: 0),
                worlds: try NeighbouringWorlds(sizes: [2], without: [], canary: [1]), fits: 100_000
            ) { kernel, budget in
                _ = try kernel.measure([[0]], spending: budget)
                return kernel.transcript
            },
        ]
    }

    /// Every synthesizer by its own `fit`, from two parties' files to the model: 10 rows a key, so that truncation
    /// and its factor count, and the 2 that Gaussian accounting adds to σ² does not.
    static func synthesizers() throws -> [AuditedMechanism] {
        let worlds = try NeighbouringWorlds(uploadsOf: 2, keys: 200, rowsPerKey: 10)
        let privacy = try PrivacyParameters(epsilon: 8, delta: 1e-5)
        return try [
            ("independent", 20_000), ("mwem", 6_000), ("mst", 12_000), ("aim", 4_000), ("clique-tree", 8_000),
            ("auto", 8_000),
        ].map { name, fits in
            let synthesizer = try synthesizer(named: name)
            let plan = try synthesizer.plan(
                try worlds.table(isWith: false).domain, privacy, rowsPerKey: worlds.rowsPerKey)
            return AuditedMechanism(
                name: "\(name), from upload to model", accounting: plan.accounting,
                parameters: privacy, worlds: worlds, fits: fits
            ) { kernel, budget in
                // The rows are made of the releases; a few of them keep the game short.
                var fitted: Transcript?
                var whole: Budget? = consume budget
                try FewRows.$block.withValue(16) {
                    guard let budget = whole.take() else { return }
                    fitted = try synthesizer.fit(kernel, plan: plan, budget: budget) { _ in }.transcript
                }
                return fitted ?? kernel.transcript
            }
        }
    }
}
