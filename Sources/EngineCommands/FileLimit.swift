import Attestation

/// How many bytes of a file of others are read at most, by what it should hold. A longer one is refused before it is read.
package struct FileLimit: Sendable, Equatable, CustomStringConvertible {
    package let bytes: Int
    private let content: String

    private init(_ bytes: Int, _ content: String) {
        self.bytes = bytes
        self.content = content
    }

    /// A document of attestation in any wrapping, the receipt of an upload, the provenance of samples.
    package static let evidence = FileLimit(DocumentVerification.byteLimit, "evidence")
    /// The receipt of a secure sum, which has a signed end of each office.
    package static let receipt = FileLimit(1 << 20, "a receipt")
    /// An office's log for auditors: an entry of a ledger for each round.
    package static let audit = FileLimit(16 << 20, "an office's log")
    /// A signed report with its figures, or its PDF.
    package static let report = FileLimit(64 << 20, "a report")
    /// A model, the answers of a task, or a transcript.
    package static let model = FileLimit(256 << 20, "a model or transcript")
    package static let certificates = FileLimit(1 << 20, "certificates")
    package static let collateral = FileLimit(Collateral.byteLimit, "vendor's collateral")
    package static let releases = FileLimit(1 << 20, "a list of releases")
    package static let timestamp = FileLimit(64 << 10, "a signed timestamp")
    package static let opening = FileLimit(64 << 10, "an opening")
    package static let signature = FileLimit(64 << 10, "a signature")
    package static let request = FileLimit(64 << 10, "a request")
    package static let eventLog = FileLimit(16 << 20, "a firmware's event log")
    package static let buildManifest = FileLimit(16 << 20, "a build manifest")

    /// `64 KiB, the most that is read of evidence`.
    package var description: String {
        let size = bytes % (1 << 20) == 0 ? "\(bytes >> 20) MiB" : "\(bytes >> 10) KiB"
        return "\(size), the most that is read of \(content)"
    }
}
