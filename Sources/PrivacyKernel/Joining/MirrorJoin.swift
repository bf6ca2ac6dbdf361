@_spi(PrivateRows) import Tables
import VectorMath

extension PrivateRows {
    // KERNEL 2.7
    /// The mirror join: each row is one flow, as its exporter's office and as its importer's office reported it.
    ///
    /// A key has one row at most: where several parties bring it for the same end, the first of the task counts. So a
    /// key's rows, wherever they come from, change one joined row.
    ///
    /// - Parameter offices: read with the same `KeyedHash` and of the same domain.
    convenience init(mirroring offices: [(name: String, rows: KeyedRows)], terms: MirrorTerms) {
        let domain = offices.first?.rows.domain ?? TableDomain(columns: [])
        let tables = offices.map(\.rows.table)
        let pairs = MirrorPairs(offices, terms: terms)
        func rows(_ places: [MirrorPairs.Place], of column: Int) -> CodedColumn {
            CodedColumn(
                of: tables.map { $0.columns[column] }, rows: places.map { (column: $0.office, row: $0.row) },
                domainSize: domain.columns[column].size)
        }
        let joined = terms.joinedDomain(of: domain)
        var columns = terms.descriptors(of: domain).map { rows(pairs.exports, of: $0) }
        if let value = domain.index(of: terms.value) {
            let amount = domain.columns[value]
            let (exported, imported) = (rows(pairs.exports, of: value), rows(pairs.imports, of: value))
            let logarithms = (0..<amount.size).map {
                amount.middle(of: $0).flatMap { $0 > 0 ? naturalLogarithm($0) : nil }
            }
            let reach = MirrorTerms.largestLogPoints
            let ratios = (0..<exported.count).map { row -> UInt32 in
                guard let one = logarithms[exported[row]], let other = logarithms[imported[row]] else {
                    return UInt32(2 * reach + 1)
                }
                let points = (100 * (other - one)).rounded()
                return UInt32(min(max(points, Double(-reach)), Double(reach)) + Double(reach))
            }
            columns += [
                exported, imported, CodedColumn(proven: ratios, domainSize: joined.columns[columns.count + 2].size),
            ]
        }
        self.init(
            domain: joined, table: CodedTable(proven: columns, rowCount: pairs.exports.count), rowsPerKey: 1)
    }
}

/// The rows in which both ends of a flow are reported, in the order of their keys' hashes.
private struct MirrorPairs {
    struct Place {
        let key: HashedRow
        let office: Int
        let row: Int
    }

    private(set) var exports: [Place] = []
    private(set) var imports: [Place] = []

    init(_ offices: [(name: String, rows: KeyedRows)], terms: MirrorTerms) {
        let exported = Self.rows(offices, terms, MirrorTerms.exports, end: MirrorTerms.exporter)
        let imported = Self.rows(offices, terms, MirrorTerms.imports, end: MirrorTerms.importer)
        var place = 0
        for export in exported {
            while place < imported.count, !imported[place].key.hasSameKey(as: export.key),
                imported[place].key < export.key
            { place += 1 }
            guard place < imported.count else { break }
            guard imported[place].key.hasSameKey(as: export.key) else { continue }
            exports.append(export)
            imports.append(imported[place])
        }
    }

    /// One row a key, sorted by key: those in which a party speaks for its own office at one end.
    private static func rows(
        _ offices: [(name: String, rows: KeyedRows)], _ terms: MirrorTerms, _ flow: String, end: String
    ) -> [Place] {
        var places: [Place] = []
        for (number, office) in offices.enumerated() {
            let domain = office.rows.domain
            guard let keys = office.rows.keys, let flows = domain.index(of: MirrorTerms.flow),
                let ends = domain.index(of: end), let wantedFlow = domain.columns[flows].code(of: flow),
                let code = terms.offices[office.name], let wantedEnd = domain.columns[ends].code(of: code)
            else { continue }
            let table = office.rows.table
            let (flowCodes, endCodes) = (table.columns[flows], table.columns[ends])
            let own = keys.filter { flowCodes[$0.row] == wantedFlow && endCodes[$0.row] == wantedEnd }
            for key in RowChoice(office.rows.hash).bounded(own, 1, table) {
                places.append(Place(key: key, office: number, row: key.row))
            }
        }
        places.sort { first, second in
            first.key.hasSameKey(as: second.key) ? first.office < second.office : first.key < second.key
        }
        var unique: [Place] = []
        for place in places where unique.last.map({ $0.key.hasSameKey(as: place.key) }) != true {
            unique.append(place)
        }
        return unique
    }
}
