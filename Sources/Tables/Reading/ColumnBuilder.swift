import Domains
import VectorMath

/// Grows the codes of one column at the narrowest width.
struct ColumnBuilder {
    private let size: Int
    private var storage: CodedColumn.Storage
    /// Where in its cell each value lies; nil for a column without intervals.
    private var places: [UInt8]?

    /// - Parameter hasPlaces: whether codes stand for intervals.
    init(size: Int, hasPlaces: Bool = false) {
        self.size = size
        self.places = hasPlaces ? [] : nil
        self.storage = size <= 256 ? .bytes([]) : size <= 65_536 ? .halves([]) : .words([])
    }

    /// Makes room for so many codes in all.
    mutating func reserve(rows: Int) {
        places?.reserveCapacity(rows)
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

    /// - Parameter places: where in their cells the values lie; left alone where the column has no intervals.
    /// - Precondition: the codes are below the column's size. (`CodedColumn` proves it again.)
    mutating func append(_ codes: [UInt32], places new: [UInt8], count: Int) {
        places?.append(contentsOf: new.prefix(count))
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

    mutating func wipe() {
        storage.wipe()
        guard var held = places else { return }
        places = nil
        for row in held.indices { held[row] = 0 }
        places = held
    }

    /// Appends so many codes of zero, at the beginning of their cells.
    mutating func pad(_ padding: Int) {
        places?.append(contentsOf: repeatElement(0, count: padding))
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

    consuming func finish() throws -> CodedColumn {
        guard let places else { return try CodedColumn(storage, domainSize: size) }
        return try CodedColumn(storage, places: places, domainSize: size)
    }
}
