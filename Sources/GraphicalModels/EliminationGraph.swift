/// An undirected graph of attributes that is triangulated by eliminating one vertex after another.
///
/// Rows of adjacency are bitsets in one flat array; elimination orders are greedy by fill-in or by clique size
/// (Koller and Friedman 2009, §9.4.3.2).
struct EliminationGraph: Sendable {
    /// What the greedy choice minimises first; the other quantity breaks its ties, and a seed breaks those.
    enum Rule: Sendable { case fill, cells }

    let count: Int
    let words: Int
    private let sizes: [Int]
    private let logSizes: [Double]
    /// For each attribute, the attributes that determine it.
    private let determining: [UInt64]
    private(set) var adjacency: [UInt64]

    init(cliques: [[Int]], sizes: [Int], dependencies: Dependencies) {
        count = sizes.count
        words = max(1, (sizes.count + 63) / 64)
        self.sizes = sizes
        logSizes = sizes.map { Self.log2(Double(max($0, 1))) }
        adjacency = [UInt64](repeating: 0, count: count * words)
        var determining = [UInt64](repeating: 0, count: count * words)
        for (attribute, parents) in dependencies.ancestors {
            for parent in parents.keys { determining[attribute * words + parent >> 6] |= 1 << UInt64(parent & 63) }
        }
        self.determining = determining
        for edge in dependencies.edges { connect([edge.attribute, edge.parent]) }
        for clique in cliques { connect(clique) }
    }

    /// Makes a set of attributes a clique.
    mutating func connect(_ clique: [Int]) {
        for a in clique {
            precondition(a >= 0 && a < count, "attribute \(a) is not in the domain")
            for b in clique where a != b { adjacency[a * words + b >> 6] |= 1 << UInt64(b & 63) }
        }
    }

    /// The maximal cliques of a triangulation, each as a bitset row, and their cells in all (saturating).
    func triangulated(by rule: Rule, seed: UInt64) -> (cliques: [[UInt64]], cells: Int) {
        var rows = adjacency
        var left = [UInt64](repeating: 0, count: words)
        for v in 0..<count { left[v >> 6] |= 1 << UInt64(v & 63) }
        var fill = [Int](repeating: 0, count: count)
        var weight = [Double](repeating: 0, count: count)
        var dirty = left
        var state = seed
        let ties = (0..<count).map { _ -> UInt64 in
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return seed == 0 ? 0 : state >> 33
        }
        var cliques: [[UInt64]] = []
        var clique = [UInt64](repeating: 0, count: words)
        // Vertices whose neighbours are a clique already: taking them out first costs nothing, in any order.
        var simplicial: [Int] = []
        for _ in 0..<count {
            for w in 0..<words {
                var bits = dirty[w] & left[w]
                while bits != 0 {
                    let v = w << 6 + bits.trailingZeroBitCount
                    bits &= bits - 1
                    fill[v] = fillIn(of: v, in: rows)
                    weight[v] = logCells(of: v, in: rows, scratch: &clique)
                    if fill[v] == 0 { simplicial.append(v) }
                }
            }
            var best = -1
            while best < 0, let v = simplicial.popLast() {
                if fill[v] == 0, left[v >> 6] & (1 << UInt64(v & 63)) != 0 { best = v }
            }
            for w in 0..<words where best < 0 || fill[best] > 0 {
                var bits = left[w]
                while bits != 0 {
                    let v = w << 6 + bits.trailingZeroBitCount
                    bits &= bits - 1
                    if best < 0 || precedes(v, best, rule, fill, weight, ties) { best = v }
                }
            }
            for w in 0..<words {
                clique[w] = rows[best * words + w]
                dirty[w] = clique[w]
            }
            eliminate(best, clique, addsEdges: fill[best] > 0, &rows, &dirty)
            left[best >> 6] &= ~(1 << UInt64(best & 63))
            clique[best >> 6] |= 1 << UInt64(best & 63)
            if !isCovered(clique, by: cliques) { cliques.append(clique) }
        }
        var cells = 0
        for one in cliques {
            let (sum, overflow) = cells.addingReportingOverflow(self.cells(of: one))
            cells = overflow ? Int.max : sum
        }
        return (cliques, cells)
    }

