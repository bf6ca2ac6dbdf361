import Bytes
import Domains
import FittedModels
import Foundation
import PrivacyKernel
import Statistics
import Tables

/// What this is, what it is good for, and how far to trust it.
extension EvaluationPage {
    var summary: PageSection {
        let providers = subject.parties.filter { $0.role == "provider" }.map { HTML.escaped($0.name) }
        let makers =
            providers.isEmpty
            ? "The model file does not name who brought the tables; the task does."
            : "Joined from the private tables of \(Self.list(providers)); none of them has seen the other's."
        let spent = model.transcript.spent
        let releases = model.transcript.releases.count
        let scope = subject.unitScope.map { ": all rows that one key has " + HTML.escaped($0) } ?? ""
        let facts: [(String, String)] = [
            (
                "What it is",
                "Synthetic rows. No row stands for a person, firm or consignment; the rows follow noisy counts of "
                    + "the joined table, which was destroyed after the fit."
            ),
            ("Who made it", makers),
            (
                "Rows behind it",
                (evaluation.trust.isNoise
                    ? "Too few to tell from noise; "
                    : "About \(Figures.count(evaluation.total)) (itself an estimate from noisy counts); ")
                    + "\(evaluation.columns.count) \(evaluation.columns.count == 1 ? "column" : "columns")."
            ),
            (
                "Protection",
                "ε = \(Self.plain(model.plan.epsilon)), δ = \(Self.plain(model.plan.delta)): "
                    + HTML.escaped(subject.protection)
                    + ". Protected is \(HTML.escaped(subject.unit))\(scope); who stands behind many "
                    + "of these is protected less."
            ),
            (
                "Spent",
                spent.map {
                    "ε = \(Self.outward($0.epsilon)) for adding or removing one record, "
                        + "\(Self.outward($0.epsilonChangingOne)) for changing one, both at that δ; "
                        + "\(releases) \(releases == 1 ? "release" : "releases"). Sampling and this page add nothing."
                } ?? "Nothing: the model rests on no release."
            ),
            (
                "Method",
                "\(HTML.escaped(model.plan.method)), accounted as "
                    + "\(HTML.escaped(model.plan.accounting.rawValue)); budget: "
                    + Self.list(model.plan.steps.map { "\(HTML.escaped($0.name)) \(Figures.percent($0.share))" }) + "."
            ),
            (
                "Counted",
                model.plan.countedBy.map {
                    "By \(HTML.escaped(ShownText.line($0))). Who counts elsewhere is believed: it is no part of the kernel that "
                        + "adds noise."
                } ?? "In the process that added the noise."
            ),
            (
                "Task",
                model.taskDigest.map {
                    "<code class=\"digest\">\(HTML.escaped($0))</code> (SHA-256 that the parties signed)"
                }
                    ?? "No signed task: fitted from a local table."
            ),
        ]
        let promised = model.domain.rules.map { HTML.escaped(evaluation.names.abridged($0.description)) }
        let rules =
            promised.isEmpty
            ? [] : [("Rules", "Every row obeys, to the last digit: " + promised.joined(separator: "; ") + ".")]
        let body = (facts + rules).map { "<dt>\($0.0)</dt><dd>\($0.1)</dd>" }.joined()
        return PageSection(
            id: "what", title: "What this is",
            body:
                "<p class=\"headline\(evaluation.trust.isNoise ? " none" : "")\">\(evaluation.names.markup(sentence: evaluation.trust.headline))</p>"
                + "<dl class=\"facts\">\(body)</dl>")
    }

    /// The four uses of the UNECE starter guide on synthetic data for official statistics, and what the rows are not for.
    var uses: PageSection {
        let trust = evaluation.trust
        let body = trust.uses.map { use in
            let shown =
                switch use.verdict {
                case .yes: "✓ Yes"
                case .care: "△ With care"
                case .no: "✗ No"
                }
            return
                "<li class=\"use \(use.verdict.rawValue)\"><h3>\(use.name) <span class=\"verdict\">\(shown)</span></h3>"
                + "<p>\(evaluation.names.markup(sentence: use.words))</p></li>"
        }.joined()
        let warnings = trust.warnings.map { "<li>\(evaluation.names.markup(sentence: $0))</li>" }.joined()
        return PageSection(
            id: "uses", title: "Good for, and not",
            body: """
                <p>The four uses of synthetic data that UNECE names for official statistics, each judged by this model's own
                figures.</p><ul class="uses">\(body)</ul>
                <h3>Do not use the rows for</h3><ul class="not">\(warnings)</ul>
                """)
    }

