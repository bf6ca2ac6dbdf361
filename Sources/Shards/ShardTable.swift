import Domains
import VectorMath

/// One party's rows at one shard: they come in batches, each once and in order.
struct ShardTable {
    private let table: ShardLayout.Table
    private var columns: [NarrowColumn]
    private var places: [[UInt8]?]
    private var chunks: [[HashedRow]] = []
    private(set) var fileRows: [UInt32] = []
    /// How many batches came, and how many rows they had room for: public.
    private(set) var batches = 0

    init(_ table: ShardLayout.Table) {
        self.table = table
        columns = table.columns.map { NarrowColumn(width: $0.width) }
        places = table.columns.map { $0.hasPlaces ? [] : nil }
    }

    var rowCount: Int { fileRows.count }

    /// Takes the rows of a message.
    ///
    /// - Precondition: it has the length of a message of this table.
    mutating func append(_ bytes: [UInt8], layout: ShardLayout) throws(ShardRefusal) {
        let batch = Int(bytes.number(at: 4, UInt32.self))
        guard batch == batches else { throw .batch(expected: batches, found: batch) }
        batches += 1
        let slots = table.slots
        var start = ShardBatch.headBytes
        var taken = 0
        while taken < slots {
            let row = bytes.number(at: start + 4 * taken, UInt32.self)
            guard row > 0 else { break }
            fileRows.append(row)
            taken += 1
        }
        // Rows are numbered in 32 bits, and so is the padding that the messages had room for.
        guard batches * slots < 1 << 31 else { throw .tooLarge("rows of a table at one shard") }
        start += 4 * slots
        if table.isKeyed {
            var chunk: [HashedRow] = []
            chunk.reserveCapacity(taken)
            let first = fileRows.count - taken
            for slot in 0..<taken {
                let low = UInt64(bytes.number(at: start + 8 * slots + 4 * slot, UInt32.self)) &<< 32
                let key = HashedRow(hash: (bytes.number(at: start + 8 * slot, UInt64.self), low), row: first + slot)
                guard layout.shard(of: key) == layout.place else { throw .anotherShard }
                chunk.append(key)
            }
            chunks.append(chunk)
            start += 12 * slots
        }
        for place in columns.indices {
            columns[place].append(bytes[start..<(start + taken * columns[place].width)])
            start += columns[place].width * slots
            guard places[place] != nil else { continue }
            places[place]?.append(contentsOf: bytes[start..<(start + taken)])
            start += slots
        }
    }

    /// The rows with their padding, and the keys in order.
    ///
    /// Where the place of each row says nothing of the rows, a shard has room for all places that were sent. Where a key may have
    /// several rows that would be every row of the file; then there is room for the rows, in whole blocks.
    ///
    /// - Throws: `malformed` if a code is outside its column.
    mutating func finished(isUnique: Bool) throws(ShardRefusal) -> Finished {
        let count = rowCount
        let whole = (count + ShardLayout.blockRows - 1) / ShardLayout.blockRows * ShardLayout.blockRows
        let room = isUnique || !table.isKeyed ? batches * table.slots : min(batches * table.slots, whole)
        var arrays: [CodeArray] = []
        var steps: [CodeArray?] = []
        for (place, column) in table.columns.enumerated() {
            columns[place].pad(room - count)
            guard let array = columns[place].array(below: column.size) else { throw .malformed("code of a column") }
            columns[place] = NarrowColumn(width: column.width)
            arrays.append(array)
            places[place]?.append(contentsOf: repeatElement(0, count: room - count))
            let found = places[place].map { BoundedCodes($0, below: ColumnDomain.placeSteps) }
            if case .some(nil) = found { throw .malformed("place in a cell") }
            steps.append(found.flatMap { $0 }.map { .bytes($0) })
            places[place] = nil
        }
        guard table.isKeyed else {
            return Finished(columns: arrays, places: steps, rowCount: count, room: room, keys: nil, repeated: [])
        }
        // Padding has keys that no row has.
        var random = SplitMix64(state: SystemRandomNumberGenerator.word)
        chunks.append((count..<room).map { HashedRow(hash: (random.next(), random.next()), row: $0) })
        let keys = sortedByKey(&chunks)
        var repeated: [(first: UInt32, second: UInt32)] = []
        if isUnique {
            for place in keys.indices.dropFirst()
            where keys[place].row < count && keys[place].hasSameKey(as: keys[place - 1]) {
                repeated.append((fileRows[keys[place - 1].row], fileRows[keys[place].row]))
            }
        }
        return Finished(columns: arrays, places: steps, rowCount: count, room: room, keys: keys, repeated: repeated)
    }

    /// A table all of whose rows are here.
    struct Finished {
        var columns: [CodeArray]
        var places: [CodeArray?]
        /// How many rows there are; behind them is padding.
        let rowCount: Int
        let room: Int
        /// In the order of their hashes; nil for rows that are records of their own.
        let keys: [HashedRow]?
        /// Rows of the file that have the same key, where a key may have one.
        let repeated: [(first: UInt32, second: UInt32)]

        mutating func wipe() {
            for place in columns.indices {
                columns[place].wipe()
                places[place]?.wipe()
            }
        }
    }
}

/// Codes at the width in which they came.
private enum NarrowColumn {
    case bytes([UInt8])
    case halves([UInt16])
    case words([UInt32])

    init(width: Int) { self = width == 1 ? .bytes([]) : width == 2 ? .halves([]) : .words([]) }

    var width: Int {
        switch self {
        case .bytes: 1
        case .halves: 2
        case .words: 4
        }
    }

    mutating func append(_ bytes: ArraySlice<UInt8>) {
        switch self {
        case .bytes(var codes):
            self = .bytes([])
            codes += bytes
            self = .bytes(codes)
        case .halves(var codes):
            self = .bytes([])
            for place in stride(from: bytes.startIndex, to: bytes.endIndex, by: 2) {
                codes.append(UInt16(bytes[place]) | UInt16(bytes[place + 1]) &<< 8)
            }
            self = .halves(codes)
        case .words(var codes):
            self = .bytes([])
            for place in stride(from: bytes.startIndex, to: bytes.endIndex, by: 4) {
                codes.append((0..<4).reduce(0) { $0 | UInt32(bytes[place + $1]) &<< UInt32(8 * $1) })
            }
            self = .words(codes)
        }
    }

    mutating func pad(_ count: Int) { append(ArraySlice([UInt8](repeating: 0, count: width * count))) }

    func array(below size: Int) -> CodeArray? {
        switch self {
        case .bytes(let codes): BoundedCodes(codes, below: size).map { .bytes($0) }
        case .halves(let codes): BoundedCodes(codes, below: size).map { .halves($0) }
        case .words(let codes): BoundedCodes(codes, below: size).map { .words($0) }
        }
    }
}

extension SystemRandomNumberGenerator {
    fileprivate static var word: UInt64 {
        var generator = SystemRandomNumberGenerator()
        return generator.next()
    }
}
