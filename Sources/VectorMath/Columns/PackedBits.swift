// Numbers of a few bits each, one behind the other, least significant bit first, as Parquet packs indices and levels.

/// Packing and unpacking of numbers below 2^32.
public enum PackedBits {
    /// How many bits a number takes that is below `bound`.
    public static func width(below bound: Int) -> Int {
        bound <= 1 ? 0 : Int.bitWidth - (bound - 1).leadingZeroBitCount
    }

    /// Appends numbers, filled up with zeros to a multiple of eight numbers.
    ///
    /// Proof: the output grows by ⌈count / 8⌉ · width bytes, and eight more that are taken off again. The store of word k
    /// happens when 32 · (k + 1) bits have gathered, which are bits of the numbers, so it ends within those bytes; the last
    /// store of 8 bytes begins at most at their end.
    ///
    /// - Precondition: there are so many, and `width` is from 1 to 32.
    public static func append(_ numbers: [UInt32], count: Int, width: Int, to output: inout [UInt8]) {
        precondition(count >= 0 && count <= numbers.count && (1...32).contains(width))
        let used = output.count
        let room = (count + 7) / 8 * width
        output.append(contentsOf: repeatElement(0, count: room + 8))
        numbers.withUnsafeBufferPointer { numbers in
            output.withUnsafeMutableBytes { output in
                var place = used
                var bits: UInt64 = 0
                var filled: UInt64 = 0
                let mask: UInt64 = (1 &<< UInt64(width)) &- 1
                for index in 0..<count {
                    bits |= (UInt64(numbers[index]) & mask) &<< filled
                    filled &+= UInt64(width)
                    if filled >= 32 {
                        output.storeBytes(
                            of: UInt32(truncatingIfNeeded: bits).littleEndian, toByteOffset: place, as: UInt32.self)
                        place &+= 4
                        bits &>>= 32
                        filled &-= 32
                    }
                }
                if filled > 0 { output.storeBytes(of: bits.littleEndian, toByteOffset: place, as: UInt64.self) }
            }
        }
        output.removeLast(8)
    }
}
