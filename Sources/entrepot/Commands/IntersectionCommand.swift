import ArgumentParser
import Bytes
import Client
import Crypto
import Domains
import Drafting
import EngineCommands
import Foundation
import Ledger
import Linkage
import PrivacyKernel
import Tables
import Tasks

/// `entrepot psi listen|join`: two parties, no third, no enclave.
struct IntersectionCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "psi",
        abstract: "Two parties learn how many keys their lists share, without a third and without an enclave.",
        discussion: """
            One party listens, the other joins. Both have the same task, signed by both, with `rows` in both tables and one \
            query of the kind cardinality; its epsilon is the price, entered in the ledger of either party. With \
            `join: {kind: inner, reveal: own}` each learns which of its own keys the other has too: that is not differentially \
            private, and both have signed it.
            """,
        subcommands: [ListenCommand.self, JoinCommand.self])

    struct Options: ParsableArguments {
        @Argument(help: "The party's own file.")
        var file: String

        @Option(help: "The task file; TASK.<party>.sig of both providers lie beside it.")
        var task: String

        @Option(help: "The party's private key.")
        var key: String

        @Option(help: ArgumentHelp("Folder of this party's ledger.", valueName: "folder"))
        var state: String?

        @Option(help: "Where members come out, a file for this party's common keys; stdout otherwise.")
        var output: String?

        @Option(help: ArgumentHelp("How long the other party may be silent.", valueName: "seconds"))
        var patience: Int64 = 900

        @Flag(
            help: "Go on although this task was answered, or a table confirmed, elsewhere before: ε may be spent twice."
        )
        var measureAgain = false

        func validate() throws {
            guard (1...86_400).contains(patience) else {
                throw ValidationError("--patience is from 1 to 86400 seconds")
            }
        }
    }

    struct ListenCommand: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "listen", abstract: "Waits for the other party.",
            discussion:
                "Example: entrepot psi listen istat.csv --task task.yaml --key Istat.key --listen 0.0.0.0:8444")

        @OptionGroup var options: Options

        @Option(help: ArgumentHelp("Where to listen; port 0 takes a free one.", valueName: "host:port"))
        var listen = "127.0.0.1:8444"

        func run() async throws {
            let address = try ServiceAddress(listen.hasSuffix(":0") ? String(listen.dropLast(2)) : listen)
            let free = listen.hasSuffix(":0") ? ServiceAddress(host: address.host, port: 0) : address
            try await IntersectionCommand.run(options) { meeting, preparation, told in
                try await meeting.listen(at: free, preparation, patience: options.patience, told: told)
            }
        }
    }

    struct JoinCommand: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "join", abstract: "Goes to the party that listens.",
            discussion:
                "Example: entrepot psi join bank.csv --task task.yaml --key Bank.key --connect istat.example:8444")

        @OptionGroup var options: Options

        @Option(help: ArgumentHelp("Where the other party listens.", valueName: "host:port"))
        var connect: String

        func run() async throws {
            let address = try ServiceAddress(connect)
            try await IntersectionCommand.run(options) { meeting, preparation, told in
                try await meeting.join(address, preparation, patience: options.patience, told: told)
            }
        }
    }

    private static func run(
        _ options: Options,
        _ meet: (
            IntersectionMeeting, IntersectionMeeting.Preparation,
            @escaping @Sendable (IntersectionMeeting.Event) -> Void
        )
            async throws -> IntersectionParty.Outcome
    ) async throws {
        try await CommandFailure.reported {
            do {
                try await prepared(options, meet)
            } catch let error as IntersectionError {
                throw CommandFailure("\(error)", code: error == .alreadyAnswered ? ExitCode(3) : .failed)
            }
        }
    }

    private static func prepared(
        _ options: Options,
        _ meet: (
            IntersectionMeeting, IntersectionMeeting.Preparation,
            @escaping @Sendable (IntersectionMeeting.Event) -> Void
        )
            async throws -> IntersectionParty.Outcome
    ) async throws {
        let task = try Files.task(at: options.task)
        try Files.requireTime(task)
        let key = try Files.privateKey(at: options.key)
        let meeting = try IntersectionMeeting(task, key: key, signatures: try signatures(of: task, options.task))
        guard let table = meeting.own.table else { return }
        let list = try KeyList(LocalTableFile(path: options.file), table: table, rows: meeting.declaredRows)
        Console.say(
            "\(Counted.of(list.rowCount, "row")), \(Counted.of(list.keys.count, "different key")); \(meeting.declaredRows) are declared"
        )
        let folder = options.state ?? defaultState
        let ledger = try Ledger.open(directory: folder)
        guard let digest = LedgerHash(bytes: list.digest) else { return }
        let opening = try standingOpening(digest, "\(folder)/\(task.digest.hex.prefix(16)).\(meeting.own.name)")
        let price = meeting.price
        if let price {
            Console.say(
                "epsilon \(price.epsilon), delta \(price.delta), for the names of either party towards the other, if it keeps to "
                    + "the protocol: one that cheats learns the exact number. Ask an attested service where that matters."
            )
        } else {
            Console.say(
                "NOT DIFFERENTIALLY PRIVATE: each party learns which of its keys the other has. Both signed it.")
        }
        let claim = try admitted(options, task, key, ledger, folder)
        let preparation = IntersectionMeeting.Preparation(
            keys: list.keys, commitment: opening.commitment, ledger: ledger, claim: claim,
            noiseFile: "\(folder)/\(task.digest.hex.prefix(16)).\(meeting.own.name).noise",
            noise: { try noise(epsilon: price?.epsilon ?? 1) })
        let outcome = try await meet(meeting, preparation) { event in
            switch event {
            case .listening(let port): Console.say("listening on port \(port)")
            case .met: Console.say("the other party is there; points go out and come in")
            case .received: Console.say("its points are here")
            case .answering: Console.say("the answer is in the ledger and goes out")
            }
        }
        try show(outcome, list, meeting, options.output)
    }

    /// Whether this machine remembers that the task was answered elsewhere: by a service, or out of another folder.
    ///
    /// - Returns: what remembers this folder's reservation.
    private static func admitted(
        _ options: Options, _ task: TaskSpecification, _ key: PartyPrivateKey, _ ledger: Ledger, _ folder: String
    ) throws -> @Sendable (LedgerHash) throws -> Void {
        let stateFile = ClientConfiguration.defaultStateFile
        let measureAgain = options.measureAgain
        let confirmed = try RememberedState(file: stateFile).tasks[task.digest.hex]?.confirmedOn
        if let confirmed, !measureAgain {
            throw ClientError.remembered(.measuredAlready(remembered: confirmed, found: "of no service"))
        }
        let digest = Hex.encode(Array(SHA256.hash(data: key.publicKey.subjectPublicKeyInfo)))
        let memory = OfficeMemory.file(task: task.digest.hex, key: digest, beside: stateFile)
        let standing = try LedgerHash(hex: task.digest.hex).flatMap { try ledger.reservation(of: $0) }
        try OfficeMemory.admit(
            standing: standing?.hash.hex, folder: folder, file: memory, measureAgain: measureAgain)
        return { reservation in
            try OfficeMemory.claim(reservation.hex, folder: folder, file: memory, measureAgain: measureAgain)
        }
    }

    private static func show(
        _ outcome: IntersectionParty.Outcome, _ list: KeyList, _ meeting: IntersectionMeeting, _ output: String?
    ) throws {
        if let members = outcome.members {
            Console.say(
                "\(Counted.of(outcome.common, "key is", "keys are")) in both lists (not differentially private)")
            let text = members.map { String(decoding: list.keys[$0], as: UTF8.self) + "\n" }.joined()
            if let output {
                try Files.write(Array(text.utf8), to: output)
            } else {
                Console.show(String(text.dropLast()))
            }
            return
        }
        guard let price = meeting.price else { return }
        let reach = IntersectionTerms.halfWidth(epsilon: price.epsilon)
        let (figure, shown) = (outcome.estimate, max(0, outcome.estimate))
        let noisy = figure < 0 ? " (the noisy figure is \(figure))" : ""
        Console.say(
            "about \(Counted.of(shown, "key is", "keys are")) in both lists\(noisy); with 95 %: \(max(0, figure - reach)) to "
                + "\(max(0, figure + reach)), noise of both parties")
        Console.show("\(shown)")
    }

    /// What hides the list behind its commitment, kept so that a second attempt has the same.
    private static func standingOpening(_ digest: LedgerHash, _ stem: String) throws -> UploadOpening {
        let path = "\(stem).opening"
        if FileManager.default.fileExists(atPath: path) {
            let text = try Files.text(at: path)
            guard let blinding = Blinding(hex: text.trimmingCharacters(in: .whitespacesAndNewlines)) else {
                throw Files.unreadable(path)
            }
            return UploadOpening(blinding: blinding, file: digest)
        }
        let blinding = Blinding.random()
        guard
            FileManager.default.createFile(
                atPath: path, contents: Data("\(blinding.hex)\n".utf8), attributes: [.posixPermissions: 0o600])
        else { throw Files.unwritable(path) }
        return UploadOpening(blinding: blinding, file: digest)
    }

    /// A draw of the discrete Laplace law by the kernel: the noisy number of rows of a table without rows.
    private static func noise(epsilon: Double) throws -> Int {
        let domain = TableDomain(columns: [.categories("none", ["0"])])
        let empty = try CodedTable(columns: [CodedColumn(.bytes([]), domainSize: 1)])
        let kernel = Kernel(table: try PrivateTable(public: empty, domain: domain))
        let budget = try Budget(PrivacyParameters(epsilon: epsilon, delta: 0), accounting: .pure)
        return Int(try kernel.measure([[]], spending: budget)[0].counts[0])
    }

    private static func signatures(of task: TaskSpecification, _ path: String) throws -> [TaskSignature] {
        try task.providers.map { SignatureFile.path(task: path, party: $0.name) }
            .filter { FileManager.default.fileExists(atPath: $0) }
            .map { try TaskSignature(fileBytes: try Files.bytes(at: $0, limit: .signature)) }
    }

    private static var defaultState: String {
        URL(fileURLWithPath: ClientConfiguration.defaultStateFile).deletingLastPathComponent()
            .appendingPathComponent("intersections").path
    }
}
