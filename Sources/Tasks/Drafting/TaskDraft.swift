internal import Foundation

/// A first text of a task, guessed from local sample files, for people to correct, agree on and sign.
///
/// Everything that was guessed is marked `# to be confirmed`. Only the command line uses this, on the machine of the
/// person who owns the files; the service never does.
public struct TaskDraft: Sendable {
    /// One provider with its sample file.
    public struct Provider: Sendable {
        public var name: String
        public var publicKey: PartyKey?
        /// The bytes of a CSV file.
        public var sample: [UInt8]

        public init(name: String, publicKey: PartyKey? = nil, sample: [UInt8]) {
            self.name = name
            self.publicKey = publicKey
            self.sample = sample
        }
    }

    /// How many rows of each sample are looked at.
    public static let rowLimit = 200_000
    static let mark = "# to be confirmed"

    /// The task as YAML.
    public let yaml: String

    /// - Parameter runtime: the workshop's own configuration, where there is one: its method, ε and party names.
    /// - Throws: `unusableDraft` if a sample cannot be read or the parties do not match.
    public init(name: String, providers: [Provider], runtime: WorkshopRuntime? = nil) throws(TaskError) {
        guard providers.count >= 2 else {
            throw .unusableDraft("A task needs two providers or more, each with a sample file.")
        }
        if let runtime, Set(runtime.partyNames) != Set(providers.map(\.name)) {
            throw .unusableDraft(
                "runtime.yaml names \(runtime.partyNames.joined(separator: ", ")), and the sample files are of "
                    + "\(providers.map(\.name).joined(separator: ", ")).")
        }
        var tables: [SampleTable] = []
        for provider in providers { tables.append(try SampleTable(csv: provider.sample, rows: Self.rowLimit)) }
        let keys = Self.keys(of: tables)
        var lines = [
            "# A draft by `entrepot task draft`. Lines marked \"to be confirmed\" were guessed from sample files: replace",
            "# them by what is publicly known, then run `entrepot task lint`.",
            "entrepot: 1",
            "task: \(ColumnGuess.quoted(name))",
            "purpose: Synthetic joined rows, for planning analyses.  \(Self.mark)",
            "parties:",
        ]
        for (index, provider) in providers.enumerated() {
            lines += Self.party(provider, table: tables[index], key: keys[index])
        }
        lines += Self.terms(runtime: runtime)
        yaml = lines.joined(separator: "\n") + "\n"
    }

    private static func party(_ provider: Provider, table: SampleTable, key: Int) -> [String] {
        let keyValues = table.columns[key]
        var lines = [
            "  - name: \(ColumnGuess.quoted(provider.name))",
            "    role: provider",
            provider.publicKey.map { "    public_key: \($0.base64)" }
                ?? "    public_key:  \(mark): the base64 that `entrepot keygen` printed",
            "    table:",
            "      key: {column: \(ColumnGuess.quoted(table.header[key])), pattern: '\(keyPattern(keyValues))', "
                + "normalise: [trim]}  \(mark): column, pattern, the same on every side",
            "      rows: \(declaredRows(provider.sample))  \(mark): the most that this table will ever have; public",
            "      fields:",
        ]
        let parents = derivations(in: table, key: key)
        for column in table.header.indices where column != key {
            let guess = ColumnGuess(
                name: table.header[column], values: table.columns[column],
                derivedFrom: parents[column].map { (table.header[$0.parent], $0.prefix) })
            lines.append("        - \(guess.declaration)  \(mark): \(guess.note)")
        }
        return lines
    }

    private static func terms(runtime: WorkshopRuntime?) -> [String] {
        let method = runtime.map { $0.ownMethod ?? "auto" } ?? "auto"
        var lines = [
            "join: {kind: inner, rows_per_key: 1}",
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
            "synthesizer: {method: \(method), params: {}}",
            "# deadlines: {upload_by: 2026-12-31T12:00:00Z, compute_by: …, retrieve_by: …}  \(mark)",
            "retention: {tables: destroy_after_fit}",
        ]
        return lines
    }
}

// MARK: - Guesses across columns

extension TaskDraft {
    /// A round number above the lines of a file, with a tenth to spare: what is declared is public, and work follows it.
    static func declaredRows(_ sample: [UInt8]) -> Int {
        let wanted = sample.reduce(0) { $1 == 0x0A ? $0 + 1 : $0 } * 11 / 10
        var power = 100
        while true {
            for step in [1, 2, 3, 5, 7] where step * power >= wanted { return step * power }
            power *= 10
        }
    }
}

extension TaskDraft {
    /// The key column of each table: one name that all have and that is unique in all; else `id`; else the first unique.
    private static func keys(of tables: [SampleTable]) -> [Int] {
        let unique = tables.map { table in
            table.header.indices.filter { column in
                let values = table.columns[column]
                return !values.contains("") && Set(values).count == values.count
            }
        }
        let shared = unique[0].first { column in
            zip(tables, unique).dropFirst().allSatisfy { table, unique in
                unique.contains { table.header[$0] == tables[0].header[column] }
            }
        }
        return zip(tables, unique).map { table, unique in
            let name = shared.map { tables[0].header[$0] } ?? "id"
            return table.header.firstIndex(of: name) ?? unique.first ?? 0
        }
    }

    /// A pattern that the values match: digits of one length, digits, or letters, digits and a few signs.
    static func keyPattern(_ values: [String]) -> String {
        let trimmed = values.map { $0.trimmingCharacters(in: .whitespaces) }
        let longest = trimmed.map(\.count).max() ?? 1
        let shortest = trimmed.map(\.count).min() ?? 1
        let areDigits = trimmed.allSatisfy { !$0.isEmpty && $0.utf8.allSatisfy { (48...57).contains($0) } }
        // Lengths that differ say how large the keys get: round outward.
        let length = shortest == longest && longest >= 4 ? "{\(longest)}" : "{1,\(max(8, longest))}"
        return areDigits ? "^[0-9]\(length)$" : "^[A-Za-z0-9._|/-]\(length)$"
    }

    /// Columns that are in every row the beginning of another (HS2 of HS6), by column.
    private static func derivations(in table: SampleTable, key: Int) -> [Int: (parent: Int, prefix: Int)] {
        var lengths: [Int: Int] = [:]
        for (column, values) in table.columns.enumerated() where column != key {
            guard let length = values.first?.utf8.count, length > 0, Set(values).count > 1,
                values.allSatisfy({ $0.utf8.count == length && $0.utf8.allSatisfy { (48...57).contains($0) } })
            else { continue }
            lengths[column] = length
        }
        var found: [Int: (parent: Int, prefix: Int)] = [:]
        for (column, length) in lengths {
            let parents = lengths.filter { $0.value > length }.keys.sorted {
                lengths[$0, default: 0] > lengths[$1, default: 0]
            }
            found[column] = parents.first { parent in
                zip(table.columns[column], table.columns[parent]).allSatisfy { $1.hasPrefix($0) }
            }.map { ($0, length) }
        }
        // A parent that is itself derived would be a chain; the longest parent is never derived from a shorter one.
        return found
    }
}
