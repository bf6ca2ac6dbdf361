import Domains
import FittedModels
import Foundation
import Statistics
import Tables

/// The noisy measurement beside the rows, figure by figure, the greatest harm first.
extension EvaluationPage {
    /// Columns with charts that are open; the others can be opened.
    private static let openCharts = 6
    /// Lines of a table of pairs.
    private static let shownPairs = 20

    var columnSection: PageSection {
        let trust = evaluation.trust
        let ordered = evaluation.columns.sorted {
            (trust.columnHarms[$0.column]?.size ?? 2, $1.column) > (trust.columnHarms[$1.column]?.size ?? 2, $0.column)
        }
        // Shares of a total that is noise are no shares: their charts would show nothing but accident.
        let articles = trust.isNoise ? [] : ordered.map(article)
        let open = articles.prefix(Self.openCharts).joined()
        let rest = articles.dropFirst(Self.openCharts)
        let more =
            rest.isEmpty
            ? ""
            : "<details class=\"more\"><summary>Charts of the other \(rest.count) columns</summary>\(rest.joined())</details>"
        return PageSection(
            id: "columns", title: "Column by column",
            body: """
                <p>In each field the <span class="n">noisy measurement</span> stands above and the <span class="r">synthetic
                rows</span> below. Behind the measurement stands from where to where <strong>the joined table’s own
                figure</strong> lies in at least 95 of 100 cases: noise, and whatever the bins can hide. \(IntervalCoverage.words)
                The range says nothing about a population that the table is a sample of. The column whose worst figure does
                most harm comes first.</p>
                \(beyondNoise)
                \(columnTable(ordered))
                <p class="key"><span class="swatch s-synthetic"></span> synthetic rows
                <span class="swatch s-noisy"></span> noisy measurement with its 95 % whisker. Where the dot's whisker does not
                reach the end of the bar, the synthetic rows leave what was measured.</p>\(open)\(more)
                """)
    }

    /// Where the rows leave what was measured by more than noise explains.
    private var beyondNoise: String {
        let columns = evaluation.worstColumns.filter {
            $0.excess > NoiseInterval.normalQuantile * ($0.noiseDeviation ?? 0)
        }
        let pairs = evaluation.worstPairs.filter(\.isAboveNoise)
        guard !columns.isEmpty || !pairs.isEmpty else {
            return "<p>No column and no measured pair leaves its measurement by more than noise explains.</p>"
        }
        let names =
            columns.prefix(5).map { evaluation.names.markup($0.column) }
            + pairs.prefix(5).map { evaluation.names.markup($0.first, $0.second) }
        let counts = [(columns.count, "column"), (pairs.count, "pair")].filter { $0.0 > 0 }
            .map { "\($0) \($1)\($0 == 1 ? "" : "s")" }
        return
            "<p>More than noise explains lies between measurement and rows of \(counts.joined(separator: " and ")): "
            + "\(names.joined(separator: "; "))\(names.count < columns.count + pairs.count ? " and others" : "").</p>"
    }

    private func columnTable(_ ordered: [ColumnFit]) -> String {
        let harms = evaluation.trust.columnHarms
        let rows = ordered.map { fit -> [String] in
            let column = model.domain.columns[fit.column]
            let summary = evaluation.summaries[fit.column]
            let isDate = column.type == .date
            let quartiles = summary?.quartiles ?? []
            func quartile(_ place: Int) -> String {
                quartiles.indices.contains(place)
                    ? Self.compared(quartiles[place], { isDate ? Self.date($0) : Figures.short($0) }) : "–"
            }
            return [
                evaluation.names.markup(fit.column), summary?.mean.map { Self.compared($0, Figures.short) } ?? "–",
                quartile(0),
                quartile(1), quartile(2),
                fit.missing(of: column, total: max(evaluation.total, 1)).map { Self.compared($0, Figures.percent) }
                    ?? "none",
                HTML.escaped(harms[fit.column]?.words ?? "not measured: the model assumes it"),
            ]
        }
        return Self.markedTable(
            ["Column", "Mean", "First quartile", "Median", "Third quartile", "Missing", "Worst of it"], rows,
            label: "Figures of each column")
    }

