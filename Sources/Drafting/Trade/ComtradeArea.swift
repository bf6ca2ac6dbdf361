internal import Domains

/// The area codes of UN Comtrade and SDMX merchandise-trade files, and the three letters of ISO 3166 for each.
///
/// They are those of M49 but for a few: the United States are 842 with their territories, not 840; France is 251, India
/// 699, Norway 579, Switzerland 757, and Italy was 381.
enum ComtradeArea {
    /// Three digits and three letters each.
    private static let table = """
        004AFG008ALB010ATA012DZA016ASM020AND024AGO028ATG031AZE032ARG036AUS040AUT044BHS048BHR050BGD051ARM\
        052BRB056BEL060BMU064BTN068BOL070BIH072BWA074BVT076BRA084BLZ086IOT090SLB092VGB096BRN100BGR104MMR\
        108BDI112BLR116KHM120CMR124CAN132CPV136CYM140CAF144LKA148TCD152CHL156CHN158TWN162CXR166CCK170COL\
        174COM175MYT178COG180COD184COK188CRI191HRV192CUB196CYP203CZE204BEN208DNK212DMA214DOM218ECU222SLV\
        226GNQ231ETH232ERI233EST234FRO238FLK239SGS242FJI246FIN248ALA251FRA254GUF258PYF260ATF262DJI266GAB\
        268GEO270GMB275PSE276DEU288GHA292GIB296KIR300GRC304GRL308GRD312GLP316GUM320GTM324GIN328GUY332HTI\
        334HMD336VAT340HND344HKG348HUN352ISL360IDN364IRN368IRQ372IRL376ISR380ITA381ITA384CIV388JAM392JPN\
        398KAZ400JOR404KEN408PRK410KOR414KWT417KGZ418LAO422LBN426LSO428LVA430LBR434LBY438LIE440LTU442LUX\
        446MAC450MDG454MWI458MYS462MDV466MLI470MLT474MTQ478MRT480MUS484MEX490OAS492MCO496MNG498MDA499MNE\
        500MSR504MAR508MOZ512OMN516NAM520NRU524NPL528NLD531CUW533ABW534SXM535BES540NCL548VUT554NZL558NIC\
        562NER566NGA570NIU574NFK579NOR580MNP581UMI583FSM584MHL585PLW586PAK591PAN598PNG600PRY604PER608PHL\
        612PCN616POL620PRT624GNB626TLS630PRI634QAT638REU642ROU643RUS646RWA652BLM654SHN659KNA660AIA662LCA\
        663MAF666SPM670VCT674SMR678STP682SAU686SEN688SRB690SYC694SLE699IND702SGP703SVK704VNM705SVN706SOM\
        710ZAF716ZWE724ESP728SSD729SDN732ESH740SUR744SJM748SWZ752SWE757CHE760SYR762TJK764THA768TGO772TKL\
        776TON780TTO784ARE788TUN792TUR795TKM796TCA798TUV800UGA804UKR807MKD818EGY826GBR831GGY832JEY833IMN\
        834TZA842USA850VIR854BFA858URY860UZB862VEN876WLF882WSM887YEM894ZMB
        """

    static let codes: [Int: String] = {
        var codes: [Int: String] = [:]
        let text = Array(table)
        for start in stride(from: 0, to: text.count - 5, by: 6) {
            if let code = Int(String(text[start..<start + 3])) { codes[code] = String(text[start + 3..<start + 6]) }
        }
        return codes.merging(former) { own, _ in own }
    }()

    /// Areas that are no more and stand in older files, with the letters that they had (ISO 3166-3, and Comtrade's own).
    private static let former: [Int: String] = [
        58: "BLX", 200: "CSK", 230: "ETH", 278: "DDR", 280: "DEU", 530: "ANT", 590: "PAN", 720: "YMD", 736: "SDN",
        810: "SUN", 886: "YEM", 890: "YUG", 891: "SCG",
    ]

    /// Areas that stand for several countries or for none: bunkers, free zones, "not elsewhere specified".
    static let unnamed: Set<Int> = [
        129, 221, 471, 472, 473, 527, 536, 568, 577, 636, 637, 697, 698, 837, 838, 839, 849, 879, 899,
    ]

    /// Every three letters that a file may have.
    static let letters = Set(codes.values)

    /// The three letters of ISO 3166's two; nil for others.
    static func letters(ofTwo word: String) -> String? {
        CodeList.alpha3(ofAlpha2: word).flatMap { letters.contains($0) ? $0 : nil }
    }

    /// Codes of M49 for which these files have another: one of them means that the file is of another kind.
    static let replaced: [Int: Int] = [840: 842, 250: 251, 356: 699, 578: 579, 756: 757]
}
