import Domains
import VectorMath

/// Turns grids of fields into codes, column by column.
struct RowReader {
    private let domain: TableDomain
    let roles: [CSVHeader.Role]
    /// For each part of the key its column in the file; empty if a part is missing or there is no key.
    private let keyColumns: [Int]
    private var builders: [ColumnBuilder]
    /// Columns that the file does not have and that follow from their parents, parents first.
    private let absent: [Derivation]
    private let derivations: [Int: Derivation]
    private let isParent: [Bool]
    private(set) var count = 0
    /// So many rows were handed over as blocks.
    private(set) var delivered = 0
    /// Where rows of the file are not rows of the table: from which row of the table on, and how many were left out.
    private var gaps: [(row: Int, offset: Int)] = [(0, 2)]
    private var codes: [UInt32] = []
    private var scratch = LookUpScratch()
    /// Where in its cell each number of the column at hand lies.
    private var places: [UInt8] = []
    /// For columns that are not written plainly, how to read them.
    let writings: [Int: CellText]
    private var watch: TableWatch
    /// Texts that the table declares to be no value: no key is one of them.
    private let missingKeys: [[UInt8]]

    /// - Parameter typed: columns of the file that hold values and not text: how text would be written says nothing of them.
    init(
        domain: TableDomain, schema: TableSchema, header: CSVHeader, keyParts: Int, typed: Set<Int> = []
    ) {
        self.domain = domain
        let values = Set(typed.map { header.roles[$0] })
        var writings: [Int: CellText] = [:]
        for field in schema.fields {
            if let column = domain.index(of: field.name), !values.contains(.column(column)) {
                writings[column] = CellText(field.writing, type: field.type, within: domain.columns[column])
            }
        }
        self.writings = writings
        self.missingKeys = (schema.missingValues ?? []).filter { !$0.isEmpty }.map { Array($0.utf8) }
        self.watch = TableWatch(domain: domain, unread: header.unread)
        self.roles = header.roles
        self.builders = domain.columns.map { ColumnBuilder(size: $0.size, hasPlaces: $0.isBinned) }
        let found = (0..<keyParts).compactMap { part in header.roles.firstIndex(of: .key(part)) }
        self.keyColumns = found.count == keyParts ? found : []
        let present = Set(header.roles)
        self.absent = Derivation.parentsFirst(domain.derivations).filter { !present.contains(.column($0.column)) }
        var isParent = domain.columns.map { _ in false }
        var derivations: [Int: Derivation] = [:]
        for derivation in domain.derivations where present.contains(.column(derivation.column)) {
            derivations[derivation.column] = derivation
        }
        for derivation in domain.derivations { isParent[derivation.parent] = true }
        self.derivations = derivations
        self.isParent = isParent
    }

    /// The row of the file in which a row of the table stands.
    func fileRow(_ row: Int) -> Int {
        var (lower, upper) = (0, gaps.count)
        while upper - lower > 1 {
            let middle = (lower + upper) / 2
            if gaps[middle].row <= row { lower = middle } else { upper = middle }
        }
        return row + gaps[lower].offset
    }

    private mutating func noteRows(_ grid: some RowBlock, _ firstRow: Int, _ rowNumbers: [Int]?) {
        var offset = gaps[gaps.count - 1].offset
        func note(_ row: Int, _ number: Int) {
            guard number - row != offset else { return }
            offset = number - row
            gaps.append((row, offset))
        }
        if let rowNumbers {
            for (index, number) in rowNumbers.enumerated() { note(count + index, number) }
        } else if grid.rows > 0 {
            note(count, firstRow)
        }
    }

