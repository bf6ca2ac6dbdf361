import Domains
internal import VectorMath

/// What one look over a whole file finds, before anybody knows how it is laid out: its two ends, and what its bytes are.
package struct FileSurvey {
    /// The first bytes.
    package private(set) var head: [UInt8] = []
    /// The last bytes; they overlap the first ones in a small file.
    package private(set) var tail: [UInt8] = []
    package private(set) var count = 0
    /// The first byte that is not UTF-8, as a place in the file.
    package private(set) var firstFault: Int?
    /// Whether characters beyond ASCII stand there as UTF-8.
    package private(set) var hasLongCharacters = false
    package var hasZeros: Bool { firstZero != nil }
    /// The first byte of zero, as a place in the file.
    package private(set) var firstZero: Int?
    private var rest: [UInt8] = []
    /// Records by line feeds, and by carriage returns as long as there is no line feed.
    private var ends: (lineFeeds: RecordEnds, returns: RecordEnds)?
    /// The first bytes, until they tell how many a sign has.
    private var waiting: [UInt8] = []
    private var hasLineFeeds = false

    package static let headSize = 1 << 18
    package static let tailSize = 1 << 16

    package init() {}

    // Proof: bytes are copied whole within the call that lends them.

    package mutating func look(_ bytes: UnsafeRawBufferPointer) {
        if head.count < Self.headSize { head += bytes.prefix(Self.headSize - head.count) }
        tail += bytes[max(0, bytes.count - Self.tailSize)...]
        if tail.count > 4 * Self.tailSize { tail.removeFirst(tail.count - Self.tailSize) }
        let piece = Array(bytes)
        let text = rest.isEmpty ? piece : rest + piece
        let traits = byteTraits(text, 0..<text.count)
        if firstZero == nil, traits.hasZero, let place = piece.firstIndex(of: 0) { firstZero = count + place }
        hasLineFeeds = hasLineFeeds || traits.lineFeeds > 0
        lookForEnds(piece, isLast: false)
        if firstFault == nil { check(text, isASCII: traits.isASCII, isLast: false) }
        count += bytes.count
    }

    package mutating func finish() {
        if tail.count > Self.tailSize { tail.removeFirst(tail.count - Self.tailSize) }
        check(rest, isASCII: rest.isEmpty, isLast: true)
        lookForEnds([], isLast: true)
    }

    private mutating func lookForEnds(_ bytes: [UInt8], isLast: Bool) {
        var bytes = bytes
        if ends == nil {
            waiting += bytes
            guard isLast || waiting.count >= 512 else { return }
            bytes = waiting
            waiting = []
            ends = (RecordEnds(terminator: 0x0A, width: width), RecordEnds(terminator: 0x0D, width: width))
        }
        ends?.lineFeeds.look(bytes)
        if !hasLineFeeds { ends?.returns.look(bytes) }
    }

    /// How many bytes a sign has, by the first ones.
    var width: RecordEnds.Width {
        guard head.starts(with: [0xFF, 0xFE]) || head.starts(with: [0xFE, 0xFF]) || FileSignature.isWide(head[...])
        else { return .byte }
        return head.starts(with: [0xFE, 0xFF]) || head.first == 0 ? .bigEndian : .littleEndian
    }

    /// The last records of the file, each with its end if it has one.
    struct LastRecords {
        var records: [ArraySlice<UInt8>] = []
        /// The row of the last one, as a spreadsheet numbers rows.
        var row = 0
        /// Whether they are all that the file has.
        var areAll = false
        /// Whether the last one has its end.
        var isEnded = true
    }

    /// - Parameter hasCarriageReturns: records end in bare carriage returns.
    func lastRecords(hasCarriageReturns: Bool) -> LastRecords {
        guard let ends = hasCarriageReturns ? ends?.returns : ends?.lineFeeds else { return LastRecords() }
        let first = count - tail.count
        var places = ends.places.filter { $0 >= first }
        let areAll = first == 0 && ends.count == places.count
        if areAll { places.insert(0, at: 0) }
        let isEnded = ends.isEnded(count)
        if !isEnded { places.append(count) }
        let records = zip(places, places.dropFirst()).map { tail[($0 - first)..<($1 - first)] }
        return LastRecords(
            records: records, row: ends.count + (isEnded ? 0 : 1), areAll: areAll, isEnded: isEnded)
    }

    /// Looks for what is not UTF-8. A character that is cut at the end waits for its rest.
    private mutating func check(_ text: [UInt8], isASCII: Bool, isLast: Bool) {
        let start = count - rest.count
        rest = []
        guard firstFault == nil, !isASCII else { return }
        var end = text.count
        if !isLast {
            for back in 1...3 where back <= text.count {
                let byte = text[text.count - back]
                if byte >= 0xC0 {
                    let length = byte >= 0xF0 ? 4 : byte >= 0xE0 ? 3 : 2
                    if length > back { end = text.count - back }
                    break
                }
                if byte < 0x80 { break }
            }
        }
        if let fault = UTF8Check.firstFault(text, 0..<end) {
            firstFault = start + fault
            if text[..<fault].contains(where: { $0 >= 0x80 }) { hasLongCharacters = true }
        } else if text[..<end].contains(where: { $0 >= 0x80 }) {
            hasLongCharacters = true
        }
        rest = Array(text[end...])
    }
}
