/// Turns published layouts of merchandise trade into an office's table for a mirror join. It runs on the provider's own
/// machine, like a draft.
///
/// A row of the table is one flow: `key` (period, edition, commodity, exporter, importer, joined by `|`), the same five as
/// columns, `flow` (X where the office exports, M where it imports), `trade_value_usd`, and beside it, kept apart,
/// `re_value_usd`: re-exports of an exporter, re-imports of an importer. Editions of the Harmonised System stand in the key
/// and are never mixed.
public struct TradeIngest: Sendable {
    /// How the file is laid out.
    public enum Profile: String, Sendable, CaseIterable {
        /// The 22 columns of Comtrade downloads before 2023.
        case comtradeLegacy = "comtrade-legacy"
        /// The 47 columns since.
        case comtrade
        /// SDMX-CSV of the structure UNSD:IMTS.
        case sdmxCSV = "sdmx-csv"
    }

    /// The columns of the table, in order.
    public static let columns = [
        "key", "period", "edition", "cmd_code", "exporter", "importer", "flow", "trade_value_usd", "re_value_usd",
    ]

    /// One line of an office's table.
    struct Flow: Hashable {
        var period: String
        var edition: String
        var commodity: String
        var exporter: String
        var importer: String
        var flow: String

        var key: String { [period, edition, commodity, exporter, importer].joined(separator: "|") }
    }

    /// How the files that are taken in are laid out.
    public let profile: Profile
    /// Three letters: only what this office reports is taken.
    public let office: String
    private var values: [Flow: [Int]] = [:]
    /// Rows that are no flow between this office and another country, by reason.
    public private(set) var leftOut: [String: Int] = [:]

    /// A table without rows yet.
    public init(profile: Profile, office: String) {
        self.profile = profile
        self.office = office
    }

    /// Takes a file in.
    ///
    /// - Throws: if the layout is not the profile's, a code is not of these files, or a flow stands twice.
    public mutating func add(csv bytes: [UInt8]) throws(TaskError) {
        let table = try SampleTable(csv: bytes, rows: Int.max - 1)
        let layout = try Layout(profile, header: table.header)
        for row in 0..<table.rowCount {
            func cell(_ column: Int?) -> String { column.map { table.columns[$0][row] } ?? "" }
            try add(layout, row: row + 2, cell)
        }
    }

    /// The table with some of its columns, one line a flow, sorted by key.
    public func csv(columns: [String] = TradeIngest.columns) -> String {
        var text = columns.joined(separator: ",") + "\n"
        for (flow, values) in values.sorted(by: { ($0.key.key, $0.key.flow) < ($1.key.key, $1.key.flow) }) {
            let cells: [String: String] = [
                "key": flow.key, "period": flow.period, "edition": flow.edition, "cmd_code": flow.commodity,
                "exporter": flow.exporter, "importer": flow.importer, "flow": flow.flow,
                "trade_value_usd": values[0] < 0 ? "" : String(values[0]),
                "re_value_usd": values[1] < 0 ? "" : String(values[1]),
            ]
            text += columns.map { cells[$0] ?? "" }.joined(separator: ",") + "\n"
        }
        return text
    }

    /// Flows that were taken in.
    public var rowCount: Int { values.count }

    private mutating func add(_ layout: Layout, row: Int, _ cell: (Int?) -> String) throws(TaskError) {
        let reporter = try area(cell(layout.reporter), row: row)
        guard reporter == office else { return leave("of another reporter") }
        for (column, total) in layout.totals where !total.contains(cell(column)) {
            return leave("a part of a total (transport, customs or second partner)")
        }
        guard let (flow, isAgain) = layout.flow(cell(layout.flow)) else { return leave("another kind of flow") }
        guard let partner = try area(cell(layout.partner), row: row), partner != office else {
            return leave("the partner is the world, an unnamed area or the office itself")
        }
        guard let value = Self.wholeDollars(cell(layout.value)), value >= 0 else {
            return leave("there is no value")
        }
        let line = Flow(
            period: cell(layout.period), edition: cell(layout.edition), commodity: cell(layout.commodity),
            exporter: flow == "X" ? office : partner, importer: flow == "X" ? partner : office, flow: flow)
        var both = values[line] ?? [-1, -1]
        guard both[isAgain ? 1 : 0] < 0 else {
            throw .unusableDraft("Row \(row): the flow \(line.key) stands twice in the file. Keep one line a flow.")
        }
        both[isAgain ? 1 : 0] = value
        values[line] = both
    }

