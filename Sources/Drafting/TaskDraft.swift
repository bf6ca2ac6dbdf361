internal import Domains
internal import Tables
public import Tasks

/// A first text of a task, guessed from local sample files, for people to correct, agree on and sign.
///
/// Everything that was guessed is marked `# to be confirmed`. Only the command line uses this, on the machine of the
/// person who owns the files; the service never does.
public struct TaskDraft: Sendable {
    /// One provider with its sample file.
    public struct Provider: Sendable {
        /// As the task will name the party.
        public var name: String
        /// nil for a party whose key is not known yet.
        public var publicKey: PartyKey?
        public var file: LocalTableFile

        public init(name: String, publicKey: PartyKey? = nil, file: LocalTableFile) {
            self.name = name
            self.publicKey = publicKey
            self.file = file
        }

        /// - Parameter sample: the bytes of a CSV file.
        public init(name: String, publicKey: PartyKey? = nil, sample: [UInt8]) {
            self.init(
                name: name, publicKey: publicKey, file: LocalTableFile(bytes: sample, name: "the sample of \(name)"))
        }
    }

    /// A party without a table: a planner who takes rows, or an auditor.
    public struct Other: Sendable {
        public var name: String
        public var role: TaskSpecification.Party.Role
        /// nil for a party whose key is not known yet.
        public var publicKey: PartyKey?

        public init(name: String, role: TaskSpecification.Party.Role, publicKey: PartyKey? = nil) {
            self.name = name
            self.role = role
            self.publicKey = publicKey
        }
    }

    /// How many rows of each sample are looked at.
    public static let rowLimit = 200_000
    static let mark = ColumnGuess.mark

    /// The task as YAML.
    public let yaml: String
    /// What the person who drafts should know about the samples: what was recognised, which cells are odd, how many keys meet.
    /// It may quote the samples, so it stays on this machine.
    public let remarks: [String]

    /// - Parameters:
    ///   - others: parties without a table.
    ///   - classifications: columns, by name or as `party.column`, whose values are known to be a public classification.
    ///   - runtime: the workshop's own configuration, where there is one: its method, ε and party names.
    /// - Throws: `unusableDraft` if a sample cannot be read or the parties do not match.
    public init(
        name: String, providers: [Provider], others: [Other] = [], classifications: Set<String> = [],
        runtime: WorkshopRuntime? = nil
    ) throws(TaskError) {
        guard providers.count >= 2 else {
            throw .unusableDraft("A task needs two providers or more, each with a sample file.")
        }
        guard Naming.isTaskName(name) else {
            throw .unusableDraft(
                "--name \(name) cannot be the name of a file: write 1 to 80 letters, digits, hyphens, underscores and dots, beginning "
                    + "with a letter or digit.")
        }
        let names = providers.map(\.name) + others.map(\.name)
        if let twice = names.first(where: { name in names.count { $0 == name } > 1 }) {
            throw .unusableDraft("Two parties are called \(twice): give each a name of its own.")
        }
        if let runtime, Set(runtime.partyNames) != Set(providers.map(\.name)) {
            throw .unusableDraft(
                "runtime.yaml names \(runtime.partyNames.joined(separator: ", ")), and the sample files are of "
                    + "\(providers.map(\.name).joined(separator: ", ")).")
        }
        do {
            (yaml, remarks) = try Self.written(
                name: name, providers: providers, others: others, classifications: classifications, runtime: runtime)
        } catch let error as TaskError {
            throw error
        } catch {
            throw .unusableDraft("\(error)")
        }
    }

