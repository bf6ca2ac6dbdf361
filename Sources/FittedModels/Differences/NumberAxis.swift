package import Domains
import PrivacyKernel
import Statistics
import Tables
import VectorMath

/// A public axis on which the numbers of an ordered column stand, for differences of two columns.
public struct NumberAxis: Sendable, Equatable, Codable {
    public enum Kind: String, Sendable, Codable {
        /// The number itself.
        case value
        /// Its logarithm, where it is positive.
        case logarithm
        /// The standard normal number with the same distribution function as `masses` have.
        case score
        /// Zero for every row, with a number or without: a difference from it is the other column's own number, on finer
        /// intervals than its bins.
        case zero
    }

    public let kind: Kind
    /// What positions are multiplied by; not zero.
    public let factor: Double
    /// Of a score: the estimated part of the rows in each code that stands for a number.
    public let masses: [Double]

    package init(_ kind: Kind, factor: Double = 1, masses: [Double] = []) {
        self.kind = kind
        self.factor = factor
        self.masses = masses
    }

    /// Scores of the estimated shares of all codes.
    package static func score(_ domain: ColumnDomain, shares: [Double], factor: Double = 1) -> NumberAxis {
        NumberAxis(.score, factor: factor, masses: Array(shares.prefix(domain.valueCount)).map { max($0, 0) })
    }

    /// Positions are compared in steps this large: a cell is cut into so many for the kernel.
    package static let kernelSteps = ColumnDomain.placeSteps
}

