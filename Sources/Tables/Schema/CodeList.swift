/// Public lists of codes that a field may name (`codeList: hs-2022-6`) in place of copying values: small, and each of one
/// edition, so that a name means the same codes for ever. A task's canonical form holds the codes themselves.
public enum CodeList {
    /// A list that a person can look up.
    public struct Description: Sendable {
        public let name: String
        public let title: String
        public let source: String
    }

    /// The lists of one fixed content.
    public static let descriptions: [Description] = [
        Description(
            name: "hs-2022-6", title: "Harmonised System 2022, subheadings of six digits",
            source: "UN Comtrade's list of HS 2022, from github.com/datasets/harmonized-system (PDDL)"),
        Description(
            name: "hs-2022-4", title: "Harmonised System 2022, headings of four digits", source: "as hs-2022-6"),
        Description(name: "hs-2022-2", title: "Harmonised System 2022, chapters of two digits", source: "as hs-2022-6"),
        Description(
            name: "iso-3166-2024-alpha-2", title: "Countries and areas, two letters",
            source: "ISO 3166-1, from github.com/datasets/country-codes (PDDL)"),
        Description(
            name: "iso-3166-2024-alpha-3", title: "Countries and areas, three letters",
            source: "as iso-3166-2024-alpha-2"),
        Description(
            name: "m49-2024", title: "Countries and areas, three digits of UN M49",
            source: "UN M49, from github.com/datasets/country-codes (PDDL)"),
        Description(
            name: "iso-4217-2024", title: "Currencies, three letters",
            source: "ISO 4217, from github.com/datasets/country-codes (PDDL)"),
        Description(
            name: "nace-2-section", title: "NACE Rev. 2, sections A to U",
            source: "Regulation (EC) No 1893/2006, Annex I"),
        Description(
            name: "nace-2-division", title: "NACE Rev. 2, divisions of two digits",
            source: "Regulation (EC) No 1893/2006, Annex I"),
        Description(
            name: "nuts-2021-0", title: "NUTS 2021, member states",
            source: "Regulation (EC) No 1059/2003, Annex I, as amended by 2019/1755"),
        Description(
            name: "nuts-2021-1", title: "NUTS 2021, level 1, member states",
            source: "Regulation (EC) No 1059/2003, Annex I, as amended by 2019/1755"),
    ]

    /// The names that a task may write, for a message.
    static var known: String {
        descriptions.map(\.name).joined(separator: ", ")
            + ", and of the calendar " + Period.allCases.map { "\($0.rawValue)-2019-2023" }.joined(separator: ", ")
    }

    /// The codes of a list in their own order; nil if there is no list of this name.
    public static func codes(of name: String) -> [String]? { fixed[name] ?? calendar(name) }

    /// The three letters of a country's two; nil where there is none.
    package static func alpha3(ofAlpha2 letters: String) -> String? { alpha3[letters] }

    private static let alpha3 = Dictionary(
        countries.split(separator: " ").map { (String($0.prefix(2)), String($0.dropFirst(2).prefix(3))) },
        uniquingKeysWith: { first, _ in first })

    private static let fixed: [String: [String]] = {
        var lists: [String: [String]] = [:]
        var headings: [String] = []
        var subheadings: [String] = []
        for line in String(decoding: PackageResources.hs_2022_txt, as: UTF8.self).split(separator: "\n") {
            let parts = line.split(separator: " ")
            guard let heading = parts.first else { continue }
            headings.append(String(heading))
            subheadings += parts.dropFirst().map { String(heading) + $0 }
        }
        lists["hs-2022-6"] = subheadings
        lists["hs-2022-4"] = headings
        lists["hs-2022-2"] = Set(headings.map { String($0.prefix(2)) }).sorted()
        let areas = countries.split(separator: " ").map(String.init)
        lists["iso-3166-2024-alpha-2"] = areas.map { String($0.prefix(2)) }.sorted()
        lists["iso-3166-2024-alpha-3"] = areas.map { String($0.dropFirst(2).prefix(3)) }.sorted()
        lists["m49-2024"] = areas.map { String($0.suffix(3)) }.sorted()
        lists["iso-4217-2024"] = currencies.split(separator: " ").map(String.init)
        lists["nace-2-section"] = (UInt8(ascii: "A")...UInt8(ascii: "U")).map { String(UnicodeScalar($0)) }
        let without = [4, 34, 40, 44, 48, 54, 57, 67, 76, 83, 89]
        lists["nace-2-division"] = (1...99).filter { !without.contains($0) }.map { $0 < 10 ? "0\($0)" : "\($0)" }
        let regions = nuts.split(separator: " ").map(String.init)
        lists["nuts-2021-1"] = regions
        lists["nuts-2021-0"] = Set(regions.map { String($0.prefix(2)) }).sorted()
        return lists
    }()

