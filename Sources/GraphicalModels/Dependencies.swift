/// The functional dependencies of a domain, closed under composition and proved free of circles.
///
/// Inside a clique that holds both an attribute and one that determines it, the former needs no axis: its code is
/// looked up. That is why a dependency costs no cells.
public struct Dependencies: Sendable, Equatable {
    /// No attribute is a function of another.
    public static let none = Dependencies()

    /// `ancestors[a][p]` is the code of `a` for each code of `p`, for every `p` that determines `a`.
    private(set) var ancestors: [Int: [Int: [Int32]]] = [:]
    /// The pairs (attribute, determining attribute) that a junction tree must hold in one clique.
    private(set) var edges: [(attribute: Int, parent: Int)] = []

    private init() {}

    /// - Parameters:
    ///   - list: dependencies in any order. Chains are composed, and HS2 of HS6 beside HS4 of HS6 implies HS2 of HS4
    ///     where every HS6 code agrees.
    ///   - sizes: the number of codes of every attribute of the domain.
    /// - Throws: `GraphicalModelError.invalidDependency` for a map that does not fit or a circle.
    public init(_ list: [FunctionalDependency], sizes: [Int]) throws(GraphicalModelError) {
        for one in list {
            let known = sizes.indices.contains(one.attribute) && sizes.indices.contains(one.parent)
            guard known, one.attribute != one.parent, one.map.count == sizes[one.parent],
                one.map.allSatisfy({ Int($0) < sizes[one.attribute] })
            else { throw .invalidDependency(attribute: one.attribute, parent: one.parent) }
            ancestors[one.attribute, default: [:]][one.parent] = one.map.map { Int32($0) }
        }
        try compose()
        infer(sizes: sizes)
        try compose()
        edges = ancestors.keys.sorted().flatMap { attribute in
            nearest(of: attribute, sizes: sizes).map { (attribute, $0) }
        }
    }

    /// Two sets are equal when every attribute has the same ancestors by the same maps.
    public static func == (a: Dependencies, b: Dependencies) -> Bool { a.ancestors == b.ancestors }

    /// Whether there is any dependency at all.
    public var isEmpty: Bool { ancestors.isEmpty }

    /// The code of `attribute` for each code of `parent`, or nil if the one does not determine the other.
    func map(of attribute: Int, from parent: Int) -> [Int32]? { ancestors[attribute]?[parent] }

    /// The members of a set of attributes that need an axis of their own: all but those that another member determines.
    func axes(of attributes: [Int]) -> [Int] {
        if ancestors.isEmpty { return attributes }
        return attributes.filter { attribute in
            guard let determining = ancestors[attribute] else { return true }
            return !attributes.contains { determining[$0] != nil }
        }
    }

    /// Adds the determining attributes of determining attributes, and refuses maps that contradict each other.
    private mutating func compose() throws(GraphicalModelError) {
        var grew = true
        while grew {
            grew = false
            for attribute in ancestors.keys.sorted() {
                for (parent, map) in (ancestors[attribute] ?? [:]).sorted(by: { $0.key < $1.key }) {
                    for (grandparent, upper) in (ancestors[parent] ?? [:]).sorted(by: { $0.key < $1.key }) {
                        let composed = upper.map { map[Int($0)] }
                        guard grandparent != attribute, ancestors[attribute]?[grandparent] ?? composed == composed
                        else { throw .invalidDependency(attribute: attribute, parent: grandparent) }
                        if ancestors[attribute]?[grandparent] == nil {
                            ancestors[attribute]?[grandparent] = composed
                            grew = true
                        }
                    }
                }
            }
        }
    }

    /// Two functions of common parents of which the coarser never splits a code of the finer: it is a function of it.
    private mutating func infer(sizes: [Int]) {
        let attributes = ancestors.keys.sorted()
        for coarse in attributes {
            for fine in attributes where fine != coarse && sizes[fine] > sizes[coarse] {
                guard ancestors[coarse]?[fine] == nil, ancestors[fine]?[coarse] == nil else { continue }
                var map = [Int32](repeating: -1, count: sizes[fine])
                var agrees = false
                for (parent, coarseMap) in (ancestors[coarse] ?? [:]).sorted(by: { $0.key < $1.key }) {
                    guard let fineMap = ancestors[fine]?[parent] else { continue }
                    agrees = zip(fineMap, coarseMap).allSatisfy { fineCode, coarseCode in
                        let seen = map[Int(fineCode)]
                        map[Int(fineCode)] = coarseCode
                        return seen < 0 || seen == coarseCode
                    }
                    if !agrees { break }
                }
                if agrees { ancestors[coarse]?[fine] = map.map { max($0, 0) } }
            }
        }
    }

    /// The smallest determining attributes that do not follow from one another.
    private func nearest(of attribute: Int, sizes: [Int]) -> [Int] {
        var kept: [Int] = []
        let candidates = (ancestors[attribute] ?? [:]).keys.sorted { (sizes[$0], $0) < (sizes[$1], $1) }
        for candidate in candidates where !kept.contains(where: { ancestors[$0]?[candidate] != nil }) {
            kept.append(candidate)
        }
        return kept
    }
}
