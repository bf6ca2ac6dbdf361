import Client
import Crypto
import Foundation
import Synchronization
import Testing

@Suite("Uploads whose connection breaks, live", .serialized, .timeLimit(.minutes(30)), .live)
struct BrokenUploadTests {
    private static let limits = "{upload_bytes: 20000000, rows: 1000000}"
    private let pauses = [Double](repeating: 0.2, count: 1_000)

    /// Uploads through a line that breaks, and says from which byte each try went on.
    private func upload(
        _ live: LiveService, through line: CutLine, file: String, between: @escaping () throws -> Void = {}
    ) async throws -> (receipt: VerifiedConnection.UploadReceipt, starts: [Int]) {
        var configuration = live.client("Alice")
        configuration.address = ServiceAddress(host: "127.0.0.1", port: line.port)
        var starts: [Int] = []
        var isFresh = true
        let result = try await PatientUpload(configuration, file: file, pauses: pauses).run { event in
            switch event {
            case .sent(let bytes, _):
                if isFresh { starts.append(bytes) }
                isFresh = false
            case .broke:
                isFresh = true
                try? between()
            }
        }
        return (result.receipt, starts)
    }

    @Test("an upload goes on where its connection broke, over a connection verified anew")
    func goesOn() async throws {
        try await withService(try TestTask.workshop(limits: Self.limits)) { live in
            let text = Cars.alice(1..<250_001)
            let file = try live.file("alice.csv", text)
            let line = try await CutLine.start(before: live.port, cuts: [1_500_000, 1_200_000])
            let (receipt, starts) = try await upload(live, through: line, file: file)
            #expect(receipt.rows == 250_000)
            #expect(receipt.sha256 == SHA256.hash(data: Data(text.utf8)).map { String(format: "%02x", $0) }.joined())
            // The first connection brought up to 1,500,000 bytes with TLS, the next 1,200,000 more: a file that was sent anew
            // each time would go on from 0.
            #expect(starts.first == 0 && starts == starts.sorted() && starts.count >= 3, "\(starts)")
            #expect(starts.last ?? 0 > 1_000_000, "\(starts)")
            try await line.stop()
            _ = try await live.asParty("Alice") { try await $0.confirm(digest: receipt.sha256) }
        }
    }

    @Test("from the page too: what the service has is not sent again")
    func fromThePage() async throws {
        try await withService(try TestTask.workshop(limits: Self.limits)) { live in
            let text = Data(Cars.alice(1..<250_001).utf8)
            // Whichever connection carries the file: each of the first breaks.
            let cuts = [Int](repeating: 2_000_000, count: 6)
            let line = try await CutLine.start(before: live.port, cuts: cuts)
            var configuration = live.client("Alice")
            configuration.address = ServiceAddress(host: "127.0.0.1", port: line.port)
            try await PageTests.withPage(live, configuration, "Alice") { page async throws in
                let alice = try await RawCalls(live, as: "Alice")
                var (answer, breaks) = (try await page.post("upload", text), 0)
                // What the page's own program takes for a break, and tries again.
                while answer.status == 502, answer.object["exit_code"] as? Int == 1, breaks < 4 {
                    breaks += 1
                    let standing = try await alice("/upload_data/standing")
                    let received = try #require(standing.object["received"] as? Int)
                    #expect(received > 1_000_000 && received < text.count, "\(received)")
                    let before = line.sent
                    answer = try await page.post("upload", text)
                    // TLS, evidence and the calls around the upload take less than the bytes that were there already.
                    let again = line.sent - before
                    #expect(again < text.count - received + 300_000, "\(again) for \(text.count - received)")
                }
                #expect(breaks > 0 && answer.status == 200, "\(breaks): \(answer.body)")
                #expect(answer.object["rows"] as? Int == 250_000)
                #expect(
                    answer.object["sha256"] as? String
                        == SHA256.hash(data: text).map { String(format: "%02x", $0) }.joined())
            }
            try await line.stop()
        }
    }

    @Test("a file that changed since is sent anew")
    func changedFile() async throws {
        try await withService(try TestTask.workshop(limits: Self.limits)) { live in
            let file = try live.file("alice.csv", Cars.alice(1..<150_001))
            let changed = Cars.alice(1..<150_001).replacingOccurrences(of: "\n7,", with: "\n9000007,")
            let line = try await CutLine.start(before: live.port, cuts: [1_500_000])
            let (receipt, _) = try await upload(live, through: line, file: file) {
                try Data(changed.utf8).write(to: URL(fileURLWithPath: file))
            }
            #expect(receipt.sha256 == SHA256.hash(data: Data(changed.utf8)).map { String(format: "%02x", $0) }.joined())
            try await line.stop()
        }
    }

    @Test("the service goes on only where it stands, with a file sent as such")
    func refusals() async throws {
        try await withService(try TestTask.workshop()) { live in
            let alice = try await RawCalls(live, as: "Alice")
            func send(_ range: String, _ more: [String] = []) async throws -> RawCalls.Answer {
                try await alice(
                    "/upload_data",
                    ["-H", "Content-Type: text/csv", "-H", "Content-Range: \(range)", "--data-binary", "x"] + more)
            }
            #expect(try await send("bytes 10-10/11").code == "wrong_offset")
            for bad in ["bytes 5-4/5", "bytes 0-9/20", "bytes=0-0/1", "rows 0-0/1", "bytes -1-0/1", "bytes 0-/1"] {
                #expect(try await send(bad).code == "bad_range", "\(bad)")
            }
            #expect(try await send("bytes 0-0/1", ["-H", "Content-Encoding: gzip"]).status == 400)
            let standing = try await alice("/upload_data/standing")
            #expect(standing.object["received"] as? Int == 0)
            // A body that is shorter than the part it claims to be waits for its rest.
            #expect(try await send("bytes 0-99/100").code == "incomplete")
            #expect(try await alice("/upload_data/standing").object["received"] as? Int == 1)
            #expect(try await alice.upload(Cars.alice()).status == 200)
            #expect(try await alice("/upload_data/standing").object["received"] as? Int == 0)
            let carol = try await RawCalls(live, as: "Carol")
            #expect(try await carol("/upload_data/standing").status == 403)
        }
    }
}
