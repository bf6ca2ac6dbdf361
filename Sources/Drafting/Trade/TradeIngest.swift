internal import Domains
internal import Tables
public import Tasks
internal import VectorMath

/// Turns published layouts of merchandise trade into an office's table for a mirror join. It runs on the provider's own
/// machine, like a draft.
///
/// A row of the table is one flow: `key` (period, edition, commodity, exporter, importer, joined by `|`), the same five as
/// columns, `flow` (X where the office exports, M where it imports), `trade_value_usd`, and beside it, kept apart,
/// `re_value_usd`: re-exports of an exporter, re-imports of an importer. Editions of the Harmonised System stand in the key
/// and are never mixed. Every layout gives the same key for the same flow.
///
/// Each row of the file is taken, or left out for a reason that is counted with its value, or it stops the reading.
public struct TradeIngest: Sendable {
    /// How the file is laid out.
    public enum Profile: String, Sendable, CaseIterable {
        /// The 22 columns of Comtrade downloads before 2023.
        case comtradeLegacy = "comtrade-legacy"
        /// The 47 columns since; also with the names that the R package comtradr gives them.
        case comtrade
        /// SDMX-CSV of the structure UNSD:IMTS.
        case sdmxCSV = "sdmx-csv"
    }

    /// The columns of the table, in order.
    public static let columns = [
        "key", "period", "edition", "cmd_code", "exporter", "importer", "flow", "trade_value_usd", "re_value_usd",
    ]

    /// Rows that were not taken for one reason.
    public struct LeftOut: Sendable {
        public internal(set) var rows = 0
        /// What they are worth, in US dollars, as far as they say.
        public internal(set) var value = 0.0
        /// The first of them.
        public internal(set) var firstRow: Int
    }

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
    public private(set) var reasons: [String: LeftOut] = [:]
    /// What was mended, by sentence, with how often and where first.
    public private(set) var mended: [String: (count: Int, example: String)] = [:]
    /// How the files are laid out, where not plainly.
    public private(set) var notes: [String] = []
    /// Offices that the files have, with their rows.
    public private(set) var reporters: [String: Int] = [:]
    /// Flows of all commodities together, each with its first row.
    private var totalRows: [Flow: Int] = [:]
    /// How many digits the commodity codes have, and the periods.
    private var levels: Set<Int> = []
    private var periods: Set<Int> = []
    /// Rows that became part of a flow, and their value.
    public private(set) var taken = (rows: 0, value: 0.0)

    /// A table without rows yet.
    public init(profile: Profile, office: String) {
        self.profile = profile
        self.office = office.uppercased()
    }

    /// Rows that are no flow between this office and another country, by reason.
    public var leftOut: [String: Int] { reasons.mapValues(\.rows) }

    /// Takes a file in.
    ///
    /// - Throws: if the layout is not the profile's, a code is not of these files, or a flow stands twice with two values.
    public mutating func add(csv bytes: [UInt8]) throws(TaskError) {
        try add(LocalTableFile(bytes: bytes, name: "the file"))
    }

    /// Takes a file in, however it is laid out.
    public mutating func add(_ file: LocalTableFile) throws(TaskError) {
        guard ComtradeArea.letters.contains(office) else {
            throw .unusableDraft("There is no office \"\(office)\": write three letters of ISO 3166, such as NLD.")
        }
        do {
            let layout = try file.recognised()
            notes += layout.notes.map { "\(file.name): \($0)" }
            let receiver = TradeRecords(self, file: file.name)
            try file.records(layout.dialect, into: receiver)
            self = receiver.ingest
            leaveTotals()
        } catch let error as TaskError {
            throw error
        } catch {
            throw .unusableDraft("\(error)")
        }
    }

