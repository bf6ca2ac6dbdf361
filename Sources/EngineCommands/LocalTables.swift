import Foundation
package import Ledger
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

    private static func read(_ path: String, with reader: TableFileReader) throws -> (
        table: KeyedTable, sha256: LedgerHash
    ) {
        guard let file = FileHandle(forReadingAtPath: path) else {
            throw CommandFailure("the file \(path) cannot be read", code: .badData)
        }
        defer { try? file.close() }
        while let data = try file.read(upToCount: 1 << 20), !data.isEmpty {
            // Proof: the bytes are read within the call that lends them.
            try data.withUnsafeBytes { try reader.consume($0) }
        }
        let (table, digest) = try reader.finish()
        guard let sha256 = LedgerHash(bytes: digest) else {
            throw CommandFailure("the file \(path) has no digest")
        }
        return (table, sha256)
    }
}
