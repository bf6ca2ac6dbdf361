import Domains

/// One column of a table: its code as an expression of its value, which says what the reader of files says of the same value.
struct ColumnSQL {
    let column: ColumnDomain
    let type: SparkType
    /// The expression for a value's code; NULL for a value outside the domain.
    let code: String
    /// The value `v0`, `v1`… as a `DOUBLE`, of a column of intervals.
    let number: String?
    /// Texts that are looked up by a join, where there are more of them than a CASE takes; with the join's name.
    let dictionary: (name: String, entries: [(text: String, code: Int)], key: String)?

    /// Beyond so many texts a table of them is joined.
    private static let mostCases = 64

    /// - Parameters:
    ///   - value: the column of the rows.
    ///   - place: its number.
    /// - Throws: `type` where the schema asks for what such a column does not hold.
    init(_ column: ColumnDomain, type: SparkType, value: String, place: Int, table: String) throws(SparkError) {
        self.column = column
        self.type = type
        func mismatch(_ expected: String) -> SparkError {
            .type(table: table, column: column.name, is: type.name.lowercased(), expected: expected)
        }
        let isText = column.type == .string || column.type == .boolean
        var dictionary: (name: String, entries: [(text: String, code: Int)], key: String)?
        var cases: String
        switch (type, column.cells) {
        case (.truth, .listed):
            let codes = ["true", "false"].map { column.code(of: $0).map(String.init) ?? "NULL" }
            cases = "CASE WHEN \(value) THEN \(codes[0]) ELSE \(codes[1]) END"
        case (.text, .listed) where isText, (.whole, .listed) where column.type == .string,
            (.date, .listed) where column.type == .date:
            let text = type == .text ? value : "CAST(\(value) AS STRING)"
            let entries = Self.texts(of: column)
            let other = column.otherCode.map(String.init) ?? "NULL"
            // Blanks around a text do not count, unless it is listed with them.
            let plain = entries.filter { Self.trimmed($0.text) == $0.text }
            let exact = entries.filter { Self.trimmed($0.text) != $0.text }
            let key = "trim(BOTH ' \\t' FROM \(text))"
            if plain.count > Self.mostCases {
                dictionary = ("d\(place)", plain, key)
                cases = "coalesce(d\(place).code, \(other))"
            } else if plain.isEmpty {
                cases = other
            } else {
                // One look-up: a CASE would work out what is compared once for each text.
                let texts = plain.map { SQLText.text($0.text) }.joined(separator: ", ")
                let codes = plain.map { "\($0.code)" }.joined(separator: ", ")
                cases =
                    "element_at(array(\(other), \(codes)), CAST(array_position(array(\(texts)), \(key)) AS INT) + 1)"
            }
            if !exact.isEmpty {
                let whens = exact.map { "WHEN \(SQLText.text($0.text)) THEN \($0.code)" }.joined(separator: " ")
                cases = "CASE \(text) \(whens) ELSE \(cases) END"
            }
        case (.date, .units(let lower, let count)) where column.type == .date:
            let day = "unix_date(\(value))"
            cases =
                "CASE WHEN \(day) BETWEEN \(lower) AND \(lower + count - 1) THEN \(day) - (\(lower)) ELSE "
                + "\(column.otherCode.map(String.init) ?? "NULL") END"
        case (.date, .bins(let binning)) where column.type == .date:
            cases = Self.cells(
                "CAST(unix_date(\(value)) AS DOUBLE)", binning, else: column.otherCode.map(String.init) ?? "NULL")
        case (.whole, _), (.number, _), (.decimal, _):
            guard column.type == .integer || column.type == .number else { throw mismatch(Self.words(column)) }
            let number = type == .number ? value : "CAST(\(value) AS DOUBLE)"
            cases = Self.numbers(column, number)
        default: throw mismatch(Self.words(column))
        }
        let missing = (column.missingCode ?? column.code(of: "")).map(String.init) ?? "NULL"
        code = "CASE WHEN \(value) IS NULL THEN \(missing) ELSE \(cases) END"
        self.dictionary = dictionary
        number =
            !column.isBinned
            ? nil : type == .date ? "CAST(unix_date(v\(place)) AS DOUBLE)" : "CAST(v\(place) AS DOUBLE)"
    }

