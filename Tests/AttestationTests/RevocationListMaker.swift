import Crypto
import Foundation

@testable import Attestation

/// Writes revocation lists as an authority does, in DER.
enum RevocationListMaker {
    /// DER of a list with one entry.
    static func list(
        issuer: [UInt8], number: [UInt8], madeAt: Int64 = TPMAuthority.time - 10, nextAt: Int64,
        key: P256.Signing.PrivateKey
    ) throws -> [UInt8] {
        let algorithm: [UInt8] = [0x30, 0x0A, 0x06, 0x08, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x04, 0x03, 0x02]
        // A number whose first bit is set has a zero byte before it, or it would be negative.
        let content = (number.first ?? 0) < 0x80 ? number : [0] + number
        let entry = node(0x30, node(0x02, content) + time(madeAt))
        let body = node(
            0x30,
            [0x02, 0x01, 0x01] + algorithm + issuer + time(madeAt) + time(nextAt) + node(0x30, entry))
        let signature = Array(try key.signature(for: SHA256.hash(data: body)).derRepresentation)
        return node(0x30, body + algorithm + node(0x03, [0] + signature))
    }

    private static func node(_ tag: UInt8, _ content: [UInt8]) -> [UInt8] {
        let count = content.count
        let length: [UInt8] =
            count < 128
            ? [UInt8(count)]
            : count < 256 ? [0x81, UInt8(count)] : [0x82, UInt8(count >> 8), UInt8(truncatingIfNeeded: count)]
        return [tag] + length + content
    }

    /// A UTCTime.
    private static func time(_ seconds: Int64) -> [UInt8] {
        let text = UnixTime.text(seconds).filter(\.isNumber).dropFirst(2) + "Z"
        return node(0x17, Array(text.utf8))
    }
}
