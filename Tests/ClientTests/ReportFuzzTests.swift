import Foundation
import Testing
import VectorMath

@testable import Client

@Suite("Hostile reports")
struct ReportFuzzTests {
    private static let numbers = [
        "0", "1", "9", "-1", "9223372036854775807", "9223372036854775806", "-9223372036854775808",
        "99999999999999999999", "4294967296",
        "x",
    ]

    @Test("no numbers of a byte range make the reader do anything but refuse", arguments: numbers)
    func byteRange(first: String) {
        for second in Self.numbers {
            for third in Self.numbers {
                for tail in ["", "<00>", "\n>>\nstream\n"] {
                    let text = "%PDF-1.7\n/ByteRange [0 \(first) \(second) \(third)]\(tail)"
                    #expect(throws: ReportError.self) { try SignedReport(bytes: Array(text.utf8)) }
                }
            }
        }
    }

    @Test("no size of an attachment makes the reader do anything but refuse", arguments: numbers)
    func size(number: String) {
        for padding in [0, 40] {
            let attached =
                "/Type /Filespec /F (report.json)\n/Params << /Size \(number) >>\nstream\n"
                + String(repeating: " ", count: padding)
            // The signature's room is one pair of angle brackets behind the range.
            let head = "%PDF-1.7\n/ByteRange [0 NNN MMM LLL]"
            let start = head.utf8.count
            let total = start + 4 + attached.utf8.count
            let range = "0 \(start) \(start + 4) \(total - start - 4)"
            let text = head.replacing("0 NNN MMM LLL", with: range.padded(to: 13)) + "<00>" + attached
            #expect(throws: ReportError.self) { try SignedReport(bytes: Array(text.utf8)) }
        }
    }

    @Test("random changes of a report make the reader do nothing but refuse")
    func random() {
        let count = ProcessInfo.processInfo.environment["ENTREPOT_FUZZ"].flatMap { Int($0) } ?? 20_000
        let pieces = [
            "%PDF-1.7\n", "/ByteRange [", "0 ", "9223372036854775807 ", "]", "<", ">", "<00>",
            "/Type /Filespec /F (report.json)",
            "/Type /Filespec /F (evidence.json)", "/Params << /Size ", ">>\nstream\n", #"{"entrepot-report":1,"#,
            #""key":"AA==","#,
            #""signature":"AA=="}"#, #""evidence":"#, #","report":"#, "{}", "}\n", "30", "\0",
        ]
        var random = SplitMix64(state: 77)
        for round in 0..<count {
            var bytes = Array((round % 2 == 0 ? "%PDF-" : #"{"entrepot-report":1,"#).utf8)
            for _ in 0..<Int.random(in: 0..<20, using: &random) {
                bytes += Array((pieces.randomElement(using: &random) ?? "").utf8)
                if Int.random(in: 0..<5, using: &random) == 0 { bytes.append(.random(in: 0...255, using: &random)) }
            }
            #expect(throws: ReportError.self) { try SignedReport(bytes: bytes) }
        }
    }

    @Test("reports that end anywhere are refused")
    func cut() {
        let whole = #"{"entrepot-report":1,"key":"AA==","signature":"AA==","evidence":{},"report":{}}"# + "\n"
        for count in 0...whole.utf8.count {
            #expect(throws: ReportError.self) { try SignedReport(bytes: Array(whole.utf8.prefix(count))) }
        }
    }
}

extension String {
    fileprivate func padded(to count: Int) -> String {
        self + String(repeating: " ", count: max(0, count - utf8.count))
    }
}
