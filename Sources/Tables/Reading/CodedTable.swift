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

    /// The codes of chosen rows.
    @_spi(PrivateRows) public func gathered(_ rows: [UInt32]) -> CodedColumn { CodedColumn(codes.gathered(rows)) }

    /// The codes of chosen rows, and zero for a number beyond the last row.
    @_spi(PrivateRows) public func gatheredOrZero(_ rows: [UInt32]) -> CodedColumn {
        CodedColumn(codes.gatheredOrZero(rows))
    }

    /// Number of rows.
    public var count: Int { codes.count }

    /// The code of one row.
    public subscript(row: Int) -> Int { codes[row] }

    /// Overwrites every code with zero, in place if nothing else references the storage.
    public mutating func wipe() { codes.wipe() }
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
    /// Columns of `rowCount` codes each.
    public private(set) var columns: [CodedColumn]
    /// The number of rows.
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
