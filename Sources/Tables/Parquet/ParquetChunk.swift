import Bytes
import Domains
import VectorMath

/// The distinct values, or the values, that rows of a column stand for.
enum ParquetEntries: Sendable {
    /// Fields of a grid of one column; one field more than there are values stands for a missing one.
    case texts(FieldGrid)
    case integers([Int64])
    case doubles([Double])

    var count: Int {
        switch self {
        case .texts(let grid): grid.rows - 1
        case .integers(let values): values.count
        case .doubles(let values): values.count
        }
    }
}

/// How a column of a task writes what Parquet has no text for.
struct ParquetTexts: Sendable {
    var missing: [UInt8] = []
    var yes = Array("true".utf8)
    var no = Array("false".utf8)

    init() {}

    init(_ column: ColumnDomain) {
        missing = Array((column.missing?.first ?? "").utf8)
        guard column.type == .boolean, column.valueCount == 2 else { return }
        no = Array(column.text(of: 0, fraction: 0).utf8)
        yes = Array(column.text(of: 1, fraction: 0).utf8)
    }
}

/// Reads the pages of one column in one row group, front to back.
struct ParquetChunk {
    let column: ParquetFooter.Column
    private let texts: ParquetTexts
    private let codec: Int
    private let limit: Int
    private let unpack: PageUnpacker?
    private let read: (Range<Int>) throws -> [UInt8]
    private var range: Range<Int>
    /// Bytes of the file that were read ahead, and where they begin.
    private var ahead: (start: Int, bytes: [UInt8]) = (0, [])
    private var dictionary: (entries: ParquetEntries, number: Int)?
    private var page: OpenPage?
    /// Numbers dictionaries, so that whoever knows one can tell it from the next.
    private static let windowBytes = 1 << 18

    /// A page that is being read.
    private struct OpenPage {
        var bytes: [UInt8]
        var rows: Int
        var levels: HybridRuns?
        var values: Values
        var end: Int

        enum Values {
            case indices(HybridRuns)
            case plain(Int)
            case bits(Int)
        }
    }

    /// Values of some rows: row r has entry `rows[r]`, where the number of entries means that it is missing; without `rows`,
    /// entry r.
    struct Values {
        var entries: ParquetEntries
        var rows: [UInt32]?
        /// Which dictionary the entries are; nil if they are of these rows alone.
        var dictionary: Int?
    }

    init(
        _ column: ParquetFooter.Column, chunk: ParquetFooter.Chunk, texts: ParquetTexts, limit: Int,
        unpack: PageUnpacker?, read: @escaping (Range<Int>) throws -> [UInt8]
    ) {
        self.column = column
        self.texts = texts
        self.codec = chunk.codec
        self.limit = limit
        self.unpack = unpack
        self.read = read
        range = chunk.range
    }

    /// How many rows of the page at hand are left.
    var rowsLeft: Int { page?.rows ?? 0 }

    /// How many bytes it holds.
    var heldBytes: Int { page?.bytes.count ?? 0 }

    private func damaged(_ what: String) -> ParquetFault { .damaged(what, column: column.name) }

    // MARK: - Pages

    /// Opens the next page that has rows.
    ///
    /// - Parameter number: counts dictionaries.
    mutating func open(_ number: inout Int) throws {
        page = nil
        while page == nil {
            guard !range.isEmpty else { throw damaged("a column has too few values") }
            let header = try header()
            guard header.packed >= 0, header.packed <= range.count, header.unpacked >= 0, header.unpacked <= limit
            else {
                let isLarge = header.unpacked > limit && header.packed >= 0 && header.packed <= range.count
                guard isLarge else { throw damaged("a page does not fit") }
                throw ParquetFault(
                    column: column.name, expected: "pages of at most \(limit) bytes",
                    hint: "Write the table with smaller pages (of a megabyte, as most programs do)")
            }
            let packed = try bytes(range.lowerBound..<(range.lowerBound + header.packed))
            range = (range.lowerBound + header.packed)..<range.upperBound
            if let checksum = header.checksum, checksum != CRC32.value(of: packed) {
                throw damaged("a page is not what its checksum says")
            }
            switch ParquetFormat.Page(rawValue: header.type) {
            case .dictionary: try open(dictionary: header, packed, &number)
            case .data: try open(data: header, packed)
            case .dataV2: try open(second: header, packed)
            case nil: continue
            }
        }
    }