    mutating func append(
        _ grid: some RowBlock, firstRow: Int, rowNumbers: [Int]?, keys: inout KeyReader?, log: inout ProblemLog
    ) {
        guard grid.rows > 0 else { return }
        noteRows(grid, firstRow, rowNumbers)
        watch.begin(rows: grid.rows)
        if codes.count < grid.rows {
            codes = [UInt32](repeating: 0, count: grid.rows)
            places = [UInt8](repeating: 0, count: grid.rows)
        }
        if !keyColumns.isEmpty {
            let (texts, columns) = grid.text(of: keyColumns)
            readKeys(texts, columns, &keys, &log)
            watch.look(atKeys: texts, columns: columns)
        }
        var parents: [Int: [UInt32]] = [:]
        var derived: [(field: Int, column: Int)] = []
        for (field, role) in roles.enumerated() {
            guard case .column(let column) = role else { continue }
            guard derivations[column] == nil else {
                derived.append((field, column))
                continue
            }
            let isKnown: Bool
            if let writing = writings[column] {
                isKnown = read(grid, field, column, writing, &log)
            } else {
                look(grid, field, domain.columns[column])
                isKnown = resolve(grid, field, column, &log)
            }
            watch.look(atCodes: codes, column: column)
            if isParent[column] { parents[column] = Array(codes.prefix(grid.rows)) }
            if isKnown { builders[column].append(codes, places: places, count: grid.rows) }
        }
        readDerived(grid, derived, &parents, &log)
        for derivation in absent {
            guard let parent = parents[derivation.parent] else { continue }
            for row in 0..<grid.rows {
                codes[row] = parent[row] == unknownCode ? unknownCode : derivation.map[Int(parent[row])]
            }
            if isParent[derivation.column] { parents[derivation.column] = Array(codes.prefix(grid.rows)) }
            if union(codes, count: grid.rows) < unknownCode &>> 1 {
                builders[derivation.column].append(codes, places: places, count: grid.rows)
            }
        }
        count += grid.rows
    }

    /// Finds codes the fast way; what is left is `unknownCode`.
    private mutating func look(_ grid: some RowBlock, _ field: Int, _ column: ColumnDomain) {
        grid.lookUp(field, column, &scratch, codes: &codes, places: &places)
    }

    /// Asks the domain itself about every text that the fast way did not know, and reports what it does not hold.
    ///
    /// - Returns: whether every row has a code now.
    private mutating func resolve(
        _ grid: some RowBlock, _ field: Int, _ index: Int, _ log: inout ProblemLog
    ) -> Bool {
        guard union(codes, count: grid.rows) > unknownCode &>> 1 else { return true }
        let column = domain.columns[index]
        var isKnown = true
        for row in 0..<grid.rows where codes[row] == unknownCode {
            if let code = grid.withField(row: row, column: field, { column.code(of: $0) }) {
                codes[row] = UInt32(truncatingIfNeeded: code)
                if column.isBinned { places[row] = grid.withField(row: row, column: field) { column.place(of: $0) } }
                if code == column.otherCode {
                    grid.withField(row: row, column: field) { watch.note(other: $0, column: index) }
                }
                continue
            }
            isKnown = false
            grid.withField(row: row, column: field) { text in
                if CSVHeader.isName(text, column.name) {
                    return log.add(CSVHeader.repeated(column.name, row: fileRow(count + row)))
                }
                log.add(column.problemCode(text), column: column.name) {
                    column.problem(text, row: fileRow(count + row))
                }
            }
        }
        return isKnown
    }

    /// Reads a column that is not written plainly.
    ///
    /// - Returns: whether every row has a code.
    private mutating func read(
        _ grid: some RowBlock, _ field: Int, _ index: Int, _ writing: CellText, _ log: inout ProblemLog
    ) -> Bool {
        let column = domain.columns[index]
        var isKnown = true
        for row in 0..<grid.rows {
            let code = grid.withField(row: row, column: field) { column.code(of: $0, written: writing) }
            codes[row] = code.map { UInt32(truncatingIfNeeded: $0) } ?? unknownCode
            if column.isBinned {
                places[row] = grid.withField(row: row, column: field) { column.place(of: $0, written: writing) }
            }
            guard code == nil else { continue }
            isKnown = false
            grid.withField(row: row, column: field) { text in
                if CSVHeader.isName(text, column.name) {
                    return log.add(CSVHeader.repeated(column.name, row: fileRow(count + row)))
                }
                let code = column.problemCode(text, isRead: writing.plain(text) != nil)
                log.add(code, column: column.name) {
                    var problem = column.problem(text, row: fileRow(count + row))
                    problem.code = code
                    if code != "missing_value", problem.hint != ColumnDomain.noSuchDay {
                        problem.hint =
                            "Write the cell as the task declares it, let `entrepot prepare` clip or convert it, or change "
                            + "decimalChar, groupChar, format or the bounds there"
                    }
                    return problem
                }
            }
        }
        return isKnown
    }

