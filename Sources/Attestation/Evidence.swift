import Bytes
import Foundation

/// Evidence as it travels: the document, certificates that help to check it, and the statement that it signs.
///
/// The JSON form is `{"format", "evidence", "auxiliary", "statement"}` with base64 values.
public struct Evidence: Sendable, Equatable {
    /// How `evidence` is to be read, and to which roots it must chain.
    public let format: EvidenceFormat
    /// A COSE document, an SEV-SNP report or a TDX quote.
    public let evidence: [UInt8]
    /// DER certificates beside the evidence; they are trusted for nothing until they chain to a root.
    public let auxiliary: [[UInt8]]
    /// The 192 bytes of a `Statement`.
    public let statement: [UInt8]

    /// Most bytes of JSON that are looked at.
    public static let byteLimit = 128 * 1024

    /// Evidence from its parts. Nothing is checked here: verification reads them.
    public init(format: EvidenceFormat, evidence: [UInt8], auxiliary: [[UInt8]] = [], statement: [UInt8]) {
        self.format = format
        self.evidence = evidence
        self.auxiliary = auxiliary
        self.statement = statement
    }

    /// Reads the JSON form: the four members and no other, base64 in its one form, so that no changed bit goes unnoticed.
    public init(json: some Sequence<UInt8>) throws(EvidenceError) {
        let bytes = Array(json.prefix(Evidence.byteLimit + 1))
        guard bytes.count <= Evidence.byteLimit else { throw .envelopeLength }
        if let fault = EvidenceError.ofJSON(bytes) { throw fault == .wrappingDepth ? .envelope(.json) : fault }
        guard case .object(let members)? = JSONValue(bytes) else { throw .envelope(.json) }
        guard members.keys.allSatisfy({ EvidenceError.EnvelopeField(rawValue: $0) != nil && $0 != "json" }) else {
            throw .envelopeUnknownMember
        }
        let name = try Evidence.text(.format, of: members)
        let document = try Evidence.text(.evidence, of: members)
        let statement = try Evidence.text(.statement, of: members)
        guard let format = EvidenceFormat(rawValue: name) else { throw .unknownFormat }
        var auxiliary: [[UInt8]] = []
        if let value = members["auxiliary"] {
            guard case .list(let items) = value else { throw .envelope(.auxiliary) }
            for item in items {
                guard case .text(let text) = item else { throw .envelope(.auxiliary) }
                auxiliary.append(try Evidence.bytes(of: text, field: .auxiliary))
            }
        }
        self.init(
            format: format, evidence: try Evidence.bytes(of: document, field: .evidence), auxiliary: auxiliary,
            statement: try Evidence.bytes(of: statement, field: .statement))
    }

    private static func text(
        _ field: EvidenceError.EnvelopeField, of members: [String: JSONValue]
    ) throws(EvidenceError) -> String {
        guard let value = members[field.rawValue] else { throw .envelopeLacks(field) }
        guard case .text(let text) = value else { throw .envelope(field) }
        return text
    }

    private static func bytes(of text: String, field: EvidenceError.EnvelopeField) throws(EvidenceError) -> [UInt8] {
        guard let data = Data(base64Encoded: text), data.base64EncodedString() == text else { throw .envelope(field) }
        return Array(data)
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
}