    private func isCovered(_ clique: [UInt64], by cliques: [[UInt64]]) -> Bool {
        for other in cliques {
            var w = 0
            while w < words, clique[w] & ~other[w] == 0 { w += 1 }
            if w == words { return true }
        }
        return false
    }

    /// Connects the neighbours of a vertex and takes it out.
    ///
    /// Without new edges only the neighbours' fill-in can change, because they lose the vertex; a new edge also changes
    /// that of every vertex next to both its ends, all of which are neighbours of neighbours.
    private func eliminate(
        _ vertex: Int, _ neighbours: [UInt64], addsEdges: Bool, _ rows: inout [UInt64], _ dirty: inout [UInt64]
    ) {
        for w in 0..<words {
            var bits = neighbours[w]
            while bits != 0 {
                let u = w << 6 + bits.trailingZeroBitCount
                bits &= bits - 1
                if addsEdges {
                    for x in 0..<words {
                        rows[u * words + x] |= neighbours[x]
                        dirty[x] |= rows[u * words + x]
                    }
                    rows[u * words + u >> 6] &= ~(1 << UInt64(u & 63))
                }
                rows[u * words + vertex >> 6] &= ~(1 << UInt64(vertex & 63))
            }
        }
    }

    /// Cells that a clique is stored with: the product over the attributes that no other member determines, saturating.
    func cells(of clique: [UInt64]) -> Int {
        var product = 1
        forEachBit(clique) { v in
            if !isDetermined(v, within: clique) {
                let (next, overflow) = product.multipliedReportingOverflow(by: sizes[v])
                product = overflow ? Int.max : next
            }
        }
        return product
    }

    /// The members of a bitset in ascending order.
    func members(of clique: [UInt64]) -> [Int] {
        var result: [Int] = []
        forEachBit(clique) { result.append($0) }
        return result
    }

    private func precedes(
        _ a: Int, _ b: Int, _ rule: Rule, _ fill: [Int], _ weight: [Double], _ ties: [UInt64]
    ) -> Bool {
        switch rule {
        case .fill:
            if fill[a] != fill[b] { return fill[a] < fill[b] }
            // With a seed, only fill-in decides and ties are broken at random, which finds other trees.
            if ties[a] != ties[b] { return ties[a] < ties[b] }
            return weight[a] < weight[b]
        case .cells:
            if weight[a] != weight[b] { return weight[a] < weight[b] }
            return ties[a] < ties[b]
        }
    }

    private func fillIn(of v: Int, in rows: [UInt64]) -> Int {
        var present = 0
        var degree = 0
        for w in 0..<words {
            var bits = rows[v * words + w]
            degree += bits.nonzeroBitCount
            while bits != 0 {
                let u = w << 6 + bits.trailingZeroBitCount
                bits &= bits - 1
                for x in 0..<words { present += (rows[u * words + x] & rows[v * words + x]).nonzeroBitCount }
            }
        }
        return (degree * (degree - 1) - present) / 2
    }

    private func logCells(of v: Int, in rows: [UInt64], scratch clique: inout [UInt64]) -> Double {
        for w in 0..<words { clique[w] = rows[v * words + w] }
        clique[v >> 6] |= 1 << UInt64(v & 63)
        var sum = 0.0
        for w in 0..<words {
            var bits = clique[w]
            while bits != 0 {
                let u = w << 6 + bits.trailingZeroBitCount
                bits &= bits - 1
                if !isDetermined(u, within: clique) { sum += logSizes[u] }
            }
        }
        return sum
    }

    @inline(__always)
    private func isDetermined(_ v: Int, within clique: [UInt64]) -> Bool {
        for w in 0..<words where determining[v * words + w] & clique[w] != 0 { return true }
        return false
    }

    @inline(__always)
    private func forEachBit(_ set: [UInt64], _ body: (Int) -> Void) {
        for w in 0..<words {
            var bits = set[w]
            while bits != 0 {
                body(w << 6 + bits.trailingZeroBitCount)
                bits &= bits - 1
            }
        }
    }

    /// Base-two logarithm without a C library: exponent plus a rational approximation, exact enough to break ties.
    private static func log2(_ x: Double) -> Double {
        let t = (x.significand - 1) / (x.significand + 1)
        let square = t * t
        return Double(x.exponent) + 2.885_390_081_777_927 * t * (1 + square * (1.0 / 3 + square * (0.2 + square / 7)))
    }
}
