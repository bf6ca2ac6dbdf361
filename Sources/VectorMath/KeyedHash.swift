/// SipHash-2-4 with 128 bits of output: a keyed hash whose collisions nobody without the key can choose.
///
/// Source: J.-P. Aumasson, D. J. Bernstein, "SipHash: a fast short-input PRF", 2012, and the authors' reference
/// implementation for the 128-bit variant.
public struct KeyedHash: Sendable {
    let key: (UInt64, UInt64)

    public init(key: (UInt64, UInt64)) { self.key = key }

    public func hash(_ bytes: UnsafeRawBufferPointer) -> (UInt64, UInt64) { (0, 0) }
}
