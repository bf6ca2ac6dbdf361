#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// The standard normal distribution.
enum Normal {
    static func distribution(_ x: Double) -> Double { erfc(-x * 0.5.squareRoot()) / 2 }

    /// The x with `distribution(x) = probability`, for probabilities strictly between 0 and 1.
    ///
    /// A rough start (Abramowitz and Stegun 26.2.23, error below 4.5e-4), then three steps of Newton, each of which
    /// doubles the number of right digits.
    static func quantile(_ probability: Double) -> Double {
        let tail = min(probability, 1 - probability)
        guard tail > 0 else { return probability > 0.5 ? .infinity : -.infinity }
        let t = (-2 * log(tail)).squareRoot()
        var x =
            t - (2.515517 + t * (0.802853 + t * 0.010328)) / (1 + t * (1.432788 + t * (0.189269 + t * 0.001308)))
        for _ in 0..<3 {
            let density = exp(-x * x / 2) / (2 * Double.pi).squareRoot()
            guard density > 0 else { break }
            x += (distribution(-x) - tail) / density
        }
        return probability > 0.5 ? x : -x
    }
}

func naturalLog(_ x: Double) -> Double { log(x) }

func exponential(_ x: Double) -> Double { exp(x) }
