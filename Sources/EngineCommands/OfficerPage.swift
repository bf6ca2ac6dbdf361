import Domains
import Foundation
import Tables
import Tasks

/// A task for a privacy officer: one page in plain words, every figure derived from the task.
struct OfficerPage {
    private let task: TaskSpecification
    private let description: TaskDescription
    private let readings: TaskWords.Readings

    /// - Throws: if no plan can be made of the task.
    init(_ task: TaskSpecification) throws {
        self.task = task
        (description, readings) = try TaskWords.description(task)
    }

    /// What somebody is at most sure of afterwards who was so sure before, both between 0 and 1.
    ///
    /// - Parameter times: over so many tasks of the same privacy, about the same people.
    private static func after(_ prior: Double, _ reading: TaskDescription.Reading, times: Double = 1) -> Double {
        let odds = prior / (1 - prior) * pow(reading.percent / (100 - min(reading.percent, 99.9999)), times)
        return odds / (1 + odds)
    }

    private static func percent(_ share: Double) -> String { "\(TaskDescription.shown(percent: share * 100)) %" }

    func html() throws -> String {
        """
        <!doctype html>
        <html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
        <title>Task \(Self.escaped(task.name)): what a privacy officer should know</title>
        <style>\(Self.style)</style></head><body><main>
        <h1>Task \(Self.escaped(task.name)): what a privacy officer should know</h1>
        <p>\(Self.escaped(task.purpose))</p>
        \(summary)
        \(learnt)
        \(try tables())
        \(questions)
        \(details)
        <footer><p>Every figure on this page is computed from the task whose SHA-256 is <code>\(task.digest.hex)</code>.
        <code>entrepot task digest</code> prints the same for the same file.</p></footer>
        </main></body></html>

        """
    }

    // MARK: - Sections

    private var summary: String {
        let names = task.providers.map { Self.escaped($0.name) }
        let rows = task.providers.compactMap { party in
            party.table?.rows.map { "\(Self.escaped(party.name)) at most \($0.formatted(Self.count)) rows" }
        }
        let leaves =
            task.releasesRows
            ? "Synthetic rows, a model and noisy counts leave; no row of a table does."
            : "Noisy answers leave; nothing else does."
        let certainty = readings.addingOne.map {
            "Somebody who was 50 % sure that one of them is in the tables becomes at most \(Self.percent(Self.after(0.5, $0))) sure"
                + (task.privacy.delta > 0
                    ? ", but for a probability of \(TaskDescription.short(task.privacy.delta))." : ".")
        }
        return """
            <section aria-labelledby="short"><h2 id="short">In short</h2>
            <p>\(Self.list(names)) bring tables about the same keys\(rows.isEmpty ? "" : " (\(rows.joined(separator: ", ")))").
            \(leaves) Protected is \(Self.escaped(task.privacy.unitWords)), with ε = \(task.privacy.epsilon) for all that ever
            leaves. \(certainty ?? "")</p>
            <p>\(Self.escaped(TaskDescription.destruction))</p></section>
            """
    }

    private var learnt: String {
        let kinds = [
            ("that somebody is in the tables", readings.addingOne),
            ("which of two values somebody has, who is known to be in", readings.changingOne),
        ].compactMap { words, reading in reading.map { (words, $0) } }
        guard !kinds.isEmpty else { return "" }
        let rows = [0.01, 0.1, 0.5, 0.9].map { prior in
            "<tr><th scope=\"row\">\(Self.percent(prior))</th>"
                + kinds.map { "<td>\(Self.percent(Self.after(prior, $1)))</td>" }.joined() + "</tr>"
        }
        let heads = kinds.map { "<th scope=\"col\">\($0.0)</th>" }.joined()
        return """
            <section aria-labelledby="learnt"><h2 id="learnt">How much can be learnt of one person</h2>
            <table><caption>At most so sure afterwards, whatever else is known</caption>
            <thead><tr><th scope="col">So sure before</th>\(heads)</tr></thead><tbody>\(rows.joined())</tbody></table>
            <p>These are bounds for the worst case and hold against any method and any computer, now and later.</p></section>
            """
    }

