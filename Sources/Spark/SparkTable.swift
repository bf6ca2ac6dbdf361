import Domains
import Tables

/// One party's table on a cluster: which columns codes are taken from, how a key is read, and the rows of a known table that are
/// counted beside it.
struct SparkTable: Sendable {
    /// As its owner names it: a table or view of the cluster's catalog, or a path of Parquet files that the cluster reads.
    let name: String
    let domain: TableDomain
    let columns: [Int: ColumnSQL]
    let key: KeySQL?

    /// - Parameters:
    ///   - name: a path where it has a `/`.
    ///   - keyRule: how the key is read; nil for rows that are records of their own.
    /// - Throws: `columns`, `type`, `notCounted` where the table is not what the schema declares.
    init(
        _ name: String, domain: TableDomain, schema: TableSchema, key keyRule: KeyRule?, on server: some SparkServer
    ) throws(SparkError) {
        self.name = name
        self.domain = domain
        let described = try server.answer("DESCRIBE QUERY SELECT * FROM \(Self.source(name))")
        var types: [String: String] = [:]
        for (column, type) in zip(try described.texts(0), try described.texts(1)) {
            if let column, let type { types[column.lowercased()] = type }
        }
        let derived = Set(domain.derivations.map(\.column))
        let read = domain.columns.indices.filter { !derived.contains($0) }
        let missing = (read.map { domain.columns[$0].name } + (keyRule?.columns ?? [])).filter {
            types[$0.lowercased()] == nil
        }
        guard missing.isEmpty else { throw .columns(table: name, missing: missing) }
        var columns: [Int: ColumnSQL] = [:]
        for place in read {
            let column = domain.columns[place]
            let named = types[column.name.lowercased()] ?? ""
            guard let type = SparkType(named) else {
                throw .type(
                    table: name, column: column.name, is: named,
                    expected: "string, boolean, a whole number, double, decimal or date")
            }
            columns[place] = try ColumnSQL(column, type: type, value: "s.v\(place)", place: place, table: name)
        }
        self.columns = columns
        key = try keyRule.map { rule throws(SparkError) in
            for column in rule.columns {
                let named = types[column.lowercased()] ?? ""
                guard let type = SparkType(named), [.text, .whole, .date].contains(type) else {
                    throw SparkError.type(
                        table: name, column: column, is: named, expected: "string, a whole number or date")
                }
            }
            return try KeySQL(rule, missing: schema.missingValues ?? [])
        }
    }

    /// What stands behind FROM.
    private static func source(_ name: String) -> String {
        if name.contains("/") { return "parquet.\(SQLText.name(name))" }
        return name.split(separator: ".").map { SQLText.name(String($0)) }.joined(separator: ".")
    }

    /// The columns that are read, in their order.
    private var read: [Int] { columns.keys.sorted() }

    /// The values of the rows, and further expressions of each row's place.
    private func rows(_ further: String = "") -> String {
        var parts = ["0 AS side"] + (further.isEmpty ? [] : [further])
        for (part, column) in (key?.rule.columns ?? []).enumerated() {
            parts.append("CAST(\(SQLText.name(column)) AS STRING) AS key\(part)")
        }
        for place in read {
            let value = SQLText.name(domain.columns[place].name)
            parts.append((columns[place]?.type == .whole ? "CAST(\(value) AS BIGINT)" : value) + " AS v\(place)")
        }
        return "SELECT \(parts.joined(separator: ", ")) FROM \(Self.source(name))"
    }

    /// How many rows the known table has.
    static let knownRows = 64

    /// The values of each row of the known table.
    var known: [[KnownValue]] {
        let values = read.map { columns[$0]?.known ?? [] }
        return (0..<Self.knownRows).map { row in
            var known = [KnownValue](repeating: KnownValue(literal: "NULL", code: 0), count: domain.columns.count)
            for (place, values) in zip(read, values) where !values.isEmpty {
                known[place] = values[Self.choice(row, place, values.count)]
            }
            for derivation in Derivation.parentsFirst(domain.derivations) {
                known[derivation.column].code = Int(derivation.map[known[derivation.parent].code])
            }
            return known
        }
    }

    /// Different combinations from row to row.
    private static func choice(_ row: Int, _ place: Int, _ count: Int) -> Int {
        (row * (2 * place + 1) + row / 7) % count
    }

    /// The known table as SQL: it goes the way of the rows, values and all.
    private var knownTable: String {
        let keys = key?.rule.columns.count ?? 0
        let names = ["side"] + (0..<keys).map { "key\($0)" } + read.map { "v\($0)" }
        let rows = known.enumerated().map { row, values in
            "("
                + (["1"] + (0..<keys).map { _ in "'known \(row)'" } + read.map { values[$0].literal }).joined(
                    separator: ",") + ")"
        }
        return "SELECT * FROM VALUES \(rows.joined(separator: ",")) AS t(\(names.joined(separator: ", ")))"
    }

