import Domains
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
            // Not a number where there is no positive amount.
            let logarithms = (0..<amount.size).map { code in
                amount.middle(of: code).flatMap { $0 > 0 ? naturalLogarithm($0) : nil } ?? .nan
            }
            let reach = Double(MirrorTerms.largestLogPoints)
            let ratios = (0..<exported.count).map { row -> UInt32 in
                let points = (100 * (logarithms[imported[row]] - logarithms[exported[row]])).rounded()
                let cell = points.isNaN ? 2 * reach + 1 : min(max(points, -reach), reach) + reach
                return row < pairs.count ? UInt32(cell) : 0
            }
            columns += [
                exported, imported, CodedColumn(proven: ratios, domainSize: joined.columns[columns.count + 2].size),
            ]
        }
        self.init(
            domain: joined, table: CodedTable(proven: columns, rowCount: pairs.exports.count), rowsPerKey: 1,
            rowCount: pairs.count, steps: pairs.steps)
    }
}

/// The rows in which both ends of a flow are reported, in the order of their keys' hashes; behind them rows of zeros.
///
/// All offices' rows are merged by key, and one pass over them finds the first row of each key in which a party speaks for its
/// own office at either end. Steps and memory follow from the tables' sizes with their padding alone.
private struct MirrorPairs {
    struct Place {
        let office: UInt32
        let row: UInt32
    }

    /// A row of an office, with the ends of the flow for which this office speaks in it.
    private struct Report {
        let key: HashedRow
        let place: Place
        let isExport: Bool
        let isImport: Bool
    }

    private(set) var exports: [Place]
    private(set) var imports: [Place]
    /// How many pairs there are: private.
    private(set) var count = 0
    private(set) var steps: Int

    init(_ offices: [(name: String, rows: KeyedRows)], terms: MirrorTerms) {
        let capacity = JoinedSize.mirror(offices.map(\.rows.table.rowCount))
        let filler = Place(office: 0, row: offices.first?.rows.filler ?? 0)
        exports = [Place](repeating: filler, count: capacity + 1)
        imports = exports
        var reports: [Report] = []
        steps = 0
        for (number, office) in offices.enumerated() {
            let own = Self.reports(of: office, UInt32(number), terms)
            reports = Self.merged(reports, own)
            steps += reports.count
        }
        var (exported, imported) = (filler, filler)
        var (hasExport, hasImport, isPaired) = (false, false, false)
        for (number, report) in reports.enumerated() {
            let isNew = number == 0 || !report.key.hasSameKey(as: reports[max(number, 1) - 1].key)
            let takesExport = report.isExport && (isNew || !hasExport)
            let takesImport = report.isImport && (isNew || !hasImport)
            exported = takesExport ? report.place : exported
            imported = takesImport ? report.place : imported
            hasExport = takesExport || hasExport && !isNew
            hasImport = takesImport || hasImport && !isNew
            isPaired = isPaired && !isNew
            let isPair = hasExport && hasImport && !isPaired && exported.office != imported.office
            // Written whether or not it is a pair: what is not counted is written over.
            exports[count] = isPair ? exported : filler
            imports[count] = isPair ? imported : filler
            count += isPair ? 1 : 0
            isPaired = isPaired || isPair
        }
        steps += reports.count
        let filled = JoinedSize.filled(count, of: capacity)
        exports.removeLast(exports.count - filled)
        imports.removeLast(imports.count - filled)
    }

    /// An office's rows in the order of their keys.
    private static func reports(
        of office: (name: String, rows: KeyedRows), _ number: UInt32, _ terms: MirrorTerms
    ) -> [Report] {
        let domain = office.rows.domain
        guard let keys = office.rows.ordered(1, table: Int(number)), let flows = domain.index(of: MirrorTerms.flow),
            let exporters = domain.index(of: MirrorTerms.exporter),
            let importers = domain.index(of: MirrorTerms.importer), let code = terms.offices[office.name]
        else { return [] }
        let columns = office.rows.table.columns
        let (exports, imports) = (
            domain.columns[flows].code(of: MirrorTerms.exports), domain.columns[flows].code(of: MirrorTerms.imports)
        )
        let (exporter, importer) = (domain.columns[exporters].code(of: code), domain.columns[importers].code(of: code))
        return keys.map { key in
            let isRow = key.row < office.rows.rowCount
            let flow = columns[flows][key.row]
            let isExport = isRow && flow == exports && columns[exporters][key.row] == exporter
            let isImport = isRow && flow == imports && columns[importers][key.row] == importer
            return Report(
                key: key, place: Place(office: number, row: UInt32(truncatingIfNeeded: key.row)), isExport: isExport,
                isImport: isImport)
        }
    }

    /// Both lists in one, by key; of one key the first list's come first.
    private static func merged(_ first: [Report], _ second: [Report]) -> [Report] {
        guard let end = first.last ?? second.last, !first.isEmpty, !second.isEmpty else { return first + second }
        var merged = [Report](repeating: end, count: first.count + second.count)
        var (one, two) = (0, 0)
        for place in merged.indices {
            let (left, right) = (first[min(one, first.count - 1)], second[min(two, second.count - 1)])
            let isBehind = !left.key.hasSameKey(as: right.key) && right.key < left.key
            let takesSecond = one == first.count || two < second.count && isBehind
            merged[place] = takesSecond ? right : left
            one += takesSecond ? 0 : 1
            two += takesSecond ? 1 : 0
        }
        return merged
    }
}
