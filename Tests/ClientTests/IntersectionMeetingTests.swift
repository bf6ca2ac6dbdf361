import Bytes
import Foundation
import Ledger
import Linkage
import NIOCore
import NIOPosix
import Tasks
import Testing

@testable import Client

@Suite(.serialized) struct IntersectionMeetingTests {
    /// Two parties with a task that both have signed.
    private struct Scene {
        let keys: [PartyPrivateKey]
        let task: TaskSpecification
        let signatures: [TaskSignature]
        let ledgers: [Ledger]
        let folder: URL

        init(join: String = "{kind: inner}", method: String = "none", signs: Int = 2) throws {
            keys = [try .generate(.p256), try .generate(.p256)]
            let parties = zip(["Istat", "Bank"], keys).map { name, key in
                """
                  - name: \(name)
                    role: provider
                    public_key: \(key.publicKey.base64)
                    table:
                      key: {column: id, pattern: '^[a-z0-9-]+$'}
                      rows: 40
                      fields: [{name: x, type: string, categories: [a, b]}]
                """
            }
            task = try TaskSpecification(
                yaml: """
                    entrepot: 1
                    task: two
                    purpose: A test.
                    parties:
                    \(parties.joined(separator: "\n"))
                    join: \(join)
                    privacy: {epsilon: \(method == "none" ? 1 : 2), delta: 1.0e-6}
                    queries: [{name: common, kind: cardinality, epsilon: 1}]
                    synthesizer: {method: \(method)}
                    """)
            let digest = task.digest
            signatures = try zip(task.providers, keys).prefix(signs).map { party, key in
                try TaskSignature.sign(digest, as: party.name, with: key)
            }
            ledgers = [try .inMemory(), try .inMemory()]
            folder = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
            try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        }

        func meeting(_ party: Int, key: PartyPrivateKey? = nil) throws -> IntersectionMeeting {
            try IntersectionMeeting(task, key: key ?? keys[party], signatures: signatures)
        }

        func preparation(_ party: Int, _ numbers: Range<Int>, noise: Int = 0) -> IntersectionMeeting.Preparation {
            IntersectionMeeting.Preparation(
                keys: ByteStrings(numbers.map { "unit-\($0)".utf8 }), commitment: LedgerHash(of: [UInt8(party)]),
                ledger: ledgers[party], claim: { _ in },
                noiseFile: folder.appendingPathComponent("\(party).noise").path,
                noise: { noise })
        }

        /// The first party listens while `use` runs with its address.
        ///
        /// - Returns: what came of the listening, and of `use`.
        func listening<Result: Sendable>(
            _ numbers: Range<Int>, noise: Int = 0, _ use: (ServiceAddress) async throws -> Result
        ) async throws -> (here: IntersectionParty.Outcome, there: Result) {
            let (ports, continuation) = AsyncStream<Int>.makeStream()
            let listener = try meeting(0)
            let one = preparation(0, numbers, noise: noise)
            async let here = listener.listen(at: ServiceAddress(host: "127.0.0.1", port: 0), one, patience: 20) {
                event in
                if case .listening(let port) = event { continuation.yield(port) }
            }
            var ends = ports.makeAsyncIterator()
            guard let port = await ends.next() else { throw ClientError.timedOut }
            let there = try await use(ServiceAddress(host: "127.0.0.1", port: port))
            return (try await here, there)
        }

        /// Both ends at once, from here to here.
        func meet(
            _ first: Range<Int>, _ second: Range<Int>, noise: (Int, Int) = (0, 0)
        ) async throws -> (IntersectionParty.Outcome, IntersectionParty.Outcome) {
            try await listening(first, noise: noise.0) { address in
                try await meeting(1).join(address, preparation(1, second, noise: noise.1), patience: 20) { _ in }
            }
        }
    }

