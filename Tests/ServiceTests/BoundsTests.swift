import Dispatch
import HTTPTypes
import HummingbirdCore
import NIOCore
import Synchronization
import Testing

@testable import Service

@Suite("What one caller may take")
struct BoundsTests {
    @Test("every call has bounds, and only a transfer has no time")
    func table() {
        for endpoint in Endpoint.allCases {
            let bounds = endpoint.bounds
            #expect(bounds.atOnce >= 1 && bounds.atOnce + bounds.waiting <= 512, "\(endpoint)")
            #expect((bounds.seconds == nil) == [.samples, .upload].contains(endpoint), "\(endpoint)")
            // What a party fetches for the first time is an entry as well.
            let isFetched = [.samples, .model].contains(endpoint)
            #expect(bounds.entries == 0 || endpoint.isChanging || isFetched, "\(endpoint)")
            #expect(endpoint.access != .anybody || bounds.entries == 0 && bounds.body == 0, "\(endpoint)")
            #expect(!endpoint.isChanging || endpoint.access == .providers, "\(endpoint)")
        }
    }

    @Test("a caller has so many calls at once, a few more wait, and the others hear 429; another caller has its own")
    func limiter() async throws {
        let limiter = CallLimiter()
        let bounds = Endpoint.provenance.bounds
        let (gate, open) = AsyncStream.makeStream(of: Void.self)
        let (started, begin) = AsyncStream.makeStream(of: Void.self)
        await withTaskGroup(of: Bool.self) { group in
            for _ in 0..<(bounds.atOnce + bounds.waiting + 5) {
                group.addTask {
                    do {
                        try await limiter.run(.provenance, of: "party Mallory") {
                            begin.yield()
                            for await _ in gate { break }
                        }
                        return true
                    } catch { return false }
                }
            }
            var iterator = started.makeAsyncIterator()
            for _ in 0..<bounds.atOnce { _ = await iterator.next() }
            #expect((try? await limiter.run(.provenance, of: "party Bob") { 1 }) == 1)
            #expect((try? await limiter.run(.health, of: "party Mallory") { 2 }) == 2)
            open.finish()
            var answered = 0
            for await isAnswered in group { answered += isAnswered ? 1 : 0 }
            #expect(answered == bounds.atOnce + bounds.waiting)
        }
    }

    @Test("what follows from the releases is made once for all who ask, and who no longer waits is let go")
    func madeOnce() async throws {
        let made = MadeOnce<Int>("test")
        let works = Mutex(0)
        let mayEnd = DispatchSemaphore(value: 0)
        let work: @Sendable () -> Int = {
            mayEnd.wait()
            return works.withLock { count in
                count += 1
                return count
            }
        }
        await #expect(throws: Problem.tooLong) {
            _ = try await Deadline.run(seconds: 1) { try await made.value(work) }
        }
        let all = Task {
            try await withThrowingTaskGroup(of: Int.self) { group in
                for _ in 0..<50 { group.addTask { try await made.value(work) } }
                return try await group.reduce(into: []) { $0.append($1) }
            }
        }
        mayEnd.signal()
        #expect(try await all.value == [Int](repeating: 1, count: 50))
        let failing = MadeOnce<Int>("test")
        for _ in 0..<2 {
            await #expect(throws: Problem.gone) { _ = try await failing.value { throw Problem.gone } }
        }
    }

    @Test("work that takes too long is cancelled, and its caller hears so")
    func deadline() async throws {
        // Cancelled work ends at once; a sleep of a day would not.
        await #expect(throws: Problem.tooLong) {
            try await Deadline.run(seconds: 1) { try await Task.sleep(for: .seconds(86_400)) }
        }
        #expect(try await Deadline.run(seconds: 60) { 5 } == 5)
        #expect(try await Deadline.run(seconds: nil) { 6 } == 6)
    }

    @Test("a draw that nobody waits for any more ends")
    func cancelledDraw() async throws {
        let ended = Mutex(false)
        let task = Task {
            try await DedicatedThread.run("test") { wanted in
                while !wanted.isCancelled {}
                ended.withLock { $0 = true }
                throw CancellationError()
            }
        }
        try await Task.sleep(for: .milliseconds(50))
        task.cancel()
        await #expect(throws: CancellationError.self) { try await task.value }
        #expect(ended.withLock { $0 })
    }

    @Test("each recipient has its own places to draw, however many the others take")
    func draws() async throws {
        let limiter = SampleLimiter(recipients: 2)
        var held: [SampleLimiter.Place] = []
        for _ in 0..<64 { held.append(try await limiter.enter(as: "Mallory")) }
        await #expect(throws: Problem.self) { try await limiter.enter(as: "Mallory") }
        for _ in 0..<64 { held.append(try await limiter.enter(as: "Bob")) }
        #expect(held.count == 128)
    }

    @Test("a web page changes nothing, whatever browser it runs in; programs do, with or without a name")
    func pages() throws {
        func refusal(_ fields: [(String, String)]) -> Problem? {
            var headers = HTTPFields()
            for (name, value) in fields { headers.append(HTTPField(name: HTTPField.Name(name)!, value: value)) }
            let head = HTTPRequest(
                method: .get, scheme: "https", authority: "x", path: "/confirm_data", headerFields: headers)
            do throws(Problem) {
                try BrowserGuard.refusePages(Request(head: head, body: RequestBody(buffer: ByteBuffer())))
                return nil
            } catch { return error }
        }
        for page in [
            [("Origin", "https://evil.example")], [("Origin", "null")], [("Sec-Fetch-Site", "cross-site")],
            [("Sec-Fetch-Mode", "no-cors")], [("Referer", "https://evil.example/")],
            [("User-Agent", "Mozilla/5.0 (X11)")],
            [("User-Agent", "Opera/9.80")], [("Entrepot-Client", ""), ("Origin", "null")],
        ] {
            #expect(refusal(page)?.status == .forbidden, "\(page)")
        }
        for program in [
            [], [("User-Agent", "curl/8.5")], [("User-Agent", "python-requests/2.31")], [("Entrepot-Client", "own")],
            [("User-Agent", "Mozilla/5.0"), ("Entrepot-Client", "R")],
        ] {
            #expect(refusal(program) == nil, "\(program)")
        }
    }

    @Test("an address counts as itself, inside an IPv6 one too, and an IPv6 network as one")
    func addresses() throws {
        func of(_ text: String) throws -> String {
            ConnectionRegistry.address(try SocketAddress(ipAddress: text, port: 1))
        }
        #expect(try of("192.0.2.7") == "192.0.2.7")
        #expect(try of("::ffff:192.0.2.7") == "192.0.2.7")
        #expect(try of("2001:db8:1:2:3:4:5:6") == of("2001:db8:1:2::9"))
        #expect(try of("2001:db8:1:2::9") != of("2001:db8:1:3::9"))
        #expect(try of("2001:db8::1") == of("2001:db8:0:0:5::"))
    }
}
