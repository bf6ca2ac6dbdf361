import Domains
import FittedModels
import PrivacyKernel

/// Columns that another one nearly determines.
extension OneShotFit {
    /// The columns that another one nearly determines; each difference has its kernel's number.
    func differences(
        _ misfits: [MeasuredMisfit], _ oneWays: OneWayMarginals, _ domain: TableDomain, _ kernel: Kernel,
        _ slices: inout PlannedBudget, _ fine: inout [NoisyMarginal]
    ) throws -> [ColumnDifference] {
        var alone = FineColumns.wanted(domain, shares: oneWays.shares)
        if !alone.isEmpty {
            for place in alone.indices { alone[place].number = try kernel.addDifference(alone[place].question(domain)) }
            let histograms = try kernel.measured(alone.map { [$0.number] }, spending: slices.some(Self.finePart))
            guard let histograms else { return [] }
            fine = histograms
        }
        let search = DifferenceSearch(
            domain, shares: oneWays.shares,
            fine: zip(alone, fine).map { column, one in
                let shares = fineShares(
                    one.counts.map { Double($0) }, deviation: one.variance.squareRoot(),
                    intervals: column.edges.count - 1)
                return (column, Array(shares.prefix(column.edges.count - 1)))
            })
        let edges = search.edges(misfits, total: oneWays.total)
        let trials = edges.flatMap { search.trials(of: $0, isFree: edges.count <= DifferenceSearch.fewEdges) }
        guard !trials.isEmpty else { return alone }
        var numbers: [Int] = []
        for trial in trials { numbers.append(try kernel.addDifference(search.question(trial))) }
        let histograms = try kernel.measured(numbers.map { [$0] }, spending: slices.some(Self.trialPart))
        guard let histograms else { return [] }
        var chosen = search.chosen(trials, histograms)
        for place in chosen.indices {
            chosen[place].number = try kernel.addDifference(chosen[place].question(domain))
        }
        let rebuilt = chosen.rebuilt
        return alone.filter { !rebuilt.contains($0.column) } + chosen
    }

    /// The one-way marginals of differences, which take their columns' places.
    ///
    /// - Parameter fine: what was measured already of columns on finer intervals.
    /// - Returns: what each has cost; nil if the transcript has ended.
    func measure(
        _ differences: [ColumnDifference], _ fine: [NoisyMarginal], _ domain: TableDomain,
        _ oneWays: inout OneWayMarginals,
        _ grouped: inout GroupedKernel, _ slices: inout PlannedBudget
    ) throws -> [Int: Double]? {
        let budget = try slices.some(Self.histogramPart)
        let amount = budget.amount / Double(differences.count)
        guard let answers = try grouped.kernel.measured(differences.map { [$0.number] }, spending: budget) else {
            return nil
        }
        oneWays.carry(differences)
        grouped.add(differences, first: domain.columns.count)
        let columns = differences.indices.map { domain.columns.count + $0 }
        oneWays.add(zip(columns, answers).map { $1.of($0) })
        for (column, one) in zip(columns, differences) where one.isAlone {
            oneWays.add(fine.filter { $0.attributes == [one.number] }.map { $0.of(column) })
        }
        return Dictionary(uniqueKeysWithValues: columns.map { ($0, amount) })
    }
}
