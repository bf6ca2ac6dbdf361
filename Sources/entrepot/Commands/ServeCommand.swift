import ArgumentParser
import Attestation
import Client
import EngineCommands
import Foundation
import Ledger
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
            Linux's configfs-tsm, tpm a TPM 2.0 whose key somebody certified, azure the virtual TPM of an Azure \
            confidential machine. nitro, tsm and azure have not met hardware yet, and tpm has met one in software. \
            Nothing falls back to another attester.

            Example: entrepot serve --task task.yaml --attester simulated --state state
            """)

    @Option(help: "The task file.")
    var task: String

    @Option(help: "Where evidence comes from: simulated, nitro, tsm, tpm or azure.")
    var attester: AttesterName

    @Option(
        help: ArgumentHelp(
            "Where to listen; port 0 takes a free one. vsock:PORT inside an enclave, unix:PATH behind a forwarder of this "
                + "machine.", valueName: "host:port"))
    var listen: String = "127.0.0.1:8443"

    @Option(
        parsing: .upToNextOption,
        help: "Certificates to hand out beside evidence: AMD's for the chip, or those of the TPM's key.")
    var certificates: [String] = []

    @Option(help: ArgumentHelp("What was built, as the image's builder wrote it.", valueName: "file"))
    var buildManifest: String?

    @Option(
        help: ArgumentHelp(
            "With the simulated attester alone: folder for ledger, signatures and model; in memory where absent.",
            valueName: "folder"))
    var state: String?

    @Option(
        help: ArgumentHelp(
            "Whoever holds this key may read GET /metrics, and nothing else that is not public.", valueName: "key.pub"))
    var operatorKey: String?

    @Option(
        help: ArgumentHelp(
            "Of a task that lists shards: the root certificate of their simulated attester; the service's own where absent.",
            valueName: "file"))
    var simulatedRoot: String?

    func validate() throws {
        guard state == nil || attester == .simulated else { throw ValidationError("\(ServiceError.stateOnDisk)") }
    }

    func run() async throws {
        try await CommandFailure.reported { try await serve() }
    }

    private func serve() async throws {
        SealedProcess.begin()
        let specification = try Files.task(at: task)
        // A task that has begun goes on after a restart, and its own deadlines end it.
        if state.map({ FileManager.default.fileExists(atPath: "\($0)/\(Ledger.fileName)") }) != true {
            try Files.requireTime(specification)
        }
        if let refusal = specification.refusalToServe { throw CommandFailure(refusal, code: .badData) }
        let parent = try ListenAddress.parent(listen)
        let (host, port) = parent == nil ? try ListenAddress.parse(listen) : ("", 0)
        let manifest =
            try buildManifest.map { try Files.bytes(at: $0, limit: .buildManifest) } ?? BuildManifest.ofThisProcess()
        let logger = Logger(label: "entrepot") { StreamLogHandler.standardError(label: $0) }
        if attester == .simulated {
            Console.say("SIMULATED attester: gives no confidentiality against the host.")
        }
        let made = try await attester.attester(
            for: specification.canonicalBytes, manifest: manifest, certificates: certificates, state: state)
        var configuration = ServiceConfiguration(
            specification: specification, signatures: try signatures(of: specification), attester: made,
            buildManifest: manifest, host: host,
            port: port, parentSocket: parent, stateDirectory: state, logger: logger,
            onListening: { port in Console.say("listening on \(parent?.description ?? "https://\(host):\(port)")") })
        configuration.watcherKey = try operatorKey.map { try KeyFiles.publicKey(at: $0) }
        configuration.shardAccess = try shardAccess(specification, made)
        configuration.forcesEnd = true
        let service = try EntrepotService(configuration)
        try await service.run()
    }

    /// How shards are reached that the task lists.
    private func shardAccess(_ task: TaskSpecification, _ attester: any Attester) throws -> ShardAccess? {
        guard task.listedShards != nil else { return nil }
        let roots =
            try simulatedRoot.map { try CertificateFiles.certificates(in: $0) }
            ?? (attester as? SimulatedAttester).map { [$0.root] } ?? []
        return ShardAccess { address, vouch in
            try ShardConnection.open(ServiceAddress(address), for: task, simulatedRoots: roots, vouch: vouch)
        }
    }

    /// The content of `TASK.<party>.sig` for every provider that has one.
    private func signatures(of specification: TaskSpecification) throws -> [[UInt8]] {
        try specification.providers.map { SignatureFile.path(task: task, party: $0.name) }
            .filter { FileManager.default.fileExists(atPath: $0) }.map {
                try Files.bytes(at: $0, limit: .signature)
            }
    }
}
