/// The pieces of Azure's evidence as its guests' attesters write them: the report, the TPM's quote and its registers,
/// which `TPMEvidence` puts into one document.
struct AzureParts {
    private var attests: [[UInt8]] = []
    private var signatures: [[UInt8]] = []
    private var registers: [[[UInt8]]] = []

    /// Of each piece there has to be one: a second is enough to know that there is not.
    private static let pieceLimit = 2
    /// TPM_GENERATED_VALUE, with which everything begins that a TPM attests.
    private static let head: [UInt8] = [0xFF, 0x54, 0x43, 0x47]

    /// TPMT_SIGNATURE with SHA-256: RSASSA, RSAPSS, ECDSA.
    private static let heads: [[UInt8]] = [0x14, 0x16, 0x18].map { [0x00, $0, 0x00, 0x0B] }

    /// Attestations and signatures: what would be evidence if it stood beside a report.
    var count: Int { attests.count + signatures.count }
    private var isEmpty: Bool { count == 0 && registers.isEmpty }

    /// Whether the bytes are such a piece.
    mutating func take(_ bytes: [UInt8]) -> Bool {
        if bytes.starts(with: AzureParts.head) {
            AzureParts.add(bytes, to: &attests)
        } else if [256, 384, 512].contains(bytes.count) {
            // A bare RSA signature: TPM tools write PKCS #1 with SHA-256 without its head.
            let count = UInt16(bytes.count)
            let head: [UInt8] = [0x00, 0x14, 0x00, 0x0B, UInt8(count >> 8), UInt8(truncatingIfNeeded: count)]
            AzureParts.add(head + bytes, to: &signatures)
        } else if AzureParts.heads.contains(Array(bytes.prefix(4))) {
            AzureParts.add(bytes, to: &signatures)
        } else {
            return false
        }
        return true
    }

    /// All registers of a bank, in order; false for anything else.
    mutating func take(registers values: [[UInt8]?]) -> Bool {
        let found = values.compactMap(\.self)
        guard values.count == TPMRegister.count, found.count == values.count,
            found.allSatisfy({ $0.count == TPMRegister.byteCount })
        else { return false }
        AzureParts.add(found, to: &registers)
        return true
    }

    /// The same piece twice is one.
    private static func add<Piece: Equatable>(_ piece: Piece, to pieces: inout [Piece]) {
        if pieces.count < pieceLimit, !pieces.contains(piece) { pieces.append(piece) }
    }

    /// The one document that they make; nil where there is no report of Azure's, or nothing of a TPM beside it.
    ///
    /// - Throws: where a piece lies beside a report and does not fit it. Left out, the report would be taken for whole.
    func assembled(from documents: [[UInt8]]) throws(EvidenceError) -> TPMEvidence? {
        let reports = documents.filter { AzureReport.isReport($0) }
        let quotes = documents.filter { DocumentVerification.detect(binary: $0) == .tdx }
        guard !reports.isEmpty, !isEmpty else { return nil }
        guard reports.count == 1, quotes.count <= 1, attests.count <= 1, signatures.count <= 1, registers.count <= 1
        else { throw .azurePartTwice }
        guard let attest = attests.first, let signature = signatures.first, let bank = registers.first else {
            throw .azurePartMissing
        }
        var values: [Int: [UInt8]] = [:]
        for index in try TPMQuote(attest: attest, signature: signature).selection { values[index] = bank[index] }
        return TPMEvidence(
            attest: attest, signature: signature, registers: values, hcl: reports[0], quote: quotes.first)
    }
}