    private static func written(
        name: String, providers: [Provider], others: [Other], classifications: Set<String>, runtime: WorkshopRuntime?
    ) throws -> (yaml: String, remarks: [String]) {
        let tables = try providers.map { try SampleTable($0.file, rows: Self.rowLimit) }
        let facts = tables.map { table in
            table.header.indices.map { place in
                let words = ColumnFacts.words(of: table.header[place])
                return ColumnFacts(
                    name: table.header[place], values: table.columns[place],
                    isCountry: words.contains { ListedCodes.places.contains($0) })
            }
        }
        let known = zip(providers, tables).flatMap { provider, table in
            table.header.flatMap { [$0, "\(provider.name).\($0)"] }
        }
        if let stray = classifications.sorted().first(where: { !known.contains($0) }) {
            throw TaskError.unusableDraft(
                "--categories \(stray): no sample has such a column; there are "
                    + tables.flatMap(\.header).filter { !$0.isEmpty }.prefix(12).joined(separator: ", "))
        }
        let keys = try KeyGuess(tables, facts)
        var remarks: [String] = []
        for table in tables {
            remarks += table.notes.map { "\(table.file): \($0)" }
            if let row = table.repeatedHeader {
                remarks.append(
                    "\(table.file): row \(row) repeats the column names: remove it, or let `entrepot prepare` do so")
            }
            if table.isCut { remarks.append("\(table.file): the first \(table.rowCount) rows were looked at") }
        }
        var lines = [
            "# A draft by `entrepot task draft`, guessed from sample files. Look at each line that says so at its end, replace",
            "# what was guessed by what is publicly known, and remove the mark; then run `entrepot task lint`. While one mark",
            "# is left, nobody can sign.",
            "entrepot: 1",
            "task: \(ColumnGuess.quoted(name))",
            "purpose: Synthetic joined rows, for planning analyses.  \(Self.mark)",
            "parties:",
        ]
        var held: [String] = []
        var count = 0
        for (index, provider) in providers.enumerated() {
            let party = try Self.party(provider, tables[index], facts[index], keys, index, classifications)
            lines += party.lines
            count += party.values.reduce(0) { $0 + $1.count }
            held += party.values.map { "\(provider.name) \(ColumnGuess.quoted($0.name)) \($0.count)" }
            remarks += party.remarks.map { "\(tables[index].file): \($0)" }
        }
        for other in others {
            lines += [
                "  - name: \(ColumnGuess.quoted(other.name))",
                "    role: \(other.role.rawValue)  # \(words(of: other.role))",
                other.publicKey.map { "    public_key: \($0.base64)" }
                    ?? "    public_key: \"\"  \(mark): the base64 that `entrepot keygen` printed",
            ]
        }
        lines += Self.terms(runtime: runtime, rowsPerKey: keys.rowsPerKey)
        lines.append(
            count == 0
                ? "# This text holds no value of the samples."
                : "# This text holds \(count) values of the samples, each marked: \(held.joined(separator: ", ")).")
        return (lines.joined(separator: "\n") + "\n", remarks + keys.remarks)
    }

    private static func words(of role: TaskSpecification.Party.Role) -> String {
        switch role {
        case .provider: "brings a table"
        case .consumer: "takes synthetic rows, and brings no table"
        case .auditor: "reads the ledger, the report and the model"
        case .operator: "runs the service, reads its ledger and metrics, and has no way to data"
        }
    }

    private struct PartyLines {
        var lines: [String]
        /// For each column how many values of the sample its declaration holds.
        var values: [(name: String, count: Int)]
        var remarks: [String]
    }

