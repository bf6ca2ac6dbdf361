internal import COpenBLAS

/// The product of two tall matrices of elements of the field of p = 2³¹ − 1, rows added as they come.
///
/// Left elements are taken nearest to zero, within ±2³⁰; right ones as y = h·2¹⁶ + l with l within ±2¹⁵ and h within ±2¹⁴. A sum
/// of 256 products is within 2⁵³, so that BLAS is exact whatever the order of its sums.
public struct FieldProduct {
    /// Rows of one call.
    private static let blockRows = 256
    private static let modulus = Int64(0x7FFF_FFFF)
    /// 2⁵³ a block: so many stay within 63 bits.
    private static let mostBlocks = 512

    private let left: Int
    private let right: Int
    private var low: [Int64]
    private var high: [Int64]
    private var blocks = 0
    private var ones: [Double] = []
    private var halves: (low: [Double], high: [Double]) = ([], [])
    private var sums: [Double]

    /// - Parameters:
    ///   - left: columns of the left matrix.
    ///   - right: columns of the right one.
    public init(left: Int, right: Int) {
        self.left = left
        self.right = right
        low = [Int64](repeating: 0, count: left * right)
        high = low
        sums = [Double](repeating: 0, count: left * right)
    }

    /// Adds rows, at most 256 of them, of both matrices.
    ///
    /// - Parameters: row by row, each element below p.
    public mutating func add(_ one: [UInt32], _ two: [UInt32]) {
        let rows = one.count / max(left, 1)
        precondition(rows <= Self.blockRows && one.count == rows * left && two.count == rows * right)
        guard rows > 0, left > 0, right > 0 else { return }
        ones = one.map { Double(Self.centred($0)) }
        halves.low = two.map { element in
            let y = Self.centred(element)
            return Double(((y &+ 0x8000) & 0xFFFF) &- 0x8000)
        }
        halves.high = two.map { element in
            let y = Self.centred(element)
            return Double((y &- (((y &+ 0x8000) & 0xFFFF) &- 0x8000)) >> 16)
        }
        multiply(rows, halves.low)
        for place in low.indices { low[place] &+= Int64(sums[place]) }
        multiply(rows, halves.high)
        for place in high.indices { high[place] &+= Int64(sums[place]) }
        blocks += 1
        guard blocks == Self.mostBlocks else { return }
        for place in low.indices {
            low[place] %= Self.modulus
            high[place] %= Self.modulus
        }
        blocks = 1
    }

    // Proof: `ones` holds `rows · left` numbers and the halves `rows · right`, by the precondition above; `sums` holds
    // `left · right`, and BLAS gets these shapes.
    private mutating func multiply(_ rows: Int, _ right: [Double]) {
        let (left, columns) = (self.left, self.right)
        ones.withUnsafeBufferPointer { one in
            right.withUnsafeBufferPointer { two in
                sums.withUnsafeMutableBufferPointer { target in
                    // Row-major: targetᵀ = twoᵀ · one, of matrices whose columns are rows of the field's.
                    cblas_dgemm(
                        CblasColMajor, CblasNoTrans, CblasTrans, Int32(columns), Int32(left), Int32(rows), 1,
                        two.baseAddress, Int32(columns), one.baseAddress, Int32(left), 0, target.baseAddress,
                        Int32(columns))
                }
            }
        }
    }

    @inline(__always)
    private static func centred(_ element: UInt32) -> Int64 {
        Int64(element) &- (element > 0x3FFF_FFFF ? modulus : 0)
    }

    /// The product, as elements below p: a row for each column of the left matrix.
    public var elements: [UInt32] {
        zip(low, high).map { low, high in
            let sum = (high % Self.modulus &* 0x1_0000 &+ low % Self.modulus) % Self.modulus
            return UInt32(truncatingIfNeeded: sum < 0 ? sum &+ Self.modulus : sum)
        }
    }
}
