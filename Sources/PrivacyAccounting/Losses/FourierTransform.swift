import Foundation

/// Complex numbers as two arrays.
struct ComplexArray {
    var real: [Double]
    var imaginary: [Double]

    init(real: [Double]) {
        self.real = real
        imaginary = [Double](repeating: 0, count: real.count)
    }

    /// Multiplies with the n-th power of the other, entry by entry.
    mutating func multiply(by other: ComplexArray, power: Int) {
        for index in real.indices {
            var (baseReal, baseImaginary) = (other.real[index], other.imaginary[index])
            var (x, y) = (real[index], imaginary[index])
            var exponent = power
            while exponent > 0 {
                if exponent & 1 == 1 { (x, y) = (x * baseReal - y * baseImaginary, x * baseImaginary + y * baseReal) }
                (baseReal, baseImaginary) = (
                    baseReal * baseReal - baseImaginary * baseImaginary, 2 * baseReal * baseImaginary
                )
                exponent >>= 1
            }
            (real[index], imaginary[index]) = (x, y)
        }
    }
}

/// The discrete Fourier transform of a power of two of numbers, in place (Cooley and Tukey 1965, radix 2).
struct FourierTransform {
    private let cosines: [Double]
    private let sines: [Double]
    private let count: Int

    /// - Parameter count: a power of two, 2 or more.
    init(count: Int) {
        self.count = count
        // Each root from its own angle, so that errors do not add up.
        let angles = (0..<(count / 2)).map { -2 * Double.pi * Double($0) / Double(count) }
        cosines = angles.map { cos($0) }
        sines = angles.map { sin($0) }
    }

    /// - Parameter isInverse: with e^(+i…) and divided by the count.
    func apply(_ values: inout ComplexArray, isInverse: Bool = false) {
        reverseBits(&values)
        let sign = isInverse ? -1.0 : 1.0
        var half = 1
        while half < count {
            let stride = count / (2 * half)
            for start in Swift.stride(from: 0, to: count, by: 2 * half) {
                for offset in 0..<half {
                    let (cosine, sine) = (cosines[offset * stride], sign * sines[offset * stride])
                    let (low, high) = (start + offset, start + offset + half)
                    let x = values.real[high] * cosine - values.imaginary[high] * sine
                    let y = values.real[high] * sine + values.imaginary[high] * cosine
                    values.real[high] = values.real[low] - x
                    values.imaginary[high] = values.imaginary[low] - y
                    values.real[low] += x
                    values.imaginary[low] += y
                }
            }
            half *= 2
        }
        guard isInverse else { return }
        for index in 0..<count {
            values.real[index] /= Double(count)
            values.imaginary[index] /= Double(count)
        }
    }

    private func reverseBits(_ values: inout ComplexArray) {
        var reversed = 0
        for index in 1..<count {
            var bit = count >> 1
            while reversed & bit != 0 {
                reversed ^= bit
                bit >>= 1
            }
            reversed |= bit
            guard index < reversed else { continue }
            values.real.swapAt(index, reversed)
            values.imaginary.swapAt(index, reversed)
        }
    }
}
