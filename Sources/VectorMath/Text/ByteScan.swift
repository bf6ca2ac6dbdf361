// Proof for the loops of this file. `byteTraits` and `endOfLastLine` check that the range lies inside the bytes; they load
// eight bytes at `index` while `index + 8` is not above the range's end, then byte by byte below it. `findRecordEnds` checks that
// it begins inside the bytes and loads words and bytes likewise up to their end; bytes before a place are read only
// where they are not before the first.
//
// `cutLines` checks that the range and eight bytes behind it lie inside the bytes, and makes `starts` 16 longer than the
// range. The first start is written at 0 and each separator moves `next` by one, so `next` is at most 1 + the bytes passed.
// Of a word up to eight places are written, `next ... next + 7`: at most 8 + the bytes before the word, which is not above
// the range's length. What is written beyond `next` is written again or never read. Each start lies behind the one before,
// for separators are found in their order, and the last is at most the range's end: that is the invariant of `FieldGrid`.
// The check of line feeds reads `starts` up to `lines · columns`, which is the last one written, and each is at least 1.

/// Which bytes a stretch of text holds that need care.
public struct ByteTraits: Sendable {
    /// A double quote.
    public var hasQuote: Bool
    /// A carriage return.
    public var hasCarriageReturn: Bool
    /// No byte is 128 or more.
    public var isASCII: Bool
    /// The number of line feeds.
    public var lineFeeds: Int
    /// A byte of zero.
    public var hasZero = false
}

private let highBits: UInt64 = 0x8080_8080_8080_8080
private let lowestBits: UInt64 = 0x0101_0101_0101_0101
private let lowBits: UInt64 = 0x7F7F_7F7F_7F7F_7F7F

/// The high bit of every byte of `word` that equals the byte of which `pattern` is made.
@inline(__always)
func matches(_ word: UInt64, _ pattern: UInt64) -> UInt64 {
    let difference = word ^ pattern
    return ~(((difference & lowBits) &+ lowBits) | difference | lowBits)
}

@inline(__always)
func repeated(_ byte: UInt8) -> UInt64 { UInt64(byte) &* 0x0101_0101_0101_0101 }

/// Looks for quotes, carriage returns and bytes outside ASCII, and counts lines: eight bytes at a time.
public func byteTraits(_ bytes: [UInt8], _ range: Range<Int>) -> ByteTraits {
    bytes.withUnsafeBytes { bytes in
        precondition(range.lowerBound >= 0 && range.upperBound <= bytes.count)
        guard let start = bytes.baseAddress else {
            return ByteTraits(hasQuote: false, hasCarriageReturn: false, isASCII: true, lineFeeds: 0)
        }
        let (quote, carriageReturn, lineFeed) = (repeated(0x22), repeated(0x0D), repeated(0x0A))
        var (quotes, returns, union): (UInt64, UInt64, UInt64) = (0, 0, 0)
        // Of a byte that is zero alone the high bit is set once one is taken from it, or from what one was borrowed of.
        var zeros: UInt64 = 0
        var lines = 0
        var index = range.lowerBound
        while index &+ 8 <= range.upperBound {
            let word = start.loadUnaligned(fromByteOffset: index, as: UInt64.self)
            quotes |= matches(word, quote)
            returns |= matches(word, carriageReturn)
            union |= word
            zeros |= (word &- lowestBits) & ~word
            lines &+= matches(word, lineFeed).nonzeroBitCount
            index &+= 8
        }
        while index < range.upperBound {
            let byte = start.load(fromByteOffset: index, as: UInt8.self)
            if byte == 0x22 { quotes = 1 }
            if byte == 0x0D { returns = 1 }
            if byte == 0x0A { lines &+= 1 }
            if byte == 0 { zeros = highBits }
            union |= UInt64(byte)
            index &+= 1
        }
        return ByteTraits(
            hasQuote: quotes != 0, hasCarriageReturn: returns != 0, isASCII: union & highBits == 0, lineFeeds: lines,
            hasZero: zeros & highBits != 0)
    }
}

/// What of delimited text stands before the next piece of it: whether that begins within quotes.
public struct QuoteState: Sendable {
    /// Whether a quoted cell is open.
    var isQuoted = false
    /// The byte before closed a quoted cell; one more quote is a quote of its text.
    var hasClosed = false
    /// The last two bytes; a record begins as behind an end.
    var last: (UInt8, UInt8)

    public init(terminator: UInt8) { last = (terminator, terminator) }
}

