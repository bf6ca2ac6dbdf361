import Attestation
import Foundation
import Ledger
import Tasks
import Testing

@testable import Client

@Suite("Files of others with one name twice")
struct NameTwiceTests {
    /// The text with one member of its outermost object written twice, the second time with another value.
    private func twice(_ text: String, _ member: String) -> [UInt8] {
        Array(text.replacing("{", with: "{\"\(member)\": \"another\",", maxReplacements: 1).utf8)
    }

    @Test("a receipt and the provenance of samples are refused by it, wherever it stands")
    func receipts() throws {
        let evidence = Evidence(format: .nitro, evidence: [1], statement: [2])
        let inner = String(decoding: evidence.json(), as: UTF8.self)
        let forged = Data(twice(inner, "statement")).base64EncodedString()
        let receipt = """
            {"receipt": 1, "entry": "", "proof": [], "checkpoint": "", "key": "", "evidence": "\(forged)"}
            """
        for member in ["entry", "key", "evidence", "\\u006bey"] {
            #expect(throws: ReceiptError.nameTwice) { try Receipt(json: twice(receipt, member)) }
        }
        let provenance = #"{"samples": 1, "note": "", "key": "", "evidence": ""}"#
        #expect(throws: ReceiptError.nameTwice) { try SampleProvenance(json: twice(provenance, "note")) }
        #expect("\(ReceiptError.nameTwice)".contains("two readers would see two things"))
    }

    @Test("so are releases, collateral, openings and signatures of a task")
    func others() throws {
        #expect(throws: DecodingError.self) {
            try ReleaseManifest(json: Array(#"{"releases": [], "releases": [], "refused": {}}"#.utf8))
        }
        #expect(throws: DecodingError.self) {
            try ReleaseManifest(json: Array(#"{"releases": [], "refused": {"1": "a", "1": "b"}}"#.utf8))
        }
        #expect(throws: EvidenceError.jsonNameTwice) {
            try Collateral(files: [twice(#"{"tcb_info": "", "tcb_info_signature": ""}"#, "tcb_info")])
        }
        let opening = UploadOpening(blinding: .random(), file: LedgerHash(of: [1]))
        let file = String(decoding: OpeningFile(opening).json(), as: UTF8.self)
        #expect(try OpeningFile(json: Array(file.utf8)).opening == opening)
        #expect(throws: OpeningFile.Failure.unreadable) { try OpeningFile(json: twice(file, "random")) }
        let signature = Array(#"{"party": "a", "task": "b"}"#.utf8)
        #expect(throws: TaskError.unreadableSignature("it has one key twice")) {
            try TaskSignature(fileBytes: twice(String(decoding: signature, as: UTF8.self), "party"))
        }
    }
}
