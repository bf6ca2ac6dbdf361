// Points of grids as whole numbers: of a column whose cells have decimals at equal steps, so that equal numbers are found
// without making them.

/// The points of the grids of a column, counted over all its cells.
///
/// On an axis of logarithms a step is the whole part of p · cosh y + q · sinh y − c, where y is how far into the cell the fraction lies.
/// For y up to one the series say it to a few units of the last place. Where that lies so near a whole number that rounding could decide, the
/// step is computed as `DecimalGrid` does, so that every step is the same: `margin` is 2⁻⁴⁰ of the sum of the terms, and
/// what either way is off by is less than 2⁻⁴³ of it (places up to 200 with half a unit of their last place, and 32 units for all else).
///
/// Proof: the largest code of the rows is compared with the number of cells, and it is checked that there are fractions and room for each
/// row, before the loop. Eight rows are read and written where eight are left, one where fewer are.
public struct PointCells: Sendable {
    private typealias Lanes = SIMD8<Double>

    /// What a cell says, laid out for one look.
    private struct Cell {
        var start: UInt32
        var last: Double
        /// Of the axis, or the number of points where those are evenly spread.
        var width: Double
        var p: Double
        var q: Double
        var c: Double
        /// Steps that are as near to a whole number are computed anew; negative where none is.
        var margin: Double
    }

    private let cells: [Cell]
    private let grids: [DecimalGrid]
    private let scale: AxisScale
    private let pivot: Double

    /// Of a cell on the axis, for the series.
    private static let longestWidth = 1.0
    private static let farthestPlace = 200.0
    /// A cell with a wider one has so many points that looking twice would be frequent.
    private static let widestMargin = 0x1p-10

    /// - Parameters:
    ///   - grids: cells of the first codes; a code without points is one point.
    ///   - starts: for each code how many points lie before its first.
    public init(grids: [DecimalGrid], starts: [UInt32], scale: AxisScale, pivot: Double) {
        precondition(grids.count <= starts.count)
        self.grids = grids
        self.scale = scale
        self.pivot = pivot
        cells = starts.enumerated().map { code, start in
            var cell = Cell(start: start, last: 0, width: 0, p: 0, q: 0, c: 0, margin: -1)
            guard code < grids.count, grids[code].count > 0 else { return cell }
            let grid = grids[code]
            cell.last = Double(grid.count - 1)
            cell.width = scale == .linear ? Double(grid.count) : grid.to - grid.from
            if scale == .linear || grid.count == 1 { return cell }
            // A margin without bound: each step is computed anew.
            cell.margin = .infinity
            guard abs(cell.width) <= Self.longestWidth, max(abs(grid.from), abs(grid.to)) <= Self.farthestPlace,
                let terms = Self.terms(grid, scale, pivot)
            else { return cell }
            let margin = (abs(terms.p) + abs(terms.q) + abs(terms.c)) * 0x1p-40
            guard margin <= Self.widestMargin else { return cell }
            (cell.p, cell.q, cell.c, cell.margin) = (terms.p, terms.q, terms.c, margin)
            return cell
        }
    }

    /// The terms of a step; nil where they change within the cell.
    private static func terms(
        _ grid: DecimalGrid, _ scale: AxisScale, _ pivot: Double
    ) -> (p: Double, q: Double, c: Double)? {
        let unit = scaledByPowerOfTen(1 / Double(grid.stride), -grid.exponent)
        let (up, down) = (exponential(grid.from), exponential(-grid.from))
        let first = Double(grid.lowest) / Double(grid.stride)
        switch scale {
        case .linear: return nil
        case .positiveLog: return (up * unit, up * unit, first)
        case .negativeLog: return (-down * unit, down * unit, first)
        case .symmetricLog where min(grid.from, grid.to) >= 0:
            return (up * pivot * unit, up * pivot * unit, first + pivot * unit)
        case .symmetricLog where max(grid.from, grid.to) <= 0:
            return (-down * pivot * unit, down * pivot * unit, first - pivot * unit)
        case .symmetricLog: return nil
        case .asinh: return ((up - down) / 2 * pivot * unit, (up + down) / 2 * pivot * unit, first)
        }
    }

