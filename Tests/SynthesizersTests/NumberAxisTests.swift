import Domains
import Testing

@testable import FittedModels

@Suite("Scores as numbers of a column")
struct NumberAxisTests {
    // Where noise had emptied the bins of a column's tail, one difference in some fits rebuilt a number at the end of the domain:
    // an income of 995 million among incomes of less than two.
    @Test("a score beyond all rows stands for the last number with rows, and not for the end of the domain")
    func beyondAllRows() throws {
        let domain = try schemaDomain([
            Field(
                name: "income", type: .number,
                constraints: Constraints(required: true, minimum: .number(1), maximum: .number(1e9)),
                bins: Bins(count: 9, scale: .log))
        ])
        let column = domain.columns[0]
        for factor in [0.9, -0.9] {
            let axis = NumberAxis.score(column, shares: [0, 0, 0.2, 0.5, 0, 0.3, 0, 0, 0], factor: factor)
            let positions = AxisPositions(axis, column)
            let (above, below) = (positions.place(of: 9 * factor), positions.place(of: -9 * factor))
            #expect(above.code == 5 && above.fraction > 0.99, "\(above)")
            #expect(below.code == 2 && below.fraction < 0.01, "\(below)")
            let middle = positions.place(of: 0)
            #expect(middle.code == 3 && abs(middle.fraction - 0.6) < 0.1, "\(middle)")
        }
    }
}
