import Domains
import VectorMath

/// One column on its way into an Arrow stream: text as a dictionary, numbers as numbers, days as days.
struct ArrowColumn: Sendable {
    enum Kind: Sendable {
        /// Indices of so many bytes into the texts of the codes.
        case dictionary(width: Int)
        case number(ColumnBytes.Number)
        case truth
        case date
    }

    let domain: ColumnDomain
    let kind: Kind
    /// The number of each code that lies on no grid.
    let values: [Double]
    private let binning: Binning?

    init(_ domain: ColumnDomain) {
        self.domain = domain
        binning = if case .bins(let binning) = domain.cells { binning } else { nil }
        let numbers: [Double?] = (0..<domain.size).map { code in
            domain.isMissing(code) ? 0 : domain.edges(of: code)?.lower ?? domain.otherNumber(code)
        }
        values = numbers.map { $0 ?? 0 }
        let isNumeric = numbers.allSatisfy { $0 != nil }
        switch domain.type {
        case .boolean: kind = .truth
        case .date where isNumeric: kind = .date
        case .integer where isNumeric && ArrowColumn.isWhole(values, binning): kind = .number(.int64)
        case .integer where isNumeric, .number where isNumeric: kind = .number(.double)
        case .string, .integer, .number, .date:
            kind = .dictionary(width: domain.size <= 128 ? 1 : domain.size <= 32_768 ? 2 : 4)
        }
    }

    /// The texts of a dictionary, by index; missing has none.
    var texts: [String] {
        (0..<domain.size).filter { !domain.isMissing($0) }.map { domain.text(of: $0, fraction: 0) }
    }

    /// Appends the values of a block, and gives how many are missing.
    ///
    /// - Parameter buffer: told the bytes of each buffer in turn: which rows are there, then the values.
    func append(
        codes: [UInt32], fractions: [Float], exact: ExactNumbers? = nil, rows: Int, buffer: ([UInt8]) -> Void
    ) -> Int {
        var missing = 0
        var bytes: [UInt8] = []
        if let code = domain.missingCode {
            missing = ColumnBytes.appendBits(
                codes: codes, rows: rows, where: UInt32(code), isEqual: false, to: &bytes)
        }
        buffer(missing > 0 ? bytes : [])
        bytes.removeAll(keepingCapacity: true)
        switch kind {
        case .dictionary(let width): ColumnBytes.append(codes: codes, rows: rows, width: width, to: &bytes)
        case .truth: ColumnBytes.appendBits(codes: codes, rows: rows, where: 1, isEqual: true, to: &bytes)
        case .number(let number): appendNumbers(codes, fractions, exact, rows, number, &bytes)
        case .date: appendNumbers(codes, fractions, exact, rows, .int32, &bytes)
        }
        buffer(bytes)
        return missing
    }

    /// Numbers of codes, or of rows that rules gave.
    func appendNumbers(
        _ codes: [UInt32], _ fractions: [Float], _ exact: ExactNumbers?, _ rows: Int, _ number: ColumnBytes.Number,
        _ bytes: inout [UInt8]
    ) {
        if let exact, rows > 0 {
            ColumnBytes.append(
                codes: (0..<UInt32(rows)).map { $0 }, fractions: [], rows: rows,
                values: (0..<rows).map { exact.number($0) },
                grids: [], scale: .linear, pivot: 1, as: number, to: &bytes)
            return
        }
        ColumnBytes.append(
            codes: codes, fractions: fractions, rows: rows, values: values, grids: binning?.grids ?? [],
            scale: binning?.scale ?? .linear, pivot: binning?.pivot ?? 1, as: number, to: &bytes)
    }

    private static func isWhole(_ values: [Double], _ binning: Binning?) -> Bool {
        (binning?.isWhole ?? true) && values.allSatisfy { Int64(exactly: $0) != nil }
    }
}

extension ColumnDomain {
    /// The number that `other` is written as, where it is one.
    fileprivate func otherNumber(_ code: Int) -> Double? {
        code == otherCode && type != .date ? DecimalText.number(of: text(of: code, fraction: 0)) : nil
    }
}
