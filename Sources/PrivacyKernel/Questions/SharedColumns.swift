import Domains
import Synchronization
import Tables
import VectorMath

/// One party's part of a table whose columns lie at two holders, row beside row.
///
/// Tables of one holder's columns are counted by that holder; the others' parts are zero. A table across both is a product of
/// one-hot codes under shares: this party's part is a word that says nothing alone. Sums are taken in a field, so that figures
/// with their noise must stay within ``mostFigure(of:)``.
final class SharedColumns: IntegerSource {
    let domain: TableDomain
    /// This holder's rows, aligned with the other's; nil at the third party.
    let own: PrivateRows?
    /// How many columns of the domain the first holder has.
    let first: Int
    /// How many rows both tables have with their padding: public.
    let rows: Int
    let sharing: any ColumnSharing
    let budgetClaim: BudgetClaim
    private let shared = Mutex<Shared>(Shared())

    private struct Shared {
        /// Parts of the tables of all pairs of single columns across the holders; nil before the first is asked for.
        var pairs: [UInt32]?
        /// How many tables were shared.
        var count = 0
    }

    /// No count is beyond the first, and no sum of values beyond the second, noise included.
    func mostFigure(of kind: FigureKind) -> Int64? { kind == .counts ? 1 << 29 : 1 << 59 }

    var shortensRows: Bool { false }

    /// - Parameters:
    ///   - own: this holder's rows, of the first or the last columns of the domain.
    ///   - domain: of the joined table.
    ///   - first: how many of its columns the first holder has.
    ///   - rows: of both tables, with padding.
    init(_ own: PrivateRows?, of domain: TableDomain, first: Int, rows: Int, _ sharing: any ColumnSharing) {
        self.own = own
        budgetClaim = own?.budgetClaim ?? BudgetClaim()
        self.domain = domain
        self.first = first
        self.rows = rows
        self.sharing = sharing
    }

    var rowsPerKey: Int { 1 }
    var holders: NoiseHolders { sharing.holders }

    // KERNEL 11.2
    func counts(_ cliques: [[Int]], further: [FurtherAttribute]) throws(PrivacyError) -> [[Int64]] {
        let (all, ownFurther) = try HolderAttribute.all(of: domain, first: first, further, side: sharing.side)
        let sides: [[[HolderAttribute]]] = cliques.map { clique in
            [0, 1].map { side in clique.map { all[$0] }.filter { $0.side == side } }
        }
        let wide = sides.indices.filter { !sides[$0][0].isEmpty && !sides[$0][1].isEmpty && cliques[$0].count > 2 }
        let isAcross = sides.contains { $0[0].count == 1 && $0[1].count == 1 }
        let pairs = isAcross ? try self.pairs() : []
        let products = wide.isEmpty ? nil : try self.products(wide.map { sides[$0] }, ownFurther)
        // Where this holder has all columns of a table, or no column is asked for, it counts alone.
        let alone = sides.indices.filter { place in
            let holder = sides[place][0].isEmpty && !sides[place][1].isEmpty ? 1 : 0
            return holder == sharing.side && (sides[place][0].isEmpty || sides[place][1].isEmpty)
        }
        var known: [Int: [Int64]] = [:]
        if let own {
            let counted = own.counts(alone.map { sides[$0].joined().map(\.local) }, further: ownFurther)
            for (place, counts) in zip(alone, counted) { known[place] = counts }
        }
        return sides.indices.map { place in
            if let counts = known[place] { return counts }
            let clique = cliques[place].map { all[$0] }
            let cells = clique.reduce(1) { $0 * $1.size }
            guard !sides[place][0].isEmpty, !sides[place][1].isEmpty else {
                return [Int64](repeating: 0, count: cells)
            }
            var counts =
                cliques[place].count == 2
                ? pairTable(sides[place][0][0], sides[place][1][0], clique, pairs)
                : wideTable(sides[place], clique, products)
            if sharing.side == 0, let own {
                // Rows that fill the table up have the first code of each column.
                let cell = clique.reduce(0) { $0 * $1.size + $1.group(of: 0) }
                counts[cell] -= own.padding
            }
            return counts
        }
    }

    /// The table of two columns, or of groups of their codes, from the products of all columns.
    private func pairTable(
        _ one: HolderAttribute, _ two: HolderAttribute, _ order: [HolderAttribute], _ pairs: [UInt32]
    ) -> [Int64] {
        let width = domain.columns[first...].reduce(0) { $0 + $1.size }
        let start = domain.columns[..<one.column].reduce(0) { $0 + $1.size }
        let second = domain.columns[first..<two.column].reduce(0) { $0 + $1.size }
        let isSwapped = order[0].side == 1
        var table = [UInt64](repeating: 0, count: one.size * two.size)
        for row in 0..<domain.columns[one.column].size {
            let i = one.group(of: row)
            for column in 0..<domain.columns[two.column].size {
                let j = two.group(of: column)
                table[isSwapped ? j * one.size + i : i * two.size + j] += UInt64(
                    pairs[(start + row) * width + second + column])
            }
        }
        return table.map { Int64(PrimeField.reduced($0)) }
    }

