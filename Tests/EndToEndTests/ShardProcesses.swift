import Attestation
import Client
import Domains
import Foundation
import PrivacyKernel
import Shards
import Tables
import Tasks
import Testing
import VectorMath

/// Three shards as users run them, a table of fifteen columns, and a coordinator's key.
final class ShardProcesses: Sendable {
    let folder: URL
    let key: PartyPrivateKey
    let keyFile: String
    let addresses: [String]
    let processes: [Program.Running]
    /// Options of `entrepot fit`.
    let trust: [String]

    private static let sizes = [3, 4, 5, 8, 10, 12, 16, 20, 6, 2]

    private init(
        folder: URL, key: PartyPrivateKey, keyFile: String, addresses: [String], processes: [Program.Running],
        trust: [String]
    ) {
        (self.folder, self.key, self.keyFile) = (folder, key, keyFile)
        (self.addresses, self.processes, self.trust) = (addresses, processes, trust)
    }

    /// Starts three, and ends them after `use`.
    static func run(_ use: (ShardProcesses) async throws -> Void) async throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "shards-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let made = try await Program.run(["keygen", "office", "--output", folder.path])
        #expect(made.code == 0, "\(made.talk)")
        var processes: [Program.Running] = []
        defer { for process in processes { process.stop() } }
        var addresses: [String] = []
        var trust: [String] = []
        for place in 0..<3 {
            let shard = try start(folder, listen: "127.0.0.1:0")
            processes.append(shard)
            addresses.append(try await shard.announced("a shard listens on "))
            guard place == 0 else { continue }
            trust = [
                "--allow-simulated", "--allow-debug",
                "--simulated-root", try await shard.announced("root of the simulated evidence: "),
                "--measurements", try await shard.announced("measurements of this process: "),
            ]
        }
        let keyFile = folder.appending(path: "office.key").path
        let key = try PartyPrivateKey(file: Array(Data(contentsOf: URL(fileURLWithPath: keyFile))))
        try await use(
            ShardProcesses(
                folder: folder, key: key, keyFile: keyFile, addresses: addresses, processes: processes, trust: trust))
    }

    static func start(_ folder: URL, listen: String, coordinator: String = "office.pub") throws -> Program.Running {
        try Program.Running([
            "shard", "--coordinator", folder.appending(path: coordinator).path, "--attester", "simulated", "--state",
            folder.appending(path: "state").path, "--listen", listen,
        ])
    }

    // MARK: - Trust

    var policy: TrustPolicy {
        get throws {
            let state = folder.appending(path: "state/simulated-root")
            let roots = try CertificateFile.certificates(Array(Data(contentsOf: state.appending(path: "root.pem"))))
                .reduce(TrustRoots.vendors) { $0.trustingSimulated(root: $1) }
            return TrustPolicy(
                now: 0, roots: roots,
                allowed: try ReleaseManifest(json: Data(contentsOf: state.appending(path: "measurements.json"))),
                allowDebug: true)
        }
    }

    /// A connection that is verified, on a thread that may wait.
    func open(
        _ place: Int, key: PartyPrivateKey? = nil, trust: TrustPolicy? = nil
    ) async throws -> ShardConnection {
        let (address, key, trust) = (try ServiceAddress(addresses[place]), key ?? self.key, try trust ?? policy)
        return try await Self.waiting { try ShardConnection.open(address, key: key, trust: trust) }
    }

    static func waiting<Made: Sendable>(_ work: @escaping @Sendable () throws -> Made) async throws -> Made {
        try await withCheckedThrowingContinuation { continuation in
            Thread.detachNewThread { continuation.resume(with: Result { try work() }) }
        }
    }

    // MARK: - Table

    static let schema = TableSchema(
        fields: sizes.enumerated().map { place, size in
            Field(
                name: "c\(place)", type: .string, categories: (0..<size).map { "v\($0)" },
                constraints: Constraints(required: true))
        }
            + (10..<15).map { place in
                Field(
                    name: "n\(place)", type: .number,
                    constraints: Constraints(required: true, minimum: .number(0), maximum: .number(1_000)),
                    bins: Bins(count: 32, scale: .linear))
            })

    /// - Returns: the paths of table and schema.
    func table(rows: Int) throws -> (table: String, schema: String) {
        var random = SplitMix64(state: 5)
        var text = Self.schema.fields.map(\.name).joined(separator: ",") + "\n"
        for _ in 0..<rows {
            let codes = Self.sizes.map { "v\(random.next() % UInt64($0))" }
            let numbers = (0..<5).map { _ in "\(Double(random.next() % 10_000) / 10)" }
            text += (codes + numbers).joined(separator: ",") + "\n"
        }
        let paths = (folder.appending(path: "table.csv"), folder.appending(path: "schema.json"))
        try Data(text.utf8).write(to: paths.0)
        try JSONEncoder().encode(Self.schema).write(to: paths.1)
        return (paths.0.path, paths.1.path)
    }

    private static func reader() throws -> CSVTableReader {
        CSVTableReader(
            domain: try TableDomain(schema: schema, keyColumns: []), schema: schema, key: nil, hash: .random,
            limits: TableLimits(bytes: .max, rows: 1 << 30))
    }

    private static func feed(_ path: String, _ reader: CSVTableReader) throws -> [UInt8] {
        let bytes = Array(try Data(contentsOf: URL(fileURLWithPath: path)))
        try reader.consume(bytes)
        return []
    }

    /// What counts the table over the network.
    func counter(_ path: String, waits: [Double] = []) async throws -> ShardCounter {
        let (key, trust, addresses) = (key, try policy, addresses)
        return try await Self.waiting {
            let domain = try TableDomain(schema: Self.schema, keyColumns: [])
            let source = ShardCounter.Source(name: path, domain: domain, key: nil) { prepare in
                let reader = try Self.reader()
                prepare(reader)
                let digest = try Self.feed(path, reader)
                _ = try reader.finish()
                return digest
            }
            return try ShardCounter(
                [source], domain: domain, rowsPerKey: 1,
                shards: addresses.map { address in
                    ShardCounter.Shard(name: address) {
                        try ShardConnection.open(ServiceAddress(address), key: key, trust: trust)
                    }
                }, waits: waits)
        }
    }

    static func memory(_ path: String) throws -> Kernel {
        let reader = try reader()
        _ = try feed(path, reader)
        return Kernel(table: try PrivateTable(single: reader.finish()))
    }

    static func blocks(_ path: String) throws -> Kernel {
        let table = try StreamedTable(
            domain: TableDomain(schema: schema, keyColumns: []), schema: schema,
            limits: TableLimits(bytes: .max, rows: 1 << 30)
        ) { reader in
            let digest = try feed(path, reader)
            _ = try reader.finish()
            return digest
        }
        return try Kernel(blocks: table)
    }

    /// All 105 pair tables, of noise that is zero but with a probability below e⁻²⁰.
    static func pairs(_ kernel: Kernel) throws -> [[Int64]] {
        let pairs = (0..<15).flatMap { first in ((first + 1)..<15).map { [first, $0] } }
        return try kernel.measure(
            pairs, spending: Budget(PrivacyParameters(epsilon: 8_000, delta: 0), accounting: .pure)
        ).map(\.counts)
    }
}
