/// Rows as one-hot codes: one group of columns for each list of codes, each row 1 in one column of each group.
///
/// It is never written out whole. What comes out is the rows less a mask, or sums of another table's rows.
public struct OneHotCodes: Sendable {
    /// The codes of each group, equally many, each below the group's size by its type.
    package let groups: [CodeArray]
    let starts: [Int]
    /// Number of columns.
    public let width: Int
    /// Number of rows.
    public let rows: Int

    /// - Precondition: equally many codes in each group.
    public init(_ groups: [CodeArray], rows: Int) {
        precondition(groups.allSatisfy { $0.count == rows })
        self.groups = groups
        self.rows = rows
        starts = groups.indices.map { groups[..<$0].reduce(0) { $0 + $1.bound } }
        width = groups.reduce(0) { $0 + $1.bound }
    }

    /// A piece of the rows less a mask of as many elements.
    public func less(_ mask: [UInt32], piece: Int) -> [UInt32] {
        var words = mask.map { $0 == 0 ? 0 : PrimeField.modulus &- $0 }
        let first = piece * FieldStream.pieceRows
        for row in 0..<(words.count / max(width, 1)) {
            for (group, start) in zip(groups, starts) {
                let place = row * width + start + group[first + row]
                words[place] = words[place] == PrimeField.modulus - 1 ? 0 : words[place] + 1
            }
        }
        return words
    }

    /// One row less a mask; a row of zeros less it where there is none.
    public func less(_ mask: [UInt32], row: Int?) -> [UInt32] {
        var words = mask.map { $0 == 0 ? 0 : PrimeField.modulus &- $0 }
        guard let row else { return words }
        for (group, start) in zip(groups, starts) {
            let place = start + group[row]
            words[place] = words[place] == PrimeField.modulus - 1 ? 0 : words[place] + 1
        }
        return words
    }

    /// The products of all own columns with another table's, as elements: for each own column the sum of the other's rows in
    /// which it is 1.
    ///
    /// - Parameters:
    ///   - other: as many rows, row by row.
    ///   - width: of the other table.
    public func products(_ other: [UInt32], width others: Int) -> [UInt32] {
        precondition(other.count == rows * others && rows < 1 << 32)
        // Fewer than 2³² rows of words below 2³¹ sum to less than 2⁶³.
        var sums = [UInt64](repeating: 0, count: width * others)
        for (group, start) in zip(groups, starts) {
            for row in 0..<rows { add(other, row &* others, &sums, (start + group[row]) * others, others) }
        }
        return sums.map { PrimeField.reduced($0) }
    }

    @inline(__always)
    private func add(_ from: [UInt32], _ first: Int, _ sums: inout [UInt64], _ start: Int, _ count: Int) {
        for place in 0..<count { sums[start &+ place] &+= UInt64(from[first &+ place]) }
    }
}
