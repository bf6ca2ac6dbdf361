import Attestation
import FittedModels
import Foundation
import Tasks

/// What a file is that was named for verification and is nothing that can be verified: whoever took the wrong one hears which it
/// is, and not that it is a forgery.
///
/// Only what no evidence, receipt or report can look like is told. What it says of a file is a guess at a mistake and no finding.
struct OtherFile {
    /// `a certificate`.
    let kind: String
    let next: String

    /// nil where the bytes may be what they should be, or are nothing known.
    init?(_ bytes: [UInt8], named path: String) {
        let found = Self.byHead(bytes) ?? Self.byKey(bytes) ?? Self.byMember(bytes) ?? Self.byLines(bytes, path)
        guard let found else { return nil }
        (kind, next) = found
    }

    private typealias Words = (kind: String, next: String)

    private static let heads: [([UInt8], Words)] = [
        ([0x89] + Array("PNG".utf8), ("an image", seeReport)), ([0xFF, 0xD8, 0xFF], ("an image", seeReport)),
        (Array("GIF8".utf8), ("an image", seeReport)),
        (Array("PK".utf8) + [3, 4], ("a ZIP archive, as spreadsheets and text documents are", "Name the file itself")),
        ([0x1F, 0x8B], ("packed by gzip", "Unpack it first (gunzip)")),
        (Array("PAR1".utf8), ("a Parquet file", samples)), (Array("ARROW1".utf8), ("an Arrow file", samples)),
        (
            Array("SQLite format 3\0".utf8),
            ("a ledger's own file", "Verify its receipts: `entrepot connect` and `upload` keep them")
        ),
        ([0x7F] + Array("ELF".utf8), ("a program", measure)),
        (Array("MZ".utf8), ("a boot image or a program", measure)),
        (Array(".eif".utf8), ("an enclave image", measure)),
    ]
    private static let seeReport = "A signed report is a PDF: `entrepot signed-report` fetches it"
    private static let samples =
        "Samples are verified by the file .provenance that `entrepot samples` writes beside them"
    private static let measure = "`entrepot image measure` tells what evidence of it would show"

    private static func byHead(_ bytes: [UInt8]) -> Words? {
        if SealedFile.model.begins(bytes) { return ("a model", "`entrepot verify --privacy` recomputes what it cost") }
        if SealedFile.answers.begins(bytes) {
            return ("a file of answers", "`entrepot verify --privacy` recomputes their cost")
        }
        return heads.first { bytes.starts(with: $0.0) }?.1
    }

    private static func byKey(_ bytes: [UInt8]) -> Words? {
        if (try? CertificateFile.certificates(bytes)) != nil {
            return ("a certificate", "Name the evidence, and this one by --root or --certificates")
        }
        if (try? PartyPrivateKey(file: bytes)) != nil { return ("a private key", "Give it to nobody") }
        let isKey =
            (try? PartyKey(derRepresentation: bytes)) != nil
            || String(validating: bytes, as: UTF8.self).map { (try? PartyKey(text: $0)) != nil } == true
        return isKey ? ("a public key", "`entrepot fingerprint` shows it") : nil
    }

    /// Files that this program writes, by members that they have together and no evidence has.
    private static let members: [([String], Words)] = [
        (
            ["entrepot-opening"],
            ("what opens a receipt", "Verify the receipt, with this one beside it or named by --opening")
        ),
        (["releases"], ("a list of releases", "Name the evidence, and this one by --measurements")),
        (
            ["decision", "party", "request", "signature"],
            ("a decision on a request", "`entrepot request show` reads it with its request")
        ),
        (
            ["moment", "party", "query", "signature"],
            ("a request", "`entrepot request show` checks it with the task; its answer.json is verified with --request")
        ),
        (
            ["fingerprint", "party", "signature", "task"],
            ("a signature of a task", "`entrepot serve` and `entrepot compute` check it with the task")
        ),
        (
            ["entries", "head"],
            ("a ledger", "`entrepot ledger --url` checks it on a service; a receipt proves one entry of it")
        ),
        (["fields"], ("a schema", "Name the evidence or the receipt")),
    ]

    private static func byMember(_ bytes: [UInt8]) -> Words? {
        guard let object = try? JSONSerialization.jsonObject(with: Data(bytes)) as? [String: Any] else { return nil }
        return members.first { one in one.0.allSatisfy { object[$0] != nil } }?.1
    }

    private static func byLines(_ bytes: [UInt8], _ path: String) -> Words? {
        guard let text = String(validating: bytes, as: UTF8.self) else { return nil }
        let lines = text.split(whereSeparator: \.isNewline).lazy.filter { !$0.hasPrefix("#") }
        guard let first = lines.first else { return nil }
        if first.hasPrefix("entrepot:") { return ("a task", "`entrepot task lint \(path)` checks it") }
        for separator in [",", ";", "\t"] {
            let counts = lines.prefix(3).map { $0.components(separatedBy: separator).count }
            if counts.count > 1, counts[0] > 1, Set(counts).count == 1, !first.hasPrefix("{"), !first.hasPrefix("[") {
                return ("a table", samples)
            }
        }
        return nil
    }
}
