/// A TPM's quote with the registers that it is over: the document of the formats `tpm` and `azure`.
///
/// CBOR in its one shortest form: `{"attest": TPMS_ATTEST, "signature": TPMT_SIGNATURE, "pcrs": {index: 32 bytes}}`, and
/// where the service tells them `"log": {index: [32 bytes, …]}`, the digests that went into a register, in order. Around
/// Azure's: `"hcl"`, the report that vouches for the key, and `"quote"`, Intel's quote where the machine has TDX. The layout
/// is our own; what is inside is the TPM's.
public struct TPMEvidence: Sendable, Equatable {
    public let attest: [UInt8]
    public let signature: [UInt8]
    /// The quoted registers by index.
    public let registers: [Int: [UInt8]]
    /// Digests that lead from zero to a register's value, for those whose history is told.
    public let log: [Int: [[UInt8]]]
    /// Azure's report.
    public let hcl: [UInt8]?
    /// Intel's quote on Azure.
    public let quote: [UInt8]?

    /// More than any document takes.
    static let byteLimit = 64 * 1024
    private static let eventLimit = 1024

    public init(
        attest: [UInt8], signature: [UInt8], registers: [Int: [UInt8]], log: [Int: [[UInt8]]] = [:],
        hcl: [UInt8]? = nil, quote: [UInt8]? = nil
    ) {
        self.attest = attest
        self.signature = signature
        self.registers = registers
        self.log = log
        self.hcl = hcl
        self.quote = quote
    }

    /// Reads a document; another encoding of the same is refused, because no signature covers the encoding.
    public init(bytes: [UInt8]) throws(EvidenceError) {
        guard bytes.count <= TPMEvidence.byteLimit, let value = try? CBOR(decoding: bytes, lengths: .definite),
            case .map(let entries) = value, case .bytes(let attest)? = value["attest"],
            case .bytes(let signature)? = value["signature"], case .map(let registers)? = value["pcrs"]
        else { throw .tpmEncoding }
        let names: Set<CBOR> = Set(["attest", "signature", "pcrs", "log", "hcl", "quote"].map { .text($0) })
        guard entries.allSatisfy({ names.contains($0.key) }) else { throw .tpmEncoding }
        var values: [Int: [UInt8]] = [:]
        for entry in registers {
            guard case .bytes(let bytes) = entry.value, bytes.count == TPMRegister.byteCount else {
                throw .tpmRegisters
            }
            values[try TPMEvidence.index(entry.key)] = bytes
        }
        var log: [Int: [[UInt8]]] = [:]
        if let told = value["log"] {
            guard case .map(let entries) = told else { throw .tpmEventLog }
            for entry in entries { log[try TPMEvidence.index(entry.key)] = try TPMEvidence.digests(entry.value) }
        }
        self.init(
            attest: attest, signature: signature, registers: values, log: log,
            hcl: try TPMEvidence.optional(value["hcl"]), quote: try TPMEvidence.optional(value["quote"]))
        guard encoded == bytes else { throw .tpmEncoding }
    }

    /// The format of what begins as a document and is cut or damaged; nil for anything else.
    static func format(byHead bytes: [UInt8]) -> EvidenceFormat? {
        // A map of 3 to 6 members, of which the first is `attest`.
        guard let first = bytes.first, (0xA3...0xA6).contains(first),
            bytes.dropFirst().starts(with: CBOR.text("attest").encoded)
        else { return nil }
        // The member `hcl` comes behind the registers: its name, and then the head of Azure's report.
        let name = CBOR.text("hcl").encoded
        let isAzure = bytes.indices.contains { place in
            bytes[place] == name[0] && bytes[place...].starts(with: name)
        }
        return isAzure ? .azure : .tpm
    }

    private static func index(_ key: CBOR) throws(EvidenceError) -> Int {
        guard case .unsigned(let number) = key, number < UInt64(TPMRegister.count) else { throw .tpmRegisters }
        return Int(number)
    }

    private static func digests(_ value: CBOR) throws(EvidenceError) -> [[UInt8]] {
        guard case .array(let items) = value, items.count <= eventLimit else { throw .tpmEventLog }
        // A register that nothing went into has no history to tell.
        guard !items.isEmpty else { throw .tpmEventLogTruncated }
        var digests: [[UInt8]] = []
        for item in items {
            guard case .bytes(let digest) = item, digest.count == TPMRegister.byteCount else { throw .tpmEventLog }
            digests.append(digest)
        }
        return digests
    }

    private static func optional(_ value: CBOR?) throws(EvidenceError) -> [UInt8]? {
        guard let value else { return nil }
        guard case .bytes(let bytes) = value else { throw .tpmEncoding }
        return bytes
    }

    /// The one encoding: members in the order above, registers ascending.
    public var encoded: [UInt8] {
        let numbered = { (index: Int, value: CBOR) in CBOR.Entry(.unsigned(UInt64(index)), value) }
        var entries: [CBOR.Entry] = [
            .init(.text("attest"), .bytes(attest)), .init(.text("signature"), .bytes(signature)),
            .init(
                .text("pcrs"),
                .map(registers.sorted { $0.key < $1.key }.map { numbered($0.key, .bytes($0.value)) })),
        ]
        if !log.isEmpty {
            let told = log.sorted { $0.key < $1.key }.map { numbered($0.key, .array($0.value.map { .bytes($0) })) }
            entries.append(.init(.text("log"), .map(told)))
        }
        if let hcl { entries.append(.init(.text("hcl"), .bytes(hcl))) }
        if let quote { entries.append(.init(.text("quote"), .bytes(quote))) }
        return CBOR.map(entries).encoded
    }
}
