import Bytes
import Crypto
import Foundation

/// Evidence without hardware: a real COSE document under a P-384 chain that this host made itself.
///
/// It exercises every line of the Nitro verifier and gives **no confidentiality against the host**. Registers follow the
/// rules of an enclave: PCR0 measures the executable, PCR1 `/etc/os-release`, PCR2 the build manifest and PCR16 the task;
/// the others are zero.
public struct SimulatedAttester: Attester {
    /// The start of every simulated module's name, which no platform uses.
    static let modulePrefix = "sim-"

    /// Always `simulated`.
    public var format: EvidenceFormat { .simulated }
    /// DER of the root, to be given to relying parties by hand. `rootFile` holds it as PEM.
    public var root: [UInt8] { authority.der }
    /// The root's certificate, for `--simulated-root`.
    public let rootFile: String
    /// The measurements of this process as a release manifest, for `--measurements`.
    public let measurementsFile: String
    /// What this process measures as.
    public let release: ReleaseManifest.Release

    private let authority: SimulatedRoot
    private let moduleID: String
    private let registers: [Int: [UInt8]]
    private let milliseconds: @Sendable () -> UInt64

    /// What is measured, and where it is found.
    public struct Sources: Sendable {
        /// The program.
        public var executable: String
        /// The operating system; a missing file leaves PCR1 zero.
        public var system: String

        /// What is measured.
        ///
        /// - Parameters:
        ///   - executable: a file whose digest stands for the program.
        ///   - system: a file whose digest stands for the operating system.
        public init(executable: String = "/proc/self/exe", system: String = "/etc/os-release") {
            self.executable = executable
            self.system = system
        }
    }

    /// - Parameters:
    ///   - stateDirectory: the root is kept in its folder `simulated-root`, readable by the owner only; made if absent.
    ///   - taskSpecification: the bytes that `GET /spec` returns; measured into PCR16.
    ///   - buildManifest: measured into PCR2.
    ///   - milliseconds: unix time; the system's clock unless a test says otherwise.
    public init(
        stateDirectory: String, taskSpecification: [UInt8], buildManifest: [UInt8], sources: Sources = Sources(),
        milliseconds: @escaping @Sendable () -> UInt64 = SimulatedAttester.systemTime
    ) throws(AttesterError) {
        guard !taskSpecification.isEmpty else { throw .emptyTask }
        self.milliseconds = milliseconds
        let directory = stateDirectory + "/simulated-root"
        authority = try SimulatedRoot(directory: directory, now: Int64(milliseconds() / 1_000))
        var registers = Dictionary(uniqueKeysWithValues: (0..<16).map { ($0, Register.zero) })
        guard let executable = SimulatedAttester.measure(file: sources.executable) else { throw .executableUnreadable }
        registers[0] = executable
        registers[1] = SimulatedAttester.measure(file: sources.system) ?? Register.zero
        registers[2] = Register.measuring(buildManifest)
        registers[Register.taskIndex] = Register.task(taskSpecification)
        self.registers = registers

        var random = SystemRandomNumberGenerator()
        let fingerprint = Hex.encode(SHA256.hash(data: authority.der)).prefix(17)
        let number = String(random.next(), radix: 16)
        let padding = String(repeating: "0", count: 16 - number.count)
        moduleID = "\(SimulatedAttester.modulePrefix)\(fingerprint)-enc\(padding)\(number)"

        let measurements = [0, 1, 2].map { ("PCR\($0)", Hex.encode(registers[$0] ?? Register.zero)) }
        release = ReleaseManifest.Release(
            version: "simulated",
            measurements: [EvidenceFormat.simulated.rawValue: Dictionary(uniqueKeysWithValues: measurements)])
        rootFile = directory + "/root.pem"
        measurementsFile = directory + "/measurements.json"
        guard let manifest = try? ReleaseManifest(releases: [release]).json() else { throw .stateDirectoryUnusable }
        try OwnerFile.write(manifest, to: measurementsFile)
    }

    /// A document in the form of Nitro's, signed by an authority of this computer: it gives no confidentiality.
    public func evidence(spki: [UInt8], nonce: [UInt8], statement: Statement) async throws -> Evidence {
        try check(spki: spki, nonce: nonce, statement: statement)
        let now = milliseconds()
        let chain = try authority.issueChain(now: Int64(now / 1_000))
        let payload = CBOR.map([
            .init(.text("module_id"), .text(moduleID)),
            .init(.text("digest"), .text("SHA384")),
            .init(.text("timestamp"), .unsigned(now)),
            .init(
                .text("pcrs"),
                .map(registers.sorted { $0.key < $1.key }.map { .init(.unsigned(UInt64($0.key)), .bytes($0.value)) })),
            .init(.text("certificate"), .bytes(chain.leaf)),
            .init(.text("cabundle"), .array([.bytes(authority.der), .bytes(chain.intermediate)])),
            .init(.text("public_key"), .bytes(spki)),
            .init(.text("user_data"), .bytes(statement.bytes)),
            .init(.text("nonce"), .bytes(nonce)),
        ]).encoded
        let digest = SHA384.hash(data: NitroDocument.signedBytes(payload: payload))
        guard let signature = try? chain.key.signature(for: digest) else { throw AttesterError.certificateIssuance }
        let document = CBOR.array([
            .bytes(NitroDocument.protectedHeader), .map([]), .bytes(payload),
            .bytes(Array(signature.rawRepresentation)),
        ])
        return Evidence(format: .simulated, evidence: document.encoded, statement: statement.bytes)
    }

    /// The system's clock.
    public static let systemTime: @Sendable () -> UInt64 = { UInt64(Date().timeIntervalSince1970 * 1_000) }

    /// The register that measures a file, read in blocks; nil if it cannot be read.
    private static func measure(file path: String) -> [UInt8]? {
        guard let file = FileHandle(forReadingAtPath: path) else { return nil }
        defer { try? file.close() }
        var hash = SHA384()
        do {
            while let block = try file.read(upToCount: 1 << 20), !block.isEmpty { hash.update(data: block) }
        } catch {
            return nil
        }
        return Register.extended(Register.zero, with: Array(hash.finalize()))
    }
}
