import Foundation
import SwiftASN1

/// Certificate files as people have them: DER, one or several after each other, its base64, or any number of PEM blocks,
/// also as a header of HTTP carries them. White space that an editor or a shell left behind them is no part of them.
public enum CertificateFile {
    /// DER of each certificate of a file, in the file's order.
    /// - Throws: `EvidenceError.certificateEncoding` when the bytes are none of these, or one of several cannot be read.
    public static func certificates(_ bytes: [UInt8]) throws(EvidenceError) -> [[UInt8]] {
        if let text = PEMText(bytes) {
            let found = text.blocks.filter { labels.contains($0.label) }.map(\.bytes)
            guard !found.isEmpty, text.damaged.isEmpty, found.allSatisfy({ (try? ChainCertificate(der: $0)) != nil })
            else { throw .certificateEncoding(0) }
            return found
        }
        let der = bytes.first == 0x30 ? element(bytes) : DocumentText.decode(DocumentText.afterMark(bytes)) ?? bytes
        if (try? ChainCertificate(der: der)) != nil { return [der] }
        let found = concatenated(der)
        guard !found.isEmpty else { throw .certificateEncoding(0) }
        return found
    }

    /// The certificates of a file that wraps them in JSON or CBOR, and holds no document; nil for any other.
    public static func wrapped(_ bytes: [UInt8]) -> [[UInt8]]? {
        guard (try? certificates(bytes)) == nil else { return nil }
        let wrapping = DocumentWrapping(bytes)
        let isOne = wrapping.fault == nil && wrapping.documents.isEmpty && wrapping.unopened.isEmpty
        return isOne && !wrapping.certificates.isEmpty ? wrapping.certificates : nil
    }

    /// What a block of a certificate is called, by today's programs and by older ones.
    private static let labels = ["CERTIFICATE", "X509 CERTIFICATE"]

    /// DER certificates one after the other, all of them readable; empty for anything else.
    static func concatenated(_ bytes: [UInt8]) -> [[UInt8]] {
        var certificates: [[UInt8]] = []
        var position = 0
        while position < bytes.count {
            if !certificates.isEmpty, bytes[position...].allSatisfy(DocumentText.isSpace) { break }
            // SEQUENCE with a length of two bytes: no certificate is shorter.
            guard position + 4 <= bytes.count, bytes[position] == 0x30, bytes[position + 1] == 0x82 else { return [] }
            let end = position + 4 + Int(bytes[position + 2]) << 8 + Int(bytes[position + 3])
            guard end <= bytes.count else { return [] }
            let der = Array(bytes[position..<end])
            guard (try? ChainCertificate(der: der)) != nil else { return [] }
            certificates.append(der)
            position = end
        }
        return certificates
    }

    /// A file of one element of DER without the white space behind it: the element says itself where it ends.
    static func element(_ bytes: [UInt8]) -> [UInt8] {
        guard bytes.count > 2, bytes[0] == 0x30 else { return bytes }
        let octets = bytes[1] < 0x80 ? 0 : Int(bytes[1] & 0x7F)
        guard octets <= 4, bytes.count >= 2 + octets else { return bytes }
        let length = octets == 0 ? Int(bytes[1]) : bytes[2..<(2 + octets)].reduce(0) { $0 << 8 | Int($1) }
        let end = 2 + octets + length
        guard end < bytes.count, bytes[end...].allSatisfy(DocumentText.isSpace) else { return bytes }
        return Array(bytes[..<end])
    }

    /// Whether bytes are one SEQUENCE of DER: a key, a list or a signature, and no document of any format.
    static func isOneSequence(_ bytes: [UInt8]) -> Bool {
        guard bytes.count > 4, bytes[0] == 0x30, bytes[1] == 0x82 else { return false }
        return Int(bytes[2]) << 8 + Int(bytes[3]) + 4 == bytes.count
    }

    /// From when to when a certificate holds, in seconds since 1970.
    /// - Throws: `EvidenceError.certificateEncoding`.
    public static func validity(of der: [UInt8]) throws(EvidenceError) -> (notBefore: Int64, notAfter: Int64) {
        guard let certificate = try? ChainCertificate(der: der) else { throw .certificateEncoding(0) }
        return (certificate.notBefore, certificate.notAfter)
    }

    /// The one PEM text of certificates that has lines of 64 characters, each ended by a line feed.
    static func pem(_ certificates: [[UInt8]]) -> [UInt8] {
        var text: [UInt8] = []
        for certificate in certificates {
            text += Array("-----BEGIN CERTIFICATE-----\n".utf8)
            let base64 = Array(Data(certificate).base64EncodedData())
            for start in stride(from: 0, to: base64.count, by: 64) {
                text += base64[start..<min(start + 64, base64.count)]
                text.append(0x0A)
            }
            text += Array("-----END CERTIFICATE-----\n".utf8)
        }
        return text
    }
}
