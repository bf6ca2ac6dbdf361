import Bytes
import Foundation

/// Blocks of PEM as programs write them: with lines of any length and any white space, and text around them (RFC 7468 §2).
struct PEMText {
    /// What the blocks are called, and the bytes in each.
    private(set) var blocks: [(label: String, bytes: [UInt8])] = []
    /// What the blocks are called that are open, cut, empty or no base64.
    private(set) var damaged: [String] = []
    /// Text around the blocks.
    private(set) var others: [String] = []

    /// nil where there is no block.
    init?(_ bytes: [UInt8]) {
        guard bytes.contains("-----BEGIN ".utf8), let text = String(validating: bytes, as: UTF8.self) else {
            return nil
        }
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
}
