import VectorMath

/// Sums of values and of scores over rows of which nobody knows whether they are joined: products of what the columns of joined rows
/// add, in the field of 2⁶¹ − 1. Rows of zeros add nothing.
extension HiddenColumns {
    // KERNEL 11.10
    /// Where all groups are columns of the values' holder, the other one shares a single column, in which its rows count: so a
    /// value counts where both holders have the row, and nowhere else.
    func sums(_ values: [Int64], of attribute: Int, by groups: [Int]) throws(PrivacyError) -> [Int64] {
        let asked = SplitSum(values, of: attribute, by: groups, domain, first: first)
        try check(asked.width)
        let products = try products(asked.columns, [GroupPair(0, 1)]) { own in
            asked.codes(of: own, at: sharing.side)
        }
        return asked.ordered(products[0])
    }

    // KERNEL 11.10
    /// Products of one holder's scores are products of shares too. No row is longer than `bound`.
    func gram(_ attributes: [Int], _ scores: [[Int16]], bound: Int) throws(PrivacyError) -> [Int64] {
        let size = attributes.count
        let features = [0, 1].map { side in attributes.indices.filter { (attributes[$0] < first ? 0 : 1) == side } }
        let classes = features.map { ScoreClasses($0.map { attributes[$0] }, $0.map { scores[$0] }) }
        let sides = [0, 1].filter { !features[$0].isEmpty }
        let tables = sides.flatMap { one in sides.filter { $0 >= one }.map { GroupPair(one, $0) } }
        let products = try products(
            classes.map { $0.maps.isEmpty ? WeightedColumns(codes: 1) : $0.columns }, tables
        ) { own in
            let maps = classes[sharing.side ?? 0].maps
            let offset = sharing.side == 1 ? first : 0
            return maps.isEmpty ? [own.alike] : maps.map { own.codes[$0.column - offset].mapped(through: $0.map) }
        }
        var entries = [Int64](repeating: 0, count: size * size)
        for (table, words) in zip(tables, products) {
            let (ones, others) = (features[table.first], features[table.second])
            for (i, row) in ones.enumerated() {
                for (j, column) in others.enumerated() where table.first != table.second || j <= i {
                    entries[max(row, column) * size + min(row, column)] = Int64(words[i * others.count + j])
                }
            }
        }
        return entries
    }

    private func check(_ width: (partialValue: Int, overflow: Bool)) throws(PrivacyError) {
        try ShareLimits.check(width: width.overflow ? nil : width.partialValue, rows: rows, isWide: true)
    }

    // KERNEL 11.9
    /// This party's parts of the sums of products of figures of two tables.
    private func products(
        _ columns: [WeightedColumns], _ tables: [GroupPair], _ codes: (PrivateRows) -> [CodeArray]
    ) throws(PrivacyError) -> [[UInt64]] {
        for table in columns { try check((table.width, false)) }
        try ShareLimits.check(products: tables.map { (columns[$0.first].figures, columns[$0.second].figures) })
        let number = nextNumber()
        let own = list.map { HiddenTable($0, codes($0.rows)) }
        let cells = tables.map { columns[$0.first].figures * columns[$0.second].figures }
        do {
            let parts = try sharing.products(number, columns: columns, tables: tables, own: own)
            guard parts.map(\.count) == cells else {
                throw PrivacyError.shapeMismatch(expected: cells.reduce(0, +), found: parts.joined().count)
            }
            return parts
        } catch let error as PrivacyError {
            throw error
        } catch {
            throw .notOpened("\(error)")
        }
    }
}
