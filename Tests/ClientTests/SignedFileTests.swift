import Attestation
import Foundation
import Ledger
import Testing

@testable import Client

@Suite("Files of a service's that lack a part")
struct SignedFileTests {
    private func changed(_ file: [UInt8], _ change: (inout [String: Any]) -> Void) throws -> [UInt8] {
        var members = try #require(try JSONSerialization.jsonObject(with: Data(file)) as? [String: Any])
        change(&members)
        return Array(try JSONSerialization.data(withJSONObject: members, options: .sortedKeys))
    }

    @Test("a receipt is known by what it has, and what it lacks or cannot be is named")
    func receipts() async throws {
        let scene = try await ReceiptTests.Scene()
        let file = try scene.receipt.json()
        let members = ["receipt", "entry", "proof", "checkpoint", "key", "evidence"]
        for member in members {
            let lacking = try changed(file) { $0[member] = nil }
            #expect(Receipt.isReceipt(lacking), "\(member)")
            #expect(throws: ReceiptError.memberMissing(member)) { try Receipt(json: lacking) }
            let other = try changed(file) { $0[member] = [true] }
            #expect(throws: ReceiptError.memberMalformed(member)) { try Receipt(json: other) }
        }
        for member in ["entry", "key", "evidence"] {
            let other = try changed(file) { $0[member] = "*" }
            #expect(throws: ReceiptError.memberMalformed(member)) { try Receipt(json: other) }
        }
        let more = try changed(file) { $0["note"] = "the tables were destroyed" }
        #expect(throws: ReceiptError.memberUnknown) { try Receipt(json: more) }
        // Nor where its value is one that no reader can say: the decoder does not look at it.
        let text = try #require(String(validating: file, as: UTF8.self))
        for value in [#""\ud800""#, "01", "1.", #""\q""#] {
            let odd = Array(text.replacing("{", with: "{\"note\":\(value),", maxReplacements: 1).utf8)
            #expect(throws: ReceiptError.unreadable, "\(value)") { try Receipt(json: odd) }
        }
        #expect(throws: ReceiptError.version(2)) { try Receipt(json: changed(file) { $0["receipt"] = 2 }) }
        // What is wrong with the evidence in it is said by the evidence.
        let inner = try changed(scene.receipt.evidence.json()) { $0["statement"] = nil }
        let lacking = try changed(file) { $0["evidence"] = Data(inner).base64EncodedString() }
        #expect(throws: ReceiptError.evidence(.envelopeLacks(.statement))) { try Receipt(json: lacking) }
        // A byte order mark and white space say nothing.
        let marked = [0xEF, 0xBB, 0xBF] + file + [0x0D, 0x0A]
        #expect(Receipt.isReceipt(marked))
        #expect(try Receipt(json: marked) == scene.receipt)
        #expect(!Receipt.isReceipt(Array(#"{"evidence": "", "key": "", "note": ""}"#.utf8)))
        #expect(!Receipt.isReceipt(Array(file.dropLast(9))))
    }

    @Test("so are the provenance of samples and a signed report")
    func others() async throws {
        let provenance = Array(#"{"samples": 1, "note": "", "key": "", "evidence": ""}"#.utf8)
        for member in ["samples", "note", "key", "evidence"] {
            let lacking = try changed(provenance) { $0[member] = nil }
            #expect(SampleProvenance.isProvenance(lacking) && !Receipt.isReceipt(lacking))
            #expect(throws: ReceiptError.memberMissing(member)) { try SampleProvenance(json: lacking) }
        }
        let report = Array(
            #"{"entrepot-report":1,"key":"","signature":"","evidence":{"format":"nitro"},"report":{}}"#.utf8)
        for member in ["entrepot-report", "key", "signature", "evidence", "report"] {
            let lacking = try changed(report) { $0[member] = nil }
            #expect(SignedReport.isReport(lacking) && !Receipt.isReceipt(lacking))
            #expect(throws: ReportError.memberMissing(member)) { try SignedReport(bytes: lacking) }
        }
        #expect(throws: ReportError.evidence(.envelopeLacks(.evidence))) { try SignedReport(bytes: report) }
        // Written anew, with the members in another order.
        #expect(throws: ReportError.rewritten) { try SignedReport(bytes: changed(report) { _ in }) }
    }
}
