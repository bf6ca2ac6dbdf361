import Domains

/// Why a Parquet file is not read. It may quote names of columns, so it is for the owner only.
struct ParquetFault: Error {
    var problem: TableProblem

    init(column: String? = nil, expected: String, hint: String) {
        problem = TableProblem(code: "parquet", column: column, expected: expected, hint: hint)
    }

    /// The bytes are not what the format says.
    static func damaged(_ what: String, column: String? = nil) -> ParquetFault {
        ParquetFault(
            column: column, expected: "a whole Parquet file", hint: "The file is damaged (\(what)): write it once more")
    }
}

/// What a Parquet file says of itself: its columns, and where their pages lie.
struct ParquetFooter {
    var columns: [Column]
    var groups: [Group]
    var rowCount: Int

    /// One column of the file, none of which holds others.
    struct Column {
        var name: String
        var physical: ParquetFormat.Physical
        var meaning: Meaning
        /// Bytes of a value of fixed length.
        var width: Int
        /// Whether values may be missing.
        var isNullable: Bool

        /// Whether its values are text, and not numbers, dates or truth values.
        var isText: Bool { (physical == .byteArray || physical == .fixed) && meaning == .plain }
    }

    /// What the values mean.
    enum Meaning: Equatable {
        case plain
        case unsigned
        case date
        /// Parts of a second in each unit of the number.
        case timestamp(perSecond: Int)
        case decimal(scale: Int)
        /// Something that has no text in a CSV file.
        case unknown(String)
    }

    struct Group {
        var rows: Int
        var chunks: [Chunk]
    }

    /// The pages of one column in one row group.
    struct Chunk {
        var codec: Int
        var range: Range<Int>
    }

    /// Bytes of the longest footer that is read.
    static let mostBytes = 1 << 25
    private static let tail = 8

    /// - Parameters:
    ///   - count: of bytes of the file.
    ///   - read: gives the bytes of a range.
    init(count: Int, read: (Range<Int>) throws -> [UInt8]) throws {
        guard count >= Self.tail + ParquetFormat.magic.count else { throw ParquetFault.damaged("it is too short") }
        let end = try read((count - Self.tail)..<count)
        guard end.count == Self.tail else { throw ParquetFault.damaged("it ends early") }
        if end.suffix(4).elementsEqual(Array("PARE".utf8)) {
            throw ParquetFault(expected: "a Parquet file that is not encrypted", hint: "Write it without encryption")
        }
        guard end.suffix(4).elementsEqual(ParquetFormat.magic) else { throw ParquetFault.damaged("it ends early") }
        let length = (0..<4).reduce(0) { $0 | Int(end[$1]) << (8 * $1) }
        guard length <= count - Self.tail - 4, length <= Self.mostBytes else {
            throw ParquetFault.damaged("its footer does not fit")
        }
        let start = count - Self.tail - length
        let bytes = try read(start..<(start + length))
        var file = RawFile()
        do {
            var reader = ThriftReader(bytes, in: 0..<bytes.count)
            file = try RawFile(&reader)
        } catch {
            throw ParquetFault.damaged("its footer cannot be read")
        }
        let columns = try Self.columns(file.schema)
        self.columns = columns
        groups = try file.groups.map { try Self.group($0, columns, end: start) }
        rowCount = 0
        for group in groups {
            let (sum, overflow) = rowCount.addingReportingOverflow(group.rows)
            guard !overflow else { throw ParquetFault.damaged("its rows cannot be counted") }
            rowCount = sum
        }
        guard rowCount == file.rows else { throw ParquetFault.damaged("its row groups have another number of rows") }
    }

    // MARK: - Columns

    private static func columns(_ schema: [RawElement]) throws -> [Column] {
        guard let root = schema.first, root.children > 0, schema.count > 1 else {
            throw ParquetFault.damaged("it has no columns")
        }
        guard schema.count - 1 <= RecordReader.mostColumns else {
            throw ParquetFault(
                expected: "at most \(RecordReader.mostColumns) columns", hint: "Check that this is the right file")
        }
        for element in schema.dropFirst() where element.children > 0 || element.repetition == 2 {
            throw ParquetFault(
                column: element.name, expected: "columns of single values",
                hint:
                    "The column is nested or repeated: write each of its parts as a column of its own, or leave it out")
        }
        guard root.children == schema.count - 1 else { throw ParquetFault.damaged("its columns do not add up") }
        return try schema.dropFirst().map { try column($0) }
    }

