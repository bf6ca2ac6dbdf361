internal import Tasks

/// Where a profile keeps what.
struct TradeLayout {
    /// A column that must say "total".
    struct Total {
        let name: String
        let column: Int
        let values: Set<String>
    }

    let profile: TradeIngest.Profile
    var period: Int
    var edition: Int?
    var commodity: Int
    var flow: Int
    var reporter: Int
    var partner: Int
    var value: Int
    var multiplier: Int?
    var unit: Int?
    var action: Int?
    var status: Int?
    /// Goods or services.
    var kind: Int?
    var totals: [Total] = []

    /// - Throws: if the header is not of the profile.
    init(_ profile: TradeIngest.Profile, header: [String], file: String) throws(TaskError) {
        self.profile = profile
        let names = header.map { Self.plain($0, profile) }
        func find(_ name: String) -> Int? { names.firstIndex(of: Self.plain(name, profile)) }
        func place(_ known: String...) throws(TaskError) -> Int {
            guard let place = known.lazy.compactMap({ find($0) }).first else {
                let other = Self.profile(of: header).flatMap { $0 == profile ? nil : $0.rawValue }
                throw .unusableDraft(
                    "\(file): the file has no column \"\(known[0])\", which the profile \(profile.rawValue) has. "
                        + (other.map { "Its columns are those of the profile \($0): choose that one." }
                            ?? "The column may have been removed or renamed: take the file as the site gives it."))
            }
            return place
        }
        func total(_ name: String, _ values: Set<String>) -> [Total] {
            find(name).map { [Total(name: name, column: $0, values: values)] } ?? []
        }
        switch profile {
        case .comtradeLegacy:
            period = try place("Period", "Year")
            edition = try place("Classification")
            commodity = try place("Commodity Code")
            flow = try place("Trade Flow Code", "Trade Flow")
            reporter = try place("Reporter Code", "Reporter ISO")
            partner = try place("Partner Code", "Partner ISO")
            value = try place("Trade Value (US$)")
            totals =
                total("2nd Partner Code", ["0", ""]) + total("Customs Proc. Code", ["C00", ""])
                + total("Mode of Transport Code", ["0", ""])
        case .comtrade:
            period = try place("period")
            edition = try place("classificationCode")
            commodity = try place("cmdCode")
            flow = try place("flowCode")
            reporter = try place("reporterCode", "reporterISO")
            partner = try place("partnerCode", "partnerISO")
            value = try place("primaryValue")
            kind = find("typeCode")
            totals =
                total("partner2Code", ["0", ""]) + total("customsCode", ["C00", ""]) + total("mosCode", ["0", ""])
                + total("motCode", ["0", ""])
        case .sdmxCSV:
            period = try place("TIME_PERIOD")
            edition = nil
            commodity = try place("COMMODITY_1")
            flow = try place("TRADE_FLOW")
            reporter = try place("REF_AREA")
            partner = try place("COUNTERPART_AREA_1")
            value = try place("OBS_VALUE")
            multiplier = find("UNIT_MULT")
            unit = find("CURRENCY") ?? find("UNIT_MEASURE")
            action = find("ACTION")
            status = find("OBS_STATUS")
            for name in ["COUNTERPART_AREA_2", "COMMODITY_2", "TRANSPORT_MODE_BORDER", "CUSTOMS_PROC"] {
                totals += total(name, ["_T", "_X", "_Z", "0", "C00", ""])
            }
        }
    }

    /// Names by which a header of each profile is known.
    private static let marks: [(TradeIngest.Profile, String)] = [
        (.comtradeLegacy, "Classification|Commodity Code|Trade Flow|Reporter|Partner|Partner Code|Trade Value (US$)"),
        (.comtrade, "refYear|period|classificationCode|cmdCode|flowCode|reporterCode|reporterISO|primaryValue"),
        (.sdmxCSV, "TIME_PERIOD|COMMODITY_1|TRADE_FLOW|REF_AREA|COUNTERPART_AREA_1|OBS_VALUE|UNIT_MULT"),
    ]

    /// The profile of which a header has most names; nil where it has not even three of any.
    static func profile(of header: [String]) -> TradeIngest.Profile? {
        let found = marks.map { profile, marks in
            let names = Set(header.map { plain($0, profile) })
            return (profile, count: marks.split(separator: "|").count { names.contains(plain(String($0), profile)) })
        }
        return found.max { $0.count < $1.count }.flatMap { $0.count >= 3 ? $0.0 : nil }
    }

    /// Names alike but for capitals, blanks, hyphens and underscores: comtradr writes `reporter_code` for `reporterCode`. SDMX
    /// writes a label behind a colon.
    private static func plain(_ name: String, _ profile: TradeIngest.Profile) -> String {
        let code = profile == .sdmxCSV ? name.prefix { $0 != ":" } : name[...]
        return code.lowercased().filter { $0.isLetter || $0.isNumber }
    }

    /// The code of `528: Netherlands`.
    func withoutLabel(_ cell: String) -> String {
        guard profile == .sdmxCSV, let colon = cell.firstIndex(of: ":") else { return cell }
        return ColumnFacts.trimmed(String(cell[..<colon]))
    }

    /// Direction, and whether the goods come or go again. Comtrade's legacy codes: 3 re-export, 4 re-import.
    func flow(_ code: String) -> (flow: String, isAgain: Bool)? {
        switch code {
        case "2", "X", "EXPORT", "EXPORTS": ("X", false)
        case "1", "M", "IMPORT", "IMPORTS": ("M", false)
        case "3", "RX", "RE-EXPORT", "RE-EXPORTS": ("X", true)
        case "4", "RM", "RE-IMPORT", "RE-IMPORTS": ("M", true)
        default: nil
        }
    }
}