/// The positions of one column's numbers on an axis: at the ends of equal steps of each cell.
package struct AxisPositions: Sendable {
    /// For each code the positions of its steps' ends, or twice the same for one number; empty where there is no position.
    private let knots: [[Double]]
    /// Intervals between neighbouring knots in ascending order, with the code and step that they are of.
    private var ascending: [Double] = []
    private var places: [(code: UInt32, step: Int)] = []
    /// Whether every code of the column is a single number.
    package let isDiscrete: Bool
    /// Whether every row stands at zero.
    private let isZero: Bool
    /// The cell of an axis of logarithms that begins at zero or below.
    package let zeroCell: Int?

    package init(_ axis: NumberAxis, _ domain: ColumnDomain, steps: Int = 16) {
        let count = domain.valueCount
        isDiscrete = !(0..<count).contains { domain.isInterval($0) }
        let stepCount = isDiscrete ? 1 : steps
        let total = axis.masses.reduce(0, +)
        var below = 0.0
        var knots: [[Double]] = []
        for code in 0..<count {
            let mass = total > 0 && code < axis.masses.count ? axis.masses[code] / total : 0
            let isInterval = domain.isInterval(code)
            func position(_ fraction: Double) -> Double? {
                switch axis.kind {
                case .zero: return 0
                case .value: return domain.number(of: code, fraction: fraction)
                case .logarithm:
                    guard let number = domain.number(of: code, fraction: fraction) else { return nil }
                    if number > 0 { return naturalLogarithm(number) }
                    let least = domain.number(of: code, fraction: AxisPositions.leastFraction) ?? 0
                    return isInterval && least > 0 ? naturalLogarithm(least) : nil
                case .score:
                    let share = below + mass * (isInterval ? fraction : 0.5)
                    return Normal.quantile(min(max(share, AxisPositions.leastTail), 1 - AxisPositions.leastTail))
                }
            }
            let found =
                isInterval
                ? (0...stepCount).compactMap { position(Double($0) / Double(stepCount)) }
                : position(0.5).map { [$0, $0] } ?? []
            let isWhole = found.count == (isInterval ? stepCount + 1 : 2) && found.allSatisfy(\.isFinite)
            knots.append(isWhole ? found.map { $0 * axis.factor } : [])
            below += mass
        }
        self.knots = knots
        isZero = axis.kind == .zero
        zeroCell =
            axis.kind == .logarithm
            ? knots.indices.first { !knots[$0].isEmpty && (domain.number(of: $0, fraction: 0) ?? 1) <= 0 } : nil
        layOut(isFalling: axis.factor < 0)
    }

    /// Logarithms of the smallest numbers of a cell that touches zero stand for those below.
    private static let leastFraction = 1.0 / 512
    private static let leastTail = 1e-5

    /// Orders the intervals; single numbers reach half way to their neighbours.
    private mutating func layOut(isFalling: Bool) {
        var cells: [(low: Double, high: Double, code: UInt32, step: Int)] = []
        for (code, own) in knots.enumerated() where !own.isEmpty {
            if own.count == 2, own[0] == own[1] {
                if isDiscrete { cells.append((own[0], own[0], UInt32(code), 0)) }
                continue
            }
            for step in 0..<own.count - 1 {
                cells.append((min(own[step], own[step + 1]), max(own[step], own[step + 1]), UInt32(code), step))
            }
        }
        // Steps that hold no row of a score all lie in one place: what is beyond it belongs to the last number with rows, and not to
        // the end of the domain.
        let wide = cells.filter { $0.high > $0.low }
        if !isDiscrete, !wide.isEmpty { cells = wide }
        if isFalling { cells.reverse() }
        for (index, cell) in cells.enumerated() {
            let before = index > 0 ? cells[index - 1].high : nil
            ascending.append(isDiscrete ? before.map { ($0 + cell.low) / 2 } ?? cell.low : cell.low)
            places.append((cell.code, cell.step))
        }
        if let last = cells.last { ascending.append(last.high) }
    }

    /// Whether there is any number to find.
    package var isEmpty: Bool { places.isEmpty }

    /// Lowest and highest position.
    package var range: (low: Double, high: Double) { (ascending.first ?? 0, ascending.last ?? 0) }

    /// Where a fraction of a code's cell stands; nil if nowhere.
    package func position(of code: Int, fraction: Double) -> Double? {
        if isZero { return 0 }
        guard code < knots.count, !knots[code].isEmpty else { return nil }
        let own = knots[code]
        if own.count == 2, own[0] == own[1] { return own[0] }
        let place = min(max(fraction, 0), 1) * Double(own.count - 1)
        let step = min(Int(place), own.count - 2)
        return own[step] + (place - Double(step)) * (own[step + 1] - own[step])
    }

    /// The code and the fraction of its cell at a position; the nearest one beyond the ends.
    package func place(of position: Double) -> (code: UInt32, fraction: Float) {
        guard !places.isEmpty else { return (0, 0.5) }
        var lower = 0
        var upper = places.count
        while upper - lower > 1 {
            let middle = (lower + upper) / 2
            if ascending[middle] <= position { lower = middle } else { upper = middle }
        }
        let (code, step) = places[lower]
        guard !isDiscrete else { return (code, 0.5) }
        let own = knots[Int(code)]
        let width = own[step + 1] - own[step]
        let part = width != 0 ? min(max((position - own[step]) / width, 0), 1) : 0.5
        let fraction = (Double(step) + part) / Double(own.count - 1)
        return (code, Float(min(max(fraction, 0), 1 - 0x1p-24)))
    }

    /// The kernel's whole numbers for every code of a column and each of the kernel's steps.
    ///
    /// - Parameter scale: whole numbers for a position of 1.
    package func wholeNumbers(size: Int, scale: Double) -> [Int32] {
        if isZero { return [Int32](repeating: 0, count: size) }
        let kernelSteps = isDiscrete ? 1 : NumberAxis.kernelSteps
        var numbers = [Int32](repeating: DifferenceQuestion.none, count: size * kernelSteps)
        for code in 0..<min(size, knots.count) where !knots[code].isEmpty {
            if !isDiscrete, knots[code].count == 2, knots[code][0] == knots[code][1] { continue }
            // Zero has no logarithm, and heaps of zeros no difference.
            for step in (code == zeroCell && !isDiscrete ? 1 : 0)..<kernelSteps {
                guard let own = position(of: code, fraction: (Double(step) + 0.5) / Double(kernelSteps)) else {
                    continue
                }
                let number = (own * scale).rounded()
                if abs(number) <= Double(DifferenceQuestion.largestNumber) {
                    numbers[code * kernelSteps + step] = Int32(number)
                }
            }
        }
        return numbers
    }
}
