package import ArgumentParser
import Bytes
import Drafting
import Foundation
import Tables
import Tasks

/// `entrepot prepare`: an office's export becomes a file that the service takes, on the office's own machine.
package struct PrepareCommand: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "prepare",
        abstract: "Makes of an office's export a file that `check` passes, and says what it changed; nothing is sent.",
        discussion: """
            Without --task the file becomes plain CSV: UTF-8, commas, points, ISO dates, no title and no notes. With --task and \
            --party it becomes what that task declares: values beyond the bounds are clipped, codes get their zeros back, \
            columns that are not declared are dropped. Every kind of change is said with its number.

            Example: entrepot prepare export.csv --task task.yaml --party Alice --output alice.csv
            """)

    @Argument(help: "The export: CSV with any delimiter, as UTF-8, UTF-16 or Windows-1252, also as gzip; or Parquet.")
    var file: String

    @Option(help: "The task file.")
    var task: String?

    @Option(help: "Your party's name in the task.")
    var party: String?

    @Option(help: ArgumentHelp("A column whose parts, between |, become columns.", valueName: "column=a,b,c"))
    var split: [String] = []

    @Option(help: ArgumentHelp("A column to be made of others, with | between them.", valueName: "column=a,b,c"))
    var join: [String] = []

    @Option(help: "The file to write.")
    var output: String

    @Flag(help: "One JSON object on stdout.")
    var json = false

    package init() {}

    package func validate() throws {
        if (task == nil) != (party == nil) { throw ValidationError("--task and --party go together") }
    }

    package func run() async throws {
        try await CommandFailure.reported {
            try Files.keep([file] + [task].compactMap { $0 }, from: output)
            let preparation = try preparation()
            let outcome = try written(preparation)
            if json { Console.show(try report(outcome)) } else { say(outcome) }
            if let problems = outcome.problems {
                throw LocalTableFile.Refusal(name: "\(file), once prepared", problems: problems)
            }
        }
    }

    private func preparation() throws -> TablePreparation {
        let splits = try Self.columns(split)
        let joins = try Self.columns(join)
        guard let task, let party else { return TablePreparation(splits: splits, joins: joins) }
        let specification = try Files.task(at: task, allowsMissingKeys: true)
        guard let table = specification.party(named: party)?.table else {
            let known = specification.providers.map(\.name).joined(separator: ", ")
            throw CommandFailure("the task has no provider '\(party)'; it has \(known)", code: .identity)
        }
        return TablePreparation(for: table, of: specification, splits: splits, joins: joins)
    }

    private static func columns(_ options: [String]) throws -> [String: [String]] {
        try Dictionary(
            options.map { try NamedFile($0, form: "COLUMN=A,B,C") }.map {
                ($0.name, $0.path.split(separator: ",").map(String.init))
            },
            uniquingKeysWith: { $1 })
    }

    /// Writes beside the file and moves it there once it is whole, and only if the service would take it.
    private func written(_ preparation: TablePreparation) throws -> TablePreparation.Outcome {
        let part = output + ".part"
        guard FileManager.default.createFile(atPath: part, contents: nil, attributes: [.posixPermissions: 0o600]),
            let handle = FileHandle(forWritingAtPath: part)
        else { throw Files.unwritable(output) }
        defer { try? FileManager.default.removeItem(atPath: part) }
        let outcome: TablePreparation.Outcome
        do {
            outcome = try preparation.prepare(LocalTableFile(path: file)) { try handle.write(contentsOf: Data($0)) }
            try handle.close()
        } catch {
            try? handle.close()
            throw error
        }
        guard outcome.problems == nil else { return outcome }
        guard rename(part, output) == 0 else { throw Files.unwritable(output) }
        return outcome
    }

    private struct Report: Encodable {
        var rows: Int
        var notes: [String]
        var changes: [TablePreparation.Change]
        var problems: [TableProblem]
        var warnings: [TableWarning]
    }

    private func report(_ outcome: TablePreparation.Outcome) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        let report = Report(
            rows: outcome.rows, notes: outcome.notes, changes: outcome.changes,
            problems: outcome.problems?.problems ?? [],
            warnings: outcome.warnings)
        return String(decoding: try encoder.encode(report), as: UTF8.self)
    }

    /// One screen: a line for the layout, and one for each kind of change.
    private func say(_ outcome: TablePreparation.Outcome) {
        for note in outcome.notes { Console.say("\(file): \(note)") }
        for change in outcome.changes.prefix(40) {
            let place = change.column.isEmpty ? "" : "\(change.column): "
            let example = change.example.map { " (\($0))" } ?? ""
            Console.say("\(file): \(place)\(change.count) × \(change.what)\(example)")
        }
        if outcome.changes.count > 40 { Console.say("… and \(outcome.changes.count - 40) more; --json lists all") }
        guard outcome.problems == nil else { return }
        for warning in outcome.warnings { Console.say("\(file): warning: \(warning)") }
        Console.show("\(output): \(Counted.of(outcome.rows, "row"))\(task == nil ? "" : "; the service would take it")")
    }
}