    private mutating func header() throws -> ParquetPageHeader {
        var window = 1 << 10
        while true {
            let length = min(window, range.count)
            let piece = try bytes(range.lowerBound..<(range.lowerBound + length))
            do {
                var reader = ThriftReader(piece, in: 0..<piece.count)
                let header = try ParquetPageHeader(&reader)
                range = (range.lowerBound + reader.place)..<range.upperBound
                return header
            } catch {
                // Statistics may make a header long; beyond a megabyte it is none.
                guard length == window, window < 1 << 20 else { throw damaged("a page has no header") }
                window <<= 4
            }
        }
    }

    private mutating func bytes(_ wanted: Range<Int>) throws -> [UInt8] {
        if wanted.lowerBound < ahead.start || wanted.upperBound > ahead.start + ahead.bytes.count {
            let end = min(range.upperBound, max(wanted.upperBound, wanted.lowerBound + Self.windowBytes))
            ahead = (wanted.lowerBound, try read(wanted.lowerBound..<end))
            guard ahead.bytes.count >= wanted.count else { throw damaged("it ends early") }
        }
        let place = wanted.lowerBound - ahead.start
        return Array(ahead.bytes[place..<(place + wanted.count)])
    }

    private func unpacked(_ packed: [UInt8], size: Int) throws -> [UInt8] {
        guard codec != 0 else {
            guard packed.count == size else { throw damaged("a page has another size") }
            return packed + [UInt8](repeating: 0, count: HybridRuns.padding)
        }
        guard [1, 2, 6].contains(codec), let unpack else {
            let name = ["none", "Snappy", "gzip", "LZO", "Brotli", "LZ4", "Zstandard", "LZ4"]
            throw ParquetFault(
                column: column.name, expected: "pages packed by Snappy, gzip or Zstandard, or not at all",
                hint: "They are packed by \(name.indices.contains(codec) ? name[codec] : "something else")")
        }
        guard let bytes = unpack(packed, codec, size, HybridRuns.padding), bytes.count == size + HybridRuns.padding
        else { throw damaged("a page cannot be unpacked") }
        return bytes
    }

    private mutating func open(dictionary header: ParquetPageHeader, _ packed: [UInt8], _ number: inout Int) throws {
        guard dictionary == nil else { throw damaged("a column has two dictionaries") }
        let encoding = ParquetFormat.Encoding(rawValue: header.encoding)
        guard encoding == .plain || encoding == .plainDictionary else {
            throw damaged("a dictionary is encoded in an unknown way")
        }
        let bytes = try unpacked(packed, size: header.unpacked)
        guard header.values >= 0, header.values < Int(UInt32.max), column.physical != .boolean else {
            throw damaged("a dictionary has no size")
        }
        var place = 0
        number += 1
        dictionary = (
            try entries(bytes, &place, end: header.unpacked, count: header.values), number
        )
    }

    private mutating func open(data header: ParquetPageHeader, _ packed: [UInt8]) throws {
        let bytes = try unpacked(packed, size: header.unpacked)
        var place = 0
        var levels: HybridRuns?
        if column.isNullable {
            guard header.levelEncoding == ParquetFormat.Encoding.rle.rawValue else {
                throw damaged("levels are encoded in a way that is no longer used")
            }
            guard header.unpacked >= 4 else { throw damaged("a page ends early") }
            let length = (0..<4).reduce(0) { $0 | Int(bytes[$1]) << (8 * $1) }
            guard length <= header.unpacked - 4 else { throw damaged("a page ends early") }
            levels = HybridRuns(in: 4..<(4 + length), width: 1)
            place = 4 + length
        }
        try open(header, bytes, levels, place)
    }

