import Attestation
import Client
import Domains
import Engine
import Foundation
import PrivacyKernel
import Shards
import Spark
import Synchronization
import Tables
import Tasks
import Testing
import VectorMath

@testable import EngineCommands

/// `scripts/scale` runs this once for each engine, over a table that it made, and compares what is printed.
@Suite("tables of counts at scale")
struct ScaleTests {
    private static let settings = ProcessInfo.processInfo.environment

    @Test(
        "every pair of columns is counted, and the tables' digest told",
        .enabled(if: settings["ENTREPOT_SCALE_TABLE"] != nil))
    func pairs() throws {
        let path = try #require(Self.settings["ENTREPOT_SCALE_TABLE"])
        let engine = try #require(CountingEngine(rawValue: Self.settings["ENTREPOT_SCALE_ENGINE"] ?? ""))
        let schema = try JSONDecoder().decode(
            TableSchema.self,
            from: Data(contentsOf: URL(fileURLWithPath: try #require(Self.settings["ENTREPOT_SCALE_SCHEMA"]))))
        let domain = try TableDomain(schema: schema, keyColumns: [])
        let start = ContinuousClock.now
        try Self.report(engine, from: start, of: Self.kernel(engine, path, domain, schema), domain)
    }

    @Test(
        "every pair of columns of a join is counted, and the tables' digest told",
        .enabled(if: settings["ENTREPOT_SCALE_TASK"] != nil))
    func joined() throws {
        let task = try Files.task(at: try #require(Self.settings["ENTREPOT_SCALE_TASK"]), allowsMissingKeys: true)
        let engine = try #require(CountingEngine(rawValue: Self.settings["ENTREPOT_SCALE_ENGINE"] ?? ""))
        let plan = try TaskPlan(task)
        let paths = try (Self.settings["ENTREPOT_SCALE_DATA"] ?? "").split(separator: " ").map {
            try NamedFile(String($0))
        }
        let start = ContinuousClock.now
        let kernel: Kernel
        if engine == .spark {
            let sources = try paths.map { file in
                let table = try #require(task.party(named: file.name)?.table)
                return (file.name, file.path, try table.domain(), table.schema, table.key) as ClusterTables.Source
            }
            kernel = Kernel(
                countedBy: try ClusterTables(
                    sources, domain: plan.domain, rowsPerKey: plan.rowsPerKey,
                    connect: Self.settings["ENTREPOT_SCALE_CONNECT"] ?? ""
                ).rows)
        } else {
            let hash = KeyedHash.random
            kernel = Kernel(
                table: try plan.joined(
                    paths.map {
                        ($0.name, try LocalTables.table($0.path, party: $0.name, task: task, hash: hash).table)
                    }))
        }
        try Self.report(engine, from: start, of: kernel, plan.domain)
    }

    /// Counts every pair, and prints how many rows and tables there are, a digest of all counts, and the time.
    private static func report(
        _ engine: CountingEngine, from start: ContinuousClock.Instant, of kernel: Kernel, _ domain: TableDomain
    ) throws {
        let opened = ContinuousClock.now
        // Seconds of the processor since the process began: POSIX counts them in millionths.
        print("scale opened \(Double(clock()) / 1e6)")
        fflush(nil)
        let columns = domain.columns.indices
        let pairs = columns.flatMap { first in columns.filter { $0 > first }.map { [first, $0] } }
        // The noise of an answer is zero but with a probability below e^-20.
        let answers = try kernel.measure(
            pairs, spending: Budget(PrivacyParameters(epsilon: 8_000, delta: 0), accounting: .pure))
        let counted = ContinuousClock.now
        // FNV-1a over the words of all counts.
        var digest: UInt64 = 0xCBF2_9CE4_8422_2325
        for answer in answers {
            for count in answer.counts { digest = (digest ^ UInt64(bitPattern: count)) &* 0x100_0000_01B3 }
        }
        let rows = answers.first?.counts.reduce(0, +) ?? 0
        #expect(answers.count == pairs.count)
        #expect(answers.allSatisfy { $0.counts.reduce(0, +) == rows })
        print(
            "scale \(engine.rawValue) \(rows) \(answers.count) \(String(digest, radix: 16)) \((opened - start) / .seconds(1)) "
                + "\((counted - opened) / .seconds(1))")
        fflush(nil)
    }

    private static func kernel(
        _ engine: CountingEngine, _ path: String, _ domain: TableDomain, _ schema: TableSchema
    ) throws -> Kernel {
        let limits = TableLimits(bytes: .max, rows: Int(UInt32.max))
        switch engine {
        case .memory:
            let reader = CSVTableReader(domain: domain, schema: schema, key: nil, hash: .random, limits: limits)
            return Kernel(table: try PrivateTable(single: LocalTables.table(path, with: TableFileReader(reader)).table))
        case .blocks:
            return try Kernel(
                blocks: LocalTables.streamed(path, domain: domain, schema: schema, limits: limits).table)
        case .spark:
            let tables = try ClusterTables(
                [(party: "table", name: path, domain: domain, schema: schema, key: nil)], domain: domain, rowsPerKey: 1,
                connect: settings["ENTREPOT_SCALE_CONNECT"] ?? "")
            return Kernel(countedBy: tables.rows)
        case .shards:
            let root = try #require(settings["ENTREPOT_SCALE_STATE"])
            let roots = try CertificateFile.certificates(
                Array(Data(contentsOf: URL(fileURLWithPath: "\(root)/simulated-root/root.pem")))
            ).reduce(TrustRoots.vendors) { $0.trustingSimulated(root: $1) }
            let allowed = try ReleaseManifest(
                json: Data(contentsOf: URL(fileURLWithPath: "\(root)/simulated-root/measurements.json")))
            let trust = TrustPolicy(now: 0, roots: roots, allowed: allowed, allowDebug: true)
            ShardDoor.ofProgram.withLock {
                $0 = ShardDoor { request in
                    try ShardConnection.open(
                        ServiceAddress(request.address), key: Files.privateKey(at: request.key), trust: trust)
                }
            }
            let source = ShardTables.Source(
                path: path, domain: domain, schema: schema, key: nil,
                dialect: TableDialect(delimiter: UInt8(ascii: ",")), limits: limits)
            let key = try #require(settings["ENTREPOT_SCALE_KEY"])
            return Kernel(
                countedBy: try ShardTables(
                    [source], domain: domain, rowsPerKey: 1, connect: settings["ENTREPOT_SCALE_CONNECT"] ?? "",
                    ShardTrust(key: key)
                ).rows)
        }
    }
}
