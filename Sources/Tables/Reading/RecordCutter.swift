import Domains
import VectorMath

/// Cuts CSV with quotes, blank lines or ragged rows into fields: the careful way, record by record (RFC 4180).
///
/// Records of the right length go into `grid`, quotes removed; others are told apart and left out.
struct RecordCutter {
    /// Something about the shape of one record.
    enum Flaw {
        case ragged(fields: Int)
        /// Text stands between a closing quote and the next delimiter.
        case textAfterQuote

        var code: String {
            switch self {
            case .ragged: "ragged_row"
            case .textAfterQuote: "bad_quote"
            }
        }
    }

    let delimiter: UInt8
    private let commentChar: UInt8?
    private(set) var grid: FieldGrid
    /// For each record of the grid its row in the file.
    private(set) var rowNumbers: [Int] = []
    private(set) var flaws: [(row: Int, flaw: Flaw)] = []
    /// Where the first record begins that did not end within the text.
    private(set) var consumed = 0
    /// Row of the next record.
    private(set) var nextRow = 1

    init(columns: Int, dialect: TableDialect) {
        self.grid = FieldGrid(columns: columns)
        self.delimiter = dialect.delimiter
        self.commentChar = dialect.commentChar
    }

    /// The fields of the first record as text, or nil if it does not end within the range.
    mutating func cutOne(_ bytes: [UInt8], _ range: Range<Int>, row: Int) -> [String]? {
        cut(bytes, range, firstRow: row, onlyFirst: true)
        guard consumed > range.lowerBound else { return nil }
        return zip(grid.starts, grid.starts.dropFirst()).map { start, end in
            String(decoding: grid.bytes[Int(start)..<Int(end) - 1], as: UTF8.self)
        }
    }

    /// - Parameters:
    ///   - range: begins at a record.
    ///   - onlyFirst: stop after one record, however many fields it has.
    mutating func cut(_ bytes: [UInt8], _ range: Range<Int>, firstRow: Int, onlyFirst: Bool = false) {
        nextRow = firstRow
        consumed = range.lowerBound
        rowNumbers.removeAll(keepingCapacity: true)
        flaws.removeAll(keepingCapacity: true)
        var output: [UInt8] = []
        output.reserveCapacity(range.count + FieldGrid.padding)
        var starts: [UInt32] = [0]
        var place = range.lowerBound
        while place < range.upperBound {
            if bytes[place] == commentChar {
                guard let end = bytes[place..<range.upperBound].firstIndex(of: 0x0A) else { break }
                place = end + 1
                consumed = place
                nextRow += 1
                continue
            }
            let (outputMark, startsMark) = (output.count, starts.count)
            var hasTextAfterQuote = false
            var hasQuotes = false
            var isComplete = false
            record: while place < range.upperBound {
                // `="007"` is how a spreadsheet is told to read a text.
                let isText = bytes[place] == 0x3D && place + 1 < range.upperBound && bytes[place + 1] == 0x22
                let isQuoted = isText || bytes[place] == 0x22
                if isQuoted {
                    hasQuotes = true
                    let first = place + (isText ? 2 : 1)
                    guard let end = copyQuoted(bytes, first..<range.upperBound, &output) else { break record }
                    place = end
                }
                let fieldStart = place
                while place < range.upperBound, bytes[place] != delimiter, bytes[place] != 0x0A { place += 1 }
                guard place < range.upperBound else { break record }
                var fieldEnd = place
                if bytes[place] == 0x0A, fieldEnd > fieldStart, bytes[fieldEnd - 1] == 0x0D { fieldEnd -= 1 }
                if isQuoted, fieldStart < fieldEnd { hasTextAfterQuote = true }
                if fieldStart < fieldEnd { output += bytes[fieldStart..<fieldEnd] }
                output.append(0)
                starts.append(UInt32(output.count))
                let isEnd = bytes[place] == 0x0A
                place += 1
                if isEnd {
                    isComplete = true
                    break record
                }
            }
            guard isComplete else {
                output.removeLast(output.count - outputMark)
                starts.removeLast(starts.count - startsMark)
                break
            }
            consumed = place
            var fields = starts.count - startsMark
            if onlyFirst { break }
            if fields > grid.columns, isBlank(output[Int(starts[startsMark - 1 + grid.columns])...]) {
                // Cells behind the last column that hold nothing: the row ended in delimiters.
                starts.removeLast(fields - grid.columns)
                output.removeLast(output.count - Int(starts[starts.count - 1]))
                fields = grid.columns
            }
            let isBlank = fields == 1 && output.count == outputMark + 1 && !hasQuotes && grid.columns > 1
            if isBlank || fields != grid.columns || hasTextAfterQuote {
                if !isBlank {
                    flaws.append((nextRow, hasTextAfterQuote ? .textAfterQuote : .ragged(fields: fields)))
                }
                output.removeLast(output.count - outputMark)
                starts.removeLast(starts.count - startsMark)
            } else {
                rowNumbers.append(nextRow)
            }
            nextRow += 1
        }
        output += [UInt8](repeating: 0, count: FieldGrid.padding)
        grid = FieldGrid(columns: onlyFirst ? max(1, starts.count - 1) : grid.columns, bytes: output, starts: starts)
    }

    /// Whether cells hold nothing: each ends in a zero.
    private func isBlank(_ cells: ArraySlice<UInt8>) -> Bool { cells.allSatisfy { $0 == 0 || $0 == 0x20 } }

    /// Copies the text between quotes and returns the place after the closing quote; nil if there is none.
    private func copyQuoted(_ bytes: [UInt8], _ range: Range<Int>, _ output: inout [UInt8]) -> Int? {
        var start = range.lowerBound
        while start < range.upperBound {
            var place = start
            while place < range.upperBound, bytes[place] != 0x22 { place += 1 }
            output += bytes[start..<place]
            // Whether the quote closes is known by the next byte, which may not have come.
            guard place + 1 < range.upperBound else { return nil }
            guard bytes[place + 1] == 0x22 else { return place + 1 }
            output.append(0x22)
            start = place + 2
        }
        return nil
    }
}
