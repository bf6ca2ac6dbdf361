/// Which cell of a smaller table every cell of a larger table belongs to.
///
/// A marginal sums along this map, a message is spread along it. The larger table is row-major; each of its axes adds
/// its own contribution to the target index, so an axis may be kept (`code · stride`), summed over (0) or translated
/// (`stride · map[code]`, for an attribute that is a function of this axis). The inner axes that are all kept or all
/// summed become one contiguous run, which is what the loops in `CellProjection+Loops.swift` vectorise.
public struct CellProjection: Sendable, Equatable {
    /// How one run of neighbouring source cells lies in the target.
    public enum Run: Sendable, Equatable {
        /// The whole run falls into one target cell.
        case summed
        /// Cell j of the run falls into target cell `start + j`.
        case kept
    }

    /// Cells of the larger table.
    public let sourceCount: Int
    /// Cells of the smaller table.
    public let targetCount: Int
    /// How all runs lie in the target.
    public let run: Run
    /// Neighbouring source cells in one run; at least 1.
    public let runLength: Int
    /// The first target cell of each run. Invariant, established by `init`: every start is at least 0, and
    /// `start + runLength ≤ targetCount` for kept runs, `start < targetCount` for summed ones;
    /// `starts.count · runLength == sourceCount`.
    let starts: [Int32]

    /// - Parameters:
    ///   - contributions: for each axis of the source in order, what each of its codes adds to the target index.
    ///   - targetCount: cells of the target; every sum of contributions must lie below it.
    public init(contributions: [[Int32]], targetCount: Int) {
        precondition(targetCount >= 1 && targetCount < Int(Int32.max))
        var run = Run.kept
        var length = 1
        var axis = contributions.count - 1
        if axis >= 0 {
            if contributions[axis].allSatisfy({ $0 == 0 }) {
                run = .summed
                while axis >= 0, contributions[axis].allSatisfy({ $0 == 0 }) {
                    length *= contributions[axis].count
                    axis -= 1
                }
            } else {
                while axis >= 0, Self.isProgression(contributions[axis], step: length) {
                    length *= contributions[axis].count
                    axis -= 1
                }
            }
        }
        var starts: [Int32] = [0]
        for outer in contributions.prefix(axis + 1) {
            var next: [Int32] = []
            next.reserveCapacity(starts.count * outer.count)
            for start in starts { for part in outer { next.append(start + part) } }
            starts = next
        }
        let reach = run == .kept ? length : 1
        precondition(starts.allSatisfy { $0 >= 0 && Int($0) + reach <= targetCount })
        self.run = run
        self.runLength = length
        self.starts = starts
        self.targetCount = targetCount
        self.sourceCount = contributions.reduce(1) { $0 * $1.count }
    }

    /// The target cell of one source cell.
    public func target(of cell: Int) -> Int {
        let (index, offset) = cell.quotientAndRemainder(dividingBy: runLength)
        return Int(starts[index]) + (run == .kept ? offset : 0)
    }

    private static func isProgression(_ contribution: [Int32], step: Int) -> Bool {
        contribution.indices.allSatisfy { Int(contribution[$0]) == $0 * step }
    }
}
