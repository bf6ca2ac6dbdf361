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
                "About \(Figures.count(evaluation.total)) (itself an estimate from noisy counts); "
                    + "\(evaluation.columns.count) columns."
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
                        + "\(model.transcript.releases.count) releases. Sampling and this page add nothing."
                } ?? "Nothing: the model rests on no release."
            ),
            (
                "Method",
                "\(HTML.escaped(model.plan.method)), accounted as "
                    + "\(HTML.escaped(model.plan.accounting.rawValue)); budget: "
                    + Self.list(model.plan.steps.map { "\(HTML.escaped($0.name)) \(Figures.percent($0.share))" }) + "."
            ),
            (
                "Task",
                model.taskDigest.map {
                    "<code class=\"digest\">\(HTML.escaped($0))</code> (SHA-256 that the parties signed)"
                }
                    ?? "No signed task: fitted from a local table."
            ),
        ]
        let body = facts.map { "<dt>\($0.0)</dt><dd>\($0.1)</dd>" }.joined()
        return PageSection(id: "what", title: "What this is", body: "<dl class=\"facts\">\(body)</dl>")
    }

    /// The four uses of the UNECE starter guide on synthetic data for official statistics.
    var uses: PageSection {
        let rows: [(String, String, String, String)] = [
            (
                "Testing analyses", "yes", "✓ Yes",
                "Write and debug code, choose variables and models, find out whether a "
                    + "question can be answered. Check the error of every count below before you believe it."
            ),
            ("Education", "yes", "✓ Yes", "Teach with rows that look and behave like the source, without its secrets."),
            (
                "Testing technology", "yes", "✓ Yes",
                "Types, code lists, sizes and missing values are as declared; ask for as "
                    + "many rows as a load test needs."
            ),
            (
                "Release to the public", "care", "△ With care",
                "The rows may be published under the ε above. Findings from "
                    + "them may not be published as facts: ask the owners for a validated answer. Small groups and pairs "
                    + "marked “not measured” carry no finding at all."
            ),
        ]
        let body = rows.map {
            "<li class=\"use \($0.1)\"><h3>\($0.0) <span class=\"verdict\">\($0.2)</span></h3><p>\($0.3)</p></li>"
        }.joined()
        return PageSection(
            id: "uses", title: "Good for, and not",
            body:
                "<p>The four uses of synthetic data that UNECE names for official statistics.</p><ul class=\"uses\">\(body)</ul>"
        )
    }

    var columnSection: PageSection {
        let ordered =
            evaluation.worstColumns + evaluation.columns.filter { $0.measurement == nil }
        let articles = ordered.map { fit -> String in
            let chart = Chart.column(fit, in: evaluation)
            let verdict: String
            if let distance = fit.totalVariation, let noise = fit.expectedNoise, let coverage = fit.coverage {
                verdict =
                    "Total variation between noisy measurement and synthetic rows \(Figures.percent(distance)); noise alone "
                    + "makes about \(Figures.percent(noise)). \(Figures.percent(coverage)) of the synthetic counts lie inside "
                    + "the 95 % interval of the noisy one."
            } else {
                verdict = "Not measured: the shares are what the model assumes."
            }
            let derived =
                fit.parent.map {
                    " A function of <em>\(HTML.escaped(evaluation.columns[$0].name))</em>, so it cost nothing."
                }
                ?? ""
            return "<article><h3>\(HTML.escaped(fit.name))</h3><p>\(verdict)\(derived)</p>"
                + figure(chart, caption: "Bars: synthetic. Dots with 95 % whiskers: noisy measurement.") + "</article>"
        }.joined()
        return PageSection(
            id: "columns", title: "Column by column",
            body: """
                <p class="key"><span class="swatch s-synthetic"></span> synthetic rows
                <span class="swatch s-noisy"></span> noisy measurement with its 95 % whisker. Where the dot's whisker does not
                reach the end of the bar, the synthetic rows leave what was measured. The column that noise explains least
                comes first.</p>\(articles)
                """)
    }

    var pairSection: PageSection {
        let unmeasured = evaluation.pairs.count { $0.basis == .unmeasured }
        return PageSection(
            id: "pairs", title: "Pairs of columns",
            body: """
                <p>\(evaluation.pairs.count - unmeasured) of \(evaluation.pairs.count) pairs rest on a measurement.
                \(unmeasured > 0 ? "The \(unmeasured) hatched pairs were <strong>never measured together</strong>: what ties "
                    + "them in the synthetic rows is an assumption, namely that columns are independent given those they "
                    + "were measured with." : "")</p>
                \(figure(.pairMatrix(evaluation), caption: "Below the diagonal: strength of the association in the synthetic "
                    + "rows (Cramér’s V × 100). Above: total variation between noisy and synthetic table, in per cent. "
                    + "Hatched: not measured."))
                """)
    }

    var graphSection: PageSection {
        let parties = subject.parties.map(\.name)
        return PageSection(
            id: "graph", title: "What was measured together",
            body: figure(
                .cliqueGraph(evaluation, parties: parties),
                caption:
                    "A line joins columns that were measured together; the wider, the stronger. Dashed lines cross from one "
                    + "party to another. Dotted: one column is a function of the other."))
    }

    var worstSection: PageSection {
        let pairs = evaluation.worstPairs.prefix(10).map { pair in
            [
                "\(evaluation.columns[pair.first].name) × \(evaluation.columns[pair.second].name)",
                pair.totalVariation.map(Figures.percent) ?? "", pair.expectedNoise.map(Figures.percent) ?? "",
                pair.isAboveNoise ? "more than noise explains" : "within noise",
            ]
        }
        let columns = evaluation.worstColumns.prefix(5).map { fit in
            [
                fit.name, fit.totalVariation.map(Figures.percent) ?? "", fit.expectedNoise.map(Figures.percent) ?? "",
                fit.excess > NoiseInterval.normalQuantile * (fit.noiseDeviation ?? 0)
                    ? "more than noise explains" : "within noise",
            ]
        }
        return PageSection(
            id: "worst", title: "Worst first",
            body: """
                <p>Where the synthetic rows leave the noisy measurement furthest beyond what noise alone makes.</p>
                \(Self.table(["Pair", "Total variation", "Noise alone", "Verdict"], pairs, label: "Worst pairs"))
                \(Self.table(["Column", "Total variation", "Noise alone", "Verdict"], columns, label: "Worst columns"))
                """)
    }

    var calculator: PageSection {
        let options = evaluation.columns.map { "<option value=\"\($0.column)\">\(HTML.escaped($0.name))</option>" }
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
