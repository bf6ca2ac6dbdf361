import Bytes
import Domains

/// Which column of the file is what.
package struct CSVHeader {
    enum Role: Hashable {
        /// The n-th part of the key.
        case key(Int)
        case column(Int)
        /// Declared but without a domain, without a name, or not declared at all (which is reported unless the schema
        /// says that files may have more columns).
        case ignored
    }

    let roles: [Role]
    /// What stands in the file and is not read: names, or places where there is no name.
    let unread: [String]
    let problems: [TableProblem]
    /// Whether rows can be read at all.
    let isReadable: Bool

    init(names: [String], domain: TableDomain, schema: TableSchema, key: KeyRule?, delimiter: UInt8, row: Int) {
        let keys = key?.columns ?? []
        let declared = keys + domain.columns.map(\.name)
        let derived = Set(domain.derivations.map { domain.columns[$0.column].name })
        var problems: [TableProblem] = []
        var roles: [Role] = []
        var unread: [String] = []
        var seen: Set<String> = []
        // Tabs and blanks are one in a name that is declared, and not where they separate.
        let first = names.first ?? ""
        let names = names.map { CSVHeader.declaredName($0, among: declared + schema.fields.map(\.name)) }

        if names.count == 1, declared.count > 1, !declared.contains(names[0]),
            let found = CSVHeader.otherDelimiter(first, delimiter)
        {
            problems.append(
                TableProblem(
                    code: "wrong_delimiter", row: row, value: String(names[0].prefix(80)),
                    expected: "columns separated by \(TableDialect.name(of: delimiter))",
                    hint:
                        "The file is separated by \(TableDialect.name(of: found)): declare `dialect: {delimiter: …}` below "
                        + "the table in the task, or save it again"
                ))
            self.roles = []
            self.unread = []
            self.problems = problems
            self.isReadable = false
            return
        }
        let declaredNames = Set(declared)
        let namesOfSchema = Set(schema.fields.map(\.name))
        // Who counts names wrongly hears it for the first ones; a file with far more columns is another file.
        let most = 4 * (namesOfSchema.count + keys.count) + 1_000
        guard names.count <= most else {
            self.roles = []
            self.unread = []
            self.problems = [
                TableProblem(
                    code: "undeclared_column", row: row, expected: "only the declared columns",
                    hint: "The file has \(names.count) columns, the task declares \(declaredNames.count)")
            ]
            self.isReadable = false
            return
        }
        let present = Set(names)
        if declared.allSatisfy({ !present.contains($0) }), names.contains(where: CSVHeader.isValue) {
            self.roles = []
            self.unread = []
            self.problems = [
                TableProblem(
                    code: "header", row: row, expected: "the column names \(CSVHeader.shortList(declared))",
                    hint:
                        "The row holds values where names should stand: write a header above the first row, or, if it is a title, declare "
                        + "in dialect.headerRows of the task which row holds the names")
            ]
            self.isReadable = false
            return
        }
        let absent = declared.filter { !present.contains($0) }
        if present.isDisjoint(with: declaredNames.union(namesOfSchema)),
            (1...max(1, declared.count)).contains(names.count { !$0.isEmpty }),
            !names.contains(where: { NearestWord.to($0, among: declared) != nil })
        {
            self.roles = []
            self.unread = []
            self.problems = [CSVHeader.stranger(names, declared, row: row)]
            self.isReadable = false
            return
        }
        let extra = names.filter { !declaredNames.contains($0) }
        let keyParts = Dictionary(keys.enumerated().map { ($1, $0) }, uniquingKeysWith: { first, _ in first })
        for (place, name) in names.enumerated() {
            if name.isEmpty {
                unread.append("column \(place + 1), which has no name")
                roles.append(.ignored)
                continue
            }
            guard seen.insert(name).inserted else {
                problems.append(
                    TableProblem(
                        code: "duplicate_column", row: row, column: name, expected: "each column once",
                        hint: "Remove or rename the second column of this name"))
                roles.append(.ignored)
                continue
            }
            if let part = keyParts[name] {
                roles.append(.key(part))
            } else if let column = domain.index(of: name) {
                roles.append(.column(column))
            } else {
                roles.append(.ignored)
                if schema.takesMoreColumns, !namesOfSchema.contains(name) {
                    unread.append("\"\(name.prefix(80))\"")
                } else if !namesOfSchema.contains(name) {
                    problems.append(
                        TableProblem(
                            code: "undeclared_column", row: row, column: String(name.prefix(80)),
                            expected: "only the declared columns: \(declared.joined(separator: ", "))",
                            hint: NearestWord.to(name, among: absent).map { "Did you mean \"\($0)\"?" }
                                ?? "Remove the column, declare it in the task, or let `entrepot prepare` drop it"))
                }
            }
        }
        for name in declared where !seen.contains(name) && !derived.contains(name) {
            let isKey = keyParts[name] != nil
            let near = NearestWord.to(name, among: extra)
            problems.append(
                TableProblem(
                    code: isKey ? "key_missing" : "missing_column", row: row, column: name,
                    expected: isKey
                        ? "the key column \"\(name)\""
                        : near == nil ? "every declared column" : "the declared column \"\(name)\"",
                    hint: near.map { "Did you mean the column \"\($0)\"?" }
                        ?? "Add the column to the file; its header has \(CSVHeader.shortList(names))"))
        }
        self.roles = roles
        self.unread = unread
        // A name that is nearly right explains most of the others.
        let isNear = { (problem: TableProblem) in problem.hint.hasPrefix("Did you mean") }
        self.problems = problems.filter(isNear) + problems.filter { !isNear($0) }
        self.isReadable = true
    }

    /// What is said of a row that has none of the declared names: one thing, and what to do.
    private static func stranger(_ names: [String], _ declared: [String], row: Int) -> TableProblem {
        let isComment = names.first.map { $0.hasPrefix("#") || $0.hasPrefix("%") || $0.hasPrefix("!") } ?? false
        return TableProblem(
            code: "header", row: row, value: String(names.filter { !$0.isEmpty }.joined(separator: ", ").prefix(80)),
            expected: "the column names \(shortList(declared))",
            hint: "Row \(row) has none of them. "
                + (isComment
                    ? "If it is a comment, declare dialect.commentChar in the task"
                    : "If it is a title, declare in dialect.headerRows of the task which row holds the names")
                + ", or let `entrepot prepare` leave it out; if the columns are called otherwise, rename them")
    }

    /// The name as it is declared: as the file writes it, or, where nothing of that name is declared, without blanks at its
    /// ends and with one blank for every run of blanks and line breaks.
    static func declaredName(_ name: String, among declared: [String]) -> String {
        declared.contains(name) ? name : plainName(name)
    }

    /// A name without blanks at its ends, and one blank for every run of blanks and line breaks.
    package static func plainName(_ name: String) -> String {
        guard name.contains(where: \.isWhitespace) else { return name }
        return name.split(whereSeparator: \.isWhitespace).joined(separator: " ")
    }

    /// Whether what stands in a header is a number, a date or an address, and no year as wide tables have them.
    package static func isValue(_ name: String) -> Bool {
        let name = name.trimmed
        if name.utf8.count == 4, let year = Int(name), (1800...2199).contains(year) { return false }
        return RecognisedLayout.isFigure(name) || name.contains("@")
    }

    /// A delimiter that would cut the header, other than the declared one.
    private static func otherDelimiter(_ header: String, _ declared: UInt8) -> UInt8? {
        ",;\t|".utf8.filter { $0 != declared }
            .map { delimiter in (delimiter, header.utf8.count { $0 == delimiter }) }
            .filter { $0.1 > 0 }.max { $0.1 < $1.1 }?.0
    }

    private static func shortList(_ names: [String]) -> String {
        let shown = names.prefix(12).map { String($0.prefix(40)) }.joined(separator: ", ")
        return names.count > 12 ? "\(shown), …" : shown
    }
}
