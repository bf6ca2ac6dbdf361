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
        ontario, quebec, british columbia, noord-holland, zuid-holland, utrecht, gelderland, limburg, friesland, flanders, wallonia
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
