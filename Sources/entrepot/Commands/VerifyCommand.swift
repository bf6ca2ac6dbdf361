public import ArgumentParser
public import Attestation
import Client
import EngineCommands
import Foundation
import Ledger
import Tasks

/// `entrepot verify`: a running service with --url, or a saved document, receipt or report.
struct VerifyCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify",
        abstract:
            "Verifies a service (--url), a saved document, a receipt, a signed report, samples, or a model's privacy.",
        discussion: """
            Exit code 0: authentic and of a program that you named with --measurements; 2: not authentic; 3: authentic but \
            refused by policy, or no program was named, so that it could be anybody's; with --url also 4: it belongs to \
            another connection. A saved document is verified at the time that it gives for itself unless --at says \
            otherwise. Formats without such a time (sev-snp, tdx) are verified as of now.
            """)

    @Argument(help: "A saved attestation document, the JSON of GET /attestation, a receipt, a report, or samples.")
    var document: String?

    @Option(help: ArgumentHelp("What lies beside samples; SAMPLES.provenance where absent.", valueName: "file"))
    var provenance: String?

    @Option(help: ArgumentHelp("A running service.", valueName: "url"))
    var url: String?

    @Option(help: "nitro, sev-snp, tdx or simulated; found out where absent.")
    var format: EvidenceFormat?

    @Option(help: "Unix time at which certificates must be valid; a document's own time where absent.")
    var at: Int64?

    @Option(help: "Trust only the root in this file (PEM or DER).")
    var root: String?

    @Option(help: "The same as --format simulated --root FILE.")
    var simulatedRoot: String?

    @Option(parsing: .upToNextOption, help: "Certificates beside the document (AMD: VCEK, ASK, ARK).")
    var certificates: [String] = []

    @Option(help: "release.json: the measurements that you accept.")
    var measurements: String?

    @Flag(help: "Accept a service that was built for debugging, or whose platform lets its host look inside.")
    var allowDebug = false

    @Flag(help: "Accept TDX although Intel's patch level is not evaluated.")
    var allowUnevaluatedTcb = false

    @Flag(help: "Recompute what the releases of a model file or a transcript cost, and compare with what is recorded.")
    var privacy = false

    @Option(help: "With --privacy: how many rows a key may have, for files that do not say it.")
    var rowsPerKey: Int?

    @Flag(help: "One JSON object on stdout.")
    var json = false

    @Option(help: ArgumentHelp("Verify so many times and tell how long one took.", visibility: .hidden))
    var repetitions = 0

    mutating func validate() throws {
        // The last file after --certificates is the document where no other is: either order can be written.
        if document == nil, url == nil, certificates.count > 1 { document = certificates.removeLast() }
        if (document == nil) == (url == nil) { throw ValidationError("give either a DOCUMENT or --url") }
        if url != nil, at != nil { throw ValidationError("--at is for saved documents: a service is verified now") }
        if privacy, document == nil { throw ValidationError("--privacy needs a model file or a transcript") }
        if rowsPerKey != nil, !privacy { throw ValidationError("--rows-per-key goes with --privacy") }
        if let rowsPerKey, rowsPerKey < 1 { throw ValidationError("--rows-per-key is 1 or more") }
        if root != nil, simulatedRoot != nil { throw ValidationError("give either --root or --simulated-root") }
        if simulatedRoot != nil, let format, format != .simulated {
            throw ValidationError("--simulated-root is for --format simulated")
        }
    }

    func run() async throws {
        try await CommandFailure.reported {
            if let url {
                try await verify(service: url)
            } else if let document, privacy {
                try verify(privacyOf: document)
            } else if let document {
                if let provenance = try readProvenance(of: document) {
                    return try verify(samples: document, provenance)
                }
                let bytes = try Files.bytes(at: document)
                if SignedReport.isReport(bytes) {
                    try verify(report: bytes)
                } else if Receipt.isReceipt(bytes) {
                    try verify(receipt: bytes)
                } else {
                    try verify(bytes: bytes)
                }
            }
        }
    }

    private func verify(privacyOf path: String) throws {
        let verification = try PrivacyVerification(try Files.bytes(at: path), rowsPerKey: rowsPerKey)
        Console.show(json ? String(decoding: try verification.json, as: UTF8.self) : verification.text)
        if !verification.isKept { throw ExitCode.evidence }
    }

    private func verify(bytes: [UInt8]) throws {
        let format = chosenFormat ?? DocumentVerification.detect(bytes)
        let (trust, extra) = (try trust(format), try extraCertificates())
        let check = { () throws(EvidenceError) in
            try DocumentVerification.verify(bytes, format: format, trust: trust, certificates: extra)
        }
        let appraisal: DocumentVerification.Appraisal
        do {
            appraisal = try check()
        } catch {
            throw notAuthentic("the document", error)
        }
        show(appraisal.evidence, refusals(appraisal))
        if repetitions > 0 {
            let start = ContinuousClock.now
            for _ in 0..<repetitions { _ = try check() }
            let one = (ContinuousClock.now - start) / repetitions
            Console.say(
                "one check took \(one.formatted(.units(allowed: [.milliseconds], fractionalPart: .show(length: 3))))")
        }
        try leave(appraisal)
    }

    private func verify(receipt bytes: [UInt8]) throws {
        let receipt: Receipt
        let appraisal: DocumentVerification.Appraisal
        do {
            receipt = try Receipt(json: bytes)
            appraisal = try receipt.verify(trust: try trust(chosenFormat ?? receipt.evidence.format))
        } catch let error as ReceiptError {
            throw notAuthentic("the receipt", error)
        }
        if json {
            show(appraisal.evidence, refusals(appraisal), entry: receipt.entry.canonicalBytes)
        } else {
            Console.show(ReceiptCard(receipt))
            Console.show(EvidenceCard(appraisal.evidence, refusals: refusals(appraisal)))
        }
        try leave(appraisal)
    }

    /// The provenance file beside a file of samples; nil if there is none.
    private func readProvenance(of samples: String) throws -> [UInt8]? {
        let path = provenance ?? SampleProvenance.path(of: samples)
        guard provenance != nil || FileManager.default.fileExists(atPath: path) else { return nil }
        return try Files.bytes(at: path)
    }

    private func verify(samples: String, _ bytes: [UInt8]) throws {
        let provenance: SampleProvenance
        let appraisal: DocumentVerification.Appraisal
        do {
            provenance = try SampleProvenance(json: bytes)
            appraisal = try provenance.verify(
                samples: try SampleProvenance.digest(ofFile: samples),
                trust: try trust(chosenFormat ?? provenance.evidence.format))
        } catch let error as ReceiptError {
            throw notAuthentic("the provenance of \(samples)", error)
        }
        if !json { Console.show(provenance) }
        show(appraisal.evidence, refusals(appraisal))
        try leave(appraisal)
    }

    private func verify(report bytes: [UInt8]) throws {
        let checked: DocumentVerification.Appraisal
        do {
            let report = try SignedReport(bytes: bytes)
            let (trust, extra) = (try trust(chosenFormat ?? report.evidence.format), try extraCertificates())
            checked = try report.verify { evidence throws(EvidenceError) in
                try DocumentVerification.verify(
                    evidence, format: report.evidence.format, trust: trust, certificates: extra,
                    vouches: report.isVouchedFor)
            }
        } catch let error as ReportError {
            throw notAuthentic("the report", error)
        }
        show(checked.evidence, refusals(checked))
        try leave(checked)
    }

    /// What policy has against a document. Where no program was named, nothing was compared: whoever can run an attested
    /// program at all can sign a report with it.
    private func refusals(_ appraisal: DocumentVerification.Appraisal) -> [Refusal] {
        measurements == nil ? appraisal.refusals + [.programNotNamed] : appraisal.refusals
    }

    private func leave(_ appraisal: DocumentVerification.Appraisal) throws {
        let refusals = refusals(appraisal)
        guard !refusals.isEmpty else { return }
        Console.say("entrepot: authentic, and refused: \(refusals.map { "\($0)" }.joined(separator: " "))")
        throw ExitCode(3)
    }

    private func verify(service url: String) async throws {
        var trust = try trust(chosenFormat)
        trust.allowSimulated = chosenFormat == .simulated
        let configuration = ClientConfiguration(
            address: try ServiceAddress(url), key: nil, trust: trust, stateFile: ClientConfiguration.defaultStateFile)
        do {
            try await VerifiedConnection.open(configuration) { connection in
                if json {
                    Console.show(String(decoding: ConnectionCard(connection).json(), as: UTF8.self), terminator: "")
                } else {
                    Console.show(ConnectionCard(connection))
                }
            }
        } catch ClientError.refused(let refusals) where refusals.contains(.noReleaseAllowed) {
            Console.say(
                "entrepot: name the releases that you accept with --measurements; without them none is accepted.")
            throw ClientError.refused(refusals)
        }
    }

    /// What is trusted of a document in a format.
    private func trust(_ format: EvidenceFormat?) throws -> TrustPolicy {
        TrustPolicy(
            at: at, now: Int64(Date().timeIntervalSince1970), roots: try roots(format), allowed: try allowed(),
            allowDebug: allowDebug, allowUnevaluatedTCB: allowUnevaluatedTcb)
    }

    private var chosenFormat: EvidenceFormat? { simulatedRoot == nil ? format : .simulated }
    private var rootFile: String? { root ?? simulatedRoot }

    private func roots(_ format: EvidenceFormat?) throws -> TrustRoots {
        guard let rootFile else { return .vendors }
        do {
            return try TrustRoots(only: try certificates(in: rootFile), for: format ?? .nitro)
        } catch is EvidenceError {
            throw CommandFailure("\(rootFile) holds no root certificate", code: .badData)
        }
    }

    /// The certificates beside the document; AMD's intermediate keys may be in the file of the root.
    private func extraCertificates() throws -> [[UInt8]] {
        try (certificates + (rootFile.map { [$0] } ?? [])).flatMap { try certificates(in: $0) }
    }

    private func certificates(in path: String) throws -> [[UInt8]] {
        do {
            return try CertificateFile.certificates(try Files.bytes(at: path))
        } catch is EvidenceError {
            throw CommandFailure("\(path) holds no certificate in PEM or DER", code: .badData)
        }
    }

    private func allowed() throws -> ReleaseManifest? {
        try measurements.map { try ReleaseManifest(json: try Files.bytes(at: $0)) }
    }

    private func notAuthentic(_ what: String, _ error: any Error) -> CommandFailure {
        if json { printJSON(["authentic": false, "reasons": ["\(error)"]]) }
        return CommandFailure("\(what) is not authentic: \(error)", code: .evidence)
    }

    private func show(_ evidence: VerifiedEvidence, _ refusals: [Refusal], entry: [UInt8]? = nil) {
        guard json else {
            Console.show(EvidenceCard(evidence, refusals: refusals))
            return
        }
        let measurements = Dictionary(
            evidence.measurements.map { ($0.name, $0.hexadecimal) }, uniquingKeysWith: { $1 })
        var object: [String: Any] = [
            "authentic": true, "format": evidence.format.rawValue, "module": evidence.moduleID, "time": evidence.time,
            "measurements": measurements, "accepted": refusals.isEmpty, "reasons": refusals.map { "\($0)" },
            "warnings": evidence.warnings.map { "\($0)" },
        ]
        if let entry { object["entry"] = try? JSONSerialization.jsonObject(with: Data(entry)) }
        printJSON(object)
    }

    private func printJSON(_ object: [String: Any]) {
        let options: JSONSerialization.WritingOptions = [.sortedKeys, .prettyPrinted, .withoutEscapingSlashes]
        if let data = try? JSONSerialization.data(withJSONObject: object, options: options) {
            Console.show(String(decoding: data, as: UTF8.self))
        }
    }
}

extension EvidenceFormat: ExpressibleByArgument {}
