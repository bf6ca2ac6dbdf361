import Crypto
import Foundation
import Testing

@testable import Linkage

@Suite("The y of a point of P-256")
struct CurveRootTests {
    private static func compressed(_ x: [UInt8]) -> P256.KeyAgreement.PublicKey? {
        try? P256.KeyAgreement.PublicKey(compressedRepresentation: [0x02] + x)
    }

    private static func bytes(_ text: String) -> [UInt8] {
        stride(from: 0, to: 64, by: 2).map { place in
            let first = text.index(text.startIndex, offsetBy: place)
            return UInt8(text[first...text.index(after: first)], radix: 16) ?? 0
        }
    }

    /// The library's own root is the independent truth.
    @Test("numbers are the x of a point where the library says so, and the multiple is the same")
    func alike() throws {
        let key = P256.KeyAgreement.PrivateKey()
        var points = 0
        for number in 0..<2_000 {
            let x = Array(SHA256.hash(data: Data("\(number)".utf8)))
            let (found, expected) = (CurveName.point(x), Self.compressed(x))
            #expect((found == nil) == (expected == nil), "\(number)")
            guard let found, let expected else { continue }
            points += 1
            #expect(Array(found.x963Representation[1..<33]) == x)
            let secrets = try [found, expected].map { try key.sharedSecretFromKeyAgreement(with: $0) }
            #expect(secrets[0] == secrets[1], "\(number)")
        }
        // Of 2,000 numbers about half; nine deviations on either side.
        #expect((800...1_200).contains(points))
    }

    @Test("at the edges of the field, and beyond it, the library says the same; the base point has its y")
    func edges() {
        let modulus = "ffffffff00000001000000000000000000000000ffffffffffffffffffffffff"
        let edges = [
            String(repeating: "0", count: 64), String(repeating: "0", count: 63) + "1",
            String(repeating: "0", count: 63) + "5", modulus, String(modulus.dropLast()) + "e",
            "ffffffff00000001000000000000000000000001" + String(repeating: "0", count: 24),
            String(repeating: "f", count: 64),
            "ffffffff00000001000000000000000000000000fffffffffffffffffffffffa",
            "00000000ffffffff" + String(repeating: "0", count: 48),
            String(repeating: "0", count: 48) + "ffffffffffffffff",
        ]
        for edge in edges {
            let x = Self.bytes(edge)
            #expect((CurveName.point(x) == nil) == (Self.compressed(x) == nil), "\(edge)")
            #expect((CurveRoot.y(x) == nil) == (Self.compressed(x) == nil), "\(edge)")
        }
        let base = Self.bytes("6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296")
        let y = Self.bytes("4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5")
        let other = Self.bytes("b01cbd1c01e58065711814b583f061e9d431cca994cea1313449bf97c840ae0a")
        #expect(CurveRoot.y(base) == y || CurveRoot.y(base) == other)
    }
}
