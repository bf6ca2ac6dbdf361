import Bytes
import Domains
import Gzip
import HTTPTypes
import HummingbirdCore
import Ledger
import NIOCore
import Shards
import Tables
import Tasks

/// A party's table and the digest of the bytes that it was read from.
struct ReceivedTable: Sendable {
    let table: KeyedTable
    /// SHA-256 of the file's bytes.
    let digest: LedgerHash
    /// What the owner may not have meant. For the owner only.
    let warnings: [TableWarning]
}

/// Reads the body of an upload as it arrives: a form with the field `file`, or the CSV file itself, either of them
/// plain or as gzip.
///
/// Memory holds codes and key hashes, one block of text, and nothing else of the file. The digest is that of the file
/// as its owner has it: a `.csv.gz` is hashed as such; a `Content-Encoding` is removed before.
struct UploadReader {
    private enum Framing {
        case plain
        case form(MultipartFileParser)
    }

    private var framing: Framing
    private let file: TableFileReader
    /// Takes the rows, where shards hold them.
    private let rows: ShardUpload?
    private let unpacking: GzipReader?
    private var bytesSeen = 0
    private let byteLimit: Int
    /// Bytes of the body that were read.
    private(set) var received = 0

    /// What a form adds around the file.
    static let formOverhead = 64 * 1024

    /// - Throws: 422 for a form without a file, 415 for another media type.
    init(headers: HTTPFields, file: TableFileReader, byteLimit: Int, rows: ShardUpload? = nil) throws {
        self.file = file
        self.rows = rows
        self.byteLimit = byteLimit
        switch HeaderValue(headers[.contentEncoding] ?? "identity").token {
        case "gzip", "x-gzip": unpacking = try GzipReader()
        case "identity": unpacking = nil
        default: throw Problem.mediaType
        }
        let type = HeaderValue(headers[.contentType] ?? "")
        switch type.token {
        case "multipart/form-data":
            do {
                let parser = try MultipartFileParser(boundary: type.parameters["boundary"] ?? "", field: "file")
                framing = .form(parser)
            } catch {
                throw Problem.form(error)
            }
        case "text/csv", "application/csv", "application/gzip", "text/tab-separated-values",
            "application/vnd.apache.parquet":
            framing = .plain
        case "", "application/json", "application/x-www-form-urlencoded":
            throw Problem.fileFieldMissing
        default:
            throw Problem.mediaType
        }
    }

    /// Whether the body is the file itself, so that an interrupted upload can be continued.
    var isContinuable: Bool {
        guard case .plain = framing else { return false }
        return unpacking == nil
    }

    /// SHA-256 of the file's bytes that were read.
    var digestSoFar: [UInt8] { file.digestSoFar }

    /// Asks for the body of a call and reads it to its end.
    ///
    /// - Parameter size: what must have been received at its end, earlier parts included; nil if unknown.
    mutating func receive(_ call: Call, size: Int? = nil) async throws -> ReceivedTable {
        var pace = BodyPace()
        do {
            for try await buffer in call.body() {
                try pace.take(buffer.readableBytes)
                try consume(buffer)
                received += buffer.readableBytes
                try await sendRows()
            }
            // A body whose sender went away ends as if it were whole.
            try Task.checkCancellation()
            if let size, received != size { throw Problem.incomplete }
            call.finishBody()
            try unpacking?.finish()
            if case .form(let parser) = framing { try parser.finish() }
            // Sorting millions of keys takes seconds, which the threads that answer others do not have.
            nonisolated(unsafe) let (file, rows) = (file, rows)
            let (table, sha256, warnings) = try await DedicatedThread.run("table") {
                rows?.sendAtOnce()
                let finished: (table: KeyedTable, sha256: [UInt8])
                do { finished = try file.finish() } catch {
                    try rows?.check()
                    throw error
                }
                try rows?.finish()
                return (finished.table, finished.sha256, file.warnings)
            }
            guard let digest = LedgerHash(bytes: sha256) else { throw Problem.internalError }
            return ReceivedTable(table: table, digest: digest, warnings: warnings)
        } catch let error as MultipartError {
            throw Problem.form(error)
        } catch let error as GzipError {
            throw Problem.gzip(error)
        }
    }

