/// Names of countries, regions and large cities: values that are nobody's own.
enum PublicPlaces {
    /// In small letters; names of several words as they are written.
    static let names: Set<String> = Set(
        (countries + "," + regions + "," + cities).split(separator: ",").map { ColumnFacts.trimmed(String($0)) }.filter
        { !$0.isEmpty })

    /// Whether a text is the name of a place, with or without a number of its district: `Bern`, `Zürich, 4`.
    static func isPlace(_ text: String) -> Bool {
        let text = text.lowercased()
        if names.contains(text) { return true }
        let parts = text.split(separator: ",").map { ColumnFacts.trimmed(String($0)) }
        guard parts.count == 2, names.contains(parts[0]) else { return false }
        return parts[1].utf8.count <= 2 && parts[1].utf8.allSatisfy { (48...57).contains($0) }
            || names.contains(parts[1])
    }

    /// Places that persons are called by, too.
    private static let shared: Set<String> = Set(
        """
        london, florence, paris, sydney, sofia, verona, milan, vienna, victoria, virginia, georgia, montana, dakota, carolina,
        washington, jordan, chad, israel, ireland, france, england, wales, india, china, kenya, cuba, holland, german, alberta,
        houston, lincoln, jackson, austin, dallas, denver, madison, orlando, phoenix, savannah, chester, lancaster, york, bristol,
        bergen, essen, kiel, hannover, berlin, hamburg, frankfurt, bremen, roma, romano, napoli, genova, milano, torino, palermo,
        trieste, valencia, sevilla, zaragoza, granada, toledo, santiago, lourdes, nice, nantes, lyon, lille, bordeaux, basel, bern,
        wien, graz, salzburg, warszawa, kraków, moscow, delhi, tyrone, kent, hessen, sachsen, tirol, limburg, gent, ghent, córdoba,
        aragón, asturias, catalán, indiana, arizona, nevada, maine, maryland, melbourne, perth, adelaide, jura, uri, zug, luzern,
        philippines, cairo, lagos, troy, eugene, salem, scotland, brandenburg, lima, medina, ramsey, leeds, cork
        """.split(separator: ",").map { ColumnFacts.trimmed(String($0)) })

    /// Whether a text is a place that persons are called by as well.
    static func isShared(_ text: String) -> Bool { shared.contains(text.lowercased()) }

    /// Whether the places of a column are persons' names: none of them is a place and nothing else, or names stand beside them.
    static func areNames(_ texts: [String], hasNames: Bool) -> Bool {
        let places = texts.filter { isPlace($0) }
        return places.contains(where: isShared) && (hasNames || places.allSatisfy(isShared))
    }

    private static let countries = """
        afghanistan, albania, algeria, andorra, angola, argentina, armenia, australia, austria, azerbaijan, bahrain, bangladesh,
        belarus, belgium, benin, bhutan, bolivia, bosnia and herzegovina, botswana, brazil, bulgaria, burkina faso, cambodia,
        cameroon, canada, chad, chile, china, colombia, congo, costa rica, côte d'ivoire, croatia, cuba, cyprus, czechia,
        czech republic, denmark, ecuador, egypt, el salvador, estonia, eswatini, ethiopia, fiji, finland, france, gabon, gambia,
        germany, ghana, greece, guatemala, guinea, haiti, honduras, hungary, iceland, india, indonesia, iran, iraq, ireland,
        israel, italy, jamaica, japan, kazakhstan, kenya, kosovo, kuwait, kyrgyzstan, laos, latvia, lebanon, lesotho, liberia,
        libya, liechtenstein, lithuania, luxembourg, madagascar, malawi, malaysia, mali, malta, mauritania, mauritius, mexico,
        moldova, monaco, mongolia, montenegro, morocco, mozambique, myanmar, namibia, nepal, netherlands, new zealand, nicaragua,
        niger, nigeria, north macedonia, norway, oman, pakistan, panama, paraguay, peru, philippines, poland, portugal, qatar,
        republic of korea, rep. of korea, korea, south korea, romania, russia, russian federation, rwanda, saudi arabia, senegal,
        serbia, singapore, slovakia, slovenia, somalia, south africa, spain, sri lanka, sudan, sweden, switzerland, syria, taiwan,
        tajikistan, tanzania, thailand, togo, tunisia, turkey, türkiye, turkmenistan, uganda, ukraine, united arab emirates,
        united kingdom, uk, great britain, england, scotland, wales, northern ireland, usa, us, united states,
        united states of america, uruguay, uzbekistan, venezuela, viet nam, vietnam, yemen, zambia, zimbabwe, china, hong kong sar,
        hong kong, eu, world, other asia, nes, deutschland, österreich, schweiz, frankreich, italien, spanien, niederlande, belgien,
        polen, allemagne, autriche, suisse, belgique, espagne, italie, pays-bas, royaume-uni, alemania, francia, españa, italia,
        germania, spagna, nederland, duitsland, frankrijk
        """

