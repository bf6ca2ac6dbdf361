/// The y of a point of P-256 with a given x: a square root modulo p = 2²⁵⁶ − 2²²⁴ + 2¹⁹² + 2⁹⁶ − 1.
///
/// `P256` takes a root as well, by a general routine that costs as much as the multiple itself: an intersection takes three a name.
/// What comes from here is not believed: `P256` asks whether x and y are on the curve. It takes the same steps for every x.
///
/// Numbers are in Montgomery's form, a·2²⁵⁶ modulo p, in words with the lowest first.
struct CurveRoot {
    private typealias Words = (UInt64, UInt64, UInt64, UInt64)

    private static let modulus: Words = (0xFFFF_FFFF_FFFF_FFFF, 0xFFFF_FFFF, 0, 0xFFFF_FFFF_0000_0001)
    /// 2⁵¹² modulo p: what makes Montgomery's form of a number.
    private static let square: Words = (
        3, 0xFFFF_FFFB_FFFF_FFFF, 0xFFFF_FFFF_FFFF_FFFE, 0x0000_0004_FFFF_FFFD
    )
    /// The curve's b.
    private static let b: Words = (
        0x3BCE_3C3E_27D2_604B, 0x651D_06B0_CC53_B0F6, 0xB3EB_BD55_7698_86BC, 0x5AC6_35D8_AA3A_93E7
    )

    /// - Parameter x: 32 bytes, the highest first.
    /// - Returns: y in the same form; nil where no point of the curve has this x, or it is not below p.
    static func y(_ x: some Sequence<UInt8>) -> [UInt8]? {
        var words: Words = (0, 0, 0, 0)
        for byte in x {
            words.3 = words.3 << 8 | words.2 >> 56
            words.2 = words.2 << 8 | words.1 >> 56
            words.1 = words.1 << 8 | words.0 >> 56
            words.0 = words.0 << 8 | UInt64(byte)
        }
        guard lessModulus(words).borrow else { return nil }
        let a = product(words, square)
        // x³ − 3x + b.
        let cube = product(product(a, a), a)
        let right = sum(difference(difference(difference(cube, a), a), a), product(b, square))
        let root = root(of: right)
        guard product(root, root) == right else { return nil }
        let plain = product(root, (1, 0, 0, 0))
        return [plain.3, plain.2, plain.1, plain.0].flatMap { word in
            (0..<8).map { UInt8(truncatingIfNeeded: word >> (56 - 8 * UInt64($0))) }
        }
    }

    /// The power (p + 1)/4 = 2²⁵⁴ − 2²²² + 2¹⁹⁰ + 2⁹⁴, which is a root where there is one.
    private static func root(of a: Words) -> Words {
        var ones = a
        // All ones, of twice as many bits each time.
        for bits in [1, 2, 4, 8, 16] { ones = product(squared(ones, bits), ones) }
        let middle = product(squared(ones, 32), a)
        return squared(product(squared(middle, 96), a), 94)
    }

    private static func squared(_ a: Words, _ times: Int) -> Words {
        var a = a
        for _ in 0..<times { a = product(a, a) }
        return a
    }

    /// a·b·2⁻²⁵⁶ modulo p. A round adds a word of b times a, then as many p as make the lowest word zero: that is this word itself,
    /// since p is −1 modulo 2⁶⁴.
    @inline(__always)
    private static func product(_ a: Words, _ b: Words) -> Words {
        var t: (UInt64, UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0, 0)
        round(a, b.0, &t)
        round(a, b.1, &t)
        round(a, b.2, &t)
        round(a, b.3, &t)
        let low = (t.0, t.1, t.2, t.3)
        let (less, borrow) = lessModulus(low)
        return borrow && t.4 == 0 ? low : less
    }

    @inline(__always)
    private static func round(_ a: Words, _ word: UInt64, _ t: inout (UInt64, UInt64, UInt64, UInt64, UInt64)) {
        let word = UInt128(word)
        let s0 = UInt128(a.0) &* word &+ UInt128(t.0)
        let s1 = UInt128(a.1) &* word &+ UInt128(t.1) &+ s0 >> 64
        let s2 = UInt128(a.2) &* word &+ UInt128(t.2) &+ s1 >> 64
        let s3 = UInt128(a.3) &* word &+ UInt128(t.3) &+ s2 >> 64
        let s4 = UInt128(t.4) &+ s3 >> 64
        // Of m·p the lowest word and m together are m·2⁶⁴: m goes on to the next word, where m·(2³² − 1) makes m·2³² of it.
        let m = UInt64(truncatingIfNeeded: s0)
        let r1 = UInt128(UInt64(truncatingIfNeeded: s1)) &+ UInt128(m) << 32
        let r2 = UInt128(UInt64(truncatingIfNeeded: s2)) &+ r1 >> 64
        let r3 = UInt128(UInt64(truncatingIfNeeded: s3)) &+ UInt128(m) &* UInt128(modulus.3) &+ r2 >> 64
        let r4 = s4 &+ r3 >> 64
        t = (
            UInt64(truncatingIfNeeded: r1), UInt64(truncatingIfNeeded: r2), UInt64(truncatingIfNeeded: r3),
            UInt64(truncatingIfNeeded: r4), UInt64(truncatingIfNeeded: r4 >> 64)
        )
    }

    /// a − p modulo 2²⁵⁶, and whether a is below p.
    @inline(__always)
    private static func lessModulus(_ a: Words) -> (Words, borrow: Bool) { minus(a, modulus) }

    @inline(__always)
    private static func minus(_ a: Words, _ b: Words) -> (Words, borrow: Bool) {
        let d0 = Int128(a.0) &- Int128(b.0)
        let d1 = Int128(a.1) &- Int128(b.1) &+ d0 >> 64
        let d2 = Int128(a.2) &- Int128(b.2) &+ d1 >> 64
        let d3 = Int128(a.3) &- Int128(b.3) &+ d2 >> 64
        return (
            (
                UInt64(truncatingIfNeeded: d0), UInt64(truncatingIfNeeded: d1), UInt64(truncatingIfNeeded: d2),
                UInt64(truncatingIfNeeded: d3)
            ), d3 < 0
        )
    }

    @inline(__always)
    private static func plus(_ a: Words, _ b: Words) -> (Words, carry: Bool) {
        let s0 = UInt128(a.0) &+ UInt128(b.0)
        let s1 = UInt128(a.1) &+ UInt128(b.1) &+ s0 >> 64
        let s2 = UInt128(a.2) &+ UInt128(b.2) &+ s1 >> 64
        let s3 = UInt128(a.3) &+ UInt128(b.3) &+ s2 >> 64
        return (
            (
                UInt64(truncatingIfNeeded: s0), UInt64(truncatingIfNeeded: s1), UInt64(truncatingIfNeeded: s2),
                UInt64(truncatingIfNeeded: s3)
            ), s3 >> 64 != 0
        )
    }

    private static func sum(_ a: Words, _ b: Words) -> Words {
        let (whole, carry) = plus(a, b)
        let (less, borrow) = lessModulus(whole)
        return borrow && !carry ? whole : less
    }

    private static func difference(_ a: Words, _ b: Words) -> Words {
        let (less, borrow) = minus(a, b)
        return borrow ? plus(less, modulus).0 : less
    }
}
