package import ArgumentParser
import Bytes
import Foundation
import Queries
import Tasks

/// `entrepot request`: a consumer asks for one query, and each provider approves or refuses its price. Works on local files only.
package struct RequestCommand: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "request",
        abstract: "Asks for a query of a task that sets ε aside for requests, and approves or refuses one.",
        discussion: """
            A task with `requests: {epsilon: …}` keeps a part of its ε for queries that a consumer asks for once there is a result. \
            The consumer signs one; every provider looks at it and signs its decision, which lies beside the request. \
            `entrepot compute --request` then answers it. Nothing is spent before that.
            """,
        subcommands: [Sign.self, Show.self, Approve.self, Refuse.self])

    package init() {}

    struct Sign: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Signs a request for the query of a file, and writes NAME.request beside it.",
            discussion: """
                The file holds one query as a task permits it: name, kind, columns, and the price as `epsilon`. What it costs and how \
                far off its figures will be is said before anybody approves.

                Example: entrepot request sign query.yaml --task task.yaml --key Planner.key
                """)

        @Argument(help: "A file with one query, in the form of a task's `queries`.")
        var file: String

        @Option(help: "The task file.")
        var task: String

        @Option(help: "The consumer's private key.")
        var key: String

        func run() async throws {
            try await CommandFailure.reported {
                let task = try Files.task(at: task)
                try RequestFile.requireTime(task)
                guard let text = String(validating: try Files.bytes(at: file, limit: .request), as: UTF8.self) else {
                    throw CommandFailure("the file \(file) is not UTF-8 text", code: .badData)
                }
                let read = QueryFile(yaml: text, for: task)
                guard let query = read.query else {
                    let mistakes = read.problems.map { "  \($0)" }.joined(separator: "\n")
                    throw CommandFailure("\(file) is no request to the task yet:\n\(mistakes)", code: .badData)
                }
                let forecast = try RequestFile.forecast(query, of: task)
                let request = try QueryRequest(query, of: task, at: Files.now, with: try Files.privateKey(at: key))
                let path = RequestFile.path(of: query.name, beside: file)
                guard !FileManager.default.fileExists(atPath: path) else {
                    throw CommandFailure(
                        "\(path) is there already, and is not overwritten: approvals are of one request. Give the query another name, "
                            + "or move the file away")
                }
                try Files.write(request.fileBytes, to: path)
                Console.say(ForecastText(ofRequest: forecast).text)
                Console.say(
                    "\(request.party) signed request \(request.digest.hex); send it to \(task.providers.map(\.name).joined(separator: ", "))"
                )
                Console.show(path)
            }
        }
    }

    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Says what a request asks, what it costs, and who has decided.",
            discussion: "Example: entrepot request show rows.request --task task.yaml")

        @Argument(help: "The request.")
        var file: String

        @Option(help: "The task file.")
        var task: String

        func run() async throws {
            try await CommandFailure.reported {
                let task = try Files.task(at: task)
                let request = try RequestFile.request(at: file, of: task)
                Console.show(try RequestCommand.words(request, of: task))
                for party in task.providers {
                    let decision: RequestDecision?
                    do {
                        decision = try RequestFile.decision(of: party, on: request, at: file, of: task)
                    } catch RequestError.ofAnotherRequest(_, let decided, _) {
                        // What lies there from an earlier request of the same name.
                        Console.show("\(party.name): has not decided on this request, but on \(decided)")
                        continue
                    }
                    let word = decision.map { $0.word == .refused ? "refused: \($0.reason)" : "approved" }
                    Console.show("\(party.name): \(ShownText.line(word ?? "has not decided"))")
                }
            }
        }
    }

    struct Approve: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Approves a request's price with a provider's key and writes NAME.<party>.decision beside it.",
            discussion: "Example: entrepot request approve rows.request --task task.yaml --key Norland.key")

        @Argument(help: "The request.")
        var file: String

        @Option(help: "The task file.")
        var task: String

        @Option(help: "The provider's private key.")
        var key: String

        func run() async throws {
            try await CommandFailure.reported { try RequestCommand.decide(file, task: task, key: key, refusal: nil) }
        }
    }

    struct Refuse: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Refuses a request with a provider's key and says why, in NAME.<party>.decision beside it.",
            discussion: """
                Example: entrepot request refuse rows.request --task task.yaml --key Norland.key --because "the cells are too small"
                """)

        @Argument(help: "The request.")
        var file: String

        @Option(help: "The task file.")
        var task: String

        @Option(help: "The provider's private key.")
        var key: String

        @Option(help: "Why, for who asks.")
        var because: String

        func validate() throws {
            if because.isEmpty || ShownText.line(because).unicodeScalars.count > RequestDecision.longestReason {
                throw ValidationError("--because gives a reason of at most \(RequestDecision.longestReason) characters")
            }
        }

        func run() async throws {
            try await CommandFailure.reported {
                try RequestCommand.decide(file, task: task, key: key, refusal: because)
            }
        }
    }

    private static func decide(_ file: String, task path: String, key: String, refusal: String?) throws {
        let task = try Files.task(at: path)
        if refusal == nil { try RequestFile.requireTime(task) }
        let request = try RequestFile.request(at: file, of: task)
        let decision = try RequestDecision(request, of: task, refusal: refusal, with: try Files.privateKey(at: key))
        let output = RequestFile.decision(on: file, by: decision.party)
        try Files.write(decision.fileBytes, to: output)
        Console.say(try words(request, of: task))
        Console.say("\(decision.party) \(decision.word.rawValue) request \(request.digest.hex)")
        Console.show(output)
    }

    private static func words(_ request: QueryRequest, of task: TaskSpecification) throws -> String {
        let query = request.query
        let conditions = query.conditions.sorted { $0.key < $1.key }.map { "\($0.key) = \($0.value)" }
        let parts = [
            query.columns.isEmpty ? "" : "of \(query.columns.joined(separator: ", "))",
            conditions.isEmpty ? "" : "where \(conditions.joined(separator: " and "))",
            query.by.isEmpty ? "" : "by \(query.by.joined(separator: ", "))",
        ].filter { !$0.isEmpty }
        return """
            \(request.party) asks since \(request.moment): \(([query.kind.rawValue] + parts).joined(separator: " "))
            \(ForecastText(ofRequest: try RequestFile.forecast(query, of: task)).text)
            """
    }
}
