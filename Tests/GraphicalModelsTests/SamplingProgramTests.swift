import Testing
import VectorMath

@testable import GraphicalModels

@Suite struct SamplingProgramTests {
    static let structures: [[[Int]]] = [
        [[0, 1, 2, 3, 4]], [], [[0, 1], [1, 2], [2, 3], [3, 4]], [[0, 1], [0, 2], [0, 3], [0, 4]],
        [[0, 1, 2], [1, 2, 3], [2, 4], [3, 4]], [[0, 3], [1, 4]],
    ]

    @Test(
        "the product of the steps is the model: single clique, independent, chain, star, cyclic, forest",
        arguments: structures)
    func product(cliques: [[Int]]) throws {
        var generator = SplitMix64(state: 21)
        let sizes = [2, 3, 2, 4, 1]
        var potentials = randomPotentials(sizes.indices.map { [$0] }, sizes: sizes, spread: 2, &generator)
        potentials += randomPotentials(cliques, sizes: sizes, spread: 2, impossible: 0.1, &generator)
        let truth = BruteForce(potentials: potentials, sizes: sizes)
        let program = try GraphicalModel(potentials: potentials, sizes: sizes, total: 40).samplingProgram()
        #expect(distance(joint(of: program, sizes: sizes), truth.joint.values) < 1e-12)
        #expect(program.steps.map(\.attribute).sorted() == [0, 1, 2, 3, 4])
        var drawn: Set<Int> = []
        for step in program.steps {
            if case .draw(let conditional) = step {
                #expect(conditional.parents.allSatisfy(drawn.contains))
                #expect(conditional.offsets.count == conditional.parentShape.reduce(1, *) + 1)
            }
            drawn.insert(step.attribute)
        }
    }
}
