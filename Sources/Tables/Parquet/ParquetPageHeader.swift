import Domains

/// What stands before a page.
struct ParquetPageHeader {
    var type = -1
    var unpacked = -1
    var packed = -1
    /// Of the bytes as they lie in the file, where the writer gave one.
    var checksum: UInt32?
    /// Values of the page, missing ones among them.
    var values = -1
    var encoding = -1
    var levelEncoding = ParquetFormat.Encoding.rle.rawValue
    /// Of a page of version 2: bytes of levels, which are not packed.
    var definitionBytes = 0
    var repetitionBytes = 0
    var isPacked = true

    private init() {}

    init(_ reader: inout ThriftReader) throws(ThriftReader.Damaged) {
        var header = Self()
        try reader.structure { reader, id, kind throws(ThriftReader.Damaged) in
            switch (id, kind) {
            case (1, .int32): header.type = try reader.int()
            case (2, .int32): header.unpacked = try reader.int()
            case (3, .int32): header.packed = try reader.int()
            case (4, .int32): header.checksum = UInt32(truncatingIfNeeded: try reader.int())
            case (5, .structure), (7, .structure), (8, .structure):
                try reader.structure { reader, part, kind throws(ThriftReader.Damaged) in
                    switch (id, part, kind) {
                    case (_, 1, .int32): header.values = try reader.int()
                    case (5, 2, .int32), (7, 2, .int32), (8, 4, .int32): header.encoding = try reader.int()
                    case (5, 3, .int32): header.levelEncoding = try reader.int()
                    case (8, 5, .int32): header.definitionBytes = try reader.int()
                    case (8, 6, .int32): header.repetitionBytes = try reader.int()
                    case (8, 7, .yes), (8, 7, .no): header.isPacked = kind == .yes
                    default: try reader.skip(kind)
                    }
                }
            default: try reader.skip(kind)
            }
        }
        self = header
    }
}

/// Unpacks a page: its bytes, the number of its codec in the format, how many bytes it must unpack to, and how many zeros
/// stand behind them. nil if it is damaged or has another size, or if nobody knows the codec.
public typealias PageUnpacker = @Sendable (_ page: [UInt8], _ codec: Int, _ size: Int, _ padding: Int) -> [UInt8]?
