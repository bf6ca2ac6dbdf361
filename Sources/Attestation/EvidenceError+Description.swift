extension CBORError: CustomStringConvertible {
    /// One sentence: what is wrong with the evidence. It quotes nothing of it but names and numbers.
    public var description: String {
        switch self {
        case .truncated: "the CBOR ends too early"
        case .trailingBytes: "bytes follow the CBOR value"
        case .reservedInformation: "the CBOR uses a reserved length code"
        case .indefiniteLength: "the CBOR has an indefinite length where none is allowed"
        case .unexpectedBreak: "the CBOR has a break outside a list"
        case .countTooLarge: "the CBOR claims more items than it has bytes"
        case .depth: "the CBOR nests deeper than \(CBOR.depthLimit)"
        case .duplicateKey: "the CBOR has the same key twice"
        case .keyType: "the CBOR has a key that is neither number nor text"
        case .invalidText: "the CBOR has text that is not UTF-8, or of more marks on one letter than any language has"
        case .tag: "the CBOR has a tag"
        case .simpleValue: "the CBOR has a value of a kind that is not used here"
        }
    }
}

extension EvidenceError: CustomStringConvertible {
    /// One sentence for a person, without any byte of the evidence.
    public var description: String { "The evidence is not authentic: \(reason)." }

