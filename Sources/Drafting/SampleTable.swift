internal import Domains
internal import Tables
internal import VectorMath

/// A provider's own sample file, read on the provider's own machine to propose a declaration. The service never does
/// this: there, what a column may hold comes only from the signed task.
struct SampleTable {
    /// What messages call the file.
    let file: String
    /// Names as a task declares them; empty where the file has none.
    let header: [String]
    /// Column-wise, as text.
    let columns: [[String]]
    /// Of each row its row in the file.
    let rowNumbers: [Int]
    let dialect: TableDialect
    /// What was recognised of the layout, as phrases.
    let notes: [String]
    /// Whether the file has more rows than were looked at.
    let isCut: Bool
    var rowCount: Int { rowNumbers.count }

    /// Memory holds no more cells than this, nor text.
    static let mostCells = 6_000_000
    static let mostText = 64 << 20

    /// Reads the first rows, at most so many; however the file is laid out.
    ///
    /// - Throws: `LocalTableFile.Refusal` with every problem that the service's own reader would name.
    init(_ file: LocalTableFile, rows: Int) throws {
        try self.init(file, try file.recognised(), rows: rows)
    }

    /// - Parameters:
    ///   - isLenient: takes a name twice and reads no further than the sample, for a tool that reads the whole file itself.
    ///   - declared: names of columns that a task declares; a header that has one of them is a header.
    init(
        _ file: LocalTableFile, _ layout: RecognisedLayout, rows: Int, isLenient: Bool = false,
        declared: Set<String> = []
    ) throws {
        let collector = Collector(rows: rows, isLenient: isLenient)
        try file.records(layout.dialect, into: collector)
        self.file = file.name
        header = collector.names.map { CSVHeader.plainName($0) }
        columns = collector.columns
        rowNumbers = collector.rowNumbers
        dialect = layout.dialect
        let row = try file.hasNamesOfItsOwn() ? nil : collector.headerRow
        notes = layout.notes + Self.doubts(header, row: row) + Self.values(header, declared, row: row)
        isCut = collector.isFull
        if !isLenient { try file.checkNames(header, row: collector.headerRow) }
        guard rowCount > 0 else {
            throw LocalTableFile.Refusal(
                name: self.file, code: "no_rows", expected: "at least one row below the header",
                hint:
                    "The file holds column names alone: check the export, and that the right file was chosen")
        }
        if declared.isDisjoint(with: header) { try checkHeader(row: row) }
    }

    /// A row of the file that says the column names again.
    var repeatedHeader: Int? {
        guard let first = columns.first, let name = header.first else { return nil }
        return first.indices.first { row in
            first[row] == name && zip(columns, header).allSatisfy { ColumnFacts.trimmed($0[row]) == $1 }
        }.map { rowNumbers[$0] }
    }

    /// Names that are values beyond doubt, and are declared by no task.
    ///
    /// - Parameter row: where the names stand; nil where they are no row of the file.
    private static func values(_ header: [String], _ declared: Set<String>, row: Int?) -> [String] {
        header.enumerated().filter { HeaderLook.isValue($1) && !declared.contains($1) }.map { place, name in
            "column \(place + 1) is called \"\(name.prefix(40))\", which looks like a value and not like a name: "
                + (row.map { "is row \($0) the column names?" }
                    ?? "did whoever wrote the file take a row for the names?")
        }
    }

    /// Names of which none is known may be a row that nothing betrays.
    private static func doubts(_ header: [String], row: Int?) -> [String] {
        guard let row, !header.isEmpty, !header.contains(where: HeaderLook.hasHeaderWord) else { return [] }
        return ["row \(row) was taken for the column names, though none of them is usual: look whether it is a row"]
    }

    /// A header that is somebody's row would put that row into the task, or make names of its cells.
    ///
    /// - Throws: `LocalTableFile.Refusal`.
    private func checkHeader(row: Int?) throws {
        let data = header.filter { Self.looksLikeData($0) }
        let areValues =
            !HeaderLook.areCounted(data)
            && (data.count * 3 > header.count || !data.isEmpty && !header.contains(where: HeaderLook.hasHeaderWord))
        guard areValues || isRow else { return }
        guard let row else {
            throw LocalTableFile.Refusal(
                name: file, code: "header", expected: "columns with names",
                hint:
                    "The columns are called as the values below them are spelled, so that a row was taken for the names: write the "
                    + "file anew with names")
        }
        throw LocalTableFile.Refusal(
            name: file, code: "header", expected: "a row with the column names",
            hint: areValues
                ? "Row \(row) holds numbers or dates where names should stand: write a header above the first row"
                : "Row \(row) looks like the rows below it, so no names stand above the values: write a header above it"
        )
    }

