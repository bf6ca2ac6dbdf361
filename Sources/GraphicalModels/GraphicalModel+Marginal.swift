internal import VectorMath

extension GraphicalModel {
    /// The marginal of any set of attributes: from one clique where one holds them all, else by variable elimination
    /// over the part of the tree between them (Koller and Friedman 2009, §10.3.3.2).
    ///
    /// - Parameter attributes: distinct attribute numbers in any order; the factor's attributes ascend.
    public func marginal(_ attributes: [Int]) -> Factor {
        let query = attributes.sorted()
        precondition(
            Set(query).count == query.count && query.allSatisfy(sizes.indices.contains),
            "a marginal is of distinct attributes of the domain")
        if query.isEmpty { return .constant(total) }
        var result = Factor(attributes: query, sizes: sizes, repeating: 0)
        if let node = tree.smallestNode(containing: query) {
            tree.projection(from: tree.nodes[node].axes, onto: query).sum(marginals[node].values, into: &result.values)
            return result
        }
        return eliminate(query)
    }

    /// This model's distribution on the cliques of another tree, each summing to 1.
    func cliqueArena(on layout: TreeLayout) -> [Double] {
        var arena = [Double](repeating: 0, count: layout.cellCount)
        for (node, range) in zip(layout.tree.nodes, layout.ranges) {
            let values = marginal(node.axes).normalized(to: 1).values
            for (i, value) in zip(range, values) { arena[i] = value }
        }
        return arena
    }
}

/// `P(extra attributes | separator)`: what a part of the tree says to the rest.
private struct ConditionalMessage {
    /// Query attributes in the order in which they vary, the last fastest.
    var attributes: [Int]
    var width: Int
    /// Row-major: one row of `width` for each separator cell.
    var values: [Double]
    /// From the receiving clique's cells to the separator's.
    var rows: CellProjection?
}

extension GraphicalModel {
    private func eliminate(_ query: [Int]) -> Factor {
        // Each query attribute belongs to the topmost clique that holds it, which is the first in the list.
        var home: [Int: [Int]] = [:]
        for attribute in query {
            if let node = tree.nodes.firstIndex(where: { $0.attributes.contains(attribute) }) {
                home[node, default: []].append(attribute)
            }
        }
        var messages: [Int: [ConditionalMessage]] = [:]
        var product = ConditionalMessage(attributes: [], width: 1, values: [total])
        for node in tree.nodes.indices.reversed() {
            let incoming = messages.removeValue(forKey: node) ?? []
            let own = home[node] ?? []
            if incoming.isEmpty && own.isEmpty { continue }
            var message = self.message(from: node, own: own, incoming: incoming)
            if let parent = tree.nodes[node].parent {
                let separator = tree.dependencies.axes(of: tree.nodes[node].separator)
                message.rows = tree.projection(from: tree.nodes[parent].axes, onto: separator)
                messages[parent, default: []].append(message)
            } else {
                product = Self.outer(product, message)
            }
        }
        return sorted(product, query)
    }

    /// Σ over the node's cells of P(cell | separator) · ∏ incoming messages, for each code of the node's own attributes.
    private func message(from node: Int, own: [Int], incoming: [ConditionalMessage]) -> ConditionalMessage {
        let place = tree.nodes[node]
        let cells = marginals[node].values
        let separator = tree.dependencies.axes(of: place.separator)
        let toSeparator = tree.projection(from: place.axes, onto: separator)
        let toOwn = tree.projection(from: place.axes, onto: own)
        var mass = [Double](repeating: 0, count: toSeparator.targetCount)
        toSeparator.sum(cells, into: &mass)
        let extraWidth = incoming.reduce(1) { $0 * $1.width }
        let width = toOwn.targetCount * extraWidth
        var values = [Double](repeating: 0, count: toSeparator.targetCount * width)
        var row = [Double](repeating: 0, count: extraWidth)
        for cell in cells.indices where cells[cell] > 0 {
            let s = toSeparator.target(of: cell)
            row[0] = cells[cell] / mass[s]
            var filled = 1
            for message in incoming {
                // The row grows by one message: from the back, so that nothing is overwritten before it is read.
                for i in stride(from: filled - 1, through: 0, by: -1) {
                    let left = row[i]
                    let from = (message.rows?.target(of: cell) ?? 0) * message.width
                    for j in 0..<message.width { row[i * message.width + j] = left * message.values[from + j] }
                }
                filled *= message.width
            }
            let from = s * width + toOwn.target(of: cell) * extraWidth
            for i in 0..<extraWidth { values[from + i] += row[i] }
        }
        return ConditionalMessage(attributes: own + incoming.flatMap(\.attributes), width: width, values: values)
    }

    private static func outer(_ a: ConditionalMessage, _ b: ConditionalMessage) -> ConditionalMessage {
        var values: [Double] = []
        values.reserveCapacity(a.width * b.width)
        for x in a.values { for y in b.values { values.append(x * y) } }
        return ConditionalMessage(attributes: a.attributes + b.attributes, width: a.width * b.width, values: values)
    }

    private func sorted(_ product: ConditionalMessage, _ query: [Int]) -> Factor {
        var result = Factor(attributes: query, sizes: sizes, repeating: 0)
        var strides = [Int](repeating: 0, count: query.count)
        var stride = 1
        for axis in query.indices.reversed() {
            strides[axis] = stride
            stride *= sizes[query[axis]]
        }
        let contributions = product.attributes.map { attribute in
            let step = strides[query.firstIndex(of: attribute) ?? 0]
            return (0..<sizes[attribute]).map { Int32($0 * step) }
        }
        CellProjection(contributions: contributions, targetCount: stride).sum(product.values, into: &result.values)
        return result
    }
}
