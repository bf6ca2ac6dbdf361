import Domains
import Tables
import VectorMath

/// A sum of values by groups of columns, of which the holder of the values has some and the other holder the rest: products of
/// the digits of each row's value, in the group that it lies in at the values' holder, and of the group at the other one.
struct SplitSum {
    /// Of the values: 0 or 1.
    let holder: Int
    /// The groups at that holder.
    let within: [Int]
    /// Those at the other one.
    let across: [Int]
    /// How many combinations of their codes there are: at the values' holder, and at the other one.
    let cells: [Int]
    private let attribute: Int
    private let values: [Int64]
    private let groups: [Int]
    private let domain: TableDomain
    private let first: Int
    private let digits: SignedDigits

    /// - Parameters:
    ///   - domain: of the columns of both holders.
    ///   - first: how many of them the first holder has.
    init(_ values: [Int64], of attribute: Int, by groups: [Int], _ domain: TableDomain, first: Int) {
        let holder = attribute < first ? 0 : 1
        within = groups.filter { ($0 < first ? 0 : 1) == holder }
        across = groups.filter { ($0 < first ? 0 : 1) != holder }
        cells = [within, across].map { $0.reduce(1) { $0 * domain.columns[$1].size } }
        digits = SignedDigits(upTo: values.reduce(0) { max($0, Int64(clamping: $1.magnitude)) })
        self.holder = holder
        self.attribute = attribute
        self.values = values
        self.groups = groups
        self.domain = domain
        self.first = first
    }

    /// How many columns the digits have.
    var width: (partialValue: Int, overflow: Bool) {
        digits.weights.count.multipliedReportingOverflow(by: 2 * cells[0] + 1)
    }

    /// What the columns of both holders' tables add to the figures of their rows.
    var columns: [WeightedColumns] {
        let columns = [digits.columns(cells: cells[0]), WeightedColumns(codes: cells[1])]
        return holder == 1 ? columns.reversed() : columns
    }

    private func local(_ column: Int) -> Int { column < first ? column : column - first }

    /// A holder's rows as codes of these columns.
    func codes(of own: PrivateRows, at side: Int?) -> [CodeArray] {
        if side == holder {
            return own.digits(digits, values, of: local(attribute), by: within.map { local($0) })
        }
        return across.isEmpty ? [own.alike] : own.combined([across.map { local($0) }], further: [])
    }

    /// The products of all figures of the first holder with all of the second, in the order of the groups.
    func ordered(_ products: [UInt64]) -> [Int64] {
        let seconds = cells[1 - holder]
        return (0..<(cells[0] * cells[1])).map { cell in
            var rest = cell
            var codes: [Int] = []
            for group in groups.reversed() {
                codes.append(rest % domain.columns[group].size)
                rest /= domain.columns[group].size
            }
            var places = [0, 0]
            for (group, code) in zip(groups, codes.reversed()) {
                let side = group < first ? 0 : 1
                places[side] = places[side] * domain.columns[group].size + code
            }
            return Int64(products[places[0] * seconds + places[1]])
        }
    }
}

extension PrivateRows {
    /// One code for all rows: a row that is there counts in its only column.
    var alike: CodeArray {
        guard let codes = CodeArray(narrowing: [UInt32](repeating: 0, count: table.rowCount), below: 1) else {
            preconditionFailure("zeros are below one")
        }
        return codes
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
struct ScoreClasses {
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
