/// What a key may look like for the fast way: a number of bytes, each one of a set.
public struct ByteShape: Sendable {
    public let allowed: [Bool]
    public let shortest: Int
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
/// - Returns: the rows whose key has not the shape; their hashes are of no use.
public func hashKeys(
    _ grid: FieldGrid, column: Int, shape: ByteShape, hash: KeyedHash, firstRow: Int, into output: inout [HashedRow]
) -> [Int] {
    precondition(grid.checkInvariant() && column < grid.columns)
    let (rows, stride) = (grid.rows, grid.columns)
    let dropsReturn = grid.endsInCarriageReturn && column == stride - 1
    let (key0, key1) = hash.key
    var misfits: [Int] = []
    grid.bytes.withUnsafeBytes { bytes in
        grid.starts.withUnsafeBufferPointer { starts in
            shape.allowed.withUnsafeBufferPointer { allowed in
                guard let bytes = bytes.baseAddress, let starts = starts.baseAddress,
                    let allowed = allowed.baseAddress
                else { return }
                var field = column
                for row in 0..<rows {
                    let start = Int(starts[field])
                    var count = Int(starts[field &+ 1]) &- 1 &- start
                    field &+= stride
                    if dropsReturn, count > 0,
                        bytes.load(fromByteOffset: start &+ count &- 1, as: UInt8.self) == 0x0D
                    {
                        count &-= 1
                    }
                    var fits = count >= shape.shortest && count <= shape.longest
                    for index in start..<start &+ count {
                        fits = fits && allowed[Int(bytes.load(fromByteOffset: index, as: UInt8.self))]
                    }
                    if !fits { misfits.append(row) }
                    output.append(
                        HashedRow(hash: sipHash128(bytes + start, count, key0, key1), row: firstRow &+ row))
                }
            }
        }
    }
    return misfits
}
