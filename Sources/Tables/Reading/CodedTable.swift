import VectorMath

/// The codes of one column at the narrowest width, each proven smaller than `domainSize`.
public struct CodedColumn: Sendable {
    /// Codes as bytes up to 256 cells, as halves up to 65,536, as words beyond.
    public enum Storage: Sendable {
        case bytes([UInt8])
        case halves([UInt16])
        case words([UInt32])
    }

    public let domainSize: Int
    public private(set) var storage: Storage

    /// - Throws: `CodedTableError.codeOutsideDomain` where a code is not below `domainSize`.
    public init(_ codes: Storage, domainSize: Int) throws {
        let largest: Int =
            switch codes {
            case .bytes(let codes): Int(codes.max() ?? 0)
            case .halves(let codes): Int(codes.max() ?? 0)
            case .words(let codes): Int(codes.max() ?? 0)
            }
        let isEmpty: Bool =
            switch codes {
            case .bytes(let codes): codes.isEmpty
            case .halves(let codes): codes.isEmpty
            case .words(let codes): codes.isEmpty
            }
        guard isEmpty || largest < domainSize else {
            throw CodedTableError.codeOutsideDomain(domainSize: domainSize)
        }
        self.domainSize = domainSize
        self.storage = codes
    }

    /// Codes of which another column has proven the range.
    private init(proven codes: Storage, domainSize: Int) {
        self.domainSize = domainSize
        self.storage = codes
    }

    /// Codes of which their maker has proven the range.
    @_spi(PrivateRows) public init(proven codes: [UInt32], domainSize: Int) {
        switch domainSize {
        case ...256: self.init(proven: .bytes(codes.map { UInt8(truncatingIfNeeded: $0) }), domainSize: domainSize)
        case ...65_536: self.init(proven: .halves(codes.map { UInt16(truncatingIfNeeded: $0) }), domainSize: domainSize)
        default: self.init(proven: .words(codes), domainSize: domainSize)
        }
    }

    /// The codes of chosen rows.
    @_spi(PrivateRows) public func gathered(_ rows: [UInt32]) -> CodedColumn {
        let codes: Storage =
            switch storage {
            case .bytes(let codes): .bytes(gather(codes, rows))
            case .halves(let codes): .halves(gather(codes, rows))
            case .words(let codes): .words(gather(codes, rows))
            }
        return CodedColumn(proven: codes, domainSize: domainSize)
    }

    /// Number of rows.
    public var count: Int {
        switch storage {
        case .bytes(let codes): codes.count
        case .halves(let codes): codes.count
        case .words(let codes): codes.count
        }
    }

    public subscript(row: Int) -> Int {
        switch storage {
        case .bytes(let codes): Int(codes[row])
        case .halves(let codes): Int(codes[row])
        case .words(let codes): Int(codes[row])
        }
    }

    /// Overwrites every code with zero, in place where no one else holds the storage.
    public mutating func wipe() {
        storage.wipe()
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
