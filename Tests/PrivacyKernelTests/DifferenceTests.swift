import Domains
import Tables
import Testing
import VectorMath

@testable import PlantedBugs
@testable import PrivacyKernel

/// Two columns of four bins, and rows as numbers of steps in them.
func placedTable(_ rows: [(first: Int, second: Int)]) throws -> PrivateRows {
    let fields = ["a", "b"].map {
        Field(
            name: $0, type: .number, constraints: Constraints(required: true, minimum: .number(0), maximum: .number(4)),
            bins: Bins(count: 4, spikes: []))
    }
    let domain = try TableDomain(schema: TableSchema(fields: fields), keyColumns: [])
    func column(_ steps: [Int]) throws -> CodedColumn {
        try CodedColumn(
            .bytes(steps.map { UInt8($0 / 256) }), places: steps.map { UInt8($0 % 256) }, domainSize: 4)
    }
    return PrivateRows(
        domain: domain, table: try CodedTable(columns: [column(rows.map(\.first)), column(rows.map(\.second))]),
        rowsPerKey: 1)
}

/// The difference's exact counts, alone and beside a column, of rows that are read from a file and joined with themselves.
func placedCounts(_ lines: [String], sizes: [Int]) throws -> [[Int64]] {
    let schema = TableSchema(
        fields: [Field(name: "id", type: .string)]
            + ["a", "b"].map {
                Field(
                    name: $0, type: .number,
                    constraints: Constraints(required: true, minimum: .number(0), maximum: .number(4)),
                    bins: Bins(count: 4, spikes: []))
            })
    let tables = try ["one", "two"].map { party in
        let reader = CSVTableReader(
            domain: try TableDomain(schema: schema, keyColumns: ["id"]), schema: schema, key: KeyRule(columns: ["id"]),
            hash: KeyedHash(key: (11, 12)), limits: TableLimits(bytes: 1 << 20, rows: 1 << 10, sizes: sizes),
            rowsPerKey: 1)
        try reader.consume(Array(("id,a,b\n" + lines.map { $0 + "\n" }.joined()).utf8))
        return (party, try reader.finish())
    }
    let joined = PrivateRows(joining: parties(tables), rowsPerKey: 1)
    let kernel = testKernel(joined)
    let numbers = (0..<1024).map { Int32($0) }
    let number = try kernel.addDifference(
        DifferenceQuestion(
            first: 0, second: 3, firstNumbers: numbers, secondNumbers: numbers, edges: [-300, -100, -1, 0, 1, 100],
            others: [0, 1, 2, 3]))
    return try kernel.counts([[number], [0, number]], in: joined)
}

/// The difference of the two columns in steps.
func placedQuestion(edges: [Int32] = [-300, -100, -1, 0, 1, 100]) -> DifferenceQuestion {
    let numbers = (0..<1024).map { Int32($0) }
    return DifferenceQuestion(
        first: 0, second: 1, firstNumbers: numbers, secondNumbers: numbers, edges: edges, others: [0, 1, 2, 3])
}

extension AuditCheck {
    static let differenceNeighbours = AuditCheck(
        claim: "a row lies in the cell that its own two values say, and in one alone, whatever the other rows are"
    ) {
        func counts(_ rows: [(first: Int, second: Int)]) throws -> [[Int64]] {
            let table = try placedTable(rows)
            let kernel = testKernel(table)
            let number = try kernel.addDifference(placedQuestion())
            let group = try kernel.addGrouping(of: number, map: [0, 0, 1, 1, 2, 2, 3, 3, 3])
            return try kernel.counts([[number], [0, number], [group]], in: table)
        }
        // One row more moves one cell by one, and the same one beside every other row.
        func moved(_ row: (first: Int, second: Int), beside rows: [(first: Int, second: Int)]) throws -> [[Int64]] {
            zip(try counts(rows + [row]), try counts(rows)).map { zip($0, $1).map { $0 - $1 } }
        }
        func isOneCell(_ moved: [[Int64]]) -> Bool {
            moved.allSatisfy { $0.allSatisfy { $0 == 0 || $0 == 1 } && $0.reduce(0, +) == 1 }
        }
        let grid = [0, 1, 255, 256, 300, 767, 768, 1023]
        let every = grid.flatMap { first in grid.map { (first: first, second: $0) } }
        for row in every {
            let alone = try moved(row, beside: [])
            guard isOneCell(alone) else { return false }
            for other in every { guard try moved(row, beside: [other]) == alone else { return false } }
        }
        var random = SplitMix64(state: 7)
        for others in [2, 40] {
            for _ in 0..<25 {
                let rows = (0...others).map { _ in
                    (first: Int.random(in: 0..<1024, using: &random), second: Int.random(in: 0..<1024, using: &random))
                }
                guard isOneCell(try moved(rows[0], beside: Array(rows.dropFirst()))) else { return false }
            }
        }
        return true
    }
}

