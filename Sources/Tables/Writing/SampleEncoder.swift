import Bytes
public import Domains
import VectorMath

/// The formats in which samples leave.
public enum SampleFormat: String, Sendable, Codable, CaseIterable {
    /// RFC 4180 with a header row and LF.
    case csv
    /// Column-oriented as pandas writes it: `{"column":{"0":"high","1":"med"}}`.
    case json
    /// One JSON object a line.
    case ndjson
    /// Apache Arrow's IPC stream: typed columns, text as dictionaries.
    case arrow
    /// Apache Parquet: typed columns in row groups, text as dictionaries.
    case parquet

    /// What a file is written as where nobody says it: what its name ends with, else CSV.
    public init(ofFile name: String?) {
        self = Self.allCases.first { name?.lowercased().hasSuffix(".\($0.rawValue)") == true } ?? .csv
    }

    /// Whether columns are written as typed values and not as text.
    var isTyped: Bool { self == .arrow || self == .parquet }
}

/// Turns sampled codes into text.
///
/// In both JSON formats numbers are numbers, truth values truth values, and a missing value is `null`.
public struct SampleEncoder: Sendable {
    private let format: SampleFormat
    private let domains: [ColumnDomain]
    /// Which columns of a block are written, in this order.
    private let chosen: [Int]
    private let columns: [TextColumn]
    /// What stands around a number of each column.
    private let surroundings: [Surroundings]
    private let arrow: ArrowStream
    private var parquet: ParquetStream
    /// Blocks of `json`, which needs every row of a column before the next column.
    private var blocks: [SampleBlock] = []

    /// - Parameters:
    ///   - columns: which columns to write and in which order; nil for all.
    ///   - compressor: packs the pages of a Parquet file; nil writes them as they are.
    public init(
        domain: TableDomain, columns: [Int]?, format: SampleFormat, compressor: PageCompressor? = nil
    ) {
        let chosen = columns ?? Array(domain.columns.indices)
        self.format = format
        self.chosen = chosen
        self.domains = chosen.map { domain.columns[$0] }
        self.arrow = ArrowStream(format == .arrow ? domains : [])
        self.parquet = ParquetStream(format == .parquet ? domains : [], compressor: compressor)
        let written = format.isTyped ? [] : domains
        surroundings = written.enumerated().map { index, column in
            Surroundings(column, format, isFirst: index == 0, isLast: index == chosen.count - 1)
        }
        self.columns = written.enumerated().map { index, column in
            let isLast = index == chosen.count - 1
            switch format {
            case .csv:
                return SampleEncoder.csvColumn(column, isAlone: chosen.count == 1, end: isLast ? "\n" : ",")
            case .json, .arrow, .parquet: return SampleEncoder.jsonColumn(column, before: "", after: "")
            case .ndjson:
                let name = JSONText.quoted(column.name, escapes: .three)
                return SampleEncoder.jsonColumn(
                    column, before: (index == 0 ? "{" : ",") + name + ":", after: isLast ? "}\n" : "")
            }
        }
    }

    /// What stands before the first row.
    public mutating func header(into bytes: inout [UInt8]) {
        blocks = []
        bytes += opening
    }

    /// The rows of a block.
    ///
    /// `json` goes column by column, so its blocks are kept until `footer`; `encode(rowCount:block:write:)` needs no
    /// such memory.
    public mutating func append(_ block: SampleBlock, into bytes: inout [UInt8]) {
        if format == .json {
            blocks.append(block)
        } else if format == .parquet {
            parquet.append(block, chosen: chosen, to: &bytes)
        } else {
            appendRows(block, into: &bytes)
        }
    }

    /// What stands after the last row.
    public mutating func footer(into bytes: inout [UInt8]) {
        if format == .arrow { bytes += arrow.closing }
        if format == .parquet { bytes += parquet.closing() }
        guard format == .json else { return }
        bytes += [UInt8(ascii: "{")]
        for index in chosen.indices {
            bytes += opening(index)
            var row: UInt64 = 0
            for block in blocks {
                appendColumn(index, block, firstRow: row, into: &bytes)
                row += UInt64(block.rowCount)
            }
            bytes += [UInt8(ascii: "}")]
        }
        bytes += [UInt8(ascii: "}")]
        blocks = []
    }

