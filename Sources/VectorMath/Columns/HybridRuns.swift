/// Numbers of a few bits each, in runs of one number and in packed runs (the RLE and bit-packing hybrid of Parquet), read a
/// stretch at a time from a stranger's bytes.
///
/// Proof: `take` checks that eight bytes lie behind `end`, that the range lies inside and that the output has room. A packed run
/// begins with no more numbers than the bits up to `end` hold, so the first bit of each lies before bit 8 · `end`, and the eight
/// bytes that are loaded around it end within the padding. Numbers have at most 32 bits, of which at most 39 are loaded with
/// what lies before them in their byte.
public struct HybridRuns: Sendable {
    private var place: Int
    private let end: Int
    private let width: Int
    /// How many numbers of the run are left.
    private var left = 0
    /// The number of a run of one; nil in a packed run.
    private var value: UInt32?
    private var bit = 0

    /// Bytes that must stand behind the range.
    public static let padding = 8

    /// - Precondition: `width` is from 0 to 32.
    public init(in range: Range<Int>, width: Int) {
        precondition((0...32).contains(width))
        place = range.lowerBound
        end = range.upperBound
        self.width = width
    }

    /// Reads the next numbers to the front of `output`.
    ///
    /// - Returns: false if the bytes end before, or are no such runs.
    public mutating func take(_ count: Int, from bytes: [UInt8], into output: inout [UInt32]) -> Bool {
        precondition(place >= 0 && end + Self.padding <= bytes.count && count >= 0 && count <= output.count)
        let mask = UInt64(truncatingIfNeeded: (1 &<< UInt64(width)) &- 1)
        var done = 0
        while done < count {
            if left == 0, !begin(bytes) { return false }
            let length = min(left, count - done)
            if let value {
                output.withUnsafeMutableBufferPointer { output in
                    for index in done..<(done + length) { output[index] = value }
                }
            } else {
                let (width, first, start) = (width, bit, done)
                bytes.withUnsafeBytes { bytes in
                    output.withUnsafeMutableBufferPointer { output in
                        guard let bytes = bytes.baseAddress, let output = output.baseAddress.map({ $0 + start }) else {
                            return
                        }
                        for index in 0..<length {
                            let bit = first &+ index &* width
                            let word = UInt64(
                                littleEndian: bytes.loadUnaligned(fromByteOffset: bit &>> 3, as: UInt64.self))
                            output[index] = UInt32(truncatingIfNeeded: (word &>> UInt64(bit & 7)) & mask)
                        }
                    }
                }
                bit += length * width
            }
            left -= length
            done += length
        }
        return true
    }

    /// Reads the head of the next run.
    private mutating func begin(_ bytes: [UInt8]) -> Bool {
        var head = 0
        var shift = 0
        while true {
            guard place < end, shift <= 28 else { return false }
            let byte = Int(bytes[place])
            place += 1
            head |= (byte & 0x7F) << shift
            if byte < 0x80 { break }
            shift += 7
        }
        let length = head >> 1
        guard length > 0 else { return false }
        if head & 1 == 0 {
            let size = (width + 7) / 8
            guard place + size <= end else { return false }
            var number: UInt32 = 0
            for byte in 0..<size { number |= UInt32(bytes[place + byte]) << UInt32(8 * byte) }
            value = number
            left = length
            place += size
        } else {
            // Some writers leave out the bytes of numbers that only fill up the last eight.
            let held = width == 0 ? length * 8 : min(length * 8, (end - place) * 8 / width)
            guard held > 0 else { return false }
            value = nil
            left = held
            bit = place * 8
            place = min(end, place + length * width)
        }
        return true
    }
}
