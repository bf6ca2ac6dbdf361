internal import VectorMath

/// What a marginal of the model is to become, and how far it may stay off.
public struct MarginalTarget: Sendable, Equatable {
    /// Ascending attribute numbers.
    public let attributes: [Int]
    /// Row-major target counts: the last attribute varies fastest.
    public let values: [Double]
    /// κσ² of each cell: how far the pull to the prior may move the cell off its value. From 1e-30 to 1e60.
    public let slack: [Double]

    /// - Parameters:
    ///   - attributes: ascending.
    ///   - values: row-major, the last attribute varies fastest.
    ///   - slack: one number a cell.
    public init(attributes: [Int], values: [Double], slack: [Double]) {
        self.attributes = attributes
        self.values = values
        self.slack = slack
    }
}

/// Limits of `proportionalFit`; all public and independent of the data.
public struct ProportionalFitOptions: Sendable, Equatable {
    /// Visits of the whole tree at most.
    public var sweeps: Int
    /// Stop when no table of a sweep moved more than this share of the total.
    public var tolerance: Double
    /// The largest model to allocate, in cells.
    public var cellLimit: Int

    /// The limits that fits have unless a caller says otherwise.
    public init(sweeps: Int = 10, tolerance: Double = 1e-3, cellLimit: Int = 4_000_000) {
        self.sweeps = sweeps
        self.tolerance = tolerance
        self.cellLimit = cellLimit
    }
}

/// Regularised iterative proportional fitting: exact block ascent on the dual of
/// `Σ (Qμ − y)² / (2σ²) + κ · KL(μ ‖ μ₀)`, where μ₀ is the product of one-way distributions.
///
/// Each table in turn moves its potential θ by the d that solves `m eᵈ + k clip(θ + d) = y` in every cell, m being the
/// model's marginal. There is no step size to choose; about ten sweeps are enough, and the slack k is the regulariser: a Huber
/// penalty, so that a cell far from the prior is held no harder than one at its bound. Tables that contradict each other by
/// more than their slack have no fixed point; the sweeps then end between them.
/// A sweep walks the tree depth first, so that each clique sees what its neighbours have just become.
///
/// - Parameters:
///   - marginals: targets over any sets of attributes.
///   - total: what every marginal of the result sums to.
///   - prior: the distribution of each attribute in μ₀; nil is uniform. Attributes that another one determines take
///     theirs from it.
///   - weights: log-weights on μ₀; those of attributes that share no clique are left out.
///   - trends: sums over tables that are met without slack.
public func proportionalFit(
    _ marginals: [MarginalTarget], trends: [MarginalTrend] = [], sizes: [Int], total: Double, prior: [[Double]?],
    dependencies: [FunctionalDependency] = [], weights: [Factor] = [],
    options: ProportionalFitOptions = ProportionalFitOptions()
) throws(GraphicalModelError) -> GraphicalModel {
    try validate(sizes: sizes)
    for one in marginals {
        try validate(attributes: one.attributes, sizes: sizes)
        let cells = one.attributes.reduce(1) { JunctionTree.saturatingProduct($0, sizes[$1]) }
        guard one.values.count == cells, one.slack.count == cells else {
            throw .wrongShape(attributes: one.attributes, expected: cells, found: one.values.count)
        }
        guard one.values.allSatisfy({ abs($0) <= largestCount }), one.slack.allSatisfy({ $0 > 1e-30 && $0 < 1e60 })
        else {
            throw .invalidMeasurement(attributes: one.attributes)
        }
    }
    for one in trends {
        try validate(attributes: one.attributes, sizes: sizes)
        let cells = one.attributes.reduce(1) { JunctionTree.saturatingProduct($0, sizes[$1]) }
        guard one.weights.count == cells, one.direction.count == cells else {
            throw .wrongShape(attributes: one.attributes, expected: cells, found: one.weights.count)
        }
        guard (one.weights + one.direction + [one.value]).allSatisfy({ abs($0) <= largestCount }) else {
            throw .invalidMeasurement(attributes: one.attributes)
        }
    }
    for (attribute, distribution) in prior.enumerated() {
        guard let distribution else { continue }
        guard attribute < sizes.count, distribution.count == sizes[attribute] else {
            throw .wrongShape(
                attributes: [attribute], expected: attribute < sizes.count ? sizes[attribute] : 0,
                found: distribution.count)
        }
        guard distribution.allSatisfy({ $0 >= 0 && $0 < .infinity }) else {
            throw .invalidMeasurement(attributes: [attribute])
        }
    }
    try validate(total: total)
    let closed = try Dependencies(dependencies, sizes: sizes)
    let tree = JunctionTree(
        cliques: marginals.map(\.attributes) + trends.map(\.attributes), sizes: sizes, dependencies: closed)
    try tree.check(cellLimit: options.cellLimit)
    let layout = TreeLayout(tree)
    var fit = ProportionalFit(
        layout, marginals: marginals, trends: trends, total: total, prior: prior, weights: weights)
    return fit.run(options)
}