    /// Two letters, three letters and three digits each.
    private static let countries = """
        ADAND020 AEARE784 AFAFG004 AGATG028 AIAIA660 ALALB008 AMARM051 AOAGO024 AQATA010 ARARG032 ASASM016 \
        ATAUT040 AUAUS036 AWABW533 AXALA248 AZAZE031 BABIH070 BBBRB052 BDBGD050 BEBEL056 BFBFA854 BGBGR100 \
        BHBHR048 BIBDI108 BJBEN204 BLBLM652 BMBMU060 BNBRN096 BOBOL068 BQBES535 BRBRA076 BSBHS044 BTBTN064 \
        BVBVT074 BWBWA072 BYBLR112 BZBLZ084 CACAN124 CCCCK166 CDCOD180 CFCAF140 CGCOG178 CHCHE756 CICIV384 \
        CKCOK184 CLCHL152 CMCMR120 CNCHN156 COCOL170 CRCRI188 CUCUB192 CVCPV132 CWCUW531 CXCXR162 CYCYP196 \
        CZCZE203 DEDEU276 DJDJI262 DKDNK208 DMDMA212 DODOM214 DZDZA012 ECECU218 EEEST233 EGEGY818 EHESH732 \
        ERERI232 ESESP724 ETETH231 FIFIN246 FJFJI242 FKFLK238 FMFSM583 FOFRO234 FRFRA250 GAGAB266 GBGBR826 \
        GDGRD308 GEGEO268 GFGUF254 GGGGY831 GHGHA288 GIGIB292 GLGRL304 GMGMB270 GNGIN324 GPGLP312 GQGNQ226 \
        GRGRC300 GSSGS239 GTGTM320 GUGUM316 GWGNB624 GYGUY328 HKHKG344 HMHMD334 HNHND340 HRHRV191 HTHTI332 \
        HUHUN348 IDIDN360 IEIRL372 ILISR376 IMIMN833 ININD356 IOIOT086 IQIRQ368 IRIRN364 ISISL352 ITITA380 \
        JEJEY832 JMJAM388 JOJOR400 JPJPN392 KEKEN404 KGKGZ417 KHKHM116 KIKIR296 KMCOM174 KNKNA659 KPPRK408 \
        KRKOR410 KWKWT414 KYCYM136 KZKAZ398 LALAO418 LBLBN422 LCLCA662 LILIE438 LKLKA144 LRLBR430 LSLSO426 \
        LTLTU440 LULUX442 LVLVA428 LYLBY434 MAMAR504 MCMCO492 MDMDA498 MEMNE499 MFMAF663 MGMDG450 MHMHL584 \
        MKMKD807 MLMLI466 MMMMR104 MNMNG496 MOMAC446 MPMNP580 MQMTQ474 MRMRT478 MSMSR500 MTMLT470 MUMUS480 \
        MVMDV462 MWMWI454 MXMEX484 MYMYS458 MZMOZ508 NANAM516 NCNCL540 NENER562 NFNFK574 NGNGA566 NINIC558 \
        NLNLD528 NONOR578 NPNPL524 NRNRU520 NUNIU570 NZNZL554 OMOMN512 PAPAN591 PEPER604 PFPYF258 PGPNG598 \
        PHPHL608 PKPAK586 PLPOL616 PMSPM666 PNPCN612 PRPRI630 PSPSE275 PTPRT620 PWPLW585 PYPRY600 QAQAT634 \
        REREU638 ROROU642 RSSRB688 RURUS643 RWRWA646 SASAU682 SBSLB090 SCSYC690 SDSDN729 SESWE752 SGSGP702 \
        SHSHN654 SISVN705 SJSJM744 SKSVK703 SLSLE694 SMSMR674 SNSEN686 SOSOM706 SRSUR740 SSSSD728 STSTP678 \
        SVSLV222 SXSXM534 SYSYR760 SZSWZ748 TCTCA796 TDTCD148 TFATF260 TGTGO768 THTHA764 TJTJK762 TKTKL772 \
        TLTLS626 TMTKM795 TNTUN788 TOTON776 TRTUR792 TTTTO780 TVTUV798 TWTWN158 TZTZA834 UAUKR804 UGUGA800 \
        UMUMI581 USUSA840 UYURY858 UZUZB860 VAVAT336 VCVCT670 VEVEN862 VGVGB092 VIVIR850 VNVNM704 VUVUT548 \
        WFWLF876 WSWSM882 YEYEM887 YTMYT175 ZAZAF710 ZMZMB894 ZWZWE716
        """

