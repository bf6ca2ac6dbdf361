internal import Tables

/// A range of numbers as classes of age, size or money have it: `18-24`, `65 and over`, `1,000-1,999 EUR`, and the `Y15-24` and
/// `Y_GE65` of Eurostat.
struct ValueRange: Equatable {
    /// The first and the last number; nil where it is open.
    let lower, upper: Double?

    /// - Returns: nil for a text that is no range.
    init?(_ text: String) {
        guard text.utf8.count <= 32, text.contains(where: \.isNumber),
            let bounds = Self.bounds(Self.bare(Self.plain(text)))
        else {
            return nil
        }
        (lower, upper) = bounds
    }

    /// Eurostat's codes of ages as others write them.
    private static func plain(_ text: String) -> String {
        guard text.hasPrefix("Y") else { return text }
        for (code, sign) in [("Y_GE", ">="), ("Y_GT", ">"), ("Y_LE", "<="), ("Y_LT", "<")] where text.hasPrefix(code) {
            return sign + text.dropFirst(code.count)
        }
        let rest = text.dropFirst()
        return rest.contains("-") && rest.first?.isNumber == true ? String(rest) : text
    }

    private static let below = ["<=", "<", "≤", "under ", "up to ", "unter ", "bis ", "moins de ", "menos de "]
    private static let above = [">=", ">", "≥", "over ", "über ", "plus de ", "más de "]
    private static let andMore = [
        "+", " and over", " and more", " and older", " or more", " or older", " und mehr", " und älter", " und darüber",
        " et plus", " y más", " e più",
    ]

    private static func bounds(_ text: String) -> (lower: Double?, upper: Double?)? {
        for sign in below where text.hasPrefix(sign) { return number(text.dropFirst(sign.count)).map { (nil, $0) } }
        for sign in above where text.hasPrefix(sign) { return number(text.dropFirst(sign.count)).map { ($0, nil) } }
        for sign in andMore where text.hasSuffix(sign) { return number(text.dropLast(sign.count)).map { ($0, nil) } }
        for between in [" to under ", " to ", " bis unter ", " bis ", " à ", " - ", "–", "-"] {
            let parts = text.split(separator: between, omittingEmptySubsequences: false)
            guard parts.count == 2 else { continue }
            guard let first = number(parts[0]), let last = number(parts[1]), first < last else { return nil }
            return (first, last)
        }
        return nil
    }

    private static let units: Set<String> = [
        "years", "year", "yrs", "jahre", "jahren", "ans", "años", "anni", "jaar", "months", "monate", "days", "tage",
        "hours", "stunden", "eur", "usd", "gbp", "chf", "euro", "employees", "persons", "personen", "people",
        "beschäftigte", "mitarbeiter", "salariés", "empleados", "ha", "kg", "km",
    ]

    /// In small letters, without units, signs of currencies and the thousands' sign: what is left are numbers and what joins them.
    private static func bare(_ text: String) -> String {
        var text = text.lowercased().filter { !"€$£%".contains($0) }
        if text.contains(where: { $0 == "k" }) {
            // `10k-20k`: a letter of thousands behind a digit.
            text = text.split(separator: "k", omittingEmptySubsequences: false)
                .reduce(into: "") { $0 += $0.last?.isNumber == true || $0.isEmpty ? String($1) : "k" + $1 }
        }
        return ColumnFacts.trimmed(
            text.split(separator: " ", omittingEmptySubsequences: false).filter { !units.contains(String($0)) }
                .joined(separator: " "))
    }

    /// Up to seven digits, and no zero in front of another digit: the parts of a date or of an identifier have them.
    private static func number(_ text: some StringProtocol) -> Double? {
        var text = ColumnFacts.trimmed(String(text))
        let groups = text.split(separator: ",", omittingEmptySubsequences: false)
        if groups.count > 1, groups.dropFirst().allSatisfy({ $0.utf8.count == 3 }) { text = groups.joined() }
        let digits = text.utf8.filter { (48...57).contains($0) }
        guard !digits.isEmpty, digits.count <= 7, digits.count == 1 || digits.first != 48 || text.hasPrefix("0.") else {
            return nil
        }
        guard text.utf8.allSatisfy({ (48...57).contains($0) || $0 == 0x2E || $0 == 0x20 || $0 == 0x27 }) else {
            return nil
        }
        return Double(text.filter { $0.isNumber || $0 == "." })
    }

    /// Whether ranges follow each other as classes do: at most their ends are the same, and most begin where another ends. Amounts
    /// and numbers to call leave gaps.
    static func areClasses(_ ranges: [ValueRange]) -> Bool {
        let sorted = ranges.sorted {
            ($0.lower ?? -.infinity, $0.upper ?? .infinity) < ($1.lower ?? -.infinity, $1.upper ?? .infinity)
        }
        let pairs = zip(sorted, sorted.dropFirst()).map { ($0.upper ?? .infinity, $1.lower ?? -.infinity) }
        guard pairs.allSatisfy({ $0 <= $1 }) else { return false }
        if pairs.isEmpty { return ranges.allSatisfy { max($0.lower ?? 0, $0.upper ?? 0) < 1_000 } }
        return pairs.count { $1 - $0 <= max(1, 0.02 * $1) } * 2 >= pairs.count
    }
}