    @Test("the number is common names with the noise of both; ε and the answer stand in both ledgers, and once")
    func count() async throws {
        let scene = try Scene()
        let (one, two) = try await scene.meet(0..<30, 20..<40, noise: (2, -1))
        #expect(one.estimate == 10 + 2 - 1 && two.estimate == one.estimate && one.members == nil)
        for ledger in scene.ledgers {
            #expect(try ledger.entries().map(\.kind) == [.reservation, .measurement, .closed])
            #expect(try ledger.entries()[0].epsilon == 1)
        }
        await #expect(throws: IntersectionError.alreadyAnswered) {
            _ = try await scene.meeting(1).join(
                ServiceAddress(host: "127.0.0.1", port: 9), scene.preparation(1, 0..<1)
            ) { _ in }
        }
    }

    @Test("members come out for either party where both signed for it, and the ledger says that no ε covers it")
    func members() async throws {
        let scene = try Scene(join: "{kind: inner, reveal: own}")
        let (one, two) = try await scene.meet(0..<30, 20..<40)
        #expect(one.members == Array(20..<30) && two.members == Array(0..<10))
        #expect(try scene.ledgers[0].entries()[0].details["plan"]?.contains("not differentially private") == true)
    }

    @Test("the draw of a meeting that broke before the answer is kept for the next one")
    func broken() async throws {
        let scene = try Scene()
        // Nobody listens there: the first attempt ends after ε was set aside and the noise drawn.
        await #expect(throws: ClientError.self) {
            _ = try await scene.meeting(1).join(
                ServiceAddress(host: "127.0.0.1", port: 1), scene.preparation(1, 20..<40, noise: 3)
            ) { _ in }
        }
        let (one, _) = try await scene.meet(0..<30, 20..<40, noise: (0, -4))
        #expect(one.estimate == 10 + 3)
        #expect(try scene.ledgers[1].entries().count { $0.kind == .reservation } == 1)
    }

    @Test(
        "without the other's signature, with a key that the task does not list, or with fewer than two providers there is no meeting"
    )
    func refusals() throws {
        let scene = try Scene(signs: 1)
        #expect(throws: ClientError.self) { _ = try scene.meeting(0) }
        let whole = try Scene()
        #expect(throws: ClientError.self) { _ = try whole.meeting(0, key: try .generate(.p256)) }
    }

    @Test("whoever shows another key than the task lists is turned away, and the listener waits on")
    func stranger() async throws {
        let scene = try Scene()
        let stranger = try Scene()
        let (here, there) = try await scene.listening(0..<30) { address in
            await #expect(throws: (any Error).self) {
                _ = try await stranger.meeting(1).join(address, stranger.preparation(1, 0..<3), patience: 5) { _ in }
            }
            #expect(try stranger.ledgers[1].entries().allSatisfy { $0.kind == .reservation })
            return try await scene.meeting(1).join(address, scene.preparation(1, 20..<40), patience: 20) { _ in }
        }
        #expect(there.estimate == 10)
        #expect(here.estimate == 10)
    }

    @Test("forty who connect and say nothing keep nobody waiting")
    func silence() async throws {
        let scene = try Scene()
        let (here, there) = try await scene.listening(0..<30) { address in
            let silent = try await withThrowingTaskGroup(of: (any Channel).self) { group in
                for _ in 0..<40 {
                    group.addTask {
                        try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
                            .connect(host: address.host, port: address.port).get()
                    }
                }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            defer { for channel in silent { channel.close(promise: nil) } }
            // One handshake alone may take 20 s, which is this party's whole patience.
            return try await scene.meeting(1).join(address, scene.preparation(1, 20..<40), patience: 15) { _ in }
        }
        #expect(there.estimate == 10)
        #expect(here.estimate == 10)
    }

    @Test("a task that also asks for a model is a service's, and no two parties answer a part of it")
    func modelToo() throws {
        let scene = try Scene(method: "auto")
        #expect(throws: ClientError.self) { _ = try scene.meeting(0) }
    }

    @Test("where another reservation is remembered nothing is drawn and nobody is called")
    func remembered() async throws {
        let scene = try Scene()
        let file = scene.folder.appendingPathComponent("memory.json").path
        try OfficeMemory.claim("aa", folder: "elsewhere", file: file, measureAgain: false)
        let noise = scene.folder.appendingPathComponent("1.noise").path
        let preparation = IntersectionMeeting.Preparation(
            keys: ByteStrings(), commitment: LedgerHash(of: [1]), ledger: scene.ledgers[1],
            claim: { try OfficeMemory.claim($0.hex, folder: "here", file: file, measureAgain: false) },
            noiseFile: noise, noise: { 0 })
        await #expect {
            _ = try await scene.meeting(1).join(ServiceAddress(host: "127.0.0.1", port: 1), preparation) { _ in }
        } throws: { error in
            guard case .remembered(.reservedElsewhere(remembered: _, found: _)) = error as? ClientError else {
                return false
            }
            return true
        }
        #expect(!FileManager.default.fileExists(atPath: noise))
    }
}
