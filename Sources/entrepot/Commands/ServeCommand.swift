import ArgumentParser
import Attestation
import CProcess
import CWipe
import EngineCommands
import Foundation
import Logging
import Service
import Tasks

/// `entrepot serve`: one attested service for one task.
struct ServeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "serve",
        abstract: "Serves one task: takes in the tables, fits once, and hands out synthetic rows.",
        discussion: """
            Signatures are taken from the files TASK.<party>.sig beside the task, or over POST /spec/signatures. \
            `simulated` needs no hardware and gives no confidentiality against the host; nitro needs /dev/nsm, tsm \
            Linux's configfs-tsm (neither has met hardware yet). Nothing falls back to another attester.
            """)

    enum AttesterName: String, ExpressibleByArgument, CaseIterable {
        case simulated
        case nitro
        case tsm
    }

    @Option(help: "The task file.")
    var task: String

    @Option(help: "Where evidence comes from: simulated, nitro or tsm.")
    var attester: AttesterName

    @Option(help: ArgumentHelp("Where to listen; port 0 takes a free one.", valueName: "host:port"))
    var listen: String = "127.0.0.1:8443"

    @Option(help: "Folder for the ledger, the signatures and the model; without it all is lost with the process.")
    var state: String?

    func run() async throws {
        try await CommandFailure.reported { try await serve() }
    }

    private func serve() async throws {
        // Nothing that the service writes is for other users of the machine.
        umask(0o077)
        entrepot_crash_silently()
        if entrepot_lock_memory() != 0 {
            Console.say("memory is not locked: a host that swaps could write it to its disk (see ulimit -l)")
        }
        if entrepot_wipes_freed_memory() == 0 {
            Console.say("memory that was given back is not overwritten on this platform")
        }
        let specification = try Files.task(at: task)
        let (host, port) = try ListenAddress.parse(listen)
        let logger = Logger(label: "entrepot") { StreamLogHandler.standardError(label: $0) }
        if attester == .simulated {
            Console.say("SIMULATED attester: gives no confidentiality against the host.")
        }
        var configuration = ServiceConfiguration(
            specification: specification, signatures: try signatures(of: specification),
            attester: try await makeAttester(specification), buildManifest: Self.buildManifest, host: host,
            port: port, stateDirectory: state, logger: logger,
            onListening: { port in Console.say("listening on https://\(host):\(port)") })
        configuration.forcesEnd = true
        let service = try EntrepotService(configuration)
        try await service.run()
    }

    /// What was built, as far as the program knows it: its name and version of the statement that it signs.
    private static let buildManifest = Array("entrepot\n".utf8)

    private func makeAttester(_ specification: TaskSpecification) async throws -> any Attester {
        let bytes = specification.canonicalBytes
        switch attester {
        case .nitro: return try await NSMAttester(taskSpecification: bytes)
        case .tsm: return try TSMAttester()
        case .simulated:
            let directory = try state ?? Self.ownTemporaryFolder()
            try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
            let simulated = try SimulatedAttester(
                stateDirectory: directory, taskSpecification: bytes, buildManifest: Self.buildManifest)
            Console.say("root of the simulated evidence: \(simulated.rootFile)")
            Console.say("measurements of this process: \(simulated.measurementsFile)")
            return simulated
        }
    }

    /// A fresh folder for this process: in the common one, the root could be another user's.
    private static func ownTemporaryFolder() throws -> String {
        let folder = FileManager.default.temporaryDirectory.appending(path: "entrepot-\(UUID().uuidString)").path
        guard mkdir(folder, 0o700) == 0 else {
            throw CommandFailure("no folder can be made in \(FileManager.default.temporaryDirectory.path)")
        }
        return folder
    }

    /// The content of `TASK.<party>.sig` for every provider that has one.
    private func signatures(of specification: TaskSpecification) throws -> [[UInt8]] {
        try specification.providers.map { SignatureFile.path(task: task, party: $0.name) }
            .filter { FileManager.default.fileExists(atPath: $0) }.map { try Files.bytes(at: $0) }
    }
}
