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
    /// Heights at the left edge, in the middle and at the right edge, as multiples of the cell's mean height.
    private var left: [Float]
    private var middle: [Float]
    private var right: [Float]
    /// Of cells in the upper tail.
    private var tails: [Tail?]
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
        tails = hasTail ? Self.tails(domain, shares: shares) : [Tail?](repeating: nil, count: domain.size)
        left = []
        middle = []
        right = []
        for code in heights.indices {
            let (l, r) = (edge(code, code - 1), edge(code, code + 1))
            left.append(l)
            right.append(r)
            middle.append(max(0, (4 - l - r) / 2))
        }
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
        precondition(words.count >= codes.count)
        return fractions(
            of: codes, parts: words.prefix(codes.count).map { Float(UInt32(truncatingIfNeeded: $0 &>> 40)) * 0x1p-24 })
    }

    /// - Parameter parts: for each code the share of its mass that lies below.
    func fractions(of codes: [UInt32], parts: [Float]) -> [Float] {
        var result = [Float](repeating: 0, count: codes.count)
        for i in codes.indices {
            let code = Int(codes[i])
            if let tail = tails[code] {
                result[i] = Float(min(max(tail.fraction(Double(parts[i]), domain, code), 0), 1 - 0x1p-24))
                continue
            }
            let (l, m, r) = (left[code], middle[code], right[code])
            let share = parts[i]
            // The first half holds (l + m) / 4 of the mass; solve l·t + (m − l)·t² = share there, mirrored beyond.
            let isFirst = share * 4 < l + m
            let edge = isFirst ? l : r
            let part = isFirst ? share : 1 - share
            let root = (max(0, edge * edge + 4 * (m - edge) * part)).squareRoot()
            let t = edge + root > 0 ? 2 * part / (edge + root) : 0
            result[i] = min(max(isFirst ? t : 1 - t, 0), 1 - 0x1p-24)
        }
        return result
    }
}
