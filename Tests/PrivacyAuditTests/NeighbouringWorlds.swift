import PrivacyKernel
import Tables
import VectorMath

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
