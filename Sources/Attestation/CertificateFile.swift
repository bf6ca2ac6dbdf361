import SwiftASN1

/// Certificate files as people have them: DER, or any number of PEM blocks.
public enum CertificateFile {
    /// DER of each certificate of a file, in the file's order.
    /// - Throws: `EvidenceError.certificateEncoding` when the bytes are neither PEM nor one DER certificate.
    public static func certificates(_ bytes: [UInt8]) throws(EvidenceError) -> [[UInt8]] {
        if bytes.first == 0x30 {
            guard (try? ChainCertificate(der: bytes)) != nil else { throw .certificateEncoding(0) }
            return [bytes]
        }
        guard let text = String(validating: bytes, as: UTF8.self),
            let documents = try? PEMDocument.parseMultiple(pemString: text)
        else { throw .certificateEncoding(0) }
        let certificates = documents.filter { $0.discriminator == "CERTIFICATE" }.map(\.derBytes)
        guard !certificates.isEmpty else { throw .certificateEncoding(0) }
        return certificates
    }
}