    /// For each row the point that its fraction gives in its cell.
    ///
    /// - Parameter points: room for as many as there are rows.
    public func find(codes: [UInt32], fractions: [Float], rows: Int, into points: inout [UInt32]) {
        precondition(rows >= 0 && codes.count >= rows && fractions.count >= rows && points.count >= rows)
        precondition(rows == 0 || Int(largest(codes, count: rows)) < cells.count)
        codes.withUnsafeBufferPointer { codes in
            fractions.withUnsafeBufferPointer { fractions in
                cells.withUnsafeBufferPointer { cells in
                    points.withUnsafeMutableBufferPointer { points in
                        guard let codes = codes.baseAddress, let fractions = fractions.baseAddress,
                            let cells = cells.baseAddress, let points = points.baseAddress
                        else { return }
                        if scale == .linear {
                            for row in 0..<rows { points[row] = Self.even(cells[Int(codes[row])], fractions[row]) }
                            return
                        }
                        var row = 0
                        while row &+ 8 <= rows {
                            let near = Self.eight(cells, codes + row, fractions + row, points + row)
                            if near != 0 {
                                for lane in 0..<8 where near & (1 &<< UInt32(lane)) != 0 {
                                    points[row &+ lane] = anew(codes[row &+ lane], fractions[row &+ lane])
                                }
                            }
                            row &+= 8
                        }
                        while row < rows {
                            points[row] = anew(codes[row], fractions[row])
                            row &+= 1
                        }
                    }
                }
            }
        }
    }

    /// What is not a number counts as zero.
    @inline(__always)
    private static func inside(_ fraction: Float) -> Double {
        fraction > 0 ? min(Double(fraction), 1.0.nextDown) : 0
    }

    @inline(__always)
    private static func even(_ cell: Cell, _ fraction: Float) -> UInt32 {
        let step = min((inside(fraction) * cell.width).rounded(.down), cell.last)
        return cell.start &+ UInt32(truncatingIfNeeded: Int64(step))
    }

    private func anew(_ code: UInt32, _ fraction: Float) -> UInt32 {
        let code = Int(code)
        guard code < grids.count, grids[code].count > 0 else { return cells[code].start }
        let step = grids[code].step(fraction: Double(fraction), scale: scale, pivot: pivot)
        return cells[code].start &+ UInt32(truncatingIfNeeded: step)
    }

    /// - Returns: a bit for each row whose step must be computed anew.
    @inline(__always)
    private static func eight(
        _ cells: UnsafePointer<Cell>, _ codes: UnsafePointer<UInt32>, _ fractions: UnsafePointer<Float>,
        _ points: UnsafeMutablePointer<UInt32>
    ) -> UInt32 {
        // One loop a field, each of which the compiler unrolls.
        let width = field(cells, codes) { $0.width }
        let last = field(cells, codes) { $0.last }
        let (p, q) = (field(cells, codes) { $0.p }, field(cells, codes) { $0.q })
        let c = field(cells, codes) { $0.c }
        let margin = field(cells, codes) { $0.margin }
        var fraction = Lanes()
        for lane in 0..<8 { fraction[lane] = Double(fractions[lane]) }
        let within = fraction.replacing(with: 1.0.nextDown, where: fraction .> 1.0.nextDown)
        let y = within.replacing(with: 0, where: .!(fraction .> 0)) * width
        let z = y * y
        // Both series, from one over 16! and 17! down to one.
        var (even, odd) = (Lanes(repeating: 1 / 20_922_789_888_000), Lanes(repeating: 1 / 355_687_428_096_000))
        add(1 / 87_178_291_200, 1 / 1_307_674_368_000, z, &even, &odd)
        add(1 / 479_001_600, 1 / 6_227_020_800, z, &even, &odd)
        add(1 / 3_628_800, 1 / 39_916_800, z, &even, &odd)
        add(1 / 40_320, 1 / 362_880, z, &even, &odd)
        add(1 / 720, 1 / 5_040, z, &even, &odd)
        add(1 / 24, 1 / 120, z, &even, &odd)
        add(1 / 2, 1 / 6, z, &even, &odd)
        add(1, 1, z, &even, &odd)
        let steps = p * even + q * (odd * y) - c
        // Behind so large a number there is no place for parts: the nearest whole number.
        let nearest = (steps + 0x1.8p52) - 0x1.8p52
        let distance = steps - nearest
        let whole = nearest.replacing(with: nearest - 1, where: distance .< 0)
        let most = whole.replacing(with: last, where: whole .> last)
        let step = most.replacing(with: 0, where: .!(most .> 0)) + 0x1p52
        let bits = unsafeBitCast(step, to: SIMD8<UInt64>.self)
        for lane in 0..<8 { points[lane] = cells[Int(codes[lane])].start &+ UInt32(truncatingIfNeeded: bits[lane]) }
        let isNear = (distance .< margin) .& (-distance .< margin)
        var near: UInt32 = 0
        for lane in 0..<8 { near |= isNear[lane] ? 1 &<< UInt32(lane) : 0 }
        return near
    }