    /// What is wrong, as the end of a sentence: for one that has already said that something is not authentic.
    public var reason: String {
        switch self {
        // Envelope and statement.
        case .envelope(.json): "it is no JSON that can be read"
        case .envelope(let field): "the member \(field.rawValue) of its JSON is malformed"
        case .envelopeLacks(let field): "the member \(field.rawValue) of its JSON is missing"
        case .envelopeUnknownMember:
            "its JSON has another member than format, evidence, auxiliary and statement, or one that is misspelt"
        case .envelopeLength:
            "its JSON is longer than \(Evidence.byteLimit / 1_024) KiB, which no evidence of a service is"
        case .unknownFormat: "its format is not one that this version knows"
        case .otherFormat(let format):
            "it is a document of format \(format.rawValue), and not of the one that was named"
        case .severalDocuments(let count): "there are \(count) documents in it, and nothing says which one is meant"
        case .documentMissing: "there is no document in it in a form that this version knows"
        case .fileEmpty: "the file is empty"
        case .fileLength: "the file is longer than \(DocumentWrapping.byteLimit / 1_024) KiB, which no evidence is"
        case .textEncoding: "its text is in UTF-16"
        case .textDamaged: "its text begins like evidence, and is cut or mixes two spellings"
        case .textMarks: "its JSON has a text of more marks on one letter than any language has"
        case .jsonNameTwice: "its JSON has one name twice in one object, so that two readers would see two things"
        case .wrappingDepth: "its wrappings nest deeper than is looked, so that not all of it could be verified"
        case .documentCount: "there are more documents in it than can be told apart"
        case .statementLength(let count): "its statement has \(count) bytes instead of \(Statement.byteCount)"
        case .statementMagic: "its statement does not begin with ENTREP01"
        case .statementFlags: "its statement has flags that this version does not know"
        case .statementField: "its statement has a digest of the wrong length"
        case .statementMissing: "the document signs no statement"
        case .statementMismatch: "the document signs another statement than the one shown"
        case .statementContradictsFormat: "its statement and its format disagree on whether it is simulated"
        // Nitro and simulated documents.
        case .cbor(let error): error.description
        case .coseTag: "it has a tag other than 18"
        case .coseArray: "it is not a COSE_Sign1 of four items in their shortest form"
        case .protectedHeader: "its protected header does not say ES384 alone"
        case .unprotectedHeader: "its unprotected header is not empty"
        case .payloadLength(let count): "it has \(count) bytes, which no document of its format has"
        case .signatureLength(let count): "its signature has \(count) bytes instead of 96"
        case .payloadNotMap: "its payload is not a map"
        case .missingField(let field): "the field \(field.rawValue) is missing"
        case .fieldType(let field): "the field \(field.rawValue) has the wrong type"
        case .fieldLength(let field): "the field \(field.rawValue) has a length that is not allowed"
        case .unknownField: "it has a field that this version does not know"
        case .digestAlgorithm: "its digest is not SHA384"
        case .timestamp: "its timestamp is zero"
        case .pcrCount(let count): "it has \(count) registers"
        case .pcrIndex: "it has a register that is not PCR0 to PCR31"
        case .pcrLength(let index, let count): "PCR\(index) has \(count) bytes instead of 48"
        case .missingPCR(let index): "PCR\(index) is missing"
        case .bundleCount(let count): "it has \(count) certificates above its own"
        case .documentSignature: "its signature is not its certificate's"
        case .simulatedEvidenceAsNitro: "it is simulated and says that it is of AWS Nitro"
        case .nitroEvidenceAsSimulated: "it is of AWS Nitro and says that it is simulated"
        // Certificate chains.
        case .noTrustedRoot(let format): "no root is trusted for \(format.rawValue)"
        case .rootNotPinned: "its certificates lead to a root that is not trusted"
        case .certificateEncoding(let place): "\(name(place)) cannot be read"
        case .certificateMissing: "a certificate between its key and the root is missing"
        case .certificateCount: "there are more certificates beside it than any chain has"
        case .certificateNotYetValid(let place): "\(name(place)) is not valid yet at that time"
        case .certificateExpired(let place): "\(name(place)) has expired at that time"
        case .certificateIssuer(let place): "\(name(place)) names another issuer than the one above it"
        case .certificateAlgorithm(let place): "\(name(place)) is signed with an algorithm that the vendor does not use"
        case .certificateKey(let place): "\(name(place)) holds a key of the wrong kind"
        case .certificateSignature(let place): "\(name(place)) is not signed by the one above it"
        case .certificateNotAuthority(let place): "\(name(place)) may not issue certificates"
        case .certificateKeyUsage(let place): "\(name(place)) has a key that is not for this use"
        case .certificatePathLength(let place): "\(name(place)) has more authorities below it than it allows"
        case .certificateCriticalExtension(let place): "\(name(place)) has a critical extension that is not understood"
        case .leafIsAuthority: "the certificate that signs it may issue certificates"
        case .certificateRevoked(let place): "\(name(place)) has been revoked"
        case .certificateLoop: "its certificates lead in a circle, or through too many authorities"
        case .certificatePurpose: "its certificate does not say that the key is a TPM's attestation key"
        // What vendors publish.
        case .timestampEncoding: "the timestamp beside it cannot be read"
        case .timestampMismatch: "the timestamp beside it is of other bytes"
        case .timestampSignature: "the timestamp beside it is not signed by a time-stamping authority"
        case .timestampDigest: "the timestamp beside it is over a digest other than SHA-256, SHA-384 or SHA-512"
        case .timestampCertificate: "the timestamp beside it holds no certificate of whoever signed it"
        case .timestampRoot: "the timestamp beside it does not lead to the root that was named for it"
        case .collateralEncoding: "the vendor's collateral cannot be read"
        case .collateralLacks(let member): "the vendor's collateral lacks its member \(member)"
        case .collateralMissing: "the vendor's collateral is incomplete"
        case .collateralSignature: "the collateral is not signed by the vendor"
        case .collateralNotYetValid: "the collateral was issued after that time"
        case .collateralExpired: "the collateral has expired at that time"
        case .collateralPlatform: "the collateral is of another platform"
        case .collateralLevel: "the platform's patch level is older than any that the vendor still lists"
        case .collateralModule: "the collateral does not know the platform's TDX module"
        case .revocationListEncoding: "a revocation list cannot be read"
        case .revocationListSignature: "a revocation list is not signed by its issuer"
        case .revocationListExpired: "a revocation list has expired at that time"
        case .revocationListNotYetValid: "a revocation list was issued after that time"
        // AMD SEV-SNP reports.
        case .reportLength(let count): "the report has \(count) bytes instead of 1184"
        case .reportVersion(let version): "the report has version \(version)"
        case .reportAlgorithm(let algorithm): "the report has signature algorithm \(algorithm) instead of 1"
        case .reportReserved: "a reserved field of the report is not zero"
        case .reportSignatureEncoding: "the report's signature is not encoded as AMD does"
        case .reportSignature: "the report's signature is not its certificate's"
        case .reportSigningKey: "the report and its certificate disagree on the kind of key"
        case .reportPatchLevel: "the report claims another patch level than its certificate"
        case .reportChip: "the report names another chip than its certificate"
        case .reportProduct: "the report names a processor of another product line than its certificates"
        // Intel TDX quotes.
        case .quoteLength(let count): "\(count) bytes are no length for the quote"
        case .quoteVersion(let version): "the quote has version \(version)"
        case .quoteKeyType(let type): "the quote has key type \(type) instead of 2"
        case .quoteTEEType(let type): "the quote is of TEE type \(type), which is not TDX"
        case .quoteVendor: "the quote is of another vendor's quoting enclave"
        case .quoteReserved: "a reserved field of the quote is not zero"
        case .quoteSignatureData: "the quote's signature data does not fit together"
        case .quoteTrailingBytes: "bytes other than zero follow the quote"
        case .quoteSignature: "the quote's signature is not its attestation key's"
        case .quotingEnclaveBinding: "the quoting enclave does not vouch for the attestation key"
        case .quotingEnclaveSignature: "the quoting enclave's report is not signed by its platform"
        case .quotingEnclaveDebug: "the quoting enclave is a debug one"
        case .quotingEnclaveIdentity: "the quoting enclave is not Intel's"
        case .quotePlatform: "the platform's certificate does not say which platform it is"
        // TPM quotes and what wraps them.
        case .tpmEncoding: "the TPM evidence is not encoded as it should be"
        case .tpmMagic: "the quote was not made inside a TPM"
        case .tpmType: "the TPM attests something other than a quote"
        case .tpmSignatureAlgorithm: "the quote is signed with an algorithm that is not accepted"
        case .tpmSignature: "the quote's signature is not the certified key's"
        case .tpmBank: "the quote is of another bank of registers than SHA-256"
        case .tpmSelection: "the quote is of other registers than those shown"
        case .tpmRegisters: "the quote lacks a register that must be in it"
        case .tpmDigest: "the registers shown are not those that were quoted"
        case .tpmEventLog: "the event log does not lead to the registers that were quoted"
        case .tpmEventLogTruncated: "the event log ends too early"
        case .tpmKey: "the TPM's key is of a kind that is not accepted"
        case .azureEncoding: "Azure's report cannot be read"
        case .azureLength(let count): "Azure's report has \(count) bytes, which is too short for one"
        case .azurePartMissing:
            "of what belongs to Azure's report (the TPM's quote, its signature, its 24 registers, with TDX Intel's quote) a "
                + "part is missing or cannot be read"
        case .azurePartTwice:
            "a part that belongs to Azure's report (the TPM's quote, its signature, its registers, Intel's quote) is in it "
                + "twice, and nothing says which one is meant"
        case .azureHardware: "Azure's report is of SEV-SNP, and the quote beside it of TDX"
        case .azureReportData: "the hardware's report does not vouch for Azure's runtime data"
        case .azureKey: "Azure's runtime data name no TPM key, or another one"
        }
    }

