import Crypto
import HTTPTypes
import HummingbirdCore
import NIOCore
import Tables

/// A party's table and the digest of the bytes that it was read from.
struct ReceivedTable: Sendable {
    let table: KeyedTable
    /// SHA-256 of the file's bytes, hexadecimal.
    let digest: String
}

/// Reads the body of an upload as it comes: a form with the field `file`, or the CSV file itself.
///
/// Memory holds codes and key hashes, one block of text, and nothing else of the file.
struct UploadReader {
    private enum Framing {
        case plain
        case form(MultipartFileParser)
    }

    private var framing: Framing
    private let reader: CSVTableReader
    private var digest = SHA256()
    private var bytesSeen = 0
    private let byteLimit: Int

    /// What a form adds around the file.
    private static let formOverhead = 64 * 1024

    /// - Throws: 422 for a body that is no form with a file, 415 for one of another kind.
    init(contentType: String?, reader: CSVTableReader, byteLimit: Int) throws(Problem) {
        self.reader = reader
        self.byteLimit = byteLimit
        let type = HeaderValue(contentType ?? "")
        switch type.token {
        case "multipart/form-data":
            do {
                let parser = try MultipartFileParser(boundary: type.parameters["boundary"] ?? "", field: "file")
                framing = .form(parser)
            } catch {
                throw Problem.form(error)
            }
        case "text/csv", "application/csv":
            framing = .plain
        case "", "application/json", "application/x-www-form-urlencoded":
            throw Problem.fileFieldMissing
        default:
            throw Problem(
                .unsupportedMediaType, code: "media_type", detail: "A table is uploaded as a form or as CSV.",
                hint: "Send multipart/form-data with the field `file`, or text/csv.", audience: .owner)
        }
    }

    /// Reads a whole body.
    mutating func read(_ body: RequestBody, state: BodyState) async throws -> ReceivedTable {
        for try await buffer in body { try consume(buffer) }
        state.finish()
        if case .form(let parser) = framing {
            do {
                try parser.finish()
            } catch {
                throw Problem.form(error)
            }
        }
        let table = try reader.finish()
        return ReceivedTable(table: table, digest: digest.finalize().hexadecimal)
    }

    private mutating func consume(_ buffer: ByteBuffer) throws {
        bytesSeen += buffer.readableBytes
        guard bytesSeen <= byteLimit + UploadReader.formOverhead else { throw Problem.tooLarge(byteLimit) }
        switch framing {
        case .plain:
            buffer.withUnsafeReadableBytes { digest.update(bufferPointer: $0) }
            try reader.consume(buffer.readableBytesView)
        case .form(var parser):
            framing = .plain
            defer { framing = .form(parser) }
            do {
                try parser.consume(buffer.readableBytesView) { piece in
                    digest.update(data: piece)
                    try reader.consume(piece)
                }
            } catch let error as MultipartError {
                throw Problem.form(error)
            }
        }
    }
}

extension Problem {
    static func tooLarge(_ limit: Int) -> Problem {
        Problem(
            .contentTooLarge, code: "too_large", detail: "The file is larger than the task permits.",
            hint: "The task takes at most \(limit) bytes (limits.upload_bytes).", audience: .owner)
    }

    static let fileFieldMissing = Problem.argument(
        ["body", "file"], "field required", "value_error.missing",
        hint: "Send multipart/form-data with the CSV file in the field `file`, or the CSV itself as text/csv.")

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
    var hexadecimal: String {
        let digits = Array("0123456789abcdef".utf8)
        var text: [UInt8] = []
        for byte in self {
            text.append(digits[Int(byte >> 4)])
            text.append(digits[Int(byte & 15)])
        }
        return String(decoding: text, as: UTF8.self)
    }
}
