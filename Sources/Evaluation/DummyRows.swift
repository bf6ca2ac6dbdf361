public import Domains
import FittedModels
import VectorMath

/// Rows made up from a task's declared columns alone, for writing an analysis before there is a model.
///
/// Every declared value is as likely as any other and no column depends on another, so nothing can be learnt from them. A
/// last column says of each row that it is made up.
public struct DummyRows: Sendable {
    /// The name of the last column.
    public static let mark = "entrepot_dummy"

    /// The columns of the joined table, and the mark.
    public let domain: TableDomain
    private let declared: TableDomain
    private let seed: UInt64

    /// One row in so many lacks a value, where it may.
    private static let missing = 0.05

    /// - Parameter domain: of the joined table.
    public init(_ domain: TableDomain, seed: UInt64) {
        declared = domain
        self.domain = TableDomain(
            columns: domain.columns + [.categories(Self.mark, ["yes"])], derivations: domain.derivations)
        self.seed = seed
    }

    /// Rows of a range: the same whatever the range.
    public func rows(_ range: Range<UInt64>) -> SampleBlock {
        let count = Int(range.upperBound - range.lowerBound)
        var codes = declared.columns.indices.map { column in
            range.map { row in code(of: declared.columns[column], at: column, row) }
        }
        for index in declared.derivedOrder {
            guard let derivation = declared.derivationOf[index] else { continue }
            codes[index] = codes[derivation.parent].map { derivation.map[Int($0)] }
        }
        let fractions = declared.columns.indices.map { column in
            declared.columns[column].isBinned
                ? range.map { Float(unit(column, $0, part: 1)) * 0.999 } : [Float]()
        }
        return SampleBlock(
            rowCount: count, codes: codes + [[UInt32](repeating: 0, count: count)], fractions: fractions + [[]])
    }

    private func code(of column: ColumnDomain, at place: Int, _ row: UInt64) -> UInt32 {
        let draw = unit(place, row, part: 0)
        guard let missing = column.missingCode else {
            return UInt32(min(draw * Double(column.size), Double(column.size - 1)))
        }
        guard draw >= Self.missing, column.size > 1 else { return UInt32(missing) }
        let share = (draw - Self.missing) / (1 - Self.missing)
        return UInt32(min(share * Double(column.size - 1), Double(column.size - 2)))
    }

    private func unit(_ column: Int, _ row: UInt64, part: UInt64) -> Double {
        var generator = SplitMix64(state: seed ^ (row &* 0xD6E8_FEB8_6659_FD93) ^ (UInt64(column) << 33) ^ (part << 32))
        _ = generator.next()
        return generator.unit()
    }
}
