import VectorMath

/// Grows the codes of one column at the narrowest width.
struct ColumnBuilder {
    private let size: Int
    private var storage: CodedColumn.Storage

    init(size: Int) {
        self.size = size
        self.storage = size <= 256 ? .bytes([]) : size <= 65_536 ? .halves([]) : .words([])
    }

    /// Makes room for so many codes in all.
    mutating func reserve(rows: Int) {
        switch storage {
        case .bytes(var column):
            storage = .bytes([])
            column.reserveCapacity(rows)
            storage = .bytes(column)
        case .halves(var column):
            storage = .bytes([])
            column.reserveCapacity(rows)
            storage = .halves(column)
        case .words(var column):
            storage = .bytes([])
            column.reserveCapacity(rows)
            storage = .words(column)
        }
    }

    /// - Precondition: the codes are below the column's size. (`CodedColumn` proves it again.)
    mutating func append(_ codes: [UInt32], count: Int) {
        switch storage {
        case .bytes(var column):
            storage = .bytes([])
            appendNarrow(codes, count: count, to: &column)
            storage = .bytes(column)
        case .halves(var column):
            storage = .bytes([])
            appendNarrow(codes, count: count, to: &column)
            storage = .halves(column)
        case .words(var column):
            storage = .bytes([])
            column.append(contentsOf: codes.prefix(count))
            storage = .words(column)
        }
    }

    /// Appends so many codes of zero.
    mutating func pad(_ padding: Int) {
        switch storage {
        case .bytes(var column):
            storage = .bytes([])
            column.append(contentsOf: repeatElement(0, count: padding))
            storage = .bytes(column)
        case .halves(var column):
            storage = .bytes([])
            column.append(contentsOf: repeatElement(0, count: padding))
            storage = .halves(column)
        case .words(var column):
            storage = .bytes([])
            column.append(contentsOf: repeatElement(0, count: padding))
            storage = .words(column)
        }
    }

    mutating func wipe() { storage.wipe() }

    consuming func finish() throws -> CodedColumn {
        try CodedColumn(storage, domainSize: size)
    }
}
