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

    /// - Parameter isLenient: takes any header, for a tool that writes no task.
    init(_ file: LocalTableFile, _ layout: RecognisedLayout, rows: Int, isLenient: Bool = false) throws {
        let collector = Collector(rows: rows)
        try file.records(layout.dialect, into: collector)
        self.file = file.name
        header = collector.names.map { CSVHeader.plainName($0) }
        columns = collector.columns
        rowNumbers = collector.rowNumbers
        dialect = layout.dialect
        notes = layout.notes
        isCut = collector.isFull
        if !isLenient { try checkHeader(row: collector.headerRow) }
    }

    private func checkHeader(row: Int) throws {
        var seen: Set<String> = []
        if let twice = header.first(where: { !$0.isEmpty && !seen.insert($0).inserted }) {
            throw LocalTableFile.Refusal(
                name: file, code: "duplicate_column", expected: "each column once",
                hint: "The header names \"\(twice.prefix(80))\" twice: rename one of the two columns")
        }
        // A header that is somebody's row would put that row into the task.
        let data = header.filter { Self.looksLikeData($0) }
        guard data.count * 3 <= header.count else {
            throw LocalTableFile.Refusal(
                name: file, code: "header", expected: "a row with the column names",
                hint: "Row \(row) holds numbers or dates where names should stand: write a header above the first row")
        }
    }

    private static func looksLikeData(_ name: String) -> Bool {
        guard name.utf8.contains(where: { (48...57).contains($0) }) else { return false }
        // A table with a column a year is laid out wide: years are names there.
        if name.utf8.count == 4, let year = Int(name), (1800...2199).contains(year) { return false }
        return NumberSpelling.isNumber(name) || DateSpelling.isDate(name) || name.contains("@")
    }

    private final class Collector: LocalRecordReceiver {
        private let limit: Int
        var names: [String] = []
        var headerRow = 1
        var columns: [[String]] = []
        var rowNumbers: [Int] = []
        var isFull = false
        private var text = 0

        init(rows: Int) { limit = rows }

        func begin(_ names: [String], row: Int) {
            self.names = names
            headerRow = row
            columns = names.map { _ in [] }
        }

        func take(_ rows: FieldGrid, firstRow: Int, rowNumbers numbers: [Int]?) -> Bool {
            guard !isFull else { return true }
            for row in 0..<rows.rows {
                guard rowNumbers.count < limit, (rowNumbers.count + 1) * names.count <= SampleTable.mostCells,
                    text < SampleTable.mostText
                else {
                    // The rest is read for its mistakes alone.
                    isFull = true
                    return true
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
