internal import Domains
internal import Tables

/// A month, a quarter or a week of a year, a year over two of the calendar, and a month without its year: public where they are the times of a table, and
/// somebody's where they are dates of birth. Those of a table follow each other.
struct PublicPeriod {
    private let year: Int
    /// The part of the year, from 1, of so many.
    private let part, parts: Int

    /// - Returns: nil for a text that names no part of a year, or more.
    init?(_ text: String) {
        let pieces = text.lowercased().split { " -/_.".contains($0) }
        guard pieces.count == 2 else { return nil }
        guard
            let place = pieces.firstIndex(where: { $0.allSatisfy(\.isNumber) && [2, 4].contains($0.count) }),
            let number = Int(pieces[place])
        else { return nil }
        let other = pieces[1 - place]
        if place == 0, PrivateTexts.isPeriod(text), other.allSatisfy(\.isNumber) {
            // `2019/20`: a year that begins in one and ends in the next.
            (year, part, parts) = (number, 1, 1)
            return
        }
        year = pieces[place].count == 4 ? number : number < 50 ? 2000 + number : 1900 + number
        if let month = Self.month(other) {
            (part, parts) = (month, 12)
        } else if let sign = other.first, let count = Int(other.dropFirst()), let parts = Self.signs[sign] {
            (part, self.parts) = (count, parts)
        } else {
            return nil
        }
    }

    private static let signs: [Character: Int] = ["q": 4, "t": 4, "h": 2, "s": 2, "w": 53, "m": 12]

    private static func month(_ word: some StringProtocol) -> Int? {
        guard let day = DateFormat("%b %d %Y")?.day(of: "\(word) 1 2001".utf8),
            let first = DateFormat("%b %d %Y")?.day(of: "jan 1 2001".utf8)
        else { return nil }
        return Int(day - first) / 30 + 1
    }

    /// `1 Feb`, `Feb 1`, `24. December`: a day of a year, as people are born on one.
    static func isDay(_ text: String) -> Bool {
        let pieces = text.split { " .-/".contains($0) }
        guard pieces.count == 2, let number = pieces.firstIndex(where: { $0.allSatisfy(\.isNumber) }) else {
            return false
        }
        // Behind a month and a hyphen two digits are a year.
        guard pieces[number].count == 1 || pieces[number].count == 2 && (number == 0 || text.contains(" ")) else {
            return false
        }
        return (1...31).contains(Int(pieces[number]) ?? 0)
            && PublicWords.months.contains(pieces[1 - number].lowercased())
    }

    /// Whether periods follow each other as those of a table do: a third at least of all from the first to the last are there, or
    /// they are the same part of several years.
    static func areTimes(_ periods: [PublicPeriod]) -> Bool {
        guard periods.count > 1 else { return true }
        func isDense(_ places: Set<Int>) -> Bool {
            guard let first = places.min(), let last = places.max() else { return true }
            return places.count * 3 >= last - first + 1
        }
        let isOnce = Set(periods.map(\.part)).count == 1
        return isDense(Set(periods.map { isOnce ? $0.year : $0.year * $0.parts + $0.part - 1 }))
    }

    private static let givenNames: Set<String> = ["april", "may", "june", "august", "jan", "julio", "avril"]

    /// Whether months without a year are those of a table: not all of them given names, or following each other.
    static func areMonths(_ texts: [String]) -> Bool {
        guard texts.count > 1, texts.allSatisfy({ givenNames.contains($0.lowercased()) }) else { return true }
        let places = Set(texts.compactMap { month($0.lowercased()) })
        return places.count == texts.count && (places.max() ?? 0) - (places.min() ?? 0) + 1 == places.count
    }
}
