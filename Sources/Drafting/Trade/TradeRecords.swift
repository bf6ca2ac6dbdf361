internal import Domains
internal import Tables
internal import VectorMath

/// Hands the rows of one file to an ingest.
final class TradeRecords: LocalRecordReceiver {
    var ingest: TradeIngest
    private let file: String
    private var layout: TradeLayout?

    init(_ ingest: TradeIngest, file: String) {
        self.ingest = ingest
        self.file = file
    }

    func begin(_ names: [String], row: Int) throws {
        do {
            layout = try TradeLayout(ingest.profile, header: names, file: file)
        } catch {
            // Words of a download's rows, such as "Total Trade", stand in headers as well: its own names decide.
            guard names.contains(where: CSVHeader.isValue), TradeLayout.profile(of: names) == nil else { throw error }
            throw LocalTableFile.Refusal(
                name: file, code: "header", expected: "a row with the column names",
                hint: "Row \(row) holds values where names should stand: write the header of the download above it")
        }
    }

    func take(_ rows: FieldGrid, firstRow: Int, rowNumbers: [Int]?) throws -> Bool {
        guard let layout else { return false }
        for row in 0..<rows.rows {
            try ingest.add(layout, row: rowNumbers?[row] ?? firstRow + row, file: file) { column in
                guard let column else { return "" }
                return rows.withField(row: row, column: column) { String(decoding: $0, as: UTF8.self) }
            }
        }
        return true
    }
}
