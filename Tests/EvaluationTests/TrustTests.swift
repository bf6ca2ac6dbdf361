import Domains
import FittedModels
import Foundation
import Synthesizers
import Tables
import Testing
import VectorMath

@testable import Evaluation
@testable import PrivacyKernel

/// Two numbers that go together, one that does not, a class, and a column with gaps.
private struct Numbers {
    let domain: TableDomain
    let text: String
    let schema: TableSchema
    let truth: (mean: Double, missing: Double)

    /// - Parameters:
    ///   - bins: of the income.
    ///   - leastTax: its declared bound.
    init(rows: Int, bins: String = #"{"count": 32}"#, leastTax: Int = 0) throws {
        let declared = """
            {"fields": [
              {"name": "income", "type": "number", "constraints": {"minimum": 0, "maximum": 64000, "required": true}, "bins": \(bins)},
              {"name": "tax", "type": "number", "constraints": {"minimum": \(leastTax), "maximum": 32000, "required": true}, "bins": {"count": 32}},
              {"name": "height", "type": "integer", "constraints": {"minimum": 150, "maximum": 199}},
              {"name": "class", "type": "string", "categories": ["a", "b", "c"], "constraints": {"required": true}}
            ]}
            """
        schema = try JSONDecoder().decode(TableSchema.self, from: Data(declared.utf8))
        domain = try TableDomain(schema: schema, keyColumns: [])
        var generator = SplitMix64(state: 5)
        var text = "income,tax,height,class\n"
        var (sum, gaps) = (0.0, 0)
        for _ in 0..<rows {
            let income = (10_000 + 40_000 * generator.unit()).rounded()
            let hasHeight = generator.unit() > 0.2
            sum += income
            gaps += hasHeight ? 0 : 1
            text += "\(Int(income)),\(Int((income * (0.2 + 0.1 * generator.unit())).rounded())),"
            text +=
                "\(hasHeight ? String(150 + Int(50 * generator.unit())) : ""),\(["a", "b", "c"][Int(3 * generator.unit())])\n"
        }
        truth = (sum / Double(max(rows, 1)), Double(gaps) / Double(max(rows, 1)))
        self.text = text
    }

    func fit(_ method: String, epsilon: Double) throws -> FittedModel {
        let reader = CSVTableReader(
            domain: domain, schema: schema, key: nil, hash: .random, limits: TableLimits(bytes: .max, rows: 1_000_000))
        try reader.consume(Data(text.utf8))
        return try synthesizer(named: method).fit(
            // The same noise in each run, so that nothing turns red by chance alone.
            Kernel(
                rows: try PrivateTable(single: try reader.finish()).rows,
                generator: NoiseGenerator(key: [1, 2, 3, 4])),
            PrivacyParameters(epsilon: epsilon, delta: 1e-9))
    }
}