    /// A table of more columns, from the products of the groups of each side.
    private func wideTable(_ sides: [[HolderAttribute]], _ order: [HolderAttribute], _ products: Products?) -> [Int64] {
        guard let products, let one = products.starts[0][sides[0].map(\.local)],
            let two = products.starts[1][sides[1].map(\.local)]
        else { return [] }
        let cells = order.reduce(1) { $0 * $1.size }
        return (0..<cells).map { cell in
            var rest = cell
            var codes: [Int] = []
            for attribute in order.reversed() {
                codes.append(rest % attribute.size)
                rest /= attribute.size
            }
            codes.reverse()
            var places = [one, two]
            var numbers = [0, 0]
            for (attribute, code) in zip(order, codes) {
                numbers[attribute.side] = numbers[attribute.side] * attribute.size + code
            }
            places[0] += numbers[0]
            places[1] += numbers[1]
            return Int64(products.words[places[0] * products.width + places[1]])
        }
    }

    private struct Products {
        let words: [UInt32]
        /// Columns of the second side.
        let width: Int
        /// For each side where the columns of a set of attributes begin.
        let starts: [[[Int]: Int]]
    }

    /// The products of all sets of columns that tables of more than two columns have on either side.
    private func products(
        _ tables: [[[HolderAttribute]]], _ further: [FurtherAttribute]
    ) throws(PrivacyError) -> Products {
        var starts: [[[Int]: Int]] = [[:], [:]]
        var sizes: [[Int]] = [[], []]
        var sets: [[Int]] = []
        for table in tables {
            for side in 0..<2 {
                let locals = table[side].map(\.local)
                guard starts[side][locals] == nil else { continue }
                starts[side][locals] = sizes[side].reduce(0, +)
                sizes[side].append(table[side].reduce(1) { $0 * $1.size })
                if side == sharing.side { sets.append(locals) }
            }
        }
        let words = try share(sizes) { own in own.combined(sets, further: further) }
        return Products(words: words, width: sizes[1].reduce(0, +), starts: starts)
    }

    /// The products of all single columns: shared when the first of them is asked for.
    private func pairs() throws(PrivacyError) -> [UInt32] {
        if let known = shared.withLock({ $0.pairs }) { return known }
        let sizes = [domain.columns[..<first].map(\.size), domain.columns[first...].map(\.size)]
        let words = try share(sizes) { own in own.codes }
        shared.withLock { $0.pairs = words }
        return words
    }

    /// How many tables were shared before, in either field: no two have one mask.
    func nextNumber() -> Int {
        shared.withLock { shared in
            defer { shared.count += 1 }
            return shared.count
        }
    }

    // KERNEL 11.3
    /// This party's part of the products of two tables of one-hot codes.
    private func share(_ sizes: [[Int]], _ codes: (PrivateRows) -> [CodeArray]) throws(PrivacyError) -> [UInt32] {
        let widths = sizes.map { $0.reduce(0, +) }
        for width in widths { try ShareLimits.check(width: width, rows: rows) }
        try ShareLimits.check(products: [(widths[0], widths[1])])
        let number = nextNumber()
        let own = self.own.map { OneHotCodes(codes($0), rows: rows) }
        do {
            let part = try sharing.products(number, sizes: sizes, own: own.map { OneHotTable($0) })
            guard part.count == widths[0] * widths[1] else {
                throw PrivacyError.shapeMismatch(expected: widths[0] * widths[1], found: part.count)
            }
            return part
        } catch let error as PrivacyError {
            throw error
        } catch {
            throw .notOpened("\(error)")
        }
    }

    // KERNEL 11.4
    func whole(
        of parts: [[Int64]], _ kind: FigureKind, answering question: @autoclosure () -> String
    ) throws(PrivacyError) -> [[Int64]] {
        let question = question()
        return try opened(parts) { part in
            switch kind {
            case .counts: try sharing.open(part, question: question)
            case .values: try sharing.openWide(part, question: question)
            }
        }
    }
}

extension PrivateRows {
    /// The codes of each set of attributes together, the last varying fastest.
    func combined(_ sets: [[Int]], further: [FurtherAttribute]) -> [CodeArray] {
        let all = codes + columns(further).map(\.codes)
        return sets.map { set in
            guard set.count > 1 else { return all[set.first ?? 0] }
            let bound = set.reduce(1) { $0 * all[$1].bound }
            var combined = [UInt32](repeating: 0, count: table.rowCount)
            for attribute in set {
                let (codes, size) = (all[attribute], UInt32(all[attribute].bound))
                for row in combined.indices { combined[row] = combined[row] &* size &+ UInt32(codes[row]) }
            }
            guard let codes = CodeArray(narrowing: combined, below: bound) else {
                preconditionFailure("codes together are below the product of their bounds")
            }
            for row in combined.indices { combined[row] = 0 }
            return codes
        }
    }
}
