public import VectorMath

/// The codes of one column of a table, each below the size of its domain: `CodeArray` holds the proof.
public struct CodedColumn: Sendable {
    /// Codes that nobody has looked at: as bytes up to 256 cells, as halves up to 65,536, as words beyond.
    public enum Storage: Sendable {
        case bytes([UInt8])
        case halves([UInt16])
        case words([UInt32])
    }

    /// The codes with their bound.
    public private(set) var codes: CodeArray

    /// Where in its cell each value lies, in `ColumnDomain.placeSteps` equal steps on the bins' own scale; nil for a column
    /// whose codes are single values, and where only codes are known.
    public private(set) var places: CodeArray?

    /// Number of codes of the column's domain.
    public var domainSize: Int { codes.bound }

    /// - Throws: `CodedTableError.codeOutsideDomain` if a code is not below `domainSize`.
    public init(_ codes: Storage, domainSize: Int) throws {
        let bounded: CodeArray? =
            switch codes {
            case .bytes(let codes): BoundedCodes(codes, below: domainSize).map { .bytes($0) }
            case .halves(let codes): BoundedCodes(codes, below: domainSize).map { .halves($0) }
            case .words(let codes): BoundedCodes(codes, below: domainSize).map { .words($0) }
            }
        guard let bounded else { throw CodedTableError.codeOutsideDomain(domainSize: domainSize) }
        self.codes = bounded
    }

    /// Codes, and where in its cell each value lies.
    ///
    /// - Throws: `CodedTableError.codeOutsideDomain`, `.unequalLengths`.
    public init(_ codes: Storage, places: [UInt8], domainSize: Int) throws {
        try self.init(codes, domainSize: domainSize)
        guard places.count == count else { throw CodedTableError.unequalLengths }
        self.places = BoundedCodes(places, below: ColumnDomain.placeSteps).map { .bytes($0) }
    }

    /// Codes of which another column has proven the range.
    public init(_ codes: CodeArray) { self.codes = codes }

    /// Codes that their maker knows to fit, at the narrowest width.
    ///
    /// - Precondition: every code is below `domainSize`.
    @_spi(PrivateRows) public init(proven codes: [UInt32], domainSize: Int) {
        guard let codes = CodeArray(narrowing: codes, below: domainSize) else {
            preconditionFailure("a code is outside its domain")
        }
        self.codes = codes
    }

    /// The codes of chosen rows, and their places.
    @_spi(PrivateRows) public func gathered(_ rows: [UInt32]) -> CodedColumn {
        var chosen = CodedColumn(codes.gathered(rows))
        chosen.places = places?.gathered(rows)
        return chosen
    }

    /// Rows chosen from several columns of one domain, in their order.
    ///
    /// - Parameter rows: for each row the place of its column and the row there.
    /// - Precondition: there are such columns and rows, and all columns are of one domain.
    @_spi(PrivateRows) public init(of columns: [CodedColumn], rows: [(column: Int, row: Int)], domainSize: Int) {
        self.init(
            proven: rows.map { UInt32(truncatingIfNeeded: columns[$0.column].codes[$0.row]) }, domainSize: domainSize)
        let known = columns.map(\.places)
        guard !known.isEmpty, known.allSatisfy({ $0 != nil }) else { return }
        let chosen = rows.map { UInt32(truncatingIfNeeded: known[$0.column]?[$0.row] ?? 0) }
        places = CodeArray(narrowing: chosen, below: ColumnDomain.placeSteps)
    }

    /// Where in its cell the value of a row lies, in so many equal steps; the middle one where only the code is known.
    ///
    /// - Parameter steps: a power of two, at most `ColumnDomain.placeSteps`.
    @_spi(PrivateRows) public func step(_ row: Int, of steps: Int) -> Int {
        (places?[row] ?? ColumnDomain.placeSteps / 2) &* steps / ColumnDomain.placeSteps
    }

    /// Code and place of a row in 40 bits: what tells its value from others.
    @_spi(PrivateRows) public func content(_ row: Int) -> UInt64 {
        UInt64(truncatingIfNeeded: codes[row]) | UInt64(truncatingIfNeeded: places?[row] ?? 0) << 32
    }

    /// Number of rows.
    public var count: Int { codes.count }

    /// The code of one row.
    public subscript(row: Int) -> Int { codes[row] }

    /// Overwrites every code with zero, in place if nothing else references the storage.
    public mutating func wipe() {
        codes.wipe()
        places?.wipe()
    }
}

extension CodedColumn.Storage {
    mutating func wipe() {
        switch self {
        case .bytes(var codes):
            self = .bytes([])
            for row in codes.indices { codes[row] = 0 }
            self = .bytes(codes)
        case .halves(var codes):
            self = .bytes([])
            for row in codes.indices { codes[row] = 0 }
            self = .halves(codes)
        case .words(var codes):
            self = .bytes([])
            for row in codes.indices { codes[row] = 0 }
            self = .words(codes)
        }
    }
}

/// Coded columns of equal length.
public struct CodedTable: Sendable {
    public private(set) var columns: [CodedColumn]
    public let rowCount: Int

    /// - Throws: `CodedTableError.unequalLengths`. A table without columns has no rows.
    public init(columns: [CodedColumn]) throws {
        let rowCount = columns.first?.count ?? 0
        guard columns.allSatisfy({ $0.count == rowCount }) else { throw CodedTableError.unequalLengths }
        self.columns = columns
        self.rowCount = rowCount
    }

    /// Columns that one gather made equally long.
    @_spi(PrivateRows) public init(proven columns: [CodedColumn], rowCount: Int) {
        self.columns = columns
        self.rowCount = rowCount
    }

    /// Overwrites every code with zero.
    public mutating func wipe() {
        for column in columns.indices { columns[column].wipe() }
    }
}

/// Why codes do not make a table. Carries no code.
public enum CodedTableError: Error, Sendable, Equatable {
    case codeOutsideDomain(domainSize: Int)
    case unequalLengths
}