/// Finds where records end: behind each `terminator` that does not stand in a quoted cell. A quote opens a cell at the front of a
/// record and behind a delimiter, whichever that is, with or without a sign of equality in front; elsewhere it is a sign of the cell's
/// text.
///
/// - Parameters:
///   - first: where to begin; what is before it is not looked at.
///   - ends: gets the places behind the ends, in their order.
public func findRecordEnds(
    _ bytes: [UInt8], from first: Int, terminator: UInt8, state: inout QuoteState, into ends: inout [Int]
) {
    var isQuoted = state.isQuoted
    var closed = state.hasClosed ? first &- 1 : -3
    bytes.withUnsafeBytes { bytes in
        precondition(first >= 0 && first <= bytes.count)
        guard let start = bytes.baseAddress else { return }
        /// The byte one or two places before the one at `place`.
        func byte(_ back: Int, before place: Int) -> UInt8 {
            if place &- back >= first { return start.load(fromByteOffset: place &- back, as: UInt8.self) }
            return place &- back == first &- 1 ? state.last.1 : state.last.0
        }
        func opens(_ sign: UInt8) -> Bool {
            sign == 0x2C || sign == 0x3B || sign == 0x09 || sign == 0x7C || sign == terminator
        }
        /// Takes the quote or the terminator at a place.
        func take(_ place: Int) {
            if start.load(fromByteOffset: place, as: UInt8.self) != 0x22 {
                if !isQuoted { ends.append(place &+ 1) }
            } else if isQuoted {
                (isQuoted, closed) = (false, place)
            } else {
                let before = byte(1, before: place)
                isQuoted = opens(before) || closed == place &- 1 || before == 0x3D && opens(byte(2, before: place))
            }
        }
        let (quote, end) = (repeated(0x22), repeated(terminator))
        var index = first
        while index &+ 8 <= bytes.count {
            let word = UInt64(littleEndian: start.loadUnaligned(fromByteOffset: index, as: UInt64.self))
            var found = matches(word, quote) | matches(word, end)
            while found != 0 {
                take(index &+ found.trailingZeroBitCount / 8)
                found &= found &- 1
            }
            index &+= 8
        }
        while index < bytes.count {
            let sign = start.load(fromByteOffset: index, as: UInt8.self)
            if sign == 0x22 || sign == terminator { take(index) }
            index &+= 1
        }
        guard bytes.count > first else { return }
        state.hasClosed = closed == bytes.count &- 1
        state.last = (byte(2, before: bytes.count), byte(1, before: bytes.count))
    }
    state.isQuoted = isQuoted
}

/// The place after the last line feed of `bytes[range]`, or nil if there is none.
public func endOfLastLine(_ bytes: [UInt8], _ range: Range<Int>) -> Int? {
    bytes.withUnsafeBufferPointer { bytes in
        precondition(range.lowerBound >= 0 && range.upperBound <= bytes.count)
        var index = range.upperBound
        while index > range.lowerBound {
            if bytes[index &- 1] == 0x0A { return index }
            index &-= 1
        }
        return nil
    }
}

/// Cuts whole lines without quotes into a grid.
///
/// - Parameters:
///   - grid: holds the text in `bytes`; receives `starts` and `rows`.
///   - range: lies in `grid.bytes` less its padding and below 2³², and ends behind a line feed.
///   - lines: how many line feeds the range holds, as `byteTraits` counts them.
/// - Returns: false where a line has not exactly `grid.columns` fields; the grid has then no rows.
public func cutLines(_ grid: inout FieldGrid, _ range: Range<Int>, lines: Int, delimiter: UInt8) -> Bool {
    precondition(range.lowerBound >= 0 && range.upperBound + FieldGrid.padding <= grid.bytes.count)
    precondition(range.upperBound < Int(UInt32.max) && grid.columns > 0)
    let columns = grid.columns
    grid.rows = 0
    if grid.starts.count < range.count + 16 {
        grid.starts = [UInt32](repeating: 0, count: range.count + 16)
    }
    let fields = grid.starts.withUnsafeMutableBufferPointer { starts in
        grid.bytes.withUnsafeBytes { bytes in
            guard let starts = starts.baseAddress, let bytes = bytes.baseAddress else { return 0 }
            let (delimiters, lineFeeds) = (repeated(delimiter), repeated(0x0A))
            var index = range.lowerBound
            starts[0] = UInt32(truncatingIfNeeded: index)
            var next = 1
            while index &+ 8 <= range.upperBound {
                let word = UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: index, as: UInt64.self))
                var found = matches(word, delimiters) | matches(word, lineFeeds)
                // Four places are written whether or not there are so many, so that no branch depends on the text.
                let count = found.nonzeroBitCount
                for slot in 0..<4 {
                    starts[next &+ slot] = UInt32(truncatingIfNeeded: index &+ 1 &+ found.trailingZeroBitCount / 8)
                    found &= found &- 1
                }
                if count > 4 {
                    for slot in 4..<8 {
                        starts[next &+ slot] = UInt32(truncatingIfNeeded: index &+ 1 &+ found.trailingZeroBitCount / 8)
                        found &= found &- 1
                    }
                }
                next &+= count
                index &+= 8
            }
            while index < range.upperBound {
                let byte = bytes.load(fromByteOffset: index, as: UInt8.self)
                index &+= 1
                starts[next] = UInt32(truncatingIfNeeded: index)
                next &+= byte == delimiter || byte == 0x0A ? 1 : 0
            }
            return next &- 1
        }
    }
    guard lines >= 0, fields == lines * columns else { return false }
    // As many line feeds as rows, and one at the end of each row: so none is elsewhere.
    let isCut = grid.starts.withUnsafeBufferPointer { starts in
        grid.bytes.withUnsafeBufferPointer { bytes in
            for row in 0..<lines where bytes[Int(starts[(row + 1) * columns]) - 1] != 0x0A { return false }
            return true
        }
    }
    if isCut { grid.rows = lines }
    grid.isPlain = isCut
    return isCut
}
