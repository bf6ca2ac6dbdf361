public import Domains
@_spi(PrivateRows) public import Tables

// KERNEL 1.1
/// The private rows on their way into a `Kernel`. Nothing outside the kernel can read one: there is no subscript, count,
/// description, equality or encoding. It cannot be copied, so that it cannot be put into anything that prints,
/// compares or reflects, and the kernel that takes it is the only one that has it.
///
/// A table is made of the parties' tables, which give their rows up for it, by one of three joins or from one alone.
/// Whatever a reader did, no key has more rows in it than it says. Which rows it holds and in which order depends on the
/// sets of rows and the keyed hash alone, never on the order of a file. No match gives a table of no rows like any other.
public struct PrivateTable: ~Copyable, Sendable {
    let rows: PrivateRows

    /// Public: which columns there are and what their codes mean.
    public var domain: TableDomain { rows.domain }

    /// Public: no key has more rows in it; of a union whose unit is a key of one table, no key of one table.
    public var rowsPerKey: Int { rows.rowsPerKey }

    init(rows: PrivateRows) { self.rows = rows }
    /// Public: how many rows an inner join of tables of these sizes has room for.
    ///
    /// - Throws: `figureTooLarge` beyond 2^31: rows are numbered in 32 bits.
    public static func mostRows(ofInnerJoin sizes: [Int], rowsPerKey: Int) throws(PrivacyError) -> Int {
        let most = JoinedSize.inner(sizes, rowsPerKey: rowsPerKey)
        guard most < 1 << 31 else {
            throw .figureTooLarge(
                what: "number of rows that the joined table must have room for", figure: Double(most), limit: 0x1p31)
        }
        return most
    }

    /// The inner join on the key; columns become `<party>_<column>`.
    ///
    /// - Parameters:
    ///   - parties: one or more, read with the same `KeyedHash`. They have no rows afterwards.
    ///   - rowsPerKey: of more rows than this under one key, those with the least keyed hash of their content stay.
    /// - Throws: `rowsAreGone` if a table has been joined or wiped before; `figureTooLarge` where tables of their sizes, which are
    ///   public, need more room than there is.
    public init(joining parties: [(name: String, table: KeyedTable)], rowsPerKey: Int) throws(PrivacyError) {
        var taken = try PrivateTable.rows(of: parties.map(\.table))
        do throws(PrivacyError) {
            _ = try PrivateTable.mostRows(ofInnerJoin: taken.map(\.table.rowCount), rowsPerKey: rowsPerKey)
        } catch {
            for party in taken.indices { taken[party].wipe() }
            throw error
        }
        rows = PrivateRows(joining: PrivateTable.named(parties, taken), rowsPerKey: rowsPerKey)
        for party in taken.indices { taken[party].wipe() }
    }

    /// The union: every party's rows one below the other, under the columns' own names. Nothing is matched, and no column
    /// says whose a row is.
    ///
    /// - Parameters:
    ///   - parties: of the same domain. They have no rows afterwards.
    ///   - rowsPerKey: of more rows than this under one key of one party, those with the least keyed hash stay.
    ///   - unit: what is protected as a whole: the rows of a key in one table, or in all of them.
    /// - Throws: `rowsAreGone`.
    public init(
        uniting parties: [KeyedTable], rowsPerKey: Int, unit: UnionUnit = .record
    ) throws(PrivacyError) {
        var taken = try PrivateTable.rows(of: parties)
        rows = PrivateRows(uniting: taken, rowsPerKey: rowsPerKey, unit: unit)
        for party in taken.indices { taken[party].wipe() }
    }

    /// One party's part of a union whose other parts lie elsewhere.
    ///
    /// - Parameters:
    ///   - table: it has no rows afterwards.
    ///   - count: how many parties there are, this one among them.
    ///   - rowsPerKey: as in the union of all.
    ///   - unit: as in the union of all.
    /// - Throws: `rowsAreGone`.
    public init(
        part table: KeyedTable, ofUnionOf count: Int, rowsPerKey: Int, unit: UnionUnit = .record
    ) throws(PrivacyError) {
        var taken = try PrivateTable.rows(of: [table])
        rows = PrivateRows(uniting: taken, rowsPerKey: rowsPerKey, unit: unit, among: count)
        for party in taken.indices { taken[party].wipe() }
    }

