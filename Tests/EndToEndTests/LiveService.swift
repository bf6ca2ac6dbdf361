import Attestation
import Client
import Foundation
import Logging
import Synchronization
import Tasks

@testable import Service

/// A service on a real socket, and the parties that talk to it.
struct LiveService: Sendable {
    let port: Int
    let directory: URL
    let specification: TaskSpecification
    let keys: [String: PartyPrivateKey]
    let attester: SimulatedAttester
    let service: EntrepotService

    /// How a party's client is set up. The build under test is a debug build, and says so in its evidence.
    func client(_ party: String?, memory: String = "seen.json") -> ClientConfiguration {
        ClientConfiguration(
            address: ServiceAddress(host: "127.0.0.1", port: port), key: party.flatMap { keys[$0] },
            trust: TrustPolicy(
                now: 0,
                roots: TrustRoots(nitro: [], amdFingerprints: [], intelFingerprints: []).trustingSimulated(
                    root: attester.root),
                allowed: ReleaseManifest(releases: [attester.release]), allowDebug: true),
            task: specification.digest,
            stateFile: directory.appending(path: "\(party ?? "nobody")-\(memory)").path)
    }

    /// Runs `use` as a party over a verified connection.
    func asParty<Result>(
        _ party: String, _ use: (VerifiedConnection) async throws -> Result
    ) async throws -> Result {
        try await VerifiedConnection.open(client(party), use: use)
    }

    /// Writes a file into the test's folder.
    func file(_ name: String, _ text: String) throws -> String {
        let url = directory.appending(path: name)
        try Data(text.utf8).write(to: url)
        return url.path
    }
}

/// A task for a test, with fresh keys for its parties.
struct TestTask: Sendable {
    let specification: TaskSpecification
    let keys: [String: PartyPrivateKey]
    let signatures: [[UInt8]]

    /// - Parameter yaml: the task, with `KEY(Alice)` where Alice's public key stands.
    init(yaml: String, parties: [String], kinds: [PartyPrivateKey.Kind] = [.p256, .rsa2048]) throws {
        var text = yaml
        var keys: [String: PartyPrivateKey] = [:]
        for (index, party) in parties.enumerated() {
            let key = try PartyPrivateKey.generate(kinds[index % kinds.count])
            keys[party] = key
            text = text.replacingOccurrences(of: "KEY(\(party))", with: key.publicKey.base64)
        }
        let specification = try TaskSpecification(yaml: text)
        self.keys = keys
        self.specification = specification
        self.signatures = try specification.providers.map { party in
            guard let key = keys[party.name] else { throw TaskError.notAProvider(party.name) }
            return try TaskSignature.sign(specification.digest, as: party.name, with: key).fileBytes
        }
    }

    /// The workshop's cars, with an auditor and a consumer beside the two providers.
    static func workshop(
        method: String = "independent", deadlines: String = "{}", limits: String = "{upload_bytes: 200000, rows: 5000}",
        rowsPerKey: Int = 1, engine: String = "{kind: enclave}",
        privacy: String = "{epsilon: 3.0, delta: 1.0e-9, unit: record, unit_words: one joined record}"
    ) throws -> TestTask {
        try TestTask(
            yaml: """
                entrepot: 1
                task: workshop
                purpose: A test.
                parties:
                  - name: Alice
                    role: provider
                    public_key: KEY(Alice)
                    table:
                      key: {column: id, pattern: '^[0-9]{1,8}$', normalise: [trim]}
                      fields:
                        - {name: buying, type: string, categories: [low, med, high, vhigh], constraints: {required: true}}
                        - {name: maint, type: string, categories: [low, med, high, vhigh], constraints: {required: true}}
                        - {name: doors, type: string, categories: ['2', '3', '4', 5more], constraints: {required: true}}
                  - name: Bob
                    role: provider
                    public_key: KEY(Bob)
                    table:
                      key: {column: id, pattern: '^[0-9]{1,8}$', normalise: [trim]}
                      fields:
                        - {name: persons, type: string, categories: ['2', '4', more], constraints: {required: true}}
                        - {name: lug_boot, type: string, categories: [small, med, big], constraints: {required: true}}
                        - {name: safety, type: string, categories: [low, med, high], constraints: {required: true}}
                        - {name: value, type: string, categories: [unacc, acc, good, vgood], constraints: {required: true}}
                  - {name: Carol, role: consumer, public_key: KEY(Carol)}
                  - {name: Olaf, role: auditor, public_key: KEY(Olaf)}
                join: {kind: inner, rows_per_key: \(rowsPerKey)}
                privacy: \(privacy)
                engine: \(engine)
                synthesizer: {method: \(method)}
                limits: \(limits)
                deadlines: \(deadlines)
                """,
            parties: ["Alice", "Bob", "Carol", "Olaf"])
    }
}

/// Starts a service for a task, runs `use`, and stops it.
///
/// - Parameters:
///   - directory: a folder to go on with after a restart; a fresh one is made and removed where it is nil.
@discardableResult
func withService<Result: Sendable>(
    _ task: TestTask, signatures: [[UInt8]]? = nil, directory: URL? = nil, keepsState: Bool = true,
    clock: TestClock? = nil, logger: Logger = .quiet, parentSocket: ParentSocket? = nil,
    shards: ShardAccess? = nil, _ use: (LiveService) async throws -> Result
) async throws -> Result {
    let folder = directory ?? FileManager.default.temporaryDirectory.appending(path: "entrepot-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { if directory == nil { try? FileManager.default.removeItem(at: folder) } }
    let manifest = Array("a test's build".utf8)
    let attester = try SimulatedAttester(
        stateDirectory: folder.path, taskSpecification: task.specification.canonicalBytes, buildManifest: manifest)
    let (ports, continuation) = AsyncStream.makeStream(of: Int.self)
    var configuration = ServiceConfiguration(
        specification: task.specification, signatures: signatures ?? task.signatures, attester: attester,
        buildManifest: manifest, port: 0, parentSocket: parentSocket,
        stateDirectory: keepsState ? folder.appending(path: "state").path : nil,
        logger: logger, onListening: { continuation.yield($0) }, now: { clock?.now ?? Date() })
    configuration.shardAccess = shards
    let service = try EntrepotService(configuration)
    let running = Task {
        defer { continuation.finish() }
        try await service.run(signals: [])
    }
    var iterator = ports.makeAsyncIterator()
    guard let port = await iterator.next() else {
        try await running.value
        throw CancellationError()
    }
    let live = LiveService(
        port: port, directory: folder, specification: task.specification, keys: task.keys, attester: attester,
        service: service)
    do {
        let result = try await use(live)
        running.cancel()
        _ = try? await running.value
        return result
    } catch {
        running.cancel()
        _ = try? await running.value
        throw error
    }
}

extension Logger {
    /// Says next to nothing: every connection that ends with its service would be told as an error.
    static var quiet: Logger {
        var logger = Logger(label: "test")
        logger.logLevel = .critical
        return logger
    }
}

/// A clock that moves when a test says so.
final class TestClock: Sendable {
    private let time: Mutex<Date>

    init(_ start: Date) { time = Mutex(start) }

    var now: Date { time.withLock { $0 } }

    func advance(by seconds: Double) { time.withLock { $0 += seconds } }
}
