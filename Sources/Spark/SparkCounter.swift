public import Domains
public import PrivacyKernel
import Synchronization
import VectorMath

/// Counts on a Spark cluster: SQL goes there and tables of whole numbers come back; no row leaves the cluster.
///
/// Beside the rows a known table of a few dozen is counted in the same statement, by the same expressions: a cluster that does not
/// count it to the last row is refused. All tables of counts must add up to the same number of rows.
public final class SparkCounter: ExactCounter {
    private let server: any SparkServer
    private let join: SparkJoin
    private let known: KnownRows
    /// How many rows all tables of counts add up to, once one was counted.
    private let total: Mutex<Int64?>

    public let domain: TableDomain
    public var rowsPerKey: Int { join.rowsPerKey }

    /// - Parameters:
    ///   - domain: the join's columns, with the rules of their rows.
    ///   - total: how many rows were checked, where all of them count.
    init(_ join: SparkJoin, domain: TableDomain, total: Int64? = nil, on server: any SparkServer) {
        self.total = Mutex(total)
        self.server = server
        self.domain = domain
        self.join = join
        known = KnownRows(join.known, domain)
    }

    /// Cells of one statement: places in its one list of numbers.
    private static let mostCells = 1 << 26
    /// Tables of one statement: each row becomes as many.
    private static let mostTables = 256
    /// Rows of one cell: so many that no sum of all cells of a statement leaves the range of its words.
    private static let mostRows: Int64 = 1 << 36

    /// How many tables are counted for all pairs of columns: large ones, which add up to several, where sizes allow it.
    public static func tablesOfPairs(_ domain: TableDomain) -> Int {
        let pairs = domain.columns.indices.flatMap { first in (0..<first).map { [$0, first] } }
        return CountingBlocks(pairs, sizes: domain.sizes).blocks.count
    }

    public func counts(_ cliques: [[Int]], further: [FurtherAttribute]) throws -> [[Int64]] {
        let sizes = domain.sizes + further.map(\.size)
        let plan = CountingBlocks(cliques, sizes: sizes)
        var answers = [[Int64]](repeating: [], count: cliques.count)
        var place = 0
        while place < plan.blocks.count {
            var cells = 0
            var end = place
            while end < plan.blocks.count, end - place < Self.mostTables {
                let size = plan.cells(end)
                guard size <= Self.mostCells else {
                    throw SparkError.notCounted("A table of \(size) cells")
                }
                if cells + size > Self.mostCells { break }
                cells += size
                end += 1
            }
            let counted = try tables(Array(plan.blocks[place..<end]), sizes, further, cells: cells)
            for (clique, holder) in plan.holders.enumerated() where (place..<end).contains(holder) {
                answers[clique] = plan.table(cliques[clique], from: counted[holder - place], of: holder)
            }
            place = end
        }
        return answers
    }

    /// The tables of one statement. A row becomes a number of each table.
    private func tables(
        _ blocks: [[Int]], _ sizes: [Int], _ further: [FurtherAttribute], cells: Int
    ) throws(SparkError) -> [ArraySlice<Int64>] {
        let number = CellNumber(blocks, sizes: sizes)
        let answer = try server.answer(
            "SELECT \(number.place) AS place, count(*) FROM (SELECT side, explode(\(number.cells)) AS cell FROM "
                + "(SELECT side\(number.columns) FROM (\(rows(with: further))))) GROUP BY place")
        var starts = [0]
        for block in blocks { starts.append(starts[starts.count - 1] + block.reduce(1) { $0 * sizes[$1] }) }
        var counted = [Int64](repeating: 0, count: cells)
        var ofKnown: [Int: Int64] = [:]
        for (found, count) in zip(try answer.numbers(0), try answer.numbers(1)) {
            guard let (side, block, cell) = number.read(found), (1...Self.mostRows).contains(count) else {
                throw .answer("it counts cells that there are not")
            }
            let place = starts[block] + cell
            guard side == 0 ? counted[place] == 0 : ofKnown[place] == nil else {
                throw .answer("it counts a cell twice")
            }
            if side == 0 { counted[place] = count } else { ofKnown[place] = count }
        }
        guard ofKnown == known.counts(blocks, starts, sizes: sizes, further: further) else {
            throw .wrongSums("a table of \(SparkTable.knownRows) known rows is counted otherwise than it is")
        }
        let tables = zip(starts, starts.dropFirst()).map { counted[$0..<$1] }
        for table in tables {
            let sum = table.reduce(0, +)
            let first = total.withLock { total in
                if total == nil { total = sum }
                return total
            }
            guard first == sum else {
                throw .wrongSums("one of its tables has \(sum) rows, another \(first ?? 0): the table may have changed")
            }
        }
        return tables
    }

