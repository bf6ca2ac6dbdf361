internal import Domains

/// Listed values that look like somebody's data: a task is shown to every party and to whoever asks the service for it.
public enum PrivateValues {
    /// Finds values that a draft would not have listed, by the same look at each: marks can be removed by hand.
    ///
    /// - Returns: what most of the values look like or are, as a predicate; nil where nothing is suspected.
    public static func look(_ values: [String]) -> String? {
        func most(_ isSo: (String) -> Bool) -> Bool { values.count(where: isSo) * 2 > values.count }
        let areWordsOfPersons =
            SharedNames.areNames(values, hasNames: false) || !PublicPeriod.areMonths(values)
            || most(PublicPeriod.isDay)
        guard !values.isEmpty, areWordsOfPersons || !isPublicList(values) else { return nil }
        let areDigits = values.allSatisfy { $0.utf8.allSatisfy { (48...57).contains($0) } }
        let looks = values.map { ValueLook($0) }
        let isMany = values.count > 8
        let what: String? =
            if most({ $0.contains("@") && $0.contains(".") }) {
                "look like e-mail addresses"
            } else if most({ ColumnKind.isIBAN($0) }) {
                "look like bank accounts"
            } else if most({ DateSpelling.isDate($0) && $0.utf8.count > 6 }) {
                "are dates"
            } else if most({ ColumnKind.isPhone($0) }) {
                "look like telephone or tax numbers"
            } else if isMany, !areDigits, most({ NumberSpelling.isNumber($0) }) {
                "are numbers"
            } else if most({ PrivateTexts.isPersonal($0) }) {
                "look like what belongs to one person or firm"
            } else if looks.count(where: { $0 == .name }) * 2 > values.count {
                "look like names"
            } else if looks.count(where: \.isPrivate) * 2 > values.count
                || values.count > 12 && most({ $0.utf8.count > 40 })
            {
                "look like free text"
            } else if areWordsOfPersons {
                "look like names or days of birth"
            } else if areIdentifiers(values) {
                "look like dates, initials or numbers of persons or cases"
            } else {
                nil
            }
        return what
    }

    /// Whether every value but words is a code of one public list, or begins with one of the Harmonised System.
    private static func isPublicList(_ values: [String]) -> Bool {
        let codes = values.filter { !ValueLook.areWords($0) }
        guard let width = codes.first?.utf8.count else { return true }
        guard codes.allSatisfy({ $0.utf8.count == width }) else { return false }
        return ListedCodes.all.contains { list in
            (list.width == width || list.width == 6 && width > 6)
                && codes.allSatisfy { list.codes.contains(String($0.prefix(list.width))) }
        }
    }

    /// Codes without a meaning of their own, as a class has no more than a few of: nearly all of digits that are a day or an
    /// hour, or long, or many of letters and digits.
    private static func areIdentifiers(_ values: [String]) -> Bool {
        let codes = values.filter { ValueLook($0) == .code }
        guard codes.count > 4, codes.count * 2 > values.count else { return false }
        let areDigits = codes.allSatisfy { $0.utf8.allSatisfy { (48...57).contains($0) } }
        if areDigits, CodeChance.areTimes(codes) { return true }
        let long = codes.count { $0.utf8.count { (48...57).contains($0) } >= 4 }
        let mixed = codes.count { text in
            text.contains(where: \.isLetter) && text.utf8.count { (48...57).contains($0) } >= 2
        }
        return long * 2 > codes.count || mixed * 2 > codes.count || codes.count > 12 && !areDigits
    }
}
