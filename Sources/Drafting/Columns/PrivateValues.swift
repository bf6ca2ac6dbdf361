internal import Domains

/// Listed values that look like somebody's data: a task is shown to every party and to whoever asks the service for it.
public enum PrivateValues {
    /// Finds values that a draft would not have listed, by the same look at each: marks can be removed by hand.
    ///
    /// - Parameters:
    ///   - values: what a field lists.
    ///   - name: the field's name, which says of some codes that they are public.
    /// - Returns: what most of the values look like or are, as a predicate; nil where nothing is suspected.
    public static func look(_ values: [String], of name: String) -> String? {
        func most(_ isSo: (String) -> Bool) -> Bool { values.count(where: isSo) * 2 > values.count }
        let areWordsOfPersons =
            SharedNames.areNames(values, hasNames: false) || !PublicPeriod.areMonths(values)
            || most(PublicPeriod.isDay) || PublicPlaces.areNames(values, hasNames: false)
            || !PublicPeriod.areTimes(values.compactMap { PublicPeriod($0) })
        guard !values.isEmpty, areWordsOfPersons || !isPublicList(values, of: name) else { return nil }
        let areDigits = values.allSatisfy { $0.utf8.allSatisfy { (48...57).contains($0) } }
        let looks = values.map { ValueLook($0) }
        let what: String? =
            if most({ $0.contains("@") && $0.contains(".") }) {
                "look like e-mail addresses"
            } else if most({ ColumnKind.isIBAN($0) }) {
                "look like bank accounts"
            } else if most({ DateSpelling.isDate($0) && $0.utf8.count > 6 }) {
                "are dates"
            } else if most({ ColumnKind.isPhone($0) }) {
                "look like telephone or tax numbers"
            } else if !areDigits, most({ NumberSpelling.isNumber($0) && Self.isExact($0) }) {
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
            } else if areIdentifiers(values, of: name) {
                "look like dates, initials or numbers of persons or cases"
            } else {
                nil
            }
        return what
    }

    /// Whether a number has more digits than the bound of a class: `48.1252`, `1837.68`.
    private static func isExact(_ text: String) -> Bool {
        text.utf8.filter { (48...57).contains($0) }.drop { $0 == 48 }.count >= 4
    }

    /// Whether every value but words is a code of one public list, or begins with one of the Harmonised System. Where the
    /// column is not called so, chance must not find as many codes among somebody's numbers or initials.
    private static func isPublicList(_ values: [String], of name: String) -> Bool {
        let codes = values.filter { !ValueLook.areWords($0) }
        guard let width = codes.first?.utf8.count else { return true }
        guard codes.allSatisfy({ $0.utf8.count == width }) else { return false }
        let facts = ColumnFacts(name: name, values: [])
        return ListedCodes.all.contains { list in
            (list.width == width || list.width == 6 && width > 6)
                && codes.allSatisfy { list.codes.contains(String($0.prefix(list.width))) }
                && (facts.isCalled(list.hints)
                    || CodeChance.probability(listed: codes.count, of: codes.count, density: list.density) <= 1e-3)
        }
    }

    /// Codes without a meaning of their own, as a class has no more than a few of: of digits that are a day or an hour, or long; of
    /// letters and digits; initials.
    private static func areIdentifiers(_ values: [String], of name: String) -> Bool {
        if PublicWords.signs.contains(where: { $0.isSuperset(of: values) }) { return false }
        let codes = values.filter { ValueLook($0) == .code }
        // Places, units and currencies have codes; a few of them are no sample of somebody's.
        let facts = ColumnFacts(name: name, values: [])
        let isCoded =
            facts.isCalled(ListedCodes.places.union(["code", "codes", "unit", "currency"]))
            && !PrivateNames.isSecret(facts)
        guard codes.count > (isCoded ? 4 : 1), codes.count * 2 > values.count else { return false }
        let areDigits = codes.allSatisfy { $0.utf8.allSatisfy { (48...57).contains($0) } }
        if areDigits, areYears(codes) { return false }
        if areDigits, codes.count > 4, CodeChance.areTimes(codes) { return true }
        let long = codes.count { text in
            let digits = text.utf8.filter { (48...57).contains($0) }
            // `1000` and `5000` are bounds of classes.
            return digits.count >= 4 && !digits.dropFirst(2).allSatisfy { $0 == 48 }
        }
        let mixed = codes.count { text in
            text.contains(where: \.isLetter) && text.utf8.count { (48...57).contains($0) } >= 2
        }
        let initials = isCoded ? 0 : codes.count { $0.utf8.allSatisfy { (65...90).contains($0) } }
        return long * 2 > codes.count || mixed * 2 > codes.count || codes.count > 2 && initials == codes.count
            || codes.count > 12 && !areDigits
    }

    /// Whether numbers are years of a table, which follow each other.
    private static func areYears(_ codes: [String]) -> Bool {
        let years = Set(codes.filter { ColumnKind.isYear($0) }.compactMap { Int($0) })
        guard years.count == codes.count, let first = years.min(), let last = years.max() else { return false }
        return years.count * 3 >= last - first + 1
    }
}
