import ArgumentParser
import Client
import EngineCommands
import FittedModels
import Foundation
import Queries
import Tasks

/// `entrepot query`: what a permitted query costs, and what it answered. Nothing here spends: queries are asked once,
/// inside the fit.
struct QueryCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "query", abstract: "Prices a query of a task, or prints its recorded answer.",
        discussion: """
            --dry-run works on the task file alone: the price and the error to expect, without asking. With --model the \
            answer is read from a model file and its task; with --url from the service, through a verified connection.

            Example: entrepot query by-partner --dry-run --task task.yaml
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
            if dryRun {
                let forecast = try TaskQuery(named: name, task: task ?? "").forecast()
                if json { return Console.show(String(decoding: try Self.encoded(forecast), as: UTF8.self)) }
                return Console.show(ForecastText(forecast).text)
            }
            let bytes =
                if let model {
                    try Self.encoded(try TaskQuery(named: name, task: task ?? "").answer(in: model))
                } else {
                    try await fetched()
                }
            if json { return Console.show(String(decoding: bytes, as: UTF8.self)) }
            Console.show(AnswerText(try JSONDecoder().decode(QueryAnswer.self, from: Data(bytes))).text)
        }
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

    private static func encoded(_ value: some Encodable) throws -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        return [UInt8](try encoder.encode(value))
    }
}
