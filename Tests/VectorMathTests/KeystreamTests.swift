import Testing
import VectorMath

@Suite("ChaCha20 keystream")
struct KeystreamTests {
    /// RFC 8439 §2.3.2: its 32-bit counter and the first third of its nonce are the 64-bit counter here.
    @Test("a block is that of RFC 8439, section 2.3.2")
    func rfc8439() {
        let stream = Keystream(key: (0..<32).map { UInt8($0) }, nonce: 0x0000_0000_4a00_0000)
        var words = [UInt64](repeating: 0, count: 8)
        stream.fill(&words, fromBlock: 0x0900_0000_0000_0001)
        let expected: [UInt32] = [
            0xe4e7_f110, 0x1559_3bd1, 0x1fdd_0f50, 0xc471_20a3, 0xc7f4_d1c7, 0x0368_c033, 0x9aaa_2204, 0x4e6c_d4c3,
            0x4664_82d2, 0x09aa_9f07, 0x05d7_c214, 0xa202_8bd9, 0xd19c_12b5, 0xb94e_16de, 0xe883_d0cb, 0x4e3c_50a2,
        ]
        #expect(words == (0..<8).map { UInt64(expected[2 * $0]) | UInt64(expected[2 * $0 + 1]) << 32 })
    }

    @Test("a block is the same whoever asks, in whatever portion", arguments: [1, 7, 8, 63, 64, 65, 1024])
    func seekable(_ count: Int) {
        let stream = Keystream(key: (0..<32).map { UInt8(200 - $0) }, nonce: 99)
        var whole = [UInt64](repeating: 0, count: 8 * 200)
        stream.fill(&whole, fromBlock: UInt64.max - 20)
        for block in [0, 1, 5, 30] {
            var part = [UInt64](repeating: 0, count: count)
            stream.fill(&part, fromBlock: UInt64.max - 20 &+ UInt64(block))
            #expect(part[...] == whole[(8 * block)..<(8 * block + count)])
        }
    }
}
