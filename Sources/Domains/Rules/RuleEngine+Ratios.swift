import VectorMath

/// Ratios, and the numerators that are rebuilt from them.
extension RuleEngine {
    /// What the drawn code of a ratio says.
    func carried(
        _ ratio: RowRules.Ratio, _ row: RuledRow, _ generator: inout SplitMix64
    ) -> RuledRow.Carried {
        let code = row.codes[ratio.name]
        let column = rules.domain.columns[ratio.name]
        if column.isMissing(code) { return .absent(code) }
        switch column.cells {
        case .bins(let binning):
            guard let (digits, exponent) = binning.point(cell: code, fraction: Double(row.fractions[ratio.name])) else {
                return .quotient(binning.starts[code])
            }
            return .quotient(Binning.value(digits: digits, exponent: exponent) ?? binning.starts[code])
        case .units(let lower, _):
            return .quotient(exponential((Double(lower + code) + 0.98 * (generator.unit() - 0.5)) / 100))
        case .listed: return .absent(code)
        }
    }

    /// Makes the moved value of a ratio's column what the numerator is rebuilt from.
    func carry(_ column: Int, _ row: inout RuledRow) {
        guard let ratio = carrying[column] else { return }
        guard let value = row.values[column] else {
            row.carried[column] = .absent(row.codes[column])
            return
        }
        row.carried[column] = .quotient(ratio.form == .logPoints ? exponential(value.number / 100) : value.number)
    }

    func compute(_ ratio: RowRules.Ratio, _ row: inout RuledRow, _ generator: inout SplitMix64) -> Bool {
        if ratio.carries, !rebuild(ratio, &row, &generator) { return false }
        let column = rules.domain.columns[ratio.name]
        guard let above = row.values[ratio.numerator], let under = row.values[ratio.denominator],
            let quotient = ratio.quotient(above.number, under.number)
        else {
            guard let code = column.missingCode else { return false }
            row.codes[ratio.name] = code
            row.values[ratio.name] = nil
            row.quotients[ratio.name] = nil
            return true
        }
        switch column.cells {
        case .bins(let binning):
            guard let code = binning.cell(of: quotient) else { return false }
            row.codes[ratio.name] = code
            row.quotients[ratio.name] = quotient
            // What other rules compare is what will be written, never what was drawn.
            row.values[ratio.name] = ExactDecimal(quotient)
        case .units(let lower, let count):
            let code = min(max(Int(min(max(quotient, -1e6), 1e6)) - lower, 0), count - 1)
            row.codes[ratio.name] = code
            row.values[ratio.name] = ExactDecimal(digits: Int64(lower + code), exponent: 0)
        case .listed: return false
        }
        return true
    }

    /// The numerator from the ratio and the denominator.
    func rebuild(_ ratio: RowRules.Ratio, _ row: inout RuledRow, _ generator: inout SplitMix64) -> Bool {
        guard let carried = row.carried[ratio.name] else { return false }
        let numerator = rules.domain.columns[ratio.numerator]
        if let under = row.values[ratio.denominator], under.digits != 0 {
            let target: Double
            switch carried {
            case .quotient(let quotient): target = quotient
            case .absent(let code):
                if ratio.state(of: code, rules.domain) == ratio.states.labels.count, let missing = numerator.missingCode
                {
                    row.codes[ratio.numerator] = missing
                    row.values[ratio.numerator] = nil
                    return true
                }
                // The two contradict each other, which only noise can: the denominator is right.
                guard let quotient = anyQuotient(ratio, &generator) else { return false }
                target = quotient
                row.carried[ratio.name] = .quotient(quotient)
            }
            var divisor = under
            for attempt in 0..<24 {
                if let (code, value) = self.numerator(ratio, target, divisor) {
                    row.codes[ratio.numerator] = code
                    row.values[ratio.numerator] = value
                    return true
                }
                // No value of the numerator has a ratio within bounds: the denominator gives way.
                guard !computed.contains(ratio.denominator),
                    let points = rules.points[ratio.denominator]
                else { return false }
                let codes: [Int]
                if fixed.contains(ratio.denominator) {
                    codes = [row.codes[ratio.denominator]]
                } else {
                    let weights = statistics.weights(
                        of: ratio.denominator, given: nil, size: rules.domain.columns[ratio.denominator].size)
                    codes = (attempt < 16 ? pick(weights, &generator) : anyCode(points, &generator)).map { [$0] } ?? []
                }
                guard let code = codes.first, let cell = points.cells[code] else { continue }
                let value = cell.point(Int64(generator.unit() * Double(cell.count)))
                guard value.digits != 0 else { continue }
                divisor = value
                row.codes[ratio.denominator] = code
                row.values[ratio.denominator] = value
                row.isMoved = true
            }
            return false
        }
        // Without a denominator the state says what the numerator is.
        var state: Int
        switch carried {
        case .absent(let code): state = ratio.state(of: code, rules.domain)
        case .quotient:
            let count = ratio.states.labels.count + (numerator.missingCode == nil ? 0 : 1)
            guard count > 0 else { return false }
            let weights = statistics.weights(
                of: ratio.name, given: nil, size: rules.domain.columns[ratio.name].size)
            let first = rules.domain.columns[ratio.name].size - 1 - ratio.states.labels.count
            state = pick((0..<count).map { weights[first + $0] }, &generator) ?? 0
            row.carried[ratio.name] = .absent(first + state)
        }
        if state >= ratio.states.labels.count, numerator.missingCode == nil {
            guard !ratio.states.labels.isEmpty else { return false }
            state = Int(generator.next() % UInt64(ratio.states.labels.count))
        }
        let codes = ratio.states.ofCode.indices.filter { ratio.states.ofCode[$0] == state }
        guard !codes.isEmpty else { return false }
        let code = codes[Int(generator.next() % UInt64(codes.count))]
        row.codes[ratio.numerator] = code
        row.values[ratio.numerator] = rules.points[ratio.numerator]?.cells[code].map {
            $0.point(Int64(generator.unit() * Double($0.count)))
        }
        return true
    }

