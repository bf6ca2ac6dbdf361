/// Words that everybody uses: in the names of columns, and as the values of classifications.
enum PublicWords {
    /// Words of the names of columns that hold classifications. They say how a column is meant, and nothing of what is in it.
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
}
