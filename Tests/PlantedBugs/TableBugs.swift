import VectorMath

@testable import PrivacyKernel
@testable import Tables

extension RowChoice {
    @_dynamicReplacement(for:rank(_:_:_:))
    func rankOrPlace(_ key: HashedRow, _ row: Int, _ table: CodedTable) -> (UInt64, UInt64) {
        planted(.fileOrderKept) ? (UInt64(row), 0) : rank(key, row, table)
    }

    @_dynamicReplacement(for:bounded(_:_:_:))
    func boundedOrAll(_ rows: [HashedRow], _ limit: Int, _ table: CodedTable) -> [HashedRow] {
        planted(.truncationSkipped) ? rows : bounded(rows, limit, table)
    }
}

extension RowCombination {
    @_dynamicReplacement(for:kept(of:limit:))
    static func keptOrAll(of combinations: [RowCombination], limit: Int) -> [RowCombination] {
        kept(of: combinations, limit: planted(.combinationsKept) ? .max : limit)
    }
}

extension RowReader {
    @_dynamicReplacement(for:reportDuplicates(_:_:_:))
    func reportDuplicatesOrNone(_ rows: [HashedRow], _ reader: KeyReader, _ log: inout ProblemLog) {
        if planted(.duplicatesTaken) { return }
        reportDuplicates(rows, reader, &log)
    }
}
