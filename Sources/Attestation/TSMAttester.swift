import Bytes
import Crypto

/// Evidence of a confidential virtual machine (AMD SEV-SNP or Intel TDX) through Linux's configfs-tsm.
///
/// The kernel numbers the writes to an entry; a report counts only if the number before and after reading it is the one
/// that our own writes made (the method of google/go-configfs-tsm). It has been tested against a faithful fake only.
public struct TSMAttester: Attester {
    /// `sevSNP` or `tdx`, as the kernel's provider says.
    public let format: EvidenceFormat
    private let fileSystem: any TSMFileSystem
    private let certificates: [[UInt8]]
    static let attempts = 8

    /// Asks the kernel which platform this is.
    /// - Parameters:
    ///   - fileSystem: the kernel's unless a test says otherwise.
    ///   - taskSpecification: the bytes that `GET /spec` returns: measured into RTMR3 of a TDX guest whose kernel lets
    ///     programs do that (Linux 6.16 and later).
    ///   - certificates: DER to hand out beside reports when the host supplies none (AMD's VCEK, ASK and ARK).
    public init(
        fileSystem: any TSMFileSystem = LinuxTSMFileSystem(), taskSpecification: [UInt8]? = nil,
        certificates: [[UInt8]] = []
    ) throws(AttesterError) {
        self.fileSystem = fileSystem
        self.certificates = certificates
        let provider = try TSMAttester.withEntry(fileSystem) { (name) throws(AttesterError) in
            try fileSystem.read(name, "provider")
        }
        switch String(decoding: provider.prefix { $0 != 0x0A }, as: UTF8.self) {
        case "sev_guest": format = .sevSNP
        case "tdx_guest": format = .tdx
        default: throw .tsmProvider
        }
        if format == .tdx, let taskSpecification { try TSMAttester.measure(taskSpecification, into: Self.taskRegister) }
    }

    /// RTMR3 as Linux shows it: 48 bytes to read; 48 bytes written extend it.
    static let taskRegister = "/sys/devices/virtual/misc/tdx_guest/measurements/rtmr3:sha384"

    /// Extends the register by the task's digest; where the kernel has no such file the statement alone names the task.
    static func measure(_ task: [UInt8], into path: String) throws(AttesterError) {
        do throws(LinuxFile.Failure) {
            let expected = Register.task(task)
            let value = try LinuxFile.read(path, limit: 64)
            if value == expected { return }
            guard value == Register.zero else { throw LinuxFile.Failure(errno: 16) }
            try LinuxFile.write(Array(SHA384.hash(data: task)), to: path)
        } catch {
            if error.isMissing { return }
            throw error.errno == 16 ? .taskRegisterLocked : .tsmFileSystem(errno: error.errno)
        }
    }

    /// A report over the hash of key, nonce and statement, with the certificates that the host or the caller has.
    ///
    /// - Throws: `AttesterError` if the kernel refuses, or somebody else keeps writing to the entry.
    public func evidence(spki: [UInt8], nonce: [UInt8], statement: Statement) async throws -> Evidence {
        try check(spki: spki, nonce: nonce, statement: statement)
        let data = ReportData.bytes(format: format, spki: spki, nonce: nonce, statement: statement)
        let report = try report(data)
        guard !report.bytes.isEmpty else { throw AttesterError.tsmEmptyReport }
        let auxiliary = (SNPCertificateTable.certificates(report.auxiliary) + certificates)
        return Evidence(
            format: format, evidence: report.bytes, auxiliary: auxiliary, statement: statement.bytes)
    }

    /// A report on 64 bytes, and what the host gave beside it.
    func report(_ data: [UInt8]) throws(AttesterError) -> (bytes: [UInt8], auxiliary: [UInt8]) {
        for _ in 0..<TSMAttester.attempts {
            let result = try TSMAttester.withEntry(fileSystem) {
                (name) throws(AttesterError) -> (bytes: [UInt8], auxiliary: [UInt8])? in
                let before = try generation(name)
                try fileSystem.write(data, name, "inblob")
                let report = try fileSystem.read(name, "outblob")
                // Kernels without the attribute answer "no such file": then there is nothing beside the report.
                let auxiliary = (try? fileSystem.read(name, "auxblob")) ?? []
                return try generation(name) == before + 1 ? (report, auxiliary) : nil
            }
            if let result { return result }
        }
        throw .tsmRace
    }

    private func generation(_ name: String) throws(AttesterError) -> UInt64 {
        let text = try fileSystem.read(name, "generation").prefix { $0 != 0x0A }
        guard let number = UInt64(String(decoding: text, as: UTF8.self)), number < .max else { throw .tsmProvider }
        return number
    }

    /// Runs with an entry of our own, which is removed whatever happens.
    private static func withEntry<T>(
        _ fileSystem: any TSMFileSystem, _ body: (String) throws(AttesterError) -> T
    ) throws(AttesterError) -> T {
        let name = "entrepot-\(String(UInt64.random(in: .min ... .max), radix: 16))"
        try fileSystem.makeDirectory(name)
        defer { try? fileSystem.removeDirectory(name) }
        return try body(name)
    }
}

/// The certificates that an SEV-SNP host hands to its guests: entries of GUID, offset and length (GHCB specification §4.1.8).
enum SNPCertificateTable {
    private static let entryByteCount = 24
    private static let entryLimit = 16

    /// GUIDs of VCEK, ASK (or ASVK), ARK and VLEK, in text order.
    private static let known: Set<String> = [
        "63da758de6644564adc5f4b93be8accd", "4ab7b379bbac4fe4a02f05aef327c782", "c0b406a4a803495297433fb6014cd0ae",
        "a8074bc2a25a483eaae639c045a0b8a1",
    ]

    /// A report and the table behind it, as guests get both in one answer; nil for anything else.
    static func split(_ bytes: [UInt8]) -> (report: [UInt8], certificates: [[UInt8]])? {
        guard bytes.count > SNPReport.byteCount else { return nil }
        let report = Array(bytes.prefix(SNPReport.byteCount))
        guard (try? SNPReport(bytes: report)) != nil else { return nil }
        let certificates = certificates(Array(bytes.dropFirst(SNPReport.byteCount)))
        return certificates.isEmpty ? nil : (report, certificates)
    }

    /// DER of the certificates in a table; a table that is cut or malformed gives those that can be read.
    static func certificates(_ table: [UInt8]) -> [[UInt8]] {
        var certificates: [[UInt8]] = []
        for index in 0..<entryLimit {
            let start = index * entryByteCount
            guard start + entryByteCount <= table.count else { break }
            let identifier = table[start..<start + 16]
            guard identifier.contains(where: { $0 != 0 }) else { break }
            let entry = LittleEndian(Array(table[start..<start + entryByteCount]))
            let offset = Int(entry.uint32(16))
            let count = Int(entry.uint32(20))
            guard known.contains(Hex.encode(identifier)), offset <= table.count, count <= table.count - offset,
                let found = try? CertificateFile.certificates(Array(table[offset..<offset + count]))
            else { continue }
            certificates += found
        }
        return certificates
    }
}
