package import Domains
import GraphicalModels
package import PrivacyKernel

/// The model of independent columns with the distributions of `oneWays`.
package func independentModel(
    _ oneWays: OneWayMarginals, _ domain: TableDomain, differences: [ColumnDifference] = [], plan: MechanismPlan,
    _ transcript: Transcript
) throws(SynthesisError) -> FittedModel {
    let shares = oneWays.shares
    let attributes = oneWays.modelled.map { ModelAttribute(column: $0, size: oneWays.domain.columns[$0].size) }
    let tables = attributes.enumerated().map { place, attribute in
        Factor(
            attributes: [place], shape: [attribute.size], values: shares[attribute.column].map { $0 * oneWays.total })
    }
    return try FittedModel(
        domain: domain, plan: plan, attributes: attributes,
        tree: TreeTables(total: oneWays.total, cliques: tables, separators: []), shares: shares, corrections: [],
        measurements: oneWays.measured(numbering: attributes), misfits: [], differences: differences,
        transcript: transcript,
        taskDigest: nil, representatives: nil)
}
