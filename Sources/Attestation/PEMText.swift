import Bytes
import Foundation

/// Blocks of PEM as programs write them: with lines of any length and any white space, and text around them (RFC 7468 §2);
/// also as the headers of HTTP carry them, with `%0A` for the end of a line: so Intel's service hands out its chains.
struct PEMText {
    /// What the blocks are called, and the bytes in each.
    private(set) var blocks: [(label: String, bytes: [UInt8])] = []
    /// What the blocks are called that are open, cut, empty or no base64.
    private(set) var damaged: [String] = []
    /// Text around the blocks.
    private(set) var others: [String] = []
    /// Each distinct name of a block, be the block damaged.
    var labels: Set<String> { Set(blocks.map(\.label) + damaged) }

    /// nil where there is no block, and where a letter has more marks than any language has: such names take minutes to compare.
    init?(_ bytes: [UInt8]) {
        let plain = PEMText.unescaped(bytes)
        guard plain.contains("-----BEGIN ".utf8), let text = String(validating: plain, as: UTF8.self),
            CombiningMarks.areFew(in: text)
        else { return nil }
        let parts = text.components(separatedBy: "-----")
        var place = 0
        while place < parts.count {
            guard parts[place].hasPrefix("BEGIN ") else {
                others.append(parts[place])
                place += 1
                continue
            }
            let label = String(parts[place].dropFirst(6))
            let isWhole = place + 2 < parts.count && parts[place + 2] == "END " + label
            let body = isWhole ? parts[place + 1].utf8.filter { !DocumentText.isSpace($0) } : []
            if let block = DocumentText.base64(body), !block.isEmpty {
                blocks.append((label, block))
            } else {
                damaged.append(label)
            }
            place += isWhole ? 3 : 1
        }
    }

    /// The text with the lines unescaped that hold a block in the spelling of URLs. What else has `%` in it stays as it is.
    private static func unescaped(_ bytes: [UInt8]) -> [UInt8] {
        let (escaped, form) = ("-----BEGIN%20".utf8, "-----BEGIN+".utf8)
        guard bytes.contains(escaped) || bytes.contains(form) else { return bytes }
        let lines = bytes.split(separator: 0x0A, omittingEmptySubsequences: false).map { line in
            // A `+` is a letter of base64 where a space is written as %20.
            if line.contains(escaped) { return unescaped(line: line, plus: UInt8(ascii: "+")) }
            return line.contains(form) ? unescaped(line: line, plus: 0x20) : Array(line)
        }
        return Array(lines.joined(separator: [0x0A]))
    }

    /// - Parameter plus: what a `+` stands for.
    private static func unescaped(line: ArraySlice<UInt8>, plus: UInt8) -> [UInt8] {
        var text: [UInt8] = []
        var rest = line
        while let byte = rest.popFirst() {
            if byte == UInt8(ascii: "%"), let decoded = Hex.decode(rest.prefix(2)), decoded.count == 1 {
                text += decoded
                rest = rest.dropFirst(2)
            } else {
                text.append(byte == UInt8(ascii: "+") ? plus : byte)
            }
        }
        return text
    }
}
