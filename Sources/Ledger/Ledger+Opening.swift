internal import Foundation
internal import GRDB

extension Ledger {
    /// The file inside the state directory.
    public static let fileName = "ledger.sqlite"

    /// Opens the ledger of a state directory, which is made if it is not there, and verifies every entry.
    ///
    /// - Throws: `tampered` and `transcriptTampered` if the file was changed; `notDurable` where the database would
    ///   not sync each commit.
    public static func open(directory: String) throws(LedgerError) -> Ledger {
        let pool: DatabasePool
        do {
            try FileManager.default.createDirectory(
                atPath: directory, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
            var configuration = Configuration()
            configuration.label = "ledger"
            configuration.busyMode = .timeout(10)
            configuration.foreignKeysEnabled = true
            let path = directory + "/" + fileName
            // SQLite gives its other files the permissions of this one, so it has them before it is opened.
            if !FileManager.default.fileExists(atPath: path) {
                _ = FileManager.default.createFile(
                    atPath: path, contents: nil, attributes: [.posixPermissions: 0o600])
            }
            pool = try DatabasePool(path: path, configuration: configuration)
            // GRDB puts a WAL writer on NORMAL while it opens, whatever the configuration says, and NORMAL may lose
            // the last commits in a power cut. FULL has to be set here, after.
            try pool.writeWithoutTransaction { try $0.execute(sql: "PRAGMA synchronous = FULL") }
        } catch {
            throw LedgerError(error)
        }
        let ledger = try Ledger(pool)
        guard try ledger.synchronousLevel() >= 2, try ledger.journalMode() == "wal" else {
            throw .notDurable(synchronous: try ledger.synchronousLevel())
        }
        return ledger
    }

    /// What `PRAGMA synchronous` reads on the connection that writes: 2 is FULL.
    func synchronousLevel() throws(LedgerError) -> Int {
        try perform { database in
            try database.writeWithoutTransaction { try Int.fetchOne($0, sql: "PRAGMA synchronous") ?? 0 }
        }
    }

    private func journalMode() throws(LedgerError) -> String {
        try perform { database in
            try database.writeWithoutTransaction { try String.fetchOne($0, sql: "PRAGMA journal_mode") ?? "" }
        }
    }

    /// Recomputes every hash.
    ///
    /// What it cannot see is a file cut off at its end, or exchanged for an older copy: that is what the heads are for
    /// that clients remember.
    public func verify() throws(LedgerError) {
        try perform { database in
            try database.read { database in
                try Self.verifyEntries(in: database)
                try Self.verifyTranscripts(in: database)
            }
        }
    }

    private static func verifyEntries(in database: Database) throws {
        var expected = Head(sequence: 0, hash: .zero)
        let rows = try Row.fetchCursor(database, sql: "SELECT sequence, task, kind, bytes FROM entry ORDER BY sequence")
        while let row = try rows.next() {
            let sequence = expected.sequence + 1
            guard let entry = LedgerEntry(canonicalBytes: Array(row["bytes"] as Data)), entry.sequence == sequence,
                (row["sequence"] as Int64) == Int64(clamping: sequence), entry.previous == expected.hash,
                (row["task"] as String) == entry.task.hex, (row["kind"] as String) == entry.kind.rawValue
            else { throw LedgerError.tampered(sequence: sequence) }
            expected = Head(sequence: sequence, hash: entry.hash)
        }
    }

    private static func verifyTranscripts(in database: Database) throws {
        let rows = try Row.fetchCursor(
            database, sql: "SELECT task, ordinal, bytes, hash FROM release ORDER BY task, ordinal")
        var task: LedgerHash?
        var chain = LedgerHash.zero
        var ordinal = 0
        while let row = try rows.next() {
            guard let owner = LedgerHash(hex: row["task"]) else { throw LedgerError.storage("release of no task") }
            if owner != task {
                guard let reservation = try reservation(of: owner, in: database) else {
                    throw LedgerError.transcriptTampered(task: owner, ordinal: 0)
                }
                task = owner
                chain = reservation.hash
                ordinal = 0
            }
            chain = Transcript.next(after: chain, releasing: row["bytes"])
            guard (row["ordinal"] as Int64) == Int64(ordinal), (row["hash"] as String) == chain.hex else {
                throw LedgerError.transcriptTampered(task: owner, ordinal: ordinal)
            }
            ordinal += 1
        }
        try verifyMeasurements(in: database)
        try verifyFinishedTranscripts(in: database)
    }

    /// Each release has an entry with its hash, and each entry its release: none was rewritten, added or taken away.
    private static func verifyMeasurements(in database: Database) throws {
        let releases = try Row.fetchCursor(
            database, sql: "SELECT task, ordinal, hash FROM release ORDER BY task, ordinal")
        var recorded: [String: [[String: String]]] = [:]
        while let row = try releases.next() {
            guard let hash = LedgerHash(hex: row["hash"]) else { throw LedgerError.storage("release without a hash") }
            let ordinal = Int(row["ordinal"] as Int64)
            recorded[row["task"], default: []].append(Transcript.details(ordinal: ordinal, hash: hash))
        }
        let entered = try measurements(in: database)
        for task in Set(recorded.keys).union(entered.keys).sorted() {
            let (releases, entries) = (recorded[task] ?? [], entered[task] ?? [])
            guard releases != entries else { continue }
            let ordinal = zip(releases, entries).prefix { $0 == $1 }.count
            throw LedgerError.transcriptTampered(task: LedgerHash(hex: task) ?? .zero, ordinal: ordinal)
        }
    }

    /// What the ledger's entries say of the releases of each task, in order.
    static func measurements(in database: Database) throws -> [String: [[String: String]]] {
        let rows = try Row.fetchAll(
            database, sql: "SELECT sequence, bytes FROM entry WHERE kind = ? ORDER BY sequence",
            arguments: [LedgerEntry.Kind.measurement.rawValue])
        var entered: [String: [[String: String]]] = [:]
        for row in rows {
            let entry = try entry(row)
            entered[entry.task.hex, default: []].append(entry.details)
        }
        return entered
    }

    /// A finished fit has said up to where its transcript went; what follows may follow, what went before must stand.
    private static func verifyFinishedTranscripts(in database: Database) throws {
        let rows = try Row.fetchAll(
            database, sql: "SELECT sequence, bytes FROM entry WHERE kind = ?",
            arguments: [LedgerEntry.Kind.trained.rawValue])
        for row in rows {
            let entry = try entry(row)
            let said = entry.details["transcript"]
            let stands = try Bool.fetchOne(
                database, sql: "SELECT EXISTS (SELECT 1 FROM release WHERE task = ? AND hash = ?)",
                arguments: [entry.task.hex, said])
            guard try stands == true || said == reservation(of: entry.task, in: database)?.hash.hex else {
                throw LedgerError.transcriptTampered(
                    task: entry.task, ordinal: try transcriptEnd(of: entry.task, in: database)?.count ?? 0)
            }
        }
    }
}
