internal import Bytes
internal import Domains
internal import Tables
internal import Tasks
internal import VectorMath

/// Writes the rows of a file as they should be, while they are read.
final class TablePreparer: LocalRecordReceiver {
    /// Where the cells of a column that is written come from.
    private enum Source {
        case column(Int)
        /// A part of a column, between `|`.
        case part(Int, Int)
        /// Several columns, joined by `|`.
        case joined([Int])
    }

    private struct Output {
        var name: String
        var source: Source
        var mender: CellMender
    }

    private let sample: SampleTable
    private let table: TaskSpecification.PartyTable?
    private let splits: [String: [String]]
    private let joins: [String: [String]]
    private let file: LocalTableFile
    private let write: ([UInt8]) throws -> Void
    private var outputs: [Output] = []
    private var names: [String] = []
    /// The header as it stands in the file.
    private var header: [[UInt8]] = []
    private var repeatedHeaders = 0
    /// Of each output the cells of the block that stay as they are; of those that are no column of the file, none.
    private var kept: [[Bool]] = []
    private var text: [UInt8] = []
    private var fileChanges: [TablePreparation.Change] = []
    private(set) var rowCount = 0
    private let delimiter: UInt8
    private let commentChar: UInt8?
    /// Bytes that make a cell need quotes.
    private var isSpecial = [Bool](repeating: false, count: 256)

    private static let pieceSize = 1 << 20

    init(
        sample: SampleTable, table: TaskSpecification.PartyTable?, splits: [String: [String]],
        joins: [String: [String]],
        file: LocalTableFile, write: @escaping ([UInt8]) throws -> Void
    ) throws {
        self.sample = sample
        self.table = table
        self.splits = splits
        self.joins = joins
        self.file = file
        self.write = write
        delimiter = table?.dialect.delimiter ?? UInt8(ascii: ",")
        commentChar = table?.dialect.commentChar
        for byte in [delimiter, 0x22, 0x0A, 0x0D] { isSpecial[Int(byte)] = true }
    }

    /// What was changed, by column and kind.
    var changes: [TablePreparation.Change] {
        fileChanges
            + (repeatedHeaders == 0
                ? []
                : [
                    TablePreparation.Change(
                        column: "", what: "rows that repeat the column names were left out", count: repeatedHeaders)
                ])
            + outputs.flatMap { output in
                output.mender.changes.map { what, count, example in
                    TablePreparation.Change(column: output.name, what: what.text, count: count, example: example)
                }.sorted { $0.what < $1.what }
            }
    }

    // MARK: - The header

    func begin(_ header: [String], row: Int) throws {
        names = header.map { CSVHeader.plainName($0) }
        // What is dropped may have any name.
        let written = table.map { Set($0.key.columns + $0.schema.fields.map(\.name)) }
        try file.checkNames(names.map { written?.contains($0) ?? true ? $0 : "" }, row: row)
        self.header = header.map { Array($0.utf8) }
        for (given, plain) in zip(header, names) where given != plain && !plain.isEmpty {
            change(plain, "was renamed: blanks and line breaks in its name", 1)
        }
        outputs = try table.map { try declared($0) } ?? undeclared()
        kept = outputs.map { _ in [] }
        try writeHeader()
    }

    private func change(_ column: String, _ what: String, _ count: Int) {
        fileChanges.append(TablePreparation.Change(column: column, what: what, count: count, example: nil))
    }

    /// Every column that has a name, as plain CSV has it.
    private func undeclared() throws -> [Output] {
        var sources: [(String, Source)] = []
        for (place, name) in names.enumerated() where !name.isEmpty && splits[name] == nil {
            sources.append((name, .column(place)))
        }
        for (name, parts) in splits { sources += try split(name, parts) }
        for (name, parts) in joins { sources.append((name, try joined(name, parts))) }
        let nameless = names.count(where: \.isEmpty)
        if nameless > 0 { change("", "columns without a name were dropped", nameless) }
        return sources.map { name, source in
            let facts = facts(source, name)
            return Output(name: name, source: source, mender: CellMender(facts, prefersComma: prefersComma))
        }
    }

    private var prefersComma: Bool { sample.dialect.delimiter == UInt8(ascii: ";") }

    private func facts(_ source: Source, _ name: String) -> ColumnFacts {
        guard case .column(let place) = source, sample.columns.indices.contains(place) else {
            return ColumnFacts(name: name, values: [])
        }
        return ColumnFacts(name: name, values: sample.columns[place].map { CellMender.told($0) })
    }

    private func split(_ name: String, _ parts: [String]) throws -> [(String, Source)] {
        guard let place = names.firstIndex(of: name) else { throw missing(name) }
        change(name, "was split into \(parts.joined(separator: ", "))", 1)
        return parts.enumerated().map { ($1, .part(place, $0)) }
    }

