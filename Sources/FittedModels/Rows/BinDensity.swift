import Domains
import Tables
import VectorMath

/// Where in its cell a value lies: a density of two straight pieces for each interval.
///
/// At an edge both neighbours have the mean of their heights, at most twice the lower one; the middle is raised or
/// lowered so that the cell keeps its mass. So neighbouring cells join without a step wherever they differ by less
/// than a factor of three.
///
/// Wide cells in the upper tail of positive numbers have the density of a Pareto law instead, with the index that the masses
/// beyond both edges have, or in the last cell that of the cell before: an even filling of the widest cell would move a mean
/// by a tenth and more.
struct BinDensity: Sendable {
    private let pieces: CellDensity
    /// Of cells in the upper tail; empty where there are none.
    private let tails: [Tail?]
    private let domain: ColumnDomain

    private struct Tail: Sendable {
        private let low: Double
        /// The part of the law from the lower edge on that lies within the cell.
        private let mass: Double
        private let exponent: Double
        /// One over the logarithm of the edges' ratio where the bins' own scale is of logarithms, else nil.
        private let perLogarithm: Double?

        init(_ domain: ColumnDomain, code: Int, edges: (lower: Double, upper: Double), index: Double) {
            low = edges.lower
            mass = 1 - power(edges.lower / edges.upper, index)
            exponent = -1 / index
            // On such a scale a share's fraction is a logarithm away, without the number itself.
            let middle = domain.fraction(of: (edges.lower * edges.upper).squareRoot(), in: code)
            perLogarithm = abs(middle - 0.5) < 1e-6 ? 1 / naturalLogarithm(edges.upper / edges.lower) : nil
        }

        /// The fraction of the cell below which a share of its mass lies.
        func fraction(_ share: Double, _ domain: ColumnDomain, _ code: Int) -> Double {
            let rest = 1 - share * mass
            guard let perLogarithm else { return domain.fraction(of: low * power(rest, exponent), in: code) }
            return exponent * naturalLogarithm(rest) * perLogarithm
        }
    }

    /// A tail begins where so few rows lie beyond.
    private static let tailShare = 0.25
    /// Narrower cells are filled as others are.
    private static let tailRatio = 1.2
    private static let tailIndices = 0.3...12.0

    /// - Parameter hasTail: whether its numbers are a column's own, and not differences.
    init(_ domain: ColumnDomain, shares: [Double], hasTail: Bool = true) {
        let heights = (0..<domain.size).map { code in
            domain.width(of: code).map { code < shares.count ? shares[code] / $0 : 0 }
        }
        func edge(_ code: Int, _ neighbour: Int) -> Float {
            guard heights.indices.contains(neighbour), let own = heights[code], let other = heights[neighbour], own > 0
            else { return 1 }
            return Float(min((own + other) / 2, 2 * min(own, other)) / own)
        }
        self.domain = domain
        let tails = hasTail ? Self.tails(domain, shares: shares) : []
        self.tails = tails.contains { $0 != nil } ? tails : []
        pieces = CellDensity(
            heights.indices.map { code in
                let (left, right) = (edge(code, code - 1), edge(code, code + 1))
                return CellDensity.Cell(left: left, middle: max(0, (4 - left - right) / 2), right: right)
            })
    }

    private static func tails(_ domain: ColumnDomain, shares: [Double]) -> [Tail?] {
        var result = [Tail?](repeating: nil, count: domain.size)
        let count = min(domain.valueCount, shares.count)
        guard domain.type != .date, let last = (0..<count).last(where: { shares[$0] > 0 }) else { return result }
        let total = shares.prefix(count).reduce(0, +)
        var beyond = [Double](repeating: 0, count: count + 1)
        for code in (0..<count).reversed() { beyond[code] = beyond[code + 1] + shares[code] }
        var before = 1.0
        for code in 0...last {
            guard domain.width(of: code) != nil, let edges = domain.edges(of: code), edges.lower > 0,
                edges.upper > edges.lower
            else { continue }
            let ratio = naturalLogarithm(edges.upper / edges.lower)
            let own = code < last ? naturalLogarithm(beyond[code] / beyond[code + 1]) / ratio : before
            let index = min(max(own, tailIndices.lowerBound), tailIndices.upperBound)
            if shares[code] > 0 { before = index }
            guard beyond[code] <= tailShare * total, edges.upper >= tailRatio * edges.lower else { continue }
            result[code] = Tail(domain, code: code, edges: edges, index: index)
        }
        return result
    }

    /// The fraction of the cell below which a share of its mass lies.
    ///
    /// - Parameter words: uniform words.
    func fractions(of codes: [UInt32], words: [UInt64]) -> [Float] {
        fractions(of: codes, parts: CellDensity.shares(of: words, count: codes.count))
    }

    /// - Parameter parts: for each code the share of its mass that lies below.
    func fractions(of codes: [UInt32], parts: [Float]) -> [Float] {
        var result = pieces.fractions(of: codes, shares: parts)
        guard !tails.isEmpty else { return result }
        for i in codes.indices {
            let code = Int(codes[i])
            guard let tail = tails[code] else { continue }
            result[i] = Float(min(max(tail.fraction(Double(parts[i]), domain, code), 0), 1 - 0x1p-24))
        }
        return result
    }
}
