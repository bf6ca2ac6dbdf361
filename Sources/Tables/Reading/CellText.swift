/// Reads the cells of a column that is not written plainly: numbers with a decimal comma or with grouped digits, signs around
/// them, dates in another order.
package struct CellText: Sendable {
    private let decimalChar: UInt8
    private let groupChar: [UInt8]
    private let isBare: Bool
    private let format: DateFormat?
    private let isDate: Bool

    /// - Returns: nil for a column that is written plainly.
    package init?(_ writing: CellWriting, type: FieldType) {
        guard !writing.isPlain else { return nil }
        self.init(always: writing, type: type)
    }

    package init(always writing: CellWriting, type: FieldType) {
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
        if let format { return format.day(of: text).map { Array(CalendarDate.text(ofDay: $0).utf8) } }
        return CalendarDate.day(of: String(decoding: text, as: UTF8.self)) == nil ? nil : Array(text)
    }

    /// Without blanks at both ends, those of typesetting among them.
    private static func trimmed(_ text: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        let blanks: [[UInt8]] = [[0x20], [0x09], [0xC2, 0xA0], [0xE2, 0x80, 0xAF], [0xE2, 0x80, 0x89]]
        var text = text
        while let blank = blanks.first(where: { text.starts(with: $0) }) { text.removeFirst(blank.count) }
        while let blank = blanks.first(where: { text.suffix($0.count).elementsEqual($0) }) {
            text.removeLast(blank.count)
        }
        return text
    }

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
            while let byte = text.first, !Self.isDigit(byte), byte != decimalChar, byte != 0x2D,
                !text.starts(with: Self.minus)
            {
                text.removeFirst()
                front += 1
            }
            guard front <= Self.longestAffix else { return nil }
            if output.isEmpty { takeSign() }
            let back = text.reversed().prefix { !Self.isDigit($0) }
            guard back.count <= Self.longestAffix else { return nil }
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

    private static func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }
}
