import Domains
public import Tables
public import Tasks
internal import VectorMath

/// Makes of an office's export a file that the service takes: decodes it, leaves out what is no row, converts numbers and
/// dates, trims and fills codes, clips to the declared bounds, drops what is not declared, splits or joins key columns. It
/// runs on the owner's machine, sends nothing, spends nothing, and tells every kind of change with its number.
public struct TablePreparation: Sendable {
    /// One kind of change in one column.
    public struct Change: Sendable, Equatable, Codable {
        /// Empty where it is about the file.
        public var column: String
        public var what: String
        public var count: Int
        /// The first cell that was changed, and what became of it. For the owner only.
        public var example: String?
    }

    /// What was done.
    public struct Outcome: Sendable {
        /// Rows of the prepared file.
        public var rows = 0
        /// How the file is laid out, where not plainly.
        public var notes: [String] = []
        public var changes: [Change] = []
        /// What the service would still refuse: rows are those of the prepared file, the header being its first.
        public var problems: TableProblems?
        /// What the owner may not have meant, once the service would take the file.
        public var warnings: [TableWarning] = []
    }

    /// The table that a task declares for the owner; nil for a file that is only to become plain CSV.
    private let table: TaskSpecification.PartyTable?
    private let task: TaskSpecification?
    private let splits: [String: [String]]
    private let joins: [String: [String]]

    /// To plain CSV, whatever a task will declare.
    ///
    /// - Parameters:
    ///   - splits: columns whose parts, between `|`, become columns of these names.
    ///   - joins: new columns, and of which columns they are made.
    public init(splits: [String: [String]] = [:], joins: [String: [String]] = [:]) {
        table = nil
        task = nil
        self.splits = splits
        self.joins = joins
    }

    /// To what a task declares.
    public init(
        for table: TaskSpecification.PartyTable, of task: TaskSpecification, splits: [String: [String]] = [:],
        joins: [String: [String]] = [:]
    ) {
        self.table = table
        self.task = task
        self.splits = splits
        self.joins = joins
    }

    /// How many rows are looked at to see how numbers and dates are written.
    private static let sampleRows = 5_000

    /// Prepares a file.
    ///
    /// - Parameter write: takes the next bytes of the prepared file.
    /// - Throws: `LocalTableFile.Refusal` if the file cannot be read or lacks a declared column, or what `write` throws.
    public func prepare(_ file: LocalTableFile, write: @escaping ([UInt8]) throws -> Void) throws -> Outcome {
        let layout = try file.recognised()
        let declared = table.map { $0.key.columns + $0.schema.fields.map(\.name) } ?? []
        let sample = try SampleTable(
            file, layout, rows: Self.sampleRows, isLenient: true, declared: Set(declared + splits.keys))
        let validator = try task.flatMap { task in try table.map { try TableFileReader($0, of: task) } }
        let preparer = try TablePreparer(
            sample: sample, table: table, splits: splits, joins: joins, file: file
        ) { bytes in
            // Proof: the bytes are lent whole, within one expression. What the validator finds comes at its end, with everything else.
            try bytes.withUnsafeBytes { try validator?.consume($0) }
            try write(bytes)
        }
        var outcome = Outcome(notes: sample.notes + Self.remarks(sample))
        do {
            try file.records(layout.dialect, into: preparer)
            try preparer.finish()
            if let validator {
                let (checked, _) = try validator.finish()
                checked.wipe()
                outcome.warnings = validator.warnings
            }
        } catch let problems as TableProblems {
            outcome.problems = problems
        }
        outcome.rows = preparer.rowCount
        outcome.changes = preparer.changes
        return outcome
    }

    /// What is odd about the cells of the first rows.
    private static func remarks(_ sample: SampleTable) -> [String] {
        let prefersComma = sample.dialect.delimiter == UInt8(ascii: ";")
        var remarks: [String] = []
        for (name, values) in zip(sample.header, sample.columns) where !name.isEmpty {
            let facts = ColumnFacts(name: name, values: values)
            remarks += OddCells.remarks(facts, rowNumbers: sample.rowNumbers)
            if let strays = OddCells.strays(facts, prefersComma: prefersComma, rowNumbers: sample.rowNumbers) {
                remarks.append(strays)
            }
        }
        guard sample.isCut, !remarks.isEmpty else { return remarks }
        return remarks.map { $0 + ", of the first \(sample.rowCount) rows" }
    }
}
