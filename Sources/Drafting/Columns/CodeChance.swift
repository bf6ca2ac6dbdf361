internal import Foundation

/// How likely it is that texts which are no codes of a list look as if they were.
enum CodeChance {
    /// The share of texts of the codes' form that are codes: of two letters more than a third are a country. Of codes of several
    /// widths it is that of the width which chance meets most easily.
    static func density(_ codes: Set<String>) -> Double {
        Dictionary(grouping: codes, by: \.utf8.count).map { densityOfOneWidth($1, width: $0) }.max() ?? 1
    }

    private static func densityOfOneWidth(_ codes: [String], width: Int) -> Double {
        guard width > 0 else { return 1 }
        var digits = [Bool](repeating: false, count: width)
        var letters = digits
        for code in codes {
            for (place, sign) in code.utf8.enumerated() {
                if (48...57).contains(sign) { digits[place] = true } else if sign > 57 { letters[place] = true }
            }
        }
        let space = zip(digits, letters).reduce(1.0) { $0 * Double(max(1, ($1.0 ? 10 : 0) + ($1.1 ? 26 : 0))) }
        return min(1, Double(codes.count) / space)
    }

    /// The probability that of so many different texts at least `listed` are codes by chance.
    static func probability(listed: Int, of count: Int, density: Double) -> Double {
        guard density < 1, listed > 0 else { return 1 }
        guard density > 0 else { return 0 }
        var sum = 0.0
        for hits in listed...max(listed, count) {
            sum += exp(
                logChoices(hits, of: count) + Double(hits) * log(density) + Double(count - hits) * log1p(-density))
        }
        return min(1, sum)
    }

    /// The logarithm of the number of ways to choose so many.
    private static func logChoices(_ hits: Int, of count: Int) -> Double {
        let fewer = min(hits, count - hits)
        guard fewer > 0 else { return 0 }
        return (1...fewer).reduce(0) { $0 + log(Double(count - fewer + $1) / Double($1)) }
    }

    /// Whether nearly all texts of four or six digits are a time of day, a day of the year, a month of a year or a date.
    static func areTimes(_ texts: [String]) -> Bool {
        let digits = texts.filter { [4, 6].contains($0.utf8.count) && $0.utf8.allSatisfy { (48...57).contains($0) } }
        guard digits.count * 10 >= texts.count * 9, !digits.isEmpty else { return false }
        let pairs = digits.map { text in
            stride(from: 0, to: text.utf8.count, by: 2).map { Int(text.dropFirst($0).prefix(2)) ?? 99 }
        }
        return forms.contains { form in
            pairs.count { pair in
                pair.count == form.count && zip(pair, form).allSatisfy { number, range in range.contains(number) }
            } * 10 >= pairs.count * 9
        }
    }

    /// Which numbers stand in which place of a time or a date.
    private static let forms: [[ClosedRange<Int>]] = {
        let (hours, sixty, days, months, years) = (0...23, 0...59, 1...31, 1...12, 0...99)
        return [
            [hours, sixty], [months, years], [years, months], [hours, sixty, sixty], [days, months, years],
            [months, days, years], [years, months, days],
        ]
    }()
}
