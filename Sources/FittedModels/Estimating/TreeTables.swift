package import GraphicalModels
import VectorMath

/// A graphical model as its clique and separator marginals: p(x) ∝ ∏ cliques(x) / ∏ separators(x).
package struct TreeTables: Sendable, Equatable {
    package let total: Double
    /// Marginals of the cliques.
    package let cliques: [Factor]
    /// Marginals of what each clique shares with its parent; empty sets are left out.
    package let separators: [Factor]

    package init(total: Double, cliques: [Factor], separators: [Factor]) {
        self.total = total
        self.cliques = cliques
        self.separators = separators
    }

    init(_ model: GraphicalModel, attributes: [ModelAttribute]) {
        total = model.total
        cliques = model.marginals
        separators = model.tree.nodes.compactMap { node in
            // Of several attributes of one column the finest says it all.
            let axes = node.separator.filter { one in
                !node.separator.contains {
                    attributes[$0].column == attributes[one].column && attributes[$0].size > attributes[one].size
                }
            }
            return axes.isEmpty ? nil : model.marginal(axes)
        }
    }

    /// - Parameter weights: log-weights to multiply on; −∞ rules out.
    func model(
        attributes: [ModelAttribute], columnSizes: [Int], weights: [Factor] = []
    ) throws(SynthesisError) -> GraphicalModel {
        let logCliques = cliques.map { clique in
            Factor(
                attributes: clique.attributes, shape: clique.shape,
                values: clique.values.map { $0 > 0 ? naturalLogarithm($0 / total) : -.infinity })
        }
        let logSeparators = separators.map { separator in
            Factor(
                attributes: separator.attributes, shape: separator.shape,
                values: separator.values.map { $0 > 0 ? -naturalLogarithm($0 / total) : 0 })
        }
        do {
            return try GraphicalModel(
                potentials: logCliques + logSeparators + weights, sizes: attributes.map(\.size), total: total,
                structuralZeros: attributes.dependencies(columnSizes: columnSizes).map { .dependency($0) },
                cellLimit: .max)
        } catch {
            throw .estimation(error)
        }
    }
}
