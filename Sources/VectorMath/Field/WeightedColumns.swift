/// What each column of a table of one-hot codes adds to the figures of its row: whole numbers, public.
///
/// A row's figure is Σ over columns of weight · (0 or 1). So sums of values and of scores are sums of products of two holders'
/// figures, as counts are of their columns, and a row cannot have a figure beyond the weights of one column of each group.
public struct WeightedColumns: Sendable {
    /// The columns of each group, in one of which a row has its 1.
    public let sizes: [Int]
    /// How many figures a row has.
    public let figures: Int
    /// Number of columns.
    public let width: Int
    /// Where the terms of each column begin, and where the last ones end.
    private let starts: [Int]
    private let terms: [(figure: Int, weight: UInt64)]

    /// - Parameters:
    ///   - sizes: the columns of each group.
    ///   - figures: how many a row has.
    ///   - columns: for each column to which figures it adds what; none for a column that adds nothing.
    public init(sizes: [Int], figures: Int, columns: [[(figure: Int, weight: Int64)]]) {
        width = sizes.reduce(0, +)
        precondition(columns.count == width)
        precondition(columns.allSatisfy { $0.allSatisfy { (0..<figures).contains($0.figure) } })
        self.sizes = sizes
        self.figures = figures
        starts = columns.reduce(into: [0]) { $0.append(($0.last ?? 0) + $1.count) }
        terms = columns.joined().map { (figure: $0.figure, weight: WideField.element($0.weight)) }
    }

    /// Each column is a figure of its own: for counts.
    public init(codes count: Int) {
        self.init(sizes: [count], figures: count, columns: (0..<count).map { [(figure: $0, weight: 1)] })
    }

    /// The figures of rows of shares of the columns, row by row.
    public func figures(of part: [UInt64]) -> [UInt64] {
        let rows = part.count / max(width, 1)
        var sums = [UInt64](repeating: 0, count: rows * figures)
        for row in 0..<rows {
            for column in 0..<width {
                let element = part[row &* width &+ column]
                for term in starts[column]..<starts[column &+ 1] {
                    let place = row &* figures &+ terms[term].figure
                    sums[place] = WideField.sum(sums[place], WideField.product(element, terms[term].weight))
                }
            }
        }
        return sums
    }

    /// Adds the figures of a row that has its 1 in this column.
    func add(column: Int, to sums: inout [UInt64], at first: Int) {
        for term in starts[column]..<starts[column &+ 1] {
            let place = first &+ terms[term].figure
            sums[place] = WideField.sum(sums[place], terms[term].weight)
        }
    }
}

/// Sums of products of two tables' figures, rows added as they come.
public struct WideProduct: Sendable {
    private let left: Int
    private let right: Int
    /// A row for each figure of the left table.
    public private(set) var elements: [UInt64]

    /// - Parameters:
    ///   - left: figures of a row of the left table.
    ///   - right: of the right one.
    public init(left: Int, right: Int) {
        self.left = left
        self.right = right
        elements = [UInt64](repeating: 0, count: left * right)
    }

    /// Adds as many rows of both tables, row by row.
    public mutating func add(_ one: [UInt64], _ two: [UInt64]) {
        let rows = one.count / max(left, 1)
        precondition(one.count == rows * left && (left == 0 || two.count == rows * right))
        for row in 0..<rows {
            for i in 0..<left {
                let element = one[row &* left &+ i]
                for j in 0..<right {
                    let place = i &* right &+ j
                    elements[place] = WideField.sum(
                        elements[place], WideField.product(element, two[row &* right &+ j]))
                }
            }
        }
    }
}

extension OneHotCodes {
    /// A piece of the rows less a mask of as many elements of the wide field.
    public func less(_ mask: [UInt64], piece: Int) -> [UInt64] {
        var words = mask.map { $0 == 0 ? 0 : WideField.modulus &- $0 }
        let first = piece * FieldStream.pieceRows
        for row in 0..<(words.count / max(width, 1)) {
            for (group, start) in zip(groups, starts) {
                let place = row * width + start + group[first + row]
                words[place] = WideField.sum(words[place], 1)
            }
        }
        return words
    }

    /// One row less a mask of the wide field; a row of zeros less it where there is none.
    public func less(_ mask: [UInt64], row: Int?) -> [UInt64] {
        var words = mask.map { $0 == 0 ? 0 : WideField.modulus &- $0 }
        guard let row else { return words }
        for (group, start) in zip(groups, starts) {
            let place = start + group[row]
            words[place] = WideField.sum(words[place], 1)
        }
        return words
    }

    /// The figures of a piece of the rows, row by row.
    public func figures(_ columns: WeightedColumns, piece: Int) -> [UInt64] {
        precondition(columns.width == width)
        let first = piece * FieldStream.pieceRows
        let count = max(0, min(FieldStream.pieceRows, rows - first))
        var sums = [UInt64](repeating: 0, count: count * columns.figures)
        for row in 0..<count {
            for (group, start) in zip(groups, starts) {
                columns.add(column: start + group[first + row], to: &sums, at: row * columns.figures)
            }
        }
        return sums
    }
}
