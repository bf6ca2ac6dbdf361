import Domains
import PrivacyKernel

// A sum counts each value as the middle of one of the equal steps into which its bin is cut: the bin's own middle would make
// the mean of a skewed column in few bins wrong by half of itself. The price is the same, since a row counts once.

extension ColumnDomain {
    /// Most values of a question.
    private static var mostStepValues: Int { 1 << 16 }

    /// How many steps of each cell a sum tells apart: a power of two.
    var sumSteps: Int {
        guard (0..<valueCount).contains(where: { isInterval($0) }) else { return 1 }
        var steps = Self.placeSteps
        while steps > 1, steps * size > Self.mostStepValues { steps /= 2 }
        return steps
    }

    /// The number that stands for each step of each code in sums, code by code: the middle of the step; nil where there is none.
    func numbersOfSteps() -> [Double?] {
        let steps = sumSteps
        return (0..<size).flatMap { code -> [Double?] in
            guard let edges = edges(of: code) else { return [Double?](repeating: nil, count: steps) }
            guard isInterval(code) else { return [Double?](repeating: middle(of: code), count: steps) }
            return (0..<steps).map { step in
                // The middle step also stands for rows of which only the code is known.
                guard step != steps / 2, let number = number(of: code, fraction: (Double(step) + 0.5) / Double(steps))
                else { return middle(of: code).map { type == .integer ? $0.rounded() : $0 } }
                // A cell of whole numbers reaches half a unit beyond them.
                let value = type == .integer ? number.rounded() : number
                return min(max(value, edges.lower), edges.upper)
            }
        }
    }

    /// How far a value can lie from the number that stands for its step.
    func stepWidth(of code: Int) -> Double {
        guard isInterval(code), let edges = edges(of: code) else { return 0 }
        let steps = sumSteps
        guard steps > 1 else { return (edges.upper - edges.lower) / 2 }
        let ends = [0, 1, steps - 1, steps].compactMap { number(of: code, fraction: Double($0) / Double(steps)) }
        guard ends.count == 4 else { return (edges.upper - edges.lower) / 2 }
        let widest = max(abs(ends[1] - ends[0]), abs(ends[3] - ends[2])) / 2
        // A step of at most one whole number is that number.
        return type == .integer && widest <= 0.5 ? 0 : widest
    }
}

extension SumQuestion {
    /// The same question over codes alone, for rows of a model, which lie anywhere in their bins: each code counts as the mean of
    /// its steps.
    ///
    /// - Returns: nil where bins are so wide beside their numbers that where rows lie in them decides the sum.
    func overCodes(_ domain: TableDomain) -> SumQuestion? {
        let column = domain.columns[attribute]
        let steps = values.count / max(column.size, 1)
        guard steps > 1 else { return self }
        let isNarrow = (0..<column.valueCount).allSatisfy { code in
            guard column.isInterval(code), let edges = column.edges(of: code) else { return true }
            return edges.upper - edges.lower <= SumQuestion.widestBin * max(abs(edges.lower), abs(edges.upper))
        }
        guard isNarrow else { return nil }
        let means = (0..<column.size).map { code in
            let part = values[(code * steps)..<((code + 1) * steps)].reduce(0.0) { $0 + Double($1) }
            return Int64((part / Double(steps)).rounded())
        }
        return SumQuestion(attribute: attribute, values: means, clamp: clamp, groups: groups)
    }

    /// As a part of the bin's larger end.
    private static var widestBin: Double { 0.5 }
}
