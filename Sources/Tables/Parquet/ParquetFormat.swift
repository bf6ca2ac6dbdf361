/// Numbers of the Parquet format (parquet.thrift of apache/parquet-format 2.11).
enum ParquetFormat {
    static let magic = Array("PAR1".utf8)

    enum Physical: Int {
        case boolean = 0
        case int32 = 1
        case int64 = 2
        case int96 = 3
        case float = 4
        case double = 5
        case byteArray = 6
        case fixed = 7
    }

    enum Encoding: Int {
        case plain = 0
        case plainDictionary = 2
        case rle = 3
        case rleDictionary = 8
    }

    enum Page: Int {
        case data = 0
        case dictionary = 2
        case dataV2 = 3
    }

    enum Converted: Int {
        case utf8 = 0
        case date = 6
        case decimal = 5
        case timestampMillis = 9
        case timestampMicros = 10
    }
}

/// What packs the pages of a Parquet file, and its number in the format.
public struct PageCompressor: Sendable {
    let codec: Int
    let pack: @Sendable ([UInt8]) -> [UInt8]

    public init(codec: Int, pack: @escaping @Sendable ([UInt8]) -> [UInt8]) {
        self.codec = codec
        self.pack = pack
    }
}
