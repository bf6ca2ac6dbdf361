import Domains
import Synchronization
@_spi(PrivateRows) import Tables
import VectorMath

/// The rows of a `PrivateTable`, for the kernel's own files. Codes and evidence are overwritten when the last reference goes.
///
/// They answer to slices of one budget only.
final class PrivateRows: IntegerSource {
    /// Public: which columns there are and what their codes mean.
    let domain: TableDomain
    /// No key has more rows than this; every sensitivity is a multiple of it.
    let rowsPerKey: Int
    /// How many rows there are. The others are padding, so that the table is as long as it can be. Private.
    let rowCount: Int
    /// Public: the code that rows of padding have in each column.
    let filler: [UInt32]
    /// How many steps of loops the join took: the audit compares them.
    let steps: Int
    /// Proof: written once here and once more, with zeros, in deinit, when no one else can hold the rows.
    private(set) nonisolated(unsafe) var table: CodedTable
    /// Of a linkage whose quality is asked for.
    ///
    /// Proof: as of `table`.
    private(set) nonisolated(unsafe) var evidence: LinkageEvidence?
    /// The budget that the first release was paid from.
    let budgetClaim = BudgetClaim()
    /// The further attributes that were last asked for, row by row.
    private let further = Mutex<[(attribute: FurtherAttribute, codes: CodeArray, filler: Int)]>([])

    /// - Parameters:
    ///   - table: its columns are those of the domain.
    ///   - rowsPerKey: how many rows of one key, or of one unit, it holds at most.
    ///   - rowCount: how many of the rows count; nil for all.
    ///   - filler: for each column the code of the rows that do not count; nil where they have the code 0 in every column.
    init(
        domain: TableDomain, table: consuming CodedTable, rowsPerKey: Int, rowCount: Int? = nil, steps: Int = 0,
        filler: [UInt32]? = nil, evidence: LinkageEvidence? = nil
    ) {
        self.domain = domain
        self.rowsPerKey = max(1, rowsPerKey)
        self.rowCount = rowCount ?? table.rowCount
        self.steps = steps
        self.filler = filler ?? table.columns.map { _ in 0 }
        self.table = table
        self.evidence = evidence
    }

    deinit {
        table.wipe()
        evidence?.wipe()
        further.withLock { further in
            for place in further.indices { further[place].codes.wipe() }
        }
    }

    /// The whole of it lies here.
    var holders: NoiseHolders { .one }

    func whole(
        of parts: [[Int64]], _ kind: FigureKind, answering question: @autoclosure () -> String
    ) -> [[Int64]] { parts }

    // KERNEL 2.8
    /// How many rows fill the table up: private.
    var padding: Int64 { Int64(table.rowCount - rowCount) }

    /// Exact marginals of ascending attribute sets, of columns and then of further attributes.
    ///
    /// The rows of padding lie in the cell of their codes, and in that of their codes of a further attribute. They are
    /// counted like any other, and then taken away: so counting takes the same steps whatever the rows are.
    func counts(_ cliques: [[Int]], further: [FurtherAttribute]) -> [[Int64]] {
        guard !cliques.isEmpty else { return [] }
        var counts: [[Int64]] = []
        addCounts(cliques, further: further, to: &counts)
        return counts
    }

    /// The same, added to tables of the same attribute sets over other rows; to none where there is no table yet.
    func addCounts(_ cliques: [[Int]], further: [FurtherAttribute], to counts: inout [[Int64]]) {
        let added = columns(further)
        let all = codes + added.map(\.codes)
        if counts.isEmpty {
            counts = countCodes(all, cliques: cliques)
        } else {
            VectorMath.addCounts(all, cliques: cliques, to: &counts)
        }
        let bounds = codes.map(\.bound) + added.map(\.codes.bound)
        let fillers = filler.map { Int($0) } + added.map(\.filler)
        for (place, clique) in cliques.enumerated() {
            counts[place][clique.reduce(0) { $0 * bounds[$1] + fillers[$1] }] -= padding
        }
    }