    /// The side, in a way that keeps the codes out of what Spark makes of the whole statement.
    ///
    /// Spark writes one method for all that it does with a row, and Java compiles none of more than 8,000 bytes: the codes of a dozen
    /// columns make it longer (15: 14,511), and it would be interpreted. A function of a function is worked out by itself, so the codes
    /// beside it are made by many short methods. What is asked is never true: no number that is 0 or 1 is above 1.
    private var apart: String {
        guard let first = read.first else { return "s.side" }
        return "CASE WHEN exists(array(CAST(s.v\(first) IS NULL AS INT)), x -> x > 1) THEN 2 ELSE s.side END"
    }

    /// The rows of the table (side 0) and of the known one (side 1) as codes `k0`, `k1`…, NULL where a value lies outside the
    /// domain, with `key` where there is one, and with the values `v0`, `v1`… themselves.
    ///
    /// - Parameter steps: of columns of intervals into how many steps a cell is cut; `t0`, `t1`… say which a value lies in.
    func coded(_ further: String = "", onlyRows: Bool = false, steps: [Int: Int] = [:]) -> String {
        let source = onlyRows ? rows(further) : "\(rows()) UNION ALL \(knownTable)"
        let keys = (key?.rule.columns.indices).map { Array($0) } ?? []
        var parts = ["\(apart) AS side"] + keys.map { "s.key\($0)" } + read.map { "s.v\($0)" }
        if !further.isEmpty { parts += ["s.file", "s.number"] }
        if let key { parts.append("\(key.key) AS key, \(key.fault) AS fault") }
        for place in read { parts.append("CAST(\(columns[place]?.code ?? "NULL") AS INT) AS k\(place)") }
        var sql = "SELECT \(parts.joined(separator: ", ")) FROM (\(source)) s"
        for place in read {
            guard let dictionary = columns[place]?.dictionary else { continue }
            let entries = dictionary.entries.map { "(\(SQLText.text($0.text)), \($0.code))" }.joined(separator: ",")
            sql +=
                " LEFT JOIN (SELECT * FROM VALUES \(entries) AS t(text, code)) \(dictionary.name) "
                + "ON \(dictionary.name).text = \(dictionary.key)"
        }
        for derivation in Derivation.parentsFirst(domain.derivations) {
            let map = SQLText.list(derivation.map.map { Int64($0) }, at: "k\(derivation.parent)")
            sql = "SELECT *, CAST(\(map) AS INT) AS k\(derivation.column) FROM (\(sql))"
        }
        for (place, steps) in steps.sorted(by: { $0.key < $1.key }) {
            // Of a column without places every value lies in the middle.
            guard let number = columns[place]?.number else {
                sql = "SELECT *, \(steps / 2) AS t\(place) FROM (\(sql))"
                continue
            }
            sql = StepSQL(domain.columns[place], steps: steps)
                .adding("t\(place)", number: number, code: "k\(place)", to: sql)
        }
        return sql
    }
}

extension SparkTable {
    /// Counts the rows, and refuses those that the schema does not allow.
    ///
    /// - Parameter rowsPerKey: of more rows of a key some are left out later; where it is 1, a second one is refused.
    /// - Returns: how many rows there are, and a number that follows from what they hold.
    func check(on server: some SparkServer, rowsPerKey: Int) throws(SparkError) -> (rows: Int64, content: String) {
        let all = domain.columns.indices.map { "k\($0)" }
        let faults = all.map { "count_if(\($0) IS NULL)" } + (key == nil ? [] : ["count_if(key IS NULL)"])
        let hashed = (all + (key == nil ? [] : ["key"])).joined(separator: ", ")
        let sql =
            "SELECT CAST(side AS BIGINT), count(*), \(faults.joined(separator: ", ")), "
            + "CAST(sum(CAST(xxhash64(\(hashed)) AS DECIMAL(20,0))) AS STRING) FROM (\(coded())) GROUP BY side"
        let answer = try server.answer(sql)
        let sides = try answer.numbers(0)
        guard let known = sides.firstIndex(of: 1) else { throw .wrongSums("a known table was not counted") }
        var counts: [[Int64]] = []
        for place in 1...(faults.count + 1) { counts.append(try answer.numbers(place)) }
        guard counts[0][known] == Self.knownRows, counts.dropFirst().allSatisfy({ $0[known] == 0 }) else {
            throw .wrongSums("of \(Self.knownRows) rows that it was given it counts \(counts[0][known])")
        }
        guard let rows = sides.firstIndex(of: 0) else { return (0, "0") }
        try refuse(counts.dropFirst().map { $0[rows] }, on: server)
        if key != nil, rowsPerKey == 1 { try refuseDuplicates(on: server) }
        return (counts[0][rows], try answer.texts(faults.count + 2)[rows] ?? "0")
    }

