import ArgumentParser
import Attestation
import Client
import Crypto
import EngineCommands
import Foundation
import Shards
import Tasks

/// `entrepot shard`: one of several attested programs that count one table together.
struct ShardCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "shard",
        abstract:
            "Counts a part of the rows for a service, or for `fit --engine shards`; one of several attested programs.",
        discussion: """
            It takes rows from one coordinator alone, holds them in memory, and answers with tables of whole numbers on the \
            connection over which all of the rows came. Whoever sends rows verifies its evidence first. With --task that is the \
            service of a task that lists shards, which must show evidence itself of what the task lists for it; with --coordinator the \
            holder of a key. The attesters are those of `entrepot serve`.

            Example: entrepot shard --task task.yaml --attester tsm --listen 0.0.0.0:8450
            """)

    @Option(help: "The public key of whoever may send rows with `fit --engine shards`, as keygen wrote it.")
    var coordinator: String?

    @Option(help: "The task whose service may send rows.")
    var task: String?

    @Option(help: "With --task: the root certificate of the service's simulated attester; its own where absent.")
    var simulatedRoot: String?

    @Option(help: "Where evidence comes from: simulated, nitro, tsm, tpm or azure.")
    var attester: AttesterName

    @Option(help: ArgumentHelp("Where to listen; port 0 takes a free one.", valueName: "host:port"))
    var listen: String = "127.0.0.1:8450"

    @Option(
        parsing: .upToNextOption,
        help: "Certificates to hand out beside evidence: AMD's for the chip, or those of the TPM's key.")
    var certificates: [String] = []

    @Option(help: ArgumentHelp("What was built, as the image's builder wrote it.", valueName: "file"))
    var buildManifest: String?

    @Option(help: ArgumentHelp("Folder of the simulated attester's root.", valueName: "folder"))
    var state: String?

    func validate() throws {
        guard state == nil || attester == .simulated else {
            throw ValidationError("--state is of the simulated attester alone: a shard keeps nothing")
        }
        guard (coordinator == nil) != (task == nil) else {
            throw ValidationError("a shard is started for one --task, or for one --coordinator")
        }
        guard simulatedRoot == nil || task != nil else {
            throw ValidationError("--simulated-root goes with --task: of the holder of a key no evidence is asked")
        }
    }

    func run() async throws {
        try await CommandFailure.reported {
            SealedProcess.begin()
            var sender = try sender()
            let (host, port) = try ListenAddress.parse(listen)
            let manifest =
                try buildManifest.map { try Files.bytes(at: $0, limit: .buildManifest) }
                ?? BuildManifest.ofThisProcess()
            if attester == .simulated {
                Console.say("SIMULATED attester: gives no confidentiality against the host.")
            }
            let made = try await attester.attester(
                for: sender.purpose, manifest: manifest, certificates: certificates, state: state)
            if case .service(let task, let roots) = sender, roots.isEmpty, let own = made as? SimulatedAttester {
                sender = .service(task, simulatedRoots: [own.root])
            }
            let server = ShardServer(
                listen: ServiceAddress(host: host, port: port), coordinator: sender, attester: made,
                manifest: Array(SHA256.hash(data: manifest)))
            try await server.run { port in Console.say("a shard listens on \(host):\(port)") }
        }
    }

    /// - Throws: for a private key too: whoever runs a shard could count in the coordinator's name with it.
    private func publicKey(at path: String) throws -> PartyKey {
        guard (try? KeyFiles.privateKey(at: path)) == nil else {
            throw CommandFailure(
                "\(path) is a private key, which belongs on no machine of a shard: give its public half, as keygen wrote it to "
                    + "NAME.pub, and make a new key if this one has been on a machine that is not yours",
                code: ExitCode(64))
        }
        return try KeyFiles.publicKey(at: path)
    }

    /// Who may send rows.
    private func sender() throws -> ShardServer.Coordinator {
        guard let task else { return .key(try publicKey(at: coordinator ?? "")) }
        let specification = try Files.task(at: task)
        guard specification.listedShards != nil else {
            throw CommandFailure(
                "the task's engine is \(specification.engine.word): it lists no shards, so that nobody signed that one counts",
                code: .badData)
        }
        return .service(
            specification, simulatedRoots: try simulatedRoot.map { try CertificateFiles.certificates(in: $0) } ?? [])
    }
}

extension ShardDoor {
    /// Connects to shards over the attested channel.
    static let network = ShardDoor { request in
        var roots = TrustRoots.vendors
        if let file = request.simulatedRoot {
            for root in try CertificateFiles.certificates(in: file) { roots = roots.trustingSimulated(root: root) }
        }
        let trust = TrustPolicy(
            now: 0, roots: roots, allowed: try request.measurements.map { try ReleaseFile.read($0) },
            allowDebug: request.allowsDebug)
        return try ShardConnection.open(
            ServiceAddress(request.address), key: try Files.privateKey(at: request.key), trust: trust)
    }
}
