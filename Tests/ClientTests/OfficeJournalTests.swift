import Foundation
import SecretSharing
import Testing

@testable import Client

@Suite("What an office keeps of a secure sum")
struct OfficeJournalTests {
    /// Two offices that greeted; `rounds` messages of the first.
    private static func shares(_ rounds: Int) throws -> [SumShare] {
        var offices = (0..<2).map { place in
            SumRounds(
                SumRounds.Office(
                    task: [UInt8](repeating: 7, count: 32), names: ["a", "b"], place: place,
                    plan: [UInt8](repeating: 1, count: 32), commitment: [UInt8](repeating: UInt8(place), count: 32),
                    program: "test"), key: MaskKey())
        }
        let greetings = [offices[0].greeting(to: 1), offices[1].greeting(to: 0)]
        try offices[0].receive(.greeting(greetings[1]), from: 1)
        try offices[1].receive(.greeting(greetings[0]), from: 0)
        return try (0..<rounds).map { try offices[0].share([Int64($0), 1], question: "q") }
    }

    private static func scene<Result>(_ body: (OfficeJournal, URL) throws -> Result) throws -> Result {
        let folder = FileManager.default.temporaryDirectory.appending(path: "journal-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        return try body(OfficeJournal(directory: folder.path), folder.appending(path: "rounds"))
    }

    @Test("a message that is damaged, or missing before a later one, is not made anew")
    func damaged() throws {
        let shares = try Self.shares(3)
        try Self.scene { journal, folder in
            for share in shares { try journal.keep(share) }
            #expect(try journal.shares() == shares)
            let file = folder.appending(path: "share-1")
            let whole = try Data(contentsOf: file)
            for damaged in [whole.dropLast(3), Data(), whole + [0]] {
                try Data(damaged).write(to: file)
                #expect(throws: ClientError.damagedRounds(path: file.path)) { try journal.shares() }
            }
            try FileManager.default.removeItem(at: file)
            #expect(throws: ClientError.damagedRounds(path: file.path)) { try journal.shares() }
            try Data(contentsOf: folder.appending(path: "share-0")).write(to: file)
            #expect(throws: ClientError.damagedRounds(path: file.path)) { try journal.shares() }
        }
    }

    @Test("a round has one message on the disk: another one is refused, the same again changes nothing")
    func twice() throws {
        let share = try Self.shares(1)[0]
        try Self.scene { journal, folder in
            try journal.keep(share)
            try journal.keep(share)
            var other = share
            other.values[0] &+= 1
            let path = folder.appending(path: "share-0").path
            #expect(throws: ClientError.damagedRounds(path: path)) { try journal.keep(other) }
            #expect(try journal.shares() == [share])
        }
    }

    @Test("what was seen of the others comes back; a line that a crash cut off is dropped, a damaged one is told")
    func sightings() throws {
        let first: [SumSighting] = [
            .greeting(peer: 1, commitment: String(repeating: "ab", count: 32), maskKey: Data(repeating: 5, count: 32)),
            .share(peer: 1, round: 0, digest: [UInt8](repeating: 8, count: 32)),
        ]
        let more: [SumSighting] = [
            .share(peer: 2, round: 4, digest: [UInt8](repeating: 9, count: 32)), .finished(peer: 2),
        ]
        try Self.scene { journal, folder in
            #expect(try journal.sightings() == [])
            try journal.keep(first)
            let file = folder.appending(path: "seen")
            let whole = try Data(contentsOf: file)
            try Data(whole + Array("2 share 0 ab".utf8)).write(to: file)
            #expect(try journal.sightings() == first)
            try journal.keep(more)
            #expect(try journal.sightings() == first + more)
            try Data(Array("1 share 0 zz\n".utf8)).write(to: file)
            #expect(throws: ClientError.damagedRounds(path: file.path)) { try journal.sightings() }
        }
    }

    @Test("the key of the masks goes when all rounds are over, and the greeting stays")
    func key() throws {
        try Self.scene { journal, _ in
            let key = MaskKey()
            try journal.begin(
                OfficeJournal.Session(task: "t", maskKey: key.rawRepresentation, blinding: "b", file: "f"))
            try journal.forgetKey()
            let session = try #require(try journal.session())
            #expect(session.maskKey.isEmpty)
            #expect(try session.key().publicKey == key.publicKey && session.key().rawRepresentation.isEmpty)
            try journal.forgetKey()
            #expect(try journal.session() == session)
        }
    }
}

@Suite("Where ε of a secure sum was set aside")
struct OfficeMemoryTests {
    @Test("another folder, or an older copy of the same one, is refused until the user means it")
    func folders() throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "memory-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: folder) }
        let file = OfficeMemory.file(
            task: "ab", key: String(repeating: "c", count: 64), beside: folder.appending(path: "seen.json").path)
        func admit(_ standing: String?, _ state: String, again: Bool = false) throws {
            try OfficeMemory.admit(standing: standing, folder: state, file: file, measureAgain: again)
        }
        let refused = ClientError.remembered(.reservedElsewhere(remembered: "/first", found: "/second"))
        try admit(nil, "/first")
        try OfficeMemory.claim("one", folder: "/first", file: file, measureAgain: false)
        try OfficeMemory.claim("one", folder: "/first", file: file, measureAgain: false)
        try admit("one", "/moved")
        #expect(throws: refused) { try admit(nil, "/second") }
        #expect(throws: refused) { try admit("two", "/second") }
        #expect(throws: refused) {
            try OfficeMemory.claim("two", folder: "/second", file: file, measureAgain: false)
        }
        // The same folder from before the entry.
        #expect(throws: ClientError.self) { try admit(nil, "/first") }
        try admit(nil, "/second", again: true)
        try OfficeMemory.claim("two", folder: "/second", file: file, measureAgain: true)
        try admit("two", "/second")
        #expect(try OfficeMemory.read(file: file)?.before == ["one"])
        let mode = try FileManager.default.attributesOfItem(atPath: file)[.posixPermissions] as? Int
        #expect(mode == 0o600)
        try Data("x".utf8).write(to: URL(fileURLWithPath: file))
        #expect(throws: ClientError.remembered(.unreadable(file))) { try admit("two", "/second") }
    }
}