    private mutating func leave(_ reason: String) { leftOut[reason, default: 0] += 1 }

    /// The letters of a numeric area code; nil for the world and for unnamed areas.
    private func area(_ text: String, row: Int) throws(TaskError) -> String? {
        guard let code = Int(text) else {
            return text.count == 3 && ComtradeArea.codes.values.contains(text) ? text : nil
        }
        if let other = ComtradeArea.replaced[code] {
            throw .unusableDraft(
                "Row \(row): the area \(code) is M49's; these files write \(other). Check that the file is of this profile."
            )
        }
        return ComtradeArea.codes[code]
    }

    /// A decimal number to the nearest whole one.
    private static func wholeDollars(_ text: String) -> Int? {
        if let whole = Int(text) { return whole }
        guard let value = Double(text), value.isFinite, abs(value) < 9e15 else { return nil }
        return Int(value.rounded())
    }
}

/// Where a profile keeps what.
private struct Layout {
    var period: Int
    var edition: Int?
    var commodity: Int
    var flow: Int
    var reporter: Int
    var partner: Int
    var value: Int
    /// Columns that must say "total", with the words for it.
    var totals: [(column: Int, values: Set<String>)] = []

    init(_ profile: TradeIngest.Profile, header: [String]) throws(TaskError) {
        func place(_ name: String) throws(TaskError) -> Int {
            guard let place = header.firstIndex(of: name) else {
                throw .unusableDraft(
                    "The file has no column \"\(name)\", which the profile \(profile.rawValue) has. Choose another profile."
                )
            }
            return place
        }
        switch profile {
        case .comtradeLegacy:
            period = try place("Period")
            edition = try place("Classification")
            commodity = try place("Commodity Code")
            flow = try place("Trade Flow Code")
            reporter = try place("Reporter Code")
            partner = try place("Partner Code")
            value = try place("Trade Value (US$)")
        case .comtrade:
            period = try place("period")
            edition = try place("classificationCode")
            commodity = try place("cmdCode")
            flow = try place("flowCode")
            reporter = try place("reporterCode")
            partner = try place("partnerCode")
            value = try place("primaryValue")
            for (name, values) in [
                ("partner2Code", ["0", ""]), ("customsCode", ["C00", ""]), ("mosCode", ["0", ""]),
                ("motCode", ["0", ""]),
            ] { if let column = header.firstIndex(of: name) { totals.append((column, Set(values))) } }
        case .sdmxCSV:
            period = try place("TIME_PERIOD")
            edition = nil
            commodity = try place("COMMODITY_1")
            flow = try place("TRADE_FLOW")
            reporter = try place("REF_AREA")
            partner = try place("COUNTERPART_AREA_1")
            value = try place("OBS_VALUE")
            for name in ["COUNTERPART_AREA_2", "COMMODITY_2", "TRANSPORT_MODE_BORDER", "CUSTOMS_PROC"] {
                if let column = header.firstIndex(of: name) {
                    totals.append((column, ["_T", "_X", "_Z", "0", "C00", ""]))
                }
            }
        }
    }

    /// Direction, and whether the goods come or go again. Comtrade's legacy codes: 3 re-export, 4 re-import.
    func flow(_ code: String) -> (flow: String, isAgain: Bool)? {
        switch code {
        case "2", "X": ("X", false)
        case "1", "M": ("M", false)
        case "3", "RX": ("X", true)
        case "4", "RM": ("M", true)
        default: nil
        }
    }
}
