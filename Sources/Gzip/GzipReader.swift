import CZlib

/// A push reader of gzip files, also of several one behind the other.
///
/// Proof: zlib reads `avail_in` bytes from `next_in` and writes `avail_out` bytes to `next_out`, and counts both down. Each
/// call of `inflate` happens inside `consume`, while the caller lends `bytes`, and inside `step`, while `output` lends its
/// storage; both pointers are set anew before the next call, so that none outlives its buffer. zlib never writes through
/// `next_in`. What is handed on is the first `output.count − avail_out` bytes of the output, which zlib has just written.
/// The stream is ended once, in `deinit`; where it could not begin there is no reader.
public final class GzipReader {
    private var stream = z_stream()
    private var output: [UInt8]
    /// Whether a file has begun that has not ended.
    private var isInside = false
    private var hasEnded = false

    /// - Parameter pieceSize: the most bytes that come out at once.
    /// - Throws: `GzipError.unavailable` if memory is short.
    public init(pieceSize: Int = 1 << 18) throws(GzipError) {
        output = [UInt8](repeating: 0, count: max(pieceSize, 1 << 10))
        guard entrepot_inflate_begin(&stream) == Z_OK else { throw .unavailable }
    }

    deinit {
        inflateEnd(&stream)
        // What came through here may be a table.
        for index in output.indices { output[index] = 0 }
    }

    /// Whether bytes begin as a gzip file does.
    public static func isGzip(_ bytes: some Collection<UInt8>) -> Bool { bytes.starts(with: [0x1F, 0x8B]) }

    /// Takes the next bytes of the file, cut anywhere.
    ///
    /// - Parameter write: receives what they unpack to, piece by piece.
    /// - Throws: `GzipError`, or what `write` throws.
    public func consume(_ bytes: UnsafeRawBufferPointer, write: (UnsafeRawBufferPointer) throws -> Void) throws {
        guard let start = bytes.baseAddress, !bytes.isEmpty else { return }
        stream.next_in = UnsafeMutablePointer(mutating: start.assumingMemoryBound(to: UInt8.self))
        stream.avail_in = UInt32(bytes.count)
        var isFull = false
        while stream.avail_in > 0 || isFull {
            if hasEnded {
                // Another file may follow; zeros that only fill up a block may not be told from it, and are refused.
                guard inflateReset(&stream) == Z_OK else { throw GzipError.damaged }
                hasEnded = false
            }
            isInside = true
            let (status, count) = step()
            guard status == Z_OK || status == Z_STREAM_END || status == Z_BUF_ERROR else { throw GzipError.damaged }
            if count > 0 { try output.withUnsafeBytes { try write(UnsafeRawBufferPointer(rebasing: $0[..<count])) } }
            isFull = count == output.count && status != Z_STREAM_END
            if status == Z_STREAM_END {
                hasEnded = true
                isInside = false
            } else if status == Z_BUF_ERROR {
                break
            }
        }
    }

    /// Ends the file.
    ///
    /// - Throws: `GzipError.truncated` if its end has not come.
    public func finish() throws(GzipError) {
        guard !isInside, hasEnded else { throw .truncated }
    }

    private func step() -> (status: Int32, count: Int) {
        output.withUnsafeMutableBufferPointer { output in
            stream.next_out = output.baseAddress
            stream.avail_out = UInt32(output.count)
            let status = inflate(&stream, Z_NO_FLUSH)
            return (status, output.count - Int(stream.avail_out))
        }
    }
}

/// Why a gzip file cannot be read. It contains nothing of the content.
public enum GzipError: Error, Sendable, Equatable {
    case damaged
    case truncated
    case unavailable
}

extension GzipError: CustomStringConvertible {
    /// One sentence: what is wrong with the file.
    public var description: String {
        switch self {
        case .damaged: "The gzip file is damaged. Compress it again, or send it as it is."
        case .truncated: "The gzip file ends before its end. Send it once more, whole."
        case .unavailable: "There is no memory to unpack with. Try again."
        }
    }
}
