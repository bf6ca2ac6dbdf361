import Testing
import VectorMath

@Suite("Texts and their codes")
struct CategoryTableTests {
    /// A text of sixteen bytes whose key is that of every other one made here: its second word undoes what its first did.
    private func colliding(_ number: UInt64) -> [UInt8] {
        var hash = (16 ^ number) &* 0xff51_afd7_ed55_8ccd
        hash ^= hash >> 32
        let words: [UInt64] = [number, hash ^ 42]
        return words.flatMap { word in withUnsafeBytes(of: word.littleEndian) { Array($0) } }
    }

    @Test("texts that were made to have one key are told apart, and the table is built", .timeLimit(.minutes(1)))
    func collisions() {
        let texts = (0..<200).map { colliding($0) }
        let table = CategoryTable(texts.enumerated().map { ($1, UInt32($0)) })
        for (code, text) in texts.enumerated() {
            #expect(text.withUnsafeBytes { table.code(of: $0) } == UInt32(code))
        }
        #expect(colliding(200).withUnsafeBytes { table.code(of: $0) } == nil)
    }

    @Test("the first of equal texts counts, and the empty text is one")
    func equal() {
        let table = CategoryTable([([], 3), (Array("ab".utf8), 1), (Array("ab".utf8), 2)])
        #expect(Array("ab".utf8).withUnsafeBytes { table.code(of: $0) } == 1)
        #expect([UInt8]().withUnsafeBytes { table.code(of: $0) } == 3)
        #expect(Array("a".utf8).withUnsafeBytes { table.code(of: $0) } == nil)
    }
}
