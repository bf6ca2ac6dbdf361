/// An AWS Nitro attestation document, of an enclave or of an instance's TPM, parsed and checked for form, but for nothing that needs a key.
///
/// COSE_Sign1 (RFC 9052) whose payload is a map of named fields. The profile is AWS's text with the leniencies that real
/// documents need: optional fields may be null, and payload maps may have indefinite length.
/// Source: aws-nitro-enclaves-nsm-api `docs/attestation_process.md`.
public struct NitroDocument: Sendable, Equatable {
    /// The fields of the payload map.
    public enum Field: String, Sendable, Hashable, CaseIterable {
        case moduleID = "module_id"
        case digest, timestamp, pcrs, certificate, cabundle
        /// In place of `pcrs` in the document of an instance's TPM.
        case tpmRegisters = "nitrotpm_pcrs"
        case publicKey = "public_key"
        case userData = "user_data"
        case nonce
    }

    /// One platform configuration register: 48 bytes.
    public struct Register: Sendable, Equatable {
        /// The number of the register: PCR0 is 0.
        public let index: Int
        /// The digest in it: 48 bytes.
        public let value: [UInt8]
    }

    /// Bounds of the format. Documents of real enclaves take about 4.5 KB.
    enum Limits {
        static let document = payload + 160
        static let payload = 16384
        static let certificate = 1024
        static let bundle = 8
        static let publicKey = 1024
        // AWS's text says 512 and its CDDL 1,024; real documents of 746 bytes exist.
        static let userData = 1024
        static let nonce = 512
        static let moduleID = 256
        static let signature = 96
        static let register = 48
        static let registers = 32
    }

    /// {1: -35}: the algorithm is ES384 and there is no other header.
    static let protectedHeader: [UInt8] = [0xA1, 0x01, 0x38, 0x22]
    /// Registers that every enclave has, and every instance's TPM.
    static let requiredRegisters = [0, 1, 2, 3, 4, 8]
    static let requiredTPMRegisters = [4, 9, 11]

    /// The name that AWS gave the enclave: instance and enclave number.
    public let moduleID: String
    /// Unix time in milliseconds.
    public let timestamp: UInt64
    /// Whether the registers are those of an instance's TPM (`nitrotpm_pcrs`) rather than of an enclave.
    public let isOfTPM: Bool
    /// Ascending by index.
    public let registers: [Register]
    /// DER of the leaf certificate.
    public let certificate: [UInt8]
    /// DER of the certificates above it, root first.
    public let bundle: [[UInt8]]
    /// nil when absent or null; empty only in old documents, which is reported as a warning.
    public let publicKey: [UInt8]?
    /// The service's `Statement`; nil when absent or null.
    public let userData: [UInt8]?
    /// The caller's challenge; nil when absent or null.
    public let nonce: [UInt8]?
    /// How many payload fields have a name that is not in `Field`.
    public let unknownFieldCount: Int
    /// r and s, 48 bytes each, big endian.
    public let signature: [UInt8]
    /// What the signature covers: the Sig_structure over the payload as received, never encoded again.
    public let signedBytes: [UInt8]

    /// Parses a document, untagged or under CBOR tag 18.
    public init(bytes: some Sequence<UInt8>) throws(EvidenceError) {
        var bytes = Array(bytes)
        guard bytes.count <= Limits.document else { throw .payloadLength(bytes.count) }
        guard let first = bytes.first else { throw .cbor(.truncated) }
        if first >> 5 == 6 {
            guard first == 0xD2 else { throw .coseTag }
            bytes.removeFirst()
        }
        let outer = try NitroDocument.decode(bytes, lengths: .definite)
        // The outer encoding is not signed: the shortest one is the only one.
        guard case .array(let items) = outer, items.count == 4, outer.encoded == bytes else { throw .coseArray }
        guard items[0] == .bytes(NitroDocument.protectedHeader) else { throw .protectedHeader }
        guard items[1] == .map([]) else { throw .unprotectedHeader }
        guard case .bytes(let payload) = items[2], case .bytes(let signature) = items[3] else { throw .coseArray }
        guard (1...Limits.payload).contains(payload.count) else { throw .payloadLength(payload.count) }
        guard signature.count == Limits.signature else { throw .signatureLength(signature.count) }
        self.signature = signature
        signedBytes = NitroDocument.signedBytes(payload: payload)

        guard case .map(let entries) = try NitroDocument.decode(payload, lengths: .definiteOrIndefinite) else {
            throw .payloadNotMap
        }
        var values: [Field: CBOR] = [:]
        var unknown = 0
        for entry in entries {
            if case .text(let name) = entry.key, let field = Field(rawValue: name) {
                values[field] = entry.value
            } else {
                unknown += 1
            }
        }
        unknownFieldCount = unknown
        let fields = Fields(values: values)
        moduleID = try fields.text(.moduleID, limit: Limits.moduleID)
        guard try fields.text(.digest, limit: 16) == "SHA384" else { throw .digestAlgorithm }
        timestamp = try fields.positive(.timestamp)
        isOfTPM = values[.tpmRegisters] != nil
        // One kind of registers: a document with both would say two things.
        guard !isOfTPM || values[.pcrs] == nil else { throw .fieldType(.tpmRegisters) }
        registers = try fields.registers(isOfTPM ? .tpmRegisters : .pcrs)
        certificate = try fields.bytes(.certificate, limit: Limits.certificate)
        bundle = try fields.bundle()
        publicKey = try fields.optionalBytes(.publicKey, limit: Limits.publicKey)
        userData = try fields.optionalBytes(.userData, limit: Limits.userData)
        nonce = try fields.optionalBytes(.nonce, limit: Limits.nonce)
    }

