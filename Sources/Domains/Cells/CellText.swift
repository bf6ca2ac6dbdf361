/// Reads the cells of a column that is not written plainly: numbers with a decimal comma or with grouped digits, signs around
/// them, dates in another order.
package struct CellText: Sendable {
    private let decimalChar: UInt8
    private let groupChar: [UInt8]
    private let isBare: Bool
    private let format: DateFormat?
    private let isDate: Bool
    /// The first and the last declared day; nil where none are declared.
    private let bounds: (first: Int, last: Int)?

    /// - Parameter domain: what is declared of the column: a year of two digits is read in the century that lies within.
    /// - Returns: nil for a column that is written plainly.
    package init?(_ writing: CellWriting, type: FieldType, within domain: ColumnDomain) {
        guard !writing.isPlain else { return nil }
        let bounds = type == .date ? domain.bounds : nil
        self.init(always: writing, type: type, days: bounds.map { (Int($0.lower), Int($0.upper)) })
    }

    package init(always writing: CellWriting, type: FieldType, days bounds: (first: Int, last: Int)? = nil) {
        self.bounds = bounds
        decimalChar = writing.decimalChar
        groupChar = writing.groupChar.map { Array($0.utf8) } ?? []
        isBare = writing.isBare
        isDate = type == .date
        format = writing.dateFormat.flatMap { DateFormat($0) }
    }

    /// The cell as a plain column has it: digits with a decimal point, or an ISO date; nil if it is not written as declared.
    package func plain(_ cell: some Collection<UInt8>) -> [UInt8]? {
        let text = Self.trimmed(Array(cell)[...])
        guard !text.isEmpty else { return nil }
        guard isDate else { return number(text) }
        if let format { return day(of: text, format).map { Array(CalendarDate.text(ofDay: $0).utf8) } }
        return CalendarDate.day(of: String(decoding: text, as: UTF8.self)) == nil ? nil : Array(text)
    }

    /// Of two digits the year is that of POSIX, or one of a century before or after where that alone lies within the bounds.
    private func day(of text: ArraySlice<UInt8>, _ format: DateFormat) -> Int? {
        guard let day = format.day(of: text) else { return nil }
        guard format.hasShortYear, let bounds, !(bounds.first...bounds.last).contains(day) else { return day }
        return [-100, 100].compactMap { DateFormat.sameDay(as: day, yearsLater: $0) }.first {
            (bounds.first...bounds.last).contains($0)
        } ?? day
    }

    /// Without blanks at both ends, those of typesetting among them.
    private static func trimmed(_ text: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        // Nearly no cell has a blank at an end.
        guard let first = text.first, let last = text.last,
            first <= 0x20 || last <= 0x20 || first >= 0x80 || last >= 0x80
        else { return text }
        var text = text
        while let blank = blanks.first(where: { text.starts(with: $0) }) { text.removeFirst(blank.count) }
        while let blank = blanks.first(where: { text.suffix($0.count).elementsEqual($0) }) {
            text.removeLast(blank.count)
        }
        return text
    }

    private static let blanks: [[UInt8]] = [[0x20], [0x09], [0xC2, 0xA0], [0xE2, 0x80, 0xAF], [0xE2, 0x80, 0x89]]
    private static let minus: [UInt8] = [0xE2, 0x88, 0x92]
    /// How many bytes around a number may be no part of it.
    private static let longestAffix = 8

    private func number(_ cell: ArraySlice<UInt8>) -> [UInt8]? {
        var text = cell
        var output: [UInt8] = []
        func takeSign() {
            if text.starts(with: Self.minus) {
                output = [0x2D]
                text.removeFirst(3)
            } else if let sign = text.first, sign == 0x2D || sign == 0x2B {
                if sign == 0x2D { output = [0x2D] }
                text.removeFirst()
            }
        }
        takeSign()
        if !isBare {
            // A euro sign begins with the same byte as the minus of typesetting.
            var front = 0
            var isOpen = false
            while let byte = text.first, !Self.isDigit(byte), byte != decimalChar, byte != 0x2D,
                !text.starts(with: Self.minus)
            {
                isOpen = isOpen || byte == 0x28
                text.removeFirst()
                front += 1
            }
            guard front <= Self.longestAffix else { return nil }
            if output.isEmpty { takeSign() }
            let back = text[((text.lastIndex(where: Self.isDigit) ?? text.startIndex - 1) + 1)...]
            guard back.count <= Self.longestAffix else { return nil }
            // Accounts write a negative number in brackets, or with its sign behind it.
            if isOpen && back.contains(0x29) || Self.isSign(back) {
                guard output.isEmpty else { return nil }
                output = [0x2D]
            }
            text.removeLast(back.count)
            text = Self.trimmed(text)
        }
        // Digits since the last group sign, or nil where none stands before.
        var sinceGroup: Int?
        var hasFirstDigits = false
        while let byte = text.first {
            if Self.isDigit(byte) {
                output.append(byte)
                text.removeFirst()
                hasFirstDigits = true
                sinceGroup = sinceGroup.map { $0 + 1 }
            } else if !groupChar.isEmpty, hasFirstDigits, text.starts(with: groupChar) {
                // Groups have three digits; India writes two in all but the last.
                guard sinceGroup.map({ $0 == 3 || $0 == 2 }) ?? true else { return nil }
                sinceGroup = 0
                text.removeFirst(groupChar.count)
            } else {
                break
            }
        }
        guard sinceGroup.map({ $0 == 3 }) ?? true else { return nil }
        if text.first == decimalChar {
            output.append(0x2E)
            text.removeFirst()
        } else if text.first == 0x2E {
            // Another decimal sign than the declared one: 1.500 could be either number.
            return nil
        }
        output += text
        guard hasFirstDigits || text.first.map(Self.isDigit) == true else { return nil }
        return output.withUnsafeBytes { DecimalText.number(of: $0) } == nil ? nil : output
    }

    // Proof: the one array that is lent here is lent whole, within one expression.

    /// Whether what stands behind a number is a minus, alone or before a unit.
    private static func isSign(_ back: ArraySlice<UInt8>) -> Bool {
        let text = back.drop { $0 == 0x20 }
        let length = text.first == 0x2D ? 1 : text.starts(with: minus) ? minus.count : 0
        guard length > 0 else { return false }
        return text.count == length || text[(text.startIndex + length)] == 0x20
            || text[(text.startIndex + length)] >= 0x80
    }

    private static func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }
}
