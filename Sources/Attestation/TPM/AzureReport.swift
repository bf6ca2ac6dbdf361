import Bytes
import Crypto
import Foundation

/// The report that Azure keeps in its virtual TPM (index 0x01400001): a report of the hardware, and the runtime data whose
/// hash stands in that report, the TPM's attestation key among them.
///
/// Little endian: a head of 32 bytes that begins with `HCLA`, 1184 bytes of hardware report, then five integers of 4 bytes
/// (length, version, kind of report, kind of hash, length of the JSON) and the JSON; zeros may follow. Source: Microsoft,
/// azure-docs "Azure confidential VMs guest attestation design", and its open example code.
public struct AzureReport: Sendable, Equatable {
    /// The hardware under the machine.
    public enum Hardware: Sendable, Equatable {
        /// The SEV-SNP report, 1184 bytes.
        case sevSNP([UInt8])
        /// The TDX module's local report, in 1184 bytes; the quote lies beside.
        case tdx([UInt8])
    }

    private static let hardwareOffset = 32
    private static let dataOffset = hardwareOffset + SNPReport.byteCount
    private static let jsonOffset = dataOffset + 20
    static let byteLimit = 16 * 1024

    public let hardware: Hardware
    /// The JSON of the runtime data, whose hash the hardware signed.
    public let runtimeData: [UInt8]
    /// The hash of the runtime data as it stands in the hardware's report: filled up with zeros to 64 bytes.
    let reportData: [UInt8]

    /// Whether bytes look like such a report.
    static func isReport(_ bytes: [UInt8]) -> Bool { bytes.starts(with: Array("HCLA".utf8)) }

    public init(bytes: [UInt8]) throws(EvidenceError) {
        guard AzureReport.isReport(bytes), bytes.count <= AzureReport.byteLimit else { throw .azureEncoding }
        guard bytes.count >= AzureReport.jsonOffset else { throw .azureLength(bytes.count) }
        let fields = LittleEndian(bytes)
        // No signature covers the head: each field has the values that are known, and the status is success.
        let version = fields.uint32(4)
        guard (1...2).contains(version), fields.uint32(12) == 2, bytes[16..<32].allSatisfy({ $0 == 0 }) else {
            throw .azureEncoding
        }
        let at = AzureReport.dataOffset
        let (length, count) = (Int(fields.uint32(at)), Int(fields.uint32(at + 16)))
        guard fields.uint32(at + 4) == 1, length == count + 20, count <= bytes.count - AzureReport.jsonOffset else {
            throw .azureEncoding
        }
        let end = AzureReport.jsonOffset + count
        guard bytes[end...].allSatisfy({ $0 == 0 }) else { throw .azureEncoding }
        // The head's own length counts everything up to the end of the JSON.
        guard Int(fields.uint32(8)) == end else { throw .azureEncoding }
        runtimeData = Array(bytes[AzureReport.jsonOffset..<end])
        let hash: [UInt8]
        switch fields.uint32(at + 12) {
        case 1: hash = Array(SHA256.hash(data: runtimeData))
        case 2: hash = Array(SHA384.hash(data: runtimeData))
        case 3: hash = Array(SHA512.hash(data: runtimeData))
        default: throw .azureEncoding
        }
        reportData = hash + [UInt8](repeating: 0, count: 64 - hash.count)
        let report = Array(bytes[AzureReport.hardwareOffset..<AzureReport.dataOffset])
        switch fields.uint32(at + 8) {
        case 2: hardware = .sevSNP(report)
        case 4: hardware = .tdx(report)
        default: throw .azureEncoding
        }
    }

    /// The key of the virtual TPM that the runtime data name `HCLAkPub`.
    func attestationKey() throws(EvidenceError) -> TPMKey {
        guard JSONForm.isPlain(runtimeData),
            let data = try? JSONDecoder().decode(RuntimeData.self, from: Data(runtimeData))
        else {
            throw .azureEncoding
        }
        let keys = data.keys.filter { $0.kid == "HCLAkPub" }
        guard let named = keys.first, keys.count == 1, named.kty == "RSA",
            let modulus = Base64URL.decode(Array(named.n.utf8)), let exponent = Base64URL.decode(Array(named.e.utf8)),
            let key = TPMKey(modulus: modulus, exponent: exponent)
        else { throw .azureKey }
        return key
    }

    private struct RuntimeData: Decodable {
        struct Key: Decodable {
            let kid: String
            let kty: String
            let n: String
            let e: String
        }

        let keys: [Key]
    }
}

/// Base64 with `-` and `_`, without padding (RFC 4648 §5), in its one form.
enum Base64URL {
    static func decode(_ text: [UInt8]) -> [UInt8]? {
        guard !text.contains(where: { [0x2B, 0x2F, 0x3D].contains($0) }) else { return nil }
        let standard = text.map { $0 == 0x2D ? 0x2B : $0 == 0x5F ? UInt8(0x2F) : $0 }
        let padded = standard + [UInt8](repeating: 0x3D, count: (4 - standard.count % 4) % 4)
        guard let data = Data(base64Encoded: Data(padded)), data.base64EncodedData().elementsEqual(padded) else {
            return nil
        }
        return Array(data)
    }
}

/// Verification of Azure's wrapping: hardware → runtime data → key of the virtual TPM → quote.
extension EvidenceVerifier {
    /// - Parameter bytes: a `TPMEvidence` with `hcl`, or the report alone, which then binds no connection.
    func verifyAzure(
        _ bytes: [UInt8], certificates: [[UInt8]], help: [[UInt8]]
    ) throws(EvidenceError) -> VerifiedEvidence {
        let document = AzureReport.isReport(bytes) ? nil : try TPMEvidence(bytes: bytes)
        guard let wrapped = document == nil ? bytes : document?.hcl else { throw .azurePartMissing }
        let report = try AzureReport(bytes: wrapped)
        var evidence: VerifiedEvidence
        switch (report.hardware, document?.quote) {
        case (.sevSNP(let inner), nil): evidence = try verifyReport(inner, certificates: certificates, help: help)
        case (.tdx(let inner), let quote?):
            evidence = try verifyQuote(quote)
            // No signature that a reader can check covers the local report: it has to say what the quote says.
            guard try TDReport(bytes: inner).isOfSameGuest(as: TDXQuote(bytes: quote)) else { throw .azureReportData }
        case (.tdx, nil): throw .azurePartMissing
        case (.sevSNP, _?): throw .azureHardware
        }
        guard evidence.reportData == report.reportData else { throw .azureReportData }
        evidence.format = .azure
        evidence.reportData = nil
        let key = try report.attestationKey()
        guard let document else {
            evidence.warnings.append(.azureAlone)
            return evidence
        }
        let quote = try TPMQuote(attest: document.attest, signature: document.signature)
        do throws(EvidenceError) {
            try Self.check(quote, document, key: key)
        } catch .tpmSignature {
            throw .azureKey
        }
        evidence.reportData = quote.extraData
        evidence.measurements += Self.measurements(document)
        evidence.platform.tpm = Self.facts(quote, key: key)
        if !quote.selection.contains(0) { evidence.warnings.append(.firmwareNotCompared) }
        return evidence
    }
}
