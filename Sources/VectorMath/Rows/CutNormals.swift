/// Normal numbers between two bounds, looked up: a few are drawn for each row, and only their order and rough size matter.
///
/// The distribution function is exact at its knots and a straight line between them, off by less than 4 · 10⁻⁵ of itself as far
/// as 4 deviations out; numbers are off by less than 10⁻³.
///
/// Proof: a place on the curve is brought between 0 and its last knot before it becomes a step, and a step among the quantiles
/// is brought below their number; what is not a number becomes 0 by the comparisons. The largest code is compared with the number of
/// cells, and the lengths of the arrays of rows with each other, before the loop. Eight rows are read at a time where eight are
/// left, and fewer through scratch of eight, of which only so many are written back.
public struct CutNormals: Sendable {
    private typealias Lanes = SIMD8<Float>

    /// A value of a table, and how far the next one lies above it: both by one load.
    private typealias Knot = SIMD2<Float>

    /// The bounds of the number of a row with one code.
    public struct Cell: Sendable {
        fileprivate let bounds: SIMD2<Float>

        public init(low: Float, high: Float) { bounds = SIMD2(low, high) }
    }

    /// The distribution function from −`reach` to 0.
    private let curve: [Knot]
    /// Quantiles of the shares in each octave down to 2^−`octaves`, and of one half.
    private let quantiles: [Knot]

    private static let reach: Float = 8
    private static let stepsPerUnit: Float = 256
    private static let octaves = 60
    private static let stepBits: UInt32 = 6
    /// Above it the wanted interval has shares that quantiles can be looked up of.
    private static let leastShare: Float = 0x1p-48

    /// - Parameters:
    ///   - distribution: of the standard normal law.
    ///   - quantile: its inverse.
    public init(distribution: (Double) -> Double, quantile: (Double) -> Double) {
        let steps = Int(Self.reach * Self.stepsPerUnit)
        curve = Self.knots(
            (0...steps + 1).map { Float(distribution(Double($0) / Double(Self.stepsPerUnit) - Double(Self.reach))) })
        let inOctave = 1 << Self.stepBits
        var quantiles: [Float] = []
        for octave in (1...Self.octaves).reversed() {
            let low = Double(sign: .plus, exponent: -octave - 1, significand: 1)
            for step in 0..<inOctave {
                quantiles.append(Float(quantile(low * (1 + Double(step) / Double(inOctave)))))
            }
        }
        self.quantiles = Self.knots(quantiles + [0, 0])
    }

    private static func knots(_ values: [Float]) -> [Knot] {
        zip(values, values.dropFirst()).map { Knot($0, $1 - $0) }
    }

    /// Replaces the mean of each row's number by a number that is drawn around it, within the bounds of the row's cell.
    ///
    /// - Parameters:
    ///   - deviation: of the numbers around their means.
    ///   - codes: the cell of each row.
    ///   - words: a uniform word for each row.
    public func draw(
        around numbers: inout [Float], deviation: Float, codes: [UInt32], cells: [Cell], words: [UInt64]
    ) {
        let count = numbers.count
        precondition(codes.count >= count && words.count >= count)
        precondition(count == 0 || Int(largest(codes, count: count)) < cells.count)
        numbers.withUnsafeMutableBufferPointer { numbers in
            codes.withUnsafeBufferPointer { codes in
                cells.withUnsafeBufferPointer { cells in
                    words.withUnsafeBufferPointer { words in
                        withTables { tables in
                            guard let numbers = numbers.baseAddress, let codes = codes.baseAddress,
                                let cells = cells.baseAddress, let words = words.baseAddress
                            else { return }
                            let drawing = Drawing(cells: cells, deviation: deviation, tables: tables)
                            var row = 0
                            while row &+ 8 <= count {
                                drawing.draw(numbers + row, codes + row, words + row)
                                row &+= 8
                            }
                            drawing.drawLast(numbers + row, codes + row, words + row, count &- row)
                        }
                    }
                }
            }
        }
    }

    /// What is the same for all rows.
    private struct Drawing {
        let cells: UnsafePointer<Cell>
        let deviation: Float
        let tables: Tables

        /// Draws the numbers of eight rows.
        @inline(__always)
        func draw(
            _ numbers: UnsafeMutablePointer<Float>, _ codes: UnsafePointer<UInt32>, _ words: UnsafePointer<UInt64>
        ) {
            var pairs = SIMD8<UInt64>()
            for lane in 0..<8 { pairs[lane] = unsafeBitCast(cells[Int(codes[lane])].bounds, to: UInt64.self) }
            let bounds = unsafeBitCast(pairs, to: SIMD16<Float>.self)
            var share = Lanes()
            for lane in 0..<8 { share[lane] = Float(Int32(truncatingIfNeeded: words[lane] &>> 40)) }
            let mean = UnsafeRawPointer(numbers).loadUnaligned(as: Lanes.self)
            let scale = 1 / deviation
            let drawn = tables.numbers(
                from: (bounds.evenHalf - mean) * scale, to: (bounds.oddHalf - mean) * scale, share: share * 0x1p-24)
            UnsafeMutableRawPointer(numbers).storeBytes(of: mean + deviation * drawn, as: Lanes.self)
        }

