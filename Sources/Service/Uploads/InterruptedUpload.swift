import HTTPTypes
import HummingbirdCore
import Ledger

/// Which part of a file a body holds (`Content-Range`, RFC 9110 §14.4): from an offset to the file's end. Who sends it
/// may continue where a connection broke.
struct UploadRange: Sendable, Equatable {
    let start: Int
    /// Of the whole file.
    let size: Int

    /// nil if the header is absent: the body is the whole file.
    ///
    /// - Throws: 400 for anything but `bytes START-END/SIZE` with END the last byte.
    init?(_ text: String?) throws(Problem) {
        guard let text else { return nil }
        let numbers = text.dropFirst("bytes ".count).split(separator: "/", omittingEmptySubsequences: false)
        let ends = (numbers.first ?? "").split(separator: "-", omittingEmptySubsequences: false)
        guard text.hasPrefix("bytes "), numbers.count == 2, ends.count == 2, let start = Int(ends[0]),
            let last = Int(ends[1]), let size = Int(numbers[1]), start >= 0, start <= last, last < .max,
            last + 1 == size
        else {
            throw Problem(
                .badRequest, code: "bad_range", detail: "The Content-Range of an upload cannot be read.",
                hint: "Send `bytes START-END/SIZE` from where GET /upload_data/standing says to the end of the file.",
                audience: .owner)
        }
        self.start = start
        self.size = size
    }
}

/// An upload whose connection broke: what was read so far, until its owner continues or some minutes have passed.
///
/// Proof: ``UploadsUnderWay`` hands it to one upload at a time of one party, and forgets it then. Whoever takes the reader is
/// alone with it.
final class InterruptedUpload: @unchecked Sendable {
    /// How long it is kept, in seconds.
    static let patience = 900.0

    let received: Int
    let size: Int
    /// Of the commitment to the file, unless whoever goes on sends others.
    let blinding: Blinding
    /// SHA-256 of the bytes received, hexadecimal: a file that has changed since is not continued.
    let digest: String
    /// Seconds since 1970.
    let time: Double
    private var reader: UploadReader?

    init(_ reader: UploadReader, blinding: Blinding, size: Int, at time: Double) {
        self.blinding = blinding
        received = reader.received
        digest = reader.digestSoFar.hexadecimal
        self.size = size
        self.time = time
        self.reader = reader
    }

    /// The reader, once.
    func take() -> UploadReader? {
        defer { reader = nil }
        return reader
    }
}

extension Problem {
    static let uploadUnderWay = busy("Another upload of this party is under way.", retryAfter: 5)

    static func wrongOffset(_ received: Int) -> Problem {
        Problem(
            .conflict, code: "wrong_offset", detail: "The upload cannot be continued from there.",
            hint: "The service has \(received) bytes of it (GET /upload_data/standing); without Content-Range it "
                + "begins anew.",
            audience: .owner)
    }

    static let rangeOfForm = Problem(
        .badRequest, code: "bad_range", detail: "Only a file that is sent as such can be continued.",
        hint: "Send the file itself as text/csv, without form and without Content-Encoding.", audience: .owner)

    static let incomplete = Problem(
        .badRequest, code: "incomplete", detail: "The body ended before the file did.",
        hint: "Go on from where GET /upload_data/standing says.", audience: .owner)
}