    private static let currencies = """
        AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BHD BIF BMD BND BOB BOV BRL BSD BTN BWP BYN BZD CAD CDF \
        CHE CHF CHW CLF CLP CNY COP COU CRC CUP CVE CZK DJF DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP \
        GMD GNF GTQ GYD HKD HNL HTG HUF IDR ILS INR IQD IRR ISK JMD JOD JPY KES KGS KHR KMF KPW KRW KWD KYD KZT \
        LAK LBP LKR LRD LSL LYD MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MXV MYR MZN NAD NGN NIO NOK NPR \
        NZD OMR PAB PEN PGK PHP PKR PLN PYG QAR RON RSD RUB RWF SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN \
        SVC SYP SZL THB TJS TMT TND TOP TTD TWD TZS UAH UGX USD USN UYI UYU UYW UZS VED VES VND VUV WST XAF XCD \
        XCG XDR XOF XPF XUA YER ZAR ZMW ZWG
        """

    private static let nuts = """
        AT1 AT2 AT3 BE1 BE2 BE3 BG3 BG4 CY0 CZ0 DE1 DE2 DE3 DE4 DE5 DE6 DE7 DE8 DE9 DEA DEB DEC DED DEE DEF DEG DK0 \
        EE0 EL3 EL4 EL5 EL6 ES1 ES2 ES3 ES4 ES5 ES6 ES7 FI1 FI2 FR1 FRB FRC FRD FRE FRF FRG FRH FRI FRJ FRK FRL FRM \
        FRY HR0 HU1 HU2 HU3 IE0 ITC ITF ITG ITH ITI LT0 LU0 LV0 MT0 NL1 NL2 NL3 NL4 PL2 PL4 PL5 PL6 PL7 PL8 PL9 PT1 \
        PT2 PT3 RO1 RO2 RO3 RO4 SE1 SE2 SE3 SI0 SK0
        """
}

extension CodeList {
    /// How periods of the calendar are written.
    package enum Period: String, CaseIterable {
        case month = "months-YYYYMM"
        case dashedMonth = "months-YYYY-MM"
        case letterMonth = "months-YYYYMmm"
        case quarter = "quarters-YYYYQn"
        case dashedQuarter = "quarters-YYYY-Qn"

        private var count: Int {
            switch self {
            case .month, .dashedMonth, .letterMonth: 12
            case .quarter, .dashedQuarter: 4
            }
        }

        package func codes(ofYear year: Int) -> [String] {
            (1...count).map { place in
                let padded = place < 10 ? "0\(place)" : "\(place)"
                switch self {
                case .month: return "\(year)\(padded)"
                case .dashedMonth: return "\(year)-\(padded)"
                case .letterMonth: return "\(year)M\(padded)"
                case .quarter: return "\(year)Q\(place)"
                case .dashedQuarter: return "\(year)-Q\(place)"
                }
            }
        }

        /// The year of a period; nil if the text is not written so.
        package func year(of text: some StringProtocol) -> Int? {
            guard text.utf8.count == (self == .quarter || self == .month ? 6 : 7), let year = Int(text.prefix(4)),
                (1800...2199).contains(year)
            else { return nil }
            return codes(ofYear: year).contains { $0 == text } ? year : nil
        }
    }

    /// `months-YYYYMM-2019-2023`: every month of the years from the first to the last.
    private static func calendar(_ name: String) -> [String]? {
        let parts = name.split(separator: "-")
        guard parts.count > 3, let last = Int(parts[parts.count - 1]), let first = Int(parts[parts.count - 2]),
            first >= 1800, first <= last, last <= 2199,
            let period = Period(rawValue: parts.dropLast(2).joined(separator: "-"))
        else { return nil }
        return (first...last).flatMap { period.codes(ofYear: $0) }
    }
}
