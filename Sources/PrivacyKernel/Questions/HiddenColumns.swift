import Domains
import Synchronization
import Tables
import VectorMath

/// One party's part of a table whose columns lie at two holders, where no holder knows which of its rows are joined.
///
/// So not even tables of one holder's columns are counted by that holder: every count is a sum, or a sum of products, over shares of
/// the joined rows. Rows that nobody joined are zero in all columns, and count nowhere.
final class HiddenColumns: IntegerSource {
    let domain: TableDomain
    /// This holder's rows; nil at the third party.
    let list: HiddenList?
    /// How many columns of the domain the first holder has.
    let first: Int
    let sharing: any HiddenSharing
    let budgetClaim: BudgetClaim
    /// The longer list's places: public.
    let rows: Int
    private let shared = Mutex<Shared>(Shared())

    private struct Shared {
        /// Parts of all single columns and of their pairs; nil before the first is asked for.
        var columns: HiddenCounts?
        /// How many tables were shared.
        var count = 0
    }

    /// - Parameters:
    ///   - list: this holder's rows, of the first or the last columns of the domain.
    ///   - domain: of the joined table.
    ///   - first: how many of its columns the first holder has.
    init(
        _ list: HiddenList?, of domain: TableDomain, first: Int, _ terms: HiddenTerms, _ sharing: any HiddenSharing
    ) {
        self.list = list
        budgetClaim = list?.rows.budgetClaim ?? BudgetClaim()
        self.domain = domain
        self.first = first
        rows = (0..<2).map { terms.places($0) }.max() ?? 0
        self.sharing = sharing
    }

    var rowsPerKey: Int { 1 }
    var holders: NoiseHolders { sharing.holders }
    var shortensRows: Bool { false }

    /// As `SharedColumns.mostFigure`.
    func mostFigure(of kind: FigureKind) -> Int64? { kind == .counts ? 1 << 29 : 1 << 59 }

    // KERNEL 11.8
    func counts(_ cliques: [[Int]], further: [FurtherAttribute]) throws(PrivacyError) -> [[Int64]] {
        guard !cliques.isEmpty else { return [] }
        let (all, ownFurther) = try HolderAttribute.all(of: domain, first: first, further, side: sharing.side)
        let asked = cliques.map { $0.map { all[$0] } }
        let wide = asked.indices.filter { asked[$0].count > 2 }
        let columns = wide.count < asked.count ? try columns() : nil
        let sets = wide.isEmpty ? nil : try counted(wide.map { asked[$0] }, ownFurther)
        return asked.map { attributes in
            if attributes.count > 2 { return sets.map { table($0, attributes) } ?? [] }
            return columns.map { table($0, attributes) } ?? []
        }
    }

    // MARK: - Tables of up to two attributes

    /// All single columns and all pairs of them: shared when the first of them is asked for.
    private func columns() throws(PrivacyError) -> HiddenCounts {
        if let known = shared.withLock({ $0.columns }) { return known }
        let count = domain.columns.count
        let pairs = (0..<count).flatMap { one in ((one + 1)..<max(count, one + 1)).map { GroupPair(one, $0) } }
        let sizes = [domain.columns[..<first].map(\.size), domain.columns[first...].map(\.size)]
        let counts = try share(sizes, pairs) { own in own.codes }
        shared.withLock { $0.columns = counts }
        return counts
    }

    private func table(_ counts: HiddenCounts, _ attributes: [HolderAttribute]) -> [Int64] {
        guard let one = attributes.first else {
            // Each joined row has one code of each column.
            let rows = counts.sums.prefix(domain.columns.first?.size ?? 0)
            return [Int64(rows.reduce(0) { PrimeField.sum($0, $1) })]
        }
        let two = attributes.dropFirst().first
        var cells = [UInt64](repeating: 0, count: one.size * (two?.size ?? 1))
        func add(_ word: UInt32, _ code: Int, _ other: Int) {
            cells[one.group(of: code) * (two?.size ?? 1) + (two?.group(of: other) ?? 0)] += UInt64(word)
        }
        let size = domain.columns[one.column].size
        if let two, two.column != one.column {
            let isAscending = one.column < two.column
            let other = domain.columns[two.column].size
            let pair =
                isAscending ? GroupPair(one.column, two.column) : GroupPair(two.column, one.column)
            let words = counts.tables[pair] ?? []
            for code in 0..<size {
                for second in 0..<other {
                    add(words[isAscending ? code * other + second : second * size + code], code, second)
                }
            }
        } else {
            // Of one column alone, or of it and groups of its codes.
            let start = domain.columns[..<one.column].reduce(0) { $0 + $1.size }
            for code in 0..<size { add(counts.sums[start + code], code, code) }
        }
        return cells.map { Int64(PrimeField.reduced($0)) }
    }

