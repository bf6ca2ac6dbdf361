public import Domains
import VectorMath

/// How many rows of a table break a rule, and which is the first. It quotes the owner's table, so it is for the owner only.
public struct RuleFinding: Sendable, Equatable, Codable {
    /// The rule in words.
    public var rule: String
    public var rows: Int
    /// As a spreadsheet numbers it: the header is row 1.
    public var firstRow: Int

    public init(rule: String, rows: Int, firstRow: Int) {
        self.rule = rule
        self.rows = rows
        self.firstRow = firstRow
    }
}

extension RuleFinding: CustomStringConvertible {
    /// What the owner reads beside the other warnings.
    var warning: TableWarning {
        TableWarning(
            code: "rule_broken",
            text: "\(description). Correct them, or the rule: no synthetic row will be like them")
    }

    public var description: String {
        "\(rows) \(rows == 1 ? "row breaks" : "rows break") the rule \(rule); the first is row \(firstRow)"
    }
}

/// Holds rules against the rows of one party's table while they are read, on the owner's own machine.
///
/// Rows that break a rule are taken all the same: they are measured as they are, and no synthetic row is like them.
public struct RuleCheck: Sendable {
    private let rules: RowRules
    private let texts: [String]
    private var counts: [(rows: Int, first: Int)]
    /// For each check of the rules the rule that it is of.
    private let owners: [Int]

    /// - Parameters:
    ///   - domain: of the party's own table.
    ///   - rules: under the table's own column names.
    /// - Throws: what is wrong with them.
    public init(_ rules: [Rule], domain: TableDomain) throws(RuleProblems) {
        let obeying = try domain.obeying(rules)
        self.rules = try RowRules(obeying)
        texts = rules.map(\.description)
        counts = rules.map { _ in (0, 0) }
        owners = rules.enumerated().flatMap { place, rule -> [Int] in
            switch rule {
            case .order(let columns): [Int](repeating: place, count: columns.count - 1)
            case .never, .differ: [place]
            case .ratio, .sum, .logPoints: []
            }
        }
    }

    /// What was found, in the order of the rules.
    public var findings: [RuleFinding] {
        zip(texts, counts).compactMap { $1.rows > 0 ? RuleFinding(rule: $0, rows: $1.rows, firstRow: $1.first) : nil }
    }

    /// Looks at the rows of a block.
    ///
    /// - Parameters:
    ///   - reader: which field is which column, and how it is written.
    ///   - row: the row of the file that a row of the block is.
    mutating func read(_ grid: some RowBlock, of reader: RowReader, row: (Int) -> Int) {
        var fields = [Int?](repeating: nil, count: rules.domain.columns.count)
        for (field, role) in reader.roles.enumerated() {
            if case .column(let column) = role { fields[column] = field }
        }
        let engine = RuleEngine(rules)
        var one = RuledRow(columns: fields.count)
        for place in 0..<grid.rows {
            guard load(grid, place, fields, reader.writings, into: &one) else { continue }
            var broken: Set<Int> = []
            for (check, owner) in zip(rules.checks, owners) where engine.breaks(check, one) { broken.insert(owner) }
            for (place, rule) in rules.domain.rules.enumerated() where breaks(rule, one) { broken.insert(place) }
            for rule in broken {
                if counts[rule].rows == 0 { counts[rule].first = row(place) }
                counts[rule].rows += 1
            }
        }
    }

    /// The codes and numbers of a row; false where a value lies outside the domain, which is reported elsewhere.
    private func load(
        _ grid: some RowBlock, _ place: Int, _ fields: [Int?], _ writings: [Int: CellText], into row: inout RuledRow
    ) -> Bool {
        for (column, domain) in rules.domain.columns.enumerated() {
            row.values[column] = nil
            guard let field = fields[column] else { continue }
            let cell = grid.withField(row: place, column: field) { bytes in
                // A text that means a missing value stands as it is.
                let plain = writings[column].flatMap { $0.plain(bytes) }
                let code = writings[column].map { domain.code(of: bytes, written: $0) } ?? domain.code(of: bytes)
                return (code: code, text: String(decoding: plain ?? Array(bytes), as: UTF8.self))
            }
            guard let code = cell.code else { return false }
            let text = cell.text
            row.codes[column] = code
            guard rules.points[column] != nil, code < domain.valueCount else { continue }
            let plain = String(text.drop { $0 == " " || $0 == "\t" })
            row.values[column] =
                domain.type == .date
                ? CalendarDate.day(of: String(plain.prefix(10))).map { ExactDecimal(digits: Int64($0), exponent: 0) }
                : ExactDecimal(text: plain) ?? DecimalText.number(of: plain).flatMap { ExactDecimal($0) }
        }
        return true
    }

    private func breaks(_ rule: Rule, _ row: RuledRow) -> Bool {
        func value(_ name: String) -> ExactDecimal? { rules.domain.index(of: name).flatMap { row.values[$0] } }
        switch rule {
        case .sum(let column, let terms):
            var total: ExactDecimal? = ExactDecimal(digits: 0, exponent: 0)
            for term in terms {
                guard let part = value(term.column) else { return false }
                total = total.flatMap { $0.adding(term.isSubtracted ? part.negated : part) }
            }
            // The last bits of another program's arithmetic do not count.
            guard let found = value(column), let total else { return false }
            return abs(total.number - found.number) > 1e-9 * max(1, abs(found.number))
        case .ratio(let name, let numerator, let denominator, _):
            guard let own = rules.domain.index(of: name), case .bins(let binning) = rules.domain.columns[own].cells,
                let one = value(numerator), let other = value(denominator), other.digits != 0
            else { return false }
            let quotient = one.number / other.number
            return quotient < binning.starts[0] || quotient > binning.maximum
        case .order, .never, .logPoints, .differ: return false
        }
    }
}
