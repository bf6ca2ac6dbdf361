internal import Compression
internal import Foundation
public import Tables

/// Unpacks pages of Parquet files by the system's libraries.
public let unpackPage: PageUnpacker = { page, codec, size, padding in
    guard let codec = PageCompression.Codec(rawValue: codec) else { return nil }
    // Proof: the page is lent whole, within one expression.
    return page.withUnsafeBytes { PageCompression.unpacked($0, codec: codec, size: size, padding: padding) }
}

extension PageCompressor {
    /// What packs the Parquet files that leave: every reader of Parquet unpacks Snappy.
    public static let snappy = PageCompressor(codec: PageCompression.Codec.snappy.rawValue) {
        PageCompression.snappy($0)
    }
}

extension ParquetSource {
    /// A Parquet file of this machine; it is read piece by piece and never held whole.
    ///
    /// - Returns: nil if it is none, or cannot be opened.
    public init?(path: String) throws {
        guard let file = FileHandle(forReadingAtPath: path),
            ParquetRecords.isParquet(try file.read(upToCount: 4) ?? Data())
        else { return nil }
        self.init(count: Int(clamping: try file.seekToEnd())) { range in
            try file.seek(toOffset: UInt64(range.lowerBound))
            return [UInt8](try file.read(upToCount: range.count) ?? Data())
        }
    }
}
