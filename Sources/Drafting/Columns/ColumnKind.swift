internal import Domains
internal import Tables

/// What a column of a sample seems to be.
enum ColumnKind {
    case empty
    case boolean
    case date(DateSpelling)
    /// Whole numbers that are years.
    case years
    case number(NumberSpelling)
    /// Codes of a public list, and how many rows have others.
    case listed(String, others: Int)
    /// A classification: few values, each of many rows. The values that are common enough to be shown.
    case categories([String], others: Int)
    /// Not to be declared: why.
    case leftOut(String)
}

/// What the guesses know about the texts of one column.
struct ColumnFacts {
    let name: String
    /// Words of the name in small letters.
    let words: [String]
    /// Every row, without blanks at both ends.
    let values: [String]
    /// The values that are there and mean something.
    let core: [String]
    /// Texts that mean "no value" and stand in the column.
    let missing: [String]
    let blanks: Int
    /// Rows of each value of `core`.
    let counts: [String: Int]

    var isTiny: Bool { values.count <= Self.tiny }
    /// Of so few rows no statistic can be made.
    static let tiny = 8

    /// Texts that statistical programs and offices write for "no value".
    static let missingWords: Set<String> = [
        "na", "n/a", "n.a.", "n.a", "nan", "null", "none", "nil", "#n/a", "#na", "#null!", "#div/0!", "#value!",
        "#ref!",
        "<na>", "-", "--", "---", "–", "—", ".", "..", "...", ":", "::", "?", "*", "x", "c", "z", "u", "\\n", "k.a.",
        "k. a.",
        "s.d.", "n.d.", "nd", "missing", "unknown", "not available", "not applicable", "confidential", "nat", "(null)",
        "(blank)", "[null]", "suppressed", "withheld", "not known", "not recorded", "no answer", "keine angabe",
        "unbekannt",
        "inconnu", "desconocido", "sin dato", "n.v.", "nc", "s/d", "inf", "-inf", "/", "n/d", "tba", "not stated",
        "refused", "dk",
    ]
    /// Those of them that are no word of any classification.
    private static let certain: Set<String> = [
        "k.a.", "k. a.",
        "n/a", "nan", "null", "#n/a", "#na", "#null!", "#div/0!", "#value!", "#ref!", "<na>", "\\n", "(null)", "[null]",
        "nat",
    ]

    init(name: String, values raw: [String], isCountry: Bool = false) {
        self.name = name
        words = Self.words(of: name)
        values = raw.map { Self.trimmed($0) }
        let present = values.filter { !$0.isEmpty }
        blanks = values.count - present.count
        // Of numbers and dates every such word is missing; of texts only those that cannot be a value.
        let numeric = present.count { NumberSpelling.isPlain($0) || $0.utf8.contains { (48...57).contains($0) } }
        let isNumeric =
            numeric > 0
            && Double(numeric) >= 0.8
                * Double(
                    present.count {
                        !Self.missingWords.contains($0.lowercased()) && !Self.isFlaggedColon($0.lowercased())
                    })
        func isMissing(_ text: String) -> Bool {
            guard text.utf8.count <= 16 else { return false }
            let word = text.lowercased()
            if isNumeric { return Self.missingWords.contains(word) || Self.isFlaggedColon(word) }
            return Self.certain.contains(word) || (word == "na" && text == "NA" && !isCountry)
        }
        missing = Set(present.filter(isMissing)).sorted()
        core = missing.isEmpty ? present : present.filter { !isMissing($0) }
        counts = Dictionary(core.map { ($0, 1) }, uniquingKeysWith: +)
    }

    /// `: c`: a missing value of Eurostat with the letters that say why.
    private static func isFlaggedColon(_ word: String) -> Bool {
        word.first == ":" && word.utf8.count <= 6 && word.dropFirst().allSatisfy { $0.isLetter || $0 == " " }
    }

    /// Numbers in a column of words, as texts; none in a column where words have digits, too.
    var numbersAmongWords: Set<String> {
        guard counts.count <= 2_000 else { return [] }
        let numbers = counts.keys.filter { text in
            NumberSpelling.isNumber(text) && (text.utf8.count >= 3 || text.utf8.contains { $0 == 0x2E || $0 == 0x2C })
        }
        let rest = counts.keys.filter { !NumberSpelling.isNumber($0) }
        let words = rest.count { text in !text.utf8.contains { (48...57).contains($0) } }
        let rows = numbers.reduce(0) { $0 + counts[$1, default: 0] }
        return !rest.isEmpty && words * 10 >= rest.count * 8 && rows * 5 < core.count * 4 ? Set(numbers) : []
    }

