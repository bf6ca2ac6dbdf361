/// What a key may look like for the fast way: a number of bytes, each one of a set.
public struct ByteShape: Sendable {
    /// For each of 256 bytes whether it may stand in the key.
    public let allowed: [Bool]
    /// The least number of bytes.
    public let shortest: Int
    /// The greatest number of bytes.
    public let longest: Int

    /// - Parameter allowed: for each of 256 bytes whether it may stand in the key.
    public init(allowed: [Bool], shortest: Int, longest: Int) {
        precondition(allowed.count == 256)
        self.allowed = allowed
        self.shortest = shortest
        self.longest = longest
    }
}

/// Hashes one column of keys, each as it stands.
///
/// Proof: a grid gives as many fields as it has rows, and `words` and `lasts` have a place for each. A field may be loaded
/// as a word from its start by the invariant of `FieldGrid`, and from eight bytes further where it has eight. `allowed` has
/// a place for each byte, as its initialiser checks. `output` is longer by the number of rows from `base` on.
///
/// - Returns: the rows whose key has not the shape; their hashes are of no use.
public func hashKeys(
    _ grid: FieldGrid, column: Int, shape: ByteShape, hash: KeyedHash, firstRow: Int, into output: inout [HashedRow]
) -> [Int] {
    let base = output.count
    output.append(contentsOf: repeatElement(HashedRow(hash: (0, 0), row: 0), count: grid.rows))
    var misfits: [Int] = []
    var long: [(row: Int, start: Int, count: Int)] = []
    var words = [UInt64](repeating: 0, count: grid.rows)
    var lasts = words
    shape.allowed.withUnsafeBufferPointer { allowed in
        words.withUnsafeMutableBufferPointer { words in
            lasts.withUnsafeMutableBufferPointer { lasts in
                grid.withFields(of: column) { bytes, fields in
                    guard let allowed = allowed.baseAddress, let words = words.baseAddress,
                        let lasts = lasts.baseAddress
                    else { return }
                    for row in 0..<grid.rows {
                        let (start, count) = fields.take()
                        var fits = count >= shape.shortest && count <= shape.longest
                        for index in start..<start &+ count {
                            fits = fits && allowed[Int(bytes.load(fromByteOffset: index, as: UInt8.self))]
                        }
                        if !fits { misfits.append(row) }
                        guard count < 16 else {
                            long.append((row, start, count))
                            continue
                        }
                        let (size, isLong) = (UInt64(truncatingIfNeeded: count), count >= 8)
                        let word = UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: start, as: UInt64.self))
                        let rest = isLong ? bytes.loadUnaligned(fromByteOffset: start &+ 8, as: UInt64.self) : 0
                        words[row] = word
                        lasts[row] =
                            ((isLong ? UInt64(littleEndian: rest) : word) & ((1 &<< ((size & 7) &* 8)) &- 1))
                            | (size &<< 56)
                    }
                }
            }
        }
    }
    output.withUnsafeMutableBufferPointer { output in
        hash.hash(words: words, lasts: lasts, firstRow: firstRow, into: output.extracting(base...))
    }
    // They are the keys themselves, which must not remain in freed memory.
    for row in words.indices { (words[row], lasts[row]) = (0, 0) }
    grid.bytes.withUnsafeBytes { bytes in
        for (row, start, count) in long {
            let text = UnsafeRawBufferPointer(rebasing: bytes[start..<start + count])
            output[base + row] = HashedRow(hash: hash.hash(text), row: firstRow + row)
        }
    }
    return misfits
}
