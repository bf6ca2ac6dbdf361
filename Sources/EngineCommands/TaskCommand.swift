package import ArgumentParser
import Domains
import Drafting
import Engine
import FittedModels
import Foundation
import Queries
import Synthesizers
import Tables
import Tasks

/// `entrepot task`: from a draft to a signed task. Works on local files only.
package struct TaskCommand: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "task", abstract: "Drafts, checks, shows and signs a task file.",
        subcommands: [Draft.self, Lint.self, Digest.self, Show.self, Plan.self, Sign.self])

    package init() {}

    struct Draft: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Drafts a task from local sample files; every guess is marked '# to be confirmed'.",
            discussion: """
                The draft goes to stdout, and what was noticed about the samples to stderr. A value of a sample stands in the draft \
                only where it is one of a classification, and is marked there. Nothing leaves this machine, and the service never \
                drafts.

                Example: entrepot task draft --data Alice=alice.csv --data Bob=bob.csv --consumer Dora --public-key Dora=Dora.pub
                """)

        @Option(help: "The task's name.")
        var name: String = "draft"

        @Option(help: ArgumentHelp("A provider and its sample.", valueName: "party=file.csv"))
        var data: [String]

        @Option(help: ArgumentHelp("A party's public key.", valueName: "party=key.pub"))
        var publicKey: [String] = []

        @Option(
            help: ArgumentHelp(
                "A planner's name, who takes rows and brings no table; --public-key gives the key.", valueName: "party")
        )
        var consumer: [String] = []

        @Option(help: ArgumentHelp("An auditor's name; --public-key gives the key.", valueName: "party"))
        var auditor: [String] = []

        @Option(
            name: .customLong("operator"),
            help: ArgumentHelp("Who runs the service and reads its ledger and metrics.", valueName: "party"))
        var operators: [String] = []

        @Option(
            help: ArgumentHelp(
                "A column whose values are a public classification, though nothing says so: they are listed.",
                valueName: "[party.]column"))
        var categories: [String] = []

        @Option(help: "A runtime.yaml of the enclave workshop (method, epsilon, params, party_names).")
        var runtime: String?

        func run() async throws {
            try await CommandFailure.reported {
                let keys = try Dictionary(
                    publicKey.map { try NamedFile($0) }.map { ($0.name, $0.path) }, uniquingKeysWith: { $1 })
                let providers = try data.map { try NamedFile($0) }.map { file in
                    TaskDraft.Provider(
                        name: file.name, publicKey: try keys[file.name].map { try KeyFiles.publicKey(at: $0) },
                        file: LocalTableFile(path: file.path))
                }
                let workshop = try runtime.map { try WorkshopRuntime(yaml: try Files.text(at: $0)) }
                let others =
                    try consumer.map { try TaskCommand.other($0, .consumer, keys) }
                    + auditor.map { try TaskCommand.other($0, .auditor, keys) }
                    + operators.map { try TaskCommand.other($0, .operator, keys) }
                let known = providers.map(\.name) + others.map(\.name)
                if let stray = keys.keys.sorted().first(where: { !known.contains($0) }) {
                    throw CommandFailure(
                        "--public-key \(stray)=… is of nobody: there are \(known.joined(separator: ", ")). A planner is named "
                            + "with --consumer \(stray).", code: ExitCode(64))
                }
                let draft = try TaskDraft(
                    name: name, providers: providers, others: others, classifications: Set(categories),
                    runtime: workshop)
                for remark in draft.remarks { Console.say(remark) }
                Console.show(draft.yaml, isData: true)
            }
        }
    }

    private static func other(
        _ name: String, _ role: TaskSpecification.Party.Role, _ keys: [String: String]
    ) throws -> TaskDraft.Other {
        TaskDraft.Other(name: name, role: role, publicKey: try keys[name].map { try KeyFiles.publicKey(at: $0) })
    }

    struct Lint: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Names every mistake in a task, with its line.",
            discussion: "Example: entrepot task lint task.yaml")

        @Argument(help: "The task file.")
        var file: String

        @Flag(help: "One JSON array on stdout.")
        var json = false

        func run() async throws {
            try await CommandFailure.reported {
                let text = try Files.text(at: file)
                let read = TaskFile(yaml: text, context: Files.context(allowsMissingKeys: true, now: Files.now))
                var problems = read.problems + unconfirmed(text)
                var fidelity: [String] = []
                if let task = read.specification, read.errors.isEmpty {
                    do {
                        let plan = try TaskPlan(task)
                        fidelity = words(plan) + costs(task) + room(plan) + offers(task)
                    } catch {
                        problems.append(refusal("\(error)"))
                    }
                }
                if json {
                    let encoder = JSONEncoder()
                    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
                    Console.show(String(decoding: try encoder.encode(problems), as: UTF8.self))
                } else {
                    for problem in problems { Console.show("\(file): \(problem)") }
                    if problems.isEmpty {
                        Console.show("\(file): no mistakes")
                    } else {
                        Console.say("Documentation/task-file.md describes every key of a task file")
                    }
                    for line in fidelity { Console.show("\(file): note: \(line)") }
                }
                if problems.contains(where: { $0.severity == .error }) { throw ExitCode.badData }
            }
        }

        /// What nobody may have thought of: a join of nothing costs as much as any other.
        private func offers(_ task: TaskSpecification) -> [String] {
            task.privacy.leastRows != nil || task.join.kind == .union
                ? []
                : [
                    "privacy.least_rows is not set: ε is spent also where few keys, or none, meet. With least_rows: 500, fewer "
                        + "rows than that end the task for a hundredth of ε."
                ]
        }

        /// What the service must have room for, where that is much.
        private func room(_ plan: TaskPlan) -> [String] {
            plan.joinBytes < 1 << 30
                ? []
                : [
                    "The joined table of the declared rows takes about \(plan.joinBytes >> 30) GiB of memory beside the parties' "
                        + "tables."
                ]
        }

        /// What the key patterns cost: linear in the keys, whatever they are.
        private func costs(_ task: TaskSpecification) -> [String] {
            task.providers.compactMap { party in
                guard let cost = party.table?.key.patternCost else { return nil }
                return
                    "The key pattern of \(party.name) costs at most \(Counted.of(cost, "operation")) "
                    + "a byte of a key."
            }
        }

        /// One warning for all guesses that nobody has confirmed.
        private func unconfirmed(_ text: String) -> [TaskProblem] {
            let lines = Confirmations.lines(in: text)
            guard let first = lines.first else { return [] }
            return [
                TaskProblem(
                    severity: .warning, line: first, path: "",
                    what: "\(Counted.of(lines.count, "line is", "lines are")) marked \"to be confirmed\"",
                    fix:
                        "Replace what was guessed by what is publicly known, and remove each mark; until then nobody can sign"
                )
            ]
        }

        /// Why the synthesizer refuses the task's domain; depends on public figures only.
        private func refusal(_ reason: String) -> TaskProblem {
            TaskProblem(
                severity: .error, line: nil, path: "synthesizer",
                what: reason.hasSuffix(".") ? String(reason.dropLast()) : reason,
                fix: "change the method, its parameters, or the columns that it names")
        }

        private func words(_ plan: TaskPlan) -> [String] {
            guard let synthesizer = plan.synthesizer else {
                let names = plan.queries.names
                return [
                    "Released: \(names.count == 1 ? "the answer of the query" : "the answers of the queries") "
                        + "\(names.joined(separator: ", ")). Not released: a model, synthetic rows, anything else."
                ]
            }
            let fidelity = synthesizer.fidelity(plan.domain)
            let method = plan.plan.method
            return fidelity.kept.map { "\(method) keeps \($0)." } + fidelity.assumed.map { "\(method) assumes \($0)." }
        }
    }

    struct Digest: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Prints the SHA-256 that the parties sign.",
            discussion: "Example: entrepot task digest task.yaml")

        @Argument(help: "The task file.")
        var file: String

        func run() async throws {
            try await CommandFailure.reported { Console.show(try Files.task(at: file).digest.hex) }
        }
    }

    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Says in plain words what a task agrees.",
            discussion: "Example: entrepot task show task.yaml --page officer.html")

        @Argument(help: "The task file.")
        var file: String

        @Option(help: ArgumentHelp("Write a page for a privacy officer instead.", valueName: "file.html"))
        var page: String?

        func run() async throws {
            try await CommandFailure.reported {
                let task = try Files.task(at: file, allowsMissingKeys: true)
                guard let page else {
                    Console.show(try TaskWords.text(task))
                    return
                }
                try Files.keep([file], from: page)
                try Files.write(Array(try OfficerPage(task).html().utf8), to: page)
            }
        }
    }

    struct Sign: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Signs a task with a party's key and writes TASK.<party>.sig.",
            discussion: "Example: entrepot task sign task.yaml --key Alice.key")

        @Argument(help: "The task file.")
        var file: String

        @Option(help: "The party's private key.")
        var key: String

        func run() async throws {
            try await CommandFailure.reported {
                let task = try Files.task(at: file)
                try Files.requireTime(task)
                let open = Confirmations.lines(in: try Files.text(at: file))
                guard open.isEmpty else {
                    let lines =
                        open.prefix(12).map(String.init).joined(separator: ", ") + (open.count > 12 ? ", …" : "")
                    throw CommandFailure(
                        "\(file) was not signed: \(open.count) guesses are still marked \"to be confirmed\" (lines \(lines)). "
                            + "Look at each, correct it, and remove its mark.", code: .badData)
                }
                let key = try Files.privateKey(at: key)
                guard let party = task.party(holding: key.publicKey) else {
                    throw CommandFailure(
                        "the task lists no party with the key \(key.publicKey.fingerprint)", code: .identity)
                }
                let signature = try TaskSignature.sign(task.digest, as: party.name, with: key)
                let path = SignatureFile.path(task: file, party: party.name)
                try Files.write(signature.fileBytes, to: path)
                Console.say("\(party.name) signed task \(task.digest.hex)")
                Console.show(path)
            }
        }
    }
}
