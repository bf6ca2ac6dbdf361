import Attestation
import Foundation

@testable import Client
@testable import Ledger

/// What `entrepot verify` reads: receipts, provenance of samples and reports, as JSON and as PDF.
func feedPaper(_ bytes: [UInt8]) {
    if let receipt = try? Receipt(json: bytes) {
        guard let written = try? receipt.json() else { return promise(false, "a receipt that was read cannot be written") }
        promise((try? Receipt(json: written)) == receipt, "a receipt changes when it is written and read")
        _ = try? receipt.checkProof()
    }
    _ = try? SampleProvenance(json: bytes)
    if let report = try? SignedReport(bytes: bytes) {
        promise(report.report.count < bytes.count, "the figures of a report are longer than the report")
        _ = try? report.verify { _ throws(EvidenceError) in throw .unknownFormat }
    }
    _ = SignedReport.isReport(bytes)
    _ = Receipt.isReceipt(bytes)
}

/// What a client reads of a ledger: notes, checkpoints, statements, entries, openings.
func feedNote(_ bytes: [UInt8]) {
    if let entry = LedgerEntry(canonicalBytes: bytes) {
        promise(entry.canonicalBytes == bytes, "an entry has two forms")
    }
    _ = try? OpeningFile(json: bytes)
    guard let text = String(validating: bytes, as: UTF8.self) else { return }
    if let note = SignedNote(encoded: text) { promise(note.encoded == text, "a note has two forms") }
    _ = Checkpoint(text: text)
    _ = SampleStatement(text: text)
    _ = NoteVerifier(encoded: text)
    _ = LedgerHash(hex: text)
    _ = LedgerHash(base64: text)
}

private let task = LedgerHash(of: Array("a task".utf8))

/// A ledger of three entries, its checkpoint and the verifier of its key.
private func ledger() throws -> (entries: [LedgerEntry], note: SignedNote, verifier: NoteVerifier, root: [LedgerHash]) {
    let ledger = try Ledger.inMemory()
    try ledger.append(.specification, task: task, details: ["name": "a \"task\""], time: 1)
    try ledger.append(.upload, task: task, party: "SHA256:é", details: ["commitment": task.hex], time: 2)
    try ledger.append(.confirmation, task: task, party: "SHA256:é", details: ["commitment": task.hex], time: 3)
    let name = "entrepot/ledger/\(task.hex)"
    guard let signer = NoteSigner(name: name, seed: [UInt8](repeating: 1, count: 32)) else {
        throw CocoaError(.coderInvalidValue)
    }
    let entries = try ledger.entries()
    return (
        entries, try signer.sign(ledger.checkpoint(origin: name)), signer.verifier,
        [MerkleTree.leafHash(of: entries[1].canonicalBytes)]
    )
}

func paperSeeds() throws -> [[UInt8]] {
    let (entries, note, verifier, path) = try ledger()
    let evidence = Evidence(format: .nitro, evidence: [1, 2], auxiliary: [[3]], statement: [4]).json()
    let text = String(decoding: evidence, as: UTF8.self)
    let encoder = JSONEncoder()
    struct File: Encodable {
        let receipt = 1
        let entry: String
        let proof: [String]
        let checkpoint: String
        let key: String
        let evidence: String
    }
    let receipt = try encoder.encode(
        File(
            entry: String(decoding: entries[0].canonicalBytes, as: UTF8.self), proof: path.map(\.base64),
            checkpoint: note.encoded, key: verifier.encoded, evidence: Data(evidence).base64EncodedString()))
    let report =
        #"{"entrepot-report":1,"key":"AQI=","signature":"AwQ=","evidence":\#(text),"report":{"taskDigest":"00"}}"# + "\n"
    // As the service lays a document out: the room of the signature, then the attached files.
    let attached = [("report.json", report), ("evidence.json", text)].map { name, content in
        "/Type /Filespec /F (\(name))\n/Params << /Size \(content.utf8.count) >>\nstream\n\(content)\nendstream\n"
    }.joined()
    func document(_ range: String) -> String { "%PDF-1.7\n/ByteRange [\(range)]<00>\(attached)" }
    let blank = String(repeating: " ", count: 24)
    let start = document(blank).utf8.count - attached.utf8.count - 4
    let range = "0 \(start) \(start + 4) \(attached.utf8.count)"
    let pdf = document(range + String(repeating: " ", count: blank.count - range.utf8.count))
    return [Array(receipt), Array(report.utf8), Array(pdf.utf8)]
        + Seeds.demo(["report.json", "report.pdf", "samples.json.provenance"]) + Seeds.demo(under: "receipts", most: 8)
        + Seeds.data("hostile", ["pdf"])
}

func noteSeeds() throws -> [[UInt8]] {
    let (entries, note, verifier, _) = try ledger()
    let opening = #"{"entrepot-opening":1,"random":"\#(task.hex)","commitment":"\#(task.hex)","name":"a.csv"}"#
    return entries.map(\.canonicalBytes)
        + [note.encoded, note.text, verifier.encoded, task.hex, task.base64, opening].map { Array($0.utf8) }
        + Seeds.demo(under: "receipts", most: 8)
}
