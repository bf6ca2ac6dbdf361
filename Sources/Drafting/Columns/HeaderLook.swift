internal import Domains
internal import Tables

/// Whether what stands in a header are names: where the first row of the table took their place, they are somebody's.
enum HeaderLook {
    /// Whether a name is a value beyond doubt: a date, an address, a number that belongs to somebody. A name goes into the task,
    /// so such a column is left out.
    static func isValue(_ name: String) -> Bool {
        guard !isYear(name) else { return false }
        if name.contains("@") || ColumnKind.isIBAN(name) { return true }
        guard name.utf8.contains(where: { (48...57).contains($0) }) else { return false }
        // A table with a column for each month or day is laid out wide.
        if CodeList.Period.allCases.contains(where: { $0.year(of: name) != nil }) || PrivateTexts.isPeriod(name) {
            return false
        }
        if DateSpelling.isDate(name) || PrivateTexts.isPersonal(name) { return true }
        // A date or a long number beside a name: `Rossi Mario 1980-02-01`.
        let words = name.split { $0.isWhitespace || ",;|".contains($0) }
        return words.contains { word in
            let text = String(word)
            return words.count > 1 && !isYear(text)
                && (DateSpelling.isDate(text) || text.utf8.count { (48...57).contains($0) } >= 5)
        }
    }

    /// Whether a name may be that of a person: words with capitals, none of which stands in the names of columns.
    static func mayBeName(_ name: String) -> Bool {
        ColumnKind.looksLikeName(name) && !hasKnownWord(name)
    }

    /// Whether some word is one of those that name columns or classes.
    private static func hasKnownWord(_ name: String) -> Bool {
        hasHeaderWord(name)
            || ColumnFacts.words(of: name).contains { PublicWords.values.contains($0) && $0.utf8.count > 1 }
    }

    /// Whether some word is one of those that name columns.
    static func hasHeaderWord(_ name: String) -> Bool {
        ColumnFacts.words(of: name).contains { known.contains($0) }
    }

    /// Whether names are numbers that count on, as those of months or of questions: `1`, `2`, `3`.
    static func areCounted(_ names: [String]) -> Bool {
        let numbers = names.compactMap { Int($0) }
        return numbers.count == names.count && numbers.count > 2
            && zip(numbers, numbers.dropFirst()).allSatisfy { $0 + 1 == $1 }
    }

    /// Whether a name is a place, a range or a period, and what stands below it as well.
    static func isClass(_ name: String, above values: some Collection<String>) -> Bool {
        let look = ValueLook(name)
        guard [.place, .range, .period].contains(look), values.count > 1 else { return false }
        return values.count { ValueLook(ColumnFacts.trimmed($0)) == look } * 10 >= values.count * 8
    }

    private static let known: Set<String> = PublicWords.names.union(PrivateNames.words).union(KeyGuess.measures)
        .union(ListedCodes.places).union([
            "id", "key", "nr", "no", "num", "number", "date", "datum", "fecha", "data", "start", "end", "from", "until",
            "count", "index", "value", "flag", "ref", "reference", "firm", "company", "net", "gross", "mass", "trade",
            "year", "jahr", "annee", "année", "ano", "año", "anno", "tenure", "density", "length", "width", "height",
            "average", "mean", "median", "max", "min", "percent", "persons", "personen", "eur", "chf", "usd", "gbp",
            "ratio", "index", "population", "staff", "founded",
            "umsatz", "betrag", "preis", "menge", "wert", "anzahl", "montant", "prix", "valeur", "nombre", "importe",
            "valor", "cantidad", "importo", "valore", "quantità", "bedrag", "waarde", "aantal", "kwota", "wartość",
        ])

    private static func isYear(_ name: String) -> Bool {
        name.utf8.count == 4 && (1800...2199).contains(Int(name) ?? 0)
    }
}
