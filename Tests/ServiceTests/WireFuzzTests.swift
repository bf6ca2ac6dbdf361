import Foundation
import HTTPTypes
import Testing
import VectorMath

@testable import Service

/// Seeded random input to everything that reads a request. `ENTREPOT_FUZZ` sets how many each test tries.
@Suite("Random requests")
struct WireFuzzTests {
    private static let count =
        ProcessInfo.processInfo.environment["ENTREPOT_FUZZ"].flatMap { Int($0) } ?? 20_000

    /// Pieces of what the parsers look for come up more often than by chance.
    private static func text(_ pieces: [String], _ random: inout SplitMix64) -> [UInt8] {
        (0..<Int.random(in: 0..<24, using: &random)).flatMap { _ -> [UInt8] in
            Int.random(in: 0..<4, using: &random) == 0
                ? [UInt8.random(in: 0...255, using: &random)] : Array((pieces.randomElement(using: &random) ?? "").utf8)
        }
    }

    @Test("a form is read the same however it is cut, and never gives more than it held")
    func forms() throws {
        var random = SplitMix64(state: 21)
        let pieces = [
            "--XX", "\r\n", "--XX--", "--XX\r\n", "\r\n\r\n", "Content-Disposition: form-data; ", "name=\"file\"",
            "name=file", "Content-Disposition: form-data; name=\"file\"\r\n\r\n", "-", "--", "id,a\r\n1,2", " ", "\n",
        ]
        func read(_ bytes: [UInt8], cut: Int) -> [UInt8]? {
            guard var parser = try? MultipartFileParser(boundary: "XX", field: "file") else { return nil }
            var content: [UInt8] = []
            do {
                var rest = bytes[...]
                while !rest.isEmpty {
                    try parser.consume(rest.prefix(cut)) { content += $0 }
                    rest = rest.dropFirst(cut)
                }
                try parser.finish()
            } catch {
                return nil
            }
            return content
        }
        for _ in 0..<Self.count {
            var bytes = Self.text(pieces, &random)
            if Bool.random(using: &random) { bytes = Array("--XX\r\n".utf8) + bytes + Array("\r\n--XX--".utf8) }
            let whole = read(bytes, cut: bytes.count + 1)
            #expect(whole?.count ?? 0 <= bytes.count)
            #expect(read(bytes, cut: Int.random(in: 1...5, using: &random)) == whole)
        }
    }

    @Test("header values, queries, paths and confirmations are read without a crash, and none becomes another's call")
    func heads() throws {
        var random = SplitMix64(state: 22)
        let pieces = [
            ";", "=", "\"", "\\", "name", "file", " ", ",", "multipart/form-data", "boundary", "%", "%zz", "%2F", "+",
            "&",
            "num_samples", "9223372036854775808", "-1", "{", "}", ":", "[", "]", "\"boot\"", "\"spec_hash\":", "null",
            "1e999", "/samples", "/", "..", "?", "#", "//", "/data", "/upload_data",
        ]
        for _ in 0..<Self.count {
            let bytes = Self.text(pieces, &random)
            let text = String(decoding: bytes, as: UTF8.self)
            let header = HeaderValue(text)
            #expect(header.parameters.count <= bytes.count)
            let query = QueryString(text)
            _ = try? query.integer("num_samples")
            _ = try? Confirmation(bytes)
            if let endpoint = try? Endpoint.find(.get, text) {
                #expect(endpoint.path == text && endpoint.method == .get)
            }
        }
    }
}
