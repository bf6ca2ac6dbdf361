public import Attestation
public import Foundation
public import Logging
public import Shards
public import Tasks

/// How a shard is reached: what verifies it is handed in by the program, for the service verifies nobody's evidence.
public struct ShardAccess: Sendable {
    /// Makes evidence of this service for a key, bytes of the shard's choice, and what binds it to the connection.
    public typealias Vouch =
        @Sendable (_ spki: [UInt8], _ nonce: [UInt8], _ binding: [UInt8]) async throws -> Evidence

    let open: @Sendable (_ address: String, _ vouch: @escaping Vouch) throws -> any ShardLink

    /// - Parameter open: connects to HOST:PORT, shows the service's evidence, and verifies the shard's as the task says. It throws
    ///   `ShardError`.
    public init(open: @escaping @Sendable (_ address: String, _ vouch: @escaping Vouch) throws -> any ShardLink) {
        self.open = open
    }
}

/// What an operator chooses. Everything else is in the task.
public struct ServiceConfiguration: Sendable {
    /// The task that the service is for: one service, one task.
    public var specification: TaskSpecification
    /// Contents of the signature files beside the task; more may arrive over `POST /spec/signatures`.
    public var signatures: [[UInt8]]
    /// Makes the evidence that callers ask for.
    public var attester: any Attester
    /// What was built. Every statement holds its digest, and the attester measures the same bytes.
    public var buildManifest: [UInt8]
    /// The address to listen on, or a name of this machine.
    public var host: String
    /// 0 takes a free one; see `onListening`.
    public var port: Int
    /// Listen here in place of host and port: in an enclave, which has no network.
    public var parentSocket: ParentSocket?
    /// How shards are reached that a task lists; a task that lists some is not served without.
    public var shardAccess: ShardAccess?
    /// Where it listens, as the operator names it.
    var address: String { parentSocket?.description ?? "\(host):\(port)" }
    /// Folder for ledger, signatures and model; nil keeps all in memory, and one boot is one task.
    public var stateDirectory: String?
    /// The key of whoever runs the service, who may read the metrics; no party of the task. nil for nobody.
    public var watcherKey: PartyKey?
    /// Takes constant messages with public fields; no row, name of a value or size of a table.
    public var logger: Logger
    /// Called with the port once the service listens.
    public var onListening: @Sendable (Int) async -> Void
    /// The present time, for deadlines.
    public var now: @Sendable () -> Date
    /// Whether the process may end by itself nine seconds after it was asked to, whatever still runs: for a process that is
    /// this service alone.
    public var forcesEnd = false

    /// What an operator chooses; each part as described at its property.
    public init(
        specification: TaskSpecification, signatures: [[UInt8]] = [], attester: any Attester,
        buildManifest: [UInt8], host: String = "127.0.0.1", port: Int = 8443,
        parentSocket: ParentSocket? = nil, stateDirectory: String?,
        logger: Logger = Logger(label: "entrepot"), onListening: @escaping @Sendable (Int) async -> Void = { _ in },
        now: @escaping @Sendable () -> Date = { Date() }
    ) {
        self.specification = specification
        self.signatures = signatures
        self.attester = attester
        self.buildManifest = buildManifest
        self.host = host
        self.port = port
        self.parentSocket = parentSocket
        self.stateDirectory = stateDirectory
        self.logger = logger
        self.onListening = onListening
        self.now = now
    }
}
