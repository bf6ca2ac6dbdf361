import Attestation
import Bytes
import Client
import EngineCommands
import Foundation
import Ledger
import SecretSharing
import Tasks

/// What an office keeps of evidence that other ones gave it: the evidence in its state folder, and an entry of its ledger.
///
/// The entry is this office's own word: evidence is bound to a connection that nobody else saw. Registers, moment and task stand in
/// the file, for whoever verifies it later.
struct OfficeEvidence: Equatable {
    let office: String
    let format: EvidenceFormat
    /// SHA-256 of the file.
    let digest: LedgerHash

    init(office: String, format: EvidenceFormat, digest: LedgerHash) {
        self.office = office
        self.format = format
        self.digest = digest
    }

    /// Of an entry; nil for another one, or where a member is missing or is no digest.
    init?(_ entry: LedgerEntry) {
        guard entry.kind == .attested, let office = entry.details["office"],
            let format = entry.details["format"].flatMap({ EvidenceFormat(rawValue: $0) }),
            let digest = entry.details["evidence_sha256"].flatMap({ LedgerHash(hex: $0) })
        else { return nil }
        self.init(office: office, format: format, digest: digest)
    }

    /// As an entry says it.
    var details: [String: String] {
        ["office": office, "format": format.rawValue, "evidence_sha256": digest.hex]
    }

    /// Keeps what an office has just proved: on the disk before anything is set aside.
    static func keep(_ office: AttestedOffice, in state: String, _ ledger: OfficeLedger) throws {
        let kept = OfficeEvidence(
            office: office.name, format: office.format, digest: LedgerHash(of: office.evidence))
        let folder = "\(state)/evidence"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        try Files.write(office.evidence, to: "\(folder)/\(kept.digest.hex).json")
        try ledger.record(kept)
    }
}
