import Bytes
import Testing

@Suite struct ByteStringsTests {
    @Test("strings of any length come back as they were, each for itself")
    func kept() {
        let texts = ["", "a", "ab", "", "a much longer one, of more bytes than a word has", "b"].map { Array($0.utf8) }
        let strings = ByteStrings(texts)
        #expect(strings.count == 6 && strings.map { Array($0) } == texts)
    }

    @Test("of equal strings the first one stays, in the order of the list")
    func distinct() {
        let texts = (0..<3_000).map { Array("\($0 * $0 % 701)".utf8) } + [[], []]
        var known: Set<[UInt8]> = []
        #expect(ByteStrings(texts).distinct.map { Array($0) } == texts.filter { known.insert($0).inserted })
    }
}
