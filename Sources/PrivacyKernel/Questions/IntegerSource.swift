import Domains
import Tables

/// Where the exact whole numbers of a question come from, and how they become the figure that is released.
///
/// The kernel asks for this holder's part, adds noise to it, and has the parts of all holders added. Rows that lie in this
/// process are one holder whose part is the whole. `IntegerSourceTests` holds every source to the same conduct.
protocol IntegerSource: AnyObject, Sendable {
    /// Public: which columns there are and what their codes mean.
    var domain: TableDomain { get }
    /// Public: no unit has more rows, of all holders together.
    var rowsPerKey: Int { get }
    /// Public: who adds noise.
    var holders: NoiseHolders { get }
    /// Public: beyond this a figure with its noise would not be told from another one; nil where all fit.
    func mostFigure(of kind: FigureKind) -> Int64?
    /// Public: whether rows that are longer than the bound of a Gram matrix can be shortened. Where the columns of a row lie at
    /// several holders nobody knows its length.
    var shortensRows: Bool { get }
    /// The budget that the rows answer to.
    var budgetClaim: BudgetClaim { get }
    /// Tables of counts, row-major. Attributes are columns and then further ones, ascending in each clique.
    func counts(_ cliques: [[Int]], further: [FurtherAttribute]) throws(PrivacyError) -> [[Int64]]
    /// Σ over rows of a value of the row's code in `attribute`, or of its step there, for each cell of `groups`, row-major.
    func sums(_ values: [Int64], of attribute: Int, by groups: [Int]) throws(PrivacyError) -> [Int64]
    /// Σ z zᵀ over rows of scores, each row shortened to `bound`: a square, row by row, on and below the diagonal.
    func gram(_ attributes: [Int], _ scores: [[Int16]], bound: Int) throws(PrivacyError) -> [Int64]
    /// That every row could be read for every figure so far. Where one could not, nothing more is released.
    func checkRead() throws(PrivacyError)
    /// What the parts of all holders add up to, each with its noise; the one step at which a holder tells others anything.
    ///
    /// - Parameters:
    ///   - kind: what the parts are.
    ///   - question: says in public words what was asked; holders who were asked something else are refused.
    func whole(
        of parts: [[Int64]], _ kind: FigureKind, answering question: @autoclosure () -> String
    ) throws(PrivacyError) -> [[Int64]]
}

/// What is released: it decides in which numbers parts of several holders are added.
enum FigureKind: Sendable {
    /// Rows are counted.
    case counts
    /// Values or scores of rows are added: a Gram matrix too.
    case values
}

extension IntegerSource {
    /// Rows that lie in this process are read.
    func checkRead() throws(PrivacyError) {}
}

/// An attribute beside the columns, which follows from a row's own columns: public.
public enum FurtherAttribute: Sendable, Hashable {
    /// A coarser copy of a column, or of a further attribute before this one: the group of each code; groups are
    /// `0...map.max()`.
    case grouping(of: Int, map: [UInt32])
    case difference(DifferenceQuestion)

    /// Number of its codes.
    package var size: Int {
        switch self {
        case .grouping(_, let map): Int(map.max() ?? 0) + 1
        case .difference(let question): question.cells
        }
    }
}

/// How many holders of rows each add noise of their own to a figure, and how many of them may tell each other theirs.
public struct NoiseHolders: Sendable, Equatable, Codable {
    /// All of them.
    public let count: Int
    /// So many may add up what they know: their noise protects nobody from them.
    public let colluding: Int

    /// Rows in one place: all of the noise is drawn here.
    public static let one = NoiseHolders(count: 1, colluding: 0)

    /// - Parameter colluding: from 1 to `count` − 1: a holder always knows its own noise.
    public init(count: Int, colluding: Int) {
        self.count = max(1, count)
        self.colluding = min(max(colluding, 0), max(0, count - 1))
    }

    /// Whose noise is counted on.
    public var honest: Int { count - colluding }

    /// What the noise of all is worth to those who know none of it, as a part of it.
    public var countedShare: Double { Double(honest) / Double(count) }

