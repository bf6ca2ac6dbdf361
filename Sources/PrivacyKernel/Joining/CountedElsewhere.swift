public import Domains
import Synchronization

/// Counts rows that lie elsewhere, on a cluster: exactly, and each row once.
///
/// The kernel adds its noise to what a counter answers, and believes it: a counter that moves a figure by more than a row's share
/// when a row comes or goes breaks the promise. So whoever signs a task must know who counts. Noise, budget and record stay here.
public protocol ExactCounter: AnyObject, Sendable {
    /// Public: which columns there are and what their codes mean.
    var domain: TableDomain { get }
    /// Public: no key has more rows among those that are counted.
    var rowsPerKey: Int { get }
    /// Tables of counts, row-major. Attributes are columns and then further ones, ascending in each clique.
    func counts(_ cliques: [[Int]], further: [FurtherAttribute]) throws -> [[Int64]]
    /// Σ over rows of a value of the row's code in `attribute`, for each cell of `groups`, row-major. Where there are more values
    /// than codes they are of equal steps of each code's cell.
    func sums(_ values: [Int64], of attribute: Int, by groups: [Int]) throws -> [Int64]
    /// Σ z zᵀ over rows of scores, each row shortened to `bound` as `VectorMath.gramSums` does it: a square, row by row, on and below
    /// the diagonal.
    func gram(_ attributes: [Int], _ scores: [[Int16]], bound: Int) throws -> [Int64]
}

/// Rows that a counter counts. Once it could not, nothing more is released.
final class CountedElsewhere: IntegerSource {
    private let counter: any ExactCounter
    let budgetClaim = BudgetClaim()
    private let failure = Mutex<PrivacyError?>(nil)

    init(_ counter: any ExactCounter) { self.counter = counter }

    var domain: TableDomain { counter.domain }
    var rowsPerKey: Int { max(1, counter.rowsPerKey) }
    var holders: NoiseHolders { .one }

    func whole(of parts: [[Int64]], _ kind: FigureKind, answering question: @autoclosure () -> String) -> [[Int64]] {
        parts
    }

    // KERNEL 8.5
    func checkRead() throws(PrivacyError) {
        if let failure = failure.withLock({ $0 }) { throw failure }
    }

    // KERNEL 2.15
    func counts(_ cliques: [[Int]], further: [FurtherAttribute]) throws(PrivacyError) -> [[Int64]] {
        guard !cliques.isEmpty else { return [] }
        let sizes = domain.sizes + further.map(\.size)
        let tables = try asked { try $0.counts(cliques, further: further) }
        let rows = tables.first?.reduce(0, &+)
        guard tables.count == cliques.count,
            zip(tables, cliques).allSatisfy({ table, clique in
                table.count == clique.reduce(1) { $0 * sizes[$1] } && table.allSatisfy { $0 >= 0 }
                    && table.reduce(0, &+) == rows
            })
        else { throw failed("its tables do not count the same rows") }
        return tables
    }

    func sums(_ values: [Int64], of attribute: Int, by groups: [Int]) throws(PrivacyError) -> [Int64] {
        let sums = try asked { try $0.sums(values, of: attribute, by: groups) }
        guard sums.count == groups.reduce(1, { $0 * domain.sizes[$1] }) else { throw failed("sums are missing") }
        return sums
    }

    func gram(_ attributes: [Int], _ scores: [[Int16]], bound: Int) throws(PrivacyError) -> [Int64] {
        let sums = try asked { try $0.gram(attributes, scores, bound: bound) }
        guard sums.count == attributes.count * attributes.count else { throw failed("sums are missing") }
        return sums
    }

    private func asked<Answer>(_ question: (any ExactCounter) throws -> Answer) throws(PrivacyError) -> Answer {
        try checkRead()
        do { return try question(counter) } catch { throw failed("\(error)") }
    }

    private func failed(_ why: String) -> PrivacyError {
        let error = PrivacyError.notCounted(why)
        failure.withLock { $0 = $0 ?? error }
        return error
    }
}
