/// The structural zeros of a domain, sorted into dependencies and forbidden combinations.
struct ImpossibleCells: Sendable {
    let dependencies: Dependencies
    let combinations: [(attributes: [Int], codes: [[Int]])]

    init(_ structuralZeros: [StructuralZeros], sizes: [Int]) throws(GraphicalModelError) {
        var functions: [FunctionalDependency] = []
        var combinations: [(attributes: [Int], codes: [[Int]])] = []
        for one in structuralZeros {
            switch one {
            case .dependency(let function): functions.append(function)
            case .combinations(let attributes, let codes):
                try validate(attributes: attributes, sizes: sizes)
                for code in codes {
                    let fits =
                        code.count == attributes.count && zip(code, attributes).allSatisfy { $0 >= 0 && $0 < sizes[$1] }
                    guard fits else {
                        throw .wrongShape(attributes: attributes, expected: attributes.count, found: code.count)
                    }
                }
                combinations.append((attributes, codes))
            }
        }
        dependencies = try Dependencies(functions, sizes: sizes)
        self.combinations = combinations
    }

    /// The sets of attributes that must share a clique.
    var cliques: [[Int]] { combinations.map(\.attributes) }

    /// Log-potentials of the cliques: 0 where a cell is possible, −∞ where it is not.
    func potentials(_ layout: TreeLayout) throws(GraphicalModelError) -> [Double] {
        var potentials = [Double](repeating: 0, count: layout.cellCount)
        for (attributes, codes) in combinations {
            guard let node = layout.tree.smallestNode(containing: attributes) else { continue }
            var forbidden = Factor(attributes: attributes, sizes: layout.tree.sizes, repeating: 0)
            for code in codes { forbidden[code] = -.infinity }
            layout.add(forbidden.values, over: attributes, to: &potentials, node: node)
            guard layout.ranges[node].contains(where: { potentials[$0] > -.infinity }) else {
                throw .impossible(attributes: attributes)
            }
        }
        return potentials
    }
}
