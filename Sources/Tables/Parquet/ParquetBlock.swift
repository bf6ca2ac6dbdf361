import Domains
import VectorMath

/// Rows of a Parquet file, column by column, as ``RowReader`` takes them.
struct ParquetBlock: RowBlock {
    let rows: Int
    /// For each column of the file its values; nil where nobody asked for them.
    var fields: [Field?]

    struct Field {
        var values: ParquetChunk.Values
        /// What a row without a value is written as.
        var missing: [UInt8]
    }

    init(rows: Int, columns: Int) {
        self.rows = rows
        fields = [Field?](repeating: nil, count: columns)
    }

    // Proof: bytes are lent on within the call that lends them.

    func withField<Result>(
        row: Int, column: Int, _ body: (UnsafeRawBufferPointer) throws -> Result
    ) rethrows -> Result {
        guard let field = fields[column] else { return try [UInt8]().withUnsafeBytes { try body($0) } }
        let entry = field.values.rows.map { Int($0[row]) } ?? row
        if case .texts(let grid) = field.values.entries, entry < grid.rows {
            return try grid.withField(row: entry, column: 0) { try body($0) }
        }
        return try field.text(entry).withUnsafeBytes { try body($0) }
    }

    func lookUp(
        _ field: Int, _ column: ColumnDomain, _ scratch: inout LookUpScratch, codes: inout [UInt32],
        places: inout [UInt8]
    ) {
        guard let values = fields[field] else { return }
        let count = values.values.entries.count
        let entries: KnownEntries
        if let number = values.values.dictionary, let found = scratch.known[field], found.number == number, number > 0 {
            entries = found
        } else {
            entries = values.known(column, &scratch)
            if values.values.dictionary != nil { scratch.known[field] = entries }
        }
        if let chosen = values.values.rows {
            lookUpEntries(entries.codes, rows: chosen, count: rows, into: &codes)
            if column.isBinned { lookUpEntries(entries.places, rows: chosen, count: rows, into: &places) }
        } else {
            codes.replaceSubrange(0..<rows, with: entries.codes.prefix(min(rows, count)))
            if column.isBinned { places.replaceSubrange(0..<rows, with: entries.places.prefix(min(rows, count))) }
        }
    }

    func text(of columns: [Int]) -> (grid: FieldGrid, columns: [Int]) {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(rows * columns.count * 8)
        var starts: [UInt32] = [0]
        starts.reserveCapacity(rows * columns.count + 1)
        for row in 0..<rows {
            for column in columns {
                withField(row: row, column: column) { bytes.append(contentsOf: $0) }
                bytes.append(0x0A)
                starts.append(UInt32(bytes.count))
            }
        }
        bytes.append(contentsOf: repeatElement(0, count: FieldGrid.padding))
        return (FieldGrid(columns: columns.count, bytes: bytes, starts: starts), Array(columns.indices))
    }
}

/// The codes of the values of a dictionary, and behind them that of a missing one.
struct KnownEntries {
    let number: Int
    let codes: [UInt32]
    let places: [UInt8]
}

extension ParquetBlock.Field {
    /// The text of an entry; of one behind the last, what a missing value is written as.
    func text(_ entry: Int) -> [UInt8] {
        switch values.entries {
        case .integers(let values) where entry < values.count: Array(String(values[entry]).utf8)
        case .doubles(let values) where entry < values.count:
            Array((values[entry].isFinite ? DecimalText.text(of: values[entry]) : "\(values[entry])").utf8)
        case .texts(let grid) where entry < grid.rows: grid.withField(row: entry, column: 0) { Array($0) }
        default: missing
        }
    }

    /// The code of each entry; `unknownCode` for what must be looked at row by row, because it lies outside the domain or
    /// becomes `other`, which are counted.
    func known(_ column: ColumnDomain, _ scratch: inout LookUpScratch) -> KnownEntries {
        let count = values.entries.count
        var codes = [UInt32](repeating: unknownCode, count: count + 1)
        var places = [UInt8](repeating: 0, count: count + 1)
        switch (values.entries, column.cells) {
        case (.texts(let grid), _):
            column.look(grid, 0, &scratch, codes: &codes, places: &places)
        case (.doubles(let numbers), .bins(let binning)) where column.type != .date:
            column.cells(numbers, count, binning, codes: &codes, places: &places)
        case (.integers(let integers), .bins(let binning)) where column.type != .date:
            column.cells(integers.map { Double($0) }, count, binning, codes: &codes, places: &places)
        case (.integers(let integers), .units(let lower, let size)) where column.type != .date:
            for (entry, value) in integers.enumerated() {
                let (code, overflow) = Int(value).subtractingReportingOverflow(lower)
                if !overflow, code >= 0, code < size { codes[entry] = UInt32(code) }
            }
        default: break
        }
        // What no fast way knows, once for each value and not for each row.
        var remembered: [[UInt8]: UInt32] = [:]
        for entry in 0...count where codes[entry] == unknownCode {
            let text = text(entry)
            if let code = remembered[text] {
                codes[entry] = code
            } else {
                let found = text.withUnsafeBytes { column.code(of: $0) }
                let code = found == column.otherCode ? nil : found
                codes[entry] = code.map { UInt32($0) } ?? unknownCode
                if remembered.count < 1 << 12 { remembered[text] = codes[entry] }
            }
            if column.isBinned, codes[entry] != unknownCode {
                places[entry] = text.withUnsafeBytes { column.place(of: $0) }
            }
        }
        return KnownEntries(number: values.dictionary ?? 0, codes: codes, places: places)
    }
}
