import VectorMath

/// The numbers that a column can write, code by code: evenly spaced decimals.
package struct ColumnPoints: Sendable {
    /// Decimals `lowest + stride · k` for k below `count`, times a power of ten.
    struct Cell: Sendable {
        let lowest: Int64
        let count: Int64
        let stride: Int64
        let exponent: Int

        func point(_ index: Int64) -> ExactDecimal {
            ExactDecimal(digits: lowest + stride * min(max(index, 0), count - 1), exponent: exponent)
        }

        /// The points within bounds that are part of them; nil if there are none.
        func indices(from lower: ExactDecimal?, to upper: ExactDecimal?) -> ClosedRange<Int64>? {
            let first = lower.map { count(below: $0, orEqual: false) } ?? 0
            let last = (upper.map { count(below: $0, orEqual: true) } ?? count) - 1
            return first <= last ? first...last : nil
        }
    }

    let domain: ColumnDomain
    /// For each code that stands for a number its points; nil for `other` and missing.
    let cells: [Cell?]
    /// No value lies outside.
    let lowest: ExactDecimal
    let highest: ExactDecimal

    /// nil for text, truth values, and listed values that are not numbers.
    init?(_ domain: ColumnDomain) {
        guard domain.type == .integer || domain.type == .number || domain.type == .date else { return nil }
        self.domain = domain
        var cells = (0..<domain.valueCount).map { ColumnPoints.cell(domain, $0) }
        guard !cells.isEmpty, !cells.contains(where: { $0 == nil }) else { return nil }
        let ends = cells.compactMap { $0 }.map { ($0.point(0), $0.point($0.count - 1)) }
        guard let lowest = ends.map(\.0).min(), let highest = ends.map(\.1).max() else { return nil }
        (self.lowest, self.highest) = (lowest, highest)
        cells += [Cell?](repeating: nil, count: domain.size - domain.valueCount)
        self.cells = cells
    }

    private static func cell(_ domain: ColumnDomain, _ code: Int) -> Cell? {
        func single(_ value: ExactDecimal?) -> Cell? {
            value.map { Cell(lowest: $0.digits, count: 1, stride: 1, exponent: $0.exponent) }
        }
        switch domain.cells {
        case .units(let lower, _): return single(ExactDecimal(digits: Int64(lower + code), exponent: 0))
        case .listed(let texts, _, _):
            if domain.type == .date {
                return single(CalendarDate.day(of: texts[code]).map { ExactDecimal(digits: Int64($0), exponent: 0) })
            }
            return single(ExactDecimal(text: texts[code]))
        case .bins(let binning):
            let grid = binning.grids[code]
            guard grid.count > 0 else { return single(ExactDecimal(binning.starts[code])) }
            return Cell(lowest: grid.lowest, count: grid.count, stride: grid.stride, exponent: grid.exponent)
        }
    }

    /// The value that the encoder writes for a code and a fraction; nil for `other` and missing.
    func value(_ code: Int, _ fraction: Float) -> ExactDecimal? {
        guard let cell = cells[code] else { return nil }
        if case .bins(let binning) = domain.cells, cell.count > 1,
            let (digits, exponent) = binning.point(cell: code, fraction: Double(fraction))
        {
            return ExactDecimal(digits: digits, exponent: exponent)
        }
        return cell.point(0)
    }

    /// The code of a number inside the bounds.
    package func code(of value: ExactDecimal) -> Int? {
        switch domain.cells {
        case .bins(let binning): return binning.cell(of: value.number)
        case .units(let lower, let count):
            guard let whole = Int(exactly: value.number), whole >= lower, whole - lower < count else { return nil }
            return whole - lower
        case .listed: return cells.firstIndex { $0?.point(0) == value }
        }
    }

    /// The codes of numbers that have a point within the bounds; nil for listed values, which are in any order.
    func codes(from lower: ExactDecimal?, to upper: ExactDecimal?) -> Range<Int>? {
        if case .listed = domain.cells { return nil }
        func first(where isReached: (Cell) -> Bool) -> Int {
            var (low, high) = (0, domain.valueCount)
            while low < high {
                let middle = (low + high) / 2
                if cells[middle].map(isReached) ?? true { high = middle } else { low = middle + 1 }
            }
            return low
        }
        let low = lower.map { lower in first { !($0.point($0.count - 1) < lower) } } ?? 0
        let high = upper.map { upper in first { upper < $0.point(0) } } ?? domain.valueCount
        return low..<max(low, high)
    }

    /// The point nearest to a number among those within the bounds.
    func nearest(to target: Double, from lower: ExactDecimal?, to upper: ExactDecimal?) -> (Int, ExactDecimal)? {
        let least = max(lower ?? lowest, lowest)
        let most = min(upper ?? highest, highest)
        guard least <= most else { return nil }
        let wanted = min(max(target, least.number), most.number)
        var start = code(near: wanted)
        if cells[start]?.indices(from: least, to: most) == nil {
            // No point in this cell: the nearest cell that has one.
            let candidates = (0..<domain.valueCount).filter { cells[$0]?.indices(from: least, to: most) != nil }
            guard
                let best = candidates.min(by: { distance($0, wanted, least, most) < distance($1, wanted, least, most) })
            else { return nil }
            start = best
        }
        guard let cell = cells[start], let range = cell.indices(from: least, to: most) else { return nil }
        let place = (scaledByPowerOfTen(wanted, -cell.exponent) - Double(cell.lowest)) / Double(cell.stride)
        let index = place.isFinite ? Int64(min(max(place.rounded(), -1e15), 1e15)) : 0
        return (start, cell.point(min(max(index, range.lowerBound), range.upperBound)))
    }

    private func distance(_ code: Int, _ target: Double, _ least: ExactDecimal, _ most: ExactDecimal) -> Double {
        guard let cell = cells[code], let range = cell.indices(from: least, to: most) else { return .infinity }
        return min(
            abs(cell.point(range.lowerBound).number - target), abs(cell.point(range.upperBound).number - target))
    }

    /// The code whose cell holds a number, or the nearest one.
    private func code(near value: Double) -> Int {
        switch domain.cells {
        case .bins(let binning):
            let whole = binning.isWhole ? value.rounded() : value
            return binning.cell(of: min(max(whole, binning.starts[0]), binning.maximum)) ?? 0
        case .units(let lower, let count):
            return Int(min(max(value.rounded() - Double(lower), 0), Double(count - 1)))
        case .listed:
            return (0..<domain.valueCount).min {
                abs((cells[$0]?.point(0).number ?? 0) - value) < abs((cells[$1]?.point(0).number ?? 0) - value)
            } ?? 0
        }
    }
}
