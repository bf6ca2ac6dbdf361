import VectorMath

@testable import Domains
@testable import PrivacyKernel
@testable @_spi(PrivateRows) import Tables

extension RowChoice {
    @_dynamicReplacement(for:ranks(_:_:))
    func ranksOrPlaces(_ rows: [HashedRow], _ table: CodedTable) -> [UInt64] {
        planted(.fileOrderKept) ? rows.map { UInt64($0.row) } : ranks(rows, table)
    }

    @_dynamicReplacement(for:most(_:))
    static func mostOrAll(_ rowsPerKey: Int) -> Int { planted(.truncationSkipped) ? .max : most(rowsPerKey) }
}

extension RowCombination {
    @_dynamicReplacement(for:most(_:))
    static func mostOrAll(_ rowsPerKey: Int) -> Int { planted(.combinationsKept) ? .max : most(rowsPerKey) }
}

extension JoinedSize {
    @_dynamicReplacement(for:filled(_:of:))
    static func filledOrCut(_ count: Int, of capacity: Int) -> Int {
        planted(.paddingDropped) ? count : filled(count, of: capacity)
    }
}

extension PrivateRows {
    @_dynamicReplacement(for:padding)
    var paddingOrNone: Int64 { planted(.paddingCounted) ? 0 : padding }
}

extension UnionUnit {
    @_dynamicReplacement(for:tables(of:))
    func tablesOrOne(of count: Int) -> Int { planted(.unionCountedOnce) ? 1 : tables(of: count) }
}

extension RowReader {
    @_dynamicReplacement(for:reportDuplicates(_:_:_:))
    func reportDuplicatesOrNone(_ rows: [HashedRow], _ reader: KeyReader, _ log: inout ProblemLog) {
        if planted(.duplicatesTaken) { return }
        reportDuplicates(rows, reader, &log)
    }
}
