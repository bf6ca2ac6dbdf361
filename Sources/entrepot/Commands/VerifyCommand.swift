public import ArgumentParser
public import Attestation
import Client
import Foundation
import Tasks

/// `entrepot verify`: a running service with --url, or a saved document.
struct VerifyCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify", abstract: "Verifies the evidence of a service (--url) or of a saved document.",
        discussion: "Exit code 0: authentic; 2: not authentic; 3: authentic but refused by policy.")

    @Argument(help: "A saved attestation document.")
    var document: String?

    @Option(help: ArgumentHelp("A running service.", valueName: "url"))
    var url: String?

    @Option(help: "nitro, sev-snp, tdx or simulated; found out where absent.")
    var format: EvidenceFormat?

    @Option(help: "Unix time at which certificates must be valid; a document's own time where absent.")
    var at: Int64?

    @Option(help: "Trust only the root in this file (PEM or DER).")
    var root: String?

    @Option(help: "Certificates beside the document (AMD: VCEK, ASK, ARK).")
    var certificates: [String] = []

    @Option(help: "release.json: the measurements that you accept.")
    var measurements: String?

    @Flag(help: "Accept TDX although Intel's patch level is not evaluated.")
    var allowUnevaluatedTcb = false

    @Flag(help: "One JSON object on stdout.")
    var json = false

    func validate() throws {
        if (document == nil) == (url == nil) { throw ValidationError("give either a DOCUMENT or --url") }
        if url != nil && (root == nil || format != .simulated) && measurements == nil {
            throw ValidationError("--url needs --measurements: an empty list accepts nothing")
        }
    }

    func run() async throws {
        try await CommandFailure.reported {
            if let url { try await verify(service: url) } else if let document { try verify(file: document) }
        }
    }

    private func verify(file: String) throws {
        let bytes = try Files.bytes(at: file)
        let format = format ?? DocumentVerification.detect(bytes)
        let report: DocumentVerification.Report
        do {
            report = try DocumentVerification.verify(
                bytes, format: format, at: at, now: Int64(Date().timeIntervalSince1970), roots: try roots(format),
                certificates: try extraCertificates(), allowed: try allowed(), allowUnevaluatedTCB: allowUnevaluatedTcb)
        } catch let error as EvidenceError {
            if json { print(#"{"authentic":false,"reasons":["\#(error)"]}"#) }
            throw ClientError.evidence(error)
        }
        show(report.evidence, report.refusals)
        if report.exitCode != 0 { throw ExitCode(report.exitCode) }
    }

    private func verify(service url: String) async throws {
        let simulated = format == .simulated
        let configuration = ClientConfiguration(
            address: try ServiceAddress(url), key: nil, roots: try roots(format),
            allowed: try allowed() ?? ReleaseManifest(releases: []), allowSimulated: simulated,
            stateFile: ClientConfiguration.defaultStateFile)
        try await VerifiedConnection.open(configuration) { connection in
            show(connection.evidence, [])
            Console.say("task          \(connection.taskDigest.hex)")
        }
    }

    private func roots(_ format: EvidenceFormat?) throws -> TrustRoots {
        guard let root else { return .vendors }
        let certificates = try CertificateFile.certificates(try Files.bytes(at: root))
        return try TrustRoots(only: certificates, for: format ?? .nitro)
    }

    /// What lies beside the document; AMD's intermediate keys may come in the file of the root.
    private func extraCertificates() throws -> [[UInt8]] {
        try (certificates + (root.map { [$0] } ?? [])).flatMap {
            try CertificateFile.certificates(try Files.bytes(at: $0))
        }
    }

    private func allowed() throws -> ReleaseManifest? {
        try measurements.map { try ReleaseManifest(json: try Files.bytes(at: $0)) }
    }

    private func show(_ evidence: VerifiedEvidence, _ refusals: [Refusal]) {
        guard json else {
            print(EvidenceCard(evidence, refusals: refusals))
            return
        }
        let reasons = refusals.map { "\($0)" }
        let measurements = Dictionary(
            evidence.measurements.map { ($0.name, $0.hexadecimal) }, uniquingKeysWith: { $1 })
        let object: [String: Any] = [
            "authentic": true, "format": evidence.format.rawValue, "module": evidence.moduleID, "time": evidence.time,
            "measurements": measurements, "accepted": refusals.isEmpty, "reasons": reasons,
        ]
        if let data = try? JSONSerialization.data(withJSONObject: object, options: [.sortedKeys, .prettyPrinted]) {
            print(String(decoding: data, as: UTF8.self))
        }
    }
}

extension EvidenceFormat: ExpressibleByArgument {}

/// `entrepot measure FILE.eif`: the measurements that an enclave image will have.
struct MeasureCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "measure", abstract: "Computes PCR0, 1, 2 (and 8) of an AWS Nitro enclave image.")

    @Argument(help: "The enclave image.")
    var file: String

    func run() async throws {
        try await CommandFailure.reported {
            do {
                let image = try EnclaveImage(path: file)
                for (register, value) in image.measurements.sorted(by: { $0.key < $1.key }) {
                    print("\(register) \(value)")
                }
            } catch let error as EnclaveImage.Problem {
                throw CommandFailure("\(file) is not an enclave image that can be measured: \(error)", code: .badData)
            }
        }
    }
}
