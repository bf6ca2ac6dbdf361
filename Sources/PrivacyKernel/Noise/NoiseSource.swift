/// Draws noise of any scale, by the fast tables or by the exact textbook methods.
struct NoiseSource: ~Copyable {
    var generator: NoiseGenerator
    private var chains: [GaussianScale: GaussianChain] = [:]

    init(_ generator: consuming NoiseGenerator) { self.generator = generator }

    /// Refuses what could not be drawn, before anything is.
    func check(_ scale: NoiseScale, count: Int, isExact: Bool) throws(PrivacyError) {
        guard count <= BudgetRoot.drawLimit / GaussianChain.mostTables else {
            throw .drawLimitReached(limit: BudgetRoot.drawLimit)
        }
        let limit =
            switch scale {
            case .laplace: 0x1p100
            case .gaussian: isExact ? 0x1p56 : 0x1p80
            }
        guard scale.variance < limit else { throw .noiseTooLarge(variance: scale.variance) }
    }

    /// Adds independent noise to each number.
    mutating func add(_ scale: NoiseScale, to numbers: inout [Int64], isExact: Bool) {
        switch scale {
        case .laplace(let scale):
            for index in numbers.indices {
                numbers[index] &+= TextbookSampler.laplace(
                    numerator: scale.numerator, denominator: scale.denominator, &generator)
            }
        case .gaussian(let scale) where isExact:
            for index in numbers.indices { numbers[index] &+= TextbookSampler.gaussian(scale, &generator) }
        case .gaussian(let scale):
            chain(scale).add(to: &numbers, &generator)
        }
    }

    private mutating func chain(_ scale: GaussianScale) -> GaussianChain {
        if let known = chains[scale] { return known }
        if chains.count > 32 { chains.removeAll() }
        let chain = GaussianChain(scale)
        chains[scale] = chain
        return chain
    }
}
