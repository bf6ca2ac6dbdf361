import Foundation

/// What lies in a file that attestation services hand out: documents, and certificates beside them.
///
/// Everything is known by what it is and nothing by its name: a document by its form, a certificate by its encoding, in
/// any nesting of JSON, CBOR, PEM, hexadecimal, base64 and lists of numbers. Nothing of it is believed. The certificates
/// are help for a chain, which counts when it leads to a root that the caller trusts; no root is ever taken from here.
/// What no format knows is left out, so that bits of it can change unnoticed: none of them is evidence of anything.
struct DocumentWrapping {
    /// Most bytes that are looked at: four times the longest document, because text is longer than what it says.
    static let byteLimit = Evidence.byteLimit * 4
    /// How many wrappings deep: a document in base64 in a JSON in base64 in a JSON is four.
    private static let depthLimit = 12
    /// More than any chain has.
    private static let certificateLimit = 64
    /// One is read and several are refused: more need not be told apart, and each is compared with all others.
    private static let documentLimit = 16

    /// Each distinct document, in the order in which they were found.
    private(set) var documents: [[UInt8]] = []
    /// DER of each distinct certificate.
    private(set) var certificates: [[UInt8]] = []
    /// Whether the bytes were a wrapping at all, rather than a document or nothing known.
    private(set) var isWrapping = false
    private var parts = AzureParts()

    init(_ bytes: [UInt8]) {
        guard bytes.count <= DocumentWrapping.byteLimit else { return }
        read(bytes, depth: 0)
        // The pieces of Azure's evidence, which belong together, and what is inside of another document.
        if let assembled = parts.assembled(from: documents) {
            documents.removeAll { assembled.hcl == $0 || assembled.quote == $0 }
            add(document: assembled.encoded)
        }
        let all = documents
        documents.removeAll { inner in all.contains { $0.count > inner.count && $0.contains(inner) } }
    }

    /// What the bytes are, and then what is in them.
    private mutating func read(_ bytes: [UInt8], depth: Int) {
        guard depth <= DocumentWrapping.depthLimit else { return }
        if DocumentVerification.detect(binary: bytes) != nil { return add(document: bytes) }
        if readCertificates(bytes) { return }
        guard let first = bytes.first(where: { !DocumentText.isSpace($0) }) else { return }
        if let (report, table) = SNPCertificateTable.split(bytes) {
            isWrapping = true
            add(document: report)
            for der in table { add(certificate: der) }
        } else if [UInt8(ascii: "{"), UInt8(ascii: "["), UInt8(ascii: "\"")].contains(first),
            let value = try? JSONSerialization.jsonObject(with: Data(bytes), options: .fragmentsAllowed)
        {
            isWrapping = true
            read(json: value, depth: depth + 1)
        } else if let value = try? CBOR(decoding: bytes, lengths: .definiteOrIndefinite), case .map = value {
            isWrapping = true
            read(cbor: value, depth: depth + 1)
        } else if let blocks = DocumentWrapping.pem(bytes) {
            isWrapping = true
            for block in blocks { read(block, depth: depth + 1) }
        } else if let decoded = DocumentText.decode(bytes) {
            read(decoded, depth: depth + 1)
        } else {
            parts.take(bytes)
        }
    }

    private mutating func read(json value: Any, depth: Int) {
        guard depth <= DocumentWrapping.depthLimit else { return }
        switch value {
        case let text as String: read(Array(text.utf8), depth: depth)
        case let numbers as [Int]:
            // Rust's serde writes bytes as numbers.
            let bytes = numbers.compactMap { UInt8(exactly: $0) }
            if bytes.count == numbers.count, !bytes.isEmpty { read(bytes, depth: depth) }
        case let members as [String: Any]:
            guard !DocumentWrapping.isOwnEnvelope(Set(members.keys)) else { return }
            for (_, value) in members.sorted(by: { $0.key < $1.key }) { read(json: value, depth: depth + 1) }
        case let values as [Any]:
            parts.take(registers: values.map(DocumentWrapping.bytes(of:)))
            for value in values { read(json: value, depth: depth + 1) }
        default: break
        }
    }

    private mutating func read(cbor value: CBOR, depth: Int) {
        guard depth <= DocumentWrapping.depthLimit else { return }
        switch value {
        case .bytes(let bytes): read(bytes, depth: depth)
        case .text(let text): read(Array(text.utf8), depth: depth)
        case .array(let items):
            for item in items { read(cbor: item, depth: depth + 1) }
        case .map(let entries):
            for entry in entries { read(cbor: entry.value, depth: depth + 1) }
        default: break
        }
    }