    private mutating func readKeys(
        _ grid: FieldGrid, _ columns: [Int], _ keys: inout KeyReader?, _ log: inout ProblemLog
    ) {
        guard let rule = keys?.rule else { return }
        var faults: [(row: Int, part: Int, fault: KeyReader.Fault)] = []
        keys?.append(grid, columns: columns, firstRow: count) { faults.append(($0, $1, $2)) }
        if !missingKeys.isEmpty, keys?.texts == nil {
            for (part, column) in columns.enumerated() {
                for row in 0..<grid.rows where isMissing(grid, row, column) { faults.append((row, part, .empty)) }
            }
        }
        for (row, part, fault) in faults {
            let name = rule.columns[part]
            if grid.withField(row: row, column: columns[part], { CSVHeader.isName($0, name) }) {
                log.add(CSVHeader.repeated(name, row: fileRow(count + row)))
                continue
            }
            log.add(fault.code, column: rule.columns[part]) {
                let value = grid.withField(row: row, column: columns[part]) {
                    String(decoding: $0.prefix(80), as: UTF8.self)
                }
                return fault.problem(rule, part: part, row: fileRow(count + row), value: value)
            }
        }
    }

    /// Whether a part of a key says that there is none: strangers without a number are not one unit.
    private func isMissing(_ grid: FieldGrid, _ row: Int, _ column: Int) -> Bool {
        grid.withField(row: row, column: column) { text in
            let text = text.trimmed
            return missingKeys.contains { $0.count == text.count && $0.elementsEqual(text) }
        }
    }

    /// Derived columns that the file holds must say what their parents imply.
    private mutating func readDerived(
        _ grid: some RowBlock, _ derived: [(field: Int, column: Int)], _ parents: inout [Int: [UInt32]],
        _ log: inout ProblemLog
    ) {
        var waiting = derived
        while !waiting.isEmpty {
            let index = waiting.firstIndex { one in derivations[one.column].map { parents[$0.parent] != nil } ?? false }
            guard let index else { return }
            let (field, column) = waiting.remove(at: index)
            guard let derivation = derivations[column], let parent = parents[derivation.parent] else { continue }
            let other = domain.columns[derivation.parent].otherCode.map { UInt32($0) }
            look(grid, field, domain.columns[column])
            for row in 0..<grid.rows {
                guard parent[row] != unknownCode else {
                    codes[row] = unknownCode
                    continue
                }
                let implied = derivation.map[Int(parent[row])]
                if codes[row] != implied, parent[row] != other {
                    let names = (domain.columns[column].name, domain.columns[derivation.parent].name)
                    log.add("derived_mismatch", column: names.0) {
                        let value = grid.withField(row: row, column: field) {
                            String(decoding: $0.prefix(80), as: UTF8.self)
                        }
                        let meant = domain.columns[column].text(of: Int(implied), fraction: 0)
                        return TableProblem(
                            code: "derived_mismatch", row: fileRow(count + row), column: names.0, value: value,
                            expected: "\"\(meant)\", as \"\(names.1)\" implies",
                            hint: "Correct one of the two, or leave this column out: it is computed")
                    }
                }
                codes[row] = implied
            }
            if isParent[column] { parents[column] = Array(codes.prefix(grid.rows)) }
            if union(codes, count: grid.rows) < unknownCode &>> 1 {
                builders[column].append(codes, places: places, count: grid.rows)
            }
        }
    }

    /// What the owner may not have meant.
    func warnings(_ keys: KeyReader?) -> [TableWarning] { watch.warnings(keys?.rule) }

    /// Makes room for rows to come.
    mutating func reserve(rows: Int) {
        for index in builders.indices { builders[index].reserve(rows: rows) }
    }

    /// The rows that have gathered, once there are so many; they are no longer held then. Where the table has problems they
    /// are overwritten, since columns that have some are shorter.
    mutating func block(atLeast least: Int, _ log: inout ProblemLog) throws(TableProblems) -> CodedTable? {
        guard count - delivered >= least else { return nil }
        let rows = count - delivered
        delivered = count
        guard log.isEmpty else {
            for index in builders.indices {
                builders[index].wipe()
                builders[index] = ColumnBuilder(
                    size: domain.columns[index].size, hasPlaces: domain.columns[index].isBinned)
            }
            return nil
        }
        let columns = try finished(&log)
        for index in builders.indices { builders[index].reserve(rows: rows + rows / 8) }
        guard let table = try? CodedTable(columns: columns), table.rowCount == rows else { throw internalFault(&log) }
        return table
    }

