/// Why evidence is not authentic. One case a rule; no case carries bytes of the evidence, so that each is safe to log.
///
/// Authentic evidence that a relying party still does not want is a `Refusal`, which is another question.
public enum EvidenceError: Error, Sendable, Equatable, Hashable {
    // Envelope and statement.
    case envelope(EnvelopeField)
    case unknownFormat
    case statementLength(Int)
    case statementMagic
    case statementFlags
    case statementField
    case statementMissing
    case statementMismatch
    case statementContradictsFormat

    // Nitro and simulated documents.
    case cbor(CBORError)
    case coseTag
    case coseArray
    case protectedHeader
    case unprotectedHeader
    case payloadLength(Int)
    case signatureLength(Int)
    case payloadNotMap
    case missingField(NitroDocument.Field)
    case fieldType(NitroDocument.Field)
    case fieldLength(NitroDocument.Field)
    case unknownField
    case digestAlgorithm
    case timestamp
    case pcrCount(Int)
    case pcrIndex
    case pcrLength(index: Int, count: Int)
    case missingPCR(Int)
    case bundleCount(Int)
    case documentSignature
    case simulatedEvidenceAsNitro
    case nitroEvidenceAsSimulated

    // Certificate chains. Positions count from the root, which is 0.
    case noTrustedRoot(EvidenceFormat)
    case rootNotPinned
    case certificateEncoding(Int)
    case certificateMissing
    case certificateNotYetValid(Int)
    case certificateExpired(Int)
    case certificateIssuer(Int)
    case certificateAlgorithm(Int)
    case certificateKey(Int)
    case certificateSignature(Int)
    case certificateNotAuthority(Int)
    case certificateKeyUsage(Int)
    case certificatePathLength(Int)
    case certificateCriticalExtension(Int)
    case leafIsAuthority

    // AMD SEV-SNP reports.
    case reportLength(Int)
    case reportVersion(UInt32)
    case reportAlgorithm(UInt32)
    case reportReserved
    case reportSignatureEncoding
    case reportSignature
    case reportSigningKey
    case reportPatchLevel
    case reportChip

    // Intel TDX quotes.
    case quoteLength(Int)
    case quoteVersion(UInt16)
    case quoteKeyType(UInt16)
    case quoteTEEType(UInt32)
    case quoteVendor
    case quoteReserved
    case quoteSignatureData
    case quoteTrailingBytes
    case quoteSignature
    case quotingEnclaveBinding
    case quotingEnclaveSignature
    case quotingEnclaveDebug
    case quotingEnclaveIdentity

    /// The parts of the JSON envelope around evidence.
    public enum EnvelopeField: String, Sendable {
        case json, format, evidence, auxiliary, statement
    }

    /// The exit code of the command line for evidence that is not authentic.
    public var exitCode: Int32 { 2 }
}
