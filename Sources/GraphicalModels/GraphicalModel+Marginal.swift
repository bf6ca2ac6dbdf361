internal import VectorMath

extension GraphicalModel {
    /// The marginal of any set of attributes: from one clique where one holds them all, else by variable elimination
    /// over the part of the tree between them (Koller and Friedman 2009, §10.3.3.2).
    ///
    /// - Parameter attributes: distinct attribute numbers in any order, with fewer than 2³¹ combinations of codes; the
    ///   factor's attributes ascend.
    public func marginal(_ attributes: [Int]) -> Factor {
        let query = attributes.sorted()
        precondition(
            Set(query).count == query.count && query.allSatisfy(sizes.indices.contains),
            "a marginal is of distinct attributes of the domain")
        if query.isEmpty { return .constant(total) }
        precondition(cellsToEliminate(query) < Int(Int32.max), "the marginal of \(query) needs more than 2³¹ cells")
        var result = Factor(attributes: query, sizes: sizes, repeating: 0)
        if let node = tree.smallestNode(containing: query) {
            tree.projection(from: tree.nodes[node].axes, onto: query).sum(marginals[node].values, into: &result.values)
            return result
        }
        return eliminate(query)
    }

    /// The cells of the largest table that `marginal(_:)` would make on its way, saturating at `Int.max`.
    ///
    /// Ask before a marginal of attributes that lie far apart: more than 2³¹ cells are refused, and long before that
    /// they take seconds.
    public func cellsToEliminate(_ attributes: [Int]) -> Int {
        let query = attributes.sorted()
        let result = query.reduce(1) { JunctionTree.saturatingProduct($0, sizes[$1]) }
        if tree.smallestNode(containing: query) != nil { return result }
        var largest = result
        walk(query) { (node, separator, own, incoming: [EliminationShape]) in
            var width = 1
            var rest = incoming.sorted { $0.width < $1.width }
            while true {
                let needed = Set(separator + own + rest.flatMap(\.separator)).sorted()
                let cells = tree.dependencies.axes(of: needed).reduce(width) {
                    JunctionTree.saturatingProduct($0, sizes[$1])
                }
                largest = max(largest, cells)
                if rest.isEmpty { break }
                width = JunctionTree.saturatingProduct(width, rest.removeFirst().width)
            }
            width = own.reduce(width) { JunctionTree.saturatingProduct($0, sizes[$1]) }
            largest = max(largest, separator.reduce(width) { JunctionTree.saturatingProduct($0, sizes[$1]) })
            return EliminationShape(
                separator: separator, attributes: own + incoming.flatMap(\.attributes), width: width)
        }
        return largest
    }
}

/// What a part of the tree has to say about some of the query attributes, given a separator.
private protocol EliminationMessage {
    /// Query attributes in the order in which they vary, the last fastest.
    var attributes: [Int] { get }
}

/// A message without its cells, for finding out how large it would be.
private struct EliminationShape: EliminationMessage {
    var separator: [Int]
    var attributes: [Int]
    var width: Int
}

/// `P(query attributes | separator)`.
private struct ConditionalMessage: EliminationMessage {
    var separator: [Int]
    var attributes: [Int]
    /// Product of the sizes of `attributes`.
    var width: Int
    /// Row-major: one row of `width` for each separator cell.
    var values: [Double]
}

extension GraphicalModel {
    private func eliminate(_ query: [Int]) -> Factor {
        var product = ConditionalMessage(separator: [], attributes: [], width: 1, values: [total])
        let last = walk(query) { message(from: $0, to: $1, own: $2, incoming: $3) }
        for message in last { product = Self.outer(product, message) }
        return sorted(product, query)
    }

