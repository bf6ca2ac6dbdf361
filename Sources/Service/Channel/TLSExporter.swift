import Crypto
import Foundation

/// TLS 1.3 exporters (RFC 8446 §7.5) from the exporter secret that a key log line gives.
enum TLSExporter {
    /// The channel binding of RFC 9266 from a line `EXPORTER_SECRET <client random> <secret>`; nil for other lines.
    static func channelBinding(keyLogLine line: some Collection<UInt8>) -> [UInt8]? {
        let fields = line.split(whereSeparator: { $0 == 0x20 || $0 == 0x0A || $0 == 0x0D })
        guard fields.count == 3, fields[0].elementsEqual("EXPORTER_SECRET".utf8), let secret = bytes(fields[2]) else {
            return nil
        }
        return exporter(secret: secret, label: "EXPORTER-Channel-Binding", length: 32)
    }

    /// TLS-Exporter(label, no context, length). The length of the secret tells the hash of the cipher suite.
    static func exporter(secret: [UInt8], label: String, length: Int) -> [UInt8]? {
        switch secret.count {
        case SHA256.byteCount: derive(secret, label, length, SHA256.self)
        case SHA384.byteCount: derive(secret, label, length, SHA384.self)
        default: nil
        }
    }

    private static func derive<H: HashFunction>(
        _ secret: [UInt8], _ label: String, _ length: Int, _ hash: H.Type
    ) -> [UInt8] {
        let emptyHash = Array(H.hash(data: [UInt8]()))
        let derived = expandLabel(secret, label, emptyHash, H.Digest.byteCount, hash)
        return expandLabel(derived, "exporter", emptyHash, length, hash)
    }

    /// HKDF-Expand-Label (RFC 8446 §7.1).
    private static func expandLabel<H: HashFunction>(
        _ secret: [UInt8], _ label: String, _ context: [UInt8], _ length: Int, _ hash: H.Type
    ) -> [UInt8] {
        let fullLabel = Array("tls13 \(label)".utf8)
        var info: [UInt8] = [UInt8(truncatingIfNeeded: length >> 8), UInt8(truncatingIfNeeded: length)]
        info.append(UInt8(fullLabel.count))
        info += fullLabel
        info.append(UInt8(context.count))
        info += context
        let key = HKDF<H>.expand(pseudoRandomKey: secret, info: info, outputByteCount: length)
        return key.withUnsafeBytes { Array($0) }
    }

    private static func bytes(_ hexadecimal: some Collection<UInt8>) -> [UInt8]? {
        let digits = hexadecimal.map { digit -> UInt8? in
            switch digit {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): digit - UInt8(ascii: "0")
            case UInt8(ascii: "a")...UInt8(ascii: "f"): digit - UInt8(ascii: "a") + 10
            case UInt8(ascii: "A")...UInt8(ascii: "F"): digit - UInt8(ascii: "A") + 10
            default: nil
            }
        }
        guard digits.count.isMultiple(of: 2) else { return nil }
        var bytes: [UInt8] = []
        for index in stride(from: 0, to: digits.count, by: 2) {
            guard let high = digits[index], let low = digits[index + 1] else { return nil }
            bytes.append(high << 4 | low)
        }
        return bytes
    }
}
