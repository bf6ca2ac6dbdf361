/// Bytes as pairs of hexadecimal digits: how digests, measurements and tokens are written.
public enum Hex {
    /// Which letters a reader takes.
    public enum Letters: Sendable {
        /// Small letters alone: one text for each value.
        case lowercase
        /// Small and capital letters.
        case either
    }

    /// Two digits a byte, in lower case.
    public static func encode(_ bytes: some Sequence<UInt8>) -> String {
        var text: [UInt8] = []
        for byte in bytes {
            text.append(digit(byte >> 4))
            text.append(digit(byte & 15))
        }
        return String(decoding: text, as: UTF8.self)
    }

    /// - Returns: nil for an odd number of digits or anything that is not one.
    public static func decode(_ text: some Sequence<UInt8>, letters: Letters = .either) -> [UInt8]? {
        var bytes: [UInt8] = []
        var high: UInt8?
        for character in text {
            guard let digit = value(of: character, letters) else { return nil }
            if let top = high {
                bytes.append(top << 4 | digit)
                high = nil
            } else {
                high = digit
            }
        }
        return high == nil ? bytes : nil
    }

    private static func digit(_ value: UInt8) -> UInt8 {
        value < 10 ? UInt8(ascii: "0") + value : UInt8(ascii: "a") + value - 10
    }

    private static func value(of character: UInt8, _ letters: Letters) -> UInt8? {
        switch character {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): character - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): character - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F") where letters == .either: character - UInt8(ascii: "A") + 10
        default: nil
        }
    }
}