    /// A quotient as the model draws it.
    func anyQuotient(_ ratio: RowRules.Ratio, _ generator: inout SplitMix64) -> Double? {
        let column = rules.domain.columns[ratio.name]
        let weights = statistics.weights(of: ratio.name, given: nil, size: column.size)
        guard let code = pick(Array(weights.prefix(column.valueCount)), &generator) else { return nil }
        switch column.cells {
        case .bins(let binning):
            let fraction = generator.unit()
            return binning.point(cell: code, fraction: fraction).flatMap { Binning.value(digits: $0, exponent: $1) }
                ?? binning.starts[code]
        case .units(let lower, _): return exponential(Double(lower + code) / 100)
        case .listed: return nil
        }
    }

    /// The numerator nearest to a ratio times the denominator, its own ratio within the bounds of the ratio's column.
    func numerator(
        _ ratio: RowRules.Ratio, _ target: Double, _ divisor: ExactDecimal
    ) -> (Int, ExactDecimal)? {
        guard let points = rules.points[ratio.numerator], divisor.digits != 0 else { return nil }
        let bounds = fixed.contains(ratio.name) ? ratio.cell(of: target, rules.domain) : ratio.bounds(rules.domain)
        let under = divisor.number
        var (low, high) = (bounds.lowerBound * under, bounds.upperBound * under)
        if low > high { swap(&low, &high) }
        for slack in [0, 1e-12, 1e-9, 1e-6] {
            let reach = max(abs(low), abs(high)) * slack
            guard let lower = ExactDecimal(low + reach), let upper = ExactDecimal(high - reach),
                let (code, value) = points.nearest(to: target * under, from: lower, to: upper)
            else { continue }
            if let quotient = ratio.quotient(value.number, under), ratio.allows(quotient, rules.domain) {
                return (code, value)
            }
        }
        return nil
    }

    func anyCode(_ points: ColumnPoints, _ generator: inout SplitMix64) -> Int? {
        points.domain.valueCount > 0 ? Int(generator.next() % UInt64(points.domain.valueCount)) : nil
    }
}

extension RowRules.Ratio {
    /// Which values the ratio's column takes.
    func bounds(_ domain: TableDomain) -> ClosedRange<Double> {
        switch domain.columns[name].cells {
        case .bins(let binning): return binning.starts[0]...binning.maximum
        case .units(let lower, let count):
            return exponential(Double(lower) / 100)...exponential(Double(lower + count - 1) / 100)
        case .listed: return 0...0
        }
    }

    /// The values of one code of the ratio's column: that of a quotient.
    func cell(of quotient: Double, _ domain: TableDomain) -> ClosedRange<Double> {
        switch domain.columns[name].cells {
        case .bins(let binning):
            guard let cell = binning.cell(of: min(max(quotient, binning.starts[0]), binning.maximum)) else {
                return 0...0
            }
            let isLast = cell == binning.starts.count - 1
            return binning.starts[cell]...(isLast ? binning.maximum : binning.starts[cell + 1].nextDown)
        case .units:
            guard quotient > 0 else { return 0...0 }
            let points = (100 * naturalLogarithm(quotient)).rounded()
            return exponential((points - 0.4999) / 100)...exponential((points + 0.4999) / 100)
        case .listed: return 0...0
        }
    }

    /// What the ratio's column says of two numbers; nil where it says nothing.
    func quotient(_ numerator: Double, _ denominator: Double) -> Double? {
        switch form {
        case .quotient:
            guard denominator != 0 else { return nil }
            let quotient = numerator / denominator
            return quotient.isFinite ? (quotient == 0 ? 0 : quotient) : nil
        case .logPoints:
            guard numerator > 0, denominator > 0 else { return nil }
            return (100 * naturalLogarithm(numerator / denominator)).rounded()
        }
    }

    func allows(_ quotient: Double, _ domain: TableDomain) -> Bool {
        switch domain.columns[name].cells {
        case .bins(let binning): return quotient >= binning.starts[0] && quotient <= binning.maximum
        case .units(let lower, let count): return quotient >= Double(lower) && quotient <= Double(lower + count - 1)
        case .listed: return false
        }
    }

    /// The state that a code without a value stands for.
    func state(of code: Int, _ domain: TableDomain) -> Int {
        let column = domain.columns[name]
        guard !column.states.isEmpty else { return states.labels.count }
        return min(max(code - (column.size - 1 - column.states.count), 0), states.labels.count)
    }
}