    /// One holder's rows of members that two holders know, each of whom has columns of its own of them. Rows of both holders'
    /// tables with the same number are of the same member.
    ///
    /// - Parameters:
    ///   - table: read with the `KeyedHash` that both holders use. It has no rows afterwards.
    ///   - name: the holder's; columns become `<name>_<column>`.
    ///   - members: the texts of the common keys, each once.
    ///   - room: how many rows both tables have with their padding: public, and the same at both.
    /// - Throws: `rowsAreGone`; `shapeMismatch` where the table lacks a member.
    public init(
        aligning table: KeyedTable, of name: String, members: [[UInt8]], room: Int
    ) throws(PrivacyError) {
        var taken = try PrivateTable.rows(of: [table])
        defer { for party in taken.indices { taken[party].wipe() } }
        rows = try PrivateRows((name, taken[0]), members: members, room: room)
    }

    /// The mirror join: each row is one flow, as its exporter's office and as its importer's office reported it.
    ///
    /// - Parameter offices: read with the same `KeyedHash` and of the same domain. They have no rows afterwards.
    /// - Throws: `rowsAreGone`.
    public init(mirroring offices: [(name: String, table: KeyedTable)], terms: MirrorTerms) throws(PrivacyError) {
        var taken = try PrivateTable.rows(of: offices.map(\.table))
        rows = PrivateRows(mirroring: PrivateTable.named(offices, taken), terms: terms)
        for office in taken.indices { taken[office].wipe() }
    }

    /// The links of two parties' records that are alike enough, though no key is clean; columns become `<party>_<column>`.
    ///
    /// - Parameters:
    ///   - parties: two, read with the same `KeyedHash` and with these terms. They have no rows afterwards.
    ///   - withEvidence: whether `Kernel.linkage` will be asked.
    /// - Throws: `rowsAreGone` if a table has been joined or wiped before; `figureTooLarge` where tables of their sizes, which are
    ///   public, have more pairs than there is room for; `shapeMismatch` for another number of tables or of texts.
    public init(
        linking parties: [(name: String, table: KeyedTable)], terms: LinkageTerms, withEvidence: Bool = false
    ) throws(PrivacyError) {
        var taken = try PrivateTable.rows(of: parties.map(\.table))
        defer { for party in taken.indices { taken[party].wipe() } }
        let count = terms.texts.count
        guard taken.count == 2 else { throw .shapeMismatch(expected: 2, found: taken.count) }
        for party in taken where party.texts.count != count || party.keys == nil {
            throw .shapeMismatch(expected: count, found: party.texts.count)
        }
        let pairs = terms.partners * min(taken[0].table.rowCount, taken[1].table.rowCount)
        guard pairs < 1 << 31 else {
            throw .figureTooLarge(
                what: "number of pairs that there must be room for", figure: Double(pairs), limit: 0x1p31)
        }
        if withEvidence, LinkageQuestion.cells(terms) == nil {
            throw .tooManyCells(cells: nil, limit: LinkageQuestion.cellLimit)
        }
        rows = PrivateRows(linking: PrivateTable.named(parties, taken), terms: terms, withEvidence: withEvidence)
    }

    /// One table alone, its columns under their own names.
    ///
    /// - Parameters:
    ///   - table: it has no rows afterwards.
    ///   - rowsPerKey: of more rows than this under one key, those with the least keyed hash stay. Without a key every
    ///     row is a record of its own.
    /// - Throws: `rowsAreGone`.
    public init(single table: KeyedTable, rowsPerKey: Int = 1) throws(PrivacyError) {
        guard var taken = table.take() else { throw .rowsAreGone }
        rows = PrivateRows(single: taken, rowsPerKey: rowsPerKey)
        // Without a key the columns are those of the table itself.
        if taken.keys != nil { taken.wipe() }
    }

    /// A table of public rows, to try a method on: simulated ones, or those of a test.
    ///
    /// - Parameter rowsPerKey: what is to be taken as true; these rows have no keys.
    /// - Throws: `CodedTableError.unequalLengths` if the columns are not those of the domain.
    public init(public table: CodedTable, domain: TableDomain, rowsPerKey: Int = 1) throws(CodedTableError) {
        guard table.columns.map(\.domainSize) == domain.sizes else { throw .unequalLengths }
        rows = PrivateRows(domain: domain, table: table, rowsPerKey: rowsPerKey)
    }

    /// Takes every party's rows, or none.
    private static func rows(of tables: [KeyedTable]) throws(PrivacyError) -> [KeyedRows] {
        var taken: [KeyedRows] = []
        for table in tables {
            guard let rows = table.take() else {
                for party in taken.indices { taken[party].wipe() }
                throw .rowsAreGone
            }
            taken.append(rows)
        }
        return taken
    }

    private static func named(
        _ parties: [(name: String, table: KeyedTable)], _ rows: [KeyedRows]
    ) -> [(name: String, rows: KeyedRows)] {
        zip(parties, rows).map { (name: $0.name, rows: $1) }
    }
}
