import Testing
import VectorMath

@Suite("Products in the field of 2³¹ − 1")
struct FieldProductTests {
    /// What long division gives, number by number.
    private static func product(_ one: [UInt32], _ left: Int, _ two: [UInt32], _ right: Int) -> [UInt32] {
        var sums = [UInt64](repeating: 0, count: left * right)
        for row in 0..<(one.count / left) {
            for i in 0..<left {
                for j in 0..<right {
                    let term = UInt64(one[row * left + i]) * UInt64(two[row * right + j]) % UInt64(PrimeField.modulus)
                    sums[i * right + j] = (sums[i * right + j] + term) % UInt64(PrimeField.modulus)
                }
            }
        }
        return sums.map { UInt32($0) }
    }

    @Test(
        "a product is that of long division, whatever the shape and however its rows come",
        arguments: [(1, 1), (3, 5), (31, 65), (33, 64), (70, 131), (2, 300)])
    func shapes(left: Int, right: Int) {
        var generator = SplitMix64(state: 3)
        var product = FieldProduct(left: left, right: right)
        var (ones, twos): ([UInt32], [UInt32]) = ([], [])
        for rows in [256, 256, 1, 7, 8, 9, 255, 0, 3] {
            let one = (0..<(rows * left)).map { _ in PrimeField.reduced(generator.next()) }
            let two = (0..<(rows * right)).map { _ in PrimeField.reduced(generator.next()) }
            product.add(one, two)
            ones += one
            twos += two
        }
        #expect(product.elements == Self.product(ones, left, twos, right))
    }

    @Test("the largest products of either sign do not wrap")
    func ends() {
        let ends: [UInt32] = [0x3FFF_FFFF, 0x4000_0000]
        for one in ends {
            for two in ends {
                var product = FieldProduct(left: 2, right: 5)
                let (ones, twos) = ([UInt32](repeating: one, count: 512), [UInt32](repeating: two, count: 1280))
                for _ in 0..<9 { product.add(ones, twos) }
                let all = ([[UInt32]](repeating: ones, count: 9), [[UInt32]](repeating: twos, count: 9))
                #expect(product.elements == Self.product(all.0.flatMap { $0 }, 2, all.1.flatMap { $0 }, 5))
            }
        }
    }
}
