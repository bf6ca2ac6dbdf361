public import Attestation
import Bytes
import Foundation
public import Ledger

/// A ledger entry that can be proved to anybody, without the service and for ever: what happened, the proof that it
/// is in the ledger, the signed checkpoint, and evidence for the key that signed it.
public struct Receipt: Sendable, Equatable {
    /// The ledger's line that the receipt is for.
    public let entry: LedgerEntry
    /// A signed note over size and root of the ledger (C2SP tlog-checkpoint).
    public let checkpoint: String
    /// The path from the entry to the root (RFC 6962).
    public let proof: [LedgerHash]
    /// The key that signed the checkpoint.
    public let key: NoteVerifier
    /// Evidence that the key belongs to a boot of the attested service.
    public let evidence: Evidence

    /// Whether bytes look like a receipt, be it one that lacks a member. It says nothing about authenticity.
    public static func isReceipt(_ bytes: [UInt8]) -> Bool {
        SignedFile.resembles(bytes, members: File.members, atLeast: 3)
    }

    /// Reads a file that `json()` wrote.
    public init(json: [UInt8]) throws(ReceiptError) {
        let file = try SignedFile.read(File.self, from: json, members: File.members)
        guard file.receipt == 1 else { throw .version(file.receipt) }
        guard let evidence = Data(base64Encoded: file.evidence) else { throw .memberMalformed("evidence") }
        try self.init(
            entry: file.entry, proof: file.proof, checkpoint: file.checkpoint, key: file.key, evidence: Array(evidence))
    }

    init(
        entry: String, proof: [String], checkpoint: String, key: String, evidence: [UInt8]
    ) throws(ReceiptError) {
        guard let entry = LedgerEntry(canonicalBytes: Array(entry.utf8)) else { throw .memberMalformed("entry") }
        guard let key = NoteVerifier(encoded: key) else { throw .memberMalformed("key") }
        let path = proof.compactMap { LedgerHash(base64: $0) }
        guard path.count == proof.count else { throw .memberMalformed("proof") }
        self.entry = entry
        self.checkpoint = checkpoint
        self.proof = path
        self.key = key
        do {
            self.evidence = try Evidence(json: evidence)
        } catch {
            throw .evidence(error)
        }
    }

    /// The receipt as a file: one JSON object.
    public func json() throws -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .prettyPrinted, .withoutEscapingSlashes]
        let file = File(
            receipt: 1, entry: String(decoding: entry.canonicalBytes, as: UTF8.self), proof: proof.map(\.base64),
            checkpoint: checkpoint, key: key.encoded, evidence: Data(evidence.json()).base64EncodedString())
        return Array(try encoder.encode(file)) + [0x0A]
    }

    private struct File: Codable {
        let receipt: Int
        let entry: String
        let proof: [String]
        let checkpoint: String
        let key: String
        /// Base64 of the JSON of the evidence.
        let evidence: String

        static let members: Set = ["receipt", "entry", "proof", "checkpoint", "key", "evidence"]
    }
}

extension Receipt {
    /// What must hold between the parts of a receipt, independent of the evidence for the key.
    func checkProof() throws(ReceiptError) {
        guard key.name == Receipt.origin(task: entry.task) else { throw .otherLedger }
        guard let note = SignedNote(encoded: checkpoint), let signed = key.checkpoint(of: note) else {
            throw .checkpointSignature
        }
        guard signed.origin == key.name else { throw .otherLedger }
        let isIncluded = MerkleTree.verifyInclusion(
            leaf: MerkleTree.leafHash(of: entry.canonicalBytes), index: entry.sequence &- 1, size: signed.size,
            root: signed.root, proof: proof)
        guard isIncluded else { throw .notIncluded }
    }

    /// Verifies the whole receipt offline.
    ///
    /// - Parameter trust: the roots, the releases, and the moment.
    /// - Returns: the evidence for the key, and what policy has against it.
    public func verify(trust: TrustPolicy) throws(ReceiptError) -> DocumentVerification.Appraisal {
        let appraisal = try evidence.verify(vouchingFor: key, task: entry.task, trust: trust)
        try checkProof()
        return appraisal
    }

