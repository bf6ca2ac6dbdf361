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
        abstract: "Counts a part of a table for `entrepot fit --engine shards`, one of several attested programs.",
        discussion: """
            It takes rows from the holder of one key alone, holds them in memory, and answers with tables of whole numbers on the \
            connection over which all of the rows came. Whoever sends rows verifies its evidence first. The attesters are those of \
            `entrepot serve`.

            Example: entrepot shard --coordinator office.pub --attester simulated --listen 127.0.0.1:8450
            """)

    @Option(help: "The public key of whoever may send rows, as keygen wrote it.")
    var coordinator: String

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
    }

    func run() async throws {
        try await CommandFailure.reported {
            SealedProcess.begin()
            let key = try KeyFiles.publicKey(at: coordinator)
            let (host, port) = try ListenAddress.parse(listen)
            let manifest =
                try buildManifest.map { try Files.bytes(at: $0, limit: .buildManifest) }
                ?? BuildManifest.ofThisProcess()
            if attester == .simulated {
                Console.say("SIMULATED attester: gives no confidentiality against the host.")
            }
            let made = try await attester.attester(
                for: ShardEvidence.purpose(of: key), manifest: manifest, certificates: certificates, state: state)
            let server = ShardServer(
                listen: ServiceAddress(host: host, port: port), coordinator: key, attester: made,
                manifest: Array(SHA256.hash(data: manifest)))
            try await server.run { port in Console.say("a shard listens on \(host):\(port)") }
        }
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
