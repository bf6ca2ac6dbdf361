public import Domains
import Tables

/// What counting a task's rows in memory takes, by their declared sizes and columns alone: public.
public struct CountingNeed: Sendable, Equatable, Encodable {
    /// Where the rows are counted.
    public let engine: String
    /// The most rows of the tables together, and of the joined table.
    public let rows: Int
    public let joinedRows: Int
    /// The most that is held at once: the tables that are read, and the joined one.
    public let bytes: Int
    /// To read the tables, to sort and match their keys, and to count every pair of columns once.
    public let seconds: Double

    /// Of a key: a hash and the number of its row; while they are sorted, twice.
    private static let bytesOfKey = 32.0
    /// Orders of size for a plan, rounded up from tables of 2 million rows and 15 columns on one core.
    private static let secondsOfCell = 2e-8
    private static let secondsOfKey = 2e-7
    private static let secondsOfPair = 4e-10

    /// - Parameter tables: the domains of the parties' tables.
    public init(tables: [TableDomain], joined: TableDomain, rows: Int, joinedRows: Int) {
        engine = "memory"
        self.rows = rows
        self.joinedRows = joinedRows
        let widest = tables.map { Self.bytesOfRow($0) }.max() ?? 0
        bytes = Int(Double(rows) * (widest + Self.bytesOfKey) + Double(joinedRows) * Self.bytesOfRow(joined))
        let cells = Double(rows) * Double((tables.map(\.columns.count).max() ?? 0) + 1)
        let pairs = Double(joined.columns.count * (joined.columns.count - 1) / 2)
        seconds =
            cells * Self.secondsOfCell + Double(rows) * Self.secondsOfKey
            + Double(joinedRows) * pairs * Self.secondsOfPair
    }

    /// Codes, and where in their cells the values of intervals lie.
    private static func bytesOfRow(_ domain: TableDomain) -> Double {
        domain.columns.reduce(0) { sum, column in
            sum + (column.size <= 256 ? 1 : column.size <= 65_536 ? 2 : 4) + (column.isBinned ? 1 : 0)
        }
    }
}
