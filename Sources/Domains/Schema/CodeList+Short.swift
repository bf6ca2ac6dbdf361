/// Lists of a few dozen codes that a line holds.
extension CodeList {
    static let short: [String: [String]] = shortLists.mapValues { $0.split(separator: " ").map(String.init) }

    static let shortDescriptions = [
        Description(
            name: "us-states-2009", title: "States of the United States and the District of Columbia, two letters",
            source: "ANSI INCITS 38:2009, formerly FIPS 5-2"),
        Description(
            name: "ca-provinces-1999", title: "Provinces and territories of Canada, two letters",
            source: "Canada Post's symbols since Nunavut, as ISO 3166-2:CA"),
        Description(
            name: "au-states-2024", title: "States and territories of Australia", source: "ISO 3166-2:AU"),
        Description(
            name: "ch-cantons-1979", title: "Cantons of Switzerland, two letters",
            source: "Federal Statistical Office, since the canton of Jura; as ISO 3166-2:CH"),
        Description(
            name: "de-laender-1990", title: "Länder of Germany, two letters", source: "ISO 3166-2:DE"),
        Description(
            name: "iso-639-1-2024", title: "Languages, two letters", source: "ISO 639-1, Library of Congress"),
        Description(
            name: "isced-2011", title: "Levels of education as Eurostat writes them: ED0 to ED8",
            source: "UNESCO, ISCED 2011; Eurostat's list ISCED11"),
        Description(
            name: "isced-2011-group", title: "Low, middle and high education as Eurostat writes them",
            source: "as isced-2011"),
        Description(
            name: "isco-08-major", title: "Major groups of occupations as Eurostat writes them: OC0 to OC9",
            source: "ILO, ISCO-08; Eurostat's list ISCO08"),
        Description(
            name: "coicop-1999-division", title: "Divisions of consumption as Eurostat writes them: CP01 to CP12",
            source: "UN, COICOP 1999; Eurostat's list COICOP"),
    ]

    private static let shortLists = [
        "us-states-2009":
            "AK AL AR AZ CA CO CT DC DE FL GA HI IA ID IL IN KS KY LA MA MD ME MI MN MO MS MT NC ND NE NH NJ NM NV NY OH OK OR PA RI SC "
            + "SD TN TX UT VA VT WA WI WV WY",
        "ca-provinces-1999": "AB BC MB NB NL NS NT NU ON PE QC SK YT",
        "au-states-2024": "ACT NSW NT QLD SA TAS VIC WA",
        "ch-cantons-1979": "AG AI AR BE BL BS FR GE GL GR JU LU NE NW OW SG SH SO SZ TG TI UR VD VS ZG ZH",
        "de-laender-1990": "BB BE BW BY HB HE HH MV NI NW RP SH SL SN ST TH",
        "iso-639-1-2024":
            "aa ab ae af ak am an ar as av ay az ba be bg bi bm bn bo br bs ca ce ch co cr cs cu cv cy da de dv dz ee el en eo es et eu "
            + "fa ff fi fj fo fr fy ga gd gl gn gu gv ha he hi ho hr ht hu hy hz ia id ie ig ii ik io is it iu ja jv ka kg ki kj kk kl km "
            + "kn ko kr ks ku kv kw ky la lb lg li ln lo lt lu lv mg mh mi mk ml mn mr ms mt my na nb nd ne ng nl nn no nr nv ny oc oj om "
            + "or os pa pi pl ps pt qu rm rn ro ru rw sa sc sd se sg si sk sl sm sn so sq sr ss st su sv sw ta te tg th ti tk tl tn to tr "
            + "ts tt tw ty ug uk ur uz ve vi vo wa wo xh yi yo za zh zu",
        "isced-2011": "ED0 ED1 ED2 ED3 ED4 ED5 ED6 ED7 ED8",
        "isced-2011-group": "ED0-2 ED3_4 ED5-8",
        "isco-08-major": "OC0 OC1 OC2 OC3 OC4 OC5 OC6 OC7 OC8 OC9",
        "coicop-1999-division": "CP01 CP02 CP03 CP04 CP05 CP06 CP07 CP08 CP09 CP10 CP11 CP12",
    ]
}