    private func joined(_ name: String, _ parts: [String]) throws -> Source {
        let places = try parts.map { part in
            guard let place = names.firstIndex(of: part) else { throw missing(part) }
            return place
        }
        change(name, "was joined from \(parts.joined(separator: ", "))", 1)
        return .joined(places)
    }

    private func missing(_ name: String) -> LocalTableFile.Refusal {
        let near = NearestWord.to(name, among: names).map { " Did you mean \"\($0)\"?" } ?? ""
        return LocalTableFile.Refusal(
            name: file.name, code: "missing_column", expected: "a column \"\(name)\"",
            hint:
                "The header has \(names.filter { !$0.isEmpty }.prefix(12).joined(separator: ", ")).\(near) Columns are split and "
                + "joined with --split and --join")
    }

    /// The key and the columns that the task declares, in its order.
    private func declared(_ table: TaskSpecification.PartyTable) throws -> [Output] {
        var taken: Set<Int> = []
        var sources: [String: Source] = [:]
        for (name, parts) in splits {
            for (part, source) in try split(name, parts) { sources[part] = source }
            names.firstIndex(of: name).map { _ = taken.insert($0) }
        }
        for (name, parts) in joins {
            sources[name] = try joined(name, parts)
            for part in parts { names.firstIndex(of: part).map { _ = taken.insert($0) } }
        }
        let keys = table.key.columns
        if keys.count > 1, keys.allSatisfy({ place(of: $0) == nil && sources[$0] == nil }),
            let whole = names.first(where: { $0 == keys.joined(separator: "|") || $0.lowercased() == "key" })
        {
            for (part, source) in try split(whole, keys) { sources[part] = source }
            names.firstIndex(of: whole).map { _ = taken.insert($0) }
        }
        let domain = try table.domain()
        var outputs: [Output] = []
        for name in keys {
            let source = try sources[name] ?? found(name, &taken)
            outputs.append(Output(name: name, source: source, mender: CellMender(key: table.key)))
        }
        for field in table.schema.fields {
            guard let column = domain.index(of: field.name).map({ domain.columns[$0] }) else { continue }
            if field.derivedFrom != nil {
                // It is computed; what the file says of it can only contradict.
                if let place = place(of: field.name) {
                    taken.insert(place)
                    change(field.name, "was dropped, since it is computed", 1)
                }
                continue
            }
            let source = try sources[field.name] ?? found(field.name, &taken)
            let mender = CellMender(
                field, column, facts: facts(source, field.name), shared: table.schema.missingValues,
                prefersComma: prefersComma)
            outputs.append(Output(name: field.name, source: source, mender: mender))
        }
        let dropped = names.indices.filter { !taken.contains($0) }
        let shown = dropped.map { names[$0] }.filter { !$0.isEmpty }
        if !dropped.isEmpty {
            let list = shown.prefix(12).joined(separator: ", ") + (shown.count > 12 ? ", …" : "")
            change("", "columns that are not declared were dropped\(shown.isEmpty ? "" : ": \(list)")", dropped.count)
        }
        return outputs
    }

    private func place(of name: String) -> Int? { names.firstIndex(of: name) }

    /// A declared column of the file; also where the names differ in capitals, blanks and underscores alone.
    private func found(_ name: String, _ taken: inout Set<Int>) throws -> Source {
        func plain(_ text: String) -> String { text.lowercased().filter { $0.isLetter || $0.isNumber } }
        if let place = place(of: name) {
            taken.insert(place)
            return .column(place)
        }
        // A second row of names adds the unit to what a task may call without it.
        let hasUnits = sample.dialect.headerRowCount > (table?.dialect.headerRowCount ?? 1)
        let alike = names.indices.filter {
            !taken.contains($0) && !names[$0].isEmpty
                && (plain(names[$0]) == plain(name) || hasUnits && names[$0].hasPrefix(name + " "))
        }
        guard alike.count == 1, let place = alike.first else { throw missing(name) }
        change(name, "is called \(names[place]) in the file", 1)
        taken.insert(place)
        return .column(place)
    }

    private func writeHeader() throws {
        let dialect = table?.dialect ?? TableDialect()
        // The mark goes before a declared encoding: what is written is UTF-8.
        if dialect.encoding != .utf8 { text += [0xEF, 0xBB, 0xBF] }
        text += [UInt8](repeating: 0x0A, count: dialect.headerRow - 1)
        for (index, output) in outputs.enumerated() {
            if index > 0 { text.append(delimiter) }
            put(Array(output.name.utf8)[...], isFirst: index == 0, to: &text)
        }
        text.append(0x0A)
        // The names are whole in the first of the rows that the task says hold them.
        for _ in 1..<dialect.headerRowCount {
            text += [UInt8](repeating: delimiter, count: max(0, outputs.count - 1)) + [0x0A]
        }
        try flush(&text)
    }

    // MARK: - Rows