    /// The same, and short ones as well where fewer rows have them than have words: those may be classes, and stay listed.
    var oddNumbers: Set<String> {
        guard counts.count <= 2_000 else { return [] }
        let numbers = counts.keys.filter { NumberSpelling.isNumber($0) }
        let rows = numbers.reduce(0) { $0 + counts[$1, default: 0] }
        let rest = counts.keys.filter { !NumberSpelling.isNumber($0) }
        let words = rest.count { text in !text.utf8.contains { (48...57).contains($0) } }
        return !rest.isEmpty && words * 10 >= rest.count * 8 && rows * 2 < core.count
            ? Set(numbers) : numbersAmongWords
    }

    static func trimmed(_ text: String) -> String {
        // Nearly all texts begin and end with a sign of ASCII that is no blank.
        if let first = text.utf8.first, let last = text.utf8.last, (0x21...0x7E).contains(first),
            (0x21...0x7E).contains(last)
        {
            return text
        }
        guard let first = text.first, let last = text.last, first.isWhitespace || last.isWhitespace else { return text }
        var text = text[...]
        while text.first?.isWhitespace == true { text.removeFirst() }
        while text.last?.isWhitespace == true { text.removeLast() }
        return String(text)
    }

    /// `tradeValueUSD`, `trade_value usd` and `Trade Value (USD)` are trade, value, usd.
    static func words(of name: String) -> [String] {
        var words: [String] = []
        var word = ""
        var wasLower = false
        for character in name {
            if character.isLetter || character.isNumber {
                if character.isUppercase, wasLower {
                    words.append(word)
                    word = ""
                }
                word += character.lowercased()
                wasLower = character.isLowercase
            } else {
                words.append(word)
                word = ""
                wasLower = false
            }
        }
        return (words + [word]).filter { !$0.isEmpty }
    }

    func isCalled(_ hints: Set<String>) -> Bool {
        words.contains { word in
            hints.contains(word) || hints.contains(String(word.reversed().drop { $0.isNumber }.reversed()))
        }
    }
}

extension ColumnKind {
    private static let codeNames: Set<String> = [
        "hs", "cn", "cmd", "commodity", "cpc", "nace", "isic", "naics", "sitc", "nuts", "lau", "zip", "plz", "postcode",
        "postal", "post", "icd", "isco", "code", "codes", "m49", "fips", "sic", "taric", "cpv", "insee", "ags",
        "prodcom",
    ]
    private static let rowNames: Set<String> = [
        "index", "row", "rownum", "rownumber", "unnamed", "lfdnr", "seq", "obs",
    ]
    /// - Parameters:
    ///   - isPrefixed: another column of digits begins every value of this one, or is begun by it.
    ///   - isClassification: the person who drafts says that its values are a public classification.
    init(_ facts: ColumnFacts, prefersComma: Bool, isPrefixed: Bool, isClassification: Bool = false) {
        let core = facts.core
        guard !core.isEmpty else {
            self = .empty
            return
        }
        if let why = Self.identifier(facts) {
            self = .leftOut(why)
            return
        }
        if Set(facts.counts.keys.map { $0.lowercased() }).isSubset(of: ["true", "false"]), facts.counts.count <= 6,
            facts.counts.keys.allSatisfy({ ["true", "false", "True", "False", "TRUE", "FALSE"].contains($0) })
        {
            self = .boolean
            return
        }
        let areDigits = core.allSatisfy { $0.utf8.allSatisfy { (48...57).contains($0) } }
        let isCode = facts.isCalled(Self.codeNames) && !facts.isCalled(KeyGuess.measures) || isPrefixed
        if let list = ListedCodes.kind(of: facts, isCode: isCode) {
            self = list
            return
        }
        let dates = DateSpelling(of: core)
        if dates.count * 10 >= core.count * 8, !(areDigits && isCode) {
            self = .date(dates)
            return
        }
        let hasZeros = areDigits && core.contains { $0.utf8.count > 1 && $0.utf8.first == 48 }
        if !hasZeros, !(areDigits && isCode) {
            let numbers = NumberSpelling(of: core, prefersComma: prefersComma)
            if numbers.count * 10 >= core.count * 8 {
                self = Self.number(facts, numbers, areDigits: areDigits)
                return
            }
        }
        self = Self.text(facts, isClassification: isClassification)
    }

