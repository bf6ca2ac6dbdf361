import Bytes
import Client
import Crypto
import Foundation
import SecretSharing
import Tasks

/// How two holders find the keys that both of their tables have, over the connections of their rounds, with the third party's help:
/// `MemberList` says how. Either holder learns which of its own keys the other has too, and the third party nothing.
///
/// All that is sent follows from keys of the pairs and from a seed that an office keeps: whoever is started again sends the same.
/// The third party answers one list of the first holder, and the first holder one of the second, and no other one.
struct MemberExchange: Sendable {
    private let place: Int
    private let names: [String]
    /// Declared, of both holders.
    private let rows: [Int]
    private let mesh: OfficeMesh
    private let journal: OfficeJournal

    private static let answered = "answered"
    private static let kept = "members"
    private static let pieceWords = 1 << 16

    /// - Parameter place: of this party: 0 and 1 have tables, 2 has not.
    init(_ task: TaskSpecification, place: Int, mesh: OfficeMesh, journal: OfficeJournal) {
        self.place = place
        names = task.offices.map(\.name)
        rows = task.providers.map { $0.table?.rows ?? 0 }
        self.mesh = mesh
        self.journal = journal
    }

    /// The keys that both have, each once, sorted; and a digest of them, hexadecimal.
    ///
    /// - Parameters:
    ///   - keys: this holder's own, each once.
    ///   - seed: 32 bytes of this holder alone.
    func members(of keys: ByteStrings, seed: [UInt8]) throws -> (keys: [[UInt8]], digest: String) {
        let both = MemberNames(key: try mesh.key(with: 1 - place, for: "members"))
        let places: [Int]?
        if place == 0 {
            places = try first(MemberList(keys: keys, rows: rows[0], under: [both], seed: seed))
        } else {
            let served = MemberNames(key: try mesh.key(with: 2, for: "members"))
            places = try second(MemberList(keys: keys, rows: rows[1], under: [both, served], seed: seed))
        }
        if let places {
            let members = places.map { Array(keys[$0]) }.sorted { $0.lexicographicallyPrecedes($1) }
            try journal.keep(
                members.flatMap { member in
                    (0..<4).map { UInt8(truncatingIfNeeded: member.count >> (8 * $0)) } + member
                }, as: Self.kept)
        }
        let bytes = journal.item(Self.kept) ?? []
        let digest = Self.digest(bytes)
        mesh.expect(digest, behind: "columns ")
        return (Self.members(of: bytes), digest)
    }

    /// - Returns: nil where they are written down.
    private func first(_ list: MemberList) throws -> [Int]? {
        let own = MemberNames.words(of: list.names)
        mesh.offer(Self.item(own), named: "names", to: 2)
        let before = journal.item(Self.answered)
        if let before {
            offer(
                ItemPiece.words(of: Array(before.dropFirst(64))), of: String(decoding: before.prefix(64), as: UTF8.self)
            )
            guard journal.item(Self.kept) == nil else { return nil }
        }
        let words = try fetch("words", 4 * rows[1], from: 1)
        let others = MemberNames.names(ofWords: words)
        guard MemberList.isRight(others) else { throw refused(.unreadable(from: names[1])) }
        let answers = MemberNames.names(ofWords: try fetch("answers \(Self.digest(own))", 4 * rows[0], from: 2))
        let meeting = list.meeting(answers: answers, others: others)
        let digest = Self.digest(words)
        let line = Array(digest.utf8) + ItemPiece.bytes(of: meeting.marks)
        guard before == nil || before == line else { throw refused(.otherMembers(from: names[1])) }
        try journal.keep(line, as: Self.answered)
        offer(meeting.marks, of: digest)
        return meeting.members
    }

    /// Hands the marks of one list out, and of no other.
    private func offer(_ marks: [UInt32], of digest: String) {
        mesh.offer(Self.item(marks), named: "marks \(digest)", to: 1)
        mesh.expect(digest, behind: "marks ")
    }

    /// - Returns: nil where they are written down.
    private func second(_ list: MemberList) throws -> [Int]? {
        let own = MemberNames.words(of: list.names)
        mesh.offer(Self.item(own), named: "words", to: 0)
        guard journal.item(Self.kept) == nil else { return nil }
        let marks = try fetch("marks \(Self.digest(own))", MemberList.markWords(rows[1]), from: 0)
        guard let members = list.members(marks) else { throw refused(.otherMembers(from: names[0])) }
        return members
    }

    /// For the third party.
    func serve() throws {
        let function = MemberNames(key: try mesh.key(with: 1, for: "members"))
        guard journal.item(Self.answered) != nil else { return try answer(function) }
        // Started again it waits for nobody: the first holder may have all that it needs, and be gone.
        Thread.detachNewThread { try? answer(function) }
    }

    private func answer(_ function: MemberNames) throws {
        let words = try fetch("names", 4 * rows[0], from: 0)
        let digest = Self.digest(words)
        let list = Array(digest.utf8)
        if let before = journal.item(Self.answered), before != list { throw refused(.otherMembers(from: names[0])) }
        let asked = MemberNames.names(ofWords: words)
        guard MemberList.isRight(asked) else { throw refused(.unreadable(from: names[0])) }
        try journal.keep(list, as: Self.answered)
        mesh.offer(Self.item(MemberNames.words(of: function.names(of: asked))), named: "answers \(digest)", to: 0)
        mesh.expect(digest, behind: "answers ")
    }

    private func refused(_ refusal: SumRefusal) -> SumRefusal {
        mesh.refuse(refusal)
        return refusal
    }

    private func fetch(_ name: String, _ words: Int, from peer: Int) throws -> [UInt32] {
        try mesh.fetch(
            name, ItemIntake(name, count: words, pieceWords: Self.pieceWords, kind: .bytes), from: peer, resumes: true)
    }

    private static func item(_ words: [UInt32]) -> OfficeItem {
        OfficeItem(pieces: (words.count + pieceWords - 1) / pieceWords) { number in
            Array(words[(number * pieceWords)..<min((number + 1) * pieceWords, words.count)])
        }
    }

    /// Each key behind its length.
    private static func members(of bytes: [UInt8]) -> [[UInt8]] {
        var members: [[UInt8]] = []
        var place = 0
        while place + 4 <= bytes.count {
            let count = (0..<4).reduce(0) { $0 | Int(bytes[place + $1]) << (8 * $1) }
            place += 4
            guard place + count <= bytes.count else { break }
            members.append(Array(bytes[place..<(place + count)]))
            place += count
        }
        return members
    }

    private static func digest(_ words: [UInt32]) -> String { digest(ItemPiece.bytes(of: words)) }

    private static func digest(_ bytes: [UInt8]) -> String { Hex.encode(Array(SHA256.hash(data: Data(bytes)))) }
}
