/// Delimited text cut into fields: field `i` of a grid is `bytes[starts[i] ..< starts[i + 1] - 1]`.
///
/// The byte after each field is its separator. `bytes` carries eight bytes of padding, so that any field may be
/// loaded as a word.
///
/// Proof: the first `rows · columns + 1` starts ascend, each above the one before, and the last of them leaves room for the
/// padding. Only this file, `cutLines` and `cutQuoted` write `starts`, `rows` and `columns`: the initialiser checks it, the
/// other two have their own proofs, and `begin` leaves no rows. `bytes` never becomes shorter. So a field of a row below `rows` begins at a
/// start s, has a count of at least 0, and ends at its separator, behind which lie at least seven more bytes: eight bytes
/// may be loaded from its start and from its end. `withFields` checks the lengths again, once a column.
public struct FieldGrid: Sendable {
    /// Padding that `bytes` needs behind the last separator.
    public static let padding = 8

    /// The text, and padding behind it.
    public internal(set) var bytes: [UInt8]
    /// Where each field begins, and one more: where the field behind the last would begin.
    public internal(set) var starts: [UInt32]
    /// Number of rows.
    public internal(set) var rows: Int
    /// Number of fields in each row.
    public internal(set) var columns: Int
    /// Whether fields of the last column may end in a carriage return that does not belong to them.
    public var endsInCarriageReturn: Bool
    /// Whether cells hold no delimiter and no line feed, each ends in the delimiter, and each row in a line feed.
    public internal(set) var isPlain = false

    /// A grid without text.
    public init(columns: Int) {
        self.bytes = []
        self.starts = []
        self.rows = 0
        self.columns = columns
        self.endsInCarriageReturn = false
    }

    /// Fields that were cut elsewhere.
    ///
    /// - Precondition: `starts` ascends, has one entry more than there are fields, and leaves room for the padding.
    public init(columns: Int, bytes: [UInt8], starts: [UInt32]) {
        precondition(columns > 0 && (starts.count - 1) % columns == 0 && !starts.isEmpty)
        var isAscending = true
        for index in 1..<max(starts.count, 1) where starts[index] <= starts[index - 1] { isAscending = false }
        precondition(isAscending && Int(starts[starts.count - 1]) + FieldGrid.padding <= bytes.count)
        self.bytes = bytes
        self.starts = starts
        self.rows = (starts.count - 1) / columns
        self.columns = columns
        self.endsInCarriageReturn = false
    }

    /// Says how many fields a row has; the grid has no rows until it is cut again.
    public mutating func begin(columns: Int) {
        self.columns = columns
        rows = 0
    }

    /// Makes room for text that is cut, and forgets the rows.
    mutating func beginCut(bytes count: Int, fields: Int) {
        rows = 0
        if bytes.count < count + FieldGrid.padding {
            bytes += [UInt8](repeating: 0, count: count + FieldGrid.padding - bytes.count)
        }
        if starts.count < fields + 1 { starts = [UInt32](repeating: 0, count: fields + 1) }
    }

    mutating func endCut(rows: Int, isPlain: Bool) {
        self.rows = rows
        self.isPlain = isPlain
    }

    /// Copies text into `bytes` at a place, making room where there is none.
    public mutating func put(_ text: UnsafeRawBufferPointer, at place: Int) {
        precondition(place >= 0)
        let needed = place + text.count + FieldGrid.padding
        if bytes.count < needed { bytes += [UInt8](repeating: 0, count: needed - bytes.count) }
        bytes.withUnsafeMutableBytes { $0[place..<place + text.count].copyBytes(from: text) }
    }

    /// Overwrites the text with zeros.
    public mutating func wipe() {
        for index in bytes.indices { bytes[index] = 0 }
    }

    /// Moves the text of a range to the front.
    public mutating func moveToFront(_ range: Range<Int>) {
        guard range.lowerBound > 0, !range.isEmpty else { return }
        bytes.withUnsafeMutableBytes { bytes in
            precondition(range.upperBound <= bytes.count)
            guard let start = bytes.baseAddress else { return }
            start.copyMemory(from: start + range.lowerBound, byteCount: range.count)
        }
    }

    /// The bytes of one field.
    public func withField<Result>(
        row: Int, column: Int, _ body: (UnsafeRawBufferPointer) throws -> Result
    ) rethrows -> Result {
        let field = row * columns + column
        let start = Int(starts[field])
        var end = Int(starts[field + 1]) - 1
        precondition(start <= end && end + FieldGrid.padding <= bytes.count)
        if endsInCarriageReturn, column == columns - 1, end > start, bytes[end - 1] == 0x0D { end -= 1 }
        return try bytes.withUnsafeBytes { try body(UnsafeRawBufferPointer(rebasing: $0[start..<end])) }
    }

    /// Whether the lengths are those of the invariant on which the unchecked loops rest.
    func checkInvariant() -> Bool {
        guard starts.count >= rows * columns + 1, rows >= 0, columns > 0 else { return false }
        return Int(starts[rows * columns]) + FieldGrid.padding <= bytes.count + 1
    }
}

extension FieldGrid {
    /// Gives a loop the fields of one column, without checks for each.
    ///
    /// - Precondition: the grid holds the column.
    @inline(__always)
    func withFields(of column: Int, _ body: (_ bytes: UnsafeRawPointer, _ fields: inout ColumnFields) -> Void) {
        precondition(checkInvariant() && column >= 0 && column < columns)
        bytes.withUnsafeBytes { bytes in
            starts.withUnsafeBufferPointer { starts in
                guard let bytes = bytes.baseAddress, let starts = starts.baseAddress else { return }
                // Two loops, so that the one for most columns asks nothing about carriage returns.
                if endsInCarriageReturn && column == columns - 1 {
                    var fields = ColumnFields(
                        bytes: bytes, starts: starts, next: column, stride: columns, dropsReturn: true)
                    body(bytes, &fields)
                } else {
                    var fields = ColumnFields(
                        bytes: bytes, starts: starts, next: column, stride: columns, dropsReturn: false)
                    body(bytes, &fields)
                }
            }
        }
    }
}

/// Where the fields of one column stand, row by row.
struct ColumnFields {
    let bytes: UnsafeRawPointer
    let starts: UnsafePointer<UInt32>
    var next: Int
    let stride: Int
    /// Whether a field's last byte may be a carriage return that does not belong to it.
    let dropsReturn: Bool

    /// The field of the next row. The caller counts the rows.
    @inline(__always)
    mutating func take() -> (start: Int, count: Int) {
        let start = Int(starts[next])
        var count = Int(starts[next &+ 1]) &- 1 &- start
        next &+= stride
        if dropsReturn, count > 0, bytes.load(fromByteOffset: start &+ count &- 1, as: UInt8.self) == 0x0D {
            count &-= 1
        }
        return (start, count)
    }
}