    private func name(_ position: Int) -> String {
        position == 0 ? "the root certificate" : "certificate \(position) below the root"
    }
}

extension EvidenceError {
    /// What the person who sees the error can do.
    public var hint: String { ownHint ?? "Send no data, and ask the operator of the service." }

    /// What helps whoever sees the error on a connection, where there is no file to mend; nil where nothing does.
    public var hintOnConnection: String? {
        switch self {
        case .noTrustedRoot, .rootNotPinned, .certificateExpired, .certificateNotYetValid, .certificateMissing,
            .simulatedEvidenceAsNitro:
            ownHint
        default: nil
        }
    }

    /// The hint that goes for this error and not for every one; nil where there is none.
    private var ownHint: String? {
        switch self {
        case .noTrustedRoot(.simulated):
            "Simulated evidence is looked at only with --allow-simulated and --simulated-root FILE."
        case .noTrustedRoot, .rootNotPinned:
            "Check that the root file is the vendor's own and belongs to this format."
        case .certificateExpired, .certificateNotYetValid:
            "Check this machine's clock. For a saved document, give its time with --at."
        case .certificateMissing:
            "Give the certificates that came with the document with --certificates."
        case .simulatedEvidenceAsNitro:
            "Send no data: somebody passes off a simulation as an enclave."
        case .unknownFormat:
            "Bytes, hexadecimal, base64, PEM, JSON and CBOR are read: take the document out of what else is around it."
        case .otherFormat:
            "Leave --format out, or name the document's own."
        case .severalDocuments:
            "Take the document that you mean out of the file, or name its format with --format if the others have another."
        case .timestampEncoding, .timestampDigest, .timestampCertificate:
            "Ask the authority for a stamp in DER, with its certificate: openssl ts -query -data FILE -sha256 -cert."
        case .timestampMismatch:
            "Give the stamp of this very file, unchanged since."
        case .timestampSignature:
            "Do not rely on the stamp: ask for another, or verify without it."
        case .timestampRoot:
            "Check the file of --timestamp-root: it is the authority's, and not the evidence's."
        case .collateralMissing:
            "With --collateral go Intel's TCB information, its QE identity and the chain of certificates that signs both."
        case .collateralEncoding, .collateralLacks, .collateralSignature, .collateralPlatform, .collateralModule:
            "Fetch the collateral of this platform from its vendor, and keep its bytes as they came."
        case .collateralExpired, .collateralNotYetValid, .revocationListExpired, .revocationListNotYetValid:
            "Give collateral of the time at which the document is verified (--at)."
        case .collateralLevel:
            "Its operator has to bring firmware and microcode up to date: no release of the vendor's covers this state any more."
        case .revocationListEncoding, .revocationListSignature:
            "Fetch the list again from its issuer, and keep its bytes as they came."
        case .quoteVersion, .quoteTEEType:
            "Quotes of TDX in version 4 and 5 are read, and none of SGX."
        case .textMarks:
            "Nobody writes so: ask whoever gave it to you."
        case .fileLength, .wrappingDepth, .documentCount:
            "Take the document that you mean out of the file, and verify that."
        case .fileEmpty:
            "Fetch the evidence again."
        case .azureLength, .quoteLength, .reportLength, .tpmEncoding, .cbor(.truncated), .documentMissing,
            .envelope, .envelopeLacks, .envelopeLength, .textDamaged:
            "The file may be cut, or no evidence: fetch it again."
        case .quoteTrailingBytes, .cbor(.trailingBytes):
            "The file may hold more than the document: take away what follows it."
        case .textEncoding:
            "Save the file as UTF-8 (in PowerShell: -Encoding utf8)."
        case .envelopeUnknownMember:
            "Fetch it again, and add nothing to it: what a service did not write is no part of its evidence."
        case .jsonNameTwice, .azurePartTwice:
            "Choose none of them: ask for a file that says one thing."
        case .azurePartMissing:
            "Ask for all parts of the evidence: a report without them says nothing about what the machine started."
        case .certificateCount, .certificateLoop:
            "Keep only the certificates of its chain, from its key's to the root's."
        case .tpmEventLog, .tpmEventLogTruncated:
            "Ask for evidence of this boot with its whole log: the one shown is cut, or of another boot."
        case .tpmBank:
            "Ask its operator for a quote of the SHA-256 bank alone."
        case .tpmSelection, .tpmRegisters, .tpmDigest:
            "Ask for the quote with the registers that it is over, all of them, as the TPM had them at that moment."
        case .tpmSignature, .certificatePurpose:
            "Ask whoever certified the TPM for the certificate of the key that made this quote."
        case .tpmSignatureAlgorithm:
            "Ask for a quote with SHA-256, signed by RSA or by ECDSA on P-256."
        default: nil
        }
    }
}
