import Domains
import Drafting
import Foundation
package import Ledger
import Synchronization
package import Tables
package import Tasks
package import VectorMath

/// Tables that are read on this machine, by the service's own reader.
package enum LocalTables {
    /// A party's table and the digest of its file.
    ///
    /// - Throws: `TableProblems`, `SchemaProblems`, ``CommandFailure``.
    package static func table(
        _ path: String, party name: String, task: TaskSpecification, hash: KeyedHash
    ) throws -> (table: KeyedTable, sha256: LedgerHash) {
        let (party, table) = try provider(name, task)
        let domain = try task.readingDomain(of: party) ?? table.domain()
        return try Self.table(path, with: TableFileReader(table, domain: domain, of: task, hash: hash))
    }

    /// A reader of a party's table that tells its owner more than whether the service would take it.
    static func checker(party name: String, task: TaskSpecification) throws -> TableFileReader {
        let (_, table) = try provider(name, task)
        return try TableFileReader(table, of: task)
    }

    private static func provider(
        _ name: String, _ task: TaskSpecification
    ) throws -> (party: TaskSpecification.Party, table: TaskSpecification.PartyTable) {
        guard let party = task.providers.first(where: { $0.name == name }), let table = party.table else {
            let known = task.providers.map(\.name).joined(separator: ", ")
            throw CommandFailure("the task has no provider '\(name)'; it has \(known)", code: .identity)
        }
        return (party, table)
    }

    /// Feeds a file to a reader, a mebibyte at a time.
    ///
    /// - Throws: what is wrong with the file, each sentence with its name.
    static func table(_ path: String, with reader: TableFileReader) throws -> (table: KeyedTable, sha256: LedgerHash) {
        do {
            return try read(path, with: reader)
        } catch let problems as TableProblems {
            throw LocalTableFile.Refusal(name: path, problems: problems)
        }
    }

    /// A table that stays in its file, and the digest of the file.
    ///
    /// - Throws: what is wrong with the file, each sentence with its name.
    static func streamed(
        _ path: String, domain: TableDomain, schema: TableSchema, limits: TableLimits
    ) throws -> (table: StreamedTable, sha256: LedgerHash) {
        let first = Mutex<LedgerHash?>(nil)
        do {
            let table = try StreamedTable(domain: domain, schema: schema, limits: limits) { reader in
                let sha256 = try read(path, with: TableFileReader(reader)).sha256
                first.withLock { $0 = $0 ?? sha256 }
                return sha256.bytes
            }
            guard let sha256 = first.withLock({ $0 }) else { throw CommandFailure("the file \(path) has no digest") }
            return (table, sha256)
        } catch let problems as TableProblems {
            throw LocalTableFile.Refusal(name: path, problems: problems)
        }
    }

    private static func read(_ path: String, with reader: TableFileReader) throws -> (
        table: KeyedTable, sha256: LedgerHash
    ) {
        guard let file = FileHandle(forReadingAtPath: path) else {
            throw Files.unreadable(path)
        }
        defer { try? file.close() }
        if let source = try ParquetSource(path: path) {
            while let data = try file.read(upToCount: 1 << 20), !data.isEmpty {
                // Proof: the bytes are read within the call that lends them.
                data.withUnsafeBytes { reader.digest($0) }
            }
            return try result(try reader.finish(reading: source), path)
        }
        while let data = try file.read(upToCount: 1 << 20), !data.isEmpty {
            // Proof: the bytes are read within the call that lends them.
            try data.withUnsafeBytes { try reader.consume($0) }
        }
        return try result(try reader.finish(), path)
    }

    private static func result(
        _ read: (table: KeyedTable, sha256: [UInt8]), _ path: String
    ) throws -> (table: KeyedTable, sha256: LedgerHash) {
        guard let sha256 = LedgerHash(bytes: read.sha256) else {
            throw CommandFailure("the file \(path) has no digest")
        }
        return (read.table, sha256)
    }
}
