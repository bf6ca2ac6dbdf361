import CSnappy
import CZlib
import CZstd

/// Pages of a Parquet file, each packed by itself.
///
/// Proof: each library is told the count of the buffer that it reads and the count of the one that it writes, both lent for
/// the call. Snappy's raw call takes no count of what it writes: `snappy_uncompress` checks it against the length that the
/// page itself says, and it is called only where that length is the one asked for. zlib counts both down and is ended in
/// the same function. None of them keeps a pointer.
public enum PageCompression {
    /// The codecs of Parquet that are read here, by their numbers in the format.
    public enum Codec: Int, Sendable, CaseIterable {
        case snappy = 1
        case gzip = 2
        case zstd = 6
    }

    /// What a page unpacks to.
    ///
    /// - Parameters:
    ///   - size: how many bytes it must unpack to; neither more nor fewer are taken.
    ///   - padding: so many zeros stand behind them.
    /// - Returns: nil if the page is damaged or has another size.
    public static func unpacked(
        _ page: UnsafeRawBufferPointer, codec: Codec, size: Int, padding: Int
    ) -> [UInt8]? {
        var output = [UInt8](repeating: 0, count: size + padding)
        guard size > 0 else { return output }
        let isWhole = output.withUnsafeMutableBytes { output in
            switch codec {
            case .snappy: unpackSnappy(page, output, size)
            case .gzip: unpackGzip(page, output, size)
            case .zstd:
                ZSTD_decompress(output.baseAddress, size, page.baseAddress, page.count) == size
            }
        }
        return isWhole ? output : nil
    }

    /// A page packed by Snappy.
    public static func snappy(_ page: [UInt8]) -> [UInt8] {
        let room = snappy_max_compressed_length(page.count)
        return [UInt8](unsafeUninitializedCapacity: room) { output, count in
            var length = room
            let status = page.withUnsafeBytes { page in
                output.withMemoryRebound(to: CChar.self) { output in
                    snappy_compress(
                        page.baseAddress?.assumingMemoryBound(to: CChar.self), page.count,
                        output.baseAddress, &length)
                }
            }
            count = status == SNAPPY_OK ? length : 0
        }
    }

    private static func unpackSnappy(
        _ page: UnsafeRawBufferPointer, _ output: UnsafeMutableRawBufferPointer, _ size: Int
    ) -> Bool {
        let bytes = page.baseAddress?.assumingMemoryBound(to: CChar.self)
        var length = 0
        guard snappy_uncompressed_length(bytes, page.count, &length) == SNAPPY_OK, length == size else { return false }
        let target = output.baseAddress?.assumingMemoryBound(to: CChar.self)
        return snappy_uncompress(bytes, page.count, target, &length) == SNAPPY_OK && length == size
    }

    private static func unpackGzip(
        _ page: UnsafeRawBufferPointer, _ output: UnsafeMutableRawBufferPointer, _ size: Int
    ) -> Bool {
        guard let start = page.baseAddress, page.count <= Int(UInt32.max), size <= Int(UInt32.max) else { return false }
        var stream = z_stream()
        guard entrepot_inflate_begin_any(&stream) == Z_OK else { return false }
        defer { inflateEnd(&stream) }
        stream.next_in = UnsafeMutablePointer(mutating: start.assumingMemoryBound(to: UInt8.self))
        stream.avail_in = UInt32(page.count)
        stream.next_out = output.baseAddress?.assumingMemoryBound(to: UInt8.self)
        stream.avail_out = UInt32(size)
        return inflate(&stream, Z_FINISH) == Z_STREAM_END && stream.avail_out == 0
    }
}