    /// Whether the header is itself a row: several of its cells stand among the values below them, or one is spelled just as
    /// the keys below it are, or is a place above places.
    private var isRow: Bool {
        var repeated: Set<Int> = []
        var common: Set<Int>?
        var found = 0
        let isNamed = header.contains(where: HeaderLook.hasHeaderWord)
        for (name, values) in zip(header, columns) where !name.isEmpty {
            let rows = values.indices.prefix(20_000).filter { ColumnFacts.trimmed(values[$0]) == name }
            if !rows.isEmpty { found += 1 }
            repeated.formUnion(rows)
            common = common.map { $0.intersection(rows) } ?? Set(rows)
            if !isNamed, HeaderLook.isClass(name, above: values.prefix(200)) { return true }
            guard name.utf8.count(where: { (48...57).contains($0) }) >= 3, values.count >= 3,
                !(name.utf8.count == 4 && (1800...2199).contains(Int(name) ?? 0))
            else { continue }
            let shape = Self.shape(name)
            let sample = values.prefix(200).map { Self.shape(ColumnFacts.trimmed($0)) }
            if sample.count(where: { $0 == shape }) * 10 >= sample.count * 9 { return true }
        }
        // A header that stands again between the rows is a file put together of several.
        if found == header.count(where: { !$0.isEmpty }), repeated == common, repeated.count == 1 || isNamed {
            return false
        }
        return found * 3 > header.count
    }

    /// Digits as 9, letters as A.
    private static func shape(_ text: String) -> String {
        String(text.map { $0.isNumber ? "9" : $0.isLetter ? "A" : $0 })
    }

    private static func looksLikeData(_ name: String) -> Bool {
        if name.contains("@") { return true }
        guard name.utf8.contains(where: { (48...57).contains($0) }) else { return false }
        // A table with a column a year is laid out wide: years are names there.
        if name.utf8.count == 4, let year = Int(name), (1800...2199).contains(year) { return false }
        return NumberSpelling.isNumber(name) || DateSpelling.isDate(name) || HeaderLook.isValue(name)
    }

    private final class Collector: LocalRecordReceiver {
        private let limit: Int
        var names: [String] = []
        var headerRow = 1
        var columns: [[String]] = []
        var rowNumbers: [Int] = []
        var isFull = false
        private let isLenient: Bool
        private var text = 0

        init(rows: Int, isLenient: Bool) {
            limit = rows
            self.isLenient = isLenient
        }

        func begin(_ names: [String], row: Int) {
            self.names = names
            headerRow = row
            columns = names.map { _ in [] }
        }

        func take(_ rows: FieldGrid, firstRow: Int, rowNumbers numbers: [Int]?) -> Bool {
            guard !isFull else { return !isLenient }
            for row in 0..<rows.rows {
                guard rowNumbers.count < limit, (rowNumbers.count + 1) * names.count <= SampleTable.mostCells,
                    text < SampleTable.mostText
                else {
                    // The rest is read for its mistakes alone.
                    isFull = true
                    return !isLenient
                }
                for column in names.indices {
                    let cell = rows.withField(row: row, column: column) {
                        text += $0.count
                        return String(decoding: $0, as: UTF8.self)
                    }
                    columns[column].append(cell)
                }
                rowNumbers.append(numbers?[row] ?? firstRow + row)
            }
            return true
        }
    }
}

extension LocalTableFile {
    /// - Parameter row: the header's row of the file.
    /// - Throws: ``Refusal`` if two columns have one name.
    func checkNames(_ header: [String], row: Int) throws {
        var first: [String: Int] = [:]
        for (place, name) in header.enumerated() where !name.isEmpty {
            if let other = first[name] {
                throw Refusal(
                    name: self.name, code: "duplicate_column", expected: "each column once",
                    hint:
                        "Row \(row) names \"\(name.prefix(80))\" twice, as columns \(other + 1) and \(place + 1): rename one of "
                        + "the two")
            }
            first[name] = place
        }
    }
}