    var graphSection: PageSection {
        let chart = Chart.measuredTogether(evaluation, parties: subject.parties.map(\.name))
        let isGraph = chart.name == "clique-graph"
        return PageSection(
            id: "graph", title: "What was measured together",
            body: (isGraph ? "" : "<p>\(HTML.escaped(chart.description)) The CSV has all of them.</p>")
                + figure(
                    chart,
                    caption: isGraph
                        ? "A line joins columns that were measured together; the wider, the stronger. Dashed lines cross from one "
                            + "party to another. Dotted: one column is a function of the other."
                        : "How strongly the synthetic rows tie what was measured together (Cramér’s V × 100)."))
    }

    /// The whole of each name that the page has no room for, once.
    var nameSection: PageSection {
        let names = evaluation.names
        let rows = names.shortened.map {
            "<div><dt><bdi>\(HTML.escaped(names.short[$0]))</bdi></dt><dd><bdi>\(HTML.escaped(names.full[$0]))</bdi></dd></div>"
        }
        return PageSection(
            id: "names", title: "Names in full",
            body:
                "<p>Names that are too long for a table lose their middle; here they are whole. On paper the list is cut after "
                + "twelve; the page has all.</p><dl class=\"names\">\(rows.joined())</dl>")
    }

    var calculator: PageSection {
        let options = evaluation.columns.map {
            "<option value=\"\($0.column)\">\(HTML.escaped(evaluation.names.short[$0.column]))</option>"
        }
        .joined()
        func choice(_ number: Int, _ label: String, isOptional: Bool) -> String {
            """
            <fieldset><legend>\(label)</legend>
            <label for="column\(number)">Column</label>
            <select id="column\(number)">\(isOptional ? "<option value=\"\">none</option>" : "")\(options)</select>
            <label for="value\(number)">Value</label><select id="value\(number)"></select></fieldset>
            """
        }
        return PageSection(
            id: "calculator", title: "How wrong can a count be?",
            body: """
                <p>Choose values of two columns, and a third as a filter if you like. You get the synthetic count and the 95 %
                interval of the true one, from what was measured.</p>
                <noscript><p>The calculator needs JavaScript; the tables above have the same figures.</p></noscript>
                <form id="calculator-form" class="calculator">
                \(choice(1, "First column", isOptional: false))\(choice(2, "Second column", isOptional: true))
                \(choice(3, "Filter", isOptional: true))
                </form>
                <output id="answer" for="column1 value1 column2 value2 column3 value3" aria-live="polite"></output>
                """)
    }

    /// Four decimals, never less than the figure.
    private static func outward(_ value: Double) -> String {
        Figures.decimal((value * 1e4 - 1e-6).rounded(.up) / 1e4, digits: 4)
    }

    static func list(_ parts: [String]) -> String {
        guard let last = parts.last, parts.count > 1 else { return parts.first ?? "" }
        return parts.dropLast().joined(separator: ", ") + " and " + last
    }

    static func table(_ header: [String], _ rows: [[String]], label: String) -> String {
        let head = header.map { "<th scope=\"col\">\(HTML.escaped($0))</th>" }.joined()
        let body = rows.map { row in
            "<tr>"
                + row.enumerated().map {
                    $0 == 0 ? "<th scope=\"row\">\(HTML.escaped($1))</th>" : "<td>\(HTML.escaped($1))</td>"
                }.joined() + "</tr>"
        }.joined()
        return "<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"\(HTML.escaped(label))\">"
            + "<table><thead><tr>\(head)</tr></thead><tbody>\(body)</tbody></table></div>"
    }
}