    @inline(__always)
    private static func field(
        _ cells: UnsafePointer<Cell>, _ codes: UnsafePointer<UInt32>, _ value: (Cell) -> Double
    ) -> Lanes {
        var lanes = Lanes()
        for lane in 0..<8 { lanes[lane] = value(cells[Int(codes[lane])]) }
        return lanes
    }

    /// The next terms of both series.
    @inline(__always)
    private static func add(_ first: Double, _ second: Double, _ z: Lanes, _ even: inout Lanes, _ odd: inout Lanes) {
        even = even * z + first
        odd = odd * z + second
    }
}

/// Gives numbers below a bound new ones, from 0 on, in the order in which they come first.
///
/// Proof: `number` compares the largest number with the length of its table, and checks that there are so many numbers, and that with
/// one new number for each of them all are below 2¹⁶.
public struct FirstSeen: Sendable {
    /// The numbers that came, in that order.
    public private(set) var numbers: [UInt32] = []
    private let bound: Int
    /// For each number its new one and one more; 0 for one that has not come. Of two bytes each, because what is looked up at random must
    /// stay in a processor's cache.
    private var places: [UInt16] = []

    /// - Parameter bound: memory of two bytes for each number below it is taken with the first.
    public init(below bound: Int) { self.bound = bound }

    /// Replaces each of the first numbers by its new one.
    ///
    /// - Parameter appeared: told the row of each number that comes for the first time, in their order.
    /// - Returns: false, and nothing is replaced, where there could be more than 65,535 of them.
    /// - Precondition: they are below the bound.
    public mutating func number(_ values: inout [UInt32], count: Int, appeared: (_ row: Int) -> Void) -> Bool {
        precondition(count >= 0 && count <= values.count && (count == 0 || Int(largest(values, count: count)) < bound))
        guard numbers.count + count <= Int(UInt16.max) else { return false }
        if places.isEmpty { places = [UInt16](repeating: 0, count: bound) }
        var seen = numbers
        numbers = []
        places.withUnsafeMutableBufferPointer { places in
            values.withUnsafeMutableBufferPointer { values in
                guard let places = places.baseAddress, let values = values.baseAddress else { return }
                for index in 0..<count {
                    let value = values[index]
                    var place = places[Int(value)]
                    if place == 0 {
                        seen.append(value)
                        appeared(index)
                        place = UInt16(truncatingIfNeeded: seen.count)
                        places[Int(value)] = place
                    }
                    values[index] = UInt32(place &- 1)
                }
            }
        }
        numbers = seen
        return true
    }

    /// As if none had come.
    public mutating func forget() {
        for number in numbers { places[Int(number)] = 0 }
        numbers.removeAll(keepingCapacity: true)
    }
}