    private mutating func open(second header: ParquetPageHeader, _ packed: [UInt8]) throws {
        guard header.repetitionBytes == 0, header.definitionBytes >= 0, header.definitionBytes <= packed.count,
            header.definitionBytes <= header.unpacked
        else { throw damaged("a page ends early") }
        let size = header.definitionBytes
        let values = Array(packed[size...])
        let plain =
            header.isPacked && codec != 0 && header.unpacked > size
            ? try unpacked(values, size: header.unpacked - size)
            : values + [UInt8](repeating: 0, count: HybridRuns.padding)
        guard size + plain.count == header.unpacked + HybridRuns.padding else {
            throw damaged("a page has another size")
        }
        let levels = column.isNullable ? HybridRuns(in: 0..<size, width: 1) : nil
        try open(header, packed[..<size] + plain, levels, size)
    }

    private mutating func open(
        _ header: ParquetPageHeader, _ bytes: [UInt8], _ levels: HybridRuns?, _ place: Int
    ) throws {
        guard header.values >= 0, header.values < Int(UInt32.max) else { throw damaged("a page has no size") }
        let end = header.unpacked
        let values: OpenPage.Values
        switch ParquetFormat.Encoding(rawValue: header.encoding) {
        case .plain: values = column.physical == .boolean ? .bits(place * 8) : .plain(place)
        case .rle where column.physical == .boolean:
            guard end - place >= 4 else { throw damaged("a page ends early") }
            values = .indices(HybridRuns(in: (place + 4)..<end, width: 1))
        case .plainDictionary, .rleDictionary:
            // A page in which every value is missing may have nothing more.
            let width = place < end ? Int(bytes[place]) : 0
            guard width <= 32, dictionary != nil else {
                throw damaged("a page asks for a dictionary that is not there")
            }
            values = .indices(HybridRuns(in: min(place + 1, end)..<end, width: width))
        default:
            throw ParquetFault(
                column: column.name, expected: "values written plainly or through a dictionary",
                hint:
                    "The column has encoding \(header.encoding) of the format: write it without delta or split encodings"
            )
        }
        guard header.values > 0 else { return }
        page = OpenPage(bytes: bytes, rows: header.values, levels: levels, values: values, end: end)
    }

    // MARK: - Values

    /// The values of the next rows, all of which lie in the page at hand.
    mutating func take(_ count: Int) throws -> Values {
        guard var page, count <= page.rows else { throw damaged("a column has too few values") }
        // So that the bytes are not copied when the rest of the page is put back.
        self.page = nil
        page.rows -= count
        var isThere: [UInt32]?
        var present = count
        if page.levels != nil {
            var levels = [UInt32](repeating: 0, count: count)
            guard page.levels?.take(count, from: page.bytes, into: &levels) == true else {
                throw damaged("a page has too few levels")
            }
            present = levels.reduce(0) { $0 + Int($1) }
            isThere = present == count ? nil : levels
        }
        var values: Values
        switch page.values {
        case .indices(var runs):
            var indices = [UInt32](repeating: 0, count: present)
            guard runs.take(present, from: page.bytes, into: &indices) else {
                throw damaged("a page has too few values")
            }
            page.values = .indices(runs)
            let entries = column.physical == .boolean ? truths : dictionary
            guard let entries, present == 0 || largest(indices, count: present) < UInt32(entries.entries.count) else {
                throw damaged("an index lies outside its dictionary")
            }
            values = Values(entries: entries.entries, rows: indices, dictionary: entries.number)
        case .bits(let bit):
            guard bit + present <= page.end * 8 else { throw damaged("a page has too few values") }
            let indices = (0..<present).map { UInt32(page.bytes[(bit + $0) / 8] >> UInt8((bit + $0) % 8) & 1) }
            page.values = .bits(bit + present)
            values = Values(entries: truths.entries, rows: indices, dictionary: truths.number)
        case .plain(var place):
            let entries = try entries(page.bytes, &place, end: page.end, count: present)
            page.values = .plain(place)
            values = Values(entries: entries, rows: nil, dictionary: nil)
        }
        self.page = page.rows > 0 ? page : nil
        if let isThere { spread(&values, isThere) }
        return values
    }