    /// The columns, with new ones in their place.
    private mutating func finished(_ log: inout ProblemLog) throws(TableProblems) -> [CodedColumn] {
        var columns: [CodedColumn] = []
        for index in builders.indices {
            let builder = builders[index]
            let column = domain.columns[index]
            builders[index] = ColumnBuilder(size: column.size, hasPlaces: column.isBinned)
            guard let finished = try? builder.finish() else { throw internalFault(&log) }
            columns.append(finished)
        }
        return columns
    }

    private func internalFault(_ log: inout ProblemLog) -> TableProblems {
        log.add(TableProblem(code: "internal", expected: "codes within the domain", hint: "Report this as a defect"))
        return log.summary
    }

    /// Overwrites what it holds of the rows: all of them, where the table never came to its end.
    mutating func wipe() {
        for index in builders.indices { builders[index].wipe() }
        for row in codes.indices { codes[row] = 0 }
        scratch.wipe()
        for row in places.indices { places[row] = 0 }
    }

    /// Ends the table. Where a key may have one row, a second one is refused; which of more rows count is the kernel's
    /// choice.
    ///
    /// - Parameter publicSize: rows of padding fill the table up to that.
    mutating func table(
        log: inout ProblemLog, keys: inout KeyReader?, rowsPerKey: Int, hash: KeyedHash, publicSize: Int
    ) throws(TableProblems) -> KeyedTable {
        let padding = max(publicSize, count) - count
        for index in builders.indices { builders[index].pad(padding) }
        var sorted: [HashedRow]?
        var texts: [RecordTexts] = []
        if var reader = keys, !keyColumns.isEmpty {
            keys = nil
            reader.pad(padding, firstRow: count)
            let rows = reader.sorted()
            if rowsPerKey == 1, reader.texts == nil { reportDuplicates(rows, reader, &log) }
            sorted = rows
            texts = reader.takeTexts(rows: count + padding)
        }
        guard log.isEmpty else {
            for place in texts.indices { texts[place].wipe() }
            throw log.summary
        }
        guard let table = try? CodedTable(columns: try finished(&log)), table.rowCount == count - delivered + padding
        else { throw internalFault(&log) }
        return KeyedTable(
            KeyedRows(domain: domain, table: table, rowCount: count, keys: sorted, hash: hash, texts: texts))
    }

    // KERNEL 2.5
    /// Refuses every row whose key an earlier row has.
    func reportDuplicates(_ rows: [HashedRow], _ reader: KeyReader, _ log: inout ProblemLog) {
        let noKey = reader.noKey
        // The first few in the order of the file, however many there are.
        var pairs: [(first: Int, second: Int)] = []
        var first = 0
        for index in rows.indices.dropFirst() {
            guard rows[index].hasSameKey(as: rows[first]) else {
                first = index
                continue
            }
            if rows[index].hasSameKey(as: noKey) { continue }
            pairs.append((rows[first].row, rows[index].row))
            if pairs.count > 2 * ProblemLog.listed { pairs = countRest(pairs, &log) }
        }
        let name = reader.rule.columns.joined(separator: "|")
        for pair in countRest(pairs, &log) {
            let (row, earlier) = (fileRow(pair.second), fileRow(pair.first))
            log.add(
                TableProblem(
                    code: "duplicate_key", row: row, column: name, expected: "each key once",
                    hint:
                        "Row \(earlier) has the same key: remove one of the two rows, or raise rows_per_key in the task"
                ))
        }
    }

    /// Keeps the pairs that come first in the file, and counts the others.
    private func countRest(
        _ pairs: [(first: Int, second: Int)], _ log: inout ProblemLog
    ) -> [(first: Int, second: Int)] {
        let sorted = pairs.sorted { $0.second < $1.second }
        for _ in sorted.dropFirst(ProblemLog.listed) { log.count("duplicate_key") }
        return Array(sorted.prefix(ProblemLog.listed))
    }
}
