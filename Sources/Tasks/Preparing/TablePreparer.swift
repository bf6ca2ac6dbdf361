internal import Bytes
internal import Tables
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
    private let file: String
    private let write: ([UInt8]) throws -> Void
    private var outputs: [Output] = []
    private var names: [String] = []
    /// Of each column that is written as it is read, its place in the file; −1 for others.
    private var plainColumns: [Int] = []
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
        file: String, write: @escaping ([UInt8]) throws -> Void
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
            + outputs.flatMap { output in
                output.mender.changes.map { what, made in
                    TablePreparation.Change(
                        column: output.name, what: what.rawValue, count: made.count, example: made.example)
                }.sorted { ($0.what, $0.count) < ($1.what, $1.count) }
            }
    }

    // MARK: - The header

    func begin(_ header: [String], row: Int) throws {
        names = header.map { CSVHeader.plainName($0) }
        for (given, plain) in zip(header, names) where given != plain && !plain.isEmpty {
            change(plain, "was renamed: blanks and line breaks in its name", 1)
        }
        outputs = try table.map { try declared($0) } ?? undeclared()
        plainColumns = outputs.map { output in
            guard case .column(let place) = output.source, output.mender.isPlain else { return -1 }
            return place
        }
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
        return ColumnFacts(name: name, values: sample.columns[place])
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
            name: file, code: "missing_column", expected: "a column \"\(name)\"",
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
        let alike = names.indices.filter {
            !taken.contains($0) && !names[$0].isEmpty && plain(names[$0]) == plain(name)
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
            put(Array(output.name.utf8), isFirst: index == 0)
        }
        text.append(0x0A)
        try flush(atLeast: 0)
    }

    // MARK: - Rows

    func take(_ rows: FieldGrid, firstRow: Int, rowNumbers: [Int]?) throws -> Bool {
        let (bytes, starts, columns) = (rows.bytes, rows.starts, rows.columns)
        for row in 0..<rows.rows {
            for index in outputs.indices {
                if index > 0 { text.append(delimiter) }
                let column = plainColumns[index]
                // Most cells are taken as they are; a carriage return at the end of a row is a blank.
                if column >= 0, index > 0 || commentChar == nil {
                    let place = row * columns + column
                    let (start, end) = (Int(starts[place]), Int(starts[place + 1]) - 1)
                    if start == end { continue }
                    var isPlain =
                        bytes[start] > 0x20 && bytes[start] < 0x80 && bytes[end - 1] > 0x20 && bytes[end - 1] < 0x80
                    for byte in start..<end where isSpecial[Int(bytes[byte])] { isPlain = false }
                    if isPlain {
                        text.append(contentsOf: bytes[start..<end])
                        continue
                    }
                }
                let cell = cell(rows, row, outputs[index].source)
                put(outputs[index].mender.mended(cell), isFirst: index == 0)
            }
            text.append(0x0A)
            if text.count >= Self.pieceSize { try flush(atLeast: 0) }
        }
        rowCount += rows.rows
        return true
    }

    func finish() throws {
        // Lines for those that the task says are no rows.
        for _ in 0..<(table?.dialect.footerRows ?? 0) { text += Array("-\n".utf8) }
        try flush(atLeast: 0)
    }

    private func flush(atLeast size: Int) throws {
        guard text.count > size else { return }
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

    private func put(_ cell: some Collection<UInt8>, isFirst: Bool) {
        var isPlain = true
        for byte in cell where isSpecial[Int(byte)] { isPlain = false }
        if isFirst, let commentChar, cell.first == commentChar { isPlain = false }
        guard !isPlain else {
            text.append(contentsOf: cell)
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