    /// The rows with the further attributes as columns behind their own.
    private func rows(with further: [FurtherAttribute]) -> String {
        var steps: [Int: Int] = [:]
        for case .difference(let question) in further {
            for (column, numbers) in [
                (question.first, question.firstNumbers), (question.second, question.secondNumbers),
            ] {
                steps[column] = max(steps[column] ?? 1, numbers.count / max(domain.columns[column].size, 1))
            }
        }
        var sql = join.sql(steps: steps)
        for (place, attribute) in further.enumerated() {
            let name = "c\(domain.columns.count + place)"
            switch attribute {
            case .grouping(let of, let map):
                sql =
                    "SELECT *, CAST(\(SQLText.list(map.map { Int64($0) }, at: "c\(of)")) AS INT) AS \(name) FROM (\(sql))"
            case .difference(let question):
                let from = looked(question.firstNumbers.map { Int64($0) }, of: question.first, steps)
                let to = looked(question.secondNumbers.map { Int64($0) }, of: question.second, steps)
                let edges = question.edges.map { Double($0) }
                let isInside =
                    "from <> \(DifferenceQuestion.none) AND to <> \(DifferenceQuestion.none) AND "
                    + "to - from >= \(edges[0]) AND to - from < \(edges[edges.count - 1])"
                let others = SQLText.list(
                    question.others.map { Int64($0) + Int64(question.intervals) }, at: "c\(question.second)")
                let cell =
                    "CASE WHEN \(isInside) THEN \(SQLText.lastNotAbove("to - from", among: edges[..<(edges.count - 1)])) "
                    + "ELSE CAST(\(others) AS INT) END"
                let names =
                    domain.columns.indices.map { "c\($0)" } + (0..<place).map { "c\(domain.columns.count + $0)" }
                let kept = (["side"] + names + steps.keys.sorted().map { "t\($0)" }).joined(separator: ", ")
                sql = "SELECT \(kept), \(cell) AS \(name) FROM (SELECT *, \(from) AS from, \(to) AS to FROM (\(sql)))"
            }
        }
        return sql
    }

    /// One of the numbers of a column's codes, or of the steps of each, as many as there are numbers.
    private func looked(_ numbers: [Int64], of column: Int, _ steps: [Int: Int]) -> String {
        let own = numbers.count / max(domain.columns[column].size, 1)
        let known = steps[column] ?? 1
        let place = own == 1 ? "c\(column)" : "c\(column) * \(own) + t\(column) DIV \(known / own)"
        return SQLText.list(numbers, at: place)
    }

    public func sums(_ values: [Int64], of attribute: Int, by groups: [Int]) throws -> [Int64] {
        let sizes = domain.sizes
        let steps = [attribute: values.count / max(sizes[attribute], 1)].filter { $0.value > 1 }
        let cells = groups.reduce(1) { $0 * sizes[$1] }
        let cell = groups.reduce("0") { "(\($0)) * \(sizes[$1]) + c\($1)" }
        let answer = try server.answer(
            "SELECT CAST(cell AS BIGINT), sum(value) FROM (SELECT side * \(cells) + \(cell) AS cell, "
                + "\(looked(values, of: attribute, steps)) AS value FROM (\(join.sql(steps: steps)))) GROUP BY cell")
        var sums = [Int64](repeating: 0, count: 2 * cells)
        for (cell, sum) in zip(try answer.numbers(0), try answer.numbers(1)) {
            guard let place = Int(exactly: cell), sums.indices.contains(place) else {
                throw SparkError.answer("it sums cells that there are not")
            }
            sums[place] = sum
        }
        guard Array(sums[cells...]) == known.sums(values, of: attribute, by: groups) else {
            throw SparkError.wrongSums("a column of \(SparkTable.knownRows) known rows is summed otherwise than it is")
        }
        return Array(sums[..<cells])
    }

    public func gram(_ attributes: [Int], _ scores: [[Int16]], bound: Int) throws -> [Int64] {
        let size = attributes.count
        let pairs = (0..<size).flatMap { row in (0...row).map { (row, $0) } }
        let rows = shortened(attributes, scores, bound: bound)
        var sums = [Int64](repeating: 0, count: size * size)
        let expected = known.gram(attributes, scores, bound: bound)
        for first in stride(from: 0, to: pairs.count, by: Self.mostTables) {
            let part = pairs[first..<min(first + Self.mostTables, pairs.count)]
            let products = part.map { "sum(CAST(z\($0.0) AS BIGINT) * z\($0.1))" }.joined(separator: ", ")
            let answer = try server.answer("SELECT CAST(side AS BIGINT), \(products) FROM (\(rows)) GROUP BY side")
            let sides = try answer.numbers(0)
            guard let side = sides.firstIndex(of: 1) else {
                throw SparkError.wrongSums("a known table was not summed")
            }
            for (column, pair) in part.enumerated() {
                let figures = try answer.numbers(column + 1)
                let place = pair.0 * size + pair.1
                guard figures[side] == expected[place] else {
                    throw SparkError.wrongSums(
                        "products of \(SparkTable.knownRows) known rows are summed otherwise than they are")
                }
                if let rows = sides.firstIndex(of: 0) { sums[place] = figures[rows] }
            }
        }
        return sums
    }

