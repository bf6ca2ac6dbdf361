import Domains
import Tables
import VectorMath

/// Sums of values and of scores, where the columns of each row lie at two holders: products of what each holder's columns add, in
/// the field of 2⁶¹ − 1, which holds every sum that the kernel can be asked for.
extension SharedColumns {
    private func side(of column: Int) -> Int { column < first ? 0 : 1 }

    /// Its number among the holder's own columns.
    private func local(_ column: Int) -> Int { column < first ? column : column - first }

    // KERNEL 11.5
    /// The holder of the values shares the digits of each row's value, the other one the group that the row lies in. Where the
    /// groups are columns of the values' holder, it adds alone.
    func sums(_ values: [Int64], of attribute: Int, by groups: [Int]) throws(PrivacyError) -> [Int64] {
        let asked = SplitSum(values, of: attribute, by: groups, domain, first: first)
        guard !asked.across.isEmpty else {
            guard let own, asked.holder == sharing.side else { return [Int64](repeating: 0, count: asked.cells[0]) }
            return own.sums(values, of: local(attribute), by: groups.map { local($0) })
        }
        try check(asked.width)
        let products = try products(asked.columns) { own in asked.codes(of: own, at: sharing.side) }
        return asked.ordered(products)
    }

    // KERNEL 11.5
    /// Either holder adds the products of its own scores alone; those of both are products of shares. No row is longer than `bound`.
    func gram(_ attributes: [Int], _ scores: [[Int16]], bound: Int) throws(PrivacyError) -> [Int64] {
        let size = attributes.count
        var entries = [Int64](repeating: 0, count: size * size)
        let features = [0, 1].map { side in attributes.indices.filter { self.side(of: attributes[$0]) == side } }
        if let own, let side = sharing.side {
            let mine = features[side]
            let block = own.gram(mine.map { local(attributes[$0]) }, mine.map { scores[$0] }, bound: bound)
            for (i, row) in mine.enumerated() {
                for (j, column) in mine[...i].enumerated() {
                    entries[row * size + column] = block[i * mine.count + j]
                }
            }
        }
        guard features.allSatisfy({ !$0.isEmpty }) else { return entries }
        let classes = features.map { ScoreClasses($0.map { attributes[$0] }, $0.map { scores[$0] }) }
        let products = try products(classes.map(\.columns)) { own in
            classes[sharing.side ?? 0].maps.map { own.codes[local($0.column)].mapped(through: $0.map) }
        }
        for (i, row) in features[0].enumerated() {
            for (j, column) in features[1].enumerated() {
                var entry = Int64(products[i * features[1].count + j])
                if sharing.side == 0, let own {
                    // The first holder takes away what rows of padding add, whose codes are zero.
                    entry &-= own.padding &* Int64(scores[row][0]) &* Int64(scores[column][0])
                }
                entries[max(row, column) * size + min(row, column)] = entry
            }
        }
        return entries
    }

    private func check(_ width: (partialValue: Int, overflow: Bool)) throws(PrivacyError) {
        try ShareLimits.check(width: width.overflow ? nil : width.partialValue, rows: rows, isWide: true)
    }

    /// This party's part of the sums of products of the figures of two tables.
    private func products(
        _ columns: [WeightedColumns], _ codes: (PrivateRows) -> [CodeArray]
    ) throws(PrivacyError) -> [UInt64] {
        for table in columns { try check((table.width, false)) }
        try ShareLimits.check(products: [(columns[0].figures, columns[1].figures)])
        let number = nextNumber()
        let own = self.own.map { OneHotTable(OneHotCodes(codes($0), rows: rows)) }
        do {
            let part = try sharing.wideProducts(number, columns: columns, own: own)
            guard part.count == columns[0].figures * columns[1].figures else {
                throw PrivacyError.shapeMismatch(
                    expected: columns[0].figures * columns[1].figures, found: part.count)
            }
            return part
        } catch let error as PrivacyError {
            throw error
        } catch {
            throw .notOpened("\(error)")
        }
    }
}