    /// Whether the entry is about the file of an opening: the commitment of an upload or a confirmation, or one of a
    /// reservation.
    public func isOf(_ opening: UploadOpening) -> Bool {
        let commitment = opening.commitment.hex
        return entry.details.contains { name, value in
            (name == "commitment" || name.hasPrefix("upload.")) && value == commitment
        }
    }

    /// The name of the ledger of a task.
    static func origin(task: LedgerHash) -> String { "entrepot/ledger/\(task.hex)" }

    /// `0005-upload-1a2b3c4d.json`: in a folder, the receipts of a ledger sort in order.
    var fileName: String { "\(fileStem).json" }

    /// `0005-upload-1a2b3c4d.opening`: beside the receipt of the caller's own upload.
    public var openingFileName: String { "\(fileStem).opening" }

    private var fileStem: String {
        let number = String(entry.sequence)
        let padding = String(repeating: "0", count: max(0, 4 - number.count))
        return "\(padding)\(number)-\(entry.kind.rawValue)-\(entry.hash.hex.prefix(8))"
    }
}

/// Why a receipt proves nothing.
public enum ReceiptError: Error, Sendable, Equatable {
    case unreadable
    /// An object of its JSON has one name twice.
    case nameTwice
    case memberMissing(String)
    case memberMalformed(String)
    /// It has a member that nothing vouches for.
    case memberUnknown
    /// It is of another form than this version's.
    case version(Int)
    /// The evidence for the key is not authentic.
    case evidence(EvidenceError)
    /// The evidence vouches for another key.
    case keyNotAttested
    case checkpointSignature
    /// The parts belong to ledgers of different tasks.
    case otherLedger
    case notIncluded
    /// The statement is of other samples.
    case otherSamples
    /// The entry commits to another file than the opening's.
    case otherFile
}

extension ReceiptError: CustomStringConvertible {
    /// One sentence: why the receipt proves nothing.
    public var description: String {
        switch self {
        case .unreadable: "It is no JSON that can be read, or is cut."
        case .nameTwice: "Its JSON has one name twice in one object, so that two readers would see two things."
        case .memberMissing(let name): "Its member \(name) is missing."
        case .memberMalformed(let name): "Its member \(name) cannot be read, or is not in its canonical form."
        case .memberUnknown: "It has a member that is none of its own, and that nothing vouches for."
        case .version(let number): "It is of form \(number), and this version reads form 1."
        case .evidence(let error): "The evidence for its key does not hold: \(error.reason)."
        case .keyNotAttested: "The evidence vouches for another key than the one that signed it."
        case .checkpointSignature: "The signature of its checkpoint is not valid."
        case .otherLedger: "Its parts belong to the ledgers of different tasks."
        case .notIncluded: "The entry is not in the ledger that the checkpoint names."
        case .otherFile: "The entry is of another file: the opening, or the file given, is not that of its commitment."
        case .otherSamples: "The file is not the one that the service spoke of: it was changed, or is another."
        }
    }
}

extension ReceiptError {
    /// What the person who sees the error can do.
    public var hint: String {
        switch self {
        case .evidence(let error): error.hint
        case .unreadable, .memberMissing, .memberMalformed:
            "Ask whoever gave it to you for the whole file: it was cut or changed on its way."
        case .memberUnknown, .nameTwice: "Ask for the file as the service wrote it."
        case .version: "Verify it with a newer program."
        case .keyNotAttested, .checkpointSignature, .otherLedger, .notIncluded, .otherSamples, .otherFile:
            "Do not rely on it: ask whoever gave it to you."
        }
    }
}

extension Evidence {
    /// Verifies evidence offline, that it vouches for the key of a signed note, and that it was made for a task.
    func verify(
        vouchingFor key: NoteVerifier, task: LedgerHash, trust: TrustPolicy
    ) throws(ReceiptError) -> DocumentVerification.Appraisal {
        let key = LedgerKey(publicKey: key.publicKey)
        let report: DocumentVerification.Appraisal
        do {
            report = try DocumentVerification.verify(
                json(), format: format, trust: trust, vouches: key.isVouchedFor)
        } catch {
            throw .evidence(error)
        }
        guard key.isVouchedFor(by: report.evidence) else { throw .keyNotAttested }
        guard report.evidence.statement?.taskDigest == task.bytes else { throw .otherLedger }
        return report
    }
}
