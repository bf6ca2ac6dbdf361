import Domains
import Synchronization
import Tables

@testable import PrivacyKernel

private let firstScales = BugMemory<NoiseScale>()
private let callKeys = BugMemory<[UInt64]>()

private let sharedCalls = Mutex(0)

extension NoiseHolders {
    @_dynamicReplacement(for:share(of:))
    func shareOfAll(of scale: NoiseScale) throws(PrivacyError) -> NoiseScale {
        guard planted(.collusionIgnored), count > 1, case .gaussian(let whole) = scale else {
            return try share(of: scale)
        }
        return .gaussian(try GaussianScale(atLeast: whole.units, over: UInt128(count) << 32, plus: 0))
    }
}

extension Kernel {
    @_dynamicReplacement(for:addNoise(_:to:isExact:))
    func addWrongNoise(_ scale: NoiseScale, to figures: inout [Int64], isExact: Bool) {
        let exact = figures
        switch PlantedBug.active {
        case .emptyCellsSkipped:
            addNoise(scale, to: &figures, isExact: isExact)
            for index in figures.indices where exact[index] == 0 { figures[index] = 0 }
        case .totalKept:
            addNoise(scale, to: &figures, isExact: isExact)
            figures[0] += exact.reduce(0, +) - figures.reduce(0, +)
        case .signLost:
            addNoise(scale, to: &figures, isExact: isExact)
            for index in figures.indices { figures[index] = exact[index] + abs(figures[index] - exact[index]) }
        case .noiseInDoubles:
            // A sum of uniforms scaled to σ: what a hurried hand takes for a Gaussian.
            for index in figures.indices {
                let sum = (0..<12).reduce(0.0) { sum, _ in sum + Double(noise.generator.next() >> 11) * 0x1p-53 }
                figures[index] += Int64(((sum - 6) * scale.variance.squareRoot()).rounded())
            }
        case .scaleOfEarlierNoise:
            if transcript.releases.isEmpty { firstScales[self] = scale }
            addNoise(firstScales[self] ?? scale, to: &figures, isExact: isExact)
        case .noiseShared:
            if let key = callKeys[self] { noise.generator = NoiseGenerator(key: key) }
            addNoise(scale, to: &figures, isExact: isExact)
        case .noiseLeftOut: break
        case .noiseShareMissing where (rows?.holders.count ?? 1) > 1:
            let number = sharedCalls.withLock { number in
                number += 1
                return number
            }
            if number % 4 != 0 { addNoise(scale, to: &figures, isExact: isExact) }
        case .noiseSeedShared where (rows?.holders.count ?? 1) > 1:
            noise.generator = NoiseGenerator(key: [5, 6, 7, 8])
            addNoise(scale, to: &figures, isExact: isExact)
        default: addNoise(scale, to: &figures, isExact: isExact)
        }
    }

    @_dynamicReplacement(for:open(_:changed:figures:selections:))
    func openWrongly(
        _ payment: Payment, changed: Int, figures: Int?, selections: Int
    ) throws(PrivacyError) -> Source {
        switch PlantedBug.active {
        case .emptyTableRefused where (rows as? PrivateRows)?.table.rowCount == 0: throw .noQuestions
        case .generatorReseeded: noise.generator = NoiseGenerator(key: [5, 6, 7, 8])
        case .noiseShared: callKeys[self] = (0..<4).map { _ in noise.generator.next() }
        default: break
        }
        return try open(payment, changed: changed, figures: figures, selections: selections)
    }
}
