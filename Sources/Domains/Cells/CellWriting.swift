/// How a file writes the numbers and dates of one column: `decimalChar`, `groupChar`, `bareNumber` and `format` of
/// Frictionless Table Schema. Only the reader asks; the rows that leave are written plainly.
public struct CellWriting: Sendable, Equatable {
    /// The byte between whole and fraction: a point, or a comma.
    public var decimalChar: UInt8
    /// What stands between groups of three digits; nil for nothing.
    public var groupChar: String?
    /// Whether nothing but the number stands in the cell. Where not, signs before and behind it (`€`, `%`) are cut off.
    public var isBare: Bool
    /// The pattern of dates, with `%Y`, `%m`, `%d` and the other signs of ``DateFormat``; nil for ISO 8601.
    public var dateFormat: String?

    public init(
        decimalChar: UInt8 = UInt8(ascii: "."), groupChar: String? = nil, isBare: Bool = true, dateFormat: String? = nil
    ) {
        self.decimalChar = decimalChar
        self.groupChar = groupChar
        self.isBare = isBare
        self.dateFormat = dateFormat
    }

    /// Whether the column is written as every plain one.
    public var isPlain: Bool { self == CellWriting() }

    /// `decimalChar` where it has to be declared.
    package var decimalText: String? { decimalChar == UInt8(ascii: ",") ? "," : nil }

    /// What may stand between groups of digits, beside the comma and the point: blanks of several widths, and apostrophes.
    package static let groupChars = [",", ".", " ", "\u{A0}", "\u{202F}", "\u{2009}", "'", "\u{2019}", "_"]

    /// Why what a schema says cannot be obeyed.
    public struct Mistake: Error {
        public let what: String
        public let fix: String
    }

    /// What a field declares.
    ///
    /// - Throws: ``Mistake`` if the reader could not obey it, or the field's type has no such writing.
    public init(
        type: FieldType, decimalChar: String?, groupChar: String?, isBare: Bool?, format: String?
    ) throws(Mistake) {
        let isNumber = type == .number || type == .integer
        guard isNumber || [decimalChar ?? ".", groupChar ?? ""] == [".", ""] && isBare != false else {
            throw Mistake(
                what: "`decimalChar`, `groupChar` and `bareNumber` are of numbers",
                fix: "Leave them out, or write type: number")
        }
        guard [".", ","].contains(decimalChar ?? ".") else {
            throw Mistake(
                what: "decimalChar \"\(decimalChar ?? "")\" is not supported", fix: "Write a point or a comma")
        }
        let group = groupChar?.isEmpty == true ? nil : groupChar
        guard group.map({ Self.groupChars.contains($0) && $0 != (decimalChar ?? ".") }) ?? true else {
            throw Mistake(
                what: "groupChar \"\(group ?? "")\" is not supported",
                fix: "Write a comma, a point, a blank or an apostrophe, other than the decimalChar")
        }
        var date: String?
        if let format, !["default", DateFormat.iso].contains(format) {
            guard type == .date, DateFormat(format) != nil else {
                throw Mistake(
                    what: type == .date
                        ? "format \"\(format)\" is not supported" : "`format` is of dates",
                    fix: "Write a pattern with %Y, %m and %d, such as %d.%m.%Y")
            }
            date = format
        }
        self.init(
            decimalChar: (decimalChar ?? ".").utf8.first ?? UInt8(ascii: "."), groupChar: group, isBare: isBare ?? true,
            dateFormat: date)
    }
}
