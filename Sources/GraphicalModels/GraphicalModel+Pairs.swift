internal import VectorMath

extension GraphicalModel {
    /// Many marginals at once, in the order asked for.
    ///
    /// Sets inside one clique are summed from it. Pairs that share no clique are found together: from each first
    /// attribute a table `(separator, attribute)` moves outward along the tree, so that all pairs of d attributes cost
    /// about `cells · Σ sizes` operations. Larger sets are eliminated one by one.
    public func marginals(of sets: [[Int]]) -> [Factor] {
        var results = [Factor?](repeating: nil, count: sets.count)
        var spread: [Int: [(partner: Int, place: Int)]] = [:]
        for (place, set) in sets.enumerated() {
            let query = set.sorted()
            if query.count == 2, query[0] != query[1], tree.smallestNode(containing: query) == nil {
                // The attribute with fewer codes travels.
                let (a, b) = sizes[query[0]] <= sizes[query[1]] ? (query[0], query[1]) : (query[1], query[0])
                spread[a, default: []].append((b, place))
            } else {
                results[place] = marginal(query)
            }
        }
        if !spread.isEmpty {
            let spreader = PairSpreader(self)
            for (source, targets) in spread.sorted(by: { $0.key < $1.key }) {
                let tables = spreader.tables(from: source, to: Set(targets.map(\.partner)))
                for (partner, place) in targets { results[place] = tables[partner] }
            }
        }
        return zip(sets, results).map { set, result in result ?? marginal(set) }
    }
}

/// Carries the joint distribution of one attribute with each separator through the tree.
private struct PairSpreader {
    let model: GraphicalModel
    let tree: JunctionTree
    /// Children and parent of each node, with the separator's axes towards each.
    let neighbours: [[(node: Int, axes: [Int])]]

    init(_ model: GraphicalModel) {
        self.model = model
        tree = model.tree
        var neighbours = [[(node: Int, axes: [Int])]](repeating: [], count: model.tree.nodes.count)
        for (index, node) in model.tree.nodes.enumerated() {
            guard let parent = node.parent else { continue }
            neighbours[index].append((parent, node.separatorAxes))
            neighbours[parent].append((index, node.separatorAxes))
        }
        self.neighbours = neighbours
    }

    /// The pair marginals of `source` with each of the targets.
    func tables(from source: Int, to targets: Set<Int>) -> [Int: Factor] {
        guard let start = tree.smallestNode(containing: [source]) else { return [:] }
        var found: [Int: Factor] = [:]
        let width = model.sizes[source]
        // Which neighbours lead to a target, seen from the start.
        var order: [(node: Int, from: Int)] = [(start, -1)]
        var next = 0
        while next < order.count {
            let (node, from) = order[next]
            for other in neighbours[node] where other.node != from { order.append((other.node, node)) }
            next += 1
        }
        var useful = [Bool](repeating: false, count: tree.nodes.count)
        for (node, from) in order.reversed() {
            if tree.nodes[node].attributes.contains(where: targets.contains) { useful[node] = true }
            if useful[node], from >= 0 { useful[from] = true }
        }
        var joint: [Int: [Double]] = [:]
        for (node, from) in order where useful[node] {
            let place = tree.nodes[node]
            let cells = model.marginals[node].values
            // `weights[cell]` is P(cell | separator), `rows[separator]` the joint with the source attribute.
            let rows: [Double]
            let toRows: CellProjection
            var weights = cells
            if from < 0 {
                toRows = tree.projection(from: place.axes, onto: [source])
                var identity = [Double](repeating: 0, count: width * width)
                for code in 0..<width { identity[code * width + code] = 1 }
                rows = identity
            } else {
                let axes = neighbours[node].first { $0.node == from }?.axes ?? []
                toRows = tree.projection(from: place.axes, onto: axes)
                var mass = [Double](repeating: 0, count: toRows.targetCount)
                toRows.sum(cells, into: &mass)
                for i in mass.indices { mass[i] = mass[i] > 0 ? 1 / mass[i] : 0 }
                toRows.multiply(&weights, by: mass)
                rows = joint[node] ?? []
            }
            for other in neighbours[node] where other.node != from && useful[other.node] {
                let projection = tree.projection(from: place.axes, onto: other.axes)
                joint[other.node] = carryRows(
                    weights, from: toRows, rows: rows, width: width, onto: projection)
            }
            for target in place.attributes where targets.contains(target) && found[target] == nil {
                let projection = tree.projection(from: place.axes, onto: [target])
                let table = carryRows(weights, from: toRows, rows: rows, width: width, onto: projection)
                found[target] = ordered(table, target, source)
            }
        }
        for target in targets where found[target] == nil {
            // Another tree of the forest: independent.
            let a = model.marginal([target])
            let b = model.marginal([source])
            var product = a.multiplied(by: b)
            for i in product.values.indices { product.values[i] /= model.total }
            found[target] = product
        }
        return found
    }

    /// A row-major table (target, source) as a factor with ascending attributes.
    private func ordered(_ table: [Double], _ target: Int, _ source: Int) -> Factor {
        let (rows, columns) = (model.sizes[target], model.sizes[source])
        if target < source { return Factor(attributes: [target, source], shape: [rows, columns], values: table) }
        var turned = [Double](repeating: 0, count: table.count)
        for r in 0..<rows { for c in 0..<columns { turned[c * rows + r] = table[r * columns + c] } }
        return Factor(attributes: [source, target], shape: [columns, rows], values: turned)
    }
}
