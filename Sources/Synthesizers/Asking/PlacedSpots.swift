import Domains
import FittedModels
import Tables
import VectorMath

/// The spots of a column on an axis; nil for those without a position there.
struct PlacedSpots {
    let positions: AxisPositions
    let spots: [(spot: FineColumns.Spot, position: Double?)]

    /// A heap of zeros is a cell with so many rows, so far below the others on an axis of logarithms.
    private static let (leastHeap, heapDistance) = (0.01, naturalLogarithm(4))

    init(_ axis: NumberAxis, _ domain: ColumnDomain, _ spots: [FineColumns.Spot]) {
        let positions = AxisPositions(axis, domain)
        let isHeap = Self.isHeap(positions, spots, distance: Self.heapDistance * abs(axis.factor))
        self.positions = positions
        self.spots = spots.filter { $0.mass > 0 }.map { spot in
            let isZero =
                spot.code == positions.zeroCell
                && (isHeap || spot.fraction * Double(ColumnDomain.placeSteps) < 1)
            return (spot, isZero ? nil : positions.position(of: spot.code, fraction: spot.fraction))
        }
    }

    private static func isHeap(_ positions: AxisPositions, _ spots: [FineColumns.Spot], distance: Double) -> Bool {
        guard let zero = positions.zeroCell, let end = positions.position(of: zero, fraction: 1),
            spots.reduce(0, { $1.code == zero ? $0 + $1.mass : $0 }) >= leastHeap
        else { return false }
        let others = spots.filter { $0.code != zero }.compactMap { spot in
            positions.position(of: spot.code, fraction: spot.fraction).map { (position: $0, mass: spot.mass) }
        }.sorted { $0.position < $1.position }
        var left = others.reduce(0) { $0 + $1.mass } / 2
        for one in others {
            left -= one.mass
            if left <= 0 { return abs(one.position - end) > distance }
        }
        return false
    }

    /// The part of the rows that has a position.
    var mass: Double { spots.reduce(0) { $1.position == nil ? $0 : $0 + $1.spot.mass } }

    /// The same by code.
    func masses(size: Int) -> [Double] {
        var masses = [Double](repeating: 0, count: size)
        for (spot, position) in spots where position != nil { masses[spot.code] += spot.mass }
        return masses
    }
}

/// Positions with the part of the rows that stands at each, ascending.
struct WeightedPositions {
    private var points: [(position: Double, mass: Double)] = []
    /// Of the rows that have a position.
    let mass: Double
    /// Standard deviation of the positions.
    let deviation: Double

    private static let most = 256

    init(_ placed: PlacedSpots) {
        var found = placed.spots.compactMap { spot, position in position.map { (position: $0, mass: spot.mass) } }
        found.sort { $0.position < $1.position }
        let mass = found.reduce(0) { $0 + $1.mass }
        let mean = mass > 0 ? found.reduce(0) { $0 + $1.mass * $1.position } / mass : 0
        let square = found.reduce(0) { $0 + $1.mass * ($1.position - mean) * ($1.position - mean) }
        self.mass = mass
        deviation = mass > 0 ? (square / mass).squareRoot() : 0
        // Few enough that all pairs of them can be looked at.
        let step = max(1, (found.count + Self.most - 1) / Self.most)
        var start = 0
        while start < found.count {
            let part = found[start..<min(start + step, found.count)]
            let sum = part.reduce(0) { $0 + $1.mass }
            let centre = sum > 0 ? part.reduce(0) { $0 + $1.mass * $1.position } / sum : part[start].position
            points.append((centre, sum))
            start += step
        }
    }

    /// How far eight tenths of the mass reach.
    var spread: Double { quantile(0.9) - quantile(0.1) }

    /// The position that a share of the mass lies below.
    private func quantile(_ share: Double) -> Double {
        var left = share * mass
        for point in points {
            left -= point.mass
            if left <= 0 { return point.position }
        }
        return points.last?.position ?? 0
    }

    /// Lowest and highest difference of equal quantiles, but for the tails.
    func differences(_ other: WeightedPositions) -> (low: Double, high: Double) {
        let found = (2...38).map { quantile(Double($0) / 40) - other.quantile(Double($0) / 40) }
        return (found.min() ?? 0, found.max() ?? 0)
    }

    /// The shares of the differences of independent draws in each interval, and in none.
    func histogram(less other: WeightedPositions, edges: [Double]) -> [Double] {
        var cells = [Double](repeating: 0, count: edges.count)
        guard let first = edges.first, let last = edges.last, edges.count > 1 else { return cells }
        let width = (last - first) / Double(edges.count - 1)
        for from in other.points {
            for to in points {
                let place = ((to.position - from.position) - first) / width
                guard place >= 0, place < Double(edges.count - 1) else { continue }
                cells[Int(place)] += to.mass * from.mass
            }
        }
        cells[edges.count - 1] = max(0, 1 - cells.reduce(0, +))
        return cells
    }
}
