import Testing
import VectorMath

@testable import Service

@Suite("Streaming forms")
struct MultipartTests {
    private func form(_ parts: [(headers: String, content: [UInt8])], boundary: String = "XX") -> [UInt8] {
        var bytes: [UInt8] = []
        for part in parts {
            bytes += Array("--\(boundary)\r\n\(part.headers)\r\n\r\n".utf8) + part.content + Array("\r\n".utf8)
        }
        return bytes + Array("--\(boundary)--\r\n".utf8)
    }

    private func read(_ bytes: [UInt8], pieces: [Int] = [], boundary: String = "XX") throws -> [UInt8] {
        var parser = try MultipartFileParser(boundary: boundary, field: "file")
        var content: [UInt8] = []
        var position = 0
        for length in pieces where position < bytes.count {
            let end = min(bytes.count, position + max(1, length))
            try parser.consume(bytes[position..<end]) { content += $0 }
            position = end
        }
        try parser.consume(bytes[position...]) { content += $0 }
        try parser.finish()
        return content
    }

    private static let disposition = "Content-Disposition: form-data; name=\"file\"; filename=\"a.csv\""

    @Test("the field's bytes come out as they went in, however the body is cut")
    func roundTrip() throws {
        var generator = SplitMix64(state: 1)
        // Contents full of what could be taken for the beginning of a delimiter.
        let alphabet: [[UInt8]] = [
            [13], [10], [13, 10], Array("\r\n-".utf8), Array("\r\n--X".utf8), [45], [88], [0, 255],
        ]
        for _ in 0..<500 {
            var content: [UInt8] = []
            for _ in 0..<Int.random(in: 0..<40, using: &generator) {
                content += alphabet.randomElement(using: &generator) ?? []
            }
            let body = form(
                [
                    ("Content-Disposition: form-data; name=\"note\"", Array("x".utf8)), (Self.disposition, content),
                ], boundary: "XXY")
            guard !content.indices.contains(where: { content[$0...].starts(with: Array("\r\n--XXY".utf8)) }) else {
                continue
            }
            let pieces = (0..<body.count).map { _ in Int.random(in: 1..<9, using: &generator) }
            #expect(try read(body, pieces: pieces, boundary: "XXY") == content)
            #expect(try read(body, boundary: "XXY") == content)
        }
    }

    @Test("a preamble, an epilogue and blanks after a delimiter are allowed")
    func framing() throws {
        let body = Array(
            "ignored\r\n--XX  \r\n\(Self.disposition)\r\n\r\nid\r\n1\r\n\r\n--XX--\r\nignored".utf8)
        #expect(try read(body) == Array("id\r\n1\r\n".utf8))
    }

    @Test("an empty file is a file")
    func emptyFile() throws {
        #expect(try read(form([(Self.disposition, [])])) == [])
    }

    @Test("the name may be bare, and header names may be in any case")
    func spelling() throws {
        #expect(try read(form([("content-DISPOSITION: Form-Data; NAME=file", [65])])) == [65])
        #expect(
            try read(form([("Content-Disposition: form-data; filename=\"a;name=\\\"x\"; name=\"file\"", [65])])) == [65]
        )
    }

    @Test(
        "what is not a form is refused",
        arguments: [
            ("", MultipartError.truncated), ("--XX", .truncated), ("--XX\r\n", .truncated), ("--XXY\r\n", .malformed),
            ("--XX\r\n\(disposition)\r\n\r\nabc", .truncated),
            ("--XX\r\n\(disposition)\r\n\r\nabc\r\n--XX", .truncated),
            ("--XX\r\nContent-Disposition: form-data\r\n\r\nabc\r\n--XX--", .malformed),
            ("--XX\r\n\r\nabc\r\n--XX--", .malformed),
            ("--XX\r\n\(disposition)\n\r\nabc\r\n--XX--", .malformed),
            ("--XX\r\nContent-Disposition: attachment; name=\"file\"\r\n\r\nabc\r\n--XX--", .malformed),
            ("--XX--", .fieldMissing),
            ("--XX\r\nContent-Disposition: form-data; name=\"data\"\r\n\r\nabc\r\n--XX--", .fieldMissing),
            ("--XX\r\n\(disposition)\r\n\r\na\r\n--XX\r\n\(disposition)\r\n\r\nb\r\n--XX--", .fieldRepeated),
        ])
    func refusals(body: String, expected: MultipartError) {
        #expect(throws: expected) { try read(Array(body.utf8)) }
    }

    @Test("headers without end are refused after 16 KiB, not collected")
    func endlessHeaders() throws {
        var parser = try MultipartFileParser(boundary: "XX", field: "file")
        try parser.consume(Array("--XX\r\n".utf8)) { _ in }
        #expect(throws: MultipartError.headersTooLong) {
            for _ in 0..<40 { try parser.consume([UInt8](repeating: 65, count: 1000)) { _ in } }
        }
    }

    @Test("a boundary is 1 to 70 printable characters", arguments: ["", String(repeating: "x", count: 71), "a\nb"])
    func boundaries(boundary: String) {
        #expect(throws: MultipartError.badBoundary) { try MultipartFileParser(boundary: boundary, field: "file") }
    }

    @Test("200,000 damaged forms neither crash nor hand out bytes that were not sent")
    func fuzz() throws {
        var generator = SplitMix64(state: 3)
        let original = form([(Self.disposition, Array("id,x\r\n1,2\r\n".utf8))])
        for _ in 0..<200_000 {
            var body = original
            for _ in 0..<Int.random(in: 1..<4, using: &generator) {
                let position = Int.random(in: 0..<body.count, using: &generator)
                switch Int.random(in: 0..<3, using: &generator) {
                case 0: body[position] = UInt8.random(in: 0...255, using: &generator)
                case 1: body.remove(at: position)
                default: body.insert([13, 10, 45, 88].randomElement(using: &generator) ?? 13, at: position)
                }
            }
            let content = try? read(body, pieces: [Int.random(in: 1..<90, using: &generator)])
            #expect(content?.count ?? 0 <= body.count)
        }
    }
}
