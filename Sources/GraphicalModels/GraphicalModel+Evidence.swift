internal import VectorMath

extension GraphicalModel {
    /// The model given that attributes have certain codes, exactly; its total is what the evidence leaves of it.
    ///
    /// - Throws: `GraphicalModelError.impossible` if the evidence has probability zero.
    public func conditioned(on evidence: [(attribute: Int, code: Int)]) throws(GraphicalModelError) -> GraphicalModel {
        for (attribute, code) in evidence {
            guard sizes.indices.contains(attribute), code >= 0, code < sizes[attribute] else {
                throw .invalidAttributes([attribute], attributeCount: sizes.count)
            }
        }
        let layout = TreeLayout(tree)
        var beliefs = TreeBeliefs(layout)
        for (node, range) in layout.ranges.enumerated() {
            let values = marginals[node].values.map { $0 / total }
            layout.add(values, over: tree.nodes[node].axes, to: &beliefs.cliques, node: node)
            guard let edge = layout.edges[node] else { continue }
            var separator = [Double](repeating: 0, count: edge.range.count)
            edge.fromNode.sum(beliefs.cliques, from: range.lowerBound, into: &separator)
            for i in separator.indices { separator[i] = separator[i] > 0 ? 1 / separator[i] : 0 }
            edge.fromNode.multiply(&beliefs.cliques, from: range.lowerBound, by: separator)
        }
        for (attribute, code) in evidence {
            // In every clique that holds the attribute, so that none keeps a cell which the evidence rules out.
            for (node, place) in tree.nodes.enumerated() where place.attributes.contains(attribute) {
                var indicator = [Double](repeating: 0, count: sizes[attribute])
                indicator[code] = 1
                layout.projection(from: node, onto: [attribute]).multiply(
                    &beliefs.cliques, from: layout.ranges[node].lowerBound, by: indicator)
            }
        }
        guard let logShare = beliefs.propagate(layout) else { throw .impossible(attributes: evidence.map(\.attribute)) }
        return GraphicalModel(
            layout, cliques: beliefs.cliques, total: total * exponential(min(logShare, 0)))
    }
}
