public import Attestation
import Bytes
import Crypto
import Foundation
public import Ledger

/// A service's statement about samples with its evidence: stored beside the file as `<file>.provenance`.
public struct SampleProvenance: Sendable, Equatable {
    /// What the service says about the samples.
    public let statement: SampleStatement
    /// The statement as a signed note (C2SP signed-note).
    public let note: String
    /// The key that signed it.
    public let key: NoteVerifier
    /// Evidence that the key belongs to a boot of the attested service.
    public let evidence: Evidence

    private struct File: Decodable {
        let samples: Int
        let note: String
        let key: String
        /// Base64 of the JSON of the evidence.
        let evidence: String

        static let members: Set = ["samples", "note", "key", "evidence"]
    }

    /// The path of the provenance of a file of samples.
    public static func path(of samples: String) -> String { "\(samples).provenance" }

    /// Whether bytes look like what lies beside samples. It says nothing about authenticity.
    public static func isProvenance(_ bytes: [UInt8]) -> Bool {
        SignedFile.resembles(bytes, members: File.members, atLeast: 3)
    }

    /// Reads what `GET /samples/provenance` answered.
    public init(json: [UInt8]) throws(ReceiptError) {
        let file = try SignedFile.read(File.self, from: json, members: File.members)
        guard file.samples == 1 else { throw .version(file.samples) }
        guard let note = SignedNote(encoded: file.note), let statement = SampleStatement(text: note.text) else {
            throw .memberMalformed("note")
        }
        guard let key = NoteVerifier(encoded: file.key) else { throw .memberMalformed("key") }
        guard let evidence = Data(base64Encoded: file.evidence) else { throw .memberMalformed("evidence") }
        self.statement = statement
        self.note = file.note
        self.key = key
        do {
            self.evidence = try Evidence(json: Array(evidence))
        } catch {
            throw .evidence(error)
        }
    }

    /// Verifies offline that the service signed this statement and that it is about these samples.
    ///
    /// - Parameters:
    ///   - samples: SHA-256 of the file of samples.
    ///   - trust: the roots, the releases, and the moment.
    /// - Returns: the evidence for the key, and what policy has against it.
    public func verify(
        samples: LedgerHash, trust: TrustPolicy
    ) throws(ReceiptError) -> DocumentVerification.Appraisal {
        guard samples == statement.sha256 else { throw .otherSamples }
        guard let note = SignedNote(encoded: note), key.verifies(note) else { throw .checkpointSignature }
        return try evidence.verify(vouchingFor: key, task: statement.task, trust: trust)
    }

    /// SHA-256 of a file, read piece by piece.
    public static func digest(ofFile path: String) throws(ClientError) -> LedgerHash {
        guard let file = FileHandle(forReadingAtPath: path) else { throw ClientError.unreadable(path: path) }
        defer { try? file.close() }
        var hash = SHA256()
        do {
            while let piece = try file.read(upToCount: 1 << 20), !piece.isEmpty { hash.update(data: piece) }
        } catch {
            throw ClientError.unreadable(path: path)
        }
        guard let digest = LedgerHash(bytes: Array(hash.finalize())) else { throw ClientError.unreadable(path: path) }
        return digest
    }
}

extension SampleProvenance: CustomStringConvertible {
    /// In words: one line a fact.
    public var description: String {
        """
        samples       \(statement.bytes) bytes, SHA-256 \(statement.sha256.hex)
        task          \(statement.task.hex)
        model         \(statement.model.hex)
        ledger        entry \(statement.ledgerSequence), \(statement.ledgerHead.hex)
        spent         epsilon \(statement.epsilon), delta \(statement.delta), over the whole life of the task
        query         \(ShownText.line(statement.query))
        """
    }
}
