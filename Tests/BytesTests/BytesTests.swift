import Bytes
import Testing

@Suite("Hexadecimal digits")
struct HexTests {
    @Test("every byte reads back")
    func everyByte() {
        let bytes = (0...255).map { UInt8($0) }
        let text = Hex.encode(bytes)
        #expect(text.hasPrefix("000102030405060708090a0b0c0d0e0f10") && text.hasSuffix("fdfeff"))
        #expect(Hex.decode(text.utf8) == bytes && Hex.decode(text.utf8, letters: .lowercase) == bytes)
        #expect(Hex.decode(text.uppercased().utf8) == bytes)
    }

    @Test("what is not pairs of digits is refused", arguments: ["0", "0g", "0:", "/0", "@0", "`0", " 00", "é0", "0é"])
    func refused(text: String) { #expect(Hex.decode(text.utf8) == nil) }

    @Test("where one text stands for a value, capital letters are refused")
    func lowercase() { #expect(Hex.decode("0A".utf8, letters: .lowercase) == nil) }

    @Test("no digits are no bytes")
    func empty() { #expect(Hex.decode("".utf8) == [] && Hex.encode([]) == "") }
}

@Suite("JSON strings")
struct JSONTextTests {
    @Test("every escape is that of Python's json.dumps")
    func python() {
        // json.dumps("".join(map(chr, range(0x23))) + "\\\x7fé猫", ensure_ascii=False)
        let text = String(String.UnicodeScalarView((0..<0x23).compactMap { Unicode.Scalar($0) })) + "\\\u{7F}é猫"
        let expected =
            #""\u0000\u0001\u0002\u0003\u0004\u0005\u0006\u0007\b\t\n\u000b\f\r\u000e\u000f\u0010\u0011\u0012\u0013"#
            + #"\u0014\u0015\u0016\u0017\u0018\u0019\u001a\u001b\u001c\u001d\u001e\u001f !\"\\"# + "\u{7F}é猫\""
        #expect(JSONText.quoted(text) == expected)
        var bytes: [UInt8] = [1]
        JSONText.append(text, to: &bytes)
        #expect(bytes == [1] + Array(expected.utf8))
    }

    @Test("three escapes have a letter where samples are written")
    func three() { #expect(JSONText.quoted("\u{8}\t\n\u{C}\r", escapes: .three) == #""\u0008\t\n\u000c\r""#) }
}

@Suite("The word that somebody meant")
struct NearestWordTests {
    @Test(
        "a slip of the pen is mended, another word is not",
        arguments: [
            ("epsilom", "epsilon"), ("EPSILON", "epsilon"), ("delte", "delta"), ("zzz", nil), ("", nil), ("q", nil),
            ("kéy", "key"), ("edlta", "delta"), ("kye", "key"),
        ])
    func slip(word: String, meant: String?) {
        #expect(NearestWord.to(word, among: ["epsilon", "delta", "key"]) == meant)
    }

    @Test("distances are those of the textbook")
    func distances() {
        func distance(_ first: String, _ second: String) -> Int {
            NearestWord.editDistance(Array(first.utf8), Array(second.utf8))
        }
        #expect(distance("kitten", "sitting") == 3 && distance("", "abc") == 3 && distance("flaw", "lawn") == 2)
        #expect(distance("intention", "execution") == 5 && distance("same", "same") == 0)
        #expect(distance("task", "tsak") == 1 && distance("ca", "abc") == 3 && distance("ab", "ba") == 1)
    }
}