    func take(_ rows: FieldGrid, firstRow: Int, rowNumbers: [Int]?) throws -> Bool {
        // Taken out while rows are written, so that no cell asks whether somebody else reads them.
        var (text, outputs, kept) = (self.text, self.outputs, self.kept)
        (self.text, self.outputs, self.kept) = ([], [], [])
        let before = repeatedHeaders
        defer { (self.text, self.outputs, self.kept) = (text, outputs, kept) }
        for index in outputs.indices {
            if kept[index].count < rows.rows { kept[index] = [Bool](repeating: false, count: rows.rows) }
            guard case .column(let column) = outputs[index].source else { continue }
            outputs[index].mender.findKept(rows, column: column, into: &kept[index])
        }
        let isCutPlainly = rows.isPlain && sample.dialect.delimiter == delimiter && !rows.endsInCarriageReturn
        let isPlain = isCutPlainly || !hasSpecial(rows)
        let places = outputs.map { output in if case .column(let place) = output.source { place } else { -1 } }
        let bytes = rows.bytes
        for row in 0..<rows.rows {
            if isHeader(rows, row) {
                repeatedHeaders += 1
                continue
            }
            // Cells that stay, and stand in the file as they do in the output, are copied in one piece.
            var piece = 0..<0
            for index in outputs.indices {
                let column = places[index]
                var isKept = kept[index][row]
                if index == 0, commentChar != nil { isKept = false }
                guard isKept, isPlain || !hasSpecial(rows, row, column) else {
                    text += bytes[piece]
                    piece = 0..<0
                    if index > 0 { text.append(delimiter) }
                    let cell = cell(rows, row, outputs[index].source)
                    put(isKept ? cell : outputs[index].mender.mended(cell), isFirst: index == 0, to: &text)
                    continue
                }
                let (start, end) = rows.place(row: row, column: column)
                if isCutPlainly, !piece.isEmpty, piece.upperBound == start - 1 {
                    piece = piece.lowerBound..<end
                } else {
                    text += bytes[piece]
                    if index > 0 { text.append(delimiter) }
                    piece = start..<end
                }
            }
            text += bytes[piece]
            text.append(0x0A)
            if text.count >= Self.pieceSize { try flush(&text) }
        }
        rowCount = rowCount + rows.rows - (repeatedHeaders - before)
        return true
    }

    /// Whether a row says the column names again, as in a file that was put together of several.
    private func isHeader(_ rows: FieldGrid, _ row: Int) -> Bool {
        for column in header.indices {
            let (start, end) = rows.place(row: row, column: column)
            guard end - start == header[column].count, rows.bytes[start..<end].elementsEqual(header[column]) else {
                return false
            }
        }
        return true
    }

    /// Whether some cell of a block may need quotes.
    private func hasSpecial(_ rows: FieldGrid) -> Bool {
        guard rows.rows > 0 else { return false }
        let range = Int(rows.starts[0])..<Int(rows.starts[rows.rows * rows.columns])
        var isSpecial = false
        for place in range where self.isSpecial[Int(rows.bytes[place])] { isSpecial = true }
        return isSpecial
    }

    private func hasSpecial(_ rows: FieldGrid, _ row: Int, _ column: Int) -> Bool {
        let (start, end) = rows.place(row: row, column: column)
        var isSpecial = false
        for place in start..<end where self.isSpecial[Int(rows.bytes[place])] { isSpecial = true }
        return isSpecial
    }

    func finish() throws {
        // Lines for those that the task says are no rows.
        for _ in 0..<(table?.dialect.footerRows ?? 0) { text += Array("-\n".utf8) }
        try flush(&text)
    }

    private func flush(_ text: inout [UInt8]) throws {
        guard !text.isEmpty else { return }
        try write(text)
        text.removeAll(keepingCapacity: true)
    }

    private func cell(_ rows: FieldGrid, _ row: Int, _ source: Source) -> ArraySlice<UInt8> {
        switch source {
        case .column(let column): return rows.field(row: row, column: column)
        case .part(let column, let part):
            let parts = rows.field(row: row, column: column).split(separator: 0x7C, omittingEmptySubsequences: false)
            return part < parts.count ? parts[part] : []
        case .joined(let columns):
            let parts = columns.map { CellMender.trimmed(rows.field(row: row, column: $0)) }
            return Array(parts.joined(separator: [0x7C]))[...]
        }
    }

    private func put(_ cell: ArraySlice<UInt8>, isFirst: Bool, to text: inout [UInt8]) {
        var isPlain = true
        for byte in cell where isSpecial[Int(byte)] { isPlain = false }
        if isFirst, let commentChar, cell.first == commentChar { isPlain = false }
        guard !isPlain else {
            text += cell
            return
        }
        text.append(0x22)
        for byte in cell {
            if byte == 0x22 { text.append(0x22) }
            text.append(byte)
        }
        text.append(0x22)
    }
}
