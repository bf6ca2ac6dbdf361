import Bytes
import Domains
import FittedModels
import Foundation
import PDF
import PrivacyKernel
import Queries
import Tables
import Tasks

/// What a finished task reports: who took part, what was agreed, what each step cost, and what was released. All of it
/// is public among the parties and a function of the task, the ledger and the transcript.
struct TaskReport: Encodable {
    struct Party: Encodable {
        let name: String
        let role: String
        let fingerprint: String
        /// Commitment to the table that a provider confirmed.
        let table: String?
    }

    struct Privacy: Encodable {
        let epsilon: Double
        let delta: Double
        let unit: String
        let spentAddingOrRemovingOne: Double
        let spentChangingOne: Double?
        /// What each part of the budget paid for.
        let split: [MechanismPlan.Step]
    }

    /// How closely the synthetic rows agree with what a query released, in standard errors of the release.
    struct Agreement: Encodable {
        let query: String
        let figures: Int
        /// Root mean square over the figures.
        let typicalGap: Double
        /// The share of figures that are nearer than two.
        let withinTwo: Double
    }

    struct Software: Encodable {
        let evidenceFormat: String
        /// SHA-256 of the build manifest; the evidence beside the report holds the measurements.
        let buildManifest: String
    }

    struct Head: Encodable {
        let sequence: UInt64
        let hash: String
    }

    let task: String
    let purpose: String
    /// SHA-256 of the signed task.
    let taskDigest: String
    let parties: [Party]
    let privacy: Privacy
    /// Who counted the rows, where the task lists shards; absent where the service did.
    let countedBy: String?
    let queries: [QueryAnswer]
    /// Empty where the task makes no synthetic rows.
    let agreement: [Agreement]
    let ledger: Head
    let software: Software

    /// The bytes that are signed.
    func encoded() throws -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return [UInt8](try encoder.encode(self))
    }
}

extension TaskReport {
    /// The pages of the report for people.
    ///
    /// - Parameters:
    ///   - specification: the task, for what was read of whom.
    ///   - made: the moment at which the file is made.
    func pages(evidenceDigest: String, of specification: TaskSpecification, made: String) -> PDFPages {
        var pages = PDFPages(
            footer: "Task \(taskDigest)", watermark: "evidence \(evidenceDigest.prefix(32))")
        pages.heading(task, size: 18)
        pages.paragraph(purpose)
        pages.space(6)
        pages.paragraph(
            "This report was made and signed inside the service that read the tables. The key of its signature is named in "
                + "attestation evidence, which is attached as evidence.json and whose SHA-256 is the watermark of each page; "
                + "report.json, also attached, holds the same figures for machines. `entrepot verify` checks all of it without "
                + "the service.")
        if software.evidenceFormat == "simulated" {
            pages.paragraph(
                "SIMULATED EVIDENCE: it gives no confidentiality against the host of the service.", .bold)
        }
        pages.paragraph("Made \(made).")
        pages.heading("Task and parties")
        pages.list([
            ("task", taskDigest), ("evidence", evidenceDigest), ("build", software.buildManifest),
            ("ledger", "\(ledger.sequence), \(ledger.hash)"),
        ])
        for party in parties {
            pages.space(3)
            pages.paragraph("\(party.name), \(party.role)")
            pages.list([("key", party.fingerprint)] + (party.table.map { [("commitment", $0)] } ?? []))
        }
        pages.heading("Privacy")
        pages.paragraph(
            "One ε for the whole life of the task: \(privacy.epsilon), δ = \(privacy.delta), for \(privacy.unit). Spent: "
                + "\(PDFPages.short(privacy.spentAddingOrRemovingOne)) for adding or removing one"
                + (privacy.spentChangingOne.map { ", \(PDFPages.short($0)) for changing one." } ?? "."))
        for step in privacy.split {
            let percent = step.share * 100
            pages.bar(
                "\(PDFPages.short(percent)) %   \(step.name)", estimate: percent, lower: 0, upper: percent, scale: 100)
        }
        drawTables(of: specification, on: &pages)
        for answer in queries { answer.draw(on: &pages) }
        if !agreement.isEmpty {
            pages.heading("Synthetic rows beside the queries")
            pages.paragraph(
                "The model was conditioned on the same measurements. Figures made from its rows, for as many rows as the "
                    + "table has, against what the queries released:")
            for one in agreement {
                pages.paragraph(
                    "   \(one.query): \(one.figures) figures, \(PDFPages.short(100 * one.withinTwo)) % within two standard "
                        + "errors, typically \(PDFPages.short(one.typicalGap)) of them apart")
            }
        }
        return pages
    }
}

extension TaskReport {
    /// Columns of a fixed-width font that a column's name takes at most.
    private static let nameWidth = 72

