/// Draws noise of any scale.
struct NoiseSource {
    var generator: NoiseGenerator

    init(_ generator: NoiseGenerator) { self.generator = generator }
}
