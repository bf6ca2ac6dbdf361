import Domains
import Engine
import Tables
import Tasks
import VectorMath

@testable import PrivacyKernel

/// Two inputs that differ in all rows of one key, and how each becomes a private table.
struct NeighbouringWorlds: Sendable {
    /// Equal rows, counted.
    struct Rows: Sendable {
        let codes: [Int]
        let count: Int
    }

    let sizes: [Int]
    let without: [Rows]
    /// The rows of the key that only the second world has.
    let canary: Rows
    let rowsPerKey: Int
    private let makeTable: @Sendable (_ isWith: Bool) throws -> PrivateTable

    func table(isWith: Bool) throws -> PrivateTable { try makeTable(isWith) }

    /// Rows that are joined already.
    init(sizes: [Int], without: [[Int]], canary: [Int], rowsPerKey: Int = 1) throws {
        self.sizes = sizes
        self.without = without.map { Rows(codes: $0, count: 1) }
        self.canary = Rows(codes: canary, count: rowsPerKey)
        self.rowsPerKey = rowsPerKey
        let domain = try auditDomain(sizes)
        let with = without + [[Int]](repeating: canary, count: rowsPerKey)
        makeTable = { try auditTable(domain, $0 ? with : without, rowsPerKey: rowsPerKey) }
    }

    /// The CSV files of two parties, through reader, keyed hash, truncation and join.
    ///
    /// Half of the keys have 0 in every column and half 1, so that a pair's marginal is far from independence on the
    /// same side in both worlds. The canary's key has two rows more at each party than a key may keep, all of 1.
    init(uploadsOf columns: Int, keys: Int, rowsPerKey: Int) throws {
        sizes = [Int](repeating: 2, count: 2 * columns)
        self.rowsPerKey = rowsPerKey
        without = (0..<2).map { Rows(codes: [Int](repeating: $0, count: 2 * columns), count: keys / 2) }
        canary = Rows(codes: [Int](repeating: 1, count: 2 * columns), count: rowsPerKey)
        let names = (0..<columns).map { "c\($0)" }
        let schema = TableSchema(
            fields: [Field(name: "id", type: .string)]
                + names.map {
                    Field(
                        name: $0, type: .string, categories: ["0", "1"],
                        constraints: Constraints(required: true))
                })
        let domain = try TableDomain(schema: schema, keyColumns: ["id"])
        func line(_ key: String, _ code: Int) -> String {
            "\(key)," + [String](repeating: "\(code)", count: columns).joined(separator: ",") + "\n"
        }
        let base = "id," + names.joined(separator: ",") + "\n" + (0..<keys).map { line("k\($0)", $0 % 2) }.joined()
        let surplus = rowsPerKey > 1 ? 2 : 0
        let with = base + (0..<(rowsPerKey + surplus)).map { _ in line("canary", 1) }.joined()
        let files = (without: Array(base.utf8), with: Array(with.utf8))
        makeTable = { isWith in
            let hash = KeyedHash(key: (.random(in: 0 ... .max), .random(in: 0 ... .max)))
            let tables = try ["alice", "bob"].map { party in
                let reader = CSVTableReader(
                    domain: domain, schema: schema, key: KeyRule(columns: ["id"]), hash: hash,
                    limits: TableLimits(bytes: 1 << 20, rows: 1 << 12), rowsPerKey: rowsPerKey)
                try reader.consume(isWith ? files.with : files.without)
                return (name: party, table: try reader.finish())
            }
            return try PrivateTable(joining: tables, rowsPerKey: rowsPerKey)
        }
    }

    /// Why two worlds cannot be played with.
    enum Failure: Error {
        /// They do not differ in rows of one kind that only the second one has.
        case notOneKey([[Int]: Int64])
        /// A provider of the task brings none.
        case noTable
    }

    /// The files of a task's parties, read and joined as the service does it.
    ///
    /// What the adversary knows of the joined rows is what the join makes of either world's files. That the worlds differ in one
    /// unit is the caller's part.
    ///
    /// - Parameter files: for each party in the order of the task.
    init(
        _ plan: TaskPlan, of task: TaskSpecification, without: [String], with: [String]
    ) throws {
        let providers = try task.providers.map { party -> (name: String, table: TaskSpecification.PartyTable) in
            guard let table = party.table else { throw Failure.noTable }
            return (party.name, table)
        }
        let domains = try providers.map { try $0.table.domain() }
        let files = [without, with].map { $0.map { Array($0.utf8) } }
        @Sendable func table(_ isWith: Bool) throws -> PrivateTable {
            let hash = KeyedHash(key: (.random(in: 0 ... .max), .random(in: 0 ... .max)))
            var tables: [(name: String, table: KeyedTable)] = []
            for (place, provider) in providers.enumerated() {
                let reader = TableFileReader(provider.table, domain: domains[place], of: task, hash: hash)
                try files[isWith ? 1 : 0][place].withUnsafeBytes { try reader.consume($0) }
                tables.append((provider.name, try reader.finish().table))
            }
            return try plan.joined(tables)
        }
        makeTable = table
        sizes = plan.domain.sizes
        rowsPerKey = plan.rowsPerKey
        var counted = try [false, true].map { try Self.counted(table($0), sizes: plan.domain.sizes) }
        for (codes, count) in counted[0] { counted[1][codes, default: 0] -= count }
        let added = counted[1].filter { $0.value != 0 }
        guard added.count == 1, let (codes, count) = added.first, count > 0 else { throw Failure.notOneKey(added) }
        self.without = counted[0].map { Rows(codes: $0.key, count: Int($0.value)) }
        canary = Rows(codes: codes, count: Int(count))
    }

    /// How many joined rows have which codes.
    private static func counted(_ table: consuming PrivateTable, sizes: [Int]) throws -> [[Int]: Int64] {
        let kernel = Kernel(table: table)
        guard let rows = kernel.rows as? PrivateRows else { return [:] }
        let counts = try kernel.counts([Array(sizes.indices)], in: rows)[0]
        var counted: [[Int]: Int64] = [:]
        for (cell, count) in counts.enumerated() where count != 0 {
            var rest = cell
            let codes = sizes.reversed().map { size in
                defer { rest /= size }
                return rest % size
            }
            counted[codes.reversed()] = count
        }
        return counted
    }
}

func auditDomain(_ sizes: [Int]) throws -> TableDomain {
    let fields = sizes.enumerated().map { place, size in
        Field(
            name: "c\(place)", type: .string, categories: (0..<size).map(String.init),
            constraints: Constraints(required: true))
    }
    return try TableDomain(schema: TableSchema(fields: fields), keyColumns: [])
}

func auditTable(_ domain: TableDomain, _ rows: [[Int]], rowsPerKey: Int) throws -> PrivateTable {
    let columns = try domain.sizes.indices.map { place in
        try CodedColumn(.bytes(rows.map { UInt8($0[place]) }), domainSize: domain.sizes[place])
    }
    return try PrivateTable(public: CodedTable(columns: columns), domain: domain, rowsPerKey: rowsPerKey)
}
