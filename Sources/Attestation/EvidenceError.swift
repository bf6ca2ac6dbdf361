/// Why evidence is not authentic. One case a rule; no case carries bytes of the evidence, so that each is safe to log.
///
/// Authentic evidence that a relying party still does not want is a `Refusal`, which is another question.
public enum EvidenceError: Error, Sendable, Equatable, Hashable {
    // Envelope and statement.
    case envelope(EnvelopeField)
    /// The service's own JSON without one of its members.
    case envelopeLacks(EnvelopeField)
    /// The service's own JSON with a member beside its four.
    case envelopeUnknownMember
    /// The service's own JSON, longer than any.
    case envelopeLength
    case unknownFormat
    /// A document of another format than the one that was named.
    case otherFormat(EvidenceFormat)
    /// A file of several documents, where nothing says which one is meant.
    case severalDocuments(Int)
    /// A file that wraps documents, and none in it.
    case documentMissing
    /// A file without a byte that says something.
    case fileEmpty
    /// A file that is longer than any evidence.
    case fileLength
    /// Text in UTF-16.
    case textEncoding
    /// Text that begins like a document, and is cut or spelt in two ways.
    case textDamaged
    /// JSON with one name twice in one object.
    case jsonNameTwice
    /// JSON with a text that takes the square of its length to compare.
    case textMarks
    /// A file whose wrappings nest deeper than is looked.
    case wrappingDepth
    /// A file with more documents than can be told apart.
    case documentCount
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
    /// More certificates beside a document than are looked at.
    case certificateCount
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
    case certificateRevoked(Int)
    /// The certificates above a key lead in a circle, or to more of them than are looked at.
    case certificateLoop
    /// The certificate of a TPM's key does not say that the key is for attestation.
    case certificatePurpose

    // What vendors publish.
    case timestampEncoding
    case timestampMismatch
    case timestampSignature
    /// A timestamp over a digest that is not looked at.
    case timestampDigest
    /// A timestamp without its signer's certificate.
    case timestampCertificate
    /// A timestamp whose signer leads to no root that was named for it.
    case timestampRoot
    case collateralEncoding
    /// The vendor's JSON without one of its members.
    case collateralLacks(String)
    case collateralMissing
    case collateralSignature
    case collateralNotYetValid
    case collateralExpired
    case collateralPlatform
    case collateralModule
    /// The platform's patch level is older than any that the vendor still lists.
    case collateralLevel
    case revocationListEncoding
    case revocationListSignature
    case revocationListExpired
    case revocationListNotYetValid

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
    case reportProduct

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
    case quotePlatform

    // TPM quotes and what wraps them.
    case tpmEncoding
    case tpmMagic
    case tpmType
    case tpmSignatureAlgorithm
    case tpmSignature
    case tpmBank
    case tpmSelection
    case tpmRegisters
    case tpmDigest
    case tpmEventLog
    case tpmEventLogTruncated
    case tpmKey
    case azureEncoding
    /// Azure's report in fewer bytes than it has.
    case azureLength(Int)
    /// Something of a TPM lies beside Azure's report, and not all of it.
    case azurePartMissing
    /// A piece that belongs to Azure's report is there to choose from.
    case azurePartTwice
    /// Azure's report is of one kind of hardware and what lies beside it of another.
    case azureHardware
    case azureReportData
    case azureKey

    /// The parts of the JSON envelope around evidence.
    public enum EnvelopeField: String, Sendable {
        case json, format, evidence, auxiliary, statement
    }

    /// The exit code of the command line for evidence that is not authentic.
    public var exitCode: Int32 { 2 }
}
