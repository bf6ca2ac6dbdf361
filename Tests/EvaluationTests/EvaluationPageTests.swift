import Domains
import FittedModels
import Foundation
import Testing

@testable import Evaluation

@Suite struct EvaluationPageTests {
    private func page() throws -> String {
        let model = try KnownTable(rows: 2_000).fit("mst", epsilon: 1)
        return try EvaluationPage(model, evaluation: ModelEvaluation(model), subject: subject).html()
    }

    @Test("no text of a task or a domain becomes markup")
    func escapes() throws {
        let page = try page()
        #expect(!page.contains("<script>alert"))
        #expect(!page.contains("Alice_<b>"))
        #expect(!page.contains("Trade <of>"))
        #expect(page.contains("&lt;script&gt;alert(1)&lt;/script&gt;&quot;&#39;&amp;"))
        // Two scripts: the figures and the program.
        #expect(page.components(separatedBy: "<script").count == 3)
        #expect(page.components(separatedBy: "</script").count == 3)
    }

    @Test("the page asks nobody for anything, and says noisy measurement, never real")
    func selfContained() throws {
        let page = try page()
        for place in ["src=", "@import", "url(http", "<link", "fetch(", "XMLHttpRequest"] {
            #expect(!page.contains(place), "\(place)")
        }
        #expect(page.contains("default-src 'none'"))
        #expect(page.contains("noisy measurement"))
        #expect(!page.lowercased().contains("real data"))
        #expect(!page.contains(" real "))
    }

    @Test("landmarks, one first heading, and a name for every picture")
    func accessible() throws {
        let page = try page()
        for landmark in ["<header", "<nav aria-label", "<main", "<footer", "lang=\"en\"", "class=\"skip\""] {
            #expect(page.contains(landmark), "\(landmark)")
        }
        #expect(page.components(separatedBy: "<h1").count == 2)
        #expect(
            page.components(separatedBy: "<svg").count
                == page.components(separatedBy: "role=\"img\" aria-label=\"").count)
        let ids = page.components(separatedBy: " id=\"").dropFirst().map { $0.prefix { $0 != "\"" } }
        #expect(Set(ids).count == ids.count)
    }

    @Test("CSV of a chart quotes, and keeps a spreadsheet from reading a formula")
    func csv() throws {
        let chart = Chart(
            name: "", description: "", svg: "", header: ["a"], rows: [["=1+1"], ["-5"], ["x,\"y\""], ["@z"]])
        #expect(chart.csv == "a\n'=1+1\n-5\n\"x,\"\"y\"\"\"\n'@z\n")
    }

    @Test("metadata holds every column and quotes what it must")
    func metadata() throws {
        let model = try KnownTable(rows: 500).fit("independent", epsilon: 1)
        let files = try ModelMetadata(model, subject: subject).files()
        #expect(files.map(\.name) == ["data-dictionary.csv", "croissant.json", "dp_registry.yaml"])
        #expect(files[0].text.split(separator: "\n").count == 1 + 12)
        let croissant = try #require(
            JSONSerialization.jsonObject(with: Data(files[1].text.utf8)) as? [String: Any])
        let records = try #require(croissant["recordSet"] as? [[String: Any]])
        #expect((records[0]["field"] as? [Any])?.count == 4)
        let distribution = try #require(croissant["distribution"] as? [[String: Any]])
        #expect(distribution[0]["encodingFormat"] as? String == "application/x-parquet")
        #expect(files[2].text.contains("name: \"Trade <of> two & \\\"more\\\"\""))
        #expect(files[2].text.contains("epsilon: 1\n"))
        // What the registry's schema demands; `make metadata` holds the whole record against it.
        #expect(files[2].text.contains("variant_name: \"Approximate DP\"") || files[2].text.contains("\"Pure DP\""))
        #expect(files[2].text.contains("\n      delta: 1e-09\n      rho: ") || files[2].text.contains("\"Pure DP\""))
        for wrong in ["null", "sources: [", "registry_authors: []", "data_product_sector"] {
            #expect(!files[2].text.contains(wrong), "\(wrong)")
        }
    }

    @Test("a long label is cut between its words, onto as many lines as it may take; then it loses its middle")
    func labels() {
        #expect(Label("short", width: 26).lines == ["short"])
        let long = "Motor vehicles for the transport of persons, with a diesel engine"
        #expect(
            Label(long, width: 26, height: 3).lines
                == ["Motor vehicles for the", "transport of persons, with", "a diesel engine"])
        #expect(!Label(long, width: 26, height: 3).isShortened)
        let name = Label("StatisticsOffice_commodity_code_of_the_harmonised_system_2022", width: 34)
        #expect(name.isShortened && name.lines.count == 1 && name.lines[0].count <= 34)
        #expect(name.lines[0].hasPrefix("StatisticsOffice") && name.lines[0].hasSuffix("system_2022"))
        let word = Label(String(repeating: "x", count: 200), width: 20, height: 2)
        #expect(word.isShortened && word.lines.count == 2 && word.lines.allSatisfy { $0.count <= 20 })
        #expect(Label("", width: 5).lines == [""])
    }
}
