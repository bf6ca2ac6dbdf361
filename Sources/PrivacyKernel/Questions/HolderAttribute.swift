import Domains

/// An attribute of a table whose columns lie at two holders: a column of one holder, and what of its codes counts.
struct HolderAttribute {
    /// The holder: 0 or 1.
    let side: Int
    /// The column of the domain.
    let column: Int
    /// The group of each code; nil for the code itself.
    let map: [UInt32]?
    let size: Int
    /// Its number among the holder's own columns and further attributes.
    let local: Int

    func group(of code: Int) -> Int { map.map { Int($0[code]) } ?? code }

    /// All attributes of a table.
    ///
    /// - Parameters:
    ///   - first: how many columns of the domain the first holder has.
    ///   - side: whose further attributes are handed out as `own`, as that holder's rows count them; none at a third party.
    /// - Throws: `PrivacyError.notOnShares` for a difference of two columns.
    static func all(
        of domain: TableDomain, first: Int, _ further: [FurtherAttribute], side: Int?
    ) throws(PrivacyError) -> (all: [HolderAttribute], own: [FurtherAttribute]) {
        var all = domain.columns.indices.map { column in
            HolderAttribute(
                side: column < first ? 0 : 1, column: column, map: nil, size: domain.columns[column].size,
                local: column < first ? column : column - first)
        }
        var counts = [first, domain.columns.count - first]
        var own: [FurtherAttribute] = []
        for attribute in further {
            guard case .grouping(let parent, let map) = attribute else { throw .notOnShares("a difference") }
            let of = all[parent]
            all.append(
                HolderAttribute(
                    side: of.side, column: of.column, map: of.map.map { $0.map { map[Int($0)] } } ?? map,
                    size: Int(map.max() ?? 0) + 1, local: counts[of.side]))
            counts[of.side] += 1
            if of.side == side { own.append(.grouping(of: of.local, map: map)) }
        }
        return (all, own)
    }
}