    private func tables() throws -> String {
        let parts = try task.providers.map { party -> String in
            guard let table = party.table else { return "" }
            let rows = try TaskDescription.columns(of: table).map {
                "<tr><th scope=\"row\">\(Self.escaped($0.name))</th><td>\(Self.escaped($0.words))</td></tr>"
            }
            return """
                <h3>\(Self.escaped(party.name))</h3>
                <p>The key (\(Self.escaped(table.key.columns.joined(separator: ", ")))) is compared and never leaves. Other
                columns of the file are \(table.schema.takesMoreColumns ? "not read" : "refused").</p>
                <table><caption>Columns of \(Self.escaped(party.name))</caption><thead><tr><th scope="col">Column</th>
                <th scope="col">What is read of it</th></tr></thead><tbody>\(rows.joined(separator: "\n"))</tbody></table>
                """
        }
        return """
            <section aria-labelledby="read"><h2 id="read">What is read, of whom</h2>
            \(parts.joined(separator: "\n"))</section>
            """
    }

    /// What nobody but people can answer, with the figures that they need.
    private var questions: String {
        let listed = task.providers.reduce(0) { sum, party in
            sum + (party.table?.schema.fields.count { $0.type == .string && $0.derivedFrom == nil } ?? 0)
        }
        let bounded = task.providers.reduce(0) { sum, party in
            sum + (party.table?.schema.fields.count { $0.type != .string && $0.type != .boolean } ?? 0)
        }
        var items = [
            "Is it known from public sources which values the \(Counted.of(listed, "listed column")) can have, and "
                + "which bounds the \(Counted.of(bounded, "column")) of numbers and dates? The task is shown to every "
                + "party: a value that was copied from a table is no longer protected.",
            "Can one person stand behind several keys? What is protected is \(task.privacy.unitWords); a person with two of them is "
                + "protected as if ε were \(TaskDescription.short(2 * task.privacy.epsilon)).",
            "Is there another task about the same people? Privacy is spent again by each: with a second one like this, 50 % becomes "
                + "at most \(readings.addingOne.map { Self.percent(Self.after(0.5, $0, times: 2)) } ?? "more").",
            "Who of the parties may read what leaves? All \(task.parties.count) of them may: "
                + "\(task.parties.map { "\($0.name) (\($0.role.rawValue))" }.joined(separator: ", ")).",
            "Was each key compared by telephone, and did `entrepot verify` accept the service before a table was sent? Evidence that "
                + "calls itself SIMULATED proves nothing.",
        ]
        if task.privacy.leastRows == nil, task.join.kind != .union {
            items.append(
                "Should the task end where few keys meet? privacy.least_rows is not set: ε is spent also on an empty join."
            )
        }
        if task.deadlines.retrieveBy == nil {
            items.append("When does retrieval end? The task has no such deadline: somebody has to halt it.")
        }
        return "<section aria-labelledby=\"ask\"><h2 id=\"ask\">What to ask before you agree</h2><ul>"
            + items.map { "<li>\(Self.escaped($0))</li>" }.joined(separator: "\n") + "</ul></section>"
    }

    private var details: String {
        description.sections.enumerated().map { number, section in
            "<section aria-labelledby=\"part\(number)\"><h2 id=\"part\(number)\">\(Self.escaped(section.title))</h2>"
                + section.lines.map { "<p>\(Self.escaped($0.trimmingCharacters(in: .whitespaces)))</p>" }.joined(
                    separator: "\n")
                + "</section>"
        }.joined(separator: "\n")
    }

    // MARK: - Text

    private static let count = IntegerFormatStyle<Int>(locale: Locale(identifier: "en_US"))

    private static func list(_ names: [String]) -> String {
        names.count < 2 ? names.joined() : names.dropLast().joined(separator: ", ") + " and " + (names.last ?? "")
    }

    private static func escaped(_ text: String) -> String {
        text.replacing("&", with: "&amp;").replacing("<", with: "&lt;").replacing(">", with: "&gt;")
            .replacing("\"", with: "&quot;")
    }

    private static let style = """
        :root{color-scheme:light dark}body{font:1rem/1.5 system-ui,sans-serif;margin:0;color:#1b1b1b;background:#fff}\
        main{max-width:46rem;margin:0 auto;padding:1rem;overflow-wrap:anywhere}h1{font-size:1.5rem}h2{font-size:1.15rem;\
        margin-top:1.6rem}table{border-collapse:collapse;width:100%}caption{text-align:left;padding:.3rem 0;color:#444}\
        th,td{border-bottom:1px solid #888;padding:.25rem .5rem;text-align:left;vertical-align:top}thead th{border-width:2px}\
        footer{margin-top:2rem;border-top:1px solid #888}\
        @media(prefers-color-scheme:dark){body{color:#eee;background:#161616}caption{color:#ccc}}\
        @media print{main{max-width:none}h2{break-after:avoid}tr{break-inside:avoid}}
        """
}
