// Points of grids as whole numbers: of a column whose cells have decimals at equal steps, so that equal numbers are found
// without making them.
//
// Proof: `findGridPoints` compares the largest code of the rows with the number of codes, and checks that there are codes,
// fractions and room for each row. `FirstSeen.number` compares the largest number with the length of its table, and checks that
// there are so many.

/// For each row the point that its fraction gives in its cell, counted over all cells of a column.
///
/// - Parameters:
///   - grids: cells of the first codes; a code without points is one point.
///   - starts: for each code how many points lie before its first.
///   - points: room for as many as there are rows.
public func findGridPoints(
    codes: [UInt32], fractions: [Float], rows: Int, grids: [DecimalGrid], starts: [UInt32], scale: AxisScale,
    pivot: Double, into points: inout [UInt32]
) {
    precondition(rows >= 0 && codes.count >= rows && fractions.count >= rows && points.count >= rows)
    precondition(grids.count <= starts.count && (rows == 0 || Int(largest(codes, count: rows)) < starts.count))
    codes.withUnsafeBufferPointer { codes in
        fractions.withUnsafeBufferPointer { fractions in
            grids.withUnsafeBufferPointer { grids in
                starts.withUnsafeBufferPointer { starts in
                    points.withUnsafeMutableBufferPointer { points in
                        guard let codes = codes.baseAddress, let fractions = fractions.baseAddress,
                            let starts = starts.baseAddress, let points = points.baseAddress
                        else { return }
                        for row in 0..<rows {
                            let code = Int(codes[row])
                            var step: Int64 = 0
                            if code < grids.count, grids[code].count > 0 {
                                step = grids[code].step(fraction: Double(fractions[row]), scale: scale, pivot: pivot)
                            }
                            points[row] = starts[code] &+ UInt32(truncatingIfNeeded: step)
                        }
                    }
                }
            }
        }
    }
}

/// Gives numbers below a bound new ones, from 0 on, in the order in which they come first.
public struct FirstSeen: Sendable {
    /// The numbers that came, in that order.
    public private(set) var numbers: [UInt32] = []
    private let bound: Int
    /// For each number its new one and one more; 0 for one that has not come.
    private var places: [UInt32] = []

    /// - Parameter bound: memory of four bytes for each number below it is taken with the first.
    public init(below bound: Int) { self.bound = bound }

    /// Replaces each of the first numbers by its new one.
    ///
    /// - Precondition: they are below the bound.
    public mutating func number(_ values: inout [UInt32], count: Int) {
        precondition(count >= 0 && count <= values.count && (count == 0 || Int(largest(values, count: count)) < bound))
        if places.isEmpty { places = [UInt32](repeating: 0, count: bound) }
        var seen = numbers
        numbers = []
        places.withUnsafeMutableBufferPointer { places in
            values.withUnsafeMutableBufferPointer { values in
                guard let places = places.baseAddress, let values = values.baseAddress else { return }
                for index in 0..<count {
                    let value = values[index]
                    if places[Int(value)] == 0 {
                        seen.append(value)
                        places[Int(value)] = UInt32(truncatingIfNeeded: seen.count)
                    }
                    values[index] = places[Int(value)] &- 1
                }
            }
        }
        numbers = seen
    }

    /// As if none had come.
    public mutating func forget() {
        for number in numbers { places[Int(number)] = 0 }
        numbers.removeAll(keepingCapacity: true)
    }
}
