import ArgumentParser
import Client
import FittedModels
import Foundation
import PrivacyKernel
import Queries
import Service
import Tasks

/// `entrepot query`: what a permitted query costs, and what it answered. Nothing here spends: queries are asked once,
/// inside the fit.
struct QueryCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "query", abstract: "Prices a query of a task, or prints its recorded answer.",
        discussion: """
            --dry-run works on the task file alone: the price and the error to expect, without asking. With --model the \
            answer is read from a model file and its task; with --url from the service, through a verified connection.
            """)

    @Argument(help: "The query's name in the task.")
    var name: String

    @Flag(help: "Only the price and the expected error.")
    var dryRun = false

    @Option(help: "The task file.")
    var task: String?

    @Option(help: "A model file that the task's fit wrote.")
    var model: String?

    @Flag(help: "JSON on stdout.")
    var json = false

    @Option(help: ArgumentHelp("Where the service listens: https://HOST:PORT.", valueName: "url"))
    var url: String?

    @Option(help: "Your private key.")
    var key: String?

    @Option(help: "release.json: the measurements that you accept.")
    var measurements: String?

    @Flag(help: "Accept a simulated attester. It gives no confidentiality against the host.")
    var allowSimulated = false

    @Option(help: "The simulated attester's root certificate.")
    var simulatedRoot: String?

    @Option(help: "Where boots and ledger heads are remembered.")
    var memory: String = ClientConfiguration.defaultStateFile

    func validate() throws {
        if dryRun || model != nil {
            if task == nil { throw ValidationError("--dry-run and --model need --task") }
        } else if url == nil {
            throw ValidationError("give --url for the service, --model for a model file, or --dry-run")
        }
    }

    func run() async throws {
        try await CommandFailure.reported {
            if dryRun { return try forecast() }
            let bytes = if let model { try recorded(model) } else { try await fetched() }
            if json { return print(String(decoding: bytes, as: UTF8.self)) }
            print(AnswerText(try JSONDecoder().decode(QueryAnswer.self, from: Data(bytes))).text)
        }
    }

    private func forecast() throws {
        let plan = try TaskPlan(try Files.task(at: task ?? "", isPlan: true))
        let forecasts = try plan.queries.forecasts(plan.plan.accounting)
        guard let forecast = forecasts.first(where: { $0.name == name }) else { throw unknown(plan) }
        if json { return print(String(decoding: try Self.encoded(forecast), as: UTF8.self)) }
        print(ForecastText(forecast).text)
    }

    private func recorded(_ path: String) throws -> [UInt8] {
        let specification = try Files.task(at: task ?? "", isPlan: true)
        let plan = try TaskPlan(specification)
        let product = try TaskProduct(encoded: try Files.bytes(at: path))
        guard product.taskDigest == specification.digest.hex else {
            throw CommandFailure("\(path) was not fitted for this task", code: .identity)
        }
        guard plan.queries.names.contains(name) else { throw unknown(plan) }
        let answers = try plan.queries.answers(from: product.transcript, domain: product.domain)
        guard let answer = answers.first(where: { $0.name == name }) else {
            throw CommandFailure("the fit was cut short before this query was asked")
        }
        return try Self.encoded(answer)
    }

    private func fetched() async throws -> [UInt8] {
        var arguments = ["--url", url ?? "", "--memory", memory]
        for (option, value) in [
            ("--key", key), ("--measurements", measurements), ("--task", task), ("--simulated-root", simulatedRoot),
        ] {
            if let value { arguments += [option, value] }
        }
        if allowSimulated { arguments.append("--allow-simulated") }
        let options = try ServiceOptions.parse(arguments)
        return try await VerifiedConnection.open(try options.configuration()) { try await $0.query(name) }
    }

    private func unknown(_ plan: TaskPlan) -> CommandFailure {
        let known = plan.queries.names.isEmpty ? "none" : plan.queries.names.joined(separator: ", ")
        return CommandFailure("the task permits no query '\(name)'; it permits \(known)", code: ExitCode(64))
    }

    private static func encoded(_ value: some Encodable) throws -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        return [UInt8](try encoder.encode(value))
    }
}

/// A forecast as a person reads it.
struct ForecastText {
    let text: String

    init(_ forecast: QueryForecast) {
        let percent = (forecast.share * 1000).rounded() / 10
        var lines = [
            "\(forecast.name) (\(forecast.kind)): ε = \(forecast.epsilon), \(percent) % of the task's budget",
            "  \(forecast.groups) \(forecast.groups == 1 ? "group" : "groups"); nothing is spent by this forecast",
        ]
        for part in forecast.parts {
            lines.append(
                "  \(part.quantity): standard error \(AnswerText.short(part.standardError)), "
                    + "95 % within ± \(AnswerText.short(part.halfWidth))")
        }
        text = lines.joined(separator: "\n")
    }
}

/// An answer as a person reads it.
struct AnswerText {
    let text: String

    /// - Parameter limit: how many groups are listed.
    init(_ answer: QueryAnswer, limit: Int = 40) {
        var lines = [
            "\(answer.name) (\(answer.kind)), ε = \(answer.epsilon), intervals at \(Int(answer.confidence * 100)) %"
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
        text = (lines + answer.notes.map { "  Note: \($0)" }).joined(separator: "\n")
    }

    private static func lines(_ flows: [FlowReconciliation], limit: Int) -> [String] {
        let ranked = flows.filter { $0.rank != nil }.sorted { ($0.rank ?? 0) < ($1.rank ?? 0) }
        var lines = [
            "  \(flows.count) groups; \(flows.filter(\.isSignificant).count) beyond noise and allowance (family-wise 95 %)"
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