    /// The scores of each row as `z0`, `z1`…, shortened to the bound as `VectorMath.gramSums` does it, in the same roundings: what is
    /// a `Float` there is a `FLOAT` here, of two of which a `DOUBLE` holds the product and the quotient closely enough to round once.
    private func shortened(_ attributes: [Int], _ scores: [[Int16]], bound: Int) -> String {
        let places = attributes.indices
        let looked = places.map { "\(SQLText.list(scores[$0].map { Int64($0) }, at: "c\(attributes[$0])")) AS s\($0)" }
        let square = places.map { "s\($0) * s\($0)" }.joined(separator: " + ")
        func float(_ expression: String) -> String { "CAST(CAST(\(expression) AS FLOAT) AS DOUBLE)" }
        let factor = float("\(bound)D / \(float("sqrt(CAST(q AS DOUBLE))"))")
        let short = float("\(factor) * \(SQLText.number(1 - 0x1p-20))")
        let scaled = places.map { "CAST(CAST(CAST(s\($0) AS DOUBLE) * f AS FLOAT) AS INT) AS z\($0)" }
        return
            "SELECT side, \(scaled.joined(separator: ", ")) FROM (SELECT *, CASE WHEN q > \(bound * bound) THEN \(short) ELSE 1D END AS f "
            + "FROM (SELECT *, \(square) AS q FROM (SELECT side, \(looked.joined(separator: ", ")) FROM (\(join.sql())))))"
    }
}

/// The known rows, counted here by plain loops.
private struct KnownRows: Sendable {
    let rows: [[KnownValue]]
    let sizes: [Int]
    let columns: [ColumnDomain]

    init(_ rows: [[KnownValue]], _ domain: TableDomain) {
        self.rows = rows
        sizes = domain.sizes
        columns = domain.columns
    }

    /// The step of a value: in the middle where a column has no places.
    private func step(_ row: [KnownValue], _ column: Int, of steps: Int) -> Int {
        (columns[column].isBinned ? row[column].place : ColumnDomain.placeSteps / 2) * steps / ColumnDomain.placeSteps
    }

    /// By cell: tables stand one behind the other, each from its start.
    func counts(
        _ cliques: [[Int]], _ starts: [Int], sizes: [Int], further: [FurtherAttribute]
    ) -> [Int: Int64] {
        var counts: [Int: Int64] = [:]
        let codes = rows.map { row in
            further.reduce(into: row.map(\.code)) { codes, attribute in
                switch attribute {
                case .grouping(let of, let map): codes.append(Int(map[codes[of]]))
                case .difference(let question): codes.append(cell(question, row))
                }
            }
        }
        for (clique, start) in zip(cliques, starts) {
            for row in codes { counts[start + clique.reduce(0) { $0 * sizes[$1] + row[$1] }, default: 0] += 1 }
        }
        return counts
    }

    private func cell(_ question: DifferenceQuestion, _ row: [KnownValue]) -> Int {
        let steps = (
            first: question.firstNumbers.count / max(sizes[question.first], 1),
            second: question.secondNumbers.count / max(sizes[question.second], 1)
        )
        return Int(
            question.cell(
                (row[question.first].code, step(row, question.first, of: steps.first)),
                (row[question.second].code, step(row, question.second, of: steps.second)), steps: steps))
    }

    func sums(_ values: [Int64], of attribute: Int, by groups: [Int]) -> [Int64] {
        var sums = [Int64](repeating: 0, count: groups.reduce(1) { $0 * sizes[$1] })
        let steps = values.count / max(sizes[attribute], 1)
        for row in rows {
            sums[groups.reduce(0) { $0 * sizes[$1] + row[$1].code }] +=
                values[row[attribute].code * steps + step(row, attribute, of: steps)]
        }
        return sums
    }

    func gram(_ attributes: [Int], _ scores: [[Int16]], bound: Int) -> [Int64] {
        let columns = sizes.indices.compactMap { place in
            CodeArray(narrowing: rows.map { UInt32($0[place].code) }, below: sizes[place])
        }
        return gramSums(columns, attributes: attributes, scores: scores, bound: bound)
    }
}
