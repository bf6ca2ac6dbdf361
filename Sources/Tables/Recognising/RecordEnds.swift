internal import VectorMath

/// Where the records of a file end, found while its bytes come by and before anybody knows what separates its cells: an end of
/// a line within quotes ends none. What it counts are rows as a spreadsheet numbers them.
struct RecordEnds {
    /// How many records have ended.
    private(set) var count = 0
    /// The places behind the last of them, in their order.
    private(set) var places: [Int] = []
    private let terminator: UInt8
    private let width: Width
    /// How many bytes came by.
    private var place = 0
    /// Whether a quote would open a cell: at the front of a record, or behind a delimiter.
    private var isOpening = true
    private var isQuoted = false
    /// The sign before closed a quoted cell; one more quote was a quote of its text.
    private var hasClosed = false
    /// The first byte of a sign of two.
    private var half: UInt8?

    /// How many bytes a sign has.
    enum Width { case byte, littleEndian, bigEndian }

    /// So many places are remembered at least.
    static let mostPlaces = 8_192

    init(terminator: UInt8, width: Width) {
        self.terminator = terminator
        self.width = width
    }

    mutating func look(_ bytes: [UInt8]) {
        defer {
            place += bytes.count
            if places.count > 2 * Self.mostPlaces { places.removeFirst(places.count - Self.mostPlaces) }
        }
        guard width == .byte else { return lookAtPairs(bytes) }
        let traits = byteTraits(bytes, 0..<bytes.count)
        if !isQuoted, !traits.hasQuote, terminator == 0x0A { return takeLines(bytes, count: traits.lineFeeds) }
        for (index, byte) in bytes.enumerated() { take(byte, end: place + index + 1) }
    }

    /// Whether the last record has an end, of so many bytes in all.
    func isEnded(_ size: Int) -> Bool { places.last ?? 0 == size }

    /// Text without quotes: its last lines alone are remembered.
    private mutating func takeLines(_ bytes: [UInt8], count lines: Int) {
        count += lines
        var found: [Int] = []
        var index = bytes.count
        while index > 0, found.count < min(lines, Self.mostPlaces) {
            index -= 1
            if bytes[index] == 0x0A { found.append(place + index + 1) }
        }
        places += found.reversed()
        guard let last = bytes.last else { return }
        isOpening = Self.opens(last) || last == 0x0A || isOpening && place + bytes.count <= Self.mark.count
        hasClosed = false
    }

    private mutating func lookAtPairs(_ bytes: [UInt8]) {
        for (index, byte) in bytes.enumerated() {
            guard let first = half else {
                half = byte
                continue
            }
            half = nil
            let (low, high) = width == .littleEndian ? (first, byte) : (byte, first)
            // Any other sign is one that neither ends, opens nor closes.
            take(high == 0 ? low : high == 0xFE && low == 0xFF ? Self.mark[0] : 0x80, end: place + index + 1)
        }
    }

    private static let mark: [UInt8] = [0xEF, 0xBB, 0xBF]

    private static func opens(_ sign: UInt8) -> Bool { ",;\t|".utf8.contains(sign) }

    private mutating func take(_ sign: UInt8, end: Int) {
        if isQuoted {
            if sign == 0x22 { (isQuoted, hasClosed) = (false, true) }
            return
        }
        if sign == 0x22 {
            isQuoted = isOpening || hasClosed
            (isOpening, hasClosed) = (false, false)
        } else if sign == terminator {
            count += 1
            places.append(end)
            (isOpening, hasClosed) = (true, false)
        } else if !(end <= Self.mark.count && Self.mark.contains(sign)) {
            (isOpening, hasClosed) = (Self.opens(sign), false)
        }
    }
}