    /// The Sig_structure of RFC 9052 §4.4 without external data.
    static func signedBytes(payload: [UInt8]) -> [UInt8] {
        CBOR.array([.text("Signature1"), .bytes(protectedHeader), .bytes([]), .bytes(payload)]).encoded
    }

    private static func decode(_ bytes: [UInt8], lengths: CBOR.Lengths) throws(EvidenceError) -> CBOR {
        do throws(CBORError) {
            return try CBOR(decoding: bytes, lengths: lengths)
        } catch {
            throw .cbor(error)
        }
    }
}

/// The payload's values, each taken out by the rule of its field.
private struct Fields {
    typealias Field = NitroDocument.Field
    typealias Limits = NitroDocument.Limits

    let values: [Field: CBOR]

    func required(_ field: Field) throws(EvidenceError) -> CBOR {
        guard let value = values[field] else { throw .missingField(field) }
        return value
    }

    func text(_ field: Field, limit: Int) throws(EvidenceError) -> String {
        guard case .text(let text) = try required(field) else { throw .fieldType(field) }
        guard (1...limit).contains(text.utf8.count) else { throw .fieldLength(field) }
        return text
    }

    func positive(_ field: Field) throws(EvidenceError) -> UInt64 {
        guard case .unsigned(let value) = try required(field) else { throw .fieldType(field) }
        guard value > 0 else { throw .timestamp }
        return value
    }

    func bytes(_ field: Field, limit: Int) throws(EvidenceError) -> [UInt8] {
        guard case .bytes(let bytes) = try required(field) else { throw .fieldType(field) }
        guard (1...limit).contains(bytes.count) else { throw .fieldLength(field) }
        return bytes
    }

    func optionalBytes(_ field: Field, limit: Int) throws(EvidenceError) -> [UInt8]? {
        switch values[field] {
        case nil, .null: return nil
        case .bytes(let bytes):
            guard bytes.count <= limit else { throw .fieldLength(field) }
            return bytes
        default: throw .fieldType(field)
        }
    }

    func bundle() throws(EvidenceError) -> [[UInt8]] {
        guard case .array(let items) = try required(.cabundle) else { throw .fieldType(.cabundle) }
        guard (1...Limits.bundle).contains(items.count) else { throw .bundleCount(items.count) }
        var bundle: [[UInt8]] = []
        for item in items {
            guard case .bytes(let certificate) = item else { throw .fieldType(.cabundle) }
            guard (1...Limits.certificate).contains(certificate.count) else { throw .fieldLength(.cabundle) }
            bundle.append(certificate)
        }
        return bundle
    }

    func registers(_ field: Field) throws(EvidenceError) -> [NitroDocument.Register] {
        guard case .map(let entries) = try required(field) else { throw .fieldType(field) }
        guard (1...Limits.registers).contains(entries.count) else { throw .pcrCount(entries.count) }
        var registers: [NitroDocument.Register] = []
        for entry in entries {
            guard case .unsigned(let number) = entry.key, number < UInt64(Limits.registers) else { throw .pcrIndex }
            guard case .bytes(let value) = entry.value else { throw .fieldType(field) }
            guard value.count == Limits.register else {
                throw .pcrLength(index: Int(number), count: value.count)
            }
            registers.append(NitroDocument.Register(index: Int(number), value: value))
        }
        let needed = field == .pcrs ? NitroDocument.requiredRegisters : NitroDocument.requiredTPMRegisters
        for index in needed where !registers.contains(where: { $0.index == index }) {
            throw .missingPCR(index)
        }
        return registers.sorted { $0.index < $1.index }
    }
}
