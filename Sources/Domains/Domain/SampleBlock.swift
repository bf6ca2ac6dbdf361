/// Rows on their way out: codes a column, and for binned columns a fraction inside the cell.
public struct SampleBlock: Sendable {
    /// The number of rows.
    public var rowCount: Int
    /// For each column its codes.
    public var codes: [[UInt32]]
    /// For each binned column a fraction in `0 ..< 1` a row; empty for the others.
    public var fractions: [[Float]]
    /// For columns that rules name the very number of each row, in place of the fraction. What the code says is missing
    /// stays missing.
    public var exact: [Int: ExactNumbers]

    public init(rowCount: Int, codes: [[UInt32]], fractions: [[Float]], exact: [Int: ExactNumbers] = [:]) {
        self.rowCount = rowCount
        self.codes = codes
        self.fractions = fractions
        self.exact = exact
    }

    /// A value as CSV writes it, without quotes.
    ///
    /// - Parameter domain: of the column.
    public func text(row: Int, column: Int, of domain: ColumnDomain) -> String {
        let code = Int(codes[column][row])
        if code < domain.valueCount, let exact = exact[column] {
            return exact.text(row, isDate: domain.type == .date)
        }
        let hasFraction = column < fractions.count && row < fractions[column].count
        return domain.text(of: code, fraction: hasFraction ? Double(fractions[column][row]) : 0)
    }
}

/// The numbers of one column as they are written, one a row.
public enum ExactNumbers: Sendable {
    case decimals([ExactDecimal])
    /// Written with as many digits as it takes to read the same number back.
    case doubles([Double])

    /// The number of a row, as whoever reads it gets it.
    public func number(_ row: Int) -> Double {
        switch self {
        case .decimals(let values): values[row].number
        case .doubles(let values): values[row]
        }
    }

    package func text(_ row: Int, isDate: Bool) -> String {
        switch self {
        case .decimals(let values): isDate ? CalendarDate.text(ofDay: Int(values[row].digits)) : values[row].text
        case .doubles(let values): DecimalText.text(of: values[row])
        }
    }

    /// The numbers of several blocks, one behind the other.
    public static func joined(_ blocks: [ExactNumbers]) -> ExactNumbers {
        var decimals: [ExactDecimal] = []
        var doubles: [Double] = []
        for block in blocks {
            switch block {
            case .decimals(let values): decimals += values
            case .doubles(let values): doubles += values
            }
        }
        return doubles.isEmpty ? .decimals(decimals) : .doubles(doubles)
    }
}
