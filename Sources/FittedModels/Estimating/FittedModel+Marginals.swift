public import Domains
public import PrivacyKernel
import Tables
import VectorMath

extension FittedModel {
    /// The model of noisy marginals: the way to a model for a synthesizer of another package.
    ///
    /// Marginals of single columns are averaged by precision and smoothed; all others are fitted on their junction tree,
    /// each within a slack of 1.5 standard deviations of its noise. Columns of which nothing was measured are uniform.
    ///
    /// - Parameters:
    ///   - marginals: as the kernel released them; any sets of columns, any number of times.
    ///   - groupings: what the kernel's numbers of groups of codes stand for (`Kernel.addGrouping`).
    ///   - plan: what was spent on what.
    ///   - transcript: every release of the kernel.
    ///   - cellLimit: the most cells that the junction tree may have.
    /// - Throws: `SynthesisError.malformedModel` for a marginal that does not fit its columns, `.estimation` for a model
    ///   over the limit.
    public init(
        fitting marginals: [NoisyMarginal], groupings: [Int: ModelAttribute] = [:], domain: TableDomain,
        plan: MechanismPlan, transcript: Transcript, cellLimit: Int = 4_000_000
    ) throws(SynthesisError) {
        var oneWays = OneWayMarginals(domain)
        guard !oneWays.modelled.isEmpty else { throw .noColumns }
        var members: [[ModelAttribute]] = []
        var tables: [NoisyMarginal] = []
        for one in marginals where !one.attributes.isEmpty {
            var these: [ModelAttribute] = []
            for number in one.attributes {
                if let group = groupings[number] {
                    these.append(group)
                } else if oneWays.modelled.contains(number) {
                    these.append(ModelAttribute(column: number, size: domain.columns[number].size))
                }
            }
            guard these.count == one.attributes.count, Shape(these.map(\.size)).count == one.counts.count else {
                throw .malformedModel("a marginal does not fit its columns")
            }
            if these.count == 1, these[0].groups == nil { continue }
            members.append(these)
            tables.append(one)
        }
        oneWays.add(marginals.filter { $0.attributes.count == 1 && oneWays.modelled.contains($0.attributes[0]) })
        let used = [ModelAttribute].inUse(members)
        let measured = zip(tables, members).map { table, members in
            MeasuredMarginal(table.counts, variance: table.variance, of: members, in: used)
        }
        self = try treeAndRowsModel(
            measured, across: [], of: used, oneWays, domain: domain, cellLimit: cellLimit, misfits: [], plan: plan,
            transcript: transcript)
    }
}
