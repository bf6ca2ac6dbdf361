import VectorMath

/// What computed columns come to where only codes are known.
extension RowRules {
    /// The columns that a computed one follows from, down to those that a model draws; the column alone where it is not computed.
    package func drawnSources(of column: Int) -> Set<Int> {
        guard let computation = computations.first(where: { $0.column == column }) else { return [column] }
        return codeSources(computation).reduce(into: []) { $0.formUnion(drawnSources(of: $1)) }
    }

    private func codeSources(_ computation: Computation) -> [Int] {
        if case .ratio(let ratio) = computation, ratio.carries { return [ratio.name, ratio.denominator] }
        return computation.sources
    }

    /// Fills in the codes of computed columns from the middles of the others' cells: what rows say on average, before each is
    /// computed from its own numbers. A column stays empty where one that it follows from is.
    package func fillComputed(_ columns: inout [[UInt32]]) {
        for computation in computations {
            let sources = codeSources(computation)
            let count = columns[sources[0]].count
            guard sources.allSatisfy({ columns[$0].count == count }) else { continue }
            let code = coder(computation)
            var known: [[UInt32]: UInt32] = [:]
            columns[computation.column] = (0..<count).map { row in
                let codes = sources.map { columns[$0][row] }
                if let code = known[codes] { return code }
                let found = UInt32(truncatingIfNeeded: code(codes.map { Int($0) }))
                known[codes] = found
                return found
            }
        }
    }

    /// The code of a computed column for the codes of what it follows from.
    private func coder(_ computation: Computation) -> ([Int]) -> Int {
        let own = domain.columns[computation.column]
        let missing = own.missingCode ?? 0
        func nearest(_ value: Double) -> Int {
            points[computation.column]?.nearest(to: value, from: nil, to: nil)?.0 ?? missing
        }
        switch computation {
        case .sum(let sum):
            return { codes in
                var total = 0.0
                for (term, code) in zip(sum.terms, codes) {
                    guard let value = domain.columns[term.column].middle(of: code) else { return missing }
                    total += term.isSubtracted ? -value : value
                }
                return nearest(total)
            }
        case .ratio(let ratio) where ratio.carries:
            let (name, under) = (domain.columns[ratio.name], domain.columns[ratio.denominator])
            return { codes in
                guard let quotient = name.middle(of: codes[0]), let divisor = under.middle(of: codes[1]) else {
                    let state = ratio.state(of: codes[0], domain)
                    return ratio.states.ofCode.firstIndex(of: state) ?? missing
                }
                return nearest((ratio.form == .logPoints ? exponential(quotient / 100) : quotient) * divisor)
            }
        case .ratio(let ratio):
            let (above, under) = (domain.columns[ratio.numerator], domain.columns[ratio.denominator])
            return { codes in
                guard let one = above.middle(of: codes[0]), let other = under.middle(of: codes[1]),
                    let quotient = ratio.quotient(one, other)
                else { return missing }
                return nearest(quotient)
            }
        }
    }
}
