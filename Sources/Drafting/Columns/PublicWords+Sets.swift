/// Words of the calendar, of answers and of other scripts, and small sets of signs of which a column is made as a whole.
extension PublicWords {
    /// Sets that hold all values of a column: sizes, quarters, ratings, units.
    static let signs: [Set<String>] = [
        "XXS XS S M L XL XXL XXXL", "Q1 Q2 Q3 Q4", "I II III IV V VI VII VIII IX X",
        "AAA AA+ AA AA- A+ A A- BBB+ BBB BBB- BB+ BB BB- B+ B B- CCC CC C D",
        "A+ A- B+ B- AB+ AB- O+ O- 0+ 0- A B AB O 0",
        "kg g mg t l ml hl m m2 m² m3 m³ km cm mm ha pcs pce stk kWh MWh GWh TJ u", "on off", "On Off", "ON OFF",
        "EXW FCA FAS FOB CFR CIF CPT CIP DAP DPU DDP DAT", "EUR USD GBP CHF JPY CNY SEK NOK DKK PLN CZK HUF",
        "KGM TNE LTR NAR MTK MTQ MTR GRM PCE", "CET CEST UTC GMT",
        // Legal forms.
        "AG GmbH KG OHG GbR UG eG e.V. eV KGaA e.K. SE PartG", "SA SARL SAS SASU EURL SNC SCI SCA SCOP EI GIE",
        "Ltd Ltd. PLC LLP LLC Inc Inc. Corp Corp. LP CIC", "BV NV VOF CV B.V. N.V.", "AB HB KB EF",
        "AS ASA ENK ANS DA NUF",
        "A/S ApS I/S K/S IVS", "Oy Oyj Ky Tmi", "SpA S.p.A. SRL Srl S.r.l. SNC SAS SAPA",
        "SA SL SLU S.A. S.L. SC SCoop",
        "a.s. s.r.o. v.o.s. k.s.", "S.A. Sp. z o.o. sp.j. sp.k.",
    ].map { Set($0.split(separator: " ").map(String.init)) }

    /// Words behind which a letter or a Roman number counts: `Group B`, `Stage II`.
    static let counted: Set<String> = [
        "group", "class", "type", "stage", "grade", "level", "category", "zone", "phase", "band", "tier", "arm",
        "model",
        "wave", "plan", "block", "gruppe", "klasse", "typ", "stufe", "kategorie", "groupe", "classe", "niveau", "grupo",
        "clase", "tipo",
    ]

    /// Names of months in the languages of this list.
    static let months: Set<String> = Set(monthNames.split { $0.isWhitespace }.map(String.init))

    private static let monthNames = """
        january february march april may june july august september october november december jan feb mar apr jun jul aug \
        sep sept oct nov dec januar februar märz mai juni juli oktober dezember janvier février mars avril juin juillet août \
        septembre octobre novembre décembre enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre \
        gennaio febbraio aprile maggio giugno luglio settembre ottobre dicembre
        """

    static let calendar =
        monthNames + " " + """
            montag dienstag mittwoch donnerstag freitag samstag sonntag lundi mardi mercredi jeudi vendredi samedi dimanche \
            lunes martes miércoles jueves viernes sábado domingo lunedì martedì mercoledì giovedì venerdì sabato domenica frühling \
            sommer herbst winter printemps été automne hiver primavera verano otoño invierno estate autunno inverno jahr jahre jahren \
            monat monate woche wochen tag tage stunde stunden ans mois jours años meses días time
            """

    /// Degrees of agreement, of training and of work, with the words between them.
    static let answers = """
        agree disagree strongly satisfied dissatisfied somewhat extremely slightly likely unlikely very ok okay drug control \
        placebo civ absent cities areas towns suburbs countries full professionals technicians managers \
        stimme voll zu eher nicht teils teilweise völlig zufrieden unzufrieden nie selten manchmal oft immer täglich wöchentlich \
        monatlich jährlich unter über bis ab mehr weniger und älter jünger hauptschule realschule gymnasium abitur hochschule \
        fachhochschule universität lehre berufsausbildung promotion vollzeit teilzeit gesetzlich privat öffentlich wahr falsch \
        vrai faux jamais rarement parfois souvent toujours primaire secondaire supérieur supérieure privé primaria secundaria \
        universitaria universidad nunca siempre verdadero falso primaria secondaria università mai sempre vero sì
        """

    /// Languages.
    static let tongues = """
        english german french spanish italian portuguese dutch polish czech slovak slovenian slovene croatian serbian bosnian \
        hungarian romanian bulgarian greek turkish russian ukrainian finnish swedish danish norwegian icelandic estonian latvian \
        lithuanian irish welsh catalan basque galician maltese albanian macedonian arabic hebrew persian urdu hindi bengali chinese \
        mandarin cantonese japanese korean vietnamese thai indonesian malay tagalog swahili amharic somali deutsch englisch \
        französisch spanisch italienisch portugiesisch niederländisch polnisch türkisch russisch arabisch anglais allemand \
        espagnol italien portugais néerlandais polonais arabe inglés alemán francés italiano portugués unk
        """

    /// Sex and answers in other scripts and languages.
    static let scripts = """
        erkek kadın evet hayır άνδρας γυναίκα ναι όχι ذكر أنثى نعم لا זכר נקבה כן לא 男 女 男性 女性 是 否 はい いいえ 남성 여성 \
        예 아니오
        """
}
