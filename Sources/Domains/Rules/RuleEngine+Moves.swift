import VectorMath

/// Moving one value of a row.
extension RuleEngine {
    /// Puts a value within bounds without leaving its cell.
    func stay(
        _ column: Int, from lower: ExactDecimal?, to upper: ExactDecimal?, _ row: inout RuledRow,
        _ generator: inout SplitMix64
    ) -> Bool {
        guard let cell = rules.points[column]?.cells[row.codes[column]], cell.count > 1,
            let range = cell.indices(from: lower, to: upper)
        else { return false }
        row.values[column] = cell.point(Self.place(in: range, &generator))
        carry(column, &row)
        return true
    }

    /// Puts a value within bounds: inside its cell if that can be, else in another, drawn given a second column.
    func move(
        _ column: Int, from lower: ExactDecimal?, to upper: ExactDecimal?, given: Int?, finest: Int?,
        _ row: inout RuledRow, _ generator: inout SplitMix64
    ) -> Bool {
        guard !computed.contains(column), let points = rules.points[column] else { return false }
        if lower != nil || upper != nil, stay(column, from: lower, to: upper, &row, &generator) { return true }
        guard !fixed.contains(column) else { return false }
        let weights = boundWeights(column, points, lower, upper, given, row)
        guard let code = pick(weights, &generator), let cell = points.cells[code],
            let range = cell.indices(from: lower, to: upper)
        else { return false }
        var value = cell.point(Self.place(in: range, &generator))
        if let finest, value.exponent < finest {
            let rounded = value.rounded(toExponent: finest)
            if lower.map({ $0 <= rounded }) ?? true, upper.map({ rounded <= $0 }) ?? true { value = rounded }
        }
        row.codes[column] = points.code(of: value) ?? code
        row.values[column] = value
        carry(column, &row)
        return true
    }

    /// For each code its share times how much of it lies within bounds.
    func boundWeights(
        _ column: Int, _ points: ColumnPoints, _ lower: ExactDecimal?, _ upper: ExactDecimal?, _ given: Int?,
        _ row: RuledRow
    ) -> [Double] {
        let own = rules.domain.columns[column]
        var weights = statistics.weights(
            of: column, given: given.map { ($0, row.codes[$0]) }, size: own.size)
        let open = points.codes(from: lower, to: upper)
        for code in weights.indices {
            // Between the first and the last of them all of a cell lies within bounds.
            if let open, code > open.lowerBound, code < open.upperBound - 1 { continue }
            guard open?.contains(code) ?? true, let cell = points.cells[code],
                let range = cell.indices(from: lower, to: upper)
            else {
                weights[code] = 0
                continue
            }
            weights[code] *= Double(range.upperBound - range.lowerBound + 1) / Double(cell.count)
        }
        return weights
    }

    func mass(
        _ column: Int, from lower: ExactDecimal?, to upper: ExactDecimal?, given: Int, _ row: RuledRow
    ) -> Double {
        guard let points = rules.points[column] else { return 0 }
        return boundWeights(column, points, lower, upper, given, row).reduce(0, +)
    }

    func freeMass(_ test: RuleTest, given: Int?, _ row: RuledRow) -> Double {
        let weights = statistics.weights(
            of: test.column, given: given.map { ($0, row.codes[$0]) }, size: rules.domain.columns[test.column].size)
        return zip(weights, test.reach).reduce(0) { $0 + ($1.1 == .everything ? 0 : $1.0) }
    }

    /// Leaves the values of a condition.
    ///
    /// - Parameter isStaying: only inside the cell.
    func escape(
        _ test: RuleTest, given: Int?, staying isStaying: Bool, _ row: inout RuledRow,
        _ generator: inout SplitMix64
    ) -> Bool {
        let column = test.column
        let points = rules.points[column]
        func land(_ code: Int) -> Bool {
            let ranges = test.escapes(of: code)
            let total = ranges.reduce(Int64(0)) { $0 + $1.upperBound - $1.lowerBound + 1 }
            guard total > 0 else { return false }
            var place = Int64(generator.unit() * Double(total))
            var index = ranges[0].lowerBound
            for range in ranges {
                let length = range.upperBound - range.lowerBound + 1
                if place < length {
                    index = range.lowerBound + place
                    break
                }
                place -= length
            }
            row.codes[column] = code
            row.values[column] = points?.cells[code]?.point(index)
            carry(column, &row)
            return true
        }
        if isStaying { return test.reach[row.codes[column]] == .part && land(row.codes[column]) }
        var weights = statistics.weights(
            of: column, given: given.map { ($0, row.codes[$0]) }, size: rules.domain.columns[column].size)
        for code in weights.indices where test.reach[code] == .everything { weights[code] = 0 }
        guard let code = pick(weights, &generator) else { return false }
        return land(code)
    }

    static func place(in range: ClosedRange<Int64>, _ generator: inout SplitMix64) -> Int64 {
        let length = Double(range.upperBound - range.lowerBound + 1)
        return range.lowerBound + min(Int64(generator.unit() * length), range.upperBound - range.lowerBound)
    }

    func pick(_ weights: [Double], _ generator: inout SplitMix64) -> Int? {
        let total = weights.reduce(0, +)
        guard total > 0 else { return nil }
        var left = generator.unit() * total
        var last: Int?
        for (code, weight) in weights.enumerated() where weight > 0 {
            last = code
            left -= weight
            if left < 0 { return code }
        }
        return last
    }
}
