import Bytes
import Testing

@testable import Attestation

@Suite("CBOR")
struct CBORTests {
    static func decode(_ hex: String, _ lengths: CBOR.Lengths = .definiteOrIndefinite) throws -> CBOR {
        try CBOR(decoding: #require(Hex.decode(hex.utf8)), lengths: lengths)
    }

    /// RFC 8949 appendix A, as far as this project accepts it.
    static let examples: [(String, CBOR)] = [
        ("00", .unsigned(0)), ("17", .unsigned(23)), ("1818", .unsigned(24)), ("18ff", .unsigned(255)),
        ("190100", .unsigned(256)), ("1a000f4240", .unsigned(1_000_000)),
        ("1bffffffffffffffff", .unsigned(.max)), ("20", .negative(0)), ("3863", .negative(99)),
        ("3bffffffffffffffff", .negative(.max)), ("f4", .boolean(false)), ("f5", .boolean(true)), ("f6", .null),
        ("40", .bytes([])), ("4401020304", .bytes([1, 2, 3, 4])), ("60", .text("")), ("62c3bc", .text("ü")),
        ("64f0908591", .text("\u{10151}")), ("80", .array([])),
        (
            "8301820203820405",
            .array([.unsigned(1), .array([.unsigned(2), .unsigned(3)]), .array([.unsigned(4), .unsigned(5)])])
        ),
        ("a0", .map([])), ("a201020304", .map([.init(.unsigned(1), .unsigned(2)), .init(.unsigned(3), .unsigned(4))])),
        (
            "a26161016162820203",
            .map([.init(.text("a"), .unsigned(1)), .init(.text("b"), .array([.unsigned(2), .unsigned(3)]))])
        ),
    ]

    @Test("values of RFC 8949 are decoded and encoded", arguments: examples.indices)
    func values(_ index: Int) throws {
        let (hex, value) = CBORTests.examples[index]
        #expect(try CBORTests.decode(hex, .definite) == value)
        #expect(Hex.encode(value.encoded) == hex)
    }

    @Test("indefinite arrays and maps are accepted where allowed, long integers everywhere")
    func lenient() throws {
        #expect(try CBORTests.decode("9f0102ff") == .array([.unsigned(1), .unsigned(2)]))
        #expect(try CBORTests.decode("bf6161f6ff") == .map([.init(.text("a"), .null)]))
        #expect(try CBORTests.decode("1b0000000000000001", .definite) == .unsigned(1))
        for hex in ["9f0102ff", "bf6161f6ff", "9fff"] {
            #expect(throws: CBORError.indefiniteLength) { try CBORTests.decode(hex, .definite) }
        }
    }

    static let mistakes: [(String, CBORError)] = [
        ("", .truncated), ("18", .truncated), ("1901", .truncated), ("42ff", .truncated), ("81", .countTooLarge),
        ("0000", .trailingBytes), ("a0a0", .trailingBytes), ("9fff00", .trailingBytes),
        ("1c", .reservedInformation), ("5d00", .reservedInformation), ("fe", .reservedInformation),
        ("5f4101ff", .indefiniteLength), ("7f6161ff", .indefiniteLength), ("1f", .indefiniteLength),
        ("ff", .unexpectedBreak), ("81ff", .unexpectedBreak), ("a1ff", .countTooLarge), ("a101ff", .unexpectedBreak),
        ("bf01ff", .unexpectedBreak), ("9f", .truncated), ("bf", .truncated),
        ("9bffffffffffffffff", .countTooLarge), ("bbffffffffffffffff", .countTooLarge),
        ("5bffffffffffffffff", .truncated), ("7bffffffffffffffff", .truncated), ("9a7fffffff", .countTooLarge),
        ("a200010001", .duplicateKey), ("a20001180001", .duplicateKey), ("a2616101616102", .duplicateKey),
        ("bf00010001ff", .duplicateKey), ("a14001", .keyType), ("a1f601", .keyType), ("a18001", .keyType),
        ("61ff", .invalidText), ("62c328", .invalidText), ("63eda080", .invalidText),
        ("c000", .tag), ("d2a0", .tag), ("f7", .simpleValue), ("f93c00", .simpleValue), ("f820", .simpleValue),
        ("fb3ff199999999999a", .simpleValue), ("8181818181818181", .countTooLarge), ("818181818181818181", .depth),
        ("81818181818181818100", .depth), ("9f9f9f9f9f9f9f9f9fff", .depth),
    ]

    @Test("what is not strict is refused by the rule it breaks", arguments: mistakes.indices)
    func malformed(_ index: Int) {
        let (hex, error) = CBORTests.mistakes[index]
        #expect(throws: error, "\(hex)") { try CBORTests.decode(hex) }
    }
}
