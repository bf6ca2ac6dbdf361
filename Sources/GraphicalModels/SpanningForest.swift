/// Edges between nodes without a circle (Kruskal).
package struct SpanningForest {
    private var part: [Int]
    package private(set) var edges: [(Int, Int)] = []

    package init(_ count: Int) { part = Array(0..<count) }

    package func joinsTwoParts(_ edge: (Int, Int)) -> Bool { part[edge.0] != part[edge.1] }

    package mutating func join(_ edge: (Int, Int)) {
        let (from, to) = (part[edge.1], part[edge.0])
        guard from != to else { return }
        for node in part.indices where part[node] == from { part[node] = to }
        edges.append(edge)
    }

    /// How many edges a spanning forest of these pairs still needs.
    package func missingEdges(among pairs: [(Int, Int)]) -> Int {
        var copy = self
        for pair in pairs { copy.join(pair) }
        return copy.edges.count - edges.count
    }
}
