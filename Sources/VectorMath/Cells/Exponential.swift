/// `eˣ` by a polynomial with a fixed order of operations, so that a loop over it becomes vector code and gives the same
/// bits on every machine built with the same flags.
///
/// Cody–Waite reduction `x = n ln 2 + r`, a Taylor polynomial of degree 12 on `|r| ≤ ln 2 / 2` and an integer addition
/// to the exponent. The relative error stays below 4e-16 (`ExponentialTests` compares it with the C library). Below
/// -708 the result is exactly zero, which is what a potential of −∞ needs; above 709 it is clamped, never infinite.
@inline(__always)
func polynomialExponential(_ x: Double) -> Double {
    let clamped = x < -708 ? -708 : (x > 709 ? 709 : x)
    let magic = 6_755_399_441_055_744.0  // 1.5 · 2^52: adding it rounds to an integer held in the low bits
    let shifted = magic.addingProduct(clamped, 1.442_695_040_888_963_4)
    let n = shifted - magic
    var r = clamped.addingProduct(n, -0.693_147_180_369_123_8)
    r = r.addingProduct(n, -1.908_214_929_270_587_7e-10)
    var p = 2.087_675_698_786_81e-9
    p = (2.505_210_838_544_172e-8).addingProduct(p, r)
    p = (2.755_731_922_398_589e-7).addingProduct(p, r)
    p = (2.755_731_922_398_589_3e-6).addingProduct(p, r)
    p = (2.480_158_730_158_730_2e-5).addingProduct(p, r)
    p = (1.984_126_984_126_984e-4).addingProduct(p, r)
    p = (1.388_888_888_888_889e-3).addingProduct(p, r)
    p = (8.333_333_333_333_333e-3).addingProduct(p, r)
    p = (4.166_666_666_666_666_4e-2).addingProduct(p, r)
    p = (1.666_666_666_666_666_6e-1).addingProduct(p, r)
    p = (0.5).addingProduct(p, r)
    p = (1.0).addingProduct(p, r)
    p = (1.0).addingProduct(p, r)
    let scaled = Double(bitPattern: p.bitPattern &+ (shifted.bitPattern &<< 52))
    return x < -708 ? 0 : scaled
}

/// Writes `exp(source[i] − shift)` for a range of cells.
///
/// - Parameters:
///   - source: logarithms; −∞ gives exactly 0.
///   - range: the cells to write; it must lie inside both arrays.
///   - shift: subtracted first, usually the maximum of the range.
///   - target: receives the exponentials at the same indices.
@inline(never)
public func exponentials(_ source: [Double], in range: Range<Int>, minus shift: Double, into target: inout [Double]) {
    precondition(range.lowerBound >= 0 && range.upperBound <= source.count && range.upperBound <= target.count)
    // Proof: `range` lies inside both buffers by the precondition, and i runs over it alone.
    source.withUnsafeBufferPointer { input in
        target.withUnsafeMutableBufferPointer { output in
            guard let input = input.baseAddress, let output = output.baseAddress else { return }
            for i in range { output[i] = polynomialExponential(input[i] - shift) }
        }
    }
}

/// The largest of a range of values, −∞ for an empty range. Values must not be NaN.
@inline(never)
public func maximum(_ values: [Double], in range: Range<Int>) -> Double {
    precondition(range.lowerBound >= 0 && range.upperBound <= values.count)
    // Proof: `range` lies inside the buffer by the precondition; blocks of four never pass its end.
    return values.withUnsafeBufferPointer { buffer in
        guard let cells = buffer.baseAddress else { return -.infinity }
        var a = -Double.infinity
        var b = a
        var c = a
        var d = a
        var i = range.lowerBound
        while i &+ 4 <= range.upperBound {
            a = cells[i] > a ? cells[i] : a
            b = cells[i &+ 1] > b ? cells[i &+ 1] : b
            c = cells[i &+ 2] > c ? cells[i &+ 2] : c
            d = cells[i &+ 3] > d ? cells[i &+ 3] : d
            i &+= 4
        }
        while i < range.upperBound {
            a = cells[i] > a ? cells[i] : a
            i &+= 1
        }
        let ab = a > b ? a : b
        let cd = c > d ? c : d
        return ab > cd ? ab : cd
    }
}