    /// Sends the rows that wait, on a thread that may wait for shards.
    private func sendRows() async throws {
        guard let rows, rows.isWaiting else { return }
        // Proof: nobody reads the table meanwhile.
        nonisolated(unsafe) let waiting = rows
        try await DedicatedThread.run("shards") { try waiting.send() }
    }

    // Proof: bytes are handed on whole, within the call that lends them.

    private mutating func consume(_ buffer: ByteBuffer) throws {
        guard let unpacking else { return try buffer.withUnsafeReadableBytes { try unframe($0) } }
        try buffer.withUnsafeReadableBytes { bytes in
            try unpacking.consume(bytes) { try unframe($0) }
        }
    }

    private mutating func unframe(_ bytes: UnsafeRawBufferPointer) throws {
        bytesSeen += bytes.count
        guard bytesSeen <= byteLimit + UploadReader.formOverhead else { throw Problem.tooLarge(byteLimit) }
        switch framing {
        case .plain: try file.consume(bytes)
        case .form(var parser):
            framing = .plain
            defer { framing = .form(parser) }
            try parser.consume(bytes) { piece in
                try piece.withUnsafeBytes { try file.consume($0) }
            }
        }
    }
}

/// Whether a body arrives fast enough to wait for it.
struct BodyPace: Sendable {
    /// Seconds during which a body may arrive at any pace.
    private static let grace = 30.0
    /// Average bytes a second that it must reach afterwards.
    private static let least = 1000.0
    private let start: ContinuousClock.Instant
    private var bytes = 0.0

    init(start: ContinuousClock.Instant = .now) { self.start = start }

    /// - Throws: 408 for a body that trickles.
    mutating func take(_ count: Int, at now: ContinuousClock.Instant = .now) throws(Problem) {
        bytes += Double(count)
        let seconds = (now - start) / .seconds(1)
        if seconds > BodyPace.grace, bytes < (seconds - BodyPace.grace) * BodyPace.least { throw Problem.tooSlow }
    }
}

extension Problem {
    static func tooLarge(_ limit: Int) -> Problem {
        Problem(
            .contentTooLarge, code: "too_large", detail: "The file is larger than the task permits.",
            hint: "The task takes at most \(limit) bytes (limits.upload_bytes).", audience: .owner)
    }

    static let mediaType = Problem(
        .unsupportedMediaType, code: "media_type", detail: "A table is uploaded as a form, as CSV or as Parquet.",
        hint: "Send multipart/form-data with the field `file`, text/csv or application/vnd.apache.parquet; "
            + "Content-Encoding may be gzip.",
        audience: .owner)

    static let fileFieldMissing = Problem.argument(
        ["body", "file"], "field required", "value_error.missing",
        hint: "Send multipart/form-data with the CSV file in the field `file`, or the CSV itself as text/csv.")

    static func gzip(_ error: GzipError) -> Problem {
        Problem(
            .badRequest, code: "gzip_invalid", detail: "The gzip file cannot be unpacked.", hint: "\(error)",
            audience: .owner)
    }

    static func form(_ error: MultipartError) -> Problem {
        switch error {
        case .fieldMissing:
            return fileFieldMissing
        case .badBoundary, .malformed, .headersTooLong, .truncated, .fieldRepeated:
            return Problem(
                .badRequest, code: "form_invalid", detail: "The form cannot be read.",
                hint: "Send one field `file` as multipart/form-data (RFC 7578), complete to its closing delimiter.",
                audience: .owner)
        }
    }
}

extension Sequence where Element == UInt8 {
    /// Lower-case hexadecimal digits.
    var hexadecimal: String { Hex.encode(self) }
}
