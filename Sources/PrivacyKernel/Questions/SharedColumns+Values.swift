import Domains
import Tables
import VectorMath

/// Sums of values and of scores, where the columns of each row lie at two holders: products of what each holder's columns add, in
/// the field of 2⁶¹ − 1, which holds every sum that the kernel can be asked for.
extension SharedColumns {
    /// No shared table has more elements.
    private static let mostElements = 1 << 29

    private func side(of column: Int) -> Int { column < first ? 0 : 1 }

    /// Its number among the holder's own columns.
    private func local(_ column: Int) -> Int { column < first ? column : column - first }

    // KERNEL 11.5
    /// The holder of the values shares the digits of each row's value, the other one the group that the row lies in. Where the
    /// groups are columns of the values' holder, it adds alone.
    func sums(_ values: [Int64], of attribute: Int, by groups: [Int]) throws(PrivacyError) -> [Int64] {
        let holder = side(of: attribute)
        let within = groups.filter { side(of: $0) == holder }
        let across = groups.filter { side(of: $0) != holder }
        let cells = [within, across].map { $0.reduce(1) { $0 * domain.columns[$1].size } }
        guard !across.isEmpty else {
            guard let own, holder == sharing.side else { return [Int64](repeating: 0, count: cells[0]) }
            return own.sums(values, of: local(attribute), by: groups.map { local($0) })
        }
        let digits = SignedDigits(upTo: values.reduce(0) { max($0, Int64(clamping: $1.magnitude)) })
        try checkWords(digits.weights.count.multipliedReportingOverflow(by: 2 * cells[0] + 1))
        var columns = [digits.columns(cells: cells[0]), WeightedColumns(codes: cells[1])]
        if holder == 1 { columns.swapAt(0, 1) }
        let products = try products(columns) { own in
            holder == sharing.side
                ? own.digits(digits, values, of: local(attribute), by: within.map { local($0) })
                : own.combined([across.map { local($0) }], further: [])
        }
        return (0..<(cells[0] * cells[1])).map { cell in
            var rest = cell
            var codes: [Int] = []
            for group in groups.reversed() {
                codes.append(rest % domain.columns[group].size)
                rest /= domain.columns[group].size
            }
            var places = [0, 0]
            for (group, code) in zip(groups, codes.reversed()) {
                places[side(of: group)] = places[side(of: group)] * domain.columns[group].size + code
            }
            return Int64(products[places[0] * columns[1].figures + places[1]])
        }
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

    private func checkWords(_ width: (partialValue: Int, overflow: Bool)) throws(PrivacyError) {
        let words = width.partialValue.multipliedReportingOverflow(by: max(rows, 1))
        guard !width.overflow, !words.overflow, words.partialValue <= Self.mostElements else {
            throw .tooManyCells(
                cells: width.overflow || words.overflow ? nil : words.partialValue, limit: Self.mostElements)
        }
    }

    /// This party's part of the sums of products of the figures of two tables.
    private func products(
        _ columns: [WeightedColumns], _ codes: (PrivateRows) -> [CodeArray]
    ) throws(PrivacyError) -> [UInt64] {
        for table in columns { try checkWords((table.width, false)) }
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

/// Whole numbers up to a bound as sums of public weights, each taken with −1, 0 or 1: whatever digits a row has, they sum to no
/// more than the bound.
struct SignedDigits {
    /// Powers of three, and the rest of the bound last.
    let weights: [Int64]

    init(upTo bound: Int64) {
        let bound = max(1, bound)
        var weights: [Int64] = []
        var sum: Int64 = 0
        while sum < bound {
            weights.append(min(2 * sum + 1, bound - sum))
            sum += weights[weights.count - 1]
        }
        self.weights = weights
    }

    /// For each digit one column where it is 0, one for 1 in each cell, and one for −1 in each cell.
    func columns(cells: Int) -> WeightedColumns {
        WeightedColumns(
            sizes: weights.map { _ in 2 * cells + 1 }, figures: cells,
            columns: weights.flatMap { weight in
                [[]] + (0..<cells).map { [(figure: $0, weight: weight)] }
                    + (0..<cells).map { [(figure: $0, weight: -weight)] }
            })
    }
}

/// Codes of each column whose scores are the same in all features: they need no columns of their own.
private struct ScoreClasses {
    /// For each column of the domain that has features, the class of each code.
    var maps: [(column: Int, map: [UInt32])] = []
    let columns: WeightedColumns

    init(_ attributes: [Int], _ scores: [[Int16]]) {
        var terms: [[(figure: Int, weight: Int64)]] = []
        var sizes: [Int] = []
        for column in Set(attributes).sorted() {
            let features = attributes.indices.filter { attributes[$0] == column }
            var known: [[Int16]: UInt32] = [:]
            var map: [UInt32] = []
            for code in (features.first.map { scores[$0] } ?? []).indices {
                let tuple = features.map { scores[$0][code] }
                if known[tuple] == nil {
                    known[tuple] = UInt32(known.count)
                    terms.append(zip(features, tuple).map { (figure: $0, weight: Int64($1)) })
                }
                map.append(known[tuple] ?? 0)
            }
            maps.append((column, map))
            sizes.append(known.count)
        }
        columns = WeightedColumns(sizes: sizes, figures: attributes.count, columns: terms)
    }
}