    // MARK: - Tables of more attributes

    /// Sets of one holder's attributes, each a group of columns.
    private struct Sets {
        var counts = HiddenCounts(sums: [], tables: [:])
        /// Of each side the numbers of its sets, by the attributes in them.
        var numbers: [[[Int]: Int]] = [[:], [:]]
        /// The columns of each set.
        var sizes: [[Int]] = [[], []]
    }

    private func locals(_ attributes: [HolderAttribute]) -> [[Int]] {
        [0, 1].map { side in attributes.filter { $0.side == side }.map(\.local) }
    }

    private func counted(
        _ tables: [[HolderAttribute]], _ further: [FurtherAttribute]
    ) throws(PrivacyError) -> Sets {
        var sets = Sets()
        var own: [[Int]] = []
        for attributes in tables {
            for (side, locals) in locals(attributes).enumerated() where !locals.isEmpty {
                guard sets.numbers[side][locals] == nil else { continue }
                sets.numbers[side][locals] = sets.sizes[side].count
                sets.sizes[side].append(
                    attributes.filter { $0.side == side }.reduce(1) { $0 * $1.size })
                if side == sharing.side { own.append(locals) }
            }
        }
        let pairs = Set(tables.compactMap { pair(of: locals($0), sets) })
        sets.counts = try share(
            sets.sizes, pairs.sorted { ($0.first, $0.second) < ($1.first, $1.second) }
        ) { rows in rows.combined(own, further: further) }
        return sets
    }

    /// The sets of both sides; nil where one side has none.
    private func pair(of locals: [[Int]], _ sets: Sets) -> GroupPair? {
        guard let one = sets.numbers[0][locals[0]], let two = sets.numbers[1][locals[1]] else { return nil }
        return GroupPair(one, sets.sizes[0].count + two)
    }

    private func table(_ sets: Sets, _ attributes: [HolderAttribute]) -> [Int64] {
        let locals = locals(attributes)
        let words: [UInt32]
        if let pair = pair(of: locals, sets) {
            words = sets.counts.tables[pair] ?? []
        } else {
            let side = locals[0].isEmpty ? 1 : 0
            let number = sets.numbers[side][locals[side]] ?? 0
            let before = side == 0 ? 0 : sets.sizes[0].reduce(0, +)
            let start = before + sets.sizes[side][..<number].reduce(0, +)
            words = Array(sets.counts.sums[start..<(start + sets.sizes[side][number])])
        }
        // The words are ordered by the codes of the first side, then by those of the second.
        let order = attributes.filter { $0.side == 0 } + attributes.filter { $0.side == 1 }
        var steps: [Int: Int] = [:]
        var step = 1
        for attribute in order.reversed() {
            steps[key(attribute)] = step
            step *= attribute.size
        }
        return (0..<words.count).map { cell in
            var rest = cell
            var place = 0
            for attribute in attributes.reversed() {
                place += rest % attribute.size * (steps[key(attribute)] ?? 0)
                rest /= attribute.size
            }
            return Int64(words[place])
        }
    }

    /// Tells attributes of both sides apart.
    private func key(_ attribute: HolderAttribute) -> Int { 2 * attribute.local + attribute.side }

    // MARK: - Shares

    /// How many tables were shared before, in either field: no two have one mask.
    func nextNumber() -> Int {
        shared.withLock { shared in
            defer { shared.count += 1 }
            return shared.count
        }
    }

    // KERNEL 11.9
    private func share(
        _ sizes: [[Int]], _ pairs: [GroupPair], _ codes: (PrivateRows) -> [CodeArray]
    ) throws(PrivacyError) -> HiddenCounts {
        let widths = sizes.map { $0.reduce(0, +) }
        for width in widths { try ShareLimits.check(width: width, rows: rows) }
        let all = sizes.flatMap { $0 }
        try ShareLimits.check(products: pairs.map { (all[$0.first], all[$0.second]) })
        let number = nextNumber()
        do {
            let own = list.map { HiddenTable($0, codes($0.rows)) }
            let counts = try sharing.counts(number, sizes: sizes, pairs: pairs, own: own)
            guard counts.sums.count == widths.reduce(0, +),
                pairs.allSatisfy({ counts.tables[$0]?.count == all[$0.first] * all[$0.second] })
            else { throw PrivacyError.shapeMismatch(expected: widths.reduce(0, +), found: counts.sums.count) }
            return counts
        } catch let error as PrivacyError {
            throw error
        } catch {
            throw .notOpened("\(error)")
        }
    }

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