    /// The code of a number that is a `DOUBLE`.
    private static func numbers(_ column: ColumnDomain, _ number: String) -> String {
        // Texts that are numbers mean these numbers; all others are in no column of numbers.
        var whens: [String] = []
        for (text, code) in texts(of: column) {
            if let value = DecimalText.number(of: text) {
                whens.append("WHEN \(number) = \(SQLText.number(value)) THEN \(code)")
            }
        }
        if let missing = column.missingCode, column.code(of: "nan") == missing {
            whens.append("WHEN isnan(\(number)) THEN \(missing)")
        }
        let other = column.otherCode.map(String.init) ?? "NULL"
        let rest = whens.isEmpty ? other : "CASE \(whens.joined(separator: " ")) ELSE \(other) END"
        switch column.cells {
        case .listed: return rest
        case .units(let lower, let count):
            return
                "CASE WHEN \(number) BETWEEN \(lower) AND \(lower + count - 1) AND \(number) = floor(\(number)) THEN "
                + "CAST(\(number) AS BIGINT) - (\(lower)) ELSE \(rest) END"
        case .bins(let binning): return cells(number, binning, else: rest)
        }
    }

    /// The interval of a number.
    private static func cells(_ number: String, _ binning: Binning, else rest: String) -> String {
        let whole = binning.isWhole ? " AND \(number) = floor(\(number))" : ""
        return
            "CASE WHEN \(number) BETWEEN \(SQLText.number(binning.starts[0])) AND \(SQLText.number(binning.maximum))\(whole) "
            + "THEN \(SQLText.lastNotAbove(number, among: binning.starts[...])) ELSE \(rest) END"
    }

    /// Every text that the domain declares, with the code that the reader of files gives it.
    private static func texts(of column: ColumnDomain) -> [(text: String, code: Int)] {
        var texts: [String] = []
        if case .listed(let listed, let accepted, _) = column.cells { texts = listed + accepted.flatMap { $0 } }
        texts += [column.other].compactMap { $0 } + (column.missing ?? [])
        var known: Set<String> = []
        return texts.filter { known.insert($0).inserted }.compactMap { text in column.code(of: text).map { (text, $0) }
        }
    }

    private static func trimmed(_ text: String) -> String {
        var bytes = Array(text.utf8)[...]
        while let first = bytes.first, first == 0x20 || first == 0x09 { bytes.removeFirst() }
        while let last = bytes.last, last == 0x20 || last == 0x09 { bytes.removeLast() }
        return String(decoding: bytes, as: UTF8.self)
    }

    private static func words(_ column: ColumnDomain) -> String {
        switch column.type {
        case .string: "string or a whole number"
        case .boolean: "string or boolean"
        case .integer, .number: "a whole number, double or decimal"
        case .date: "date"
        }
    }

    /// Values of the domain as SQL writes them in a column of this type, each with its code and its place in the code's cell.
    var known: [KnownValue] {
        var values: [KnownValue] = []
        for code in 0..<column.size where code != column.otherCode {
            if column.isMissing(code) {
                if code == column.missingCode {
                    values.append(KnownValue(literal: "CAST(NULL AS \(type.name))", code: code))
                }
                continue
            }
            let text = column.text(of: code, fraction: 0.5)
            guard column.code(of: text) == code, fits(text) else { continue }
            // Proof: the bytes are lent whole, for one call.
            values.append(
                KnownValue(
                    literal: "CAST(\(SQLText.text(text)) AS \(type.name))", code: code,
                    place: Array(text.utf8).withUnsafeBytes { Int(column.place(of: $0)) }))
        }
        return values
    }

    /// Whether a text is a value of the type as it stands.
    private func fits(_ text: String) -> Bool {
        switch type {
        case .text: true
        case .truth: ["true", "false"].contains(text)
        case .whole: Int64(text).map { String($0) == text } ?? false
        case .date: CalendarDate.day(of: text) != nil
        case .number: DecimalText.number(of: text) != nil
        // What a decimal rounds away is another value.
        case .decimal(let name): Int64(text) != nil && name.contains(",0)") || Int16(text) != nil
        }
    }
}

/// A value of the known table.
struct KnownValue: Sendable {
    /// As SQL writes it.
    var literal: String
    var code: Int
    /// In the sense of `ColumnDomain.placeSteps`.
    var place = 0
}