        /// Draws the numbers of fewer than eight rows.
        func drawLast(
            _ numbers: UnsafeMutablePointer<Float>, _ codes: UnsafePointer<UInt32>, _ words: UnsafePointer<UInt64>,
            _ count: Int
        ) {
            guard count > 0 else { return }
            var ownNumbers = [Float](repeating: 0, count: 8)
            var ownCodes = [UInt32](repeating: 0, count: 8)
            var ownWords = [UInt64](repeating: 0, count: 8)
            for row in 0..<count {
                (ownNumbers[row], ownCodes[row], ownWords[row]) = (numbers[row], codes[row], words[row])
            }
            draw(&ownNumbers, ownCodes, ownWords)
            for row in 0..<count { numbers[row] = ownNumbers[row] }
        }
    }

    private func withTables<Result>(_ body: (Tables) -> Result) -> Result {
        curve.withUnsafeBufferPointer { curve in
            quantiles.withUnsafeBufferPointer { quantiles in
                body(Tables(curve: curve, quantiles: quantiles))
            }
        }
    }

    /// Both tables, opened.
    private struct Tables {
        let curve: UnsafeBufferPointer<Knot>
        let quantiles: UnsafeBufferPointer<Knot>

        /// For eight rows the standard normal number between two bounds below which a share of the mass between them lies.
        @inline(__always)
        func numbers(from low: Lanes, to high: Lanes, share: Lanes) -> Lanes {
            // The half in which shares are small numbers, so that they have all their figures.
            let isTurned = low + high .> 0
            let from = low.replacing(with: -high, where: isTurned)
            let to = high.replacing(with: -low, where: isTurned)
            let part = share.replacing(with: 1 - share, where: isTurned)
            let below = lowerShares(from)
            let isUpper = .!(to .<= 0)
            let ofNegative = lowerShares(to.replacing(with: -to, where: isUpper))
            let upTo = ofNegative.replacing(with: 1 - ofNegative, where: isUpper)
            let mass = upTo - below
            let wanted = below + part * mass
            let isAbove = .!(wanted .<= 0.5)
            let quantile = lowerQuantiles(wanted.replacing(with: 1 - wanted, where: isAbove))
            let looked = quantile.replacing(with: -quantile, where: isAbove)
            // Far out: near the bound that is nearer, in random order.
            let half = (to - from) / 2
            let nearest = half.replacing(with: 0.01, where: .!(half .< 0.01))
            let far = to - (1 - part) * nearest
            let found = far.replacing(with: looked, where: mass .> CutNormals.leastShare)
            let aboveFrom = found.replacing(with: from, where: .!(from .<= found))
            let inside = aboveFrom.replacing(with: to, where: to .< aboveFrom)
            return inside.replacing(with: -inside, where: isTurned)
        }

        /// The probability of being at most z, for z up to 0.
        @inline(__always)
        private func lowerShares(_ z: Lanes) -> Lanes {
            let last = Float(curve.count &- 1)
            var place = (z + CutNormals.reach) * CutNormals.stepsPerUnit
            let isInside = place .> 0
            place = Lanes(repeating: 0).replacing(with: place, where: isInside)
            place = place.replacing(with: last, where: place .> last)
            // A number of 2²³ more has no bits behind the point: the nearest whole number, or the one below it.
            let rounded = place + 0x1p23
            let steps = unsafeBitCast(rounded, to: SIMD8<UInt32>.self) & SIMD8(repeating: 0x7F_FFFF)
            let whole = rounded - 0x1p23
            let isOver = whole .> place
            let step = steps.replacing(with: steps &- 1, where: isOver)
            let start = whole.replacing(with: whole - 1, where: isOver)
            let knots = self.knots(curve, step)
            return Lanes(repeating: 0).replacing(with: knots.value + (place - start) * knots.rise, where: isInside)
        }

        /// The numbers that shares up to one half lie below.
        @inline(__always)
        private func lowerQuantiles(_ share: Lanes) -> Lanes {
            typealias Words = SIMD8<UInt32>
            let first = Float(sign: .plus, exponent: -CutNormals.octaves - 1, significand: 1).bitPattern
            let shift = UInt32(Float.significandBitCount) - CutNormals.stepBits
            let end = UInt32(quantiles.count)
            let all = unsafeBitCast(share, to: Words.self)
            let bits = all.replacing(with: Words(repeating: first), where: all .< Words(repeating: first))
            let steps = (bits &- Words(repeating: first)) &>> Words(repeating: shift)
            let isOver = steps .>= Words(repeating: end)
            let step = steps.replacing(with: Words(repeating: 0), where: isOver)
            // Seventeen bits as a number: behind those of 2²³.
            let behind = (bits & Words(repeating: (1 &<< shift) &- 1)) | Words(repeating: Float(0x1p23).bitPattern)
            let part =
                (unsafeBitCast(behind, to: Lanes.self) - 0x1p23)
                * Float(sign: .plus, exponent: -Int(shift), significand: 1)
            let knots = self.knots(quantiles, step)
            return (knots.value + part * knots.rise).replacing(with: 0, where: isOver)
        }

        @inline(__always)
        private func knots(_ table: UnsafeBufferPointer<Knot>, _ steps: SIMD8<UInt32>) -> (value: Lanes, rise: Lanes) {
            guard let table = table.baseAddress else { return (Lanes(), Lanes()) }
            var pairs = SIMD8<UInt64>()
            for lane in 0..<8 { pairs[lane] = unsafeBitCast(table[Int(steps[lane])], to: UInt64.self) }
            let both = unsafeBitCast(pairs, to: SIMD16<Float>.self)
            return (both.evenHalf, both.oddHalf)
        }
    }
}
