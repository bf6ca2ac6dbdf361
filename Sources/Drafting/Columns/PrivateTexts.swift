internal import Domains

/// Texts that tell of one person or firm.
enum PrivateTexts {
    /// Words beside which a name is that of a class, not of a person.
    static let classes: Set<String> = [
        "sector", "industry", "branch", "branche", "region", "state", "province", "district", "county", "city", "town",
        "product", "commodity", "category", "class", "type", "kind", "status", "group", "level", "code", "gender",
        "sex", "country", "area", "department", "segment", "land", "bundesland", "kanton", "canton", "provincia",
    ]
    private static let streets = [
        "str.", "straße", "strasse", "street", " st.", "road", " rd", "avenue", "rue ", "via ", "calle ", "weg",
        "platz", "allee", "gasse", "straat", "laan", "plein", "piazza", "plaza", "boulevard", "lane",
    ]

    static func isName(_ facts: ColumnFacts) -> Bool {
        PrivateNames.isSecret(facts) || !facts.isCalled(classes) && PrivateNames.isPersonal(facts)
    }

    /// What stands behind the name of a firm.
    private static let forms: Set<String> = [
        "gmbh", "ltd", "ltd.", "inc", "inc.", "llc", "plc", "ag", "kg", "ohg", "corp", "corp.", "sarl", "sas", "s.a.",
        "s.r.l.", "srl", "s.p.a.", "spa", "s.l.", "bv", "b.v.", "nv", "n.v.", "oy", "ab", "a/s", "aps", "s.r.o.",
        "sp.z.o.o.",
    ]

    /// `Blue Steel Ltd`: words with capitals before a legal form.
    static func isFirm(_ text: String) -> Bool {
        let words = text.split(separator: " ")
        guard words.count > 1, let last = words.last, forms.contains(last.lowercased()) else { return false }
        return words.dropLast().allSatisfy { $0.first?.isUppercase == true || $0 == "&" || $0.count <= 3 }
    }

    /// Whether a text is one person's or firm's: a place on a map, a plate, the address of a house or of a device, a number
    /// behind letters.
    static func isPersonal(_ text: String) -> Bool {
        guard text.utf8.contains(where: { (48...57).contains($0) }), text.utf8.count <= 64,
            !CodeList.Period.allCases.contains(where: { $0.year(of: text) != nil }), !isPeriod(text)
        else { return false }
        return isPlace(text) || isPlate(text) || isDevice(text) || isHouse(text) || isNumbered(text) || isAmount(text)
            || isLocalCall(text) || ColumnKind.isPhone(text) || ColumnKind.isIBAN(text) || DateSpelling.isDate(text)
    }

    /// `Q1 2023`, `2023/W05`, `Jan-23`: a year, and a part of it.
    static func isPeriod(_ text: String) -> Bool {
        let parts = text.split { " -/_.".contains($0) }
        if parts.count == 2, let first = Int(parts[0]), let last = Int(parts[1]), ColumnKind.isYear(String(parts[0])) {
            // `2019/20`, `2019-2020`: a year of a budget or a school.
            return last == first + 1 || parts[1].count == 2 && last == (first + 1) % 100
        }
        guard parts.count == 2, let year = parts.first(where: { $0.allSatisfy(\.isNumber) }) else { return false }
        guard year.count == 2 || ColumnKind.isYear(String(year)), let part = parts.first(where: { $0 != year }) else {
            return false
        }
        if DateFormat("%b %d %Y")?.day(of: "\(part) 1 2000".utf8) != nil { return true }
        return year.count == 4 && part.count <= 3 && part.first.map { "QTHWSMqthwsm".contains($0) } == true
            && part.dropFirst().allSatisfy(\.isNumber) && part.count > 1
    }

    /// `48.12518,9.68709`.
    private static func isPlace(_ text: String) -> Bool {
        let parts = text.split { $0 == "," || $0 == ";" || $0 == " " || $0 == "/" }
        return parts.count == 2
            && parts.allSatisfy { part in
                let decimals = part.split(separator: ".", omittingEmptySubsequences: false)
                return decimals.count == 2 && decimals[1].count >= 3 && Double(part) != nil
            }
    }

    /// `B-XY 68`, `AB 123 CD`: groups of capitals and of digits, in all five to nine signs.
    private static func isPlate(_ text: String) -> Bool {
        let signs = text.filter { $0.isLetter || $0.isNumber }
        let groups = text.split { $0 == " " || $0 == "-" }
        let letters = groups.filter { $0.allSatisfy(\.isUppercase) }
        let digits = groups.filter { $0.allSatisfy(\.isNumber) }
        return (4...9).contains(signs.count) && groups.count == 3 && letters.count + digits.count == 3
            && letters.count >= 1 && digits.count >= 1 && letters.allSatisfy { $0.count <= 3 }
            && digits.allSatisfy { $0.count <= 4 }
    }

    /// `aa:bb:cc:27`, `10.0.0.3`, or a UUID.
    private static func isDevice(_ text: String) -> Bool {
        let pairs = text.split(separator: ":", omittingEmptySubsequences: false)
        if pairs.count >= 4, pairs.allSatisfy({ $0.count <= 4 && $0.allSatisfy(\.isHexDigit) }) { return true }
        let bytes = text.split(separator: ".", omittingEmptySubsequences: false)
        if bytes.count == 4, bytes.allSatisfy({ Int($0).map { (0...255).contains($0) } ?? false }) { return true }
        let groups = text.split(separator: "-", omittingEmptySubsequences: false)
        return groups.map(\.count) == [8, 4, 4, 4, 12] && groups.allSatisfy { $0.allSatisfy(\.isHexDigit) }
    }

    /// `Hauptstr. 22`.
    private static func isHouse(_ text: String) -> Bool {
        let small = text.lowercased()
        return text.contains(" ") && streets.contains { small.contains($0) }
    }

    /// Letters and five digits or more that are no range: `L03324661`, `INV-2024-0012`, `90/843/17541`.
    private static func isNumbered(_ text: String) -> Bool {
        let digits = text.count(where: \.isNumber)
        let letters = text.count(where: \.isLetter)
        let signs = text.count { "/-. ".contains($0) }
        guard digits >= 5, digits + letters + signs == text.count else { return false }
        if letters == 0 { return text.count { $0 == "/" } >= 2 }
        return text.first?.isLetter == true && letters <= 4
    }

    /// `030 1234567`: a zero, and in all nine digits or more in two groups or three.
    private static func isLocalCall(_ text: String) -> Bool {
        let groups = text.split { " -/".contains($0) }
        return text.first == "0" && (2...4).contains(groups.count) && groups.allSatisfy { $0.allSatisfy(\.isNumber) }
            && (9...13).contains(groups.reduce(0) { $0 + $1.count })
    }

    /// `1837.68 EUR/Monat`: to the cent, and no range.
    private static func isAmount(_ text: String) -> Bool {
        guard text.first?.isNumber == true, !text.contains("-"), !text.contains("–") else { return false }
        let number = text.prefix { $0.isNumber || $0 == "." || $0 == "," }
        guard number.count < text.count, let point = number.lastIndex(where: { $0 == "." || $0 == "," }) else {
            return false
        }
        return number.distance(from: point, to: number.endIndex) == 3
    }
}
