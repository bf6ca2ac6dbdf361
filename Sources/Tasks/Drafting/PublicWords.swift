internal import Domains
internal import Tables

/// What says that the values of a column are a public classification: the column's name, or the values themselves. Where nothing
/// does, they may be somebody's, and a draft does not write them down.
enum PublicWords {
    /// Words of a column's name that say so.
    static let names: Set<String> = PrivateTexts.classes.union([
        "grade", "band", "bracket", "tier", "rating", "stage", "phase", "mode", "method", "service", "plan", "tariff",
        "channel",
        "reason", "purpose", "unit", "currency", "flow", "season", "weekday", "shift", "color", "colour", "material",
        "size", "form",
        "occupation", "profession", "job", "trade", "education", "degree", "qualification", "race", "ethnicity",
        "religion", "marital",
        "relationship", "workclass", "language", "division", "section", "chapter", "nace", "isic", "nuts", "icd",
        "isco", "hs", "cn",
        "age", "quality", "priority", "severity", "risk", "payment", "usage", "fuel", "vehicle", "crop", "species",
        "edition",
        "direction", "transport", "period", "month", "quarter", "zone", "scale", "activity", "ownership", "tenure",
        "housing",
        "dwelling", "benefit", "outcome", "result", "answer", "question", "legal", "regime", "procedure", "variety",
        "genre",
        // German, French, Spanish, Italian, Dutch, Polish.
        "sektor", "wirtschaftszweig", "art", "typ", "kategorie", "klasse", "gruppe", "größe", "groesse", "geschlecht",
        "bundesländer",
        "familienstand", "beruf", "abschluss", "bildung", "farbe", "stufe", "rechtsform", "verkehrszweig",
        "warengruppe", "secteur",
        "catégorie", "categorie", "classe", "groupe", "sexe", "taille", "statut", "département", "departement",
        "région", "métier",
        "diplôme", "couleur", "clase", "categoría", "categoria", "grupo", "sexo", "tamaño", "estado", "región",
        "departamento",
        "profesión", "tipo", "settore", "gruppo", "sesso", "regione", "stato", "professione", "geslacht", "soort",
        "groep", "regio",
        "beroep", "województwo", "płeć", "rodzaj", "grupa", "branża", "sektory",
    ])

    /// Words that stand in classifications and are nobody's name.
    private static let values: Set<String> = [
        "low", "medium", "med", "mid", "high", "vhigh", "vlow", "very", "small", "big", "large", "tiny", "huge", "more",
        "less", "most",
        "none", "few", "many", "some", "good", "vgood", "bad", "poor", "fair", "excellent", "average", "acc", "unacc",
        "yes", "no",
        "true", "false", "male", "female", "unknown", "other", "others", "single", "married", "divorced", "widowed",
        "separated",
        "never", "always", "sometimes", "often", "rarely", "public", "private", "full", "part", "urban", "rural",
        "north", "south",
        "east", "west", "central", "import", "export", "imports", "exports", "primary", "secondary", "tertiary",
        "basic", "standard",
        "premium", "active", "inactive", "open", "closed", "new", "used", "monthly", "yearly", "weekly", "daily",
        "quarterly", "annual",
        "retail", "wholesale", "manufacturing", "transport", "energy", "health", "agriculture", "finance", "education",
        "construction",
        "mining", "services", "service", "trade", "food", "insurance", "telecom", "utilities", "administration",
        "estate", "tourism",
        "electronic", "mailed", "bank", "credit", "cash", "card", "automatic", "internet", "fiber", "dsl", "employed",
        "unemployed",
        "retired", "student", "self", "owner", "tenant", "child", "adult", "senior", "junior", "red", "green", "blue",
        "black", "white",
        "yellow", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday", "spring", "summer",
        "autumn", "winter",
        "bachelor", "bachelors", "master", "masters", "doctorate", "school", "college", "university", "petrol",
        "diesel", "electric",
        "car", "bus", "train", "ship", "air", "road", "rail", "sea", "and", "or", "of", "with", "without", "under",
        "over", "to",
        "ja", "nein", "niedrig", "mittel", "hoch", "klein", "groß", "gut", "schlecht", "männlich", "weiblich", "ledig",
        "verheiratet",
        "geschieden", "verwitwet", "handel", "verkehr", "energie", "gesundheit", "bau", "industrie", "nord", "süd",
        "ost", "sonstige",
        "oui", "non", "faible", "moyen", "élevé", "bas", "haut", "homme", "femme", "sud", "est", "ouest", "autre",
        "célibataire",
        "marié", "divorcé", "bajo", "medio", "alto", "sí", "si", "hombre", "mujer", "norte", "sur", "este", "oeste",
        "otro", "soltero",
        "casado", "basso", "uomo", "donna", "altro", "nee", "laag", "hoog", "man", "vrouw", "overig",
    ]

    /// Whether something public says that the texts are a classification.
    static func isClassification(_ facts: ColumnFacts) -> Bool {
        if facts.isCalled(names) || facts.isCalled(ListedCodes.places) { return true }
        let texts = Array(facts.counts.keys.prefix(1_000))
        return !texts.isEmpty && texts.count { isCode($0) || isPublic($0) || isPeriod($0) } * 10 >= texts.count * 6
    }

    /// Whether values that nothing but their shortness makes a classification are of so many kinds that they may be initials.
    static func isCodeAlone(_ facts: ColumnFacts) -> Bool {
        facts.counts.count > 12 && !facts.isCalled(names) && !facts.isCalled(ListedCodes.places)
            && facts.counts.keys.count(where: isPublic) * 2 < facts.counts.count
    }

    /// `a`, `B2`, `C50.4`, `5more`, `0101`: up to three signs, or up to six of which one is a digit.
    private static func isCode(_ text: String) -> Bool {
        guard !text.contains(where: \.isWhitespace), text.utf8.count <= 8 else { return false }
        // `Tom` is a name.
        let isWord =
            text.utf8.count > 1 && text.first?.isUppercase == true && text.dropFirst().allSatisfy(\.isLowercase)
        if !isWord, text.utf8.allSatisfy({ (0x21...0x7E).contains($0) }), text.utf8.count <= 3 { return true }
        let digits = text.count(where: \.isNumber)
        return digits > 0 && text.count <= 6 && text.utf8.allSatisfy { (0x21...0x7E).contains($0) }
            && !text.contains("@")
    }

    private static func isPublic(_ text: String) -> Bool {
        let words = ColumnFacts.words(of: text)
        return !words.isEmpty && words.contains { values.contains($0) }
            && words.count { values.contains($0) || $0.allSatisfy(\.isNumber) } * 2 >= words.count
    }

    private static func isPeriod(_ text: String) -> Bool {
        CodeList.Period.allCases.contains { $0.year(of: text) != nil } || PrivateTexts.isPeriod(text)
    }
}
