// Proof for the loops of this file. `cutQuoted` checks that the range and eight bytes behind it lie inside the text, so that eight
// bytes may be loaded from each place of the range. Every loop ends before `end`, the range's end: a byte is read at `place` only
// where `place < end`, and a place moves on by no more than what was found below `end`.
//
// Of each byte of the range at most one is written, and a separator for each that is passed, so `out` never exceeds the bytes passed;
// a word is written at `out` while at most eight bytes behind it are above. `grid.bytes` is made as long as the range, sixteen
// bytes more, and the padding. A row writes `columns` starts, and there are no more rows than line feeds that were passed, for
// each row ends with one: `grid.starts` is made for `lines · columns` and one. Each start lies behind a separator that was
// written for its field, so starts ascend, and the last is at most the bytes written: that is the invariant of `FieldGrid`.

/// Cuts records whose cells may stand in quotes into a grid of their own, without the quotes, as long as they are as RFC 4180 has
/// them; behind each cell stands the delimiter, and a line feed behind the last of a row.
///
/// It stops in front of the first record that needs care: one of another number of cells, a blank line, a comment, text behind a
/// closing quote, or one that does not end within the range.
///
/// - Parameters:
///   - text: the text, and padding behind it.
///   - range: begins at a record.
///   - lines: no fewer than the line feeds of the range.
///   - grid: says how many cells a record has; receives them. Its `isPlain` says whether no cell holds a delimiter, a quote or a
///     line's end.
/// - Returns: where the first record begins that was not cut.
public func cutQuoted(
    _ text: [UInt8], _ range: Range<Int>, lines: Int, delimiter: UInt8, commentChar: UInt8?, into grid: inout FieldGrid
) -> Int {
    precondition(range.lowerBound >= 0 && range.upperBound + FieldGrid.padding <= text.count)
    precondition(range.count < Int(UInt32.max) - 64 && grid.columns > 0 && lines >= 0)
    grid.beginCut(bytes: range.count + 16, fields: lines * grid.columns)
    let columns = grid.columns
    let cut = grid.bytes.withUnsafeMutableBytes { output in
        grid.starts.withUnsafeMutableBufferPointer { starts in
            text.withUnsafeBytes { text -> QuotedCut? in
                guard let text = text.baseAddress, let output = output.baseAddress, let starts = starts.baseAddress
                else { return nil }
                var cut = QuotedCut(
                    text: text, output: output, place: range.lowerBound, end: range.upperBound, delimiter: delimiter)
                starts[0] = 0
                var (rows, consumed, written, next) = (0, range.lowerBound, 0, 1)
                var isPlain = true
                while rows < lines, cut.place < cut.end, cut.beginsRecord(columns, commentChar) {
                    var column = 0
                    while column < columns, cut.cell(isLast: column == columns &- 1) {
                        starts[next &+ column] = UInt32(truncatingIfNeeded: cut.out)
                        column &+= 1
                    }
                    guard column == columns else { break }
                    isPlain = isPlain && cut.isPlain
                    next &+= columns
                    rows &+= 1
                    (consumed, written) = (cut.place, cut.out)
                }
                (cut.place, cut.out, cut.rows, cut.isPlain) = (consumed, written, rows, isPlain)
                return cut
            }
        }
    }
    guard let cut else { return range.lowerBound }
    grid.endCut(rows: cut.rows, isPlain: cut.isPlain)
    return cut.place
}

/// Where a cut stands: in the text, and in what it writes.
private struct QuotedCut {
    let text: UnsafeRawPointer
    let output: UnsafeMutableRawPointer
    var place: Int
    let end: Int
    let delimiter: UInt8
    var out = 0
    var rows = 0
    var isPlain = true

    @inline(__always)
    private func byte(_ place: Int) -> UInt8 { text.load(fromByteOffset: place, as: UInt8.self) }

    @inline(__always)
    private mutating func put(_ byte: UInt8) {
        output.storeBytes(of: byte, toByteOffset: out, as: UInt8.self)
        out &+= 1
    }

    /// Whether a record begins here that is neither a comment nor a blank line.
    @inline(__always)
    func beginsRecord(_ columns: Int, _ commentChar: UInt8?) -> Bool {
        let first = byte(place)
        if first == commentChar { return false }
        return columns == 1 || first != 0x0A && first != 0x0D
    }

    /// Copies a cell and what separates it from the next; false where it needs care.
    @inline(__always)
    mutating func cell(isLast: Bool) -> Bool {
        guard place < end else { return false }
        // `="007"` is how a spreadsheet is told to read a text.
        let isText = byte(place) == 0x3D && place &+ 1 < end && byte(place &+ 1) == 0x22
        if isText || byte(place) == 0x22 {
            place &+= isText ? 2 : 1
            guard quoted() else { return false }
        } else {
            bare()
        }
        guard place < end else { return false }
        var separator = byte(place)
        if separator == delimiter, !isLast {
            place &+= 1
            put(separator)
            return true
        }
        guard isLast, separator != delimiter || passesBlankCells(), place < end else { return false }
        separator = byte(place)
        if separator == 0x0A {
            place &+= 1
        } else if separator == 0x0D, place &+ 1 < end, byte(place &+ 1) == 0x0A {
            place &+= 2
        } else {
            return false
        }
        put(0x0A)
        return true
    }

    /// Leaves out cells behind the last column that hold nothing: many programs end each row with a delimiter.
    @inline(__always)
    private mutating func passesBlankCells() -> Bool {
        while place < end, byte(place) == delimiter || byte(place) == 0x20 { place &+= 1 }
        return place < end
    }

    /// Copies to the quote that closes, behind which the place then is; false where there is none.
    @inline(__always)
    private mutating func quoted() -> Bool {
        let (quotes, delimiters) = (repeated(0x22), repeated(delimiter))
        let (feeds, returns) = (repeated(0x0A), repeated(0x0D))
        while place &+ 8 <= end {
            let word = UInt64(littleEndian: text.loadUnaligned(fromByteOffset: place, as: UInt64.self))
            output.storeBytes(of: word.littleEndian, toByteOffset: out, as: UInt64.self)
            let found = matches(word, quotes)
            let special = matches(word, delimiters) | matches(word, feeds) | matches(word, returns)
            if found == 0 {
                if special != 0 { isPlain = false }
                place &+= 8
                out &+= 8
                continue
            }
            let count = found.trailingZeroBitCount / 8
            if special & ((found & (0 &- found)) &- 1) != 0 { isPlain = false }
            place &+= count
            out &+= count
            if closes() { return true }
        }
        while place < end {
            let next = byte(place)
            if next == 0x22 {
                if closes() { return true }
                continue
            }
            if next == delimiter || next == 0x0A || next == 0x0D { isPlain = false }
            place &+= 1
            put(next)
        }
        return false
    }

    /// Whether the quote here closes the cell; one that is written twice is copied.
    @inline(__always)
    private mutating func closes() -> Bool {
        // What the next byte is tells; a quote at the very end is taken for one that closes, and no separator follows it.
        guard place &+ 1 < end, byte(place &+ 1) == 0x22 else {
            place &+= 1
            return true
        }
        isPlain = false
        place &+= 2
        put(0x22)
        return false
    }

    /// Copies to the next delimiter or line's end.
    @inline(__always)
    private mutating func bare() {
        while place < end {
            let next = byte(place)
            if next == delimiter || next == 0x0A { return }
            if next == 0x0D, place &+ 1 < end, byte(place &+ 1) == 0x0A { return }
            if next == 0x22 || next == 0x0D { isPlain = false }
            put(next)
            place &+= 1
        }
    }
}
