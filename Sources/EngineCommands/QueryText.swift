import Bytes
import Foundation
import PrivacyKernel
package import Queries

/// A forecast as a person reads it.
package struct ForecastText {
    package let text: String

    package init(_ forecast: QueryForecast) {
        let percent = (forecast.share * 1000).rounded() / 10
        var lines = [
            "\(forecast.name) (\(forecast.kind)): \(percent) % of the task's budget (price \(forecast.epsilon) of its ε)"
                + (forecast.alone.map {
                    "; by itself (ε = \(Self.outward($0.epsilon)), δ = \($0.delta))"
                } ?? ""),
            "  \(Counted.of(forecast.groups, "group")); nothing is spent by this forecast",
        ]
        lines += Self.errors(forecast)
        text = lines.joined(separator: "\n")
    }

    /// The same of a request, whose price is ε of its own.
    package init(ofRequest forecast: QueryForecast) {
        let price =
            "\(forecast.name) (\(forecast.kind)): price \(forecast.epsilon) of the task's part for requests, "
            + "\(Counted.of(forecast.groups, "group"))"
        text = ([price] + Self.errors(forecast)).joined(separator: "\n")
    }

    private static func errors(_ forecast: QueryForecast) -> [String] {
        forecast.parts.map { part in
            "  \(part.quantity): standard error \(AnswerText.short(part.standardError)), "
                + "95 % within ± \(AnswerText.short(part.halfWidth))"
        }
    }

    /// Three decimals, never less than the figure.
    private static func outward(_ value: Double) -> String { String(format: "%.3f", (value * 1e3).rounded(.up) / 1e3) }
}

/// An answer as a person reads it.
package struct AnswerText {
    package let text: String

    /// - Parameter limit: how many groups are listed.
    package init(_ answer: QueryAnswer, limit: Int = 40) {
        var lines = [
            "\(answer.name) (\(answer.kind)), price \(answer.epsilon) of ε, intervals at \(Int(answer.confidence * 100)) %"
        ]
        if let flows = answer.flows {
            lines += Self.lines(flows, limit: limit)
        } else {
            for figure in answer.figures.prefix(limit) {
                let group = figure.group.map { $0.joined(separator: " | ") + ": " } ?? ""
                lines.append("  \(group)\(figure.quantity) \(Self.short(figure.estimate)) \(Self.interval(figure))")
            }
            if answer.figures.count > limit { lines.append("  … \(answer.figures.count) in all; --json has every one") }
        }
        // The answer may be anybody's: none of its words makes a line of its own.
        text = (lines + answer.notes.map { "  Note: \($0)" }).map(ShownText.line).joined(separator: "\n")
    }

    private static func lines(_ flows: [FlowReconciliation], limit: Int) -> [String] {
        let ranked = flows.filter { $0.rank != nil }.sorted { ($0.rank ?? 0) < ($1.rank ?? 0) }
        var lines = [
            "  \(Counted.of(flows.count, "group")); \(flows.filter(\.isSignificant).count) beyond noise and allowance (family-wise 95 %)"
        ]
        for flow in ranked.prefix(limit) {
            var line =
                "  \(flow.rank ?? 0). \(flow.group.joined(separator: " | ")): exports \(short(flow.exports.estimate)),"
            line += " imports \(short(flow.imports.estimate)), z = \(short(flow.significance))"
            line += flow.isSignificant ? " *" : ""
            if let ratio = flow.ratio { line += ", ratio \(short(ratio.estimate)) \(interval(ratio))" }
            if let points = flow.meanLogPoints { line += ", log points \(short(points.estimate)) \(interval(points))" }
            lines.append(line)
        }
        return lines
    }

    private static func interval(_ figure: NoisyFigure) -> String {
        guard let lower = figure.lower, let upper = figure.upper else { return "[no interval]" }
        return "[\(short(lower)), \(short(upper))]"
    }

    /// Four figures that matter.
    static func short(_ value: Double) -> String { String(format: "%.4g", value) }
}
