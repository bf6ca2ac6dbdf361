import Bytes
import Foundation

/// What lies in a file that attestation services hand out: documents, and certificates beside them.
///
/// Everything is known by what it is and nothing by its name: a document by its form, a certificate by its encoding, in
/// any nesting of JSON, CBOR, PEM, hexadecimal, base64 and lists of numbers. Nothing of it is believed. The certificates
/// are help for a chain, which counts when it leads to a root that the caller trusts; no root is ever taken from here.
/// What could be evidence and is not read is counted, and what says two things refuses the file: a genuine document must
/// not cover for one that nobody looked at. Shorter pieces of no known form are counted apart.
struct DocumentWrapping {
    /// Most bytes that are looked at: four times the longest document, because text is longer than what it says.
    static let byteLimit = Evidence.byteLimit * 4
    /// How many wrappings deep: a document in base64 in a JSON in base64 in a JSON is four.
    private static let depthLimit = 12
    /// More than any chain has.
    static let certificateLimit = 64
    /// One is read and several are refused: more need not be told apart, and each is compared with all others.
    private static let documentLimit = 16
    /// Shorter pieces are no documents.
    private static let least = 256
    /// What a number of CBOR can carry.
    private static let bytesOfNumber = 8
    /// As many bytes of names, numbers and short values could be a document that was cut into them: half of the shortest.
    private static let scatteredLimit = 512

    /// Each distinct document, in the order in which they were found.
    private(set) var documents: [[UInt8]] = []
    /// DER of each distinct certificate.
    private(set) var certificates: [[UInt8]] = []
    /// Whether the bytes were a wrapping at all, rather than a document or nothing known.
    private(set) var isWrapping = false
    /// What is not opened, by the format that it names or begins like: the service's own envelopes, and text that is cut.
    private(set) var unopened: [EvidenceFormat?] = []
    /// How many pieces are long enough for a document, and of no known form.
    private(set) var unknownPieces = 0
    /// How many values are no evidence: keys, digests, names and texts for people.
    private(set) var otherValues = 0
    /// Bytes of all that is too short for a document: names, numbers, values.
    private var scattered = 0
    /// Why nothing of it may be taken, whatever else is in it.
    private(set) var fault: EvidenceError?
    private var parts = AzureParts()

    init(_ bytes: [UInt8]) {
        guard bytes.count <= DocumentWrapping.byteLimit else {
            fault = .fileLength
            return
        }
        read(bytes, depth: 0)
        guard fault == nil else { return }
        // The pieces of Azure's evidence, which belong together, and what is inside of another document.
        do throws(EvidenceError) {
            if let assembled = try parts.assembled(from: documents) {
                documents.removeAll { assembled.hcl == $0 || assembled.quote == $0 }
                add(document: assembled.encoded)
            } else {
                unknownPieces += parts.count
            }
        } catch {
            fault = error
        }
        if scattered >= DocumentWrapping.scatteredLimit { unknownPieces += 1 }
        let inner = documents.flatMap(DocumentWrapping.inside)
        documents.removeAll { inner.contains($0) }
    }

    /// The documents that are a part of one.
    private static func inside(_ document: [UInt8]) -> [[UInt8]] {
        let evidence = try? TPMEvidence(bytes: document)
        var inner = [evidence?.hcl, evidence?.quote].compactMap(\.self)
        if case .sevSNP(let report)? = (try? AzureReport(bytes: evidence?.hcl ?? document))?.hardware {
            inner.append(report)
        }
        return inner
    }

    /// What the bytes are, and then what is in them.
    private mutating func read(_ bytes: [UInt8], depth: Int) {
        guard fault == nil, let first = bytes.first(where: { !DocumentText.isSpace($0) }) else { return }
        guard depth <= DocumentWrapping.depthLimit else { return end(bytes.count) }
        if let (report, table) = SNPCertificateTable.split(bytes) {
            isWrapping = true
            add(document: report)
            for der in table { add(certificate: der) }
        } else if DocumentVerification.detect(binary: bytes) != nil {
            add(document: bytes)
        } else if readCertificates(bytes) {
            return
        } else if DocumentText.beginsJSON(first), readJSON(bytes, depth: depth) {
            return
        } else if let map = readMap(bytes) {
            isWrapping = true
            read(cbor: map, depth: depth + 1)
        } else if let text = PEMText(bytes), !text.blocks.isEmpty {
            isWrapping = true
            unknownPieces += text.damaged.count
            for other in text.others { look(at: Array(other.utf8)) }
            for label in text.labels { look(atShort: label.utf8.count) }
            for block in text.blocks { read(block.bytes, depth: depth + 1) }
        } else if let decoded = DocumentText.decode(bytes) {
            read(decoded, depth: depth + 1)
        } else if fault == nil, !parts.take(bytes) {
            readRest(bytes, least: DocumentText.beginsJSON(first) ? DocumentText.least : DocumentWrapping.least)
        }
    }

    /// Too deep for what could be a document.
    private mutating func end(_ count: Int) {
        if count >= DocumentText.least { fault = .wrappingDepth }
    }

    /// What is neither a document nor a wrapping: text that was cut may still begin like a document.
    private mutating func readRest(_ bytes: [UInt8], least: Int) {
        if let start = DocumentText.beginning(bytes), let format = DocumentVerification.detect(binary: start) {
            unopened.append(format)
        } else if CertificateFile.isOneSequence(bytes) {
            otherValues += 1
        } else {
            count(bytes.count, least: least)
        }
    }