    /// Where a row stands: its file and its number there, or where that is not to be had its part of the table and its number in it.
    private func places(on server: some SparkServer) -> String {
        let files = "_metadata.file_name AS file, CAST(_metadata.row_index AS BIGINT) AS number"
        let parts =
            "concat('part ', spark_partition_id()) AS file, monotonically_increasing_id() & 8589934591 AS number"
        return (try? server.answer("SELECT file, number FROM (SELECT \(files) FROM \(Self.source(name))) LIMIT 0"))
            != nil
            ? files : parts
    }

    /// The first rows of each kind of fault.
    private func refuse(_ counts: [Int64], on server: some SparkServer) throws(SparkError) {
        guard counts.contains(where: { $0 > 0 }) else { return }
        let places = places(on: server)
        var log = RowFaults()
        for (place, count) in counts.enumerated() where count > 0 {
            let isKey = place == domain.columns.count
            // A derived column lacks a code where its parent does.
            guard isKey || columns[place] != nil else { continue }
            let shown = isKey ? "concat_ws('|', \(key?.parts ?? "''"))" : "CAST(v\(place) AS STRING)"
            let faults = try server.answer(
                "SELECT file, number, \(shown), \(isKey ? "fault" : "''") FROM (\(coded(places, onlyRows: true))) "
                    + "WHERE \(isKey ? "key" : "k\(place)") IS NULL ORDER BY file, number LIMIT \(RowFaults.listed)")
            let (files, numbers, values, kinds) = (
                try faults.texts(0), try faults.numbers(1), try faults.texts(2), try faults.texts(3)
            )
            for row in files.indices {
                let number = Int(clamping: numbers[row]) &+ 2
                // Proof: the bytes are lent whole, for one call.
                let problem =
                    isKey
                    ? key?.problem(kinds[row] ?? "", row: number, value: values[row] ?? "")
                    : Array((values[row] ?? "").utf8).withUnsafeBytes { domain.columns[place].problem($0, row: number) }
                if let problem { log.add(problem, file: files[row] ?? "") }
            }
            log.count(isKey ? "key_pattern" : "out_of_domain", more: Int(clamping: count) - files.count)
        }
        throw .rows(table: name, log.problems)
    }

    /// Keys that more than one row has.
    private func refuseDuplicates(on server: some SparkServer) throws(SparkError) {
        let repeated = try server.answer(
            "SELECT count(*) FROM (SELECT key FROM (\(coded())) WHERE side = 0 GROUP BY key HAVING count(*) > 1)")
        guard let count = try repeated.numbers(0).first, count > 0 else { return }
        let rows = try server.answer(
            "SELECT one.file, one.number, two.file, two.number FROM (SELECT min(struct(file, number)) AS one, "
                + "max(struct(file, number)) AS two FROM (\(coded(places(on: server), onlyRows: true))) "
                + "GROUP BY key HAVING count(*) > 1) ORDER BY two LIMIT \(RowFaults.listed)")
        let (firstFiles, firsts, files, numbers) = (
            try rows.texts(0), try rows.numbers(1), try rows.texts(2), try rows.numbers(3)
        )
        var log = RowFaults()
        for row in files.indices {
            log.add(
                TableProblem(
                    code: "duplicate_key", row: Int(clamping: numbers[row]) &+ 2,
                    column: key?.rule.columns.joined(separator: "|"), expected: "each key once",
                    hint:
                        "Row \(firsts[row] &+ 2) of \(firstFiles[row] ?? "") has the same key: remove one of the two rows, or raise "
                        + "rows_per_key in the task"), file: files[row] ?? "")
        }
        log.count("duplicate_key", more: Int(clamping: count) - files.count)
        throw .rows(table: name, log.problems)
    }
}

/// Faults of rows with the file in which each stands.
private struct RowFaults {
    static let listed = 20
    private(set) var problems = TableProblems(problems: [], counts: [:])

    mutating func add(_ problem: TableProblem, file: String) {
        var problem = problem
        problem.hint += " (in \(file))"
        count(problem.code, more: 1)
        if problems.problems.count < Self.listed { problems.problems.append(problem) }
    }

    mutating func count(_ code: String, more: Int) {
        if more > 0 { problems.counts[code, default: 0] += more }
    }
}
