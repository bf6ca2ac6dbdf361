import Domains
import Synchronization
@_spi(PrivateRows) import Tables

/// The rows of one table that lie in a file, each a record of its own. They are counted while the file is read, once for each
/// round of questions, and a block of them is held at a time.
final class BlockRows: IntegerSource {
    let domain: TableDomain
    /// Rows without a key are records of their own.
    let rowsPerKey = 1
    private let rows: StreamedRows
    private let recipe: TableRecipe?
    let budgetClaim = BudgetClaim()
    private let failure = Mutex<PrivacyError?>(nil)

    init(_ table: StreamedTable, _ recipe: TableRecipe?) throws(PrivacyError) {
        guard recipe?.fits(table.domain) ?? true else { throw .wrongRecipe }
        guard let rows = table.take() else { throw .rowsAreGone }
        domain = recipe?.domain ?? table.domain
        self.rows = rows
        self.recipe = recipe
    }

    var holders: NoiseHolders { .one }

    func whole(
        of parts: [[Int64]], _ kind: FigureKind, answering question: @autoclosure () -> String
    ) -> [[Int64]] { parts }

    // KERNEL 8.4
    func checkRead() throws(PrivacyError) {
        if let failure = failure.withLock({ $0 }) { throw failure }
    }

    func counts(_ cliques: [[Int]], further: [FurtherAttribute]) -> [[Int64]] {
        guard !cliques.isEmpty else { return [] }
        var counts = none.counts(cliques, further: further)
        read { $0.addCounts(cliques, further: further, to: &counts) }
        return counts
    }

    func sums(_ values: [Int64], of attribute: Int, by groups: [Int]) -> [Int64] {
        var sums = none.sums(values, of: attribute, by: groups)
        read { add($0.sums(values, of: attribute, by: groups), to: &sums) }
        return sums
    }

    func gram(_ attributes: [Int], _ scores: [[Int16]], bound: Int) -> [Int64] {
        var sums = none.gram(attributes, scores, bound: bound)
        read { add($0.gram(attributes, scores, bound: bound), to: &sums) }
        return sums
    }

    private func add(_ part: [Int64], to whole: inout [Int64]) {
        for place in whole.indices { whole[place] &+= part[place] }
    }

    // KERNEL 2.14
    /// Hands over every row once, a block at a time, each overwritten before the next; or remembers why it could not.
    private func read(_ take: (PrivateRows) -> Void) {
        guard failure.withLock({ $0 == nil }) else { return }
        do throws(StreamedRows.Changed) {
            try rows.read { block in take(self.block(block)) }
        } catch {
            failure.withLock { $0 = .rowsChanged(error.what) }
        }
    }

    private func block(_ table: CodedTable) -> PrivateRows {
        let rows = PrivateRows(domain: recipe == nil ? domain : self.rows.domain, table: table, rowsPerKey: 1)
        return recipe.map { PrivateRows(rows, following: $0) } ?? rows
    }

    /// A block without rows: what is counted of it is zeros in the shape of the answer.
    private var none: PrivateRows {
        block(CodedTable(proven: rows.domain.sizes.map { CodedColumn(proven: [], domainSize: $0) }, rowCount: 0))
    }
}
