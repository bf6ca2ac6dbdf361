/// Marks a code that a loop could not find.
public let unknownCode = UInt32.max

/// Texts and their codes: open addressing on words of packed bytes.
///
/// Proof: a slot is the top `bits` bits of a word, or the next one under a mask, so it is below 2^bits, which is the length
/// of `keys`, `codes`, `places` and `lengths`. A third of the slots at most is taken, for there are three times as many as
/// different texts, so a search meets an empty one and ends. A field may be loaded as a word by the invariant of
/// `FieldGrid`; `longKey` reads words that end at or before the text's end. Long texts are compared by checked access.
public final class CategoryTable: Sendable {
    private let mask: Int
    private let shift: UInt64
    private let multiplier: UInt64
    /// Up to seven bytes and their number, or a hash of longer text under a top byte of 0xFF; zero codes are real.
    private let keys: [UInt64]
    private let codes: [UInt32]
    /// Where the long text of a slot begins in `text`.
    private let places: [UInt32]
    private let lengths: [UInt32]
    private let text: [UInt8]

    /// Of equal texts the first one counts.
    public init(_ entries: [(text: [UInt8], code: UInt32)]) {
        let texts = Set(entries.map(\.text))
        let (bits, multiplier) = CategoryTable.placement(
            Set(texts.map { $0.withUnsafeBytes { CategoryTable.key($0) } }), texts: texts.count)
        let size = 1 << Int(bits)
        var keys = [UInt64](repeating: 0, count: size)
        var codes = [UInt32](repeating: unknownCode, count: size)
        var places = [UInt32](repeating: 0, count: size)
        var lengths = [UInt32](repeating: 0, count: size)
        var text: [UInt8] = []
        for entry in entries {
            let key = entry.text.withUnsafeBytes { CategoryTable.key($0) }
            var slot = Int(truncatingIfNeeded: (key &* multiplier) &>> (64 - bits))
            var isKnown = false
            while codes[slot] != unknownCode {
                if keys[slot] == key {
                    let place = Int(places[slot])
                    isKnown =
                        entry.text.count < 8
                        || (Int(lengths[slot]) == entry.text.count
                            && text[place..<place + entry.text.count].elementsEqual(entry.text))
                    if isKnown { break }
                }
                slot = (slot + 1) & (size - 1)
            }
            if isKnown { continue }
            keys[slot] = key
            codes[slot] = entry.code
            lengths[slot] = UInt32(entry.text.count)
            if entry.text.count >= 8 {
                places[slot] = UInt32(text.count)
                text += entry.text
            }
        }
        self.mask = size - 1
        self.shift = 64 - bits
        self.multiplier = multiplier
        self.keys = keys
        self.codes = codes
        self.places = places
        self.lengths = lengths
        self.text = text
    }

    /// Room for a number of keys, and the multiplier that spreads them: one at which no two meet where there are few keys,
    /// for a search that ends at its first step is one that the processor foresees.
    ///
    /// - Parameter texts: how many have these keys. Long texts can be made such that their keys are equal.
    private static func placement(_ keys: Set<UInt64>, texts: Int) -> (bits: UInt64, multiplier: UInt64) {
        var bits: UInt64 = 3
        while (1 << bits) < texts * 3 { bits += 1 }
        let golden: UInt64 = 0x9E37_79B9_7F4A_7C15
        guard keys.count <= 128 else { return (bits, golden) }
        for wider in bits...max(bits, 12) {
            var multiplier = golden
            for _ in 0..<8 {
                if Set(keys.map { ($0 &* multiplier) &>> (64 - wider) }).count == keys.count {
                    return (wider, multiplier)
                }
                multiplier = multiplier &* 0xD129_0D3D_4D2B_6E85 | 1
            }
        }
        return (bits, golden)
    }

    /// The code of a text, or nil.
    public func code(of bytes: UnsafeRawBufferPointer) -> UInt32? {
        let key = CategoryTable.key(bytes)
        var slot = Int(truncatingIfNeeded: (key &* multiplier) &>> shift)
        while codes[slot] != unknownCode {
            if keys[slot] == key, bytes.count < 8 || isSame(slot, bytes) { return codes[slot] }
            slot = (slot + 1) & mask
        }
        return nil
    }

    private func isSame(_ slot: Int, _ bytes: UnsafeRawBufferPointer) -> Bool {
        guard Int(lengths[slot]) == bytes.count else { return false }
        let place = Int(places[slot])
        return text[place..<place + bytes.count].elementsEqual(bytes)
    }

    @inline(__always)
    private static func key(_ bytes: UnsafeRawBufferPointer) -> UInt64 {
        guard bytes.count >= 8, let start = bytes.baseAddress else {
            var key = UInt64(bytes.count) << 56
            for (index, byte) in bytes.enumerated() { key |= UInt64(byte) << UInt64(8 * index) }
            return key
        }
        return longKey(start, bytes.count)
    }

    /// A hash over words, the last of which overlaps.
    @inline(__always)
    private static func longKey(_ start: UnsafeRawPointer, _ count: Int) -> UInt64 {
        var hash = UInt64(truncatingIfNeeded: count)
        var offset = 0
        while offset &+ 8 < count {
            let word = UInt64(littleEndian: start.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
            hash = (hash ^ word) &* 0xff51_afd7_ed55_8ccd
            hash ^= hash &>> 32
            offset &+= 8
        }
        let word = UInt64(littleEndian: start.loadUnaligned(fromByteOffset: count &- 8, as: UInt64.self))
        hash = (hash ^ word) &* 0xc4ce_b9fe_1a85_ec53
        return (hash ^ (hash &>> 29)) | 0xFF00_0000_0000_0000
    }

    /// Looks up one column of a grid; `unknownCode` where a text is not in the table.
    public func lookUp(_ grid: FieldGrid, column: Int, into output: inout [UInt32]) {
        precondition(output.count >= grid.rows)
        let (mask, shift, multiplier) = (mask, shift, multiplier)
        keys.withUnsafeBufferPointer { keys in
            codes.withUnsafeBufferPointer { codes in
                output.withUnsafeMutableBufferPointer { output in
                    grid.withFields(of: column) { bytes, fields in
                        guard let keys = keys.baseAddress, let codes = codes.baseAddress,
                            let output = output.baseAddress
                        else { return }
                        for row in 0..<grid.rows {
                            let (start, count) = fields.take()
                            var code = unknownCode
                            if count < 8 {
                                let size = UInt64(truncatingIfNeeded: count)
                                let word = UInt64(
                                    littleEndian: bytes.loadUnaligned(fromByteOffset: start, as: UInt64.self))
                                let key = (word & ((1 &<< (size &* 8)) &- 1)) | (size &<< 56)
                                var slot = Int(truncatingIfNeeded: (key &* multiplier) &>> shift)
                                while true {
                                    code = codes[slot]
                                    if keys[slot] == key || code == unknownCode { break }
                                    slot = (slot &+ 1) & mask
                                }
                            } else {
                                let key = CategoryTable.longKey(bytes + start, count)
                                let text = UnsafeRawBufferPointer(start: bytes + start, count: count)
                                var slot = Int(truncatingIfNeeded: (key &* multiplier) &>> shift)
                                while true {
                                    code = codes[slot]
                                    if code == unknownCode { break }
                                    if keys[slot] == key, self.isSame(slot, text) { break }
                                    slot = (slot &+ 1) & mask
                                }
                            }
                            output[row] = code
                        }
                    }
                }
            }
        }
    }
}
