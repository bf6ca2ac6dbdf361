import VectorMath

/// The exact parameter of one noise distribution over the integers.
public enum NoiseScale: Sendable, Equatable, Hashable, Codable {
    /// P[x] ∝ exp(−x²/(2σ²)) with σ² = units · 2^-32.
    case gaussian(GaussianScale)
    /// P[x] ∝ exp(−|x| · numerator/denominator).
    case laplace(LaplaceScale)

    /// An upper bound of the variance, tight for σ above 1.
    public var variance: Double {
        switch self {
        case .gaussian(let scale): scale.sigmaSquared
        case .laplace(let scale): scale.variance
        }
    }
}

extension NoiseScale: CustomStringConvertible {
    /// The exact parameter in whole numbers, as holders sign it among the words of a question.
    public var description: String {
        switch self {
        case .gaussian(let scale): "gaussian of variance \(scale.units)/2^32"
        case .laplace(let scale): "laplace of decay \(scale.numerator)/\(scale.denominator)"
        }
    }
}

/// σ² of a discrete Gaussian, in units of 2^-32.
public struct GaussianScale: Sendable, Equatable, Hashable, Codable {
    private let high: UInt64
    private let low: UInt64

    init(units: UInt128) {
        high = UInt64(truncatingIfNeeded: units >> 64)
        low = UInt64(truncatingIfNeeded: units)
    }

    var units: UInt128 { UInt128(high) << 64 | UInt128(low) }

    /// σ² in counts, squared.
    public var sigmaSquared: Double { Double(units) * 0x1p-32 }

    /// The least scale that the sampler can draw whose σ² is not below `numerator / denominator` + `added`.
    ///
    /// Up to 2^20 that is the next unit. Beyond, σ² = 5·64² + 64²·σ₂² for a smaller σ₂², again and again
    /// (`GaussianTable`), and the last one is rounded up to 2^-12: at most 1e-6 of it.
    init(atLeast numerator: UInt128, over denominator: UInt128, plus added: UInt128) throws(PrivacyError) {
        let product = numerator.multipliedFullWidth(by: 1 << 32)
        guard product.high < denominator else { throw .noiseTooLarge(variance: .infinity) }
        let (quotient, remainder) = denominator.dividingFullWidth(product)
        let variance = Double(quotient) * 0x1p-32
        guard quotient < 1 << 112 else { throw .noiseTooLarge(variance: variance) }
        self.init(units: GaussianScale.drawable(quotient + (remainder > 0 ? 1 : 0) + added << 32))
    }

    private static func drawable(_ units: UInt128) -> UInt128 {
        guard units > GaussianTable.directLimit else { return units }
        let rest = (units - GaussianTable.chainUnits + 4095) >> 12
        let inner = rest > GaussianTable.directLimit ? drawable(rest) : ((rest + 0xFFFFF) >> 20) << 20
        return GaussianTable.chainUnits + inner << 12
    }
}

/// The decay of a discrete Laplace, a fraction in lowest terms.
public struct LaplaceScale: Sendable, Equatable, Hashable, Codable {
    /// Of the decay: it and the denominator have no common factor.
    public let numerator: UInt64
    /// Sensitivity in units; beyond 64 bits nothing is offered.
    private let high: UInt64
    private let low: UInt64

    var denominator: UInt128 { UInt128(high) << 64 | UInt128(low) }

    /// Decay ε / sensitivity with ε = units · 2^-50.
    init(units: UInt64, sensitivity: UInt64) {
        let denominator = UInt128(sensitivity) << 50
        let shift = min(units.trailingZeroBitCount, denominator.trailingZeroBitCount)
        numerator = units >> UInt64(shift)
        high = UInt64(truncatingIfNeeded: (denominator >> UInt128(shift)) >> 64)
        low = UInt64(truncatingIfNeeded: denominator >> UInt128(shift))
    }

    /// ε over the sensitivity in L1.
    public var decay: Double { Double(numerator) / Double(denominator) }

    /// 2q/(1−q)² with q = exp(−decay).
    public var variance: Double {
        guard decay > 1e-4 else { return 2 / (decay * decay) }
        let q = exponential(-decay)
        return 2 * q / ((1 - q) * (1 - q))
    }
}