    private func article(_ fit: ColumnFit) -> String {
        let chart = Chart.column(fit, in: evaluation)
        let verdict: String
        if let distance = fit.totalVariation, let noise = fit.expectedNoise, let coverage = fit.coverage {
            let isNoise = noise > 0.5
            verdict =
                isNoise
                ? "Noise alone is larger than what could have been measured: these shares are accident."
                : "Shares differ by \(Figures.percent(min(1, distance))) of the rows (total variation); noise alone makes about "
                    + "\(Figures.percent(noise)). \(Figures.percent(coverage)) of the synthetic counts lie inside the 95 % interval "
                    + "of the noisy one."
        } else {
            verdict = "Not measured: the shares are what the model assumes."
        }
        let derived =
            fit.parent.map {
                " A function of <em>\(evaluation.names.markup($0))</em>, so it cost nothing."
            } ?? ""
        return "<article><h3>\(evaluation.names.markup(fit.column))</h3><p>\(verdict)\(derived)\(binWords(fit))</p>"
            + figure(chart, caption: "Bars: synthetic. Dots with 95 % whiskers: noisy measurement.") + "</article>"
    }

    /// What the bins of a column hide, in words.
    private func binWords(_ fit: ColumnFit) -> String {
        guard let summary = evaluation.summaries[fit.column], summary.isBinned, let fullest = summary.fullest else {
            return ""
        }
        let isDate = model.domain.columns[fit.column].type == .date
        let isFine = model.differences.contains { $0.isAlone && $0.column == fit.column }
        func edge(_ value: Double) -> String { isDate ? Self.date(value) : Figures.short(value) }
        let width = fullest.upper - fullest.lower
        let unit = isDate ? " days" : ""
        let alone = summary.cells.single
        let single = alone == 0 ? "" : alone == 1 ? " and one value of its own" : " and \(alone) values of their own"
        return
            " It was counted in \(summary.cells.bins) bins\(single). The bin with most rows, \(Figures.percent(fullest.share)) of them, goes from "
            + "\(HTML.escaped(edge(fullest.lower))) to \(HTML.escaped(edge(fullest.upper))) (\(HTML.escaped(Figures.short(width)))\(unit) "
            + "wide); \(isFine ? "inside full bins it was counted on finer intervals" : "where inside a bin a value lies was not measured")."
    }

    var pairSection: PageSection {
        let unmeasured = evaluation.pairs.count { $0.basis == .unmeasured }
        let isCut = evaluation.columns.count > Chart.matrixColumns
        return PageSection(
            id: "pairs", title: "Pairs of columns",
            body: """
                <p>\(Figures.count(Double(evaluation.pairs.count - unmeasured))) of
                \(Figures.count(Double(evaluation.pairs.count))) pairs rest on a measurement or a rule.
                \(unmeasured > 0 ? "The \(Figures.count(Double(unmeasured))) hatched pairs were <strong>never measured together</strong>: what ties "
                    + "them in the synthetic rows is an assumption, namely that columns are independent given those they "
                    + "were measured with." : "")</p>
                \(pairTable)
                \(figure(.pairMatrix(evaluation), caption: (isCut ? "The \(Chart.matrixColumns) columns with the strongest ties; the CSV has every pair. " : "")
                    + "Below the diagonal: strength of the association in the synthetic "
                    + "rows (Cramér’s V × 100). Above: total variation between noisy and synthetic table, in per cent. "
                    + "Hatched: not measured."))
                """)
    }

