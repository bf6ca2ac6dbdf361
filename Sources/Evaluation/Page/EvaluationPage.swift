import Crypto
import Domains
public import FittedModels
import Foundation
import Tables

/// The planner's page: one HTML file without a single reference to the network.
///
/// Everything on it is a function of the model file and of what the task says, so it costs no ε. Style and script are
/// constants of the program; the script is named by its digest in the page's content security policy, so nothing else
/// runs even if a text slipped through unescaped.
public struct EvaluationPage {
    let model: FittedModel
    let evaluation: ModelEvaluation
    let subject: EvaluationSubject

    /// Rows of the preview.
    static let previewRows = 50

    /// - Parameters:
    ///   - evaluation: of the same model.
    ///   - subject: what the task says beside the model.
    public init(_ model: FittedModel, evaluation: ModelEvaluation, subject: EvaluationSubject) {
        self.model = model
        self.evaluation = evaluation
        self.subject = subject
    }

    /// The look of the project's pages.
    public static let style = String(decoding: PackageResources.page_css, as: UTF8.self)

    /// The page, in UTF-8.
    public func html() throws -> String {
        let script = String(decoding: PackageResources.page_js, as: UTF8.self)
        let digest = Data(SHA256.hash(data: Data(script.utf8))).base64EncodedString()
        let policy =
            "default-src 'none'; style-src 'unsafe-inline'; img-src data:; script-src 'sha256-\(digest)'; "
            + "base-uri 'none'; form-action 'self'"
        let title = HTML.escaped(subject.title)
        let sections = try self.sections()
        return """
            <!DOCTYPE html>
            <html lang="en">
            <head>
            <meta charset="utf-8">
            <meta http-equiv="Content-Security-Policy" content="\(policy)">
            <meta name="viewport" content="width=device-width, initial-scale=1">
            <meta name="referrer" content="no-referrer">
            <title>\(title): how far to trust these synthetic rows</title>
            <style>\(Self.style)</style>
            </head>
            <body>
            <a class="skip" href="#main">Skip to the content</a>
            <header>
            <p class="mark">Entrepot · synthetic data</p>
            <h1>\(title)</h1>
            \(subject.purpose.map { "<p class=\"lead\">\(HTML.escaped($0))</p>" } ?? "")
            \(subject.warning.map { "<p class=\"warning\"><strong>\(HTML.escaped($0))</strong></p>" } ?? "")
            </header>
            <nav aria-label="Sections"><ul>
            \(sections.map { "<li><a href=\"#\($0.id)\">\($0.title)</a></li>" }.joined(separator: "\n"))
            </ul></nav>
            <main id="main">
            \(sections.map(\.html).joined(separator: "\n"))
            </main>
            <footer>
            <p>Made by <code>entrepot report</code> from the model file alone. Every figure on this page follows from what was
            released under ε = \(Self.plain(model.plan.epsilon)), so the page itself costs no further ε. “Noisy measurement”
            is what the privacy kernel released; nobody, this page included, has seen the figures before the noise.</p>
            </footer>
            <script type="application/json" id="data">\(try PageData(evaluation).json())</script>
            <script>\(script)</script>
            </body>
            </html>

            """
    }

    private func sections() throws -> [PageSection] {
        // Of one column there is no pair to draw.
        let pairs = model.domain.columns.count < 2 ? [] : [pairSection, graphSection]
        let names = evaluation.names.shortened.isEmpty ? [] : [nameSection]
        return [summary, uses, columnSection] + pairs + [
            calculator, try preview(), download, codeTabs, try dictionary(),
        ] + names + [citation]
    }

    /// A figure without a needless fraction.
    static func plain(_ value: Double) -> String {
        value == value.rounded() && abs(value) < 1e15 ? String(Int(value)) : String(value)
    }

    /// A chart with its data as CSV and as a table that can be opened.
    func figure(_ chart: Chart, caption: String, tableRows: Int = 400) -> String {
        let link = Self.link(chart.csv, type: "text/csv", name: chart.name + ".csv", text: "Data as CSV")
        let body = chart.rows.prefix(tableRows).map { row in
            "<tr>"
                + row.enumerated().map {
                    let isName = $0 == 0
                    let text = isName && !chart.hasNumbersAsNames ? $1 : Figures.spaced($1)
                    return isName
                        ? "<th scope=\"row\">\(HTML.escaped(text))</th>" : "<td>\(HTML.escaped(text))</td>"
                }
                .joined() + "</tr>"
        }.joined()
        let head = chart.header.map { "<th scope=\"col\">\($0.split(separator: "_").joined(separator: " "))</th>" }
            .joined()
        let cut =
            chart.rows.count > tableRows
            ? "<p>The first \(tableRows) of \(chart.rows.count) lines; the CSV has all.</p>" : ""
        return """
            <figure>\(chart.svg)<figcaption>\(caption) \(link)</figcaption>
            <details><summary>Table of this chart</summary>
            <div class="scroll" tabindex="0" role="region" aria-label="Table: \(HTML.escaped(chart.name))">
            <table><thead><tr>\(head)</tr></thead><tbody>\(body)</tbody></table></div>\(cut)</details></figure>
            """
    }

    /// A link that carries a file in itself.
    static func link(_ content: String, type: String, name: String, text: String) -> String {
        let data = Data(content.utf8).base64EncodedString()
        return
            "<a class=\"file\" download=\"\(HTML.escaped(name))\" href=\"data:\(type);charset=utf-8;base64,\(data)\">"
            + "\(HTML.escaped(text))</a>"
    }
}

/// A part of the page with a heading of its own.
struct PageSection {
    let id: String
    let title: String
    let body: String

    var html: String {
        "<section id=\"\(id)\" aria-labelledby=\"\(id)-title\"><h2 id=\"\(id)-title\">\(title)</h2>\n\(body)\n</section>"
    }
}