    /// That there is something to write.
    ///
    /// - Throws: where no flow was taken, with the offices that the files have.
    public func check() throws(TaskError) {
        guard values.isEmpty else { return }
        let known = reporters.sorted { ($1.value, $0.key) < ($0.value, $1.key) }.prefix(12).map(\.key)
        let found =
            reporters[office] == nil
            ? "they have rows of \(known.isEmpty ? "no office" : known.joined(separator: ", "))"
            : "all \(reporters[office] ?? 0) rows of \(office) were left out"
        throw .unusableDraft("The files hold no flow of \(office): \(found).")
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

    /// Where the same trade stands several times, on several levels; nil where it does not.
    public var mixture: String? {
        var mixed: [String] = []
        if levels.count > 1 {
            mixed.append("commodity codes of \(levels.sorted().map(String.init).joined(separator: ", ")) signs")
        }
        if periods.count > 1 { mixed.append("years and months") }
        guard !mixed.isEmpty else { return nil }
        return
            "The files hold \(mixed.joined(separator: ", and ")): the same trade stands in several rows. Keep one level."
    }

    // MARK: - One row

    /// - Throws: where a row cannot be taken for what it says.
    mutating func add(_ layout: TradeLayout, row: Int, file: String, _ cell: (Int?) -> String) throws(TaskError) {
        func refused(_ what: String) -> TaskError { .unusableDraft("\(file): row \(row): \(what)") }
        func text(_ column: Int?) -> String { layout.withoutLabel(ColumnFacts.trimmed(cell(column))) }
        let reporter = Self.code(text(layout.reporter))
        let amount = try amount(layout, text, refused)
        let office = try area(reporter, refused)
        guard case .country(let name) = office else {
            return leave("the reporter is \(reporter), which is no country", amount, row)
        }
        reporters[name, default: 0] += 1
        guard name == self.office else { return leave("of another reporter", amount, row) }
        if let kind = layout.kind, ["S", "SERVICES"].contains(text(kind).uppercased()) {
            return leave("services, no goods (typeCode \(text(kind)))", amount, row)
        }
        for total in layout.totals where !total.values.contains(Self.code(text(total.column))) {
            return leave("a part of a total: \(total.name) is \(text(total.column))", amount, row)
        }
        if let action = layout.action, ["D", "DELETE"].contains(text(action).uppercased()) {
            return leave("to be deleted (ACTION D)", amount, row)
        }
        if let status = layout.status, ["M", "L", "O"].contains(text(status).uppercased()) {
            return leave("missing (OBS_STATUS \(text(status)))", amount, row)
        }
        guard let (flow, isAgain) = layout.flow(text(layout.flow).uppercased()) else {
            return leave("another kind of flow: \(text(layout.flow))", amount, row)
        }
        let partner = Self.code(text(layout.partner))
        let other: String
        switch try area(partner, refused) {
        case .country(let letters): other = letters
        case .world: return leave("the partner is the world", amount, row)
        case .unnamed: return leave("the partner is an area that is not named: \(partner)", amount, row)
        case .unknown: return leave("the partner is an area that is not known: \(partner)", amount, row)
        }
        guard other != self.office else { return leave("the partner is the office itself", amount, row) }
        if let unit = layout.unit, !["USD", "", "_Z", "_X", "USD_V", "VAL_USD"].contains(text(unit).uppercased()) {
            let word = text(unit).uppercased()
            guard CodeList.codes(of: "iso-4217-2024")?.contains(word) == true else {
                return leave("measured in \(text(unit)), not in money", amount, row)
            }
            throw refused("the value is in \(word): convert it to US dollars at a rate that all offices agree on")
        }
        guard let amount else { return leave("there is no value", nil, row) }
        guard amount >= 0, amount < 9e15 else { return leave("the value is below zero or beyond any trade", nil, row) }
        let (edition, commodity) = try commodity(layout, text, row, refused)
        let line = Flow(
            period: try period(text(layout.period), refused), edition: edition, commodity: commodity,
            exporter: flow == "X" ? self.office : other, importer: flow == "X" ? other : self.office, flow: flow)
        let whole = Int(amount.rounded())
        var both = values[line] ?? [-1, -1]
        let place = isAgain ? 1 : 0
        guard both[place] < 0 else {
            guard both[place] == whole else {
                throw refused(
                    "the flow \(line.key) stands twice in the file, with \(both[place]) and \(whole) dollars. Keep one "
                        + "line a flow.")
            }
            return leave("the same row again", nil, row)
        }
        both[place] = whole
        values[line] = both
        if Self.isTotal(commodity) { totalRows[line] = totalRows[line] ?? row }
        levels.insert(line.commodity.utf8.count)
        periods.insert(line.period.utf8.count)
        taken.rows += 1
        taken.value += amount
    }

    /// Totals of commodities leave where the same flows stand by their commodities too, so that no trade is counted twice.
    private mutating func leaveTotals() {
        func kind(_ line: Flow) -> [String] { [line.period, line.edition, line.flow] }
        let detailed = Set(values.keys.filter { totalRows[$0] == nil }.map(kind))
        for (line, row) in totalRows.sorted(by: { $0.value < $1.value }) where detailed.contains(kind(line)) {
            for value in values.removeValue(forKey: line) ?? [] where value >= 0 {
                leave("a total of commodities: \(line.commodity)", Double(value), row)
                taken.rows -= 1
                taken.value -= Double(value)
            }
            totalRows[line] = nil
        }
        levels = Set(values.keys.map { $0.commodity.utf8.count })
    }

    private mutating func leave(_ reason: String, _ amount: Double?, _ row: Int) {
        var left = reasons[reason] ?? LeftOut(firstRow: row)
        left.rows += 1
        left.value += amount.map { $0.isFinite ? max(0, $0) : 0 } ?? 0
        reasons[reason] = left
    }

    private mutating func mend(_ what: String, _ example: String) {
        mended[what] = ((mended[what]?.count ?? 0) + 1, mended[what]?.example ?? example)
    }

    /// A code as these files mean it: `842.0` is 842, as a spreadsheet writes it that took the column for numbers.
    private static func code(_ text: String) -> String {
        guard let point = text.firstIndex(of: "."), text[text.index(after: point)...].allSatisfy({ $0 == "0" }) else {
            return text
        }
        return String(text[..<point])
    }

    private enum Area {
        case country(String)
        case world, unnamed, unknown
    }

    private func area(_ text: String, _ refused: (String) -> TaskError) throws(TaskError) -> Area {
        let word = text.uppercased()
        guard let code = Int(word) else {
            if ComtradeArea.letters.contains(word) { return .country(word) }
            if let letters = ComtradeArea.letters(ofTwo: word) { return .country(letters) }
            if ["W", "W0", "W00", "W1", "WLD", "_T", "WORLD", "1W"].contains(word) { return .world }
            return word.hasPrefix("_") ? .unnamed : .unknown
        }
        if let other = ComtradeArea.replaced[code] {
            throw refused(
                "the area \(code) is M49's; these files write \(other). Check that the file is of this profile.")
        }
        if code == 0 { return .world }
        if let letters = ComtradeArea.codes[code] { return .country(letters) }
        return ComtradeArea.unnamed.contains(code) ? .unnamed : .unknown
    }

    /// The value in dollars, its multiplier applied; infinite where no number holds it, nil where there is none.
    private mutating func amount(
        _ layout: TradeLayout, _ text: (Int?) -> String, _ refused: (String) -> TaskError
    ) throws(TaskError) -> Double? {
        let written = text(layout.value)
        guard !written.isEmpty, !ColumnFacts.missingWords.contains(written.lowercased()) else { return nil }
        var value = NumberSpelling.value(written, CellWriting())
        if value == nil {
            for group in CellWriting.groupChars where group != "." {
                value = value ?? NumberSpelling.value(written, CellWriting(groupChar: group))
            }
            // So large that no number holds it: a reason of its own, and no flaw of the file's layout.
            if value == nil, let beyond = Double(written), !beyond.isFinite { return beyond }
            if value == nil {
                for group in [nil] + CellWriting.groupChars.filter({ $0 != "," }).map(Optional.some) {
                    value =
                        value
                        ?? NumberSpelling.value(
                            written, CellWriting(decimalChar: UInt8(ascii: ","), groupChar: group))
                }
                guard value != nil else { throw refused("the value \"\(written.prefix(40))\" is no number") }
                mend("values with a decimal comma were read so", written)
            } else {
                mend("values with grouped digits were read as one number", written)
            }
        }
        let multiplier = text(layout.multiplier)
        guard let number = value else { return nil }
        guard !multiplier.isEmpty else { return number }
        guard let power = Int(Self.code(multiplier)), (-15...15).contains(power) else {
            throw refused("UNIT_MULT is \"\(multiplier)\", and should be a whole number from -15 to 15")
        }
        return (0..<abs(power)).reduce(number) { value, _ in power < 0 ? value / 10 : value * 10 }
    }

    /// TOTAL, AG2, AG4 and AG6 are sums of the other commodities' rows.
    private static func isTotal(_ commodity: String) -> Bool {
        let word = commodity.split(separator: "_").last.map { $0.uppercased() } ?? ""
        return ["TOTAL", "ALL", "T", "AG1", "AG2", "AG3", "AG4", "AG5", "AG6"].contains(word)
    }

    /// 2022, 202203: as Comtrade writes them, whichever layout.
    private func period(_ text: String, _ refused: (String) -> TaskError) throws(TaskError) -> String {
        let period = Self.code(text)
        let digits = period.filter { $0 != "-" && $0 != "M" }
        let isMonth = digits.utf8.count == 6 && ("01"..."12").contains(String(digits.suffix(2)))
        guard digits.utf8.allSatisfy({ (48...57).contains($0) }), isMonth || digits.utf8.count == 4 else {
            if period.contains("Q"), period.utf8.count <= 7 { return period.filter { $0 != "-" } }
            throw refused("\"\(text.prefix(40))\" is no period: a year, or a year and a month such as 202203")
        }
        return digits
    }

    private mutating func commodity(
        _ layout: TradeLayout, _ text: (Int?) -> String, _ row: Int, _ refused: (String) -> TaskError
    ) throws(TaskError) -> (edition: String, commodity: String) {
        var edition = text(layout.edition).uppercased()
        var commodity = Self.code(text(layout.commodity))
        if layout.edition == nil, let dash = commodity.firstIndex(of: "_") {
            // SDMX: HS2017_27.
            let name = String(commodity[..<dash])
            edition = Self.editions[name.uppercased()] ?? name
            commodity = String(commodity[commodity.index(after: dash)...])
        }
        if let short = Self.editions[edition] { edition = short }
        guard !commodity.isEmpty else { throw refused("there is no commodity code") }
        let isHarmonised = edition.isEmpty || edition.hasPrefix("H")
        guard isHarmonised else { return (edition, commodity) }
        guard commodity.utf8.allSatisfy({ (48...57).contains($0) }) else {
            if NumberSpelling.isPlain(commodity) {
                throw refused(
                    "the commodity \"\(commodity)\" is a number that a spreadsheet rounded: export the column as text")
            }
            return (edition, commodity)
        }
        // Codes of the Harmonised System have 2, 4 or 6 digits: one too few is a zero that was lost.
        if [1, 3, 5].contains(commodity.utf8.count) {
            guard Self.harmonised.contains("0" + commodity) else {
                throw refused(
                    "the commodity code \"\(commodity)\" has \(commodity.utf8.count) digits, and with a zero in front it is in "
                        + "no edition of the Harmonised System: export the column as text")
            }
            mend("commodity codes that had lost a zero were filled", "\(commodity) became 0\(commodity), row \(row)")
            commodity = "0" + commodity
        }
        return (edition, commodity)
    }

    /// The codes of all editions and levels.
    private static let harmonised = Set(
        CodeList.descriptions.filter { $0.name.hasPrefix("hs-") }.flatMap { CodeList.codes(of: $0.name) ?? [] })

    private static let editions = [
        "HS1988": "H0", "HS1992": "H0", "HS1996": "H1", "HS2002": "H2", "HS2007": "H3", "HS2012": "H4", "HS2017": "H5",
        "HS2022": "H6",
    ]
}
