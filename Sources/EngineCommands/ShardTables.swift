import ArgumentParser
import Bytes
import Domains
import Drafting
import Ledger
import PrivacyKernel
package import Shards
package import Synchronization
import Tables
import Tasks
import VectorMath

/// How a shard is reached: what opens sockets is handed in by the program, for nothing here does.
package struct ShardDoor: Sendable {
    /// Where a shard is, and the files that say what is trusted of it.
    package struct Request: Sendable {
        /// HOST:PORT.
        package let address: String
        package let key: String
        package let measurements: String?
        package let simulatedRoot: String?
        package let allowsDebug: Bool
    }

    /// What the program has handed in.
    package static let ofProgram = Mutex<ShardDoor?>(nil)

    let open: @Sendable (Request) throws -> any ShardLink

    /// - Parameter open: connects and verifies.
    package init(open: @escaping @Sendable (Request) throws -> any ShardLink) { self.open = open }
}

/// Files that say what is trusted of shards.
struct ShardTrust {
    var key: String?
    var measurements: String?
    var simulatedRoot: String?
    var allowsDebug = false
}

/// Tables that were read here and lie on shards.
struct ShardTables {
    let rows: ShardCounter
    /// Who counts: for the entry of the ledger.
    let counter: String
    /// The digest of each file.
    let contents: [LedgerHash]

    /// One party's file.
    struct Source {
        let path: String
        let domain: TableDomain
        let schema: TableSchema
        let key: KeyRule?
        let dialect: TableDialect
        let limits: TableLimits
    }

    /// Cuts the files and sends their rows.
    ///
    /// - Parameters:
    ///   - domain: of the joined columns, with the rules of their rows.
    ///   - connect: HOST:PORT of every shard, with commas between.
    init(
        _ sources: [Source], domain: TableDomain, rowsPerKey: Int, connect: String, _ trust: ShardTrust
    ) throws {
        guard let door = ShardDoor.ofProgram.withLock({ $0 }), let key = trust.key else {
            throw CommandFailure(
                "--engine shards needs --key, the key that the shards were started for", code: ExitCode(64))
        }
        let addresses = connect.split(separator: ",").map(String.init)
        let isNamed = addresses.allSatisfy { address in
            let port = address.lastIndex(of: ":").flatMap {
                $0 == address.startIndex ? nil : Int(address[$0...].dropFirst())
            }
            return port.map { (1...65_535).contains($0) } ?? false
        }
        guard !addresses.isEmpty, isNamed, Set(addresses.map { $0.lowercased() }).count == addresses.count else {
            throw CommandFailure(
                "--connect names each shard once, as HOST:PORT,HOST:PORT,… (got \(ShownText.line(connect)))",
                code: ExitCode(64))
        }
        let shards = addresses.map { address in
            let request = ShardDoor.Request(
                address: address, key: key, measurements: trust.measurements, simulatedRoot: trust.simulatedRoot,
                allowsDebug: trust.allowsDebug)
            return ShardCounter.Shard(name: address) { try door.open(request) }
        }
        counter = "\(Counted.of(addresses.count, "shard")) at \(addresses.joined(separator: ", "))"
        let hashKey = ShardCounter.randomKey
        do {
            rows = try ShardCounter(
                sources.map { source in
                    ShardCounter.Source(name: source.path, domain: source.domain, key: source.key) { prepare in
                        // Their sizes are those of padding, which the shards make.
                        let limits = TableLimits(bytes: source.limits.bytes, rows: source.limits.rows)
                        let reader = CSVTableReader(
                            domain: source.domain, schema: source.schema, key: source.key,
                            hash: KeyedHash(key: hashKey), limits: limits, rowsPerKey: rowsPerKey,
                            dialect: source.dialect)
                        prepare(reader)
                        return try LocalTables.table(source.path, with: TableFileReader(reader)).sha256.bytes
                    }
                }, domain: domain, rowsPerKey: rowsPerKey, shards: shards, hashKey: hashKey)
        } catch ShardError.rows(let path, let problems) {
            throw LocalTableFile.Refusal(name: path, problems: problems)
        }
        Console.say(
            "counted by \(counter), \(addresses.count == 1 ? "which is believed: it is" : "which are believed: they are") no part of "
                + "the kernel")
        contents = try zip(rows.digests, sources).map { digest, source in
            guard let hash = LedgerHash(bytes: digest) else {
                throw CommandFailure("the file \(source.path) has no digest")
            }
            return hash
        }
    }
}
