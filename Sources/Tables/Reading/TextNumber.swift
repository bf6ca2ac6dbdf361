import Domains

/// What a text says as a number: itself, or the days of a date since 1970-01-01.
@_spi(PrivateRows)
public enum TextNumber {
    /// - Returns: nil for a text that is neither.
    public static func value(of text: String) -> Double? {
        if let day = CalendarDate.day(of: text) { return Double(day) }
        guard let number = Double(text), number.isFinite else { return nil }
        return number
    }
}
