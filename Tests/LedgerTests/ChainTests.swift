import Foundation
import GRDB
import Testing

@testable import Ledger

@Suite("The chain of entries")
struct ChainTests {
    @Test("each entry names the hash of the one before")
    func chained() throws {
        let ledger = try Ledger.inMemory()
        for time in 1...5 { try ledger.append(.upload, task: someTask, party: "SHA256:x", time: Int64(time)) }
        let entries = try ledger.entries()
        #expect(entries.map(\.sequence) == [1, 2, 3, 4, 5])
        #expect(entries[0].previous == .zero)
        for (before, after) in zip(entries, entries.dropFirst()) { #expect(after.previous == before.hash) }
        #expect(try ledger.head().hash == entries[4].hash)
        #expect(try ledger.head(at: 3).hash == entries[2].hash)
    }

    @Test("every append outlives the ledger that made it")
    func reopenedAfterEach() throws {
        let state = StateDirectory()
        let withOwnCall: Set<LedgerEntry.Kind> = [.reservation, .measurement, .trained, .request]
        for (index, kind) in LedgerEntry.Kind.allCases.filter({ !withOwnCall.contains($0) }).enumerated() {
            let entry = try state.open().append(kind, task: someTask, time: Int64(index))
            #expect(try state.open().head() == .init(sequence: UInt64(index + 1), hash: entry.hash))
        }
    }

    @Test("an entry's bytes are what Python's json writes", .enabled(if: Python.isThere, "python3 is not installed"))
    func canonicalAsPython() throws {
        let ledger = try Ledger.inMemory()
        try ledger.append(
            .upload, task: someTask, party: "SHA256:a/b+c", details: ["z": "é\u{1}\"\\/\n", "a": "\u{7F}😀"], time: 12)
        try ledger.reserve(
            task: someTask, epsilon: 0.1, delta: 1e-9, plan: #"{"a": "b"}"#, uploads: someUploads, time: -3)
        try ledger.reserve(task: otherTask, epsilon: 12_345_678, delta: 0, plan: "", uploads: [:], time: 0)
        for entry in try ledger.entries() {
            let script = """
                import json, sys
                entry = json.loads(sys.stdin.buffer.read())
                text = json.dumps(entry, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
                sys.stdout.buffer.write(text.encode())
                """
            #expect(try Python.run(script, input: entry.canonicalBytes) == entry.canonicalBytes)
        }
    }

    @Test("bytes that are not canonical are no entry")
    func onlyCanonical() throws {
        let entry = try Ledger.inMemory().append(.upload, task: someTask, time: 12)
        #expect(LedgerEntry(canonicalBytes: entry.canonicalBytes) == entry)
        #expect(LedgerEntry(canonicalBytes: entry.canonicalBytes + [0x20]) == nil)
        let spaced = String(decoding: entry.canonicalBytes, as: UTF8.self).replacingOccurrences(of: ":", with: ": ")
        #expect(LedgerEntry(canonicalBytes: Array(spaced.utf8)) == nil)
    }
}

@Suite("A changed file")
struct TamperingTests {
    /// Nine entries, the third of them a reservation with three releases, whose entries follow.
    private func prepared() throws -> StateDirectory {
        let state = StateDirectory()
        let ledger = try state.open()
        try ledger.append(.specification, task: someTask, time: 1)
        try ledger.append(.upload, task: someTask, party: "SHA256:x", time: 2)
        try ledger.reserveSome()
        for byte in UInt8(0)..<3 { try ledger.record(release: [byte], task: someTask) }
        try ledger.recordTrained(task: someTask, modelFile: "m", modelDigest: .zero, time: 4)
        try ledger.append(.destroyed, task: someTask, time: 5)
        try ledger.append(.closed, task: someTask, time: 6)
        return state
    }

    @Test("an untouched file opens")
    func untouched() throws {
        #expect(try prepared().open().entries().count == 9)
    }

    @Test("a smaller ε in a reservation is found, and the entry named")
    func changedEpsilon() throws {
        let state = try prepared()
        try state.tamper(
            """
            UPDATE entry SET bytes = CAST(replace(CAST(bytes AS TEXT), '"epsilon":1.0', '"epsilon":0.1') AS BLOB)
            WHERE sequence = 3
            """)
        // The entry still reads, so the break shows at the one that names it.
        #expect(throws: LedgerError.tampered(sequence: 4)) { try state.open() }
    }

    @Test("one flipped byte in any entry is found", arguments: 1...9)
    func flippedByte(sequence: Int) throws {
        let state = try prepared()
        try state.tamper(
            "UPDATE entry SET bytes = CAST('!' || substr(CAST(bytes AS TEXT), 2) AS BLOB) WHERE sequence = ?",
            [sequence])
        #expect(throws: LedgerError.tampered(sequence: UInt64(sequence))) { try state.open() }
    }

    @Test("a missing entry is found", arguments: 1...8)
    func missingEntry(sequence: Int) throws {
        let state = try prepared()
        try state.tamper("DELETE FROM entry WHERE sequence = ?", [sequence])
        #expect(throws: LedgerError.tampered(sequence: UInt64(sequence))) { try state.open() }
    }

    @Test("swapped entries are found")
    func swappedEntries() throws {
        let state = try prepared()
        try state.tamper(
            """
            UPDATE entry SET sequence = 100 WHERE sequence = 4; UPDATE entry SET sequence = 4 WHERE sequence = 5;
            UPDATE entry SET sequence = 5 WHERE sequence = 100
            """)
        #expect(throws: LedgerError.tampered(sequence: 4)) { try state.open() }
    }

    @Test("an index column that hides a reservation is found")
    func hiddenReservation() throws {
        let state = try prepared()
        try state.tamper("UPDATE entry SET kind = 'upload' WHERE sequence = 3")
        #expect(throws: LedgerError.tampered(sequence: 3)) { try state.open() }
    }

    @Test("a changed release is found, and its place named", arguments: 0..<3)
    func changedRelease(ordinal: Int) throws {
        let state = try prepared()
        try state.tamper("UPDATE release SET bytes = x'ff' WHERE ordinal = ?", [ordinal])
        #expect(throws: LedgerError.transcriptTampered(task: someTask, ordinal: ordinal)) { try state.open() }
    }

    @Test("a transcript cut short before the end that the fit recorded is found")
    func shortTranscript() throws {
        let state = try prepared()
        try state.tamper("DELETE FROM release WHERE ordinal = 2")
        #expect(throws: LedgerError.transcriptTampered(task: someTask, ordinal: 2)) { try state.open() }
    }

    @Test("releases that are taken away, added or rewritten with all of their hashes are found by their entries")
    func releasesAgainstEntries() throws {
        let gone = try prepared()
        try gone.tamper("DELETE FROM release")
        #expect(throws: LedgerError.transcriptTampered(task: someTask, ordinal: 0)) { try gone.open() }

        let rewritten = try prepared()
        let reservation = try #require(try rewritten.open().reservation(of: someTask))
        var chain = reservation.hash
        for ordinal in 0..<3 {
            chain = Transcript.next(after: chain, releasing: Data([UInt8(ordinal) + 7]))
            try rewritten.tamper(
                "UPDATE release SET bytes = ?, hash = ? WHERE ordinal = ?",
                [Data([UInt8(ordinal) + 7]), chain.hex, ordinal])
        }
        #expect(throws: LedgerError.transcriptTampered(task: someTask, ordinal: 0)) { try rewritten.open() }

        let added = try prepared()
        let end = try #require(try added.open().transcriptEnd(of: someTask))
        let next = Transcript.next(after: end.hash, releasing: Data([9]))
        try added.tamper(
            "INSERT INTO release (task, ordinal, bytes, hash) VALUES (?, 3, ?, ?)", [someTask.hex, Data([9]), next.hex])
        #expect(throws: LedgerError.transcriptTampered(task: someTask, ordinal: 3)) { try added.open() }
    }

    @Test("a release that changes under a running service is missed when it is read")
    func whileRunning() throws {
        for sql in [
            "UPDATE release SET bytes = X'09' WHERE ordinal = 1", "DELETE FROM release WHERE ordinal = 2",
            "DELETE FROM release",
        ] {
            let state = try prepared()
            let ledger = try state.open()
            #expect(try ledger.transcript(task: someTask).count == 3)
            try state.tamper(sql)
            #expect(throws: LedgerError.self, "\(sql)") { try ledger.transcript(task: someTask) }
        }
    }

    @Test("a ledger of the format that held digests of files is not opened, and one sentence says why")
    func earlierFormat() throws {
        let state = try prepared()
        try state.tamper("PRAGMA user_version = 1")
        #expect(throws: LedgerError.digestsOfFiles) { try state.open() }
        #expect("\(LedgerError.digestsOfFiles)".contains("digests of private files"))
    }

    @Test("a ledger of a later format is not opened")
    func laterFormat() throws {
        let state = try prepared()
        try state.tamper("PRAGMA user_version = 9")
        #expect(throws: LedgerError.unknownFormat(9)) { try state.open() }
    }

    @Test("the database itself refuses to change or delete an entry")
    func appendOnly() throws {
        let ledger = try prepared().open()
        #expect(throws: DatabaseError.self) {
            try ledger.database.write { try $0.execute(sql: "DELETE FROM entry WHERE sequence = 6") }
        }
        #expect(throws: DatabaseError.self) {
            try ledger.database.write { try $0.execute(sql: "UPDATE release SET bytes = x'00'") }
        }
    }

