import Domains
import VectorMath

/// The dictionary of a column of numbers or dates in bins: of the points of its bins' grids that the rows of a row group have.
///
/// A number is found by the place of its point, so none is made or compared for a row, and each is written once a row group.
struct PointDictionary: Sendable {
    private let grids: [DecimalGrid]
    private let cells: PointCells
    /// For each code how many points lie before its first; a code without a grid is one point.
    private let starts: [UInt32]
    /// How many there are.
    private let points: Int
    /// The numbers of codes without a grid.
    private let values: [Double]
    private let number: ColumnBytes.Number
    private var seen: FirstSeen
    /// The number of each point that was seen.
    private var numbers: [Double] = []

    /// A column of more points has as many numbers as rows, more or less; four bytes are held for each.
    private static let mostPoints = 1 << 17
    /// Beyond so many numbers in a row group a dictionary is no shorter than the numbers.
    private static let mostNumbers = 1 << 15

    /// All columns together have so many points at most, which bounds their memory.
    private static let mostTogether = 1 << 22

    /// The dictionaries of columns, in their order; nil for one that has none of its own in each row group.
    static func ofColumns(_ columns: [ParquetColumn]) -> [PointDictionary?] {
        var together = 0
        return columns.map { column in
            guard column.dictionaryPage == nil, let points = PointDictionary(column.arrow),
                together + points.points <= mostTogether
            else { return nil }
            together += points.points
            return points
        }
    }

    /// - Returns: nil for a column of which each number is better written where it stands.
    private init?(_ column: ArrowColumn) {
        guard case .bins(let binning) = column.domain.cells else { return nil }
        switch column.kind {
        case .number(let number): self.number = number
        case .date: number = .int32
        case .dictionary, .truth: return nil
        }
        var starts: [UInt32] = []
        var points = 0
        for code in 0..<column.domain.size {
            starts.append(UInt32(points))
            let count = code < binning.grids.count ? max(1, binning.grids[code].count) : 1
            guard count <= Int64(Self.mostPoints - points) else { return nil }
            points += Int(count)
        }
        guard points > 0 else { return nil }
        self.points = points
        grids = binning.grids
        cells = PointCells(grids: grids, starts: starts, scale: binning.scale, pivot: binning.pivot)
        values = column.values
        self.starts = starts
        seen = FirstSeen(below: points)
    }

    /// How many numbers it has.
    var count: Int { seen.numbers.count }

    /// For each row its number's place in the dictionary, which grows; nil where it has grown too long.
    mutating func indices(codes: [UInt32], fractions: [Float], rows: Int) -> [UInt32]? {
        guard count <= Self.mostNumbers else { return nil }
        var points = [UInt32](repeating: 0, count: rows)
        cells.find(codes: codes, fractions: fractions, rows: rows, into: &points)
        var appeared: [Int] = []
        let before = count
        guard seen.number(&points, count: rows, appeared: { appeared.append($0) }) else { return nil }
        for (point, row) in zip(seen.numbers[before...], appeared) {
            let code = Int(codes[row])
            let isOnGrid = code < grids.count && grids[code].count > 0
            numbers.append(isOnGrid ? grids[code].number(atStep: Int64(point - starts[code])) : values[code])
        }
        return points
    }

    /// Its numbers in Parquet's plain encoding.
    var page: (bytes: [UInt8], count: Int) {
        var bytes: [UInt8] = []
        ColumnBytes.append(numbers, as: number, to: &bytes)
        return (bytes, count)
    }

    /// Begins the dictionary of the next row group.
    mutating func forget() {
        seen.forget()
        numbers.removeAll(keepingCapacity: true)
    }
}