private struct ProportionalFit {
    struct Table {
        /// With cells in storage order.
        let target: MarginalTarget
        let node: Int
        let projection: CellProjection
        /// The potential θ of each cell.
        var potential: [Double]
    }

    struct Trend {
        /// With cells in storage order.
        let target: MarginalTrend
        let projection: CellProjection
    }

    let layout: TreeLayout
    let total: Double
    var tables: [Table]
    let tablesOfNode: [[Int]]
    let trendsOfNode: [[Trend]]
    let children: [[Int]]
    /// Beliefs that sum to the (growing or shrinking) mass, not to 1.
    var beliefs: TreeBeliefs
    var ratio: [Double] = []
    var largestMove = 0.0
    /// What the beliefs sum to at present.
    var mass: Double

    init(
        _ layout: TreeLayout, marginals: [MarginalTarget], trends: [MarginalTrend], total: Double,
        prior: [[Double]?], weights: [Factor]
    ) {
        self.layout = layout
        self.total = total
        mass = total
        let tree = layout.tree
        var tables: [Table] = []
        var tablesOfNode = [[Int]](repeating: [], count: tree.nodes.count)
        for one in marginals {
            guard let node = tree.smallestNode(containing: one.attributes) else { continue }
            tablesOfNode[node].append(tables.count)
            tables.append(
                Table(
                    target: MarginalTarget(
                        attributes: one.attributes, values: tree.stored(one.values, over: one.attributes),
                        slack: tree.stored(one.slack, over: one.attributes)),
                    node: node, projection: layout.projection(from: node, onto: tree.storageOrder(one.attributes)),
                    potential: [Double](repeating: 0, count: one.values.count)))
        }
        var children = [[Int]](repeating: [], count: tree.nodes.count)
        for (index, node) in tree.nodes.enumerated() {
            if let parent = node.parent { children[parent].append(index) }
        }
        self.tables = tables
        self.tablesOfNode = tablesOfNode
        var trendsOfNode = [[Trend]](repeating: [], count: tree.nodes.count)
        for one in trends {
            guard let node = tree.smallestNode(containing: one.attributes) else { continue }
            let stored = MarginalTrend(
                attributes: one.attributes, weights: tree.stored(one.weights, over: one.attributes),
                direction: tree.stored(one.direction, over: one.attributes), value: one.value,
                width: tree.storageOrder(one.attributes).last.map { tree.sizes[$0] } ?? 1)
            trendsOfNode[node].append(
                Trend(
                    target: stored, projection: layout.projection(from: node, onto: tree.storageOrder(one.attributes))))
        }
        self.trendsOfNode = trendsOfNode
        self.children = children
        var logs = [Double](repeating: 0, count: layout.cellCount)
        for (attribute, distribution) in prior.enumerated() {
            guard let distribution, let node = tree.smallestNode(containing: [attribute]),
                tree.dependencies.ancestors[attribute] == nil
            else { continue }
            let sum = distribution.reduce(0, +)
            let floor = 1e-10
            let terms = distribution.map { naturalLogarithm(max(sum > 0 ? $0 / sum : 1, floor)) }
            layout.add(terms, over: [attribute], to: &logs, node: node)
        }
        for one in weights {
            guard let node = tree.smallestNode(containing: one.attributes) else { continue }
            layout.add(one.values, over: one.attributes, to: &logs, node: node)
        }
        var beliefs = TreeBeliefs(layout)
        _ = beliefs.calibrate(logs, layout)
        for i in beliefs.cliques.indices { beliefs.cliques[i] *= total }
        for i in beliefs.separators.indices { beliefs.separators[i] *= total }
        self.beliefs = beliefs
    }

