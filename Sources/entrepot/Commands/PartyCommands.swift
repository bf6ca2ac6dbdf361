import ArgumentParser
import Client
import EngineCommands
import Foundation
import Tables

/// `entrepot details`, `upload`, `withdraw`, `confirm`, `halt`, `status`, `samples`, `ledger`: the calls of the service
/// through a connection that was verified first. Each keeps the receipts of what the ledger has entered since.
struct DetailsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "details", abstract: "Prints what the service will do: method, epsilon, parties (JSON).",
        discussion: "Example: entrepot details --url https://service:8443 --key Alice.key")

    @OptionGroup var service: ServiceOptions

    func run() async throws {
        Console.show(String(decoding: try await service.connect { try await $0.details() }, as: UTF8.self))
    }
}

struct UploadCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "upload",
        abstract: "Sends a table, after verifying the service. It can be replaced until confirmed.",
        discussion: """
            Where the connection breaks, it is made and verified anew, and goes on where it broke. Interrupted with \
            Control-C, the same command goes on too, for a quarter of an hour, if the file is still the same.

            Example: entrepot upload alice.csv --url https://service:8443 --key Alice.key
            """)

    @Argument(help: "The CSV file.")
    var file: String

    @OptionGroup var service: ServiceOptions

    func run() async throws {
        let receipt = try await CommandFailure.reported {
            if service.task == nil {
                // Nobody compared the task: the person sees what their table is for.
                let card = try await VerifiedConnection.open(try service.configuration()) { "\(ConnectionCard($0))" }
                Console.say(
                    "\(card)\nno --task was given: this is the task that the service names, and the table goes to it")
            }
            var bar = ProgressBar("upload")
            let (receipt, receipts) = try await PatientUpload(try service.configuration(), file: file).run { event in
                switch event {
                case .sent(let sent, let size): bar.show(sent, of: size)
                case .broke(let error, let pause):
                    Console.endProgress()
                    Console.say("\(error) Goes on in \(Int(pause)) s.")
                }
            }
            Console.endProgress()
            Console.say("receipts of ledger entries are in \(receipts)")
            return receipt
        }
        for warning in receipt.warnings ?? [] { Console.say("warning: \(warning)") }
        Console.say(
            "\(Counted.of(receipt.rows, "row")), \(Counted.of(receipt.columns, "column")); confirm with: entrepot confirm --digest \(receipt.sha256)"
        )
        Console.show(receipt.sha256)
    }
}

struct WithdrawCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "withdraw",
        abstract: "Takes your own table back and has it destroyed; possible until the fit begins.",
        discussion: "Example: entrepot withdraw --url https://service:8443 --key Alice.key")

    @OptionGroup var service: ServiceOptions

    func run() async throws {
        Console.show(String(decoding: try await service.connect { try await $0.withdraw() }, as: UTF8.self))
    }
}

struct HaltCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "halt",
        abstract: "Stops the task for good and has every table destroyed; possible until the model is released.",
        discussion: """
            It says what cannot be undone and asks for the task's name. A script, which has no terminal, decides with --yes.

            Example: entrepot halt --key Alice.key --url https://service:8443
            """)

    @Flag(help: "Do not ask: a script has decided.")
    var yes = false

    @OptionGroup var service: ServiceOptions

    func run() async throws {
        try await service.ask("halt", isGiven: yes) { Stakes.ofHalt($0) }
        Console.show(String(decoding: try await service.connect { try await $0.halt() }, as: UTF8.self))
    }
}

struct ConfirmCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "confirm",
        abstract:
            "Agrees to the fit with the table that was uploaded. The last confirmation starts it; there is no way back.",
        discussion: """
            It says what cannot be undone and asks for the task's name. A script, which has no terminal, decides with --yes.

            Example: entrepot confirm --digest 3f2a… --key Alice.key --url https://service:8443
            """)

    @Option(help: "SHA-256 of the file, as upload printed it; without it whatever is held is confirmed.")
    var digest: String?

    @Flag(help: "Do not ask: a script has decided.")
    var yes = false

    @OptionGroup var service: ServiceOptions

    func run() async throws {
        try await service.ask("confirm", isGiven: yes) { Stakes.ofConfirmation($0, digest: digest) }
        Console.show(
            String(decoding: try await service.connect { try await $0.confirm(digest: digest) }, as: UTF8.self))
    }
}

struct StatusCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status", abstract: "Prints where the task stands.",
        discussion: "Example: entrepot status --wait --url https://service:8443 --key Alice.key")

    @Flag(help: "Wait until the model is there, or never will be.")
    var wait = false

    @OptionGroup var service: ServiceOptions

    func run() async throws {
        let status = try await service.connect { connection in
            guard wait else { return try await connection.status() }
            var said = ""
            let started = ContinuousClock.now
            return try await connection.waitForModel { status in
                Console.endProgress()
                if status.phase != said { Console.say("status: \(status.phase)") }
                said = status.phase
                if status.isWaiting { Console.progress("   \((ContinuousClock.now - started).components.seconds) s") }
            }
        }
        Console.show(status.stage)
        if wait && !status.isTrained { throw ExitCode.failed }
    }
}

