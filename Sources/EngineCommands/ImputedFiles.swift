import FittedModels
import Foundation

/// The rows of one file of imputations, as texts: comma-separated, with a header, quotes doubled.
struct ImputedFile {
    let names: [String]
    let rows: Int
    /// By column.
    private let cells: [[String]]

    /// - Throws: ``CommandFailure`` where it is not a table.
    init(_ path: String) throws(CommandFailure) {
        let records = Self.records(try Files.text(at: path))
        guard let header = records.first, records.count > 1 else {
            throw CommandFailure("\(path) has no rows", code: .badData)
        }
        if let short = records.firstIndex(where: { $0.count != header.count }) {
            throw CommandFailure(
                "\(path), record \(short + 1): \(Counted.of(records[short].count, "cell")) for \(Counted.of(header.count, "column"))",
                code: .badData)
        }
        names = header
        rows = records.count - 1
        cells = header.indices.map { column in records.dropFirst().map { $0[column] } }
    }

    private static func records(_ text: String) -> [[String]] {
        var records: [[String]] = []
        var record: [String] = []
        var cell: [UInt8] = []
        var isQuoted = false
        var wasQuote = false
        func end() {
            record.append(String(decoding: cell, as: UTF8.self))
            cell = []
        }
        for byte in text.utf8 {
            if isQuoted {
                if byte == UInt8(ascii: "\"") { (isQuoted, wasQuote) = (false, true) } else { cell.append(byte) }
                continue
            }
            switch byte {
            case UInt8(ascii: "\""):
                if wasQuote { cell.append(byte) }
                isQuoted = true
            case UInt8(ascii: ","): end()
            case UInt8(ascii: "\n"):
                end()
                if record != [""] { records.append(record) }
                record = []
            case UInt8(ascii: "\r"): break
            default: cell.append(byte)
            }
            wasQuote = false
        }
        end()
        if record != [""] { records.append(record) }
        return records
    }

    /// - Throws: ``CommandFailure`` for a column that the file has not.
    func texts(_ name: String) throws(CommandFailure) -> [String] {
        guard let place = names.firstIndex(of: name) else {
            throw CommandFailure(
                "there is no column \(name); there are \(names.joined(separator: ", "))", code: .badData)
        }
        return cells[place]
    }

    /// Rows in which all of the columns have numbers.
    ///
    /// - Throws: ``CommandFailure`` for a text that is no number.
    func numbers(_ columns: [String]) throws(CommandFailure) -> [[Double]] {
        var all: [[Double?]] = []
        for name in columns {
            var own: [Double?] = []
            for text in try texts(name) {
                guard let number = Double(text) else {
                    guard text.isEmpty || text == "null" else {
                        throw CommandFailure("\(name) has a value that is no number: \(text)", code: .badData)
                    }
                    own.append(nil)
                    continue
                }
                own.append(number)
            }
            all.append(own)
        }
        let whole = (0..<rows).filter { row in all.allSatisfy { $0[row] != nil } }
        return all.map { own in whole.compactMap { own[$0] } }
    }

    /// Columns all of whose values are numbers or missing.
    var numberColumns: [String] {
        names.indices.filter { place in
            cells[place].contains { !$0.isEmpty } && cells[place].allSatisfy { $0.isEmpty || Double($0) != nil }
        }.map { names[$0] }
    }
}

/// A figure that each file gives one value of, or one for each coefficient.
enum AskedFigure {
    case count([(column: String, value: String)])
    case mean(String)
    case ratio(String, String)
    case regression(String, [String])

    var names: [String] {
        switch self {
        case .count(let conditions):
            ["count of " + conditions.map { "\($0.column)=\($0.value)" }.joined(separator: ", ")]
        case .mean(let column): ["mean of \(column)"]
        case .ratio(let above, let below): ["total of \(above) / total of \(below)"]
        case .regression(let target, let columns):
            ["\(target): constant"] + columns.map { "\(target) on \($0)" }
        }
    }

    /// - Throws: ``CommandFailure`` where a file does not have it.
    func values(_ file: ImputedFile) throws(CommandFailure) -> [RowFigure] {
        let found: [RowFigure?]
        switch self {
        case .count(let conditions):
            var hits = [Bool](repeating: true, count: file.rows)
            for one in conditions {
                for (row, text) in try file.texts(one.column).enumerated() where text != one.value { hits[row] = false }
            }
            found = [RowFigure.share(hits.count { $0 }, of: file.rows)]
        case .mean(let column): found = [RowFigure.mean(try file.numbers([column])[0])]
        case .ratio(let above, let below):
            let numbers = try file.numbers([above, below])
            found = [RowFigure.ratio(numbers[0], numbers[1])]
        case .regression(let target, let columns):
            let numbers = try file.numbers([target] + columns)
            found = RowFigure.regression(numbers[0], on: Array(numbers.dropFirst()))?.map { Optional($0) } ?? [nil]
        }
        let known = found.compactMap { $0 }
        guard known.count == names.count else {
            throw CommandFailure(
                "\(names[0]): the rows do not give it (too few with numbers, or columns that determine each other)",
                code: .badData)
        }
        return known
    }
}
