import Domains
import FittedModels
import Foundation
import Tables

/// How to get rows, read them and name them.
extension EvaluationPage {
    func preview() throws -> PageSection {
        let block = try RowSampler(model, seed: 1).rows(0..<UInt64(Self.previewRows))
        let columns = model.domain.columns
        let rows = (0..<block.rowCount).map { row in
            [String(row + 1)]
                + columns.indices.map { block.text(row: row, column: $0, of: columns[$0]) }
        }
        return PageSection(
            id: "rows", title: "First \(Self.previewRows) rows",
            body: "<p>Synthetic, seed 1. The same seed gives the same rows, however many you ask for.</p>"
                + Self.table(["row"] + evaluation.names.short, rows, label: "First rows"))
    }

    var download: PageSection {
        let body: String
        switch subject.source {
        case .service:
            body = """
                <form action="samples" method="get" class="download">
                <label for="num_samples">Rows</label>
                <input id="num_samples" name="num_samples" type="number" min="1" max="10000000" value="\(max(1, min(model.rowCount, 1_000_000)))" required>
                <label for="seed">Seed</label><input id="seed" name="seed" type="number" min="0" value="1" required>
                <label for="format">Format</label>
                <select id="format" name="format"><option>csv</option><option>json</option><option>ndjson</option><option>arrow</option><option>parquet</option></select>
                <button type="submit">Download</button></form>
                <p>Rows cost no ε: ask for as many as you like. Note the seed, and anybody gets the same rows again.</p>
                """
        case .file(let name):
            body = """
                <p>Rows are drawn from the model file on your own machine. They cost no ε: draw as many as you like.</p>
                <form class="download" id="command-form">
                <label for="num_samples">Rows</label>
                <input id="num_samples" type="number" min="1" value="\(max(1, min(model.rowCount, 1_000_000)))">
                <label for="seed">Seed</label><input id="seed" type="number" min="0" value="1">
                <label for="format">Format</label>
                <select id="format"><option>csv</option><option>json</option><option>ndjson</option><option>arrow</option><option>parquet</option></select></form>
                <pre tabindex="0"><code id="command" data-model="\(HTML.escaped(Self.shellQuoted(name)))">\(HTML.escaped(sampleCommand(name)))</code></pre>
                """
        }
        return PageSection(id: "download", title: "Get rows", body: body)
    }

    private func sampleCommand(_ name: String) -> String {
        "entrepot sample \(Self.shellQuoted(name)) --rows \(max(1, min(model.rowCount, 1_000_000))) --seed 1"
            + " --format csv --output samples.csv"
    }

