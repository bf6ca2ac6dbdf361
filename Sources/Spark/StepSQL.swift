import Domains
import VectorMath

/// Which of the equal steps of its cell a value lies in, as SQL: by halves, each of which looks one number up.
///
/// The numbers are where the reader of files begins a step, found to the last bit by asking it: so no logarithm of the cluster's is
/// compared with one of ours.
struct StepSQL {
    /// For each half its numbers, cell by cell: of the first one a cell, then two, then four.
    private let halves: [[Double]]

    /// - Parameter steps: a power of two, at most `ColumnDomain.placeSteps`.
    init(_ column: ColumnDomain, steps: Int) {
        guard case .bins(let binning) = column.cells, steps > 1 else {
            halves = []
            return
        }
        let levels = steps.trailingZeroBitCount
        // For each cell and step but the first: the least value of that step. Codes that are no interval have none.
        let inner = steps - 1
        var codes: [UInt32] = []
        var (low, high): ([Int64], [Int64]) = ([], [])
        for cell in binning.starts.indices {
            let end = cell + 1 < binning.starts.count ? binning.starts[cell + 1].nextDown : binning.maximum
            for _ in 0..<inner {
                codes.append(UInt32(cell))
                low.append(Self.order(binning.starts[cell]))
                // One beyond the end stands for none.
                high.append(Self.order(end) + 1)
            }
        }
        var places = [UInt8](repeating: 0, count: codes.count)
        while zip(low, high).contains(where: { $0 < $1 }) {
            let middles = zip(low, high).map { ($0 & $1) + (($0 ^ $1) >> 1) }
            binning.findPlaces(of: middles.map(Self.value), in: codes, count: codes.count, into: &places)
            for index in codes.indices where low[index] < high[index] {
                let isReached = Int(places[index]) * steps / ColumnDomain.placeSteps >= index % inner + 1
                if isReached { high[index] = middles[index] } else { low[index] = middles[index] + 1 }
            }
        }
        halves = (0..<levels).map { level in
            (0..<column.size).flatMap { code in
                (0..<(1 << level)).map { part in
                    let step = (2 * part + 1) * (steps >> (level + 1))
                    let index = code * inner + step - 1
                    guard code < binning.starts.count else { return .greatestFiniteMagnitude }
                    let end = code + 1 < binning.starts.count ? binning.starts[code + 1].nextDown : binning.maximum
                    return low[index] > Self.order(end) ? .greatestFiniteMagnitude : Self.value(low[index])
                }
            }
        }
    }

    /// Whole numbers in the order of the values.
    private static func order(_ value: Double) -> Int64 {
        let bits = Int64(bitPattern: (value == 0 ? 0 : value).bitPattern)
        return bits >= 0 ? bits : Int64.min - bits
    }

    private static func value(_ order: Int64) -> Double {
        Double(bitPattern: UInt64(bitPattern: order >= 0 ? order : Int64.min - order))
    }

    /// The rows with one column more: the step of each.
    func adding(_ name: String, number: String, code: String, to rows: String) -> String {
        var sql = "SELECT *, 0 AS \(name)_0 FROM (\(rows))"
        for (level, numbers) in halves.enumerated() {
            let list = "array(\(numbers.map { SQLText.number($0) }.joined(separator: ",")))"
            let looked = "element_at(\(list), \(code) * \(1 << level) + \(name)_\(level) + 1)"
            sql =
                "SELECT *, \(name)_\(level) * 2 + CASE WHEN \(number) >= \(looked) THEN 1 ELSE 0 END AS \(name)_\(level + 1) FROM (\(sql))"
        }
        return "SELECT *, \(name)_\(halves.count) AS \(name) FROM (\(sql))"
    }
}