    private static func party(
        _ provider: Provider, _ table: SampleTable, _ facts: [ColumnFacts], _ keys: KeyGuess, _ index: Int,
        _ classifications: Set<String>
    ) throws -> PartyLines {
        let key = keys.columns[index]
        if let place = key.first(where: { HeaderLook.isValue(table.header[$0]) }) {
            throw LocalTableFile.Refusal(
                name: table.file, code: "header", expected: "a row with the column names",
                hint:
                    "The name of column \(place + 1), which would be the key, looks like a value: write names above the first row"
            )
        }
        let names = key.map { ColumnGuess.quoted(table.header[$0]) }
        let columns = names.count == 1 ? "column: \(names[0])" : "columns: [\(names.joined(separator: ", "))]"
        let steps = keys.normalise.map { ColumnGuess.quoted($0.word) }.joined(separator: ", ")
        var lines = [
            "  - name: \(ColumnGuess.quoted(provider.name))",
            "    role: provider",
            provider.publicKey.map { "    public_key: \($0.base64)" }
                ?? "    public_key: \"\"  \(mark): the base64 that `entrepot keygen` printed",
            "    table:",
            "      key: {\(columns), pattern: \(ColumnGuess.quoted(keys.pattern)), normalise: [\(steps)]}  "
                + "\(mark): column, pattern, the same on every side",
            "      rows: \(try declaredRows(provider.file, table))  \(mark): the most that this table will ever have; public",
        ]
        let isKnown = { (name: String) in
            classifications.contains(name) || classifications.contains("\(provider.name).\(name)")
        }
        let guesses = Self.guesses(table, facts, key: key, isClassification: isKnown)
        guard guesses.contains(where: \.isDeclared) else {
            throw LocalTableFile.Refusal(
                name: table.file, code: "columns", expected: "a column besides the key that a task can declare",
                hint: guesses.isEmpty
                    ? "Besides the key it has no column with a name: if its cells are separated by another sign than a comma, a semicolon, "
                        + "a tab or |, save it again with one of them"
                    : "None of its columns is a number, a date or a classification: "
                        + guesses.flatMap(\.lines).prefix(4).map { String($0.dropFirst(2)) }.joined(separator: "; "))
        }
        lines += Self.layout(table.dialect)
        if guesses.contains(where: { !$0.isDeclared }) {
            lines.append("      fieldsMatch: subset  \(mark): the file's other columns are not read")
        }
        lines.append("      fields:")
        lines += guesses.flatMap { $0.lines.map { "        \($0)" } }
        let declared = table.header.indices.filter { !key.contains($0) && !table.header[$0].isEmpty }
        return PartyLines(
            lines: lines,
            values: zip(declared, guesses).filter { $1.sampleValues > 0 }.map { (table.header[$0], $1.sampleValues) },
            remarks: key.compactMap { OddCells.artefact(facts[$0], rowNumbers: table.rowNumbers) }
                + guesses.flatMap(\.remarks))
    }

    /// How the file is laid out, where not as plain CSV.
    private static func layout(_ dialect: TableDialect) -> [String] {
        var lines: [String] = []
        if dialect.encoding != .utf8 { lines.append("      encoding: \(dialect.encoding.rawValue)  \(mark)") }
        var members: [String] = []
        if dialect.delimiter != UInt8(ascii: ",") {
            members.append("delimiter: \(dialect.delimiter == 0x09 ? "tab" : "'\(UnicodeScalar(dialect.delimiter))'")")
        }
        if let comment = dialect.commentChar { members.append("commentChar: '\(UnicodeScalar(comment))'") }
        if dialect.headerRow != 1 || dialect.headerRowCount != 1 {
            let rows = (0..<dialect.headerRowCount).map { String(dialect.headerRow + $0) }
            members.append("headerRows: [\(rows.joined(separator: ", "))]")
        }
        if dialect.footerRows != 0 { members.append("footerRows: \(dialect.footerRows)") }
        if dialect.hasCarriageReturns { members.append("lineTerminator: cr") }
        if !members.isEmpty {
            lines.append("      dialect: {\(members.joined(separator: ", "))}  \(mark): how the file is laid out")
        }
        return lines
    }

    private static func terms(runtime: WorkshopRuntime?, rowsPerKey: Int) -> [String] {
        let method = runtime.map { $0.ownMethod ?? "auto" } ?? "auto"
        var lines = [
            "join: {kind: inner, rows_per_key: \(rowsPerKey)}"
                + (rowsPerKey > 1 ? "  \(mark): the samples have keys in several rows" : ""),
            "privacy: {epsilon: \(JSONValue.shortestText(of: runtime?.epsilon ?? 1)), delta: 1.0e-9, unit: record, "
                + "unit_words: one joined record}  \(mark): ε, and whom one record stands for",
            "# least_rows: 500 beside unit ends the task, for a hundredth of ε, where fewer rows meet.  \(mark)",
        ]
        if let runtime {
            if runtime.ownMethod == nil {
                lines.append(
                    "# The workshop's \(ColumnGuess.quoted(runtime.method)) is not offered here; `auto` chooses.")
            }
            if !runtime.parameters.isEmpty {
                let written = String(decoding: JSONValue.object(runtime.parameters).canonicalBytes, as: UTF8.self)
                lines.append("# The workshop's params were \(written); ours have other names.")
            }
        }
        lines += [
            "# rules: [{ratio: NAME, of: [A, B]}] has a ratio of two columns measured by itself: name those that the rows are for.",
            "synthesizer: {method: \(method), params: {}}",
            "# deadlines: {upload_by: 2026-12-31T12:00:00Z, compute_by: …, retrieve_by: …}  \(mark)",
            "retention: {tables: destroy_after_fit}",
        ]
        return lines
    }
}

