import Domains
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

    /// The codes of chosen rows and their places, and zero for a number beyond the last row.
    @_spi(PrivateRows) public func gatheredOrZero(_ rows: [UInt32]) -> CodedColumn {
        var chosen = CodedColumn(codes.gatheredOrZero(rows))
        chosen.places = places?.gatheredOrZero(rows)
        return chosen
    }

    /// Columns of one domain, one below the other.
    ///
    /// Places are kept where every column has them.
    @_spi(PrivateRows) public init(concatenating columns: [CodedColumn], domainSize: Int) {
        func joined(_ parts: [CodeArray], below bound: Int) -> CodeArray {
            var codes: [UInt32] = []
            codes.reserveCapacity(parts.reduce(0) { $0 + $1.count })
            for part in parts { for row in 0..<part.count { codes.append(UInt32(part[row])) } }
            guard let joined = CodeArray(narrowing: codes, below: bound) else {
                preconditionFailure("a code is outside its domain")
            }
            return joined
        }
        self.init(joined(columns.map(\.codes), below: domainSize))
        let known = columns.compactMap(\.places)
        if known.count == columns.count { places = joined(known, below: ColumnDomain.placeSteps) }
    }

    /// Rows chosen from several columns of one domain, in their order, and zero for a number beyond a column's last row.
    ///
    /// Every row takes the same steps. Places are kept where every column has them.
    ///
    /// - Parameter rows: for each row the place of its column and the row there.
    /// - Precondition: there are such columns, of codes below `domainSize`.
    @_spi(PrivateRows) public init(
        of columns: [CodedColumn], rows: [(column: UInt32, row: UInt32)], domainSize: Int
    ) {
        func chosen(_ parts: [CodeArray], below bound: Int) -> CodeArray {
            let codes = rows.map { place -> UInt32 in
                let part = parts[Int(place.column)]
                guard part.count > 0 else { return 0 }
                let isRow = Int(place.row) < part.count
                let code = UInt32(part[isRow ? Int(place.row) : 0])
                return isRow ? code : 0
            }
            guard let chosen = CodeArray(narrowing: codes, below: bound) else {
                preconditionFailure("a code is outside its domain")
            }
            return chosen
        }
        self.init(chosen(columns.map(\.codes), below: domainSize))
        let known = columns.compactMap(\.places)
        if known.count == columns.count, !known.isEmpty {
            places = chosen(known, below: ColumnDomain.placeSteps)
        }
    }

    /// Where in its cell the value of a row lies, in so many equal steps; the middle one where only the code is known.
    ///
    /// - Parameter steps: a power of two, at most `ColumnDomain.placeSteps`.
    @_spi(PrivateRows) public func step(_ row: Int, of steps: Int) -> Int {
        (places?[row] ?? ColumnDomain.placeSteps / 2) &* steps / ColumnDomain.placeSteps
    }

    /// The step of every row where only codes are known.
    @_spi(PrivateRows) public func unknownStep(of steps: Int) -> Int { steps / 2 }

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