    /// Visits the cliques between the query attributes, children first, and hands each the messages of its children.
    ///
    /// - Parameter send: from node, separator axes towards its parent, own query attributes and incoming messages to the
    ///   node's message. The separator is empty if everything asked of this tree has come together.
    /// - Returns: the last message of each tree of the forest that was asked.
    @discardableResult
    private func walk<Message: EliminationMessage>(
        _ query: [Int], send: (Int, [Int], [Int], [Message]) -> Message
    ) -> [Message] {
        // Each query attribute belongs to the topmost clique that holds it, which is the first in the list.
        var home: [Int: [Int]] = [:]
        var wanted: [Int: Int] = [:]
        let roots = tree.roots
        for attribute in query {
            if let node = tree.nodes.firstIndex(where: { $0.attributes.contains(attribute) }) {
                home[node, default: []].append(attribute)
                wanted[roots[node], default: 0] += 1
            }
        }
        var messages: [Int: [Message]] = [:]
        var last: [Message] = []
        for node in tree.nodes.indices.reversed() {
            let incoming = messages.removeValue(forKey: node) ?? []
            let own = home[node] ?? []
            if incoming.isEmpty && own.isEmpty { continue }
            let complete = own.count + incoming.reduce(0) { $0 + $1.attributes.count } == wanted[roots[node]]
            if !complete, let parent = tree.nodes[node].parent {
                messages[parent, default: []].append(send(node, tree.nodes[node].separatorAxes, own, incoming))
            } else {
                last.append(send(node, [], own, incoming))
            }
        }
        return last
    }

    /// Σ over the node's cells of P(cell | separator) · ∏ incoming messages, for each code of the node's own attributes.
    ///
    /// The clique is first summed onto the attributes that still matter; each message is then multiplied in while the
    /// attributes that only it needed are summed out, narrow messages first.
    private func message(
        from node: Int, to separator: [Int], own: [Int], incoming: [ConditionalMessage]
    ) -> ConditionalMessage {
        let place = tree.nodes[node]
        let ordered = incoming.sorted { $0.width < $1.width }
        func needed(after count: Int) -> [Int] {
            let all = Set(separator + own + ordered.dropFirst(count).flatMap(\.separator))
            return tree.dependencies.axes(of: all.sorted())
        }
        var axes = needed(after: 0)
        let projection = tree.projection(from: place.axes, onto: axes)
        var cells = [Double](repeating: 0, count: projection.targetCount)
        projection.sum(marginals[node].values, into: &cells)
        let toSeparator = tree.projection(from: axes, onto: separator)
        var mass = [Double](repeating: 0, count: toSeparator.targetCount)
        toSeparator.sum(cells, into: &mass)
        for i in mass.indices { mass[i] = mass[i] > 0 ? 1 / mass[i] : 0 }
        toSeparator.multiply(&cells, by: mass)

        var attributes: [Int] = []
        var width = 1
        for (count, message) in ordered.enumerated() {
            let rest = needed(after: count + 1)
            cells = carryRows(
                cells, from: tree.projection(from: axes, onto: message.separator, ignoring: width),
                rows: message.values, width: message.width,
                onto: tree.projection(from: axes, onto: rest, keeping: width))
            axes = rest
            attributes += message.attributes
            width *= message.width
        }
        let final = tree.projection(from: axes, onto: separator + own, keeping: width)
        var values = [Double](repeating: 0, count: final.targetCount)
        final.sum(cells, into: &values)
        return ConditionalMessage(
            separator: separator, attributes: own + attributes,
            width: own.reduce(width) { $0 * sizes[$1] }, values: values)
    }

    private static func outer(_ a: ConditionalMessage, _ b: ConditionalMessage) -> ConditionalMessage {
        var values: [Double] = []
        values.reserveCapacity(a.width * b.width)
        for x in a.values { for y in b.values { values.append(x * y) } }
        return ConditionalMessage(
            separator: [], attributes: a.attributes + b.attributes, width: a.width * b.width, values: values)
    }

    private func sorted(_ product: ConditionalMessage, _ query: [Int]) -> Factor {
        if product.attributes == query {
            return Factor(attributes: query, shape: query.map { sizes[$0] }, values: product.values)
        }
        var result = Factor(attributes: query, sizes: sizes, repeating: 0)
        tree.projection(from: product.attributes, onto: query).sum(product.values, into: &result.values)
        return result
    }
}