@Suite("differences of two columns")
struct DifferenceTests {
    @Test("a row lies in the cell of its own two values, and in one alone")
    func cells() throws {
        var random = SplitMix64(state: 5)
        let rows = (0..<500).map { _ in
            (first: Int.random(in: 0..<1024, using: &random), second: Int.random(in: 0..<1024, using: &random))
        }
        let table = try placedTable(rows)
        let kernel = testKernel(table)
        let question = placedQuestion()
        #expect(question.cells == 9)
        let number = try kernel.addDifference(question)
        #expect(number == 2)
        #expect(kernel.sizes == [4, 4, 9])
        var expected = [Int64](repeating: 0, count: 9)
        for row in rows {
            let difference = Int32(row.second - row.first)
            let interval = (0..<5).first { question.edges[$0] <= difference && difference < question.edges[$0 + 1] }
            expected[interval ?? 5 + row.second / 256] += 1
        }
        #expect(try kernel.counts([[number]], in: table) == [expected])
    }

    @Test("codes without a number, and columns without places, have a cell too")
    func without() throws {
        let table = try testTable([3, 4], [[0, 0], [1, 3], [2, 1]])
        let kernel = testKernel(table)
        let number = try kernel.addDifference(
            DifferenceQuestion(
                first: 0, second: 1, firstNumbers: [0, 10, DifferenceQuestion.none], secondNumbers: [0, 1, 2, 12],
                edges: [0, 2, 4], others: [0, 0, 0, 0]))
        #expect(try kernel.counts([[number]], in: table) == [[1, 1, 1]])
    }

    @Test("what does not fit the columns is refused")
    func refusals() throws {
        let kernel = testKernel(try placedTable([(0, 0)]))
        func refused(_ change: (inout [Int32], inout [Int32], inout [UInt32]) -> Void, second: Int = 1) {
            var numbers = (0..<1024).map { Int32($0) }
            var edges: [Int32] = [0, 1]
            var others: [UInt32] = [0, 0, 0, 0]
            change(&numbers, &edges, &others)
            #expect(throws: PrivacyError.self) {
                _ = try kernel.addDifference(
                    DifferenceQuestion(
                        first: 0, second: second, firstNumbers: numbers, secondNumbers: numbers, edges: edges,
                        others: others))
            }
        }
        refused({ _, _, _ in }, second: 0)
        refused({ _, _, _ in }, second: 7)
        refused({ numbers, _, _ in numbers.removeLast() })
        refused({ numbers, _, _ in numbers = [] })
        refused({ numbers, _, _ in numbers += numbers })
        refused({ numbers, _, _ in numbers[3] = 1 << 30 + 1 })
        refused({ _, edges, _ in edges = [1] })
        refused({ _, edges, _ in edges = [1, 1] })
        refused({ _, _, others in others = [0] })
        refused({ _, _, others in others = [0, 0, 0, .max] })
        #expect(kernel.sizes == [4, 4])
    }

    @Test("a replayed kernel numbers differences as the first one did")
    func replay() throws {
        let kernel = testKernel(try placedTable([(0, 5), (700, 720)]))
        let number = try kernel.addDifference(placedQuestion())
        var budget = try testBudget(1, 1e-6, .gaussian)
        let answer = try kernel.measure([[number]], spending: budget.take(.all))
        let replayed = Kernel(replaying: kernel.transcript, domain: kernel.domain)
        #expect(try replayed.addDifference(placedQuestion()) == number)
        var again = try testBudget(1, 1e-6, .gaussian)
        #expect(try replayed.measure([[number]], spending: again.take(.all)) == answer)
    }
}
