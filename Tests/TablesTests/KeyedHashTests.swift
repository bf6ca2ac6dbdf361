import Foundation
import Testing
import VectorMath

@Suite struct KeyedHashTests {
    @Test("SipHash-2-4-128 gives OpenSSL's answers for the reference key and inputs of 0 to 63 bytes")
    func reference() throws {
        let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .appendingPathComponent("Vectors/siphash-2-4-128.txt")
        let vectors = try String(contentsOf: file, encoding: .utf8).split(separator: "\n")
        #expect(vectors.count == 64)
        let hash = KeyedHash(key: (0x0706_0504_0302_0100, 0x0f0e_0d0c_0b0a_0908))
        for (length, expected) in vectors.enumerated() {
            let (low, high) = hash.hash((0..<length).map { UInt8($0) })
            let bytes = withUnsafeBytes(of: (low.littleEndian, high.littleEndian)) { Array($0) }
            #expect(bytes.map { String(format: "%02x", $0) }.joined() == expected)
        }
    }

    @Test("another key gives another hash")
    func keyed() {
        let bytes = Array("12345678".utf8)
        #expect(KeyedHash(key: (1, 2)).hash(bytes) != KeyedHash(key: (1, 3)).hash(bytes))
    }
}
