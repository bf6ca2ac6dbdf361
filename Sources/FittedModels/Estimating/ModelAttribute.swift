package import GraphicalModels

/// An attribute of the graphical model: a column, or groups of its codes.
public struct ModelAttribute: Sendable, Hashable, Codable {
    /// Index of the column in the domain.
    public let column: Int
    /// The group of each code; nil if every code is its own group.
    public let groups: [UInt32]?
    /// Number of groups.
    public let size: Int

    /// A whole column.
    public init(column: Int, size: Int) {
        self.column = column
        self.groups = nil
        self.size = size
    }

    /// Groups of a column's codes.
    public init(column: Int, groups: [UInt32], size: Int) {
        let isWhole = groups.count == size && groups.enumerated().allSatisfy { $0.offset == Int($0.element) }
        self.column = column
        self.groups = isWhole ? nil : groups
        self.size = size
    }

    /// The group of a code.
    public func group(of code: Int) -> Int { groups.map { Int($0[code]) } ?? code }

    /// The group of `other` for each group of `self`, both of one column and of grouped codes.
    package func map(to other: ModelAttribute) -> [UInt32]? {
        map(to: other, codes: groups?.count ?? other.groups?.count ?? size)
    }

    /// The group of `other` for each group of `self`, or nil if that is not a function.
    package func map(to other: ModelAttribute, codes: Int) -> [UInt32]? {
        guard column == other.column, size >= other.size else { return nil }
        var map = [UInt32?](repeating: nil, count: size)
        for code in 0..<codes {
            let group = group(of: code)
            let target = UInt32(other.group(of: code))
            if let known = map[group], known != target { return nil }
            map[group] = target
        }
        return map.map { $0 ?? 0 }
    }
}

extension [ModelAttribute] {
    /// Which attributes are functions of finer ones of the same column.
    package func dependencies(columnSizes: [Int]) -> [FunctionalDependency] {
        var result: [FunctionalDependency] = []
        for coarse in indices {
            // The coarsest of the finer ones: the others follow through it.
            var nearest: (attribute: Int, map: [UInt32])?
            for fine in indices where fine != coarse && self[fine].size > self[coarse].size {
                guard let map = self[fine].map(to: self[coarse], codes: columnSizes[self[coarse].column]),
                    nearest.map({ self[fine].size < self[$0.attribute].size }) ?? true
                else { continue }
                nearest = (fine, map)
            }
            if let nearest {
                result.append(FunctionalDependency(attribute: coarse, parent: nearest.attribute, map: nearest.map))
            }
        }
        return result
    }

    /// Those that tables are over, each once, by column and from coarse to fine.
    package static func inUse(_ tables: [[ModelAttribute]]) -> [ModelAttribute] {
        var attributes: [ModelAttribute] = []
        for member in tables.joined() where !attributes.contains(member) { attributes.append(member) }
        return attributes.sorted { ($0.column, $0.size) < ($1.column, $1.size) }
    }

    /// For each column the attribute with the most groups, or nil.
    package func finest(columnCount: Int) -> [Int?] {
        var result = [Int?](repeating: nil, count: columnCount)
        for (index, attribute) in enumerated() {
            if result[attribute.column].map({ self[$0].size < attribute.size }) ?? true {
                result[attribute.column] = index
            }
        }
        return result
    }
}
