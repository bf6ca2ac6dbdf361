/// An attribute whose code is a function of another attribute's code: HS2 of HS6, a coarse level of a fine one.
public struct FunctionalDependency: Sendable, Equatable, Codable {
    /// The attribute that is determined.
    public let attribute: Int
    /// The attribute that determines it.
    public let parent: Int
    /// The attribute's code for each code of the parent.
    public let map: [UInt32]

    /// - Parameter map: the attribute's code for each code of the parent.
    public init(attribute: Int, parent: Int, map: [UInt32]) {
        self.attribute = attribute
        self.parent = parent
        self.map = map
    }
}

/// Combinations that cannot occur, known in advance and public.
public enum StructuralZeros: Sendable, Equatable, Codable {
    /// Listed combinations of codes, each in the order of `attributes`.
    case combinations(attributes: [Int], codes: [[Int]])
    /// Everything that contradicts a functional dependency. It costs no cells and holds exactly in every answer.
    case dependency(FunctionalDependency)
}
