import Bytes
import Client
import Crypto
import Dispatch
import Foundation
import Linkage
import SecretSharing
import Synchronization
import Tasks

/// How two holders find the keys that both of their tables have, over the connection of their rounds: the intersection of
/// `entrepot psi`, in which either learns which of its own keys the other has too.
///
/// Points go out under an exponent that follows from the office's own key of the task: at each start the same ones. A holder answers
/// one list of the other and no second one: who was started again sends the same.
final class MemberExchange: Sendable {
    private let mesh: OfficeMesh
    private let journal: OfficeJournal
    private let peer: Int
    /// Of the other holder.
    private let name: String
    private let party: IntersectionParty
    private let keys: ByteStrings
    private let isOver = Mutex(false)

    private static let answered = "answered"
    private static let pieceWords = 1 << 16

    /// - Parameters:
    ///   - place: 0 or 1: of this holder.
    ///   - keys: its own, each once.
    init(
        _ task: TaskSpecification, place: Int, keys: ByteStrings, mesh: OfficeMesh, journal: OfficeJournal,
        seed: [UInt8]
    ) throws {
        self.mesh = mesh
        self.journal = journal
        self.keys = keys
        peer = 1 - place
        name = task.providers[1 - place].name
        let rows = task.providers.map { $0.table?.rows ?? 0 }
        let terms = IntersectionTerms(task: task.digest.bytes, reveal: .members, sizes: (rows[0], rows[1]))
        party = try IntersectionParty(
            terms, role: place == 0 ? .listener : .joiner, keys: keys, noise: 0,
            seed: seed)
    }

    /// The keys that both have, each once, sorted; and a digest of them, hexadecimal.
    func members() throws -> (keys: [[UInt8]], digest: String) {
        if let kept = journal.item("members") {
            let members = Self.members(of: kept)
            return (members, agree(kept))
        }
        let own = try ownPoints()
        let prints = try answer(try points())
        let role = party.role
        let returned = try mesh.fetch(
            "answers \(Self.digest(own))", intake(of: "answers \(Self.digest(own))", points: party.terms.points(role)),
            from: peer, resumes: false)
        let answers = PointPrints(capacity: party.terms.points(role))
        answers.append(ItemPiece.bytes(of: returned))
        let outcome = try party.common(prints, answers)
        let members = (outcome.members ?? []).map { Array(keys[$0]) }.sorted { $0.lexicographicallyPrecedes($1) }
        let bytes = members.flatMap { member in
            (0..<4).map { UInt8(truncatingIfNeeded: member.count >> (8 * $0)) } + member
        }
        try journal.keep(bytes, as: "members")
        return (members, agree(bytes))
    }

    private func agree(_ members: [UInt8]) -> String {
        let digest = Self.digest(members)
        mesh.agree(onMembers: digest)
        Thread.detachNewThread { [self] in goOnAnswering() }
        return digest
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

    /// The own names under the exponent of this start, handed out from now on.
    private func ownPoints() throws -> [UInt8] {
        let party = party
        let own = try FitThread.waiting { () async throws -> [UInt8] in
            let points = Mutex<[UInt8]>([])
            try await party.blindedNames { piece in points.withLock { $0 += piece } }
            return points.withLock { $0 }
        }
        mesh.offer(Self.item(own), named: "points", to: peer)
        return own
    }

    /// Nobody is answered any more.
    func end() { isOver.withLock { $0 = true } }

    private func points() throws -> [UInt8] {
        ItemPiece.bytes(
            of: try mesh.fetch(
                "points", intake(of: "points", points: party.terms.points(party.role.other)), from: peer, resumes: false
            ))
    }

    private func intake(of name: String, points: Int) -> ItemIntake {
        ItemIntake(name, count: 8 * points, pieceWords: Self.pieceWords, kind: .bytes)
    }

    /// Raises the other's points to the own exponent, and hands them out.
    private func answer(_ points: [UInt8]) throws -> PointPrints {
        let list = Array(Self.digest(points).utf8)
        if let first = journal.item(Self.answered), first != list {
            let refusal = SumRefusal.otherMembers(from: name)
            mesh.refuse(refusal)
            throw refusal
        }
        try journal.keep(list, as: Self.answered)
        let party = party
        let (prints, bytes) = try FitThread.waiting { () async throws -> (PointPrints, [UInt8]) in
            let answers = Mutex<[UInt8]>([])
            let received = ReceivedPoints()
            received.append(points[...])
            // What is answered stays here until all of it is.
            try party.acceptForWholeAnswer(received)
            let prints = try await party.answered(received) { piece in answers.withLock { $0 += piece } }
            return (prints, answers.withLock { $0 })
        }
        mesh.offer(Self.item(bytes), named: "answers \(Self.digest(points))", to: peer)
        return prints
    }

    /// For a holder that was started again, whose points are others.
    private func goOnAnswering() {
        var tried: Set<String> = []
        while !isOver.withLock({ $0 }), mesh.refusal == nil {
            // After a start that found the members written down nobody has these points yet.
            if !mesh.unanswered("points").isEmpty, tried.insert("points").inserted { _ = try? ownPoints() }
            for name in mesh.unanswered("answers ") where tried.insert(name).inserted {
                if let points = try? points() { _ = try? answer(points) }
            }
            Thread.sleep(forTimeInterval: 0.1)
        }
    }

    private static func item(_ bytes: [UInt8]) -> OfficeItem {
        let words = ItemPiece.words(of: bytes)
        return OfficeItem(pieces: (words.count + pieceWords - 1) / pieceWords) { number in
            Array(words[(number * pieceWords)..<min((number + 1) * pieceWords, words.count)])
        }
    }

    private static func digest(_ bytes: [UInt8]) -> String { Hex.encode(Array(SHA256.hash(data: Data(bytes)))) }
}
