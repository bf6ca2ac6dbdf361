import Statistics

/// Normal numbers between two bounds, looked up: a few are drawn for each row, and only their order and rough size matter.
///
/// The distribution function is exact at its knots and a straight line between them, off by less than 4 · 10⁻⁵ of itself as far
/// as 4 deviations out; numbers are off by less than 10⁻³.
struct CutNormals: Sendable {
    /// The distribution function from −`reach` to 0.
    private let curve: [Float]
    /// Quantiles of the shares in each octave down to 2^−`octaves`, and of one half.
    private let quantiles: [Float]

    private static let reach: Float = 8
    private static let stepsPerUnit: Float = 256
    private static let octaves = 60
    private static let stepBits = 6
    /// Above it the wanted interval has shares that quantiles can be looked up of.
    private static let leastShare: Float = 0x1p-48

    static let shared = CutNormals()

    private init() {
        let steps = Int(Self.reach * Self.stepsPerUnit)
        curve = (0...steps + 1).map {
            Float(Normal.distribution(Double($0) / Double(Self.stepsPerUnit) - Double(Self.reach)))
        }
        let inOctave = 1 << Self.stepBits
        var quantiles: [Float] = []
        for octave in (1...Self.octaves).reversed() {
            let low = Double(sign: .plus, exponent: -octave - 1, significand: 1)
            for step in 0..<inOctave {
                quantiles.append(Float(Normal.quantile(low * (1 + Double(step) / Double(inOctave)))))
            }
        }
        self.quantiles = quantiles + [0, 0]
    }

    /// The probability of being at most z, for z up to 0.
    @inline(__always)
    private func lowerShare(_ z: Float) -> Float {
        let place = (z + Self.reach) * Self.stepsPerUnit
        guard place > 0 else { return 0 }
        let step = Int(place)
        let low = curve[step]
        return low + (place - Float(step)) * (curve[step + 1] - low)
    }

    /// The number that a share up to one half lies below.
    @inline(__always)
    private func lowerQuantile(_ share: Float) -> Float {
        let bits = share.bitPattern
        let first = Float(sign: .plus, exponent: -Self.octaves - 1, significand: 1).bitPattern
        guard bits > first else { return quantiles[0] }
        let shift = UInt32(Float.significandBitCount - Self.stepBits)
        let step = Int((bits &- first) &>> shift)
        guard step < quantiles.count - 1 else { return 0 }
        let part = Float(bits & ((1 &<< shift) &- 1)) * Float(sign: .plus, exponent: -Int(shift), significand: 1)
        return quantiles[step] + part * (quantiles[step + 1] - quantiles[step])
    }

    /// The standard normal number between two bounds below which a share of the mass between them lies.
    @inline(__always)
    func number(from low: Float, to high: Float, share: Float) -> Float {
        // The half in which shares are small numbers, so that they have all their figures.
        let isTurned = low + high > 0
        let (from, to, part) = isTurned ? (-high, -low, 1 - share) : (low, high, share)
        let below = lowerShare(from)
        let upTo = to <= 0 ? lowerShare(to) : 1 - lowerShare(-to)
        let found: Float
        if upTo - below > Self.leastShare {
            let wanted = below + part * (upTo - below)
            found = wanted <= 0.5 ? lowerQuantile(wanted) : -lowerQuantile(1 - wanted)
        } else {
            // Far out: near the bound that is nearer, in random order.
            found = to - (1 - part) * min(0.01, (to - from) / 2)
        }
        let inside = min(max(found, from), to)
        return isTurned ? -inside : inside
    }
}
