import Tables

/// Where in its cell a value lies: a density of two straight pieces for each interval.
///
/// At an edge both neighbours have the mean of their heights, at most twice the lower one; the middle is raised or
/// lowered so that the cell keeps its mass. So neighbouring cells join without a step wherever they differ by less
/// than a factor of three.
struct BinDensity: Sendable {
    /// Heights at the left edge, in the middle and at the right edge, as multiples of the cell's mean height.
    private var left: [Float]
    private var middle: [Float]
    private var right: [Float]

    init(_ domain: ColumnDomain, shares: [Double]) {
        let heights = (0..<domain.size).map { code in
            domain.width(of: code).map { code < shares.count ? shares[code] / $0 : 0 }
        }
        func edge(_ code: Int, _ neighbour: Int) -> Float {
            guard heights.indices.contains(neighbour), let own = heights[code], let other = heights[neighbour], own > 0
            else { return 1 }
            return Float(min((own + other) / 2, 2 * min(own, other)) / own)
        }
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
