import VectorMath

/// How far noise reaches in 95 of 100 draws, and how large it is on average.
public enum NoiseInterval {
    /// The 97.5th percentile of the standard normal.
    public static let normalQuantile = 1.959_963_984_540_054

    /// The least whole t with P(|noise| > t) ≤ 5 %, exactly; 1.96 σ where σ is large.
    ///
    /// - Parameters:
    ///   - law: of whole-numbered noise.
    ///   - variance: of one figure.
    public static func halfWidth(_ law: NoiseLaw, variance: Double) -> Double {
        let variance = max(variance, .leastNormalMagnitude)
        switch law {
        case .laplace:
            // P(|x| > t) = 2 q^(t+1) / (1 + q), with 2q / (1 − q)² = variance.
            let middle = 1 + 1 / variance
            let q = 1 / (middle + (middle * middle - 1).squareRoot())
            guard q > 0 else { return 0 }
            return max(0, (naturalLogarithm(0.025 * (1 + q)) / naturalLogarithm(q) - 1).rounded(.up))
        case .gaussian:
            guard variance < 400 else { return normalQuantile * variance.squareRoot() }
            let weights = (0...200).map { exponential(-Double($0 * $0) / (2 * variance)) }
            let all = 2 * weights.reduce(0, +) - weights[0]
            var inside = weights[0]
            for reach in 1...200 {
                if inside >= 0.95 * all { return Double(reach - 1) }
                inside += 2 * weights[reach]
            }
            return normalQuantile * variance.squareRoot()
        }
    }

    /// E|noise| over σ: √(2/π) for Gaussian noise, 1/√2 for Laplace noise.
    public static func meanAbsolute(_ law: NoiseLaw) -> Double {
        switch law {
        case .laplace: 0.5.squareRoot()
        case .gaussian: (2 / Double.pi).squareRoot()
        }
    }

    /// The total variation that noise makes between a measurement of `cells` cells and the truth, and its
    /// standard deviation.
    ///
    /// - Parameters:
    ///   - deviation: σ of each cell.
    ///   - total: of all cells.
    public static func totalVariation(
        cells: Int, deviation: Double, total: Double, law: NoiseLaw
    ) -> (expected: Double, deviation: Double) {
        let mean = meanAbsolute(law)
        let spread = max(0, 1 - mean * mean).squareRoot()
        let unit = deviation / (2 * max(total, 1))
        return (Double(cells) * mean * unit, Double(cells).squareRoot() * spread * unit)
    }
}