    private static func shellQuoted(_ text: String) -> String {
        let isPlain =
            !text.isEmpty
            && text.unicodeScalars.allSatisfy {
                $0.isASCII
                    && ($0.properties.isAlphabetic || $0.properties.numericType != nil
                        || "._-/".unicodeScalars.contains($0))
            }
        return isPlain
            ? text : "'" + text.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "'\\''") + "'"
    }

    var codeTabs: PageSection {
        let texts = model.domain.columns.filter { $0.type == .string }.map(\.name)
        let place: String
        let fetch: String
        switch subject.source {
        case .service:
            place = "http://127.0.0.1:3030/samples?format=csv&num_samples=100000&seed=1"
            fetch = "curl -o samples.csv '\(place)'"
        case .file(let name):
            place = "samples.csv"
            fetch = "entrepot sample \(Self.shellQuoted(name)) --rows 100000 --seed 1 --output samples.csv"
        }
        let python = texts.map { "    \(Self.quoted($0)): \"string\",\n" }.joined()
        let r = texts.map { "    \(Self.backticked($0)) = \"c\"" }.joined(separator: ",\n")
        let duck = texts.map { "'\(Self.doubled($0, "'"))': 'VARCHAR'" }.joined(separator: ", ")
        let power = texts.map { "{\"\(Self.doubled($0, "\""))\", type text}" }.joined(separator: ", ")
        let excelSource =
            place.hasPrefix("http") ? "Web.Contents(\"\(place)\")" : "File.Contents(\"C:\\Users\\you\\samples.csv\")"
        let tabs: [(String, String)] = [
            ("curl", fetch),
            (
                "Python",
                // A value such as NA is a text here, and only an empty cell is missing.
                "import pandas as pd\n\nrows = pd.read_csv(\n  \"\(place)\",\n  dtype={\n\(python)  },\n"
                    + "  keep_default_na=False, na_values=[\"\"],\n)"
            ),
            (
                "R",
                "rows <- readr::read_csv(\n  \"\(place)\",\n  col_types = readr::cols(\n\(r)\n  ),\n  na = \"\"\n)"
            ),
            (
                "DuckDB",
                (place.hasPrefix("http") ? "-- reads the file that the first tab fetches\n" : "")
                    + "SELECT * FROM read_csv('samples.csv', header = true\(duck.isEmpty ? "" : ", types = {\(duck)}"));"
            ),
            (
                "Excel",
                "let\n  Source = Csv.Document(\(excelSource), [Delimiter = \",\", Encoding = 65001]),\n"
                    + "  Headed = Table.PromoteHeaders(Source, [PromoteAllScalars = true]),\n"
                    + "  Typed = Table.TransformColumnTypes(Headed, {\(power)}, \"en-US\")\nin\n  Typed"
            ),
        ]
        let panels = tabs.enumerated().map { index, tab in
            "<div class=\"panel\" id=\"panel\(index)\"><h3>\(tab.0)</h3><pre tabindex=\"0\"><code>\(HTML.escaped(tab.1))</code></pre>"
                + (tab.0 == "Excel"
                    ? "<p>Data › Get Data › Blank Query › Advanced Editor. Opening the CSV by double click would drop leading zeros of codes.</p>"
                    : "")
                + "</div>"
        }.joined()
        return PageSection(
            id: "code", title: "Read the rows",
            body: (place.hasPrefix("http")
                ? "<p>The address is that of <code>entrepot connect</code>, which checks the service's evidence first. If you gave "
                    + "it another <code>--listen</code>, write that in place of 127.0.0.1:3030 (this page does so by itself when it "
                    + "is open there).</p>"
                : "")
                + "<div class=\"tabs\" id=\"tabs\">\(panels)</div>")
    }

    func dictionary() throws -> PageSection {
        let dictionary = DataDictionary(model.domain)
        let links = [
            Self.link(dictionary.csv, type: "text/csv", name: "data-dictionary.csv", text: "Data dictionary as CSV"),
            Self.link(
                try Croissant(model, subject: subject).json(), type: "application/ld+json", name: "croissant.json",
                text: "Croissant (JSON-LD)"),
            Self.link(
                RegistryRecord(model, subject: subject).yaml, type: "application/yaml", name: "dp_registry.yaml",
                text: "Deployments Registry record (YAML)"),
        ]
        return PageSection(
            id: "dictionary", title: "Data dictionary",
            body: Self.table(
                ["Column", "Type", "Values", "Missing"],
                dictionary.entries.map { [$0.name, $0.type, $0.values, $0.missing] },
                label: "Columns and what they hold")
                + "<p>\(links.joined(separator: " · "))</p>")
    }

    var citation: PageSection {
        let makers = subject.parties.filter { $0.role == "provider" }.map(\.name)
        let who = makers.isEmpty ? "Unnamed data providers" : makers.joined(separator: "; ")
        let year = subject.date.map { String($0.prefix(4)) } ?? "n.d."
        let text =
            "\(who) (\(year)). \(subject.title): synthetic rows [data set]. Fitted with Entrepot, method "
            + "\(model.plan.method), differential privacy ε = \(Self.plain(model.plan.epsilon)), δ = "
            + "\(Self.plain(model.plan.delta)). Seed and number of rows: as drawn."
            + (model.taskDigest.map { " Task SHA-256 \($0)." } ?? "")
        return PageSection(
            id: "cite", title: "How to cite",
            body: "<p>Say that the rows are synthetic, and name ε, the seed and the number of rows.</p>"
                + "<blockquote>\(HTML.escaped(text))</blockquote>")
    }

    /// A text as Python writes it; JSON's strings are Python's.
    private static func quoted(_ text: String) -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = .withoutEscapingSlashes
        return (try? encoder.encode(text)).map { String(decoding: $0, as: UTF8.self) } ?? "\"\""
    }

    private static func backticked(_ text: String) -> String {
        "`\(text.replacingOccurrences(of: "\\", with: "\\\\").replacingOccurrences(of: "`", with: "\\`"))`"
    }

    private static func doubled(_ text: String, _ quote: Character) -> String {
        text.split(separator: quote, omittingEmptySubsequences: false).joined(separator: "\(quote)\(quote)")
    }
}