    /// Encodes rows from a source that can be read again, in constant memory, one piece of output a block.
    ///
    /// - Parameters:
    ///   - rowCount: how many rows to write.
    ///   - blockRows: how many rows to ask for at once.
    ///   - block: gives the rows of a range; each is asked for once, in `json` once a column.
    ///   - write: takes the next piece of output.
    public func encode(
        rowCount: UInt64, blockRows: UInt64 = 16_384, block: (Range<UInt64>) throws -> SampleBlock,
        write: ([UInt8]) throws -> Void
    ) rethrows {
        func ranges(_ body: (Range<UInt64>) throws -> Void) rethrows {
            var start: UInt64 = 0
            while start < rowCount {
                let end = start + min(max(blockRows, 1), rowCount - start)
                try body(start..<end)
                start = end
            }
        }
        // Kept from block to block.
        var bytes: [UInt8] = []
        guard format == .json else {
            if !opening.isEmpty { try write(opening) }
            var parquet = parquet
            try ranges { range in
                bytes.removeAll(keepingCapacity: true)
                if format == .parquet {
                    parquet.append(try block(range), chosen: chosen, to: &bytes)
                } else {
                    appendRows(try block(range), into: &bytes)
                }
                if !bytes.isEmpty { try write(bytes) }
            }
            if format == .arrow { try write(arrow.closing) }
            if format == .parquet { try write(parquet.closing()) }
            return
        }
        try write([UInt8(ascii: "{")])
        for index in chosen.indices {
            try write(opening(index))
            try ranges { range in
                bytes.removeAll(keepingCapacity: true)
                appendColumn(index, try block(range), firstRow: range.lowerBound, into: &bytes)
                try write(bytes)
            }
            try write([UInt8(ascii: "}")])
        }
        try write([UInt8(ascii: "}")])
    }

    /// What stands before the first row, in the formats that go row by row.
    private var opening: [UInt8] {
        switch format {
        case .csv: csvHeader
        case .arrow: arrow.opening
        case .parquet: parquet.opening
        case .json, .ndjson: []
        }
    }

    private var csvHeader: [UInt8] {
        Array((domains.map { SampleEncoder.csvQuoted($0.name) }.joined(separator: ",") + "\n").utf8)
    }

    private func opening(_ index: Int) -> [UInt8] {
        Array(((index == 0 ? "" : ",") + JSONText.quoted(domains[index].name, escapes: .three) + ":{").utf8)
    }

    private func appendRows(_ block: SampleBlock, into bytes: inout [UInt8]) {
        if format == .arrow {
            bytes += arrow.batch(block, chosen: chosen)
            return
        }
        let parts = chosen.indices.map { part($0, block) }
        VectorMath.appendRows(
            parts.map(\.column), codes: parts.map(\.codes), fractions: parts.map(\.fractions), rows: 0..<block.rowCount,
            to: &bytes)
    }

    /// How a column of a block is written: by its codes, or where rules gave its numbers, each row by itself.
    private func part(
        _ index: Int, _ block: SampleBlock
    ) -> (column: TextColumn, codes: [UInt32], fractions: [Float]) {
        let place = chosen[index]
        let codes = block.codes[place]
        guard let exact = block.exact[place], block.rowCount > 0 else {
            return (columns[index], codes, place < block.fractions.count ? block.fractions[place] : [])
        }
        let (domain, around) = (domains[index], surroundings[index])
        let labels = (0..<block.rowCount).map { row -> [UInt8] in
            let code = Int(codes[row])
            let text =
                code < domain.valueCount
                ? around.mark + exact.text(row, isDate: domain.type == .date) + around.mark : around.absent
            return Array((around.before + text + around.after).utf8)
        }
        let column = TextColumn(labels: labels, prefix: [], suffix: [])
        return (column, (0..<UInt32(block.rowCount)).map { $0 }, [])
    }

