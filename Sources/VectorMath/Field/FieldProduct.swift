/// The product of two tall matrices of elements of the field of p = 2³¹ − 1, rows added as they come.
///
/// Elements are taken nearest to zero, within ±(2³⁰ − 1), so that eight products together stay within 63 bits, and with p·2³² they
/// are above zero. As 2³¹ is 1 modulo p, the upper bits are then added to the lower 31: that is below 2³⁴, and a word holds 2³⁰ such
/// sums. No step depends on what the elements are.
public struct FieldProduct: Sendable {
    /// Rows whose products are added before they are folded: as many as `multiplied` takes.
    private static let stripRows = 8
    /// Columns that are multiplied at once: as many as a vector has words.
    private static let lanes = 4
    /// Sums of so many columns of either matrix stay in the nearest memory while rows go by.
    private static let (leftTile, rightTile) = (32, 64)
    private static let mostStrips = 1 << 30

    private let left: Int
    private let right: Int
    /// Columns of the right matrix, filled up to whole vectors.
    private let width: Int
    /// For each column of the left matrix those with all of the right one.
    private var sums: [UInt64]
    private var strips = 0
    /// What is multiplied: of the left matrix the rows of a strip side by side, of the right one row by row.
    private var ones: [Int64] = []
    private var twos: [Int64] = []

    /// - Parameters:
    ///   - left: columns of the left matrix.
    ///   - right: columns of the right one.
    public init(left: Int, right: Int) {
        self.left = left
        self.right = right
        width = (right + Self.lanes - 1) / Self.lanes * Self.lanes
        sums = [UInt64](repeating: 0, count: left * width)
    }

    /// Adds rows of both matrices. Some hundred at a time are quickest.
    ///
    /// - Parameters: row by row, each element below p.
    public mutating func add(_ one: [UInt32], _ two: [UInt32]) {
        let rows = one.count / max(left, 1)
        precondition(one.count == rows * left && two.count == rows * right)
        guard rows > 0, left > 0, right > 0 else { return }
        let count = (rows + Self.stripRows - 1) / Self.stripRows
        strips += count
        precondition(strips <= Self.mostStrips)
        spread(one, two, rows: rows, strips: count)
        multiply(strips: count)
    }

    /// Rows that fill the last strip up are zero.
    private mutating func spread(_ one: [UInt32], _ two: [UInt32], rows: Int, strips: Int) {
        let (left, right, width) = (left, right, width)
        if ones.count != strips * Self.stripRows * left {
            ones = [Int64](repeating: 0, count: strips * Self.stripRows * left)
            twos = [Int64](repeating: 0, count: strips * Self.stripRows * width)
        } else if rows % Self.stripRows != 0 {
            for place in ((strips - 1) * Self.stripRows * left)..<ones.count { ones[place] = 0 }
        }
        for row in 0..<rows {
            let first = row / Self.stripRows * Self.stripRows * left + row % Self.stripRows
            for column in 0..<left {
                ones[first &+ column &* Self.stripRows] = Self.centred(one[row &* left &+ column])
            }
            for column in 0..<right { twos[row &* width &+ column] = Self.centred(two[row &* right &+ column]) }
        }
    }

    // Proof: `sums` holds `left · width` words, `ones` `strips · 8 · left` and `twos` `strips · 8 · width`, by `spread`. Tiles are
    // within 0..<left and 0..<width, and `width` and the tiles' bounds are multiples of the lanes.
    private mutating func multiply(strips: Int) {
        let (left, width) = (left, width)
        sums.withUnsafeMutableBufferPointer { sums in
            ones.withUnsafeBufferPointer { ones in
                twos.withUnsafeBufferPointer { twos in
                    guard let s = sums.baseAddress, let x = ones.baseAddress, let y = twos.baseAddress else { return }
                    for i in stride(from: 0, to: left, by: Self.leftTile) {
                        for j in stride(from: 0, to: width, by: Self.rightTile) {
                            let columns = (i..<min(i + Self.leftTile, left), j..<min(j + Self.rightTile, width))
                            for strip in 0..<strips {
                                multiplied(
                                    x + strip &* Self.stripRows &* left, y + strip &* Self.stripRows &* width, into: s,
                                    columns, width)
                            }
                        }
                    }
                }
            }
        }
    }

    @inline(__always)
    private static func centred(_ element: UInt32) -> Int64 {
        Int64(element) &- (element > PrimeField.modulus / 2 ? Int64(PrimeField.modulus) : 0)
    }

    /// The product, as elements below p: a row for each column of the left matrix.
    public var elements: [UInt32] {
        (0..<left).flatMap { row in
            sums[(row * width)..<(row * width + right)].map { PrimeField.reduced($0) }
        }
    }
}

/// Adds the products of eight rows to the sums of a tile.
///
/// Eight words of the left column stay in registers, and each vector of the right columns is multiplied from memory.
@inline(never)
private func multiplied(
    _ x: UnsafePointer<Int64>, _ y: UnsafePointer<Int64>, into s: UnsafeMutablePointer<UInt64>,
    _ columns: (Range<Int>, Range<Int>), _ width: Int
) {
    let above = SIMD4<Int64>(repeating: Int64(PrimeField.modulus) << 32)
    let lower = SIMD4<UInt64>(repeating: UInt64(PrimeField.modulus))
    for i in columns.0 {
        let c = x + i &* 8
        let (x0, x1, x2, x3) = (spread(c[0]), spread(c[1]), spread(c[2]), spread(c[3]))
        let (x4, x5, x6, x7) = (spread(c[4]), spread(c[5]), spread(c[6]), spread(c[7]))
        var j = columns.1.lowerBound
        while j < columns.1.upperBound {
            let v = y + j
            var sum = product(x0, v) &+ product(x1, v + width)
            sum = sum &+ product(x2, v + 2 &* width) &+ product(x3, v + 3 &* width)
            sum = sum &+ product(x4, v + 4 &* width) &+ product(x5, v + 5 &* width)
            sum = sum &+ product(x6, v + 6 &* width) &+ product(x7, v + 7 &* width)
            let whole = SIMD4<UInt64>(truncatingIfNeeded: sum &+ above)
            let cells = UnsafeMutableRawPointer(s + i &* width + j)
            let before = cells.loadUnaligned(as: SIMD4<UInt64>.self)
            cells.storeBytes(of: before &+ (whole & lower) &+ (whole &>> 31), as: SIMD4<UInt64>.self)
            j &+= 4
        }
    }
}

/// A word four times. All here have 31 bits and a sign, of which the compiler is told: so they are multiplied at once.
@inline(__always)
private func spread(_ x: Int64) -> SIMD4<Int64> { SIMD4(repeating: Int64(Int32(truncatingIfNeeded: x))) }

@inline(__always)
private func product(_ x: SIMD4<Int64>, _ y: UnsafePointer<Int64>) -> SIMD4<Int64> {
    let v = UnsafeRawPointer(y).loadUnaligned(as: SIMD4<Int64>.self)
    return x &* ((v &<< 32) &>> 32)
}