struct SamplesCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "samples", abstract: "Downloads synthetic rows; as many and as often as you like, for no epsilon.",
        discussion:
            "Example: entrepot samples --rows 1000 --seed 7 --output rows.csv --url https://service:8443 --key Alice.key"
    )

    @Option(help: "How many rows.")
    var rows = 1_000

    @Option(help: "csv, json, ndjson, arrow or parquet; else what the name of the file ends with, and csv.")
    var format: String?

    @Option(
        name: .customLong("where"), help: ArgumentHelp("Only rows with this value, exactly.", valueName: "column=value")
    )
    var conditions: [String] = []

    @Option(help: "The same seed gives the same rows.")
    var seed: UInt64?

    @Option(help: "balanced (the default) or independent.")
    var draws: String?

    @Option(
        help: ArgumentHelp(
            "Rows of so many models refitted with noise drawn anew, in files NAME-1.csv to NAME-M.csv; each takes as long "
                + "as the fit.", valueName: "M"))
    var imputations: Int?

    @Option(help: "A file; stdout otherwise.")
    var output: String?

    @OptionGroup var service: ServiceOptions

    func validate() throws {
        guard let imputations else { return }
        if !(2...1_000).contains(imputations) { throw ValidationError("--imputations takes 2 to 1000") }
        if output == nil { throw ValidationError("--imputations writes several files: name them by --output") }
    }

    func run() async throws {
        var request = VerifiedConnection.SampleRequest(
            rows: rows, format: format ?? SampleFormat(ofFile: output).rawValue, seed: seed, conditions: conditions,
            draws: draws)
        guard let imputations, let output else {
            let receipt = try await service.connect { [request] connection in
                if let output { return try await connection.samples(request, file: output) }
                return try await connection.samples(request) { FileHandle.standardOutput.write(Data($0)) }
            }
            if let seed = receipt.seed { Console.say("seed \(seed) gives these rows again") }
            return
        }
        let chosen = seed ?? UInt64.random(in: .min ... .max)
        request.seed = chosen
        for number in 1...imputations {
            request.imputation = number
            let path = Files.numbered(output, number)
            Console.progress("imputation \(number) of \(imputations): the service refits…")
            _ = try await service.connect { [request] in try await $0.samples(request, file: path) }
        }
        Console.endProgress()
        Console.say("seed \(chosen) gives these rows again")
    }
}

struct ModelCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "model", abstract: "Downloads what was fitted, for rows and reports without the service.",
        discussion: """
            The file holds what was released with noise and what follows from it; it costs no epsilon. `entrepot sample`, \
            `entrepot report` and `entrepot verify --privacy` read it. Its SHA-256 stands in the service's ledger.

            Example: entrepot model --output cars.model --key Dora.key --url https://service:8443
            """)

    @Option(help: "The file to write.")
    var output: String

    @OptionGroup var service: ServiceOptions

    func run() async throws {
        let digest = try await service.connect { try await $0.model(file: output) }
        Console.say("\(output): SHA-256 \(digest), as in the ledger; rows of it: entrepot sample \(output) --rows 1000")
        Console.show(output)
    }
}

struct LedgerCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "ledger", abstract: "Prints what was spent (JSON), for the whole life of the task.",
        discussion: """
            With --total and files instead of --url: what several tasks cost together, in both readings, from the receipts \
            of their reservations and their model files. Tasks are put together by the tables that the receipts name. The \
            receipts' authenticity is for `entrepot verify`.

            Example: entrepot ledger --total --url https://service:8443 --key Alice.key
            """)

    @Flag(help: "Only the total.")
    var total = false

    @Flag(help: "With files: one JSON object on stdout.")
    var json = false

    @Argument(help: ArgumentHelp("Receipts and model files, with --total.", valueName: "receipt"))
    var files: [String] = []

    @OptionGroup var service: ServiceOptions

    func validate() throws {
        if files.isEmpty == (service.url == nil) {
            throw ValidationError("give --url for one task, or --total and files for several")
        }
        if !files.isEmpty, !total { throw ValidationError("files go with --total") }
    }

    func run() async throws {
        if !files.isEmpty {
            return try await CommandFailure.reported {
                let report = try LineageReport(files)
                Console.show(json ? String(decoding: try report.json, as: UTF8.self) : report.text)
            }
        }
        let bytes = try await service.connect { connection in
            total ? try await connection.ledgerTotal() : try await connection.ledger()
        }
        Console.show(String(decoding: bytes, as: UTF8.self))
    }
}
