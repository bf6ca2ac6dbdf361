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
    /// Line feeds; carriage returns in a file that has no line feeds.
    package var lineEnds: Int { lineFeeds > 0 ? lineFeeds : carriageReturns }
    private var lineFeeds = 0
    private var carriageReturns = 0
    private var rest: [UInt8] = []

    package static let headSize = 1 << 18
    package static let tailSize = 1 << 16

    package init() {}

    // Proof: bytes are copied whole within the call that lends them.

    package mutating func look(_ bytes: UnsafeRawBufferPointer) {
        if head.count < Self.headSize { head += bytes.prefix(Self.headSize - head.count) }
        tail += bytes[max(0, bytes.count - Self.tailSize)...]
        if tail.count > 4 * Self.tailSize { tail.removeFirst(tail.count - Self.tailSize) }
        if firstZero == nil, let place = bytes.firstIndex(of: 0) { firstZero = count + place }
        var text = rest
        text.append(contentsOf: bytes)
        let traits = byteTraits(text, 0..<text.count)
        lineFeeds += traits.lineFeeds
        if lineFeeds == 0, traits.hasCarriageReturn { carriageReturns += text.count { $0 == 0x0D } }
        if firstFault == nil { check(text, isASCII: traits.isASCII, isLast: false) }
        count += bytes.count
    }

    package mutating func finish() {
        if tail.count > Self.tailSize { tail.removeFirst(tail.count - Self.tailSize) }
        check(rest, isASCII: rest.isEmpty, isLast: true)
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
