package import Bytes
internal import Crypto
internal import Domains
internal import Tables
package import Tasks
internal import VectorMath

/// The keys of a party's own file, each once, with the rows in which they stand.
package struct KeyList: Sendable {
    /// Normalised texts, in the order of the file.
    package let keys: ByteStrings
    /// How many rows the file has.
    package let rowCount: Int
    /// SHA-256 over the keys, each behind its length.
    package let digest: [UInt8]

    /// Reads a file as the task says.
    ///
    /// - Parameter rows: the declared greatest number of rows.
    /// - Throws: `LocalTableFile.Refusal` with the first problems.
    package init(_ file: LocalTableFile, table: TaskSpecification.PartyTable, rows: Int) throws {
        let receiver = KeyReceiver(try KeyTexts(rule: table.key), name: file.name, mostRows: rows)
        try file.records(table.dialect, into: receiver)
        guard receiver.faults.isEmpty else {
            throw LocalTableFile.Refusal(
                name: file.name,
                problems: TableProblems(problems: receiver.faults, counts: ["key": receiver.faultCount]))
        }
        var hasher = SHA256()
        keys = receiver.keys.distinct
        for key in keys {
            hasher.update(data: (0..<4).map { UInt8(truncatingIfNeeded: key.count >> (8 * $0)) })
            hasher.update(data: key)
        }
        rowCount = receiver.rowCount
        digest = Array(hasher.finalize())
    }
}

private final class KeyReceiver: LocalRecordReceiver {
    private let texts: KeyTexts
    private let name: String
    private let mostRows: Int
    private var columns: [Int] = []
    /// Of all rows, in the order of the file.
    private(set) var keys = ByteStrings()
    private(set) var rowCount = 0
    private(set) var faults: [TableProblem] = []
    private(set) var faultCount = 0

    init(_ texts: KeyTexts, name: String, mostRows: Int) {
        self.texts = texts
        self.name = name
        self.mostRows = mostRows
    }

    func begin(_ names: [String], row: Int) throws {
        let (places, missing) = texts.columns(names)
        if let missing {
            throw LocalTableFile.Refusal(
                name: name, code: "key_missing", expected: "the key column \"\(missing)\"",
                hint: "The file has \(names.prefix(12).joined(separator: ", "))")
        }
        columns = places
    }

    func take(_ rows: FieldGrid, firstRow: Int, rowNumbers: [Int]?) throws -> Bool {
        let found = texts.texts(rows, columns: columns) { place, problem in
            faultCount += 1
            guard faults.count < ProblemLog.listed else { return }
            var problem = problem
            problem.row = rowNumbers?[place] ?? (firstRow + place)
            faults.append(problem)
        }
        for case let key? in found { keys.append(key) }
        rowCount += rows.rows
        guard rowCount <= mostRows else {
            throw LocalTableFile.Refusal(
                name: name, code: "too_many_rows", expected: "at most \(mostRows) rows",
                hint: "Use fewer rows, or raise the table's rows in the task")
        }
        return true
    }
}
