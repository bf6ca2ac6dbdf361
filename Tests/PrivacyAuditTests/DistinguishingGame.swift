#if ENTREPOT_MUTATIONS
    import Foundation
    import Tables

    @testable import PrivacyKernel

    /// Anything that turns private rows into a transcript: a kernel call or a whole synthesizer.
    struct AuditedMechanism: Sendable, CustomStringConvertible {
        let name: String
        let accounting: Accounting
        let parameters: PrivacyParameters
        let sizes: [Int]
        /// Two neighbouring tables: the second has the rows of one key more.
        let rows: (without: [[Int]], with: [[Int]])
        var rowsPerKey = 1
        /// Fits in each of the two worlds, before `ENTREPOT_AUDIT_FITS` has its say.
        var fits = 40_000
        /// The part of the claimed μ that the adversary must at least reach.
        var tightness = 0.95
        let fit: @Sendable (Kernel, consuming Budget) throws -> Void

        var description: String { name }
    }

    /// What the best adversary found who sees every release and knows both tables but not which was used.
    struct AuditVerdict: Sendable {
        let fits: Int
        /// μ = √(2ρ) by the transcript; ε under pure accounting.
        let claimed: Double
        /// Φ⁻¹(1 − false positives) − Φ⁻¹(false negatives); ln((1 − false negatives)/false positives) for ε.
        let empirical: Double
        /// The same from Clopper–Pearson bounds at 95 %: a true lower bound of what leaks, false in 1 of 20 audits of a
        /// mechanism that leaks all it claims.
        let lowerBound: Double
        let microsecondsPerFit: Double
    }

    /// The white-box distinguishing game (reference §4.3 item 5): the statistic is the log-likelihood ratio of all
    /// releases, computed from rows that only the test knows.
    ///
    /// The standard error of the empirical μ is about 1.8/√fits for μ near 1.
    struct DistinguishingGame {
        let mechanism: AuditedMechanism

        func play(fits: Int, planted: Mutation? = nil) async throws -> AuditVerdict {
            let domain = try auditDomain(mechanism.sizes)
            let start = ContinuousClock().now
            let workers = 2
            let tallies = try await withThrowingTaskGroup(of: Tally.self) { group in
                for worker in 0..<(2 * workers) {
                    group.addTask {
                        try Mutation.$active.withValue(planted) {
                            try tally(fits / workers, isWith: worker % 2 == 1, domain)
                        }
                    }
                }
                return try await group.reduce(into: [Tally]()) { $0.append($1) }
            }
            let positive = tallies.reduce(0) { $0 + $1.falsePositives }
            let negative = tallies.reduce(0) { $0 + $1.falseNegatives }
            let amount = Double(tallies.reduce(0) { max($0, $1.units) }) / Budget.unitsPerWhole
            let count = fits / workers * workers
            let seconds = (ContinuousClock().now - start) / .seconds(1)
            let isPure = mechanism.accounting == .pure
            func leak(_ positive: Double, _ negative: Double) -> Double {
                isPure
                    ? log((1 - negative) / positive)
                    : NormalBounds.quantile(1 - positive) - NormalBounds.quantile(negative)
            }
            return AuditVerdict(
                fits: count, claimed: isPure ? amount : (2 * amount).squareRoot(),
                empirical: leak(Double(positive) / Double(count), Double(negative) / Double(count)),
                lowerBound: leak(
                    NormalBounds.upperProportion(positive, of: count, alpha: 0.025),
                    NormalBounds.upperProportion(negative, of: count, alpha: 0.025)),
                microsecondsPerFit: seconds * 1e6 / Double(2 * count))
        }

        private struct Tally: Sendable {
            var falsePositives = 0
            var falseNegatives = 0
            var units: UInt64 = 0
        }

        /// Plays many times in one of the two worlds.
        private func tally(_ fits: Int, isWith: Bool, _ domain: TableDomain) throws -> Tally {
            let rows = isWith ? mechanism.rows.with : mechanism.rows.without
            let table = try auditTable(domain, rows, rowsPerKey: mechanism.rowsPerKey)
            let likelihood = ReleaseLikelihood(mechanism)
            let seen = SeenCandidates()
            var tally = Tally()
            try Mutation.$observer.withValue(seen) {
                for _ in 0..<fits {
                    seen.lists.removeAll()
                    let kernel = Kernel(table: table)
                    try mechanism.fit(kernel, Budget(mechanism.parameters, accounting: mechanism.accounting))
                    let ratio = likelihood.ratio(kernel.transcript, seen.lists)
                    // A tie is decided by a coin, so that a mechanism that says nothing gives μ = 0.
                    let saysWith = ratio > 0 || (ratio == 0 && Bool.random())
                    if isWith, !saysWith { tally.falseNegatives += 1 }
                    if !isWith, saysWith { tally.falsePositives += 1 }
                    tally.units = max(tally.units, kernel.transcript.releases.reduce(0) { $0 + $1.spent })
                }
            }
            return tally
        }
    }

    /// ln P[releases | with] − ln P[releases | without], from the exact figures of both tables.
    ///
    /// Marginals, errors and selections are covered; sums, Gram matrices and groupings count as silent.
    struct ReleaseLikelihood: Sendable {
        private let mechanism: AuditedMechanism

        init(_ mechanism: AuditedMechanism) { self.mechanism = mechanism }

        func ratio(_ transcript: Transcript, _ candidateLists: [[Candidate]]) -> Double {
            var ratio = 0.0
            var lists = candidateLists.makeIterator()
            for release in transcript.releases {
                switch release.answer {
                case .marginals(let marginals):
                    for marginal in marginals where isKnown(marginal.attributes) {
                        let (without, with) = counts(marginal.attributes)
                        for cell in with.indices where with[cell] != without[cell] {
                            ratio += logRatio(marginal.counts[cell], without[cell], with[cell], marginal.scale)
                        }
                    }
                case .errors(let errors):
                    guard let candidates = lists.next() else { continue }
                    for (error, candidate) in zip(errors, candidates) where isKnown(candidate.attributes) {
                        let (without, with) = distances(candidate)
                        ratio += gaussianLogRatio(error.value, without, with, error.variance)
                    }
                case .selection(let chosen, _):
                    guard let candidates = lists.next(), candidates.allSatisfy({ isKnown($0.attributes) }) else {
                        continue
                    }
                    ratio += selectionLogRatio(chosen, candidates, release)
                case .gram, .sums: continue
                }
            }
            return ratio
        }

        private func isKnown(_ attributes: [Int]) -> Bool { attributes.allSatisfy { $0 < mechanism.sizes.count } }

        private func counts(_ attributes: [Int]) -> (without: [Int64], with: [Int64]) {
            let sizes = mechanism.sizes
            func count(_ rows: [[Int]]) -> [Int64] {
                var table = [Int64](repeating: 0, count: attributes.reduce(1) { $0 * sizes[$1] })
                for row in rows { table[attributes.reduce(0) { $0 * sizes[$1] + row[$1] }] += 1 }
                return table
            }
            return (count(mechanism.rows.without), count(mechanism.rows.with))
        }

        private func distances(_ candidate: Candidate) -> (without: Int64, with: Int64) {
            let (without, with) = counts(candidate.attributes.sorted())
            func distance(_ counts: [Int64]) -> Int64 {
                zip(counts, candidate.estimate).reduce(0) { $0 + abs($1.0 - $1.1) }
            }
            return (distance(without), distance(with))
        }

        private func logRatio(_ noisy: Int64, _ without: Int64, _ with: Int64, _ scale: NoiseScale) -> Double {
            switch scale {
            case .gaussian(let scale): gaussianLogRatio(noisy, without, with, scale.sigmaSquared)
            case .laplace(let scale):
                Double(abs(noisy - without) - abs(noisy - with)) * Double(scale.numerator) / Double(scale.denominator)
            }
        }

        private func gaussianLogRatio(_ noisy: Int64, _ without: Int64, _ with: Int64, _ variance: Double) -> Double {
            Double((noisy - without) * (noisy - without) - (noisy - with) * (noisy - with)) / (2 * variance)
        }

        private func selectionLogRatio(_ chosen: Int, _ candidates: [Candidate], _ release: Release) -> Double {
            let amount = Double(release.spent) / Budget.unitsPerWhole
            let epsilon = release.promise.accounting == .pure ? amount : (8 * amount).squareRoot()
            let sensitivity = Double(mechanism.rowsPerKey * (candidates.map(\.weight).max() ?? 1))
            func logProbability(_ distance: (Candidate) -> Int64) -> Double {
                let exponents = candidates.map {
                    epsilon * Double(Int64($0.weight) * distance($0) - $0.penalty) / (2 * sensitivity)
                }
                let largest = exponents.max() ?? 0
                return exponents[chosen] - largest - log(exponents.reduce(0) { $0 + exp($1 - largest) })
            }
            return logProbability { distances($0).with } - logProbability { distances($0).without }
        }
    }

    func auditDomain(_ sizes: [Int]) throws -> TableDomain {
        let fields = sizes.enumerated().map { place, size in
            Field(
                name: "c\(place)", type: .string, categories: (0..<size).map(String.init),
                constraints: Constraints(required: true))
        }
        return try TableDomain(schema: TableSchema(fields: fields), keyColumns: [])
    }

    func auditTable(_ domain: TableDomain, _ rows: [[Int]], rowsPerKey: Int) throws -> PrivateTable {
        let columns = try domain.sizes.indices.map { place in
            try CodedColumn(.bytes(rows.map { UInt8($0[place]) }), domainSize: domain.sizes[place])
        }
        return PrivateTable(
            try JoinedTable(domain: domain, table: CodedTable(columns: columns), rowsPerKey: rowsPerKey))
    }
#endif
