import Domains
import VectorMath

/// Values of Parquet as a CSV file would have them.
enum ParquetText {
    /// The text of one value in the plain encoding, without its length; nil if it has none.
    static func text(_ bytes: ArraySlice<UInt8>, of column: ParquetFooter.Column) -> String? {
        switch (column.physical, column.meaning) {
        case (.float, _):
            let value = Float(bitPattern: UInt32(truncatingIfNeeded: little(bytes)))
            return value.isFinite ? short("\(value)") : "\(value)"
        case (.int96, _):
            // Nanoseconds of the day, and the day counted from noon of 4713 BC, of which 1970-01-01 is 2440588.
            let nanoseconds = Int(truncatingIfNeeded: little(bytes.prefix(8)))
            let day = Int(little(bytes.suffix(4))) - 2_440_588
            guard (0..<86_400_000_000_000).contains(nanoseconds) else { return nil }
            return time(day: day, part: nanoseconds, perSecond: 1_000_000_000)
        case (_, .date): return date(day: Int(Int32(truncatingIfNeeded: little(bytes))))
        case (_, .timestamp(let perSecond)):
            let perDay = 86_400 * perSecond
            let value = Int(truncatingIfNeeded: little(bytes))
            let day = value >= 0 ? value / perDay : -1 - (-1 - value) / perDay
            let (start, overflow) = day.multipliedReportingOverflow(by: perDay)
            guard !overflow else { return nil }
            return time(day: day, part: value - start, perSecond: perSecond)
        case (.int32, .decimal(let scale)):
            return decimal(Int128(Int32(truncatingIfNeeded: little(bytes))), scale)
        case (.int64, .decimal(let scale)): return decimal(Int128(Int64(bitPattern: little(bytes))), scale)
        case (_, .decimal(let scale)):
            guard bytes.count <= 16, let first = bytes.first else { return nil }
            var value: Int128 = first >= 0x80 ? -1 : 0
            for byte in bytes { value = value << 8 | Int128(byte) }
            return decimal(value, scale)
        case (.int64, .unsigned): return String(little(bytes))
        default: return nil
        }
    }

    private static func little(_ bytes: ArraySlice<UInt8>) -> UInt64 {
        bytes.reversed().reduce(0) { $0 << 8 | UInt64($1) }
    }

    /// `1.0` is written `1`, as a CSV file has it.
    private static func short(_ text: String) -> String { text.hasSuffix(".0") ? String(text.dropLast(2)) : text }

    private static func date(day: Int) -> String? {
        // 0001-01-01 and 9999-12-31.
        (-719_162...2_932_896).contains(day) ? CalendarDate.text(ofDay: day) : nil
    }

    /// A date, and behind it the time of day unless it is midnight.
    private static func time(day: Int, part: Int, perSecond: Int) -> String? {
        guard let date = date(day: day) else { return nil }
        guard part > 0 else { return date }
        func two(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
        let (seconds, fraction) = part.quotientAndRemainder(dividingBy: perSecond)
        var text = "\(date)T\(two(seconds / 3_600)):\(two(seconds / 60 % 60)):\(two(seconds % 60))"
        if fraction > 0 {
            let figures = String(perSecond + fraction).dropFirst()
            text += "." + figures
            while text.hasSuffix("0") { text.removeLast() }
        }
        return text
    }

    private static func decimal(_ value: Int128, _ scale: Int) -> String {
        var digits = String(value.magnitude)
        if digits.count <= scale { digits = String(repeating: "0", count: scale + 1 - digits.count) + digits }
        let whole = digits.dropLast(scale)
        var part = digits.suffix(scale)
        while part.hasSuffix("0") { part.removeLast() }
        return (value < 0 ? "-" : "") + whole + (part.isEmpty ? "" : "." + part)
    }
}
