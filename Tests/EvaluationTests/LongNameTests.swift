import Bytes
import Domains
import FittedModels
import Foundation
import Synthesizers
import Tables
import Testing
import VectorMath

@testable import Evaluation
@testable import PrivacyKernel

@Suite("names that a page has no room for")
struct LongNameTests {
    /// Names of 200 characters, one script each.
    static let scripts = [
        ("Latin", String(repeating: "Einfuhrumsatzsteuer", count: 11)),
        ("Arabic", String(repeating: "قيمة الواردات ", count: 15)),
        ("Han", String(repeating: "进口货物价值", count: 34)), ("Devanagari", String(repeating: "आयात मूल्य ", count: 20)),
        ("pictures", String(repeating: "👩‍👩‍👧‍👦🇰🇪", count: 100)),
        ("towers", String(repeating: "e\u{301}\u{302}\u{303}\u{304}\u{305}\u{306}", count: 200)),
        ("override", "\u{202E}" + String(repeating: "evas", count: 50)),
        ("controls", String(repeating: "\u{1B}[2J\u{7}", count: 50)),
        ("markup", String(repeating: "<script>alert(1)</script>", count: 8)),
        ("none", String(repeating: "\u{200B}", count: 200)),
    ].map { ($0.0, String($0.1.prefix(200))) }

    private func page(_ names: [String], rows: Int = 2_000) throws -> (model: FittedModel, html: String) {
        let domain = TableDomain(columns: names.map { .categories($0, ["x", "y", "z"]) })
        var generator = SplitMix64(state: 4)
        let first = (0..<rows).map { _ in UInt32(3 * generator.unit()) }
        let codes = names.indices.map { _ in first.map { generator.unit() < 0.7 ? $0 : UInt32(3 * generator.unit()) } }
        let table = try CodedTable(columns: codes.map { try CodedColumn(.words($0), domainSize: 3) })
        let model = try synthesizer(named: names.count > 1 ? "mst" : "independent").fit(
            Kernel(table: try PrivateTable(public: table, domain: domain)), PrivacyParameters(epsilon: 2, delta: 1e-9))
        return (
            model,
            try EvaluationPage(model, evaluation: ModelEvaluation(model, rowCount: 2_000), subject: subject).html()
        )
    }

    @Test("lose their middle, keep both ends, and take no more room in any script", arguments: scripts)
    func shortened(_ script: (name: String, text: String)) {
        let short = ShownText.shortened(script.text, width: 34)
        #expect(ShownText.width(of: short) <= 34 && short.contains("…"), "\(short)")
        #expect(!ShownText.hasHidden(short))
        let shown = ShownText.line(script.text)
        #expect(shown.hasPrefix(short.prefix { $0 != "…" }))
        #expect(shown.hasSuffix(short.suffix(while: "…")))
        let label = Label(script.text, width: 20, height: 2)
        #expect(label.lines.count <= 2 && label.lines.allSatisfy { ShownText.width(of: $0) <= 20 }, "\(label.lines)")
    }

    @Test("that run from right to left stand by themselves in a sentence, so that two of them do not change places")
    func directions() {
        let names = ShownNames(
            TableDomain(columns: ["ערך", "ערך המכס", "price", "a<b"].map { .categories($0, ["x"]) }))
        #expect(
            names.markup(sentence: "Not for ratios of ערך × ערך המכס, price × a<b.")
                == "Not for ratios of <bdi>ערך</bdi> × <bdi>ערך המכס</bdi>, price × a&lt;b.")
        let plain = ShownNames(TableDomain(columns: [.categories("price", ["x"])]))
        #expect(plain.markup(sentence: "price & <b>") == "price &amp; &lt;b&gt;")
    }

    @Test("that differ in the middle alone are told apart")
    func apart() {
        let ends = (String(repeating: "a", count: 90), String(repeating: "z", count: 90))
        let names = ShownNames(
            TableDomain(
                columns: (0..<12).map { .categories("\(ends.0)\($0)\(ends.1)", ["x"]) } + [.categories("short", ["x"])])
        )
        #expect(Set(names.short).count == 13 && names.short[12] == "short")
        #expect(names.short.allSatisfy { ShownText.width(of: $0) <= ShownNames.width })
        #expect(names.shortened == Array(0..<12))
    }

    @Test("stand whole in one list, and nowhere in the tables")
    func once() throws {
        let names = Self.scripts.map(\.1)
        let page = try page(names).html
        #expect(!page.contains("<script>alert"))
        let whole = HTML.escaped(names[0])
        // The list, the dictionary, the code and titles; never a cell of the tables of figures.
        #expect(page.contains("<dd><bdi>\(whole)</bdi></dd>"))
        #expect(!page.contains("<bdi>\(whole)</bdi></th>") && !page.contains("<option value=\"0\">\(whole)"))
        #expect(page.components(separatedBy: "<section id=\"names\"").count == 2)
    }

    @Test("are not spoken of where all names are short; one column alone makes a page too")
    func short() throws {
        #expect(!(try page(["a", "b"]).html).contains("Names in full"))
        let alone = try page([Self.scripts[0].1]).html
        #expect(alone.contains("Names in full") && !alone.contains("<section id=\"graph\""))
    }

    @Test(
        "what was measured together is a graph of few columns and a sorted list of many", arguments: [4, 16, 25, 100])
    func together(_ count: Int) throws {
        let model = try page((0..<count).map { "column_\($0)" }, rows: 500).model
        let evaluation = try ModelEvaluation(model, rowCount: 2_000)
        let chart = Chart.measuredTogether(evaluation)
        #expect(chart.name == (count <= Chart.graphColumns ? "clique-graph" : "measured-together"))
        #expect(chart.rows.count == evaluation.cliqueEdges.count)
        let bars = chart.svg.components(separatedBy: "class=\"tie\"").count - 1
        #expect(bars == (count <= Chart.graphColumns ? 0 : min(30, evaluation.cliqueEdges.count)))
    }
}

extension String {
    /// What stands behind the last character of a kind.
    fileprivate func suffix(while mark: Character) -> String {
        lastIndex(of: mark).map { String(self[index(after: $0)...]) } ?? self
    }
}
