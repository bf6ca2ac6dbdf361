import Bytes
import Foundation

/// Evidence as people keep it: hexadecimal, base64 or base64url text, with line ends, or one of these in a JSON.
///
/// Each text is read in its one spelling, so that a changed bit cannot go unnoticed. Of a JSON the one member whose name
/// says that it holds evidence is taken; nothing else in it is looked at or believed.
enum DocumentText {
    /// Names under which programs keep a document, in lower case without `_` and `-`.
    private static let names: Set<String> = [
        "attestation", "attestationdoc", "attestationdocument", "attestationreport", "document", "doc", "evidence",
        "hclreport", "intelquote", "nitroattestation", "payload", "quote", "report", "snpreport", "tdquote", "tdxquote",
        "value",
    ]
    /// The members of `GET /attestation`: a JSON with one of them is that, or nothing.
    private static let envelope: Set<String> = ["format", "statement", "auxiliary"]
    private static let depthLimit = 4

    /// The document behind a text, or the bytes themselves.
    /// - Parameter isDocument: whether bytes have the form of one.
    static func bytes(_ bytes: [UInt8], isDocument: ([UInt8]) -> Bool) -> [UInt8] {
        if let decoded = decode(bytes) { return decoded }
        guard bytes.count <= Evidence.byteLimit * 4, let first = bytes.first(where: { !isSpace($0) }),
            [UInt8(ascii: "{"), UInt8(ascii: "["), UInt8(ascii: "\"")].contains(first),
            let value = try? JSONSerialization.jsonObject(with: Data(bytes), options: .fragmentsAllowed)
        else { return bytes }
        let found = Set(candidates(value, depth: 0).filter(isDocument))
        // Two documents leave open which one was meant.
        guard found.count == 1, let document = found.first else { return bytes }
        return document
    }

    /// The bytes behind text. No binary format is all letters and digits.
    private static func decode(_ bytes: [UInt8]) -> [UInt8]? {
        let text = bytes.filter { !isSpace($0) }
        guard text.count >= 64, text.count <= Evidence.byteLimit * 2 else { return nil }
        let digits = text.starts(with: Array("0x".utf8)) ? Array(text.dropFirst(2)) : text
        if let decoded = Hex.decode(digits) {
            // Digits in both cases at once would let a changed bit go unnoticed.
            let canonical = Hex.encode(decoded)
            let isOne =
                canonical.utf8.elementsEqual(digits) || canonical.uppercased().utf8.elementsEqual(digits)
            return isOne ? decoded : nil
        }
        if let decoded = Data(base64Encoded: Data(text)), decoded.base64EncodedData().elementsEqual(text) {
            return Array(decoded)
        }
        // Base64url comes with padding and without.
        let body = text.last == UInt8(ascii: "=") ? Array(text.prefix { $0 != UInt8(ascii: "=") }) : text
        guard text.count == body.count || text.count % 4 == 0, text.count - body.count <= 2,
            text.dropFirst(body.count).allSatisfy({ $0 == UInt8(ascii: "=") })
        else { return nil }
        // Standard letters without padding are read too: programs that strip it exist.
        return Base64URL.decode(body.map { $0 == 0x2B ? 0x2D : $0 == 0x2F ? 0x5F : $0 }).flatMap { decoded in
            let isMixed = body.contains { $0 == 0x2B || $0 == 0x2F } && body.contains { $0 == 0x2D || $0 == 0x5F }
            return isMixed ? nil : decoded
        }
    }

    /// What may be a document in a JSON value.
    private static func candidates(_ value: Any, depth: Int) -> [[UInt8]] {
        guard depth <= depthLimit else { return [] }
        switch value {
        case let text as String:
            let bytes = Array(text.utf8)
            return decode(bytes).map { [$0] } ?? []
        case let numbers as [Int]:
            // Rust's serde writes bytes as numbers.
            let bytes = numbers.compactMap { UInt8(exactly: $0) }
            return bytes.count == numbers.count && !bytes.isEmpty ? [bytes] : []
        case let members as [String: Any]:
            guard !members.keys.contains(where: envelope.contains) else { return [] }
            return members.flatMap { name, value in
                let plain = name.lowercased().filter { $0 != "_" && $0 != "-" }
                let isWrapping = value is [String: Any]
                return names.contains(plain) || isWrapping ? candidates(value, depth: depth + 1) : []
            }
        case let values as [Any]:
            return values.count == 1 ? values.flatMap { candidates($0, depth: depth + 1) } : []
        default: return []
        }
    }

    private static func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 || byte == 0x0A || byte == 0x0D }
}
