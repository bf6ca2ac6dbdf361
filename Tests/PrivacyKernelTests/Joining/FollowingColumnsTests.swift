import Testing
import VectorMath

@testable import Domains
@testable import PrivacyKernel
@testable @_spi(PrivateRows) import Tables

@Suite struct FollowingColumnsTests {
    private func domain() throws -> (read: TableDomain, own: TableDomain) {
        let bare = try TableDomain(
            schema: TableSchema(fields: [
                Field(
                    name: "a", type: .number, constraints: Constraints(minimum: 0, maximum: 1000),
                    bins: Bins(count: 8, scale: .log)),
                Field(
                    name: "b", type: .integer, constraints: Constraints(minimum: 0, maximum: 100_000),
                    bins: Bins(count: 8, scale: .log)),
                Field(name: "c", type: .string, categories: ["x", "y"]),
            ]), keyColumns: [])
        let rules: [Rule] = [
            .ratio(
                name: "r", numerator: "a", denominator: "b",
                bins: Rule.RatioBins(count: 50, scale: .log, minimum: 0.01, maximum: 10))
        ]
        return (bare.readable(for: rules), try bare.obeying(rules))
    }

    private func rows(_ domain: TableDomain, _ values: [[String]]) throws -> CodedTable {
        try CodedTable(
            columns: domain.columns.enumerated().map { place, column in
                try CodedColumn(
                    .words(values.map { UInt32(column.code(of: $0[place]) ?? 0) }), domainSize: column.size)
            })
    }

    private func random(_ count: Int, seed: UInt64) -> [[String]] {
        var random = SplitMix64(state: seed)
        return (0..<count).map { _ in
            [
                Bool.random(using: &random)
                    ? "" : "\((Double.random(in: 0...1000, using: &random) * 100).rounded() / 100)",
                ["", "0", "\(Int.random(in: 1...100_000, using: &random))", "7"].randomElement(using: &random) ?? "",
                ["x", "y", ""].randomElement(using: &random) ?? "",
            ]
        }
    }

    @Test("each row's columns follow from this row alone: ratios to a thousandth, cells as without a rule")
    func rowwise() throws {
        let (read, own) = try domain()
        let values = random(500, seed: 3)
        let recipe = try #require(own.recipe(from: read))
        let table = PrivateRows(domain: read, table: try rows(read, values), rowsPerKey: 3)
        let following = PrivateRows(table, following: recipe)
        #expect(following.domain == own)
        #expect(following.rowsPerKey == 3)
        #expect(following.table.rowCount == 500)
        let ratio = own.columns[3]
        for (row, texts) in values.enumerated() {
            for column in 0..<3 {
                #expect(following.table.columns[column][row] == own.columns[column].code(of: texts[column]))
            }
            let code = following.table.columns[3][row]
            guard let a = Double(texts[0]), let b = Double(texts[1]), b != 0 else {
                #expect(ratio.isMissing(code))
                // What is known of the numerator stays known.
                #expect((ratio.state(of: code) == nil) == texts[0].isEmpty)
                continue
            }
            let edges = try #require(ratio.edges(of: code))
            let quotient = min(max(a / b, 0.01), 10)
            // A number is known to about a thousandth of its bin, which is a few thousandths of itself.
            #expect(quotient >= edges.lower * 0.98 - 0.0001 && quotient <= edges.upper * 1.02 + 0.0001, "\(texts)")
        }
        // A row less is a row less, and nothing else.
        for left in [0, 250, 499] {
            var fewer = values
            fewer.remove(at: left)
            let other = PrivateRows(
                PrivateRows(domain: read, table: try rows(read, fewer), rowsPerKey: 3), following: recipe)
            for column in own.columns.indices {
                var codes = (0..<500).map { following.table.columns[column][$0] }
                codes.remove(at: left)
                #expect(codes == (0..<499).map { other.table.columns[column][$0] })
            }
        }
    }

    @Test("rows that fill a table up are in no figure, wherever the recipe puts them")
    func padding() throws {
        let (read, own) = try domain()
        let recipe = try #require(own.recipe(from: read))
        let values = random(60, seed: 8)
        let ratio = own.columns.count - 1
        func figures(_ padding: Int) throws -> [[Int64]] {
            let coded = try rows(read, values)
            let filled = try CodedTable(
                columns: coded.columns.enumerated().map { place, column in
                    try CodedColumn(
                        .words(
                            (0..<60).map { UInt32(column[$0]) } + [UInt32](repeating: 0, count: padding)),
                        domainSize: read.columns[place].size)
                })
            let table = PrivateRows(
                PrivateRows(domain: read, table: filled, rowsPerKey: 1, rowCount: 60), following: recipe)
            #expect(table.filler.count == own.columns.count)
            let kernel = testKernel(table)
            let size = own.columns[ratio].size
            let grouping = try kernel.addGrouping(of: ratio, map: (0..<UInt32(size)).map { ($0 + 1) % 7 })
            let scores = (0..<size).map { Int32($0 % 11) - 5 }
            let question = SumQuestion(
                attribute: ratio, values: scores.map { Int64($0) }, clamp: -4...4, groups: [2, ratio])
            return try kernel.counts([[], [0], [ratio], [2, ratio], [1, grouping]], in: table)
                + [kernel.groupedSums(question, [2, ratio], own.columns[2].size * size, table)]
                + [kernel.gramSums([ratio, 2], [scores, [3, -1, 2]], 6, table)]
        }
        // The first cell of this ratio is none that padding lies in.
        let filler = PrivateRows(
            PrivateRows(domain: read, table: try rows(read, values), rowsPerKey: 1), following: recipe
        ).filler
        #expect(filler[ratio] > 0)
        #expect(try figures(0) == figures(35))
    }

    @Test("a recipe of another table is refused")
    func refusal() throws {
        let (read, own) = try domain()
        let recipe = try #require(own.recipe(from: read))
        let bare = TableDomain(columns: Array(own.columns.prefix(3)))
        let coded = try rows(bare, random(5, seed: 1))
        #expect(throws: PrivacyError.wrongRecipe) {
            let table = try PrivateTable(public: coded, domain: bare)
            _ = try table.following(recipe)
        }
    }
}