    /// By how much the standard deviation exceeds that of noise drawn in one place.
    public var deviationFactor: Double { (1 / countedShare).squareRoot() }

    /// The most holders for which the proof of KERNEL.md holds.
    public static let most = 64
    // KERNEL 10.2
    /// The least variance of one holder's noise, for which the sum's law is that of one discrete Gaussian.
    static let leastVariance: UInt128 = 6

    /// The noise of a figure, where noise drawn in one place would have `scale`: for plans and forecasts.
    ///
    /// - Throws: `noiseNotShared` for Laplace noise, and for more holders than the proof is for.
    public func spread(_ scale: NoiseScale) throws(PrivacyError) -> NoiseScale { total(of: try share(of: scale)) }

    // KERNEL 10.1
    /// What each holder draws: the honest ones together have at least the variance of `scale`.
    func share(of scale: NoiseScale) throws(PrivacyError) -> NoiseScale {
        guard count > 1 else { return scale }
        guard case .gaussian(let whole) = scale, count <= Self.most else { throw .noiseNotShared(holders: count) }
        let share = try GaussianScale(atLeast: whole.units, over: UInt128(honest) << 32, plus: 0)
        let least = Self.leastVariance << 32
        return .gaussian(share.units < least ? GaussianScale(units: least) : share)
    }

    /// The noise of the sum, where each holder draws `share`.
    func total(of share: NoiseScale) -> NoiseScale {
        guard count > 1, case .gaussian(let share) = share else { return share }
        return .gaussian(GaussianScale(units: share.units * UInt128(count)))
    }
}

/// Adds what several holders bring, each a part with its own noise, so that nobody sees a part but its holder.
public protocol SumOpening: Sendable {
    /// How many bring parts, and how many of them may collude.
    var holders: NoiseHolders { get }

    /// The sum of all parts, modulo 2^64. It waits for the others.
    ///
    /// - Parameters:
    ///   - part: this holder's, with its noise. It is sent masked, once: asked again, the same message is sent again.
    ///   - question: what is answered, in public words; the same at every holder.
    /// - Throws: where the parts do not come together: nothing is released then.
    func open(_ part: [Int64], question: String) throws -> [Int64]
}

/// One holder's rows of a table whose rows lie at several.
final class SharedRows: IntegerSource {
    private let rows: PrivateRows
    private let opening: any SumOpening

    init(_ rows: PrivateRows, _ opening: any SumOpening) {
        self.rows = rows
        self.opening = opening
    }

    var domain: TableDomain { rows.domain }
    var rowsPerKey: Int { rows.rowsPerKey }
    var holders: NoiseHolders { opening.holders }

    var budgetClaim: BudgetClaim { rows.budgetClaim }

    func counts(_ cliques: [[Int]], further: [FurtherAttribute]) -> [[Int64]] { rows.counts(cliques, further: further) }

    func sums(_ values: [Int64], of attribute: Int, by groups: [Int]) -> [Int64] {
        rows.sums(values, of: attribute, by: groups)
    }

    func gram(_ attributes: [Int], _ scores: [[Int16]], bound: Int) -> [Int64] {
        rows.gram(attributes, scores, bound: bound)
    }

    // KERNEL 10.3
    func whole(
        of parts: [[Int64]], _ kind: FigureKind, answering question: @autoclosure () -> String
    ) throws(PrivacyError) -> [[Int64]] {
        let question = question()
        return try opened(parts) { try opening.open($0, question: question) }
    }
}

extension IntegerSource {
    func mostFigure(of kind: FigureKind) -> Int64? { nil }

    var shortensRows: Bool { true }

    /// The sums of all parts, in their shapes.
    func opened(
        _ parts: [[Int64]], by open: ([Int64]) throws -> [Int64]
    ) throws(PrivacyError) -> [[Int64]] {
        let flat = Array(parts.joined())
        let sum: [Int64]
        do { sum = try open(flat) } catch { throw .notOpened("\(error)") }
        guard sum.count == flat.count else { throw .shapeMismatch(expected: flat.count, found: sum.count) }
        var place = 0
        return parts.map { part in
            defer { place += part.count }
            return Array(sum[place..<(place + part.count)])
        }
    }
}
