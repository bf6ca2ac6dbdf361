import VectorMath

/// Two lists of persons without a common number, in which a part of the names and dates is written wrongly: what a labour
/// inspectorate found, and whom a shelter has helped. Half of either list is on the other.
struct ListTables {
    /// The inspectorate's list, then the shelter's.
    let csv: [String]
    /// How many persons are on both.
    let common: Int

    private struct Person {
        var surname: String
        var given: String
        var born: (year: Int, month: Int, day: Int)
        let sector: Int
    }

    init(rows: Int, seed: UInt64) {
        var generator = SplitMix64(state: seed)
        common = rows / 2
        let persons = (0..<2 * rows - common).map { _ in Self.person(&generator) }
        let first = persons[0..<rows].map { person in
            "\(Self.written(person, &generator)),\(Self.sectors[person.sector]),"
                + "\(min(119, max(0, 40 + 9 * (4 - person.sector) + Int.random(in: -20...20, using: &generator))))"
        }
        let second = persons[(rows - common)...].map { person in
            let reason = Self.reasons[
                generator.index(weights: (0..<4).map { $0 == person.sector % 4 ? 4 : 1 })]
            return
                "\(Self.written(person, &generator)),\(reason),\(Int.random(in: 1...199, using: &generator) * (1 + person.sector % 2))"
        }
        csv = [
            "surname,given,born,sector,hours_weekly\n" + first.shuffled(using: &generator).joined(separator: "\n")
                + "\n",
            "surname,given,born,reason,stay_days\n" + second.shuffled(using: &generator).joined(separator: "\n") + "\n",
        ]
    }

    private static func person(_ generator: inout SplitMix64) -> Person {
        let surname = syllables(2...3, &generator)
        let given = syllables(2...2, &generator)
        return Person(
            surname: surname, given: given,
            born: (
                Int.random(in: 1955...2004, using: &generator), Int.random(in: 1...12, using: &generator),
                Int.random(in: 1...28, using: &generator)
            ),
            sector: generator.index(weights: [4, 3, 2, 2, 1]))
    }

    private static func syllables(_ count: ClosedRange<Int>, _ generator: inout SplitMix64) -> String {
        let name = (0..<Int.random(in: count, using: &generator)).map { _ in
            parts[Int.random(in: 0..<parts.count, using: &generator)]
        }.joined()
        return name.prefix(1).uppercased() + name.dropFirst()
    }

    /// A person as a list has it: one name in seven has an error, one date in twenty.
    private static func written(_ person: Person, _ generator: inout SplitMix64) -> String {
        var born = person.born
        if generator.chance(0.05) {
            switch Int.random(in: 0..<3, using: &generator) {
            case 0 where born.day <= 12: (born.month, born.day) = (born.day, born.month)
            case 1: born.day = 1 + born.day % 28
            default: born.year += 1
            }
        }
        let (surname, given) = (typed(person.surname, &generator), typed(person.given, &generator))
        func digits(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
        return "\(surname),\(given),\(born.year)-\(digits(born.month))-\(digits(born.day))"
    }

    private static func typed(_ name: String, _ generator: inout SplitMix64) -> String {
        guard generator.chance(0.15) else { return name }
        var letters = Array(name)
        let place = Int.random(in: 1..<letters.count, using: &generator)
        switch Int.random(in: 0..<5, using: &generator) {
        case 0: letters.remove(at: place)
        case 1: letters.insert(letters[place], at: place)
        case 2 where place + 1 < letters.count: letters.swapAt(place, place + 1)
        case 3: return name.uppercased()
        default: letters[place] = "aeiou".randomElement(using: &generator) ?? "a"
        }
        return String(letters)
    }

    private static let parts = [
        "ma", "ro", "li", "ni", "sa", "te", "dor", "val", "ber", "gan", "ist", "ov", "ka", "mi", "len", "ros", "ti",
        "na",
        "pe", "ra", "shi", "var", "zo", "el",
    ]
    private static let sectors = ["farming", "building", "cleaning", "catering", "transport"]
    private static let reasons = ["wages", "documents", "violence", "housing"]
}
