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
    /// Whether a quoted cell is open, and what stands before the next byte.
    private var state: QuoteState
    /// The first byte of a sign of two.
    private var half: UInt8?

    /// How many bytes a sign has.
    enum Width { case byte, littleEndian, bigEndian }

    /// So many places are remembered at least.
    static let mostPlaces = 8_192

    init(terminator: UInt8, width: Width) {
        self.terminator = terminator
        self.width = width
        state = QuoteState(terminator: terminator)
    }

    mutating func look(_ bytes: [UInt8]) {
        let place = self.place
        defer {
            self.place += bytes.count
            if places.count > 2 * Self.mostPlaces { places.removeFirst(places.count - Self.mostPlaces) }
        }
        guard width == .byte else { return lookAtPairs(bytes) }
        let hasMark = place == 0 && bytes.starts(with: [0xEF, 0xBB, 0xBF])
        look(bytes, from: hasMark ? 3 : 0) { place + $0 }
    }

    /// - Parameter ending: the place in the file behind so many signs.
    private mutating func look(_ signs: [UInt8], from first: Int, ending: (Int) -> Int) {
        var ends: [Int] = []
        findRecordEnds(signs, from: first, terminator: terminator, state: &state, into: &ends)
        count += ends.count
        places += ends.suffix(Self.mostPlaces).map(ending)
    }

    /// Whether the last record has an end, of so many bytes in all.
    func isEnded(_ size: Int) -> Bool { places.last ?? 0 == size }

    private mutating func lookAtPairs(_ bytes: [UInt8]) {
        let start = place - (half == nil ? 0 : 1)
        var signs: [UInt8] = []
        signs.reserveCapacity(bytes.count / 2 + 1)
        var hasMark = false
        for byte in bytes {
            guard let first = half else {
                half = byte
                continue
            }
            half = nil
            let (low, high) = width == .littleEndian ? (first, byte) : (byte, first)
            if high == 0xFE, low == 0xFF, start == 0, signs.isEmpty { hasMark = true }
            // Any other sign is one that neither ends, opens nor closes.
            signs.append(high == 0 ? low : 0x80)
        }
        look(signs, from: hasMark ? 1 : 0) { start + 2 * $0 }
    }
}
