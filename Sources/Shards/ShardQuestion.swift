import Domains
import PrivacyKernel

/// What a shard is asked, in public words: as the kernel asks any source of exact whole numbers.
enum ShardQuestion: Codable, Sendable, Equatable {
    case counts(cliques: [[Int]], further: [Further])
    case sums(values: [Int64], attribute: Int, groups: [Int])
    case gram(attributes: [Int], scores: [[Int16]], bound: Int)

    /// An attribute that follows from a row's own columns, as it travels.
    enum Further: Codable, Sendable, Equatable {
        case grouping(of: Int, map: [UInt32])
        case difference(Difference)

        init(_ attribute: FurtherAttribute) {
            switch attribute {
            case .grouping(let of, let map): self = .grouping(of: of, map: map)
            case .difference(let question): self = .difference(Difference(question))
            }
        }
    }

    /// A `DifferenceQuestion` as it travels.
    struct Difference: Codable, Sendable, Equatable {
        let columns: [Int]
        let numbers: [[Int32]]
        let edges: [Int32]
        let others: [UInt32]

        init(_ question: DifferenceQuestion) {
            columns = [question.first, question.second]
            numbers = [question.firstNumbers, question.secondNumbers]
            (edges, others) = (question.edges, question.others)
        }

        /// - Precondition: it was checked.
        var question: DifferenceQuestion {
            DifferenceQuestion(
                first: columns[0], second: columns[1], firstNumbers: numbers[0], secondNumbers: numbers[1],
                edges: edges, others: others)
        }
    }

    /// Cells of one answer: a table with more is refused.
    static let mostCells = 1 << 26
    /// Tables of one answer.
    static let mostTables = 1 << 16
    private static let mostFurther = 1 << 12
    private static let mostFeatures = 1 << 12
    private static let mostScore = 1 << 14
    private static let mostGroups = 1 << 24
    private static let mostIntervals = 1 << 16

    /// How many cells each table of the answer has.
    ///
    /// - Parameter sizes: of the columns.
    /// - Throws: where the question is none about such columns. Nothing that was checked here traps later.
    func cells(_ sizes: [Int]) throws(ShardRefusal) -> [Int] {
        var cells: [Int]
        switch self {
        case .counts(let cliques, let further):
            guard cliques.count <= Self.mostTables, further.count <= Self.mostFurther else {
                throw .tooLarge("tables of one question")
            }
            var all = sizes
            for attribute in further { all.append(try attribute.size(all, columns: sizes.count)) }
            cells = []
            for clique in cliques { cells.append(try Self.product(clique, all)) }
        case .sums(let values, let attribute, let groups):
            guard sizes.indices.contains(attribute), Self.isSteps(values.count, sizes[attribute]) else {
                throw .malformed("values of a sum")
            }
            cells = [try Self.product(groups, sizes)]
        case .gram(let attributes, let scores, let bound):
            let isSound =
                attributes.count == scores.count && attributes.count <= Self.mostFeatures
                && (1...Self.mostScore).contains(bound)
                && zip(attributes, scores).allSatisfy { attribute, scores in
                    sizes.indices.contains(attribute) && scores.count == sizes[attribute]
                        && scores.allSatisfy { Int($0.magnitude) <= Self.mostScore }
                }
            guard isSound else { throw .malformed("scores") }
            cells = [attributes.count * attributes.count]
        }
        guard cells.reduce(0, +) <= Self.mostCells else { throw .tooLarge("cells of one answer") }
        return cells
    }

    private static func product(_ attributes: [Int], _ sizes: [Int]) throws(ShardRefusal) -> Int {
        var cells = 1
        for attribute in attributes {
            guard sizes.indices.contains(attribute) else { throw .malformed("attribute of a table") }
            let (product, overflow) = cells.multipliedReportingOverflow(by: sizes[attribute])
            guard !overflow, product <= mostCells else { throw .tooLarge("cells of a table") }
            cells = product
        }
        return cells
    }

    /// Whether there are as many values for each code, a power of two.
    fileprivate static func isSteps(_ values: Int, _ size: Int) -> Bool {
        let steps = values / size
        return values == steps * size && (1...ColumnDomain.placeSteps).contains(steps) && steps & (steps - 1) == 0
    }

    fileprivate static func check(_ difference: Difference, _ sizes: [Int]) -> Bool {
        let (columns, numbers, edges) = (difference.columns, difference.numbers, difference.edges)
        guard columns.count == 2, numbers.count == 2, columns[0] != columns[1],
            columns.allSatisfy(sizes.indices.contains),
            zip(columns, numbers).allSatisfy({ isSteps($1.count, sizes[$0]) }), edges.count >= 2,
            zip(edges, edges.dropFirst()).allSatisfy({ $0 < $1 }), difference.others.count == sizes[columns[1]]
        else { return false }
        return Int(difference.others.max() ?? 0) + edges.count <= mostIntervals
    }

    fileprivate static func isMap(_ map: [UInt32], of size: Int) -> Bool {
        map.count == size && Int(map.max() ?? 0) < mostGroups
    }
}

extension ShardQuestion.Further {
    /// How many codes it has, after attributes of these sizes.
    fileprivate func size(_ sizes: [Int], columns: Int) throws(ShardRefusal) -> Int {
        switch self {
        case .grouping(let of, let map):
            guard sizes.indices.contains(of), ShardQuestion.isMap(map, of: sizes[of]) else {
                throw .malformed("grouping")
            }
            return Int(map.max() ?? 0) + 1
        case .difference(let terms):
            guard ShardQuestion.check(terms, Array(sizes.prefix(columns))) else { throw .malformed("difference") }
            return terms.question.cells
        }
    }
}