    private static func column(_ element: RawElement) throws -> Column {
        guard let physical = element.type.flatMap({ ParquetFormat.Physical(rawValue: $0) }) else {
            throw ParquetFault.damaged("a column has no type", column: element.name)
        }
        let width: Int
        switch physical {
        case .boolean: width = 0
        case .int32, .float: width = 4
        case .int64, .double: width = 8
        case .int96: width = 12
        case .byteArray: width = 0
        case .fixed:
            guard (1...(1 << 20)).contains(element.length) else {
                throw ParquetFault.damaged("a column has values of \(element.length) bytes", column: element.name)
            }
            width = element.length
        }
        return Column(
            name: element.name, physical: physical, meaning: meaning(element, physical, width), width: width,
            isNullable: element.repetition == 1)
    }

    private static func meaning(_ element: RawElement, _ physical: ParquetFormat.Physical, _ width: Int) -> Meaning {
        if physical == .int96 { return .timestamp(perSecond: 1_000_000_000) }
        switch (element.logical, element.converted) {
        case (5, _), (nil, 5):
            guard (0...76).contains(element.scale), physical != .fixed || width <= 16 else {
                return .unknown("decimals of more than 38 figures")
            }
            switch physical {
            case .int32, .int64, .byteArray, .fixed: return .decimal(scale: element.scale)
            default: return .unknown("decimals")
            }
        case (6, _), (nil, 6): return physical == .int32 ? .date : .unknown("dates")
        case (7, _), (nil, 7), (nil, 8): return .unknown("times of day")
        case (8, _), (nil, 9), (nil, 10):
            let unit = element.unit ?? (element.converted == 9 ? 1 : 2)
            guard physical == .int64, (1...3).contains(unit) else { return .unknown("times") }
            return .timestamp(perSecond: [1_000, 1_000_000, 1_000_000_000][unit - 1])
        case (10, _): return element.isUnsigned ? .unsigned : .plain
        case (nil, 11), (nil, 12), (nil, 13), (nil, 14): return .unsigned
        case (13, _), (nil, 20): return .unknown("BSON")
        case (14, _): return .unknown("UUIDs")
        case (15, _): return .unknown("numbers of 16 bits")
        case (nil, 21): return .unknown("intervals of time")
        case (.some(let other), _) where other > 15: return .unknown("values of a kind that is not known")
        default: return .plain
        }
    }

    private static func group(_ raw: RawGroup, _ columns: [Column], end: Int) throws -> Group {
        guard raw.chunks.count == columns.count, raw.rows >= 0 else {
            throw ParquetFault.damaged("a row group has another number of columns")
        }
        let chunks = try zip(raw.chunks, columns).map { raw, column in
            guard raw.path == nil else {
                throw ParquetFault(
                    column: column.name, expected: "all of the table in one file",
                    hint: "The column lies in another file: write the table as one")
            }
            // The dictionary stands first where there is one; older writers say nothing of it, or a zero.
            var start = raw.dataStart
            if let dictionary = raw.dictionaryStart, dictionary > 0 { start = min(start, dictionary) }
            guard raw.type == column.physical.rawValue, start >= ParquetFormat.magic.count, raw.packed >= 0,
                start <= end, raw.packed <= end - start
            else { throw ParquetFault.damaged("pages lie outside the file", column: column.name) }
            return Chunk(codec: raw.codec, range: start..<(start + raw.packed))
        }
        return Group(rows: raw.rows, chunks: chunks)
    }
}

// MARK: - As it is written

private struct RawFile {
    var schema: [RawElement] = []
    var rows = 0
    var groups: [RawGroup] = []

    init() {}