    private static let regions = """
        africa, asia, europe, north america, south america, latin america, oceania, middle east, european union, scandinavia,
        baden-württemberg, bayern, bavaria, berlin, brandenburg, bremen, hamburg, hessen, hesse, mecklenburg-vorpommern,
        niedersachsen, lower saxony, nordrhein-westfalen, rheinland-pfalz, saarland, sachsen, saxony, sachsen-anhalt,
        schleswig-holstein, thüringen, burgenland, kärnten, niederösterreich, oberösterreich, salzburg, steiermark, tirol,
        vorarlberg, wien, lombardia, lazio, toscana, veneto, piemonte, sicilia, campania, puglia, liguria, sardegna,
        emilia-romagna, calabria, abruzzo, umbria, marche, molise, basilicata, île-de-france, bretagne, normandie, occitanie,
        corse, grand est, nouvelle-aquitaine, hauts-de-france, catalunya, cataluña, andalucía, galicia, aragón, asturias,
        mazowieckie, małopolskie, śląskie, wielkopolskie, pomorskie, california, texas, florida, new york, illinois, ohio,
        ontario, quebec, british columbia, noord-holland, zuid-holland, utrecht, gelderland, limburg, friesland, flanders, wallonia,
        alabama, alaska, arizona, arkansas, colorado, connecticut, delaware, district of columbia, georgia, hawaii, idaho, indiana,
        iowa, kansas, kentucky, louisiana, maine, maryland, massachusetts, michigan, minnesota, mississippi, missouri, montana,
        nebraska, nevada, new hampshire, new jersey, new mexico, north carolina, north dakota, oklahoma, oregon, pennsylvania,
        rhode island, south carolina, south dakota, tennessee, utah, vermont, virginia, washington, west virginia, wisconsin,
        wyoming, puerto rico, alberta, manitoba, new brunswick, newfoundland and labrador, northwest territories, nova scotia,
        nunavut, prince edward island, québec, saskatchewan, yukon, australian capital territory, new south wales,
        northern territory, queensland, south australia, tasmania, victoria, western australia, aargau, appenzell innerrhoden,
        appenzell ausserrhoden, basel-landschaft, basel-stadt, fribourg, freiburg, glarus, graubünden, jura, luzern, neuchâtel,
        nidwalden, obwalden, schaffhausen, schwyz, solothurn, st. gallen, thurgau, ticino, uri, valais, wallis, vaud, waadt, zug
        """

    private static let cities = """
        amsterdam, antwerp, antwerpen, athens, barcelona, basel, belfast, belgrade, bergen, berlin, bern, bilbao, birmingham,
        bologna, bonn, bordeaux, bratislava, bristol, brno, brussels, bruxelles, brussel, bucharest, budapest, cologne, copenhagen,
        københavn, cork, dortmund, dresden, dublin, düsseldorf, edinburgh, essen, florence, firenze, frankfurt, gdańsk, geneva,
        genève, genf, genoa, genova, ghent, gent, glasgow, gothenburg, göteborg, granada, graz, hamburg, hannover, helsinki,
        innsbruck, istanbul, katowice, kiel, kraków, kyiv, köln, lausanne, leeds, leipzig, lille, lisbon, lisboa, liverpool,
        ljubljana, lodz, łódź, london, lublin, lyon, madrid, málaga, malmö, manchester, mannheim, marseille, milan, milano,
        minsk, moscow, munich, münchen, nantes, naples, napoli, nice, nürnberg, oslo, ostrava, oviedo, palermo, paris, porto,
        poznań, prague, praha, riga, rome, roma, rotterdam, seville, sevilla, sofia, stockholm, strasbourg, stuttgart, szczecin,
        tallinn, tampere, the hague, thessaloniki, torino, turin, toulouse, trieste, turku, uppsala, utrecht, valencia, venice,
        venezia, verona, vienna, wien, vilnius, warsaw, warszawa, wrocław, zagreb, zaragoza, zürich, zurich, beijing, shanghai,
        tokyo, osaka, seoul, delhi, mumbai, cairo, lagos, nairobi, johannesburg, cape town, windhoek, new york, los angeles,
        chicago, houston, toronto, montreal, vancouver, mexico city, são paulo, rio de janeiro, buenos aires, santiago, bogotá,
        sydney, melbourne, auckland, singapore, bangkok, hanoi, jakarta, manila
        """
}