    /// The service's own envelope says more than the document in it: it is read as a whole, or not at all.
    private static func isOwnEnvelope(_ names: Set<String>) -> Bool {
        let own = names.intersection(["format", "evidence", "auxiliary", "statement"])
        return own.count >= 2 && (own.contains("statement") || own.contains("auxiliary"))
    }

    /// A register as JSON has it: text or a list of numbers.
    private static func bytes(of value: Any) -> [UInt8]? {
        switch value {
        case let text as String: DocumentText.decode(Array(text.utf8))
        case let numbers as [Int]: numbers.allSatisfy { (0...255).contains($0) } ? numbers.map { UInt8($0) } : nil
        default: nil
        }
    }

    /// The contents of PEM blocks, whatever they are called and however long their lines are.
    private static func pem(_ bytes: [UInt8]) -> [[UInt8]]? {
        guard bytes.contains("-----BEGIN ".utf8), let text = String(validating: bytes, as: UTF8.self) else {
            return nil
        }
        let parts = text.components(separatedBy: "-----")
        var blocks: [[UInt8]] = []
        for (place, head) in parts.enumerated() where head.hasPrefix("BEGIN ") && place + 2 < parts.count {
            guard parts[place + 2] == "END " + head.dropFirst(6) else { continue }
            let body = parts[place + 1].utf8.filter { !DocumentText.isSpace($0) }
            if let block = DocumentText.base64(body) { blocks.append(block) }
        }
        return blocks.isEmpty ? nil : blocks
    }

    /// Whether the bytes are certificates: one in DER, several one after the other, or a host's table of them.
    private mutating func readCertificates(_ bytes: [UInt8]) -> Bool {
        var found = SNPCertificateTable.certificates(bytes)
        if found.isEmpty { found = CertificateFile.concatenated(bytes) }
        for der in found { add(certificate: der) }
        return !found.isEmpty
    }

    private mutating func add(document bytes: [UInt8]) {
        guard documents.count < DocumentWrapping.documentLimit, !documents.contains(bytes) else { return }
        documents.append(bytes)
    }

    private mutating func add(certificate der: [UInt8]) {
        guard certificates.count < DocumentWrapping.certificateLimit, !certificates.contains(der) else { return }
        certificates.append(der)
    }
}

/// The pieces of Azure's evidence as its guests' attesters write them: the report, the TPM's quote and its registers,
/// which `TPMEvidence` puts into one document.
private struct AzureParts {
    private var attests: [[UInt8]] = []
    private var signatures: [[UInt8]] = []
    private var registers: [[[UInt8]]] = []

    /// Of each piece there has to be one: a second is enough to know that there is not.
    private static let pieceLimit = 2
    /// TPMS_ATTEST of a quote begins like this.
    private static let head: [UInt8] = [0xFF, 0x54, 0x43, 0x47, 0x80, 0x18]

    mutating func take(_ bytes: [UInt8]) {
        if bytes.starts(with: AzureParts.head), bytes.count <= TPMQuote.Limits.attest {
            if attests.count < AzureParts.pieceLimit, !attests.contains(bytes) { attests.append(bytes) }
        } else if signatures.count == AzureParts.pieceLimit {
            return
        } else if [256, 384, 512].contains(bytes.count) {
            // A bare RSA signature: TPM tools write PKCS #1 with SHA-256 without its head.
            let count = UInt16(bytes.count)
            signatures.append([0x00, 0x14, 0x00, 0x0B, UInt8(count >> 8), UInt8(truncatingIfNeeded: count)] + bytes)
        } else if bytes.starts(with: [0x00, 0x14, 0x00, 0x0B]) || bytes.starts(with: [0x00, 0x16, 0x00, 0x0B]) {
            signatures.append(bytes)
        }
    }

    /// All registers of a bank, in order.
    mutating func take(registers values: [[UInt8]?]) {
        let found = values.compactMap(\.self)
        guard registers.count < AzureParts.pieceLimit, values.count == TPMRegister.count, found.count == values.count,
            found.allSatisfy({ $0.count == TPMRegister.byteCount })
        else { return }
        registers.append(found)
    }

    /// The one document that they make; nil where a piece is missing, or there to choose from.
    func assembled(from documents: [[UInt8]]) -> TPMEvidence? {
        let reports = documents.filter { AzureReport.isReport($0) }
        let quotes = documents.filter { DocumentVerification.detect(binary: $0) == .tdx }
        guard reports.count == 1, quotes.count <= 1, attests.count == 1, signatures.count == 1, registers.count == 1,
            let quote = try? TPMQuote(attest: attests[0], signature: signatures[0])
        else { return nil }
        var values: [Int: [UInt8]] = [:]
        for index in quote.selection { values[index] = registers[0][index] }
        return TPMEvidence(
            attest: attests[0], signature: signatures[0], registers: values, hcl: reports[0], quote: quotes.first)
    }
}
