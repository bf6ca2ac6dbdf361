import ArgumentParser
import Crypto
import Foundation
import Gzip
import Ledger
import Tables
import Tasks
import VectorMath

/// `entrepot check`: the service's own validator, run locally; nothing is sent.
struct CheckCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check", abstract: "Checks a table as the service would, on your own machine.")

    @Argument(help: "The CSV file.")
    var file: String

    @Option(help: "The task file.")
    var task: String

    @Option(help: "Your party's name in the task.")
    var party: String

    @Flag(help: "One JSON object on stdout.")
    var json = false

    func run() async throws {
        try await CommandFailure.reported {
            let task = try Files.task(at: task, isPlan: true)
            do {
                let table = try LocalTables.read(file, party: party, task: task, hash: LocalTables.freshHash()).table
                if json {
                    print(#"{"rows":\#(table.rowCount),"problems":[]}"#)
                } else {
                    print("\(file): \(table.rowCount) rows, no problem; the service would take it")
                }
            } catch let problems as TableProblems {
                if json {
                    let encoder = JSONEncoder()
                    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
                    print(String(decoding: try encoder.encode(problems), as: UTF8.self))
                }
                throw problems
            }
        }
    }
}

/// Tables that are read on this machine, by the service's own reader.
enum LocalTables {
    /// A keyed hash with a random key, shared by the tables that are to be joined.
    static func freshHash() -> KeyedHash {
        var generator = SystemRandomNumberGenerator()
        return KeyedHash(key: (generator.next(), generator.next()))
    }

    /// A party's table and the digest of its file.
    ///
    /// - Throws: `TableProblems`, `SchemaProblems`, ``CommandFailure``.
    static func read(
        _ path: String, party name: String, task: TaskSpecification, hash: KeyedHash
    ) throws -> (table: KeyedTable, sha256: LedgerHash) {
        guard let table = task.providers.first(where: { $0.name == name })?.table else {
            let known = task.providers.map(\.name).joined(separator: ", ")
            throw CommandFailure("the task has no provider '\(name)'; it has \(known)", code: .identity)
        }
        return try read(
            path,
            reader: CSVTableReader(
                domain: try table.domain(), schema: table.schema, key: table.key, hash: hash, limits: task.limits.table,
                rowsPerKey: task.join.rowsPerKey, delimiter: table.delimiter))
    }

    /// Feeds a file to a reader, a mebibyte at a time; gzip is unpacked.
    static func read(_ path: String, reader: CSVTableReader) throws -> (table: KeyedTable, sha256: LedgerHash) {
        guard let file = FileHandle(forReadingAtPath: path) else {
            throw CommandFailure("the file \(path) cannot be read", code: .badData)
        }
        defer { try? file.close() }
        var digest = SHA256()
        var unpacking: GzipReader?
        var isFirst = true
        while let data = try file.read(upToCount: 1 << 20), !data.isEmpty {
            digest.update(data: data)
            if isFirst, GzipReader.isGzip(data) { unpacking = try GzipReader() }
            isFirst = false
            try data.withUnsafeBytes { bytes in
                guard let unpacking else { return try reader.consume(bytes) }
                try unpacking.consume(bytes) { try reader.consume($0) }
            }
        }
        try unpacking?.finish()
        guard let sha256 = LedgerHash(bytes: Array(digest.finalize())) else {
            throw CommandFailure("the file \(path) has no digest")
        }
        return (try reader.finish(), sha256)
    }
}