@Suite("what the rows are good for")
struct TrustTests {
    @Test("mean, quartiles, missing, correlation and ratio stand beside the measurement and near the truth")
    func figures() throws {
        let numbers = try Numbers(rows: 20_000)
        let evaluation = try ModelEvaluation(try numbers.fit("mst", epsilon: 3))
        let income = try #require(evaluation.summaries[0])
        let mean = try #require(income.mean)
        let half = try #require(mean.halfWidth)
        #expect(abs(try #require(mean.noisy) - numbers.truth.mean) < half + 400, "\(mean)")
        #expect(abs(mean.rows - numbers.truth.mean) < 800, "\(mean)")
        #expect(income.quartiles.count == 3 && income.quartiles[0].rows < income.quartiles[1].rows)
        #expect(abs(income.quartiles[1].rows - 30_000) < 1_500)
        let missing = try #require(
            evaluation.columns[2].missing(of: numbers.domain.columns[2], total: evaluation.total))
        #expect(abs(missing.rows - numbers.truth.missing) < 0.02)
        #expect(abs(try #require(missing.noisy) - 0.2) < 0.02)
        let pair = try #require(evaluation.pairSummaries[RowTrust.PairKey(first: 0, second: 1)])
        #expect(try #require(pair.correlation?.noisy) > 0.6 && pair.correlationOfRows > 0.5, "\(pair)")
        let ratio = try #require(pair.ratioOfTotals)
        #expect(abs(ratio.rows - 4) < 0.3, "\(ratio)")
        #expect(abs(try #require(ratio.noisy) - 4) < 0.3, "\(ratio)")
        let trust = evaluation.trust
        #expect(!trust.isNoise && trust.headline.hasPrefix("Good for counts"), "\(trust.headline)")
        #expect(trust.headline.contains("means of") && trust.uses[0].verdict != .no)
    }

    @Test("tables without a common row are called noise, and no use has a tick")
    func nothing() throws {
        for method in ["mst", "independent", "auto"] {
            let evaluation = try ModelEvaluation(try Numbers(rows: 0).fit(method, epsilon: 1))
            let trust = evaluation.trust
            #expect(trust.isNoise, "\(method)")
            #expect(trust.headline.contains("for nothing else") && !trust.uses.contains { $0.verdict == .yes })
            let page = try EvaluationPage(
                Numbers(rows: 0).fit(method, epsilon: 1), evaluation: evaluation, subject: subject
            ).html()
            #expect(!page.contains("✓ Yes") && page.contains("✗ No"), "\(method)")
            #expect(!page.contains("000.0 %"), "a share above 100 % is no share")
        }
    }

    @Test("bins that hide the values are named, with their width, and the mean is not recommended")
    func bins() throws {
        let numbers = try Numbers(rows: 5_000, bins: #"{"edges": [0, 60000, 62000, 64000]}"#)
        let model = try numbers.fit("mst", epsilon: 3)
        let evaluation = try ModelEvaluation(model)
        let trust = evaluation.trust
        #expect(trust.badMeans.contains { $0.name == "income" && $0.why.contains("one bin") }, "\(trust.badMeans)")
        let page = try EvaluationPage(model, evaluation: evaluation, subject: subject).html()
        // Zero has a cell of its own.
        #expect(page.contains("counted in 3 bins and one value of its own") && page.contains("60\u{202F}000 wide"))
        #expect(trust.headline.contains("not for means of income"), "\(trust.headline)")
    }

    @Test("columns that were never measured together warn of their ratio and of every regression")
    func unmeasured() throws {
        let trust = try ModelEvaluation(try Numbers(rows: 5_000).fit("independent", epsilon: 3)).trust
        #expect(trust.badRatios.contains { $0.name == "income × tax" && $0.why == "never measured together" })
        #expect(trust.badCorrelations.contains { $0.name == "income × tax" })
        #expect(trust.warnings.contains { $0.contains("never measured together") })
    }

    @Test("a ratio of values that may be below 0 is said to have no range, with the way to one")
    func signs() throws {
        let model = try Numbers(rows: 5_000, leastTax: -8_000).fit("mst", epsilon: 3)
        let evaluation = try ModelEvaluation(model)
        let why = evaluation.trust.badRatios.filter { $0.name == "income × tax" }.map(\.why)
        #expect(why == ["values may be below 0; a rule `ratio` in the task has one measured"])
        let page = try EvaluationPage(model, evaluation: evaluation, subject: subject).html()
        #expect(page.contains("none: values may be below 0"))
        let positive = try ModelEvaluation(try Numbers(rows: 5_000).fit("mst", epsilon: 3)).trust
        #expect(!positive.badRatios.contains { $0.why.contains("below 0;") })
    }

    @Test("columns of which a rule computes one are tied by it, and were not left to an assumption")
    func ruled() throws {
        let whole = Constraints(required: true, minimum: 0, maximum: 99)
        let schema = TableSchema(
            fields: ["net", "gross", "tax"].map { Field(name: $0, type: .integer, constraints: whole) })
        let declared = try TableDomain(schema: schema, keyColumns: [])
        let rules = [
            Rule.sum(column: "net", of: [.init(column: "gross"), .init(column: "tax", isSubtracted: true)])
        ]
        let domain = try declared.obeying(rules)
        let reader = CSVTableReader(
            domain: declared.readable(for: rules), schema: schema, key: nil, hash: KeyedHash(key: (1, 2)),
            limits: TableLimits(bytes: 1 << 20, rows: 1 << 12), rowsPerKey: 1)
        var text = "net,gross,tax\n"
        for row in 0..<2_000 { text += "\(40 + row % 7),\(60 + row % 7),20\n" }
        try reader.consume(Array(text.utf8))
        let read = try PrivateTable(single: reader.finish())
        let recipe = try #require(domain.recipe(from: declared.readable(for: rules)))
        let model = try synthesizer(named: "independent").fit(
            Kernel(table: try read.following(recipe)), PrivacyParameters(epsilon: 3, delta: 1e-9))
        let evaluation = try ModelEvaluation(model)
        #expect(evaluation.pair(0, 1)?.basis == .rule && evaluation.pair(0, 2)?.basis == .rule)
        #expect(evaluation.pair(1, 2)?.basis == .unmeasured)
        #expect(evaluation.trust.unmeasured.count == 1)
        #expect(!evaluation.trust.badCorrelations.contains { $0.name.contains("net") })
        let page = try EvaluationPage(model, evaluation: evaluation, subject: subject).html()
        #expect(page.contains("a rule ties them in every row"))
    }

    @Test("a column that follows from another is tied to it as strongly as can be, and 200 columns stay one page")
    func wide() throws {
        let size = 6
        let columns = (0..<200).map { ColumnDomain.categories("column_\($0)", (0..<size).map { "v\($0)" }) }
        let domain = TableDomain(
            columns: columns, derivations: [Derivation(column: 1, parent: 0, map: [0, 0, 1, 1, 2, 2])])
        var generator = SplitMix64(state: 1)
        var codes = (0..<200).map { _ in (0..<500).map { _ in UInt32(generator.unit() * Double(size)) } }
        codes[1] = codes[0].map { $0 / 2 }
        let table = try CodedTable(columns: codes.map { try CodedColumn(.words($0), domainSize: size) })
        let model = try synthesizer(named: "independent").fit(
            Kernel(table: try PrivateTable(public: table, domain: domain)), PrivacyParameters(epsilon: 3, delta: 1e-9))
        let evaluation = try ModelEvaluation(model)
        #expect(evaluation.pair(0, 1)?.strength == 1)
        #expect(Chart.pairMatrix(evaluation).rows.count == 200 * 199 / 2)
        let page = try EvaluationPage(model, evaluation: evaluation, subject: subject).html()
        #expect(page.contains("The 24 columns with the strongest ties"))
    }

    @Test("numbers have thin spaces, codes keep their zeros")
    func spaces() {
        #expect(Figures.spaced("[0, 62500)") == "[0, 62\u{202F}500)")
        #expect(Figures.spaced("010120") == "010120" && Figures.spaced("0.123456") == "0.123456")
        #expect(Figures.short(62_500) == "62\u{202F}500" && Figures.short(0.01234) == "0.01234")
        #expect(Figures.short(12.5) == "12.5" && Figures.short(0) == "0" && Figures.short(1234.5678) == "1235")
    }
}

@Suite("rows of the task alone")
struct DummyRowsTests {
    @Test("the same whatever the range, inside the domain, derived columns follow, and each row is marked")
    func rows() throws {
        let domain = TableDomain(
            columns: [.categories("hs4", ["0101", "0102", "0201"]), .categories("hs2", ["01", "02"])],
            derivations: [Derivation(column: 1, parent: 0, map: [0, 0, 1])])
        let dummy = DummyRows(domain, seed: 4)
        let all = dummy.rows(0..<1000)
        #expect(dummy.rows(200..<300).codes == all.codes.map { Array($0[200..<300]) })
        #expect(zip(all.codes[0], all.codes[1]).allSatisfy { $1 == ($0 < 2 ? 0 : 1) })
        #expect(Set(all.codes[0]) == [0, 1, 2])
        #expect(dummy.domain.columns.last?.name == "entrepot_dummy" && all.codes.last?.allSatisfy { $0 == 0 } == true)
        #expect(DummyRows(domain, seed: 5).rows(0..<50).codes != dummy.rows(0..<50).codes)
    }
}