    private func appendColumn(_ index: Int, _ block: SampleBlock, firstRow: UInt64, into bytes: inout [UInt8]) {
        let part = part(index, block)
        var rows = 0..<block.rowCount
        func append(_ rows: Range<Int>, after separator: String) {
            VectorMath.appendRows(
                [part.column], codes: [part.codes], fractions: [part.fractions], rows: rows,
                numbering: (Array((separator + "\"").utf8), Array("\":".utf8), firstRow), to: &bytes)
        }
        if firstRow == 0, !rows.isEmpty {
            append(0..<1, after: "")
            rows = 1..<block.rowCount
        }
        append(rows, after: ",")
    }

    /// What stands before and after each value of a column.
    private struct Surroundings: Sendable {
        let before: String
        let after: String
        /// Around dates in JSON.
        let mark: String
        /// What a missing value is written as.
        let absent: String

        init(_ column: ColumnDomain, _ format: SampleFormat, isFirst: Bool, isLast: Bool) {
            let missing = column.missingCode.map { column.text(of: $0, fraction: 0) } ?? ""
            switch format {
            case .csv:
                (before, after, mark) = ("", isLast ? "\n" : ",", "")
                absent = missing.isEmpty && isFirst && isLast ? "\"\"" : SampleEncoder.csvQuoted(missing)
            case .json, .arrow, .parquet:
                (before, after) = ("", "")
                mark = column.type == .date ? "\"" : ""
                absent = "null"
            case .ndjson:
                let name = JSONText.quoted(column.name, escapes: .three)
                (before, after) = ((isFirst ? "{" : ",") + name + ":", isLast ? "}\n" : "")
                mark = column.type == .date ? "\"" : ""
                absent = "null"
            }
        }
    }

    // MARK: - Tables of labels

    private static func csvColumn(_ column: ColumnDomain, isAlone: Bool, end: String) -> TextColumn {
        textColumn(column, before: "", after: end) { code in
            let text = csvQuoted(column.text(of: code, fraction: 0))
            // A line with nothing on it would be read as no row at all.
            return text.isEmpty && isAlone ? "\"\"" : text
        }
    }

    private static func jsonColumn(_ column: ColumnDomain, before: String, after: String) -> TextColumn {
        let mark = column.type == .date ? "\"" : ""
        return textColumn(column, before: before, after: after, mark: mark) { code in
            if column.isMissing(code) { return "null" }
            let text = column.text(of: code, fraction: 0)
            switch column.type {
            case .integer, .number:
                return DecimalText.number(of: text).map { DecimalText.text(of: $0) }
                    ?? JSONText.quoted(text, escapes: .three)
            case .boolean: return code == 0 ? "false" : "true"
            case .string, .date: return JSONText.quoted(text, escapes: .three)
            }
        }
    }

    private static func textColumn(
        _ column: ColumnDomain, before: String, after: String, mark: String = "", label: (Int) -> String
    ) -> TextColumn {
        var binning: Binning?
        if case .bins(let bins) = column.cells { binning = bins }
        func isOnGrid(_ code: Int) -> Bool {
            binning.map { code < $0.grids.count && $0.grids[code].count > 0 } ?? false
        }
        let labels = (0..<column.size).map { code in
            isOnGrid(code) ? [] : Array((before + label(code) + after).utf8)
        }
        return TextColumn(
            labels: labels, grids: binning?.grids ?? [],
            scale: binning?.scale ?? .linear, pivot: binning?.pivot ?? 1, writesDates: column.type == .date,
            prefix: Array((before + mark).utf8), suffix: Array((mark + after).utf8))
    }

    /// Quoted where RFC 4180 asks for it.
    private static func csvQuoted(_ text: String) -> String {
        guard text.utf8.contains(where: { ",\"\n\r".utf8.contains($0) }) else { return text }
        return "\"" + text.split(separator: "\"", omittingEmptySubsequences: false).joined(separator: "\"\"") + "\""
    }
}
