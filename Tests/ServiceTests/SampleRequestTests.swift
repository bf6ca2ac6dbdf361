import Domains
import HTTPTypes
import Tables
import Testing

@testable import Service

@Suite struct SampleRequestTests {
    private func request(_ query: String) throws(Problem) -> SampleRequest { try SampleRequest(QueryString(query)) }

    private func refusal(_ query: String) -> Problem? {
        do throws(Problem) {
            _ = try request(query)
            return nil
        } catch {
            return error
        }
    }

    @Test("a query is read with the workshop's defaults, and written in one form whatever its order")
    func canonical() throws {
        #expect(try request("").text == "format=csv&num_samples=1000")
        let one = try request("seed=5&where=A_x%3Db%20c&columns=A_x,B_y&num_samples=3&format=json&where=B_y=1")
        #expect(one.text == "format=json&num_samples=3&seed=5&columns=A_x,B_y&where=A_x%3Db%20c&where=B_y%3D1")
        #expect(try SampleRequest(QueryString(one.text)) == one)
    }

    @Test(
        "what cannot be asked is refused with the contract's status and code",
        arguments: [
            ("format=xlsx", 400, "format_unsupported"), ("format=orc", 400, "format_unsupported"),
            ("num_samples=0", 400, "bad_count"), ("num_samples=-1", 400, "bad_count"),
            ("num_samples=100000000001", 400, "too_many_rows"),
            ("num_samples=9223372036854775807", 400, "too_many_rows"),
            ("num_samples=abc", 422, "validation"), ("seed=-1", 422, "validation"),
            ("seed=18446744073709551616", 422, "validation"), ("where=x", 422, "validation"),
        ])
    func refusals(query: String, status: Int, code: String) {
        let problem = refusal(query)
        #expect(problem?.status.code == status)
        #expect(problem?.code == code)
    }

    @Test("a refused format names every format there is")
    func formats() {
        #expect(refusal("format=orc")?.hint.contains("csv, json, ndjson, arrow, parquet") == true)
        #expect(refusal("format=xlsx")?.hint.contains("csv, json, ndjson, arrow, parquet") == true)
    }

    @Test("ranges of bytes are read as RFC 9110 has them; lists and other units count as none")
    func ranges() {
        #expect(ByteRange("bytes=5-9")?.resolved(total: 100) == 5..<10)
        #expect(ByteRange("bytes=5-")?.resolved(total: 100) == 5..<100)
        #expect(ByteRange("bytes=-5")?.resolved(total: 100) == 95..<100)
        #expect(ByteRange("bytes=-500")?.resolved(total: 100) == 0..<100)
        #expect(ByteRange("bytes=90-500")?.resolved(total: 100) == 90..<100)
        #expect(ByteRange("bytes=0-18446744073709551615")?.resolved(total: 100) == 0..<100)
        for outside in ["bytes=100-", "bytes=100-200", "bytes=-0"] {
            #expect(ByteRange(outside) != nil && ByteRange(outside)?.resolved(total: 100) == nil, "\(outside)")
        }
        #expect(ByteRange("bytes=-5")?.resolved(total: 0) == nil)
        for none in [
            "rows=0-5", "bytes=1-2,4-5", "bytes=9-5", "bytes=", "bytes=-", "bytes=a-b", "bytes", "bytes=1-2-3",
        ] {
            #expect(ByteRange(none) == nil, "\(none)")
        }
    }

    @Test("a window lets through just its range, however the pieces are cut", arguments: [1, 3, 7, 100])
    func window(size: Int) {
        let all = (0..<100).map { UInt8($0) }
        for range in [0..<100, 0..<1, 99..<100, 20..<41, 50..<50] as [Range<UInt64>] {
            var window = ByteWindow(range)
            var out: [UInt8] = []
            for start in stride(from: 0, to: 100, by: size) {
                out += window.clip(Array(all[start..<min(start + size, 100)]))
            }
            #expect(out == range.map { UInt8($0) })
            #expect(window.isOver)
        }
    }

    @Test("the newest thousand records are remembered, and no more")
    func records() {
        let desk = SampleLimiter()
        for number in 0..<1500 { desk.keep(SampleRecord(bytes: UInt64(number), sha256: []), of: "\(number)") }
        #expect(desk.record(of: "0") == nil)
        #expect(desk.record(of: "1499")?.bytes == 1499)
        #expect(desk.record(of: "500")?.bytes == 500)
    }

    @Test("128 may draw at once; the next one hears 429 until a place is free")
    func places() async throws {
        let desk = SampleLimiter()
        var held: [SampleLimiter.Place] = []
        for _ in 0..<128 { held.append(try await desk.enter()) }
        let problem = await #expect(throws: Problem.self) { _ = try await desk.enter() }
        #expect(problem?.status == .tooManyRequests && problem?.headers[.retryAfter] == "2")
        held.removeLast()
        _ = try await desk.enter()
    }

    @Test("a body that trickles is given up with 408; one that pauses and catches up is not")
    func pace() throws {
        let start = ContinuousClock.now
        var slow = BodyPace(start: start)
        try slow.take(10, at: start + .seconds(29))
        #expect(throws: Problem.tooSlow) { try slow.take(10, at: start + .seconds(60)) }
        var steady = BodyPace(start: start)
        for second in 1...600 { try steady.take(1500, at: start + .seconds(second)) }
    }
}