    /// Text around what is read.
    private mutating func look(at text: [UInt8]) {
        guard text.contains(where: { !DocumentText.isSpace($0) }) else { return }
        count(text.count)
    }

    /// A value of no known form.
    private mutating func count(_ length: Int, least: Int = DocumentWrapping.least) {
        guard length < least else {
            unknownPieces += 1
            return
        }
        otherValues += 1
        scattered += length
    }

    /// Whether the bytes are JSON, be it JSON that must not be read. Bytes of any kind may begin like it.
    private mutating func readJSON(_ bytes: [UInt8], depth: Int) -> Bool {
        switch EvidenceError.ofJSON(bytes) {
        case .envelope?: return false
        case let found?: fault = found
        case nil:
            guard let value = JSONValue(bytes) else { return false }
            isWrapping = true
            read(json: value, depth: depth + 1)
        }
        return true
    }

    /// A map of CBOR; nil for anything else. One that begins with a name and says two things is refused.
    private mutating func readMap(_ bytes: [UInt8]) -> CBOR? {
        do throws(CBORError) {
            let value = try CBOR(decoding: bytes, lengths: .definiteOrIndefinite)
            if case .map = value { return value }
        } catch {
            let isMap = bytes.count > 1 && bytes[0] >> 5 == 5 && bytes[1] >> 5 == 3
            if isMap, error == .duplicateKey || error == .depth { fault = .cbor(error) }
        }
        return nil
    }

    private mutating func read(json value: JSONValue, depth: Int) {
        guard depth <= DocumentWrapping.depthLimit else { return endOfJSON(value) }
        switch value {
        case .text(let text): read(Array(text.utf8), depth: depth)
        case .number(let digits): look(atShort: digits.count)
        case .word: look(atShort: 1)
        case .object(let members):
            guard !DocumentWrapping.isOwnEnvelope(Set(members.keys)) else {
                guard case .text(let name)? = members["format"] else { return unopened.append(nil) }
                return unopened.append(EvidenceFormat(rawValue: name))
            }
            for (name, value) in members.sorted(by: { $0.key < $1.key }) {
                look(atShort: name.utf8.count)
                read(json: value, depth: depth + 1)
            }
        case .list(let values):
            // Rust's serde writes bytes as numbers.
            let numbers = values.compactMap(\.byte)
            if !values.isEmpty, numbers.count == values.count { return read(numbers, depth: depth) }
            guard !parts.take(registers: values.map(DocumentWrapping.bytes(of:))) else { return }
            for value in values { read(json: value, depth: depth + 1) }
        }
    }

    /// A name, of which nothing is read, or a number: many of them could be a document.
    private mutating func look(atShort length: Int) {
        if length >= DocumentWrapping.least { unknownPieces += 1 } else { scattered += length }
    }

    private mutating func endOfJSON(_ value: JSONValue) {
        switch value {
        case .text(let text): end(text.utf8.count)
        case .list, .object: fault = .wrappingDepth
        case .number, .word: break
        }
    }

    private mutating func read(cbor value: CBOR, depth: Int) {
        switch value {
        case .bytes(let bytes): read(bytes, depth: depth)
        case .text(let text): read(Array(text.utf8), depth: depth)
        case .array, .map:
            guard depth <= DocumentWrapping.depthLimit else {
                fault = .wrappingDepth
                return
            }
            if case .array(let items) = value { for item in items { read(cbor: item, depth: depth + 1) } }
            guard case .map(let entries) = value else { return }
            for entry in entries {
                if case .text(let name) = entry.key { look(atShort: name.utf8.count) }
                read(cbor: entry.value, depth: depth + 1)
            }
        default: look(atShort: DocumentWrapping.bytesOfNumber)
        }
    }

    /// The service's own envelope says more than the document in it: it is read as a whole, or not at all.
    static func isOwnEnvelope(_ names: Set<String>) -> Bool {
        let own = names.intersection(["format", "evidence", "auxiliary", "statement"])
        return own.count >= 2 && (own.contains("statement") || own.contains("auxiliary"))
    }

    /// A register as JSON has it: text or a list of numbers.
    private static func bytes(of value: JSONValue) -> [UInt8]? {
        switch value {
        case .text(let text): return DocumentText.decode(Array(text.utf8))
        case .list(let values):
            let numbers = values.compactMap(\.byte)
            return numbers.count == values.count ? numbers : nil
        default: return nil
        }
    }

    /// Whether the bytes are certificates: one in DER, several one after the other, or a host's table of them.
    private mutating func readCertificates(_ bytes: [UInt8]) -> Bool {
        var found = SNPCertificateTable.certificates(bytes)
        if found.isEmpty { found = CertificateFile.concatenated(bytes) }
        for der in found { add(certificate: der) }
        return !found.isEmpty
    }

    private mutating func add(document bytes: [UInt8]) {
        guard !documents.contains(bytes) else { return }
        guard documents.count < DocumentWrapping.documentLimit else {
            fault = .documentCount
            return
        }
        documents.append(bytes)
    }

    private mutating func add(certificate der: [UInt8]) {
        guard !certificates.contains(der) else { return }
        guard certificates.count < DocumentWrapping.certificateLimit else {
            fault = .certificateCount
            return
        }
        certificates.append(der)
    }
}