    /// The strongest pairs and those with most harm.
    private var pairTable: String {
        let trust = evaluation.trust
        func harm(_ pair: PairFit) -> Double {
            trust.pairHarms[RowTrust.PairKey(first: pair.first, second: pair.second)]?.size ?? 0
        }
        let candidates = evaluation.pairs.filter { $0.basis != .derived }
        let strong = candidates.sorted { ($0.strength, $1.first, $1.second) > ($1.strength, $0.first, $0.second) }
            .prefix(Self.shownPairs)
        let worst = evaluation.worstPairs.prefix(5).filter { pair in
            !strong.contains { $0.first == pair.first && $0.second == pair.second } && pair.basis != .derived
        }
        let chosen = (Array(strong) + worst).sorted {
            (harm($0), $1.first, $1.second) > (harm($1), $0.first, $0.second)
        }
        guard !chosen.isEmpty else { return "" }
        let rows = chosen.map { pair -> [String] in
            let key = RowTrust.PairKey(first: pair.first, second: pair.second)
            let summary = evaluation.pairSummaries[key]
            let words: String
            switch pair.basis {
            case .unmeasured: words = "never measured together: an assumption"
            case .rule: words = "a rule ties them in every row"
            case .measured, .correlation, .derived:
                words =
                    trust.pairHarms[key]?.words
                    ?? (pair.basis == .correlation
                        ? "only their correlation was measured" : "their difference was measured")
            }
            let noRatio = summary?.hasSigns == true ? "none: values may be below 0" : "–"
            return [
                evaluation.names.markup(pair.first, pair.second),
                Figures.decimal(100 * pair.strength, digits: 0),
                summary.map { Self.correlation($0) } ?? "–",
                summary?.ratioOfTotals.map { Self.compared($0, Figures.short) } ?? noRatio,
                summary?.middleRatio.map { Self.compared($0, Figures.short) } ?? noRatio, HTML.escaped(words),
            ]
        }
        return Self.markedTable(
            [
                "The strongest pairs", "V × 100", "Correlation", "Ratio of totals",
                "Ratio that half of the rows are below", "Worst of it",
            ],
            rows, label: "Figures of the strongest pairs")
    }

    /// Over the groups that were measured, and of the rows as they are.
    private static func correlation(_ summary: PairSummary) -> String {
        let whole = Figures.decimal(summary.correlationOfRows, digits: 2)
        guard let figure = summary.correlation else { return "rows \(whole)" }
        return compared(figure) { Figures.decimal($0, digits: 2) } + " (\(whole) ungrouped)"
    }

    /// The noisy figure, with the range of the table's own, above that of the rows.
    private static func compared(_ figure: ComparedFigure, _ shown: (Double) -> String) -> String {
        let range =
            figure.range.map {
                "<br class=\"range\"> <small>\(HTML.escaped(shown($0.lowerBound))) to \(HTML.escaped(shown($0.upperBound)))</small>"
            }
            ?? "<br class=\"range\"> <small>no interval</small>"
        let noisy = figure.noisy.map { HTML.escaped(shown($0)) + range } ?? "not known"
        let mark = figure.isBeyondNoise ? " class=\"beyond\"" : ""
        return
            "<span\(mark)><span class=\"n\">\(noisy)</span><br><span class=\"r\">\(HTML.escaped(shown(figure.rows)))</span></span>"
    }

    /// Days since 1970-01-01 as a date.
    private static func date(_ day: Double) -> String {
        String(
            ISO8601DateFormatter.string(
                from: Date(timeIntervalSince1970: day.rounded(.down) * 86_400), timeZone: .gmt,
                formatOptions: .withFullDate))
    }

    /// A table whose cells are markup already.
    static func markedTable(_ header: [String], _ rows: [[String]], label: String) -> String {
        let head = header.map { "<th scope=\"col\">\(HTML.escaped($0))</th>" }.joined()
        let body = rows.map { row in
            "<tr>" + row.enumerated().map { $0 == 0 ? "<th scope=\"row\">\($1)</th>" : "<td>\($1)</td>" }.joined()
                + "</tr>"
        }.joined()
        return "<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"\(HTML.escaped(label))\">"
            + "<table class=\"compared\"><thead><tr>\(head)</tr></thead><tbody>\(body)</tbody></table></div>"
    }
}