    init(_ reader: inout ThriftReader) throws(ThriftReader.Damaged) {
        var file = RawFile()
        try reader.structure { reader, id, kind throws(ThriftReader.Damaged) in
            switch (id, kind) {
            case (2, .list):
                try reader.list { reader, kind throws(ThriftReader.Damaged) in
                    guard kind == .structure else { throw ThriftReader.Damaged() }
                    file.schema.append(try RawElement(&reader))
                }
            case (3, .int64): file.rows = try reader.int()
            case (4, .list):
                try reader.list { reader, kind throws(ThriftReader.Damaged) in
                    guard kind == .structure else { throw ThriftReader.Damaged() }
                    file.groups.append(try RawGroup(&reader))
                }
            default: try reader.skip(kind)
            }
        }
        self = file
    }
}

private struct RawElement {
    var type: Int?
    var length = 0
    var repetition = 0
    var name = ""
    var children = 0
    var converted: Int?
    var logical: Int?
    var scale = 0
    var unit: Int?
    var isUnsigned = false

    init(_ reader: inout ThriftReader) throws(ThriftReader.Damaged) {
        var element = Self()
        try reader.structure { reader, id, kind throws(ThriftReader.Damaged) in
            switch (id, kind) {
            case (1, .int32): element.type = try reader.int()
            case (2, .int32): element.length = try reader.int()
            case (3, .int32): element.repetition = try reader.int()
            case (4, .binary): element.name = try reader.text()
            case (5, .int32): element.children = try reader.int()
            case (6, .int32): element.converted = try reader.int()
            case (7, .int32): element.scale = try reader.int()
            case (10, .structure): try element.readLogical(&reader)
            default: try reader.skip(kind)
            }
        }
        self = element
    }

    private init() {}

    private mutating func readLogical(_ reader: inout ThriftReader) throws(ThriftReader.Damaged) {
        var element = self
        try reader.structure { reader, id, kind throws(ThriftReader.Damaged) in
            element.logical = id
            guard kind == .structure else { return try reader.skip(kind) }
            try reader.structure { reader, part, kind throws(ThriftReader.Damaged) in
                switch (id, part, kind) {
                case (5, 1, .int32): element.scale = try reader.int()
                case (8, 2, .structure):
                    try reader.structure { reader, unit, kind throws(ThriftReader.Damaged) in
                        element.unit = unit
                        try reader.skip(kind)
                    }
                case (10, 2, .yes), (10, 2, .no): element.isUnsigned = kind == .no
                default: try reader.skip(kind)
                }
            }
        }
        self = element
    }
}

private struct RawGroup {
    var chunks: [RawChunk] = []
    var rows = 0

    init(_ reader: inout ThriftReader) throws(ThriftReader.Damaged) {
        var group = Self()
        try reader.structure { reader, id, kind throws(ThriftReader.Damaged) in
            switch (id, kind) {
            case (1, .list):
                try reader.list { reader, kind throws(ThriftReader.Damaged) in
                    guard kind == .structure else { throw ThriftReader.Damaged() }
                    group.chunks.append(try RawChunk(&reader))
                }
            case (3, .int64): group.rows = try reader.int()
            default: try reader.skip(kind)
            }
        }
        self = group
    }

    private init() {}
}

private struct RawChunk {
    var path: String?
    var type = -1
    var codec = -1
    var packed = -1
    var dataStart = -1
    var dictionaryStart: Int?

    init(_ reader: inout ThriftReader) throws(ThriftReader.Damaged) {
        var chunk = Self()
        try reader.structure { reader, id, kind throws(ThriftReader.Damaged) in
            switch (id, kind) {
            case (1, .binary): chunk.path = try reader.text()
            case (3, .structure):
                try reader.structure { reader, id, kind throws(ThriftReader.Damaged) in
                    switch (id, kind) {
                    case (1, .int32): chunk.type = try reader.int()
                    case (4, .int32): chunk.codec = try reader.int()
                    case (7, .int64): chunk.packed = try reader.int()
                    case (9, .int64): chunk.dataStart = try reader.int()
                    case (11, .int64): chunk.dictionaryStart = try reader.int()
                    default: try reader.skip(kind)
                    }
                }
            default: try reader.skip(kind)
            }
        }
        self = chunk
    }

    private init() {}
}
