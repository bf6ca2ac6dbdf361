/// From latent numbers to codes: a distribution function, and the cells that it is cut into.
///
/// Proof: `init` checks the curve's length, and sets the last of `ends` to 1. Shares are cut to at most 1 − 2⁻²⁴ before they
/// are compared, so that a walk over `ends` stops at the last code; what is not a number stops it at once, or ends the
/// process where it would become an integer. Each function says what else it rests on.
public struct LatentCells: Sendable {
    /// The distribution function at `steps + 1` points from −`reach` to `reach`, ascending.
    private let curve: [Float]
    /// Upper ends of the codes, the last one 1.
    private let ends: [Float]
    private let starts: [Float]
    /// 1 / mass of each code; 0 for codes without mass.
    private let inverseMasses: [Float]
    /// For each of 1,024 steps of the unit interval the first code that ends beyond its lower end.
    private let guide: [UInt32]

    /// Steps between the points of the curve.
    public static let steps = 4096
    /// The curve runs from minus this to this.
    public static let reach: Float = 6.5
    private static let guideSteps = 1024

    /// - Parameters:
    ///   - curve: `steps + 1` values of the distribution function.
    ///   - masses: of each code; scaled to sum to 1.
    public init(curve: [Double], masses: [Double]) {
        precondition(curve.count == LatentCells.steps + 1 && !masses.isEmpty)
        self.curve = curve.map { Float($0) }
        let total = masses.reduce(0, +)
        var sum = 0.0
        var ends: [Float] = []
        for mass in masses {
            sum += mass
            ends.append(Float(total > 0 ? sum / total : Double(ends.count + 1) / Double(masses.count)))
        }
        // The last code that has mass reaches to the end.
        if let last = masses.lastIndex(where: { $0 > 0 }) {
            for code in last..<masses.count { ends[code] = 1 }
        }
        ends[masses.count - 1] = 1
        self.ends = ends
        starts = [0] + ends.dropLast()
        inverseMasses = zip(ends, starts).map { $0 > $1 ? 1 / ($0 - $1) : 0 }
        var code = 0
        guide = (0..<LatentCells.guideSteps).map { step in
            let lower = Float(step) / Float(LatentCells.guideSteps)
            while code < ends.count - 1 && ends[code] <= lower { code += 1 }
            return UInt32(code)
        }
    }

    /// The distribution function at each number, in 0 ..< 1.
    public func uniforms(of numbers: ArraySlice<Float>) -> [Float] {
        var result = [Float](repeating: 0, count: numbers.count)
        // Proof: the place is clamped to 0 ... steps − ½ (not a number gives 0), so place + 1 is an index of the curve.
        numbers.withUnsafeBufferPointer { numbers in
            curve.withUnsafeBufferPointer { curve in
                result.withUnsafeMutableBufferPointer { result in
                    guard let z = numbers.baseAddress, let c = curve.baseAddress, let u = result.baseAddress else {
                        return
                    }
                    let scale = Float(LatentCells.steps) / (2 * LatentCells.reach)
                    let most = Float(LatentCells.steps) - 0.5
                    for i in 0..<numbers.count {
                        var t = (z[i] + LatentCells.reach) * scale
                        t = t > 0 ? t : 0
                        t = t < most ? t : most
                        let place = Int32(t)
                        let (a, b) = (c[Int(place)], c[Int(place) &+ 1])
                        let share = a.addingProduct(t - Float(place), b - a)
                        u[i] = share < 1 - 0x1p-24 ? share : 1 - 0x1p-24
                    }
                }
            }
        }
        return result
    }

