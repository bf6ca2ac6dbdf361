import Domains

/// Writes an Apache Parquet file (github.com/apache/parquet-format, version 1 pages): one block of rows a page, row groups of
/// `rowsPerGroup` rows, and the footer. It holds the pages of one row group, packed, and of each group that it wrote where it
/// stands.
struct ParquetStream: Sendable {
    private let columns: [ParquetColumn]
    private let compressor: PageCompressor?
    /// Of columns whose dictionaries are made anew in each row group.
    private var points: [PointDictionary?]
    /// For each column its pages, each behind its header.
    private var pages: [[[UInt8]]]
    private var chunks: [ChunkSizes]
    private var groupRows = 0
    private var groups: [Group] = []
    private var written: Int

    /// A row group is written when it has so many rows.
    static let rowsPerGroup = 131_072

    private struct ChunkSizes {
        var unpacked = 0
        var usesDictionary = false
        var usesPlain = false
    }

    private struct Group {
        var rows: Int
        var chunks: [Chunk]
    }

    /// Where the pages of one column in one row group stand.
    private struct Chunk {
        var start: Int
        var dataStart: Int
        var packed: Int
        var sizes: ChunkSizes
    }

    init(_ domains: [ColumnDomain], compressor: PageCompressor?) {
        columns = domains.map { ParquetColumn($0) }
        self.compressor = compressor
        points = PointDictionary.ofColumns(columns)
        pages = domains.map { _ in [] }
        chunks = domains.map { _ in ChunkSizes() }
        written = ParquetFormat.magic.count
    }

    /// What stands before the first row.
    let opening = ParquetFormat.magic

    /// Takes the rows of a block, its columns in the order of `chosen`, and appends the bytes of a row group that is full.
    mutating func append(_ block: SampleBlock, chosen: [Int], to bytes: inout [UInt8]) {
        guard block.rowCount > 0 else { return }
        for (place, index) in chosen.enumerated() {
            let fractions = index < block.fractions.count ? block.fractions[index] : []
            let page = columns[place].page(
                codes: block.codes[index], fractions: fractions, exact: block.exact[index], rows: block.rowCount,
                points: &points[place])
            let packed = compressor.map { $0.pack(page.bytes) } ?? page.bytes
            var header = ThriftWriter()
            header.int32(1, ParquetFormat.Page.data.rawValue)
            header.int32(2, page.bytes.count)
            header.int32(3, packed.count)
            header.structure(5) {
                $0.int32(1, block.rowCount)
                $0.int32(2, page.encoding.rawValue)
                $0.int32(3, ParquetFormat.Encoding.rle.rawValue)
                $0.int32(4, ParquetFormat.Encoding.rle.rawValue)
            }
            header.end()
            pages[place].append(header.bytes)
            pages[place].append(packed)
            chunks[place].unpacked += header.bytes.count + page.bytes.count
            if page.encoding == .plain { chunks[place].usesPlain = true } else { chunks[place].usesDictionary = true }
        }
        groupRows += block.rowCount
        if groupRows >= Self.rowsPerGroup { appendGroup(to: &bytes) }
    }

    /// What stands behind the last row.
    mutating func closing() -> [UInt8] {
        var bytes: [UInt8] = []
        if groupRows > 0 { appendGroup(to: &bytes) }
        let footer = footer()
        bytes += footer
        for byte in 0..<4 { bytes.append(UInt8(truncatingIfNeeded: footer.count >> (8 * byte))) }
        return bytes + ParquetFormat.magic
    }

    private mutating func appendGroup(to bytes: inout [UInt8]) {
        // Where the group's first byte comes to stand among them.
        let start = bytes.count
        func position(_ bytes: [UInt8]) -> Int { written + bytes.count - start }
        var group = Group(rows: groupRows, chunks: [])
        for place in columns.indices {
            let chunkStart = position(bytes)
            if chunks[place].usesDictionary, let dictionary = columns[place].dictionaryPage ?? points[place]?.page {
                let packed = compressor.map { $0.pack(dictionary.bytes) } ?? dictionary.bytes
                var header = ThriftWriter()
                header.int32(1, ParquetFormat.Page.dictionary.rawValue)
                header.int32(2, dictionary.bytes.count)
                header.int32(3, packed.count)
                header.structure(7) {
                    $0.int32(1, dictionary.count)
                    $0.int32(2, ParquetFormat.Encoding.plain.rawValue)
                }
                header.end()
                bytes += header.bytes
                bytes += packed
                chunks[place].unpacked += header.bytes.count + dictionary.bytes.count
            }
            let dataStart = position(bytes)
            for page in pages[place] { bytes += page }
            group.chunks.append(
                Chunk(
                    start: chunkStart, dataStart: dataStart, packed: position(bytes) - chunkStart, sizes: chunks[place])
            )
            pages[place].removeAll(keepingCapacity: true)
            points[place]?.forget()
            chunks[place] = ChunkSizes()
        }
        groups.append(group)
        groupRows = 0
        written = position(bytes)
    }

    // MARK: - Footer

    private func footer() -> [UInt8] {
        var writer = ThriftWriter()
        writer.int32(1, 2)
        writer.list(2, of: [nil] + columns.map(Optional.some)) { schema(&$0, $1) }
        writer.int64(3, groups.reduce(0) { $0 + $1.rows })
        writer.list(4, of: groups) { writer, group in
            writer.list(1, of: Array(zip(columns, group.chunks))) { chunk(&$0, $1.0, $1.1, rows: group.rows) }
            writer.int64(2, group.chunks.reduce(0) { $0 + $1.sizes.unpacked })
            writer.int64(3, group.rows)
            writer.int64(5, group.chunks.first?.start ?? 0)
            writer.int64(6, group.chunks.reduce(0) { $0 + $1.packed })
        }
        writer.text(6, "entrepot")
        writer.end()
        return writer.bytes
    }

    private func chunk(_ writer: inout ThriftWriter, _ column: ParquetColumn, _ chunk: Chunk, rows: Int) {
        writer.int64(2, 0)
        writer.structure(3) {
            $0.int32(1, column.physical.rawValue)
            var encodings = [ParquetFormat.Encoding.rle]
            if chunk.sizes.usesPlain || chunk.sizes.usesDictionary { encodings.append(.plain) }
            if chunk.sizes.usesDictionary { encodings.append(.rleDictionary) }
            $0.list(2, of: encodings.map(\.rawValue))
            $0.list(3, of: [column.arrow.domain.name])
            $0.int32(4, compressor?.codec ?? 0)
            $0.int64(5, rows)
            $0.int64(6, chunk.sizes.unpacked)
            $0.int64(7, chunk.packed)
            $0.int64(9, chunk.dataStart)
            if chunk.dataStart > chunk.start { $0.int64(11, chunk.start) }
        }
    }

    /// - Parameter column: nil for the root.
    private func schema(_ writer: inout ThriftWriter, _ column: ParquetColumn?) {
        guard let column else {
            writer.text(4, "schema")
            writer.int32(5, columns.count)
            return
        }
        writer.int32(1, column.physical.rawValue)
        writer.int32(3, column.isNullable ? 1 : 0)
        writer.text(4, column.arrow.domain.name)
        switch column.arrow.kind {
        case .dictionary:
            writer.int32(6, ParquetFormat.Converted.utf8.rawValue)
            writer.structure(10) { $0.structure(1) { _ in } }
        case .date:
            writer.int32(6, ParquetFormat.Converted.date.rawValue)
            writer.structure(10) { $0.structure(6) { _ in } }
        case .number, .truth: break
        }
    }
}