    mutating func run(_ options: ProportionalFitOptions) -> GraphicalModel {
        let roots = layout.tree.nodes.indices.filter { layout.tree.nodes[$0].parent == nil }
        var sweeps = 0
        var converged = tables.isEmpty
        while sweeps < options.sweeps && !converged {
            sweeps += 1
            largestMove = 0
            for root in roots {
                // Trees of the forest share nothing but the mass; it passes from one root to the next.
                setMass(of: root)
                visit(root)
                mass = VectorMath.total(of: beliefs.cliques, in: layout.ranges[root])
            }
            converged = largestMove < options.tolerance * total
        }
        for root in roots { setMass(of: root) }
        for node in layout.tree.nodes.indices where layout.edges[node] != nil { moveDown(to: node) }
        return GraphicalModel(layout, cliques: beliefs.cliques, total: total)
    }

    private mutating func setMass(of root: Int) {
        let current = VectorMath.total(of: beliefs.cliques, in: layout.ranges[root])
        guard current > 0, current != mass, (mass / current).isFinite else { return }
        for i in layout.ranges[root] { beliefs.cliques[i] *= mass / current }
    }

    private mutating func visit(_ node: Int) {
        update(node)
        for child in children[node] {
            moveDown(to: child)
            visit(child)
            moveUp(from: child)
        }
        if !children[node].isEmpty { update(node) }
    }

    private mutating func update(_ node: Int) {
        for index in tablesOfNode[node] {
            let count = tables[index].target.values.count
            var factor = [Double](repeating: 0, count: count)
            let from = layout.ranges[node].lowerBound
            tables[index].projection.sum(beliefs.cliques, from: from, into: &factor)
            var moved = 0.0
            for i in 0..<count {
                let marginal = factor[i]
                guard marginal > 0 else {
                    factor[i] = 1
                    continue
                }
                let move = softStep(
                    marginal: max(marginal, 1e-30), target: tables[index].target.values[i],
                    slack: tables[index].target.slack[i], potential: tables[index].potential[i])
                tables[index].potential[i] += move
                factor[i] = exponential(move)
                moved += abs(marginal * (factor[i] - 1))
            }
            largestMove = max(largestMove, moved)
            tables[index].projection.multiply(&beliefs.cliques, from: from, by: factor)
        }
        for trend in trendsOfNode[node] {
            var counts = [Double](repeating: 0, count: trend.target.weights.count)
            let from = layout.ranges[node].lowerBound
            trend.projection.sum(beliefs.cliques, from: from, into: &counts)
            trend.projection.multiply(&beliefs.cliques, from: from, by: trend.target.factors(counts, of: total))
        }
    }

    private mutating func moveDown(to node: Int) {
        guard let edge = layout.edges[node] else { return }
        pass(
            edge, edge.fromParent, from: layout.ranges[edge.parent].lowerBound, edge.fromNode,
            to: layout.ranges[node].lowerBound)
    }

    private mutating func moveUp(from node: Int) {
        guard let edge = layout.edges[node] else { return }
        pass(
            edge, edge.fromNode, from: layout.ranges[node].lowerBound, edge.fromParent,
            to: layout.ranges[edge.parent].lowerBound)
    }

    private mutating func pass(
        _ edge: TreeLayout.Edge, _ sending: CellProjection, from: Int, _ receiving: CellProjection, to: Int
    ) {
        let count = edge.range.count
        if ratio.count < count { ratio = [Double](repeating: 0, count: count) }
        sending.sum(beliefs.cliques, from: from, into: &ratio)
        for i in 0..<count {
            let old = beliefs.separators[edge.range.lowerBound + i]
            let new = ratio[i]
            beliefs.separators[edge.range.lowerBound + i] = new
            ratio[i] = old > 0 ? new / old : 0
        }
        receiving.multiply(&beliefs.cliques, from: to, by: ratio)
    }
}