// MARK: - Guesses across columns

extension TaskDraft {
    /// A round number above the rows of a file, with a tenth to spare: what is declared is public, and work follows it.
    static func declaredRows(_ file: LocalTableFile, _ table: SampleTable) throws -> Int {
        var rows = table.rowCount
        if table.isCut {
            rows = 0
            try file.read { bytes in rows += bytes.reduce(0) { $1 == 0x0A ? $0 + 1 : $0 } }
        }
        let wanted = rows * 11 / 10
        var power = 100
        while true {
            for step in [1, 2, 3, 5, 7] where step * power >= wanted { return step * power }
            power *= 10
        }
    }

    /// A guess for each column that has a name and is no part of the key.
    private static func guesses(
        _ table: SampleTable, _ facts: [ColumnFacts], key: [Int], isClassification: (String) -> Bool
    ) -> [ColumnGuess] {
        let prefersComma = table.dialect.delimiter == UInt8(ascii: ";")
        let open = table.header.indices.filter { !key.contains($0) && !table.header[$0].isEmpty }
        let parents = derivations(facts, among: open)
        let isParent = Set(parents.values.map(\.parent))
        var kinds: [Int: ColumnKind] = [:]
        for place in open {
            kinds[place] = ColumnKind(
                facts[place], prefersComma: prefersComma, isPrefixed: parents[place] != nil || isParent.contains(place),
                isClassification: isClassification(table.header[place]))
        }
        return open.map { place in
            guard !HeaderLook.isValue(table.header[place]) else {
                return ColumnGuess(unnamed: place + 1, facts: facts[place])
            }
            let kind = kinds[place] ?? .empty
            guard let (parent, prefix) = parents[place], let parentKind = kinds[parent], isText(parentKind) else {
                return ColumnGuess(facts[place], kind, rowNumbers: table.rowNumbers)
            }
            let isRequired = facts[parent].blanks == 0 && facts[parent].missing.isEmpty
            return ColumnGuess(
                facts[place], kind, rowNumbers: table.rowNumbers,
                derivedFrom: (table.header[parent], prefix, isRequired))
        }
    }

    private static func isText(_ kind: ColumnKind) -> Bool {
        switch kind {
        case .listed, .categories: true
        default: false
        }
    }

    /// Columns that are in every row the beginning of another (HS2 of HS6, NUTS 1 of NUTS 3), by column.
    private static func derivations(_ facts: [ColumnFacts], among open: [Int]) -> [Int: (parent: Int, prefix: Int)] {
        var lengths: [Int: Int] = [:]
        for place in open {
            let column = facts[place]
            guard let length = column.core.first?.count, length > 0, column.counts.count > 1, column.missing.isEmpty,
                column.counts.keys.allSatisfy({ $0.count == length }),
                !column.core.prefix(50).contains(where: { $0.contains(" ") })
            else { continue }
            lengths[place] = length
        }
        var found: [Int: (parent: Int, prefix: Int)] = [:]
        for (place, length) in lengths {
            // A child is coarser than its parent; two digits that begin a number by chance are not.
            let parents = lengths.filter {
                $0.value > length && facts[$0.key].counts.count >= facts[place].counts.count
            }
            .keys.sorted { (lengths[$1, default: 0], $0) < (lengths[$0, default: 0], $1) }
            found[place] = parents.first { parent in
                zip(facts[place].values, facts[parent].values).allSatisfy { $0.isEmpty ? $1.isEmpty : $1.hasPrefix($0) }
            }.map { ($0, length) }
        }
        // A parent that is itself derived would be a chain; the longest parent is never derived from a shorter one.
        return found
    }
}
