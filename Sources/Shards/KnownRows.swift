import Domains
import PrivacyKernel
import VectorMath

/// A table of known rows that every shard counts beside its own, in the same questions, and plain loops count here. A shard that does
/// not count them to the last row is refused.
struct KnownRows: Sendable {
    static let count = 64

    private let layout: ShardLayout
    /// For each row the code and the place of each column of all tables.
    private let rows: [[(code: Int, place: Int)]]

    init(_ layout: ShardLayout) {
        self.layout = layout
        let columns = layout.tables.flatMap(\.columns)
        rows = (0..<Self.count).map { row in
            columns.enumerated().map { place, column in
                (
                    (row * (2 * place + 1) + row / 7) % column.size,
                    column.hasPlaces ? (row * 37 + place * 11) % ColumnDomain.placeSteps : ColumnDomain.placeSteps / 2
                )
            }
        }
    }

    /// A table's part of them: each row of a key of its own, which every table has.
    func batch(_ table: Int) -> ShardBatch {
        let own = layout.tables[table]
        let first = layout.tables[..<table].reduce(0) { $0 + $1.columns.count }
        var batch = ShardBatch(own)
        batch.append(
            fileRows: rows.indices.map { UInt32($0 + 1) },
            keys: rows.indices.map { row in
                var random = SplitMix64(state: UInt64(row))
                let high = random.next() &>> 1
                return HashedRow(
                    hash: (high - high % UInt64(layout.shards) + UInt64(layout.place), UInt64(row) &<< 32), row: 0)
            })
        for (place, column) in own.columns.enumerated() {
            let codes = rows.map { UInt32($0[first + place].code) }
            let steps = rows.map { UInt8(truncatingIfNeeded: $0[first + place].place) }
            guard let array = CodeArray(narrowing: codes, below: column.size),
                let places = BoundedCodes(steps, below: ColumnDomain.placeSteps)
            else { preconditionFailure("a known code is outside its column") }
            batch.append(place, Array(rows.indices), of: array, .bytes(places))
        }
        return batch
    }

    func answer(_ question: ShardQuestion) -> [[Int64]] {
        let sizes = layout.sizes
        switch question {
        case .counts(let cliques, let further):
            let all = sizes + further.map(\.codes)
            let codes = rows.map { row in
                further.reduce(into: row.map(\.code)) { codes, attribute in
                    switch attribute {
                    case .grouping(let of, let map): codes.append(Int(map[codes[of]]))
                    case .difference(let terms): codes.append(cell(terms.question, row))
                    }
                }
            }
            return cliques.map { clique in
                var table = [Int64](repeating: 0, count: clique.reduce(1) { $0 * all[$1] })
                for row in codes { table[clique.reduce(0) { $0 * all[$1] + row[$1] }] += 1 }
                return table
            }
        case .sums(let values, let attribute, let groups):
            var sums = [Int64](repeating: 0, count: groups.reduce(1) { $0 * sizes[$1] })
            let steps = values.count / sizes[attribute]
            for row in rows {
                sums[groups.reduce(0) { $0 * sizes[$1] + row[$1].code }] &+=
                    values[row[attribute].code * steps + step(row[attribute], of: steps)]
            }
            return [sums]
        case .gram(let attributes, let scores, let bound):
            let columns = sizes.indices.compactMap { place in
                CodeArray(narrowing: rows.map { UInt32($0[place].code) }, below: sizes[place])
            }
            return [gramSums(columns, attributes: attributes, scores: scores, bound: bound)]
        }
    }

    private func cell(_ question: DifferenceQuestion, _ row: [(code: Int, place: Int)]) -> Int {
        let (first, second) = (row[question.first], row[question.second])
        let steps = (
            first: question.firstNumbers.count / layout.sizes[question.first],
            second: question.secondNumbers.count / layout.sizes[question.second]
        )
        return Int(
            question.cell(
                (first.code, step(first, of: steps.first)), (second.code, step(second, of: steps.second)), steps: steps)
        )
    }

    private func step(_ value: (code: Int, place: Int), of steps: Int) -> Int {
        value.place * steps / ColumnDomain.placeSteps
    }
}

extension ShardQuestion.Further {
    /// How many codes it has.
    var codes: Int {
        switch self {
        case .grouping(_, let map): Int(map.max() ?? 0) + 1
        case .difference(let terms): terms.question.cells
        }
    }
}