    /// Puts rows without a value between the others.
    private func spread(_ values: inout Values, _ isThere: [UInt32]) {
        let missing = UInt32(values.entries.count)
        var rows = [UInt32](repeating: missing, count: isThere.count)
        var next = 0
        let indices = values.rows
        for row in rows.indices where isThere[row] == 1 {
            rows[row] = indices?[next] ?? UInt32(next)
            next += 1
        }
        values.rows = rows
    }

    /// The two entries of a column of truth values; the number is no dictionary's.
    private var truths: (entries: ParquetEntries, number: Int) {
        (.texts(Self.grid([texts.no, texts.yes], last: texts.missing)), -1)
    }

    private func entries(_ bytes: [UInt8], _ place: inout Int, end: Int, count: Int) throws -> ParquetEntries {
        let range = place..<end
        func whole<Value>(_ value: Value?) throws -> Value {
            guard let value else { throw damaged("a page has too few values") }
            return value
        }
        switch (column.physical, column.meaning) {
        case (_, .unknown(let what)):
            throw ParquetFault(
                column: column.name, expected: "text, numbers, truth values, dates or times",
                hint: "The column holds \(what): write it as text or as a number")
        case (.int32, .plain), (.int64, .plain), (.int32, .unsigned):
            let width = column.width
            let values = try whole(
                PlainValues.integers(
                    bytes, in: range, count: count, width: width, isSigned: column.meaning == .plain))
            place += count * width
            return .integers(values)
        case (.double, _):
            let values = try whole(PlainValues.doubles(bytes, in: range, count: count))
            place += count * 8
            return .doubles(values)
        case (.byteArray, .plain), (.fixed, .plain):
            let width = column.physical == .fixed ? column.width : nil
            let (grid, next) = try whole(
                PlainValues.texts(bytes, in: range, count: count, width: width, last: texts.missing))
            place = next
            try checkText(grid)
            return .texts(grid)
        default: return try written(bytes, &place, end: end, count: count)
        }
    }

    private func checkText(_ grid: FieldGrid) throws {
        guard !byteTraits(grid.bytes, 0..<grid.bytes.count).isASCII else { return }
        // A character ends where its field ends: the byte behind a field is a zero.
        guard UTF8Check.firstFault(grid.bytes, 0..<grid.bytes.count) != nil else { return }
        throw ParquetFault(
            column: column.name, expected: "text in UTF-8",
            hint: "The column holds bytes that are no text: write it as text")
    }

    /// Values that are read by the text that a CSV file would have: dates, times, decimals and numbers of four bytes.
    private func written(_ bytes: [UInt8], _ place: inout Int, end: Int, count: Int) throws -> ParquetEntries {
        var fields: [[UInt8]] = []
        fields.reserveCapacity(min(count, end - place))
        for _ in 0..<count {
            let width: Int
            if column.physical == .byteArray {
                guard end - place >= 4 else { throw damaged("a page has too few values") }
                width = (0..<4).reduce(0) { $0 | Int(bytes[place + $1]) << (8 * $1) }
                place += 4
            } else {
                width = column.width
            }
            guard width > 0, width <= end - place else { throw damaged("a page has too few values") }
            guard let text = ParquetText.text(bytes[place..<(place + width)], of: column) else {
                throw ParquetFault(
                    column: column.name, expected: "values within the years 1 to 9999 and of at most 38 figures",
                    hint: "The column holds a value that has no such text: write it as text or as a number")
            }
            fields.append(Array(text.utf8))
            place += width
        }
        return .texts(Self.grid(fields, last: texts.missing))
    }

    private static func grid(_ fields: [[UInt8]], last: [UInt8]) -> FieldGrid {
        var bytes: [UInt8] = []
        var starts: [UInt32] = [0]
        for field in fields + [last] {
            bytes += field
            bytes.append(0)
            starts.append(UInt32(bytes.count))
        }
        return FieldGrid(columns: 1, bytes: bytes + [UInt8](repeating: 0, count: FieldGrid.padding), starts: starts)
    }
}
