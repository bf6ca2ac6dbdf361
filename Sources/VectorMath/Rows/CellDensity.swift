/// Densities of two straight pieces for each cell of a column, and the places that uniform words take under them.
///
/// Proof: the largest code is compared with the number of cells, and the number of words with that of codes, before the loop;
/// the output is made for as many rows as there are codes, each of which is written once, eight at a time where eight are left.
public struct CellDensity: Sendable {
    /// Heights at the left edge, in the middle and at the right edge, as multiples of the cell's mean height.
    public struct Cell: Sendable {
        let left: Float
        let middle: Float
        let right: Float

        public init(left: Float, middle: Float, right: Float) {
            self.left = left
            self.middle = middle
            self.right = right
        }
    }

    private typealias Lanes = SIMD8<Float>
    private let cells: [Cell]

    public init(_ cells: [Cell]) { self.cells = cells }

    /// For each row the share of its cell's mass that lies below its number, from uniform words.
    public static func shares(of words: [UInt64], count: Int) -> [Float] {
        precondition(count >= 0 && count <= words.count)
        return [Float](unsafeUninitializedCapacity: count) { output, used in
            words.withUnsafeBufferPointer { words in
                guard let words = words.baseAddress, let output = output.baseAddress else { return }
                for row in 0..<count {
                    (output + row).initialize(to: Float(Int32(truncatingIfNeeded: words[row] &>> 40)) * 0x1p-24)
                }
            }
            used = count
        }
    }

    /// The fraction of each row's cell below which a share of its mass lies.
    public func fractions(of codes: [UInt32], shares: [Float]) -> [Float] {
        let count = codes.count
        precondition(shares.count >= count && (count == 0 || Int(largest(codes, count: count)) < cells.count))
        return [Float](unsafeUninitializedCapacity: count) { output, used in
            codes.withUnsafeBufferPointer { codes in
                cells.withUnsafeBufferPointer { cells in
                    shares.withUnsafeBufferPointer { shares in
                        guard let codes = codes.baseAddress, let shares = shares.baseAddress,
                            let cells = cells.baseAddress, let output = output.baseAddress
                        else { return }
                        var row = 0
                        while row &+ 8 <= count {
                            var (left, middle, right) = (Lanes(), Lanes(), Lanes())
                            for lane in 0..<8 {
                                let cell = cells[Int(codes[row &+ lane])]
                                left[lane] = cell.left
                                middle[lane] = cell.middle
                                right[lane] = cell.right
                            }
                            let share = UnsafeRawPointer(shares + row).loadUnaligned(as: Lanes.self)
                            UnsafeMutableRawPointer(output + row).storeBytes(
                                of: Self.fractions(left, middle, right, share), as: Lanes.self)
                            row &+= 8
                        }
                        while row < count {
                            let cell = cells[Int(codes[row])]
                            let fraction = Self.fractions(
                                Lanes(repeating: cell.left), Lanes(repeating: cell.middle),
                                Lanes(repeating: cell.right),
                                Lanes(repeating: shares[row]))
                            output[row] = fraction[0]
                            row &+= 1
                        }
                    }
                }
            }
            used = count
        }
    }

    /// The first half holds (l + m) / 4 of the mass; solve l·t + (m − l)·t² = share there, mirrored beyond.
    @inline(__always)
    private static func fractions(_ left: Lanes, _ middle: Lanes, _ right: Lanes, _ share: Lanes) -> Lanes {
        let isFirst = share * 4 .< left + middle
        let edge = right.replacing(with: left, where: isFirst)
        let part = (1 - share).replacing(with: share, where: isFirst)
        let square = edge * edge + 4 * (middle - edge) * part
        let root = Lanes(repeating: 0).replacing(with: square, where: square .>= 0).squareRoot()
        let sum = edge + root
        let solved = (2 * part / sum).replacing(with: 0, where: .!(sum .> 0))
        let place = (1 - solved).replacing(with: solved, where: isFirst)
        let above = Lanes(repeating: 0).replacing(with: place, where: place .>= 0)
        return above.replacing(with: 1 - 0x1p-24, where: Lanes(repeating: 1 - 0x1p-24) .< above)
    }
}