    @Test("a file that is no database is refused with an error")
    func noDatabase() throws {
        let state = StateDirectory()
        try FileManager.default.createDirectory(atPath: state.path, withIntermediateDirectories: true)
        try Data(repeating: 7, count: 4096).write(to: URL(fileURLWithPath: state.path + "/" + Ledger.fileName))
        #expect(throws: LedgerError.self) { try state.open() }
    }
}

@Suite("Durability")
struct DurabilityTests {
    @Test("the connection that writes syncs every commit (PRAGMA synchronous reads 2)")
    func fullSync() throws {
        #expect(try StateDirectory().open().synchronousLevel() == 2)
    }

    @Test("the ledger's files are for their owner alone", arguments: ["", "-wal", "-shm"])
    func permissions(suffix: String) throws {
        let state = StateDirectory()
        try FileManager.default.createDirectory(
            atPath: state.path, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o755])
        let ledger = try state.open()
        let file = try FileManager.default.attributesOfItem(atPath: "\(state.path)/\(Ledger.fileName)\(suffix)")
        #expect(file[.posixPermissions] as? Int == 0o600)
        #expect(try ledger.head().sequence == 0)
    }

    @Test("what a process recorded is there after it was killed")
    func copyOfLiveFiles() throws {
        // The files as a kill would leave them: copied while the ledger is open and its WAL not yet checkpointed.
        let state = StateDirectory()
        let ledger = try state.open()
        try ledger.reserveSome()
        for byte in UInt8(0)..<10 {
            try ledger.record(release: [byte], task: someTask)
            let copy = StateDirectory()
            try FileManager.default.copyItem(atPath: state.path, toPath: copy.path)
            #expect(try copy.open().transcript(task: someTask).count == Int(byte) + 1)
            #expect(try copy.open().total(task: someTask).epsilon == 1)
        }
    }
}

/// An oracle outside the code.
enum Python {
    static let isThere =
        FileManager.default.isExecutableFile(atPath: "/usr/bin/env") && (try? run("", input: [])) != nil

    static func run(_ script: String, input: [UInt8]) throws -> [UInt8] {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = ["python3", "-c", script]
        let standardInput = Pipe()
        let standardOutput = Pipe()
        process.standardInput = standardInput
        process.standardOutput = standardOutput
        try process.run()
        try standardInput.fileHandleForWriting.write(contentsOf: Data(input))
        try standardInput.fileHandleForWriting.close()
        let output = try standardOutput.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else { throw CocoaError(.executableLoad) }
        return Array(output)
    }
}
