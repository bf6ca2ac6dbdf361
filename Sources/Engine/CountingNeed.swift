public import Domains
import Tables

/// What counting a task's rows takes and which engine that asks for, by their declared sizes and columns alone: public.
public struct CountingNeed: Sendable, Equatable, Encodable {
    /// Which engine the size asks for: `memory`, or `spark` where one machine has too little.
    public let engine: String
    /// Whether `engine` can be had: a cluster counts inner joins alone.
    public let isBuilt: Bool
    /// What this machine has.
    public let machineBytes: Int
    /// The most rows of the tables together, and of the joined table.
    public let rows: Int
    public let joinedRows: Int
    /// The most that is held at once in memory: the tables that are read, and the joined one.
    public let bytes: Int
    /// To read the tables, to sort and match their keys, and to count every pair of columns once.
    public let seconds: Double
    /// The same on a cluster: seconds of all its cores together, and what is held here, tables of counts alone.
    public let clusterSeconds: Double
    public let clusterBytes: Int

    /// Of a key: a hash and the number of its row; while they are sorted, twice.
    private static let bytesOfKey = 32.0
    /// Orders of size for a plan, rounded up from tables of 2 million rows and 15 columns on one core.
    private static let secondsOfCell = 2e-8
    private static let secondsOfKey = 2e-7
    private static let secondsOfPair = 4e-10

    /// On Spark, orders of size again: to read and code a cell, and to count a row in one table, from a million rows of 15 columns on a
    /// busy machine (8.2 s to code them, 24 s to count them in 29 tables); to send a row to where its key is joined, and for the
    /// statements themselves, no more than a guess.
    private static let clusterSecondsOfCell = 6e-7
    private static let clusterSecondsOfKey = 4e-6
    private static let clusterSecondsOfTable = 8e-7
    private static let clusterStart = 20.0
    /// So much of a machine may hold rows: the model, and the rest of it, need the other part.
    private static let part = 0.8

    /// - Parameters:
    ///   - tables: the domains of the parties' tables.
    ///   - clusterTables: how many tables a cluster counts for all pairs of columns.
    ///   - isInner: whether the task is an inner join in one place, which a cluster can count.
    ///   - machine: bytes that this machine has.
    public init(
        tables: [TableDomain], joined: TableDomain, rows: Int, joinedRows: Int, clusterTables: Int, isInner: Bool,
        machine: Int
    ) {
        self.rows = rows
        self.joinedRows = joinedRows
        let widest = tables.map { Self.bytesOfRow($0) }.max() ?? 0
        bytes = Int(Double(rows) * (widest + Self.bytesOfKey) + Double(joinedRows) * Self.bytesOfRow(joined))
        let cells = Double(rows) * Double((tables.map(\.columns.count).max() ?? 0) + 1)
        let pairs = Double(joined.columns.count * (joined.columns.count - 1) / 2)
        seconds =
            cells * Self.secondsOfCell + Double(rows) * Self.secondsOfKey
            + Double(joinedRows) * pairs * Self.secondsOfPair
        // Cells once to check and once to count.
        clusterSeconds =
            2 * cells * Self.clusterSecondsOfCell + Double(rows) * Self.clusterSecondsOfKey
            + Double(joinedRows) * Double(clusterTables) * Self.clusterSecondsOfTable + Self.clusterStart
        let sizes = joined.sizes
        let counts = sizes.indices.reduce(0.0) { sum, first in
            sizes[..<first].reduce(sum) { $0 + Double($1) * Double(sizes[first]) }
        }
        clusterBytes = Int(4 * 8 * counts)
        machineBytes = machine
        let fits = Double(bytes) <= Self.part * Double(machine)
        engine = fits ? "memory" : "spark"
        isBuilt = fits || isInner
    }

    /// Codes, and where in their cells the values of intervals lie.
    private static func bytesOfRow(_ domain: TableDomain) -> Double {
        domain.columns.reduce(0) { sum, column in
            sum + (column.size <= 256 ? 1 : column.size <= 65_536 ? 2 : 4) + (column.isBinned ? 1 : 0)
        }
    }
}