    /// What was read of whom, and what became of it.
    private func drawTables(of specification: TaskSpecification, on pages: inout PDFPages) {
        pages.heading("What was read")
        for party in specification.providers {
            guard let table = party.table, let columns = try? TaskDescription.columns(of: table) else { continue }
            pages.space(3)
            pages.paragraph(
                "\(party.name), key \(table.key.columns.joined(separator: " | ")), which is compared and never released:",
                .bold)
            for column in columns {
                let name = ShownText.shortened(column.name, width: Self.nameWidth)
                pages.paragraph("\(name): \(column.words).", size: 7.5)
            }
            if columns.contains(where: { ShownText.width(of: ShownText.line($0.name)) > Self.nameWidth }) {
                pages.paragraph(
                    "Names that lose their middle here stand whole in the task, whose digest is above.", size: 7.5)
            }
        }
        if let countedBy {
            pages.paragraph(
                "The rows were counted by \(countedBy), whose measurements the task lists; they are believed. The service added "
                    + "up their tables and drew the noise.")
        }
        pages.heading("What became of the tables")
        pages.paragraph(
            TaskDescription.destruction
                + " The commitments above are to files that the service no longer has; their owners "
                + "can show with them which file they brought.")
    }
}

extension TaskReport.Agreement {
    /// - Parameter measured: what each query released.
    static func all(
        _ model: FittedModel, _ measured: [(query: String, sums: MeasuredSums)]
    ) throws -> [TaskReport.Agreement] {
        var gaps: [String: [Double]] = [:]
        var order: [String] = []
        for (query, sums) in measured {
            guard let found = try model.sums(of: sums) else { continue }
            if gaps[query] == nil { order.append(query) }
            let deviation = max(sums.variance, 1).squareRoot()
            gaps[query, default: []] += zip(found, sums.figures).map { ($0 - Double($1)) / deviation }
        }
        return order.map { query in
            let found = gaps[query] ?? []
            return TaskReport.Agreement(
                query: query, figures: found.count,
                typicalGap: (found.reduce(0) { $0 + $1 * $1 } / Double(max(found.count, 1))).squareRoot(),
                withinTwo: Double(found.filter { abs($0) < 2 }.count) / Double(max(found.count, 1)))
        }
    }
}

extension QueryAnswer {
    private static let shown = 40

    fileprivate func draw(on pages: inout PDFPages) {
        pages.heading("Query \(name): \(kind), price ε = \(epsilon)")
        if let flows {
            draw(flows, on: &pages)
        } else {
            let scale = figures.reduce(1e-9) { max($0, abs($1.upper ?? 0), abs($1.lower ?? 0), abs($1.estimate)) }
            for figure in figures.prefix(Self.shown) {
                let group = figure.group.map { $0.joined(separator: " | ") + ": " } ?? ""
                pages.bar(
                    "\(group)\(figure.quantity) \(PDFPages.short(figure.estimate)) \(PDFPages.interval(figure))",
                    estimate: figure.estimate, lower: figure.lower ?? figure.estimate,
                    upper: figure.upper ?? figure.estimate, scale: scale)
            }
            if figures.count > Self.shown { pages.paragraph("\(figures.count) figures in all; report.json has each.") }
        }
        for note in notes { pages.paragraph(note, size: 7.5) }
    }

    private func draw(_ flows: [FlowReconciliation], on pages: inout PDFPages) {
        let standing = flows.filter(\.isSignificant).count
        let ranked = flows.filter { $0.rank != nil }.sorted { ($0.rank ?? 0) < ($1.rank ?? 0) }.prefix(Self.shown)
        let scale = ranked.reduce(1e-9) {
            max($0, abs($1.difference.upper ?? 0), abs($1.difference.lower ?? 0))
        }
        pages.paragraph(
            "\(flows.count) groups by \(groupedBy.joined(separator: ", ")). Beyond noise and allowance differ \(standing), "
                + "marked * (95 % for all groups together). The largest, with imports less exports and its interval as a "
                + "bar (the line is 0, the width \(PDFPages.short(scale)) to either side):")
        for flow in ranked {
            let mark = flow.isSignificant ? " *" : ""
            pages.bar(
                "\(flow.rank ?? 0). \(flow.group.joined(separator: " | "))  z = \(PDFPages.short(flow.significance))\(mark)",
                estimate: flow.difference.estimate, lower: flow.difference.lower ?? flow.difference.estimate,
                upper: flow.difference.upper ?? flow.difference.estimate, scale: scale)
            var line = "      exports \(PDFPages.short(flow.exports.estimate)) \(PDFPages.interval(flow.exports)), "
            line += "imports \(PDFPages.short(flow.imports.estimate)) \(PDFPages.interval(flow.imports))"
            pages.paragraph(line, size: 7.5)
            if let ratio = flow.ratio {
                var line = "      ratio \(PDFPages.short(ratio.estimate)) \(PDFPages.interval(ratio))"
                if let points = flow.meanLogPoints {
                    line += ", mean log points \(PDFPages.short(points.estimate)) \(PDFPages.interval(points))"
                }
                pages.paragraph(line, size: 7.5)
            }
        }
    }
}

extension PDFPages {
    /// Four figures that matter; millions and billions by their names.
    static func short(_ value: Double) -> String {
        for (unit, name) in [(1e9, "billion"), (1e6, "million")] where abs(value) >= unit && abs(value) < 1e12 {
            return String(format: "%.4g", value / unit) + " \(name)"
        }
        return String(format: "%.4g", value)
    }

    static func interval(_ figure: NoisyFigure) -> String {
        guard let lower = figure.lower, let upper = figure.upper else { return "[no interval]" }
        return "[\(short(lower)), \(short(upper))]"
    }
}
