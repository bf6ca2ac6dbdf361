import Domains
public import FittedModels
import PrivacyKernel
import Tables

/// What a model says was measured, and no release of its transcript shows: releases are then missing from the sum.
public struct ReleaseCoverage: Sendable, Equatable {
    /// One sentence a gap; empty where every figure has its release.
    public let missing: [String]

    /// Synthesizers count less noise as this.
    private static let leastVariance = 1e-4

    /// Compares the model's measurements with the releases of its transcript.
    public init(_ model: FittedModel) {
        var missing: [String] = []
        // Of each column, how precise its marginals are together; the model says how precise it found them.
        var precisions: [Int: Double] = [:]
        var tables: [[Int64]: Int] = [:]
        // A table that was asked for again stands in the model as the mean of its answers.
        var repeated: [[Int]: [MeanOfAnswers]] = [:]
        var (hasErrors, hasSelection, hasGram, hasSums) = (false, false, false, false)
        // Of pairs and larger sets, by shape, where several holders measured them.
        var sharedTables: [[Int]: Int] = [:]
        for release in model.transcript.releases {
            switch release.answer {
            case .marginals(let marginals):
                for marginal in marginals {
                    if let column = marginal.attributes.first, marginal.attributes.count == 1 {
                        precisions[column, default: 0] += 1 / max(marginal.variance, Self.leastVariance)
                    }
                    tables[marginal.counts.sorted(), default: 0] += 1
                    if marginal.attributes.count > 1 {
                        let question = marginal.attributes + marginal.shape
                        for place in repeated[question, default: []].indices {
                            repeated[question]?[place].add(marginal)
                            if let mean = repeated[question]?[place].rounded.sorted() { tables[mean, default: 0] += 1 }
                        }
                        var own = MeanOfAnswers()
                        own.add(marginal)
                        repeated[question, default: []].append(own)
                    }
                    if (release.terms?.holders?.count ?? 1) > 1, marginal.shape.count > 1 {
                        sharedTables[marginal.shape.sorted(), default: 0] += 1
                    }
                }
            case .errors: hasErrors = true
            case .gram: hasGram = true
            case .linkage: break
            case .sums: hasSums = true
            case .selection: hasSelection = true
            }
        }
        for measurement in model.measurements {
            let names = measurement.attributes.map { model.name(ofColumn: model.attributes[$0].column) }
            if measurement.attributes.count == 1 {
                let column = model.attributes[measurement.attributes[0]].column
                if precisions[column, default: 0] < (1 - 1e-6) / measurement.variance {
                    missing.append("a marginal of \(names[0])")
                }
                continue
            }
            // Tables of a copula's columns come out of its Gram matrix.
            let counts = measurement.counts.sorted()
            if let left = tables[counts], left > 0 {
                tables[counts] = left - 1
            } else if !hasGram {
                missing.append("the marginal of \(names.joined(separator: " and "))")
            }
        }
        // Every method's first step is that of the one-way marginals; each query and count before it has one release.
        let queries = model.plan.steps.prefix {
            $0.name.hasPrefix("query ") || $0.name == MechanismPlan.countStep
        }.count
        if let first = model.transcript.releases.dropFirst(queries).first {
            let isOneWay =
                if case .marginals(let marginals) = first.answer {
                    marginals.allSatisfy { $0.attributes.count == 1 }
                } else { false }
            if !isOneWay { missing.append("the one-way marginals") }
        }
        if !sharedTables.isEmpty {
            hasErrors = hasErrors || Self.haveTables(of: model.misfits, sharedTables)
        }
        // Pairs are measured after their errors or selections, which the plan names.
        let choosesPairs = model.plan.steps.contains { $0.name.contains("errors") || $0.name.contains("selections") }
        let hasPairs = model.measurements.contains { $0.attributes.count > 1 }
        if !hasErrors, !model.misfits.isEmpty || (choosesPairs && hasPairs && !hasSelection) {
            missing.append("how pairs were chosen")
        }
        if model.copula != nil, !hasGram { missing.append("the Gram matrix") }
        if !model.tilts.isEmpty, !hasSums, tables.isEmpty { missing.append("the sums of queries") }
        // Every method spends what it was given: its last step takes all that is left.
        if missing.isEmpty, let spent = model.transcript.spent,
            let whole = try? Budget(spent.promise.parameters, accounting: spent.promise.accounting).amount,
            spent.amount < (1 - 1e-6) * whole
        {
            missing.append("releases that spent \(Figures.percent(1 - spent.amount / whole)) of the budget")
        }
        self.missing = missing
    }

    /// Several holders cannot add up errors: they measure the pairs' tables in their place (KERNEL 10.4), one for each error that
    /// the model tells of.
    private static func haveTables(of misfits: [MeasuredMisfit], _ shapes: [[Int]: Int]) -> Bool {
        let needed = Dictionary(misfits.map { ([$0.first.size, $0.second.size].sorted(), 1) }, uniquingKeysWith: +)
        return needed.allSatisfy { shapes[$0.key, default: 0] >= $0.value }
    }
}
