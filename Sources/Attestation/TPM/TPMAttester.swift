import Crypto

/// Evidence of a measured boot, from the machine's TPM 2.0.
///
/// At start it measures the task into PCR16, so that every quote names the task. Only programs of the measured image could
/// reset that register, and there is one. It has met swtpm under an emulated machine; no TPM in silicon yet.
public struct TPMAttester: Attester {
    public let format: EvidenceFormat
    private let quoter: Quoter
    private let certificates: [[UInt8]]

    /// The registers that a quote covers: all of the boot but PCR10, which the kernel keeps for itself, and the task's.
    static let selection = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 11, 12, 13, 14, 15, 16]
    /// Registers whose history is told beside their value, where the kernel has it: loader and kernel, what they were told,
    /// the image's parts.
    private static let told = [4, 9, 11]

    /// Which key quotes.
    public enum Key: Sendable {
        /// The one that the TPM derives under its endorsement hierarchy.
        case derived
        /// The one that Azure keeps at a fixed handle, with the report that vouches for it, and what its host hands out.
        case azure(any AzureService)
    }

    /// Measures the task.
    /// - Parameters:
    ///   - device: the kernel's unless a test says otherwise.
    ///   - taskSpecification: the bytes that `GET /spec` returns.
    ///   - certificates: DER of the key's certificate and those above it, to hand out beside quotes.
    ///   - log: what firmware and loader recorded; a log that contradicts the registers is refused.
    public init(
        device: any TPMDevice, key: Key = .derived, taskSpecification: [UInt8], certificates: [[UInt8]] = [],
        log: [UInt8]? = nil
    ) async throws {
        guard !taskSpecification.isEmpty else { throw AttesterError.emptyTask }
        switch key {
        case .derived: format = .tpm
        case .azure: format = .azure
        }
        quoter = Quoter(session: TPMSession(device: device))
        try await quoter.start(key: key, task: taskSpecification)
        self.certificates = certificates.isEmpty ? try await quoter.hostCertificates() : certificates
        if let log { try await quoter.take(log: try EventLog(bytes: log), of: TPMAttester.told) }
    }

    public func evidence(spki: [UInt8], nonce: [UInt8], statement: Statement) async throws -> Evidence {
        try check(spki: spki, nonce: nonce, statement: statement)
        let data = ReportData.bytes(format: format, spki: spki, nonce: nonce, statement: statement)
        let document = try await quoter.document(extraData: data)
        return Evidence(
            format: format, evidence: document.encoded, auxiliary: certificates, statement: statement.bytes)
    }

    /// The log of the first TPM, where the kernel shows one.
    public static func systemLog() -> [UInt8]? {
        guard let bytes = try? LinuxFile.read(EventLog.path, limit: 1 << 20), !bytes.isEmpty else { return nil }
        return bytes
    }
}

/// The TPM answers one command at a time, and a register must not change between being read and being quoted.
private actor Quoter {
    private let session: TPMSession
    private var key: UInt32 = 0
    private var azure: (service: any AzureService, report: AzureReport, bytes: [UInt8])?
    private var hardwareQuote: [UInt8]?
    private var log: [Int: [[UInt8]]] = [:]

    /// Azure's handle of its attestation key, and the index of its report.
    private static let azureKey: UInt32 = 0x8100_0003
    private static let azureReport: UInt32 = 0x0140_0001
    private static let attempts = 4

    init(session: TPMSession) { self.session = session }

    func start(key: TPMAttester.Key, task: [UInt8]) throws(AttesterError) {
        switch key {
        case .derived: self.key = try session.createKey()
        case .azure(let service):
            self.key = Self.azureKey
            let bytes = try session.readMemory(Self.azureReport)
            guard let report = try? AzureReport(bytes: bytes) else { throw .azureReport }
            azure = (service, report, bytes)
            if case .tdx(let inner) = report.hardware { hardwareQuote = try Self.quote(of: inner, by: service) }
        }
        let index = Register.taskIndex
        let expected = TPMRegister.task(task)
        let value = try session.read([index])[index]
        if value == TPMRegister.zero {
            try session.extend(index, with: Array(SHA256.hash(data: task)))
        }
        // A second start on the same boot finds the register as it should be: for the same task this is harmless.
        guard try session.read([index])[index] == expected else { throw .taskRegisterLocked }
    }

    /// Intel's quote of the report in the TPM: the host makes it, and it has to say the same.
    private static func quote(of report: [UInt8], by service: any AzureService) throws(AttesterError) -> [UInt8] {
        let bytes = try service.quote(of: Array(report.prefix(TDReport.byteCount)))
        guard let quote = try? TDXQuote(bytes: bytes), let local = try? TDReport(bytes: report),
            local.isOfSameGuest(as: quote)
        else { throw .azureQuote }
        return bytes
    }

    /// AMD's certificates, which Azure's host keeps; none on other hardware.
    func hostCertificates() throws(AttesterError) -> [[UInt8]] {
        guard let azure, case .sevSNP = azure.report.hardware else { return [] }
        return try azure.service.certificates()
    }

    func take(log events: EventLog, of indices: [Int]) throws {
        let values = try session.read(indices)
        for index in indices {
            let digests = events.digests(of: index)
            // What the kernel or the program extended later is in no log of the firmware.
            guard !digests.isEmpty else { continue }
            guard TPMRegister.replaying(digests) == values[index] else { throw EvidenceError.tpmEventLog }
            log[index] = digests
        }
    }

    func document(extraData: [UInt8]) throws(AttesterError) -> TPMEvidence {
        for _ in 0..<Self.attempts {
            let registers = try session.read(TPMAttester.selection)
            let (attest, signature) = try session.quote(
                key: key, extraData: extraData, selection: TPMAttester.selection)
            let values = TPMAttester.selection.flatMap { registers[$0] ?? [] }
            guard let quote = try? TPMQuote(attest: attest, signature: signature) else { throw .tpmAnswer }
            guard quote.digest == Array(SHA256.hash(data: values)) else { continue }
            return TPMEvidence(
                attest: attest, signature: signature, registers: registers, log: azure == nil ? log : [:],
                hcl: azure?.bytes, quote: hardwareQuote)
        }
        throw .tpmRace
    }
}
