public import VectorMath

/// How a kernel reaches the two other parties where the columns of each row lie at two holders and nobody may learn whose keys both
/// have: parts of counts, as elements of the field of 2³¹ − 1 that sum to what they share, and of sums in that of 2⁶¹ − 1.
public protocol HiddenSharing: SumOpening {
    /// 0 for the holder of the first columns of the domain, 1 for that of the rest, nil for the third party, which has none.
    var side: Int? { get }
    /// What this holder draws its list from; nil at the third party.
    var keys: HiddenKeys? { get }

    /// Shares a table of both holders' one-hot codes in which rows of one key stand together, has its form checked, and gives this
    /// party's parts of counts of the joined rows. It waits for the others.
    ///
    /// - Parameters:
    ///   - number: how many tables were shared before.
    ///   - sizes: the columns of each group, of the first holder's table and of the second's.
    ///   - pairs: which groups are counted together, numbered through both tables, each pair ascending.
    ///   - own: this holder's table; nil at the third party.
    /// - Throws: where the parts do not come together, or a table is not of one-hot or zero rows: nothing is released then.
    func counts(_ number: Int, sizes: [[Int]], pairs: [GroupPair], own: HiddenTable?) throws -> HiddenCounts

    /// The same in the field of 2⁶¹ − 1, of what the columns add to the figures of their rows: this party's parts of sums over
    /// joined rows of products of figures.
    ///
    /// - Parameters:
    ///   - number: how many tables were shared before, in either field.
    ///   - columns: of the first holder's table and of the second's, neither of them none.
    ///   - tables: whose figures are multiplied, 0 or 1 of either table; a table may stand beside itself.
    /// - Returns: of each pair a row for each figure of the first.
    func products(
        _ number: Int, columns: [WeightedColumns], tables: [GroupPair], own: HiddenTable?
    ) throws -> [[UInt64]]

    /// As `open`, of elements of the field of 2⁶¹ − 1.
    func openWide(_ part: [Int64], question: String) throws -> [Int64]
}

/// Two groups of columns of a shared table, or two tables, by their numbers.
public struct GroupPair: Hashable, Sendable {
    public let first: Int
    public let second: Int

    public init(_ first: Int, _ second: Int) {
        self.first = first
        self.second = second
    }
}

/// A party's parts of counts of joined rows.
public struct HiddenCounts: Sendable {
    /// Of each column of all groups, those of the first holder's table before the second's.
    public let sums: [UInt32]
    /// Of each pair of groups that was asked for: a row for each column of the first.
    public let tables: [GroupPair: [UInt32]]

    public init(sums: [UInt32], tables: [GroupPair: [UInt32]]) {
        self.sums = sums
        self.tables = tables
    }
}
