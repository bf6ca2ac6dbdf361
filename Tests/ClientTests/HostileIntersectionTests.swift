import Bytes
import Ledger
import Linkage
import NIOCore
import Tasks
import Testing

@testable import Client

/// A party of the task that holds its key and keeps to nothing else, over the connection itself.
@Suite(.serialized) struct HostileIntersectionTests {
    /// What the joiner of a scene can send.
    private struct Hostile {
        let scene: IntersectionScene
        let party: IntersectionParty
        let stream: PeerStream
        let terms: IntersectionTerms

        /// Its own list as it should be, 32 bytes a point.
        func list() async throws -> [UInt8] {
            var points: [UInt8] = []
            try await party.blindedNames { points += $0 }
            return points
        }

        /// What the listener sent of its own list.
        func listed() async throws -> ReceivedPoints {
            let received = ReceivedPoints()
            received.append(try await stream.receive(32 * terms.points(.listener))[...])
            return received
        }
    }

    /// The listener's error, where the joiner does this; and both ledgers after it.
    private func outcome(
        _ scene: IntersectionScene, _ attack: @escaping (Hostile) async throws -> Void
    ) async throws -> IntersectionError? {
        do {
            _ = try await scene.listening(0..<30) { address in
                let terms = try scene.meeting(1).terms(.joiner)
                let party = try IntersectionParty(
                    terms, role: .joiner, keys: ByteStrings((20..<40).map { "unit-\($0)".utf8 }), noise: 0)
                let end = PeerStream.End(
                    key: scene.keys[1], peer: scene.keys[0].publicKey, patience: .seconds(20))
                // What the listener closes is no fault of the test.
                _ = try? await PeerStream.connect(to: address, end) { stream in
                    let word = Array("ENTREPOT-PSI1 \(scene.task.digest.hex) count joiner ".utf8)
                    try await stream.writer.send(word + [UInt8](repeating: 0x2E, count: 128 - word.count))
                    _ = try await stream.receive(128)
                    try await attack(Hostile(scene: scene, party: party, stream: stream, terms: terms))
                }
            }
        } catch let error as IntersectionError {
            return error
        } catch is ClientError {
            return nil
        }
        Issue.record("a hostile party got an outcome")
        return nil
    }

    private func kinds(_ scene: IntersectionScene) throws -> [LedgerEntry.Kind] {
        try scene.ledgers[0].entries().map(\.kind)
    }

    /// After this both honest parties meet, with the noise that stands, and ε is in each ledger once.
    private func goesOn(_ scene: IntersectionScene) async throws {
        #expect(try kinds(scene) == [.reservation])
        let (one, two) = try await scene.meet(0..<30, 20..<40)
        #expect(one.estimate == 10 && two.estimate == 10)
        for ledger in scene.ledgers { #expect(try ledger.entries().count { $0.kind == .reservation } == 1) }
    }

    /// After this the task answers no more: the answer went out, or began to.
    private func isSpent(_ scene: IntersectionScene) async throws {
        #expect(try kinds(scene) == [.reservation, .measurement])
        await #expect(throws: IntersectionError.alreadyAnswered) {
            _ = try await scene.meeting(0).listen(
                at: ServiceAddress(host: "127.0.0.1", port: 0), scene.preparation(0, 0..<30), patience: 5
            ) { _ in }
        }
        #expect(try kinds(scene) == [.reservation, .measurement])
    }

    @Test("a point that comes twice is refused before anything of the answer goes out, and the task can go on")
    func repeats() async throws {
        let scene = try IntersectionScene()
        let error = try await outcome(scene) { hostile in
            let list = try await hostile.list()
            try await hostile.stream.writer.send(Array(list.dropLast(32) + list.prefix(32)))
            _ = try await hostile.listed()
            // Not one byte of the answer.
            #expect((try? await hostile.stream.receive(1)) == nil)
        }
        #expect(error == .repeatedPoint)
        try await goesOn(scene)
    }

    @Test("who stops in the middle of its list, or is started again, costs nothing twice, and the task can go on")
    func stops() async throws {
        let scene = try IntersectionScene()
        for _ in 0..<3 {
            let error = try await outcome(scene) { hostile in
                try await hostile.stream.writer.send(Array(try await hostile.list().prefix(100)))
            }
            #expect(error == nil)
        }
        try await goesOn(scene)
    }

    @Test("a point off the curve is refused before anything of the answer goes out, and the task can go on")
    func offCurve() async throws {
        let scene = try IntersectionScene()
        let error = try await outcome(scene) { hostile in
            let list = try await hostile.list()
            try await hostile.stream.writer.send(list.dropLast(32) + [UInt8](repeating: 0xFF, count: 32))
            _ = try await hostile.listed()
            #expect((try? await hostile.stream.receive(1)) == nil)
        }
        #expect(error == .pointOffCurve)
        try await goesOn(scene)
    }

    @Test("who takes the answer and sends none, half of one or another one leaves: the sentence says what it may know")
    func takesTheAnswer() async throws {
        for kept in [0, 64, 100] {
            let scene = try IntersectionScene()
            let error = try await outcome(scene) { hostile in
                try await hostile.stream.writer.send(try await hostile.list())
                let listed = try await hostile.listed()
                _ = try await hostile.stream.receive(32 * hostile.terms.points(.joiner))
                var answer: [UInt8] = []
                _ = try await hostile.party.answered(listed) { answer += $0 }
                try await hostile.stream.writer.send(Array(answer.prefix(kept)))
            }
            guard case .unanswered(peer: "Bank", let cause) = error else {
                Issue.record("\(kept) bytes of the answer: \(String(describing: error))")
                continue
            }
            #expect(cause.contains("stopped before it had sent everything"), "\(cause)")
            try await isSpent(scene)
        }
    }

    @Test("more points than the task declares, before the answer or behind it, end it without a result")
    func more() async throws {
        for isBefore in [true, false] {
            let scene = try IntersectionScene()
            let error = try await outcome(scene) { hostile in
                let list = try await hostile.list()
                try await hostile.stream.writer.send(isBefore ? list + list.prefix(32) : list)
                let listed = try await hostile.listed()
                _ = try await hostile.stream.receive(32 * hostile.terms.points(.joiner))
                var answer: [UInt8] = []
                _ = try await hostile.party.answered(listed) { answer += $0 }
                try await hostile.stream.writer.send(isBefore ? answer : answer + list.prefix(32))
                try await hostile.stream.writer.send([0x2E])
                _ = try? await hostile.stream.receive(2)
            }
            guard case .unanswered(peer: "Bank", _) = error else {
                Issue.record("points \(isBefore ? "before" : "behind") the answer: \(String(describing: error))")
                continue
            }
            try await isSpent(scene)
        }
    }
}
