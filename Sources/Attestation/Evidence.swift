import Foundation

/// Evidence as it travels: the document, certificates that help to check it, and the statement that it signs.
///
/// The JSON form is `{"format", "evidence", "auxiliary", "statement"}` with base64 values
/// (`reference/attestation.md` §3.2 item 3).
public struct Evidence: Sendable, Equatable {
    public let format: EvidenceFormat
    /// A COSE document, an SEV-SNP report or a TDX quote.
    public let evidence: [UInt8]
    /// DER certificates beside the evidence; they are trusted for nothing until they chain to a root.
    public let auxiliary: [[UInt8]]
    /// The 192 bytes of a `Statement`.
    public let statement: [UInt8]

    /// Most bytes of JSON that are looked at.
    public static let byteLimit = 128 * 1024

    public init(format: EvidenceFormat, evidence: [UInt8], auxiliary: [[UInt8]] = [], statement: [UInt8]) {
        self.format = format
        self.evidence = evidence
        self.auxiliary = auxiliary
        self.statement = statement
    }

    /// Reads the JSON form.
    public init(json: some Sequence<UInt8>) throws(EvidenceError) {
        let data = Data(json)
        guard data.count <= Evidence.byteLimit else { throw .envelope(.json) }
        let envelope: Envelope
        do {
            envelope = try JSONDecoder().decode(Envelope.self, from: data)
        } catch {
            throw .envelope(.json)
        }
        guard let format = EvidenceFormat(rawValue: envelope.format) else { throw .unknownFormat }
        guard let evidence = Data(base64Encoded: envelope.evidence) else { throw .envelope(.evidence) }
        guard let statement = Data(base64Encoded: envelope.statement) else { throw .envelope(.statement) }
        var auxiliary: [[UInt8]] = []
        for text in envelope.auxiliary ?? [] {
            guard let certificate = Data(base64Encoded: text) else { throw .envelope(.auxiliary) }
            auxiliary.append(Array(certificate))
        }
        self.init(
            format: format, evidence: Array(evidence), auxiliary: auxiliary, statement: Array(statement))
    }

    /// The JSON form, keys sorted.
    public func json() -> [UInt8] {
        // Base64 and format names need no escapes, so that the text can be put together by hand.
        let base64 = { (bytes: [UInt8]) in Data(bytes).base64EncodedString() }
        let auxiliary = auxiliary.map { "\"\(base64($0))\"" }.joined(separator: ",")
        let text = """
            {"auxiliary":[\(auxiliary)],"evidence":"\(base64(evidence))",\
            "format":"\(format.rawValue)","statement":"\(base64(statement))"}
            """
        return Array(text.utf8)
    }

    private struct Envelope: Decodable {
        let format: String
        let evidence: String
        let auxiliary: [String]?
        let statement: String
    }
}