    /// For each share the code in which it lies, and the part of the code's mass below it.
    public func cells(of shares: [Float]) -> (codes: [UInt32], parts: [Float]) {
        var codes = [UInt32](repeating: 0, count: shares.count)
        var parts = [Float](repeating: 0, count: shares.count)
        // Proof: a share below 1 (not above 1 − 2⁻²⁴) gives a step below `guideSteps`; the last code ends at 1, beyond every share.
        ends.withUnsafeBufferPointer { ends in
            guide.withUnsafeBufferPointer { guide in
                for i in shares.indices {
                    let share = min(max(shares[i], 0), 1 - 0x1p-24)
                    var code = Int(guide[Int(Int32(share * Float(LatentCells.guideSteps)))])
                    while ends[code] <= share { code += 1 }
                    codes[i] = UInt32(truncatingIfNeeded: code)
                    parts[i] = (share - starts[code]) * inverseMasses[code]
                }
            }
        }
        return (codes, parts)
    }

    /// Cells for rows of which the marginal shall be met exactly: the row of rank r among n gets the share (r + shift) / n.
    ///
    /// - Parameters:
    ///   - shares: what the rows are ranked by, to one part in as many as there are rows.
    ///   - left: rows that do not take part, ascending; they get code 0.
    public func stratified(
        _ shares: [Float], without left: [UInt32], shift: Float
    ) -> (codes: [UInt32], parts: [Float]) {
        let count = shares.count - left.count
        precondition(left.allSatisfy { $0 < shares.count } && zip(left, left.dropFirst()).allSatisfy { $0 < $1 })
        var codes = [UInt32](repeating: 0, count: shares.count)
        var parts = [Float](repeating: 0, count: shares.count)
        guard count > 0 else { return (codes, parts) }
        // Proof: `order` holds the numbers of rows that are not left out, `count` of them below `shares.count`; a bucket is
        // clamped to 0 ..< count. The last code ends at 1, beyond every share, so the walk over codes stops there.
        withUnsafeTemporaryAllocation(of: UInt32.self, capacity: 2 * count + 1) { scratch in
            shares.withUnsafeBufferPointer { shares in
                guard let order = scratch.baseAddress, let values = shares.baseAddress else { return }
                rank(values, count: shares.count, without: left, into: order, offsets: order + count)
                ends.withUnsafeBufferPointer { ends in
                    starts.withUnsafeBufferPointer { starts in
                        codes.withUnsafeMutableBufferPointer { codes in
                            parts.withUnsafeMutableBufferPointer { parts in
                                let step = 1 / Float(count)
                                var code = 0
                                for rank in 0..<count {
                                    let row = Int(order[rank])
                                    let share = min((Float(Int32(rank)) + shift) * step, 1 - 0x1p-24)
                                    while ends[code] <= share { code += 1 }
                                    codes[row] = UInt32(truncatingIfNeeded: code)
                                    parts[row] = (share - starts[code]) * inverseMasses[code]
                                }
                            }
                        }
                    }
                }
            }
        }
        return (codes, parts)
    }
}

/// Rows in ascending order of shares in 0 ..< 1, to one part in as many as there are rows; within, in their own order.
private func rank(
    _ shares: UnsafePointer<Float>, count: Int, without left: [UInt32], into order: UnsafeMutablePointer<UInt32>,
    offsets: UnsafeMutablePointer<UInt32>
) {
    let kept = count - left.count
    let scale = Float(kept)
    let last = Int32(kept - 1)
    @inline(__always)
    func bucket(_ row: Int) -> Int {
        let place = Int32(shares[row] * scale)
        return Int(place < last ? (place > 0 ? place : 0) : last)
    }
    @inline(__always)
    func forEachRow(_ body: (Int) -> Void) {
        if left.isEmpty {
            for row in 0..<count { body(row) }
            return
        }
        var next = 0
        for row in 0..<count {
            if next < left.count && Int(left[next]) == row { next &+= 1 } else { body(row) }
        }
    }
    for place in 0...kept { offsets[place] = 0 }
    forEachRow { offsets[bucket($0) &+ 1] &+= 1 }
    for place in 0..<kept { offsets[place &+ 1] &+= offsets[place] }
    forEachRow { row in
        let place = bucket(row)
        order[Int(offsets[place])] = UInt32(truncatingIfNeeded: row)
        offsets[place] &+= 1
    }
}
