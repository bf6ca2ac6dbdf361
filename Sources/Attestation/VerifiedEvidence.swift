import Bytes

/// Evidence whose signatures, certificates and encoding have been checked. Whether to trust it is for `Policy` to say.
public struct VerifiedEvidence: Sendable, Equatable {
    /// One measured register: `PCR0`…, `MEASUREMENT`, `MRTD`, `RTMR0`….
    public struct Measurement: Sendable, Equatable, Hashable {
        /// What the vendor calls the register.
        public let name: String
        /// Its bytes, as measured.
        public let value: [UInt8]

        /// A register with its value.
        public init(name: String, value: [UInt8]) {
            self.name = name
            self.value = value
        }

        /// Lower-case hexadecimal.
        public var hexadecimal: String { Hex.encode(value) }
        /// An unused register, or a debug one.
        public var isZero: Bool { value.allSatisfy { $0 == 0 } }
    }

    /// The time in which every certificate of the chain is valid, in unix seconds, both ends included.
    public struct Validity: Sendable, Equatable, Hashable {
        /// The latest beginning of any certificate.
        public let notBefore: Int64
        /// The earliest end of any certificate.
        public let notAfter: Int64
    }

    /// Something true that a reader should see, though it makes nothing false.
    public enum Warning: Sendable, Equatable, Hashable {
        /// The payload has fields that this version does not know.
        case unknownFields(Int)
        /// A field that must hold at least one byte is empty.
        case emptyField(NitroDocument.Field)
        /// Intel's collateral (TCB level, revocation) was not looked at.
        case tcbStatusNotEvaluated
        /// The vendor's revocation lists were not looked at.
        case revocationNotChecked
        /// No time was given, so that the certificates were checked at the time the document gives for itself.
        case verifiedAtOwnTime
        /// The statement beside the evidence could not be checked without the challenge, and was left out.
        case statementNotBound
        /// The evidence gives no confidentiality against the host.
        case simulated
        /// SEV-SNP: the program does not run at the guest's most privileged level, but at this one.
        case privilegeLevel(UInt32)
        /// SEV-SNP: the firmware is older than the repairs that AMD published for this product.
        case oldFirmware(product: String)
        /// TDX: the host can make the guest's pages fault (SEPT_VE_DISABLE is off), which the guest must withstand.
        case pageFaultsAllowed
        /// TDX: the guest may count events of the processor (PERFMON).
        case performanceCounters
        /// TDX: Intel's word on the platform's patch level, and the advisories that it is open to.
        case tcbStatus(TCBStatus, advisories: [String])
        /// A TPM speaks for its machine as far as its owner does: it hides no memory from the host.
        case tpmAlone
        /// What lies in the file beside the document that was verified: formats, and pieces of no known form.
        case notVerified(documents: [String], pieces: Int)
        /// How many values lie in the file beside the document that are no evidence: keys, digests, texts for people.
        case otherValues(Int)
        /// Azure's report without a quote of its virtual TPM: nothing binds it to a connection.
        case azureAlone
        /// A TPM's quote covers no firmware register, so that nothing is said about what started the image.
        case firmwareNotCompared
    }

    public internal(set) var format: EvidenceFormat
    /// Unix seconds: when the evidence says it was made; where the format carries no time
    /// (`EvidenceFormat.carriesTime`), when it was verified.
    public internal(set) var time: Int64
    /// Unix seconds: the time at which the certificates were checked.
    public internal(set) var verifiedAt: Int64
    /// The platform's name for the enclave; empty if a format has none.
    public internal(set) var moduleID: String
    public internal(set) var measurements: [Measurement]
    /// What the evidence says about the machine beyond what was measured.
    public internal(set) var platform = PlatformFacts()
    /// DER of the key that the evidence vouches for (Nitro and simulated).
    public internal(set) var publicKey: [UInt8]?
    /// The caller's challenge (Nitro and simulated).
    public internal(set) var nonce: [UInt8]?
    /// The caller's or service's free bytes (Nitro and simulated).
    public internal(set) var userData: [UInt8]?
    /// 64 bytes that bind key, nonce and statement by hash (SEV-SNP and TDX).
    public internal(set) var reportData: [UInt8]?
    /// What the service says about itself; nil for evidence that is not of an Entrepot service.
    public internal(set) var statement: Statement?
    public internal(set) var chainValidity: Validity
    /// The platform lets its host look inside.
    public internal(set) var isDebug: Bool
    /// The guest may be moved to another machine (SEV-SNP: by a migration agent; TDX: MIGRATABLE).
    public internal(set) var allowsMigration = false
    public internal(set) var warnings: [Warning]

    /// Whether the evidence vouches for a key, answers a challenge and holds a statement.
    ///
    /// Nitro and simulated documents carry them as fields; the others hold a hash over them.
    func binds(spki: [UInt8], nonce: [UInt8], statement: Statement) -> Bool {
        guard format.carriesFields else {
            return reportData == ReportData.bytes(format: format, spki: spki, nonce: nonce, statement: statement)
        }
        return publicKey == spki && self.nonce == nonce
    }

    /// The value of a register, or nil if the evidence does not have it.
    public subscript(measurement name: String) -> [UInt8]? {
        measurements.first { $0.name == name }?.value
    }
}

extension VerifiedEvidence {
    /// Whether this evidence was made for a key that outlives every connection: it names the key in the place of the TLS key,
    /// answers the boot id as challenge, and its statement holds `binding` in the place of a connection's.
    func vouches(for publicKeyInfo: [UInt8], binding: [UInt8]) -> Bool {
        guard let statement, statement.channelBinding == binding else { return false }
        return binds(spki: publicKeyInfo, nonce: statement.bootID, statement: statement)
    }
}