    /// The codes of further attributes row by row, and the code that rows of padding have. An attribute may follow from one
    /// before it in the list.
    func columns(_ attributes: [FurtherAttribute]) -> [(codes: CodeArray, filler: Int)] {
        further.withLock { known in
            let same = zip(known, attributes).prefix { $0.attribute == $1 }.count
            for place in same..<known.count { known[place].codes.wipe() }
            known.removeLast(known.count - same)
            for attribute in attributes.dropFirst(same) {
                let (codes, filler) = column(attribute, after: known)
                known.append((attribute: attribute, codes: codes, filler: filler))
            }
            return known.map { (codes: $0.codes, filler: $0.filler) }
        }
    }

    private func column(
        _ attribute: FurtherAttribute, after known: [(attribute: FurtherAttribute, codes: CodeArray, filler: Int)]
    ) -> (codes: CodeArray, filler: Int) {
        switch attribute {
        case .difference(let question): return differences(question)
        case .grouping(let attribute, let map):
            let count = domain.columns.count
            let (codes, filler) =
                attribute < count
                ? (table.columns[attribute].codes, Int(self.filler[attribute]))
                : (known[attribute - count].codes, known[attribute - count].filler)
            return (codes.mapped(through: map), Int(map[filler]))
        }
    }

    /// Exact sums: within 2^32 rows · 2^30.
    func sums(_ values: [Int64], of attribute: Int, by groups: [Int]) -> [Int64] {
        let columns = groups.map { (codes: table.columns[$0], size: domain.columns[$0].size) }
        var sums = [Int64](repeating: 0, count: columns.reduce(1) { $0 * $1.size })
        let codes = table.columns[attribute]
        let steps = values.count / max(domain.columns[attribute].size, 1)
        for row in 0..<table.rowCount {
            let cell = columns.reduce(0) { $0 * $1.size + $1.codes[row] }
            sums[cell] &+= values[codes[row] * steps + codes.step(row, of: steps)]
        }
        // Rows of padding lie in the cell of their codes, at its beginning where places are known.
        let cell = zip(groups, columns).reduce(0) { $0 * $1.1.size + Int(filler[$1.0]) }
        let step = codes.places == nil ? codes.unknownStep(of: steps) : 0
        sums[cell] &-= padding &* values[Int(filler[attribute]) * steps + step]
        return sums
    }

    /// Σ z zᵀ of clipped rows, exactly: `VectorMath.gramSums` has the proof.
    func gram(_ attributes: [Int], _ scores: [[Int16]], bound: Int) -> [Int64] {
        let sums = VectorMath.gramSums(codes, attributes: attributes, scores: scores, bound: bound)
        // What one row of padding adds, as often as there are.
        let one = VectorMath.gramSums(
            zip(codes, filler).map { $0.one($1) }, attributes: attributes, scores: scores, bound: bound)
        return zip(sums, one).map { $0 &- padding &* $1 }
    }

    /// The columns as `VectorMath` takes them, without a copy.
    var codes: [CodeArray] { table.columns.map(\.codes) }
}

extension PrivateRows {
    /// The digits of each row's value in the cell of its groups, as `SignedDigits.columns` has them. Rows of padding have none.
    func digits(_ digits: SignedDigits, _ values: [Int64], of attribute: Int, by groups: [Int]) -> [CodeArray] {
        let columns = groups.map { (codes: table.columns[$0], size: domain.columns[$0].size) }
        let cells = columns.reduce(1) { $0 * $1.size }
        let codes = table.columns[attribute]
        let steps = values.count / max(domain.columns[attribute].size, 1)
        var rest = (0..<table.rowCount).map { row in
            values[codes[row] * steps + codes.step(row, of: steps)] &* (row < rowCount ? 1 : 0)
        }
        let places = (0..<table.rowCount).map { row in UInt32(columns.reduce(0) { $0 * $1.size + $1.codes[row] }) }
        var below = digits.weights.reduce(0, +)
        var arrays: [CodeArray] = []
        for weight in digits.weights.reversed() {
            below -= weight
            var own = [UInt32](repeating: 0, count: rest.count)
            for row in rest.indices {
                let digit: Int64 = (rest[row] > below ? 1 : 0) - (rest[row] < -below ? 1 : 0)
                rest[row] -= digit * weight
                own[row] =
                    UInt32(digit.magnitude) &* (1 &+ places[row] &+ UInt32(digit < 0 ? cells : 0))
            }
            guard let array = CodeArray(narrowing: own, below: 2 * cells + 1) else {
                preconditionFailure("digits are below the number of their columns")
            }
            arrays.append(array)
        }
        rest.wipe()
        return arrays.reversed()
    }
}
