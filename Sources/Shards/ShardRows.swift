import Domains
import PrivacyKernel
import VectorMath

/// The rows that one shard counts: one table's, or the inner join of several on their keys. A key is whole here, so the join and
/// the choice among more rows of a key than count are those that one machine makes.
///
/// Loops take as many steps as there is room for rows. Rows of padding have the code 0 everywhere and are counted like all others;
/// what one of them adds is taken away as often as there are.
struct ShardRows {
    private var columns: [CodeArray]
    private var places: [CodeArray?]
    private let padding: Int64

    /// - Parameter tables: their keys in order; they are overwritten.
    init(_ tables: inout [ShardTable.Finished], _ layout: ShardLayout) throws(ShardRefusal) {
        (columns, places) = ([], [])
        guard tables.count > 1 || tables[0].keys != nil && !layout.isUnique else {
            (columns, places) = (tables[0].columns, tables[0].places)
            padding = Int64(tables[0].room - tables[0].rowCount)
            return
        }
        let words = layout.hashKey.map { UInt64($0) }
        let hash = KeyedHash(key: (words[0] | words[1] &<< 32, words[2] | words[3] &<< 32))
        let chosen = try Self.join(tables, layout.rowsPerKey, hash)
        for (place, rows) in chosen.rows.enumerated() {
            for (array, steps) in zip(tables[place].columns, tables[place].places) {
                columns.append(array.gatheredOrZero(rows))
                places.append(steps?.gatheredOrZero(rows))
            }
            tables[place].wipe()
        }
        padding = Int64(chosen.rows[0].count - chosen.count)
    }

    /// For each table the row that stands in each place, and beyond its last row where none does.
    ///
    /// - Returns: with how many places are rows.
    private static func join(
        _ tables: [ShardTable.Finished], _ rowsPerKey: Int, _ hash: KeyedHash
    ) throws(ShardRefusal) -> (rows: [[UInt32]], count: Int) {
        let ordered = tables.enumerated().map { Self.ordered($1, rowsPerKey, hash, table: $0) }
        guard tables.count > 1 else {
            let (rows, count) = KeyGroups.numbers(
                ordered[0], limit: rowsPerKey, rowCount: tables[0].rowCount, filler: UInt32(tables[0].room))
            return ([rows], count)
        }
        // Behind the rows of each order one place for no row.
        let numbers = zip(tables, ordered).map { $1.map { UInt32($0.row) } + [UInt32($0.room)] }
        var groups = KeyGroups(ordered[0], limit: rowsPerKey, rowCount: tables[0].rowCount)
        var rows = [numbers[0]]
        var sizes = [tables[0].room]
        var count = 0
        for table in tables.indices.dropFirst() {
            sizes.append(tables[table].room)
            let capacity: Int
            do { capacity = try PrivateTable.mostRows(ofInnerJoin: sizes, rowsPerKey: rowsPerKey) } catch {
                throw .tooLarge("joined rows at one shard")
            }
            let pairs = KeyPairs(
                groups, KeyGroups(ordered[table], limit: rowsPerKey, rowCount: tables[table].rowCount),
                limit: rowsPerKey, capacity: capacity,
                fillers: (UInt32(rows[0].count - 1), UInt32(numbers[table].count - 1)))
            rows = rows.map { own in pairs.first.map { own[Int($0)] } + [own[own.count - 1]] }
            rows.append(pairs.second.map { numbers[table][Int($0)] } + [UInt32(tables[table].room)])
            (groups, count) = (pairs.groups, pairs.count)
        }
        for table in rows.indices { rows[table].removeLast() }
        return (rows, count)
    }

    /// The rows by key and, of a key with several, by rank: the kernel's own order.
    private static func ordered(
        _ table: ShardTable.Finished, _ rowsPerKey: Int, _ hash: KeyedHash, table number: Int
    ) -> [HashedRow] {
        let keys = table.keys ?? []
        guard rowsPerKey > 1 else { return keys }
        let ranks = hash.ranks(keys, table.columns + table.places.compactMap { $0 }, table: number)
        return KeyGroups.order(keys, ranks: ranks).map { keys[Int($0)] }
    }

    mutating func wipe() {
        for place in columns.indices {
            columns[place].wipe()
            places[place]?.wipe()
        }
    }

    // MARK: - Answers

    /// - Precondition: the question was checked against the sizes of the columns.
    func answer(_ question: ShardQuestion) -> [[Int64]] {
        let all = answer(question, columns, places)
        let one = answer(question, columns.map { $0.one(0) }, places.map { $0?.one(0) })
        return zip(all, one).map { zip($0, $1).map { $0 &- padding &* $1 } }
    }

    private func answer(
        _ question: ShardQuestion, _ columns: [CodeArray], _ places: [CodeArray?]
    ) -> [[Int64]] {
        switch question {
        case .counts(let cliques, let further):
            let all = further.reduce(into: columns) { $0.append($1.codes($0, places)) }
            return countCodes(all, cliques: cliques)
        case .sums(let values, let attribute, let groups):
            var sums = [Int64](repeating: 0, count: groups.reduce(1) { $0 * columns[$1].bound })
            let (codes, steps) = (columns[attribute], values.count / columns[attribute].bound)
            for row in 0..<codes.count {
                let cell = groups.reduce(0) { $0 * columns[$1].bound + columns[$1][row] }
                sums[cell] &+= values[codes[row] * steps + Self.step(places[attribute], row, of: steps)]
            }
            return [sums]
        case .gram(let attributes, let scores, let bound):
            return [gramSums(columns, attributes: attributes, scores: scores, bound: bound)]
        }
    }

    /// The step of a cell in which a value lies; the middle one where only the code is known.
    fileprivate static func step(_ places: CodeArray?, _ row: Int, of steps: Int) -> Int {
        (places?[row] ?? ColumnDomain.placeSteps / 2) &* steps / ColumnDomain.placeSteps
    }
}

extension ShardQuestion.Further {
    /// The code of each row.
    fileprivate func codes(_ columns: [CodeArray], _ places: [CodeArray?]) -> CodeArray {
        switch self {
        case .grouping(let of, let map): return columns[of].mapped(through: map)
        case .difference(let terms):
            let question = terms.question
            let (first, second) = (columns[question.first], columns[question.second])
            let steps = (
                first: question.firstNumbers.count / first.bound, second: question.secondNumbers.count / second.bound
            )
            let cells = (0..<first.count).map { row in
                question.cell(
                    (first[row], ShardRows.step(places[question.first], row, of: steps.first)),
                    (second[row], ShardRows.step(places[question.second], row, of: steps.second)), steps: steps)
            }
            guard let codes = CodeArray(narrowing: cells, below: question.cells) else {
                preconditionFailure("a difference has a cell that its question has not")
            }
            return codes
        }
    }
}
