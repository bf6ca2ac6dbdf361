public import Statistics

extension NoiseScale {
    /// The law that intervals of this noise are computed from.
    public var law: NoiseLaw {
        switch self {
        case .gaussian: .gaussian
        case .laplace: .laplace
        }
    }
}

extension Accounting {
    /// The law of the noise that is drawn under this accounting.
    public var law: NoiseLaw { self == .pure ? .laplace : .gaussian }
}
