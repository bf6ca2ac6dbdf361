import Foundation
import VectorMath

@testable import GraphicalModels

extension SplitMix64 {
    mutating func normal() -> Double { (-2 * log(1 - unit())).squareRoot() * cos(2 * .pi * unit()) }
}

/// The whole joint table, computed with nothing but loops: the truth that junction trees are compared with.
struct BruteForce {
    let sizes: [Int]
    var joint: Factor

    init(potentials: [Factor], sizes: [Int]) {
        self.sizes = sizes
        let all = Array(sizes.indices)
        joint = Factor(attributes: all, sizes: sizes, repeating: 0)
        for cell in joint.values.indices {
            let codes = joint.codes(at: cell)
            joint.values[cell] = potentials.reduce(0) { $0 + $1[$1.attributes.map { codes[$0] }] }
        }
        let largest = joint.values.max() ?? 0
        var sum = 0.0
        for cell in joint.values.indices {
            joint.values[cell] = exp(joint.values[cell] - largest)
            sum += joint.values[cell]
        }
        for cell in joint.values.indices { joint.values[cell] /= sum }
    }

    func marginal(_ attributes: [Int], given evidence: [(attribute: Int, code: Int)] = []) -> [Double] {
        var result = Factor(attributes: attributes, sizes: sizes, repeating: 0)
        for cell in joint.values.indices {
            let codes = joint.codes(at: cell)
            guard evidence.allSatisfy({ codes[$0.attribute] == $0.code }) else { continue }
            result[attributes.map { codes[$0] }] += joint.values[cell]
        }
        return result.values
    }
}

func distance(_ a: [Double], _ b: [Double]) -> Double {
    zip(a, b).reduce(a.count == b.count ? 0 : .infinity) { max($0, abs($1.0 - $1.1)) }
}

/// Random potentials on sets of attributes; a share of the cells may be impossible.
func randomPotentials(
    _ sets: [[Int]], sizes: [Int], spread: Double, impossible: Double = 0, _ generator: inout SplitMix64
) -> [Factor] {
    sets.map { set in
        var factor = Factor(attributes: set, sizes: sizes, repeating: 0)
        for i in factor.values.indices {
            factor.values[i] = generator.unit() < impossible ? -.infinity : spread * generator.normal()
        }
        return factor
    }
}

/// The subsets of 0..<count with at least one member.
func subsets(_ count: Int) -> [[Int]] {
    (1..<1 << count).map { mask in (0..<count).filter { mask >> $0 & 1 == 1 } }
}

/// The edge sets of every graph with the given number of nodes.
func everyGraph(_ nodes: Int) -> [[[Int]]] {
    let edges = (0..<nodes).flatMap { a in (a + 1..<nodes).map { [a, $0] } }
    return (0..<1 << edges.count).map { mask in edges.indices.filter { mask >> $0 & 1 == 1 }.map { edges[$0] } }
}