    private static func number(_ facts: ColumnFacts, _ numbers: NumberSpelling, areDigits: Bool) -> ColumnKind {
        let core = facts.core
        let isUnique = facts.counts.count * 20 >= core.count * 19 && core.count > ColumnFacts.tiny
        if areDigits, isUnique, facts.isCalled(rowNames) { return .leftOut("it looks like a row number") }
        if areDigits, core.count > ColumnFacts.tiny, PrivateNames.isIdentifier(facts) {
            return .leftOut(
                "by its name it is a number that belongs to somebody, such as an account's or a telephone's")
        }
        if areDigits, isUnique, let length = core.first?.utf8.count, length >= 9,
            core.allSatisfy({ $0.utf8.count == length }),
            Set(core.map { $0.prefix(2) }).count == 1
        {
            return .leftOut("it looks like a number that belongs to somebody: nearly all differ and begin alike")
        }
        if areDigits, facts.counts.count > 2, let length = core.first?.utf8.count, length >= 10,
            core.allSatisfy({ $0.utf8.count == length }), !facts.isCalled(KeyGuess.measures)
        {
            return .leftOut("it looks like a number that belongs to somebody: all have \(length) digits")
        }
        if areDigits, isUnique, let length = core.first?.utf8.count, length >= 5,
            core.allSatisfy({ $0.utf8.count == length }),
            facts.isCalled(["id", "nr", "no", "number", "num", "nummer"])
        {
            return .leftOut("it looks like an identifier: nearly all values differ")
        }
        // Sentinels such as 9999 are no years, and do not make the others none; anything else in their place does.
        let years = core.count { isYear($0) }
        let sentinels = yearSentinels(facts)
        let fitting = core.count { isYear($0) || sentinels.contains($0) }
        if areDigits, years * 2 >= core.count, fitting * 50 >= core.count * 49,
            facts.isCalled(["year", "yr", "jahr", "annee", "ano", "anno", "born", "birth", "period", "time", "refyear"])
                || Set(core.map { $0.prefix(2) }).isSubset(of: ["19", "20", "99"])
        {
            return .years
        }
        return .number(numbers)
    }

    /// Years around the first and the last, in steps of five, and of ten where they span more than twenty: those of the sample
    /// are somebody's.
    static func publicYears(_ first: Int, _ last: Int) -> (first: Int, last: Int) {
        let step = last - first > 20 ? 10 : 5
        return (first / step * step, min(9999, last / step * step + step - 1))
    }

    static func isYear(_ text: String) -> Bool { text.utf8.count == 4 && (1800...2199).contains(Int(text) ?? 0) }

    /// Values among years that stand for "unknown": nines and zeros, and short ones, of which there are few, each of several
    /// rows. A date of birth or an identifier is none of them.
    static func yearSentinels(_ facts: ColumnFacts) -> Set<String> {
        let others = facts.counts.filter { !isYear($0.key) }
        let known = others.filter { Set($0.key) == ["9"] || Set($0.key) == ["0"] }
        let short = others.filter { $0.key.utf8.count <= 4 && $0.value >= 3 && known[$0.key] == nil }
        return Set(known.keys).union(short.count <= 5 ? Set(short.keys) : [])
    }

    /// Why a column of texts belongs to persons or firms; nil if it does not look so.
    private static func identifier(_ facts: ColumnFacts) -> String? {
        let distinct = Array(facts.counts.keys.prefix(2_000))
        func most(_ isSo: (String) -> Bool) -> Bool { distinct.count(where: isSo) * 10 >= distinct.count * 6 }
        if most({ $0.contains("@") && $0.contains(".") && !$0.contains(" ") }) { return "it holds e-mail addresses" }
        if most({ isIBAN($0) }) { return "it holds bank accounts (IBAN)" }
        if most({ $0.hasPrefix("http://") || $0.hasPrefix("https://") || $0.hasPrefix("www.") }) {
            return "it holds addresses of pages"
        }
        if most({ isPhone($0) }) {
            // Tax numbers have strokes and hyphens between their digits as well.
            return most({ isCalled($0) })
                ? "it holds telephone numbers"
                : "it holds numbers that belong to somebody, such as a tax number's or a telephone's"
        }
        return nil
    }

    static func isIBAN(_ text: String) -> Bool {
        let signs = text.utf8.filter { $0 != 0x20 }
        guard (15...34).contains(signs.count) else { return false }
        func isUpper(_ byte: UInt8) -> Bool { (0x41...0x5A).contains(byte) }
        func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }
        return signs[..<2].allSatisfy(isUpper) && signs[2..<4].allSatisfy(isDigit)
            && signs[4...].allSatisfy { isUpper($0) || isDigit($0) } && signs.count(where: isDigit) >= 10
    }

    /// `+44 20 7946`, `0044 20 7946`, `(020) 7946`: how numbers begin that one calls.
    private static func isCalled(_ text: String) -> Bool {
        text.hasPrefix("+") || text.hasPrefix("00") || text.hasPrefix("(")
    }

    /// A plus or brackets and at least seven digits with blanks, strokes and hyphens between them.
    static func isPhone(_ text: String) -> Bool {
        let digits = text.utf8.count { (48...57).contains($0) }
        guard (7...15).contains(digits), text.utf8.count <= 24, !DateSpelling.isDate(text),
            text.allSatisfy({ $0.isNumber || " +()-/.".contains($0) })
        else { return false }
        let signs = text.utf8.count { "+()-/".utf8.contains($0) }
        return text.hasPrefix("+") || text.hasPrefix("00") && signs + text.utf8.count(where: { $0 == 32 }) > 0
            || text.contains("(")
            || signs >= 2 && !text.hasPrefix("-")
    }
}
