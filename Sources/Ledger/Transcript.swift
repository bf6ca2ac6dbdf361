internal import Foundation
internal import GRDB

/// The releases drawn from one reservation, in order: opaque bytes, each bound to those before it.
enum Transcript {
    /// The hash after one more release; the chain begins at the reservation's own hash.
    static func next(after hash: LedgerHash, releasing bytes: Data) -> LedgerHash {
        LedgerHash(of: hash.bytes + Array(bytes))
    }

    /// What the ledger's entry says of the release with this number.
    static func details(ordinal: Int, hash: LedgerHash) -> [String: String] {
        ["release": String(ordinal), "transcript": hash.hex]
    }
}

extension Ledger {
    /// Where a transcript ends: how many releases, and the hash over all of them.
    public struct TranscriptEnd: Sendable, Equatable {
        /// The number of releases.
        public let count: Int
        /// The hash over all of them; that of the reservation where there are none.
        public let hash: LedgerHash
    }

    /// Records one release of the kernel, durably, before its noise is used: its bytes, and an entry that holds their hash.
    ///
    /// - Parameter release: opaque to the ledger; the kernel's own JSON.
    /// - Returns: where the transcript ends now.
    /// - Throws: `noReservation` if no ε was set aside; then nothing may be released.
    @discardableResult
    public func record(release: [UInt8], task: LedgerHash) throws(LedgerError) -> TranscriptEnd {
        try perform { database in
            try database.write { database in
                guard let end = try Self.transcriptEnd(of: task, in: database) else {
                    throw LedgerError.noReservation
                }
                let bytes = Data(release)
                let hash = Transcript.next(after: end.hash, releasing: bytes)
                try database.execute(
                    sql: "INSERT INTO release (task, ordinal, bytes, hash) VALUES (?, ?, ?, ?)",
                    arguments: [task.hex, end.count, bytes, hash.hex])
                // The reservation's time: how long a measurement took is told to nobody.
                let time = try Self.reservation(of: task, in: database)?.time ?? 0
                _ = try Self.append(
                    .measurement, task: task, details: Transcript.details(ordinal: end.count, hash: hash), time: time,
                    in: database)
                return TranscriptEnd(count: end.count + 1, hash: hash)
            }
        }
    }

    /// Every release of a task, in order; empty if nothing was released.
    ///
    /// - Throws: `transcriptTampered` for a release whose bytes are not those of its entry.
    public func transcript(task: LedgerHash) throws(LedgerError) -> [[UInt8]] {
        try perform { database in
            try database.read { database in
                let releases = try Data.fetchAll(
                    database, sql: "SELECT bytes FROM release WHERE task = ? ORDER BY ordinal", arguments: [task.hex])
                let entered = try Self.measurements(in: database)[task.hex] ?? []
                guard var hash = try Self.reservation(of: task, in: database)?.hash else {
                    guard releases.isEmpty else { throw LedgerError.transcriptTampered(task: task, ordinal: 0) }
                    return []
                }
                for (ordinal, bytes) in releases.enumerated() {
                    hash = Transcript.next(after: hash, releasing: bytes)
                    guard ordinal < entered.count, entered[ordinal] == Transcript.details(ordinal: ordinal, hash: hash)
                    else { throw LedgerError.transcriptTampered(task: task, ordinal: ordinal) }
                }
                guard entered.count == releases.count else {
                    throw LedgerError.transcriptTampered(task: task, ordinal: releases.count)
                }
                return releases.map { Array($0) }
            }
        }
    }

    /// Where the transcript of a task ends; nil if no ε was set aside.
    public func transcriptEnd(of task: LedgerHash) throws(LedgerError) -> TranscriptEnd? {
        try perform { database in try database.read { try Self.transcriptEnd(of: task, in: $0) } }
    }

    /// Records that the model was written, with its file's name and digest and with the hash of the transcript.
    @discardableResult
    public func recordTrained(
        task: LedgerHash, modelFile: String, modelDigest: LedgerHash, time: Int64
    ) throws(LedgerError) -> LedgerEntry {
        try perform { database in
            try database.write { database in
                guard let end = try Self.transcriptEnd(of: task, in: database) else {
                    throw LedgerError.noReservation
                }
                let details = ["model": modelFile, "model_sha256": modelDigest.hex, "transcript": end.hash.hex]
                return try Self.append(.trained, task: task, details: details, time: time, in: database)
            }
        }
    }

    static func transcriptEnd(of task: LedgerHash, in database: Database) throws -> TranscriptEnd? {
        guard let reservation = try reservation(of: task, in: database) else { return nil }
        guard
            let row = try Row.fetchOne(
                database, sql: "SELECT ordinal, hash FROM release WHERE task = ? ORDER BY ordinal DESC LIMIT 1",
                arguments: [task.hex])
        else { return TranscriptEnd(count: 0, hash: reservation.hash) }
        let ordinal = Int(row["ordinal"] as Int64)
        guard let hash = LedgerHash(hex: row["hash"]) else {
            throw LedgerError.transcriptTampered(task: task, ordinal: ordinal)
        }
        return TranscriptEnd(count: ordinal + 1, hash: hash)
    }
}
