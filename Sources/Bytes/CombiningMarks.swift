/// Combining marks in texts of others.
///
/// Swift compares and hashes texts by what they show, for which the marks on a letter are put in order: that takes the square
/// of their number, and a text of 200 KB that is all marks takes minutes.
public enum CombiningMarks {
    /// Most marks in a row, as in Unicode's stream-safe texts (UAX #15, §13): no language has more.
    public static let limit = 30

    /// Whether no letter of the text has more marks than `limit`. The text is read once.
    public static func areFew(in text: String) -> Bool {
        // Text in ASCII has none.
        guard text.utf8.count > limit, text.utf8.contains(where: { $0 >= 0x80 }) else { return true }
        var marks = 0
        for scalar in text.unicodeScalars {
            marks = scalar.properties.canonicalCombiningClass == .notReordered ? 0 : marks + 1
            guard marks <= limit else { return false }
        }
        return true
    }
}
