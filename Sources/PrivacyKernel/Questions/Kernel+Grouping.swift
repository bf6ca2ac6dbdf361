import Tables

extension Kernel {
    // KERNEL 4.8
    /// Adds a coarser copy of a column as a further attribute of every later marginal and candidate.
    ///
    /// The groups are public, one row still lies in one cell of each marginal, so this costs nothing.
    ///
    /// - Parameters:
    ///   - attribute: a column of the domain, or an attribute that was added before.
    ///   - map: the group of each code; groups are `0...map.max()`.
    /// - Returns: the number of the new attribute.
    public func addGrouping(of attribute: Int, map: [UInt32]) throws(PrivacyError) -> Int {
        guard sizes.indices.contains(attribute) else {
            throw .attributeOutOfRange(attribute, columns: sizes.count)
        }
        guard map.count == sizes[attribute] else {
            throw .shapeMismatch(expected: sizes[attribute], found: map.count)
        }
        let groups = Int(map.max() ?? 0) + 1
        guard groups <= map.count else { throw .tooManyCells(cells: groups, limit: map.count) }
        further.append(.grouping(of: attribute, map: map))
        sizes.append(groups)
        return sizes.count - 1
    }
}
