package import VectorMath

/// Numbers cut into cells: intervals, and spikes that hold one value each, in ascending order.
///
/// Cell `i` holds `starts[i] ..< starts[i + 1]`, the last one `starts[i] ... maximum`; so every number within the
/// bounds belongs to exactly one cell. What a cell writes out lies on a decimal grid about a thousandth of the cell
/// wide, and whether the grid's ends read back into the same cell was tried when the grid was laid.
package struct Binning: Sendable, Equatable {
    package let starts: [Double]
    package let maximum: Double
    /// Cells that hold exactly one declared value.
    let spikes: [Int]
    /// Whether only whole numbers belong (integers, and dates as days).
    package let isWhole: Bool
    package let scale: AxisScale
    package let pivot: Double
    /// Lowest point, number of points and decimal exponent of each cell's grid.
    package let grids: [DecimalGrid]
    /// What every written value is a multiple of; nil for round numbers of each cell's own width.
    let step: ExactDecimal?

    struct Mistake: Error {
        var what: String
        var fix: String
    }

    /// - Parameter keepsUnits: writes every whole number, not only round ones (dates).
    init(
        starts: [Double], maximum: Double, spikes: [Int], isWhole: Bool, scale: AxisScale, pivot: Double,
        keepsUnits: Bool, step: ExactDecimal? = nil
    ) throws(Mistake) {
        self.step = step
        self.starts = starts
        self.maximum = maximum
        self.spikes = spikes
        self.isWhole = isWhole
        self.scale = scale
        self.pivot = pivot
        guard let first = starts.first, first.isFinite, maximum.isFinite, pivot > 0, pivot.isFinite,
            zip(starts, starts.dropFirst()).allSatisfy({ $0 < $1 }), starts[starts.count - 1] <= maximum,
            spikes.allSatisfy({ starts.indices.contains($0) }), scale != .positiveLog || first > 0,
            scale != .negativeLog || maximum < 0
        else { throw Mistake(what: "the bins are not in order", fix: "Write edges in ascending order") }
        var grids: [DecimalGrid] = []
        grids.reserveCapacity(starts.count)
        for cell in starts.indices {
            let isLast = cell == starts.count - 1
            let upper = isLast ? maximum : (isWhole ? starts[cell + 1] - 1 : starts[cell + 1])
            guard
                var grid = Binning.grid(
                    lower: starts[cell], upper: upper, isClosed: isLast || isWhole, isWhole: isWhole,
                    keepsUnits: keepsUnits, isSpike: spikes.contains(cell), step: step)
            else {
                if let step {
                    throw Mistake(
                        what:
                            "no multiple of the step \(step.text) lies in the bin from \(DecimalText.text(of: starts[cell]))",
                        fix: "Write bounds, edges and spikes that are multiples of `step`, or another step")
                }
                throw Mistake(
                    what: "the bin from \(DecimalText.text(of: starts[cell])) is too narrow for numbers of that size",
                    fix: "Write fewer or wider bins")
            }
            grid.from = scale.place(of: starts[cell], pivot: pivot)
            grid.to = scale.place(of: upper, pivot: pivot)
            grids.append(grid)
        }
        self.grids = grids
    }

    /// The cell of a number, or nil outside the bounds.
    func cell(of value: Double) -> Int? {
        guard value >= starts[0], value <= maximum, !isWhole || value.rounded(.towardZero) == value else { return nil }
        var lower = 0
        var upper = starts.count
        while upper - lower > 1 {
            let middle = (lower + upper) / 2
            if starts[middle] <= value { lower = middle } else { upper = middle }
        }
        return lower
    }

    /// The grid point at a fraction of the cell, on the bins' own scale; nil for a value off every grid.
    func point(cell: Int, fraction: Double) -> (digits: Int64, exponent: Int)? {
        let grid = grids[cell]
        guard grid.count > 0 else { return nil }
        return (grid.digits(fraction: fraction, scale: scale, pivot: pivot), grid.exponent)
    }

    /// The lower edge as people read it: of an interval above a spike it is the spike's value.
    func lowerEdge(_ cell: Int) -> Double {
        cell > 0 && !isWhole && spikes.contains(cell - 1) && starts[cell] == starts[cell - 1].nextUp
            ? starts[cell - 1] : starts[cell]
    }

    func upperEdge(_ cell: Int) -> Double {
        if spikes.contains(cell) { return starts[cell] }
        guard cell < starts.count - 1 else { return maximum }
        return isWhole ? starts[cell + 1] - 1 : starts[cell + 1]
    }

    /// Lays the decimal grid of a cell, and moves its ends until they read back inside.
    private static func grid(
        lower: Double, upper: Double, isClosed: Bool, isWhole: Bool, keepsUnits: Bool, isSpike: Bool,
        step: ExactDecimal?
    ) -> DecimalGrid? {
        let width = upper - lower
        if let step { return grid(lower: lower, upper: upper, isClosed: isClosed || isSpike, step: step) }
        if isSpike || width == 0 {
            // A number of many figures is written as its own shortest text, not from a grid.
            guard let (digits, exponent) = exactPoint(lower) else {
                return DecimalGrid(lowest: 0, count: 0, exponent: 0, from: 0, to: 0)
            }
            return DecimalGrid(lowest: digits, count: 1, exponent: exponent, from: 0, to: 0)
        }
        guard width > 0, width.isFinite else { return nil }
        var exponent = decimalExponent(width) - 3
        if isWhole { exponent = keepsUnits ? 0 : max(0, exponent) }
        let largest = scaled(max(abs(lower), abs(upper)), by: -exponent)
        guard largest < 4e15 else { return nil }
        var lowest = Int64(scaled(lower, by: -exponent).rounded(.up)) - 2
        var highest = Int64(scaled(upper, by: -exponent).rounded(.down)) + 2
        func isInside(_ digits: Int64) -> Bool {
            guard let value = value(digits: digits, exponent: exponent) else { return false }
            return value >= lower && (isClosed ? value <= upper : value < upper)
        }
        for _ in 0..<5 where lowest <= highest && !isInside(lowest) { lowest += 1 }
        for _ in 0..<5 where lowest <= highest && !isInside(highest) { highest -= 1 }
        guard lowest <= highest, isInside(lowest), isInside(highest) else { return nil }
        return DecimalGrid(lowest: lowest, count: highest - lowest + 1, exponent: exponent, from: 0, to: 0)
    }

    /// The multiples of a step inside a cell; nil if there are none, or more than can be counted exactly.
    private static func grid(lower: Double, upper: Double, isClosed: Bool, step: ExactDecimal) -> DecimalGrid? {
        let unit = step.number
        guard unit > 0, step.digits > 0, max(abs(lower), abs(upper)) / unit * Double(step.digits) < 4e15 else {
            return nil
        }
        var first = Int64((lower / unit).rounded(.up)) - 2
        var last = Int64((upper / unit).rounded(.down)) + 2
        func isInside(_ multiple: Int64) -> Bool {
            guard let value = value(digits: multiple * step.digits, exponent: step.exponent) else { return false }
            return value >= lower && (isClosed ? value <= upper : value < upper)
        }
        for _ in 0..<5 where first <= last && !isInside(first) { first += 1 }
        for _ in 0..<5 where first <= last && !isInside(last) { last -= 1 }
        guard first <= last, isInside(first), isInside(last) else { return nil }
        return DecimalGrid(
            lowest: first * step.digits, count: last - first + 1, exponent: step.exponent, from: 0, to: 0,
            stride: step.digits)
    }

    /// A number as digits and exponent, exactly as its shortest text reads.
    private static func exactPoint(_ value: Double) -> (Int64, Int)? {
        if let whole = Int64(exactly: value) { return (whole, 0) }
        for exponent in -22...0 {
            let digits = scaled(value, by: -exponent).rounded()
            guard abs(digits) < 4e15 else { continue }
            if exactDecimal(Int64(digits), exponent: exponent) == value { return (Int64(digits), exponent) }
        }
        return nil
    }

    static func value(digits: Int64, exponent: Int) -> Double? {
        exactDecimal(digits, exponent: exponent) ?? DecimalText.number(of: "\(digits)e\(exponent)")
    }

    static func scaled(_ value: Double, by exponent: Int) -> Double {
        scaledByPowerOfTen(value, exponent)
    }
}
