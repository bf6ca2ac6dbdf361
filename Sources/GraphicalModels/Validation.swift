/// No count is larger; squares of it, times any precision that is accepted, stay far from overflow.
let largestCount = 1e18

func validate(total: Double) throws(GraphicalModelError) {
    guard total > 0, total <= largestCount else { throw .invalidTotal }
}

func validate(sizes: [Int]) throws(GraphicalModelError) {
    if let empty = sizes.firstIndex(where: { $0 < 1 }) { throw .emptyDomain(attribute: empty) }
}

func validate(attributes: [Int], sizes: [Int]) throws(GraphicalModelError) {
    let ascending = zip(attributes, attributes.dropFirst()).allSatisfy { $0 < $1 }
    guard ascending, attributes.allSatisfy(sizes.indices.contains) else {
        throw .invalidAttributes(attributes, attributeCount: sizes.count)
    }
}

extension JunctionTree {
    /// Refuses a tree with more cells than the limit, before anything of its size is allocated.
    func check(cellLimit: Int) throws(GraphicalModelError) {
        let limit = min(cellLimit, Int(Int32.max) - 1)
        guard totalCells > limit, let largest = nodes.max(by: { $0.cells < $1.cells }) else { return }
        throw .modelTooLarge(
            cells: totalCells, limit: limit, largestClique: largest.attributes, largestCells: largest.cells)
    }
}
