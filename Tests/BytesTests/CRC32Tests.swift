import Bytes
import Testing

@Suite struct CRC32Tests {
    @Test("checksums are those of RFC 1952, whatever the length")
    func polynomial() {
        #expect(CRC32.value(of: Array("123456789".utf8)) == 0xCBF4_3926)
        var generator = SystemRandomNumberGenerator()
        for length in 0..<40 {
            let bytes = (0..<length).map { _ in UInt8.random(in: 0...255, using: &generator) }
            // Bit by bit, as its definition has it.
            var value: UInt32 = 0xFFFF_FFFF
            for byte in bytes {
                value ^= UInt32(byte)
                for _ in 0..<8 { value = value & 1 == 1 ? value >> 1 ^ 0xEDB8_8320 : value >> 1 }
            }
            #expect(CRC32.value(of: bytes) == value ^ 0xFFFF_FFFF, "\(bytes)")
        }
    }
}
