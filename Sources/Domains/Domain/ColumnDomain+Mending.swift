package import VectorMath

// What a tool asks that mends a file on its owner's machine; the reader itself needs none of it.

// Proof: bytes are lent whole, within one expression.

extension ColumnDomain {
    /// Whether a cell has a code of its own, or means a missing value; not where it would become `other`.
    ///
    /// - Parameter writing: how the file writes the column; nil for plainly.
    package func takes(_ cell: ArraySlice<UInt8>, written writing: CellText?) -> Bool {
        let code = cell.withUnsafeBytes { bytes in
            writing.map { self.code(of: bytes, written: $0) } ?? self.code(of: bytes)
        }
        return code.map { $0 != otherCode } ?? false
    }

    /// Finds the cells of a block's column that are certain to have a code of their own as they stand, all at once. Of the others
    /// some may have one, too.
    package func findTaken(_ rows: FieldGrid, column: Int, room: inout CodeRoom, into taken: inout [Bool]) {
        room.hold(rows.rows)
        if case .bins(let binning) = cells, type != .date {
            scanNumbers(rows, column: column, into: &room.numbers)
            findCells(
                room.numbers, count: rows.rows, starts: binning.starts, maximum: binning.maximum,
                onlyWhole: binning.isWhole, into: &room.codes)
        } else {
            texts.lookUp(rows, column: column, into: &room.codes)
        }
        let other = otherCode.map { UInt32($0) } ?? unknownCode
        for row in 0..<rows.rows { taken[row] = room.codes[row] != unknownCode && room.codes[row] != other }
        // Of dates, and of numbers without bins, few stand in the table of texts.
        if type == .date, let days {
            for row in 0..<rows.rows where !taken[row] {
                let day = rows.withField(row: row, column: column, CalendarDate.day(of:))
                taken[row] = day.map { days.contains($0) } ?? false
            }
        } else if type != .string, type != .boolean {
            for row in 0..<rows.rows where !taken[row] {
                taken[row] = rows.withField(row: row, column: column, codeOfValue) != nil
            }
        }
    }

    /// The days of dates that are not listed.
    private var days: ClosedRange<Int>? {
        let ends: (Int, Int)? =
            switch cells {
            case .listed: nil
            case .units(let lower, let count): (lower, lower + count - 1)
            case .bins(let binning):
                binning.starts.first.map { (Int($0.rounded(.up)), Int(binning.maximum.rounded(.down))) }
            }
        guard let (first, last) = ends, first <= last else { return nil }
        return first...last
    }

    /// Whether a text is one of the declared values.
    package func lists(_ text: String) -> Bool {
        guard let code = Array(text.utf8).withUnsafeBytes({ texts.code(of: $0) }) else { return false }
        return code < valueCount
    }

    /// The smallest and the largest value of numbers, and of dates as days since 1970-01-01; nil for listed values.
    package var bounds: (lower: Double, upper: Double)? {
        if case .listed = cells { return nil }
        guard let lower = edges(of: 0)?.lower, let upper = edges(of: valueCount - 1)?.upper else { return nil }
        return (lower, upper)
    }

    /// The shortest text of a number.
    package static func text(of number: Double) -> String { DecimalText.text(of: number) }
}

/// Room for what is found of one column of a block, kept from block to block.
package struct CodeRoom {
    var codes: [UInt32] = []
    var numbers: [Double] = []

    package init() {}

    mutating func hold(_ rows: Int) {
        guard codes.count < rows else { return }
        codes = [UInt32](repeating: 0, count: rows)
        numbers = [Double](repeating: 0, count: rows)
    }
}
