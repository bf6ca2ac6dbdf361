import Foundation
import Testing

@testable import GraphicalModels

@Suite struct FactorTests {
    let table = Factor(attributes: [1, 4], shape: [2, 3], values: [1, 2, 3, 4, 5, 6])

    @Test("cells are row-major with the last attribute fastest")
    func layout() {
        #expect(table[[1, 0]] == 4)
        #expect(table.codes(at: 5) == [1, 2])
        for i in table.values.indices { #expect(table.index(of: table.codes(at: i)) == i) }
    }

    @Test("marginals sum out, whatever the order they are asked in")
    func marginals() {
        #expect(table.marginal(onto: [1]).values == [6, 15])
        #expect(table.marginal(onto: [4]).values == [5, 7, 9])
        #expect(table.marginal(onto: []).values == [21])
        #expect(table.marginal(onto: [4, 1]) == table)
    }

    @Test("expansion repeats and products join on shared attributes")
    func expandAndMultiply() {
        let sizes = [2, 2, 0, 0, 3]
        let wide = table.expanded(to: [0, 1, 4], sizes: sizes)
        #expect(wide.attributes == [0, 1, 4])
        #expect(wide.values == table.values + table.values)
        let other = Factor(attributes: [0, 4], shape: [2, 3], values: [1, 10, 100, 2, 20, 200])
        let product = table.multiplied(by: other)
        #expect(product.attributes == [0, 1, 4])
        #expect(product[[1, 0, 2]] == 600)
        #expect(product[[0, 1, 1]] == 50)
    }

    @Test("zero divided by zero is zero")
    func division() {
        let numerator = Factor(attributes: [0], shape: [3], values: [0, 6, 0])
        let divisor = Factor(attributes: [0], shape: [3], values: [0, 2, 5])
        #expect(numerator.divided(by: divisor).values == [0, 3, 0])
    }

    @Test("a stored factor comes back, and one whose cells do not fit its shape is refused")
    func coding() throws {
        let data = try JSONEncoder().encode(table)
        #expect(try JSONDecoder().decode(Factor.self, from: data) == table)
        for wrong in [
            #"{"attributes":[0,1],"shape":[2,2],"values":[1,2,3]}"#,
            #"{"attributes":[1,0],"shape":[1,1],"values":[1]}"#,
            #"{"attributes":[0],"shape":[],"values":[1]}"#, #"{"attributes":[0,1],"shape":[-1,-1],"values":[1]}"#,
        ] {
            #expect(throws: DecodingError.self) { try JSONDecoder().decode(Factor.self, from: Data(wrong.utf8)) }
        }
    }

    @Test("a factor of zeros normalises to uniform")
    func normalisation() {
        #expect(
            Factor(attributes: [0], shape: [4], values: [0, 0, 0, 0]).normalized(to: 2).values == [0.5, 0.5, 0.5, 0.5])
        #expect(abs(table.normalized(to: 7).total - 7) < 1e-12)
    }
}
