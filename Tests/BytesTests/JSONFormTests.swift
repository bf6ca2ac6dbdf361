import Bytes
import Testing

@Suite("JSON that says the same to every reader")
struct JSONFormTests {
    private func fault(_ text: String) -> JSONForm.Fault? { JSONForm.fault(of: Array(text.utf8)) }

    @Test(
        "an object that has a name twice is found, however deep and however it is written",
        arguments: [
            #"{"a":1,"a":2}"#, #"{"a":1,"b":{"c":[{"d":0,"e":0,"d":0}]}}"#, #"{"a":1,"\u0061":2}"#,
            #"{"a\/b":1,"a/b":2}"#, #"{"\uD83D\uDE00":1,"😀":2}"#, "{\"\u{E9}\":1,\"e\u{301}\":2}", #"{"":1,"":1}"#,
            #"[1,{"x":"","y":"","x":""}]"#, "{\"a\":1,\n\t \"a\" : 2}", #"{"\n":1,"\u000a":2}"#,
        ])
    func twice(_ text: String) { #expect(fault(text) == .duplicateName) }

    @Test(
        "one name in different objects, and a text like a name, are no repetition",
        arguments: [
            #"{"a":{"a":{"a":1}}}"#, #"[{"a":1},{"a":1}]"#, #"{"a":"a","b":"a"}"#, #"{"a":"\"a\":1,\"a\":2"}"#, "{}",
            "[]",
            " \n3.5e-7 ", #""text""#, "[true,false,null]", #"{"a":1,"A":2}"#, #"{"a\\":1,"a\\\\":2}"#,
        ])
    func once(_ text: String) { #expect(fault(text) == nil) }

    @Test(
        "what is no JSON in UTF-8 is refused",
        arguments: [
            "", " ", "{", "[1,", #"{"a"}"#, #"{"a":}"#, "[1 2]", "{a:1}", #"{"a":1}}"#, "\u{FEFF}{}", #""open"#, #""\"#,
            #"{"\x":1}"#, #"{"\u12":1}"#, #"{"\uD800":1}"#, "{\"a\u{1}\":1}", "[1]x", "[,]", "[1,]", #"{"a":1,}"#,
            "{}\0",
        ])
    func malformed(_ text: String) {
        #expect(fault(text) == .malformed)
        #expect(!JSONForm.isPlain(Array(text.utf8)))
    }

    @Test("bytes that are not UTF-8 are refused")
    func encoding() {
        #expect(JSONForm.fault(of: [0x22, 0xFF, 0x22]) == .malformed)
        #expect(JSONForm.fault(of: Array("{}".utf16).flatMap { [UInt8($0), 0] }) == .malformed)
    }

    @Test("nesting is bounded, and a long text is read once", .timeLimit(.minutes(1)))
    func bounds() {
        let nested = { (depth: Int) in String(repeating: "[", count: depth) + String(repeating: "]", count: depth) }
        #expect(fault(nested(JSONForm.depthLimit)) == nil)
        #expect(fault(nested(JSONForm.depthLimit + 1)) == .depth)
        #expect(fault(String(repeating: "{\"a\":", count: 1_000_000)) == .depth)
        // Compared one with another, so many names would take hours.
        let members = (0..<400_000).map { "\"\($0)\":0" }.joined(separator: ",")
        #expect(fault("{\(members)}") == nil)
        #expect(fault("{\(members),\"0\":1}") == .duplicateName)
    }

    @Test(
        "a text of more marks on one letter than any language has is refused before it is compared",
        .timeLimit(.minutes(1)))
    func marks() {
        let marks = { (count: Int) in String(repeating: "\u{300}\u{316}", count: count / 2) }
        for text in ["{\"a\(marks(200_000))\":1}", "[\"a\(marks(200_000))\"]", "{\"a\(marks(32))\":1}"] {
            #expect(fault(text) == .marks)
        }
        #expect(fault("{\"a" + String(repeating: "\\u0300\\u0316", count: 20_000) + "\":1}") == .marks)
        // What people write: marks of one letter up to the limit, and any number of letters with marks.
        #expect(fault("{\"a\(marks(30))\":1}") == nil)
        #expect(fault("{\"" + String(repeating: "e\u{301}\u{323}", count: 50_000) + "\":\"Việt\"}") == nil)
        #expect(fault(#"{"note":"a lone half \ud800 is for the decoder to judge"}"#) == nil)
    }
}
