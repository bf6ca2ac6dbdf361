public import ArgumentParser
public import Attestation
import Bytes
import Client
import Engine
import EngineCommands
import FittedModels
import Foundation
import Ledger
import SecretSharing
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
            otherwise. Formats without such a time (sev-snp, tdx) are verified as of now. The last line is the verdict; \
            --details shows the digests behind it.

            --privacy recomputes what the releases of a file cost, and says nothing of who made the file: anybody can write one. \
            A receipt of a secure sum (`entrepot compute`) is verified with the keys of --task, and with the result named by \
            --file, or task.model beside it.

            Example: entrepot verify report.pdf --measurements release.json
            """)

    @Argument(help: "A saved attestation document, the JSON of GET /attestation, a receipt, a report, or samples.")
    var document: String?

    @Option(help: ArgumentHelp("What lies beside samples; SAMPLES.provenance where absent.", valueName: "file"))
    var provenance: String?

    @Option(
        help: ArgumentHelp(
            "What opens the commitment of a receipt; RECEIPT with .opening for .json where absent.", valueName: "file"))
    var opening: String?

    @Option(help: ArgumentHelp("The file that a receipt, with its opening, must be of.", valueName: "csv"))
    var file: String?

    @Option(
        help: ArgumentHelp(
            "The task of a secure sum's receipt: its keys are those that sign. With --privacy: the task that the file must be "
                + "of.", valueName: "file"))
    var task: String?

    @Option(help: ArgumentHelp("A running service.", valueName: "url"))
    var url: String?

    @Option(help: "nitro, nitro-tpm, sev-snp, tdx, tpm, azure or simulated; found out where absent.")
    var format: EvidenceFormat?

    @Option(help: "Unix time at which certificates must be valid; a document's own time where absent.")
    var at: Int64?

    @Option(
        help: ArgumentHelp(
            "A signed timestamp of the file (RFC 3161): the moment to verify at; DOCUMENT.tsr where absent.",
            valueName: "file"))
    var timestamp: String?

    @Option(help: ArgumentHelp("The root of whoever signed the timestamp (PEM or DER).", valueName: "file"))
    var timestampRoot: String?

    @Option(help: "Trust only the root in this file (PEM or DER).")
    var root: String?

    @Option(help: "The same as --format simulated --root FILE.")
    var simulatedRoot: String?

    @Flag(help: "As for the other commands; here --simulated-root alone says it.")
    var allowSimulated = false

    @OptionGroup var platform: PlatformOptions

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

    @Flag(help: "Show digests, keys and registers as well.")
    var details = false

    @Flag(help: "One JSON object on stdout.")
    var json = false

    @Option(help: ArgumentHelp("Verify so many times and tell how long one took.", visibility: .hidden))
    var repetitions = 0

    /// What is verified, as the verdict names it.
    private var what = "the document"

    mutating func validate() throws {
        // The last file after --certificates is the document where no other is: either order can be written.
        if document == nil, url == nil { document = platform.takeLastFile() }
        if (document == nil) == (url == nil) { throw ValidationError("give either a DOCUMENT or --url") }
        if url != nil, at != nil { throw ValidationError("--at is for saved documents: a service is verified now") }
        if timestamp == nil, timestampRoot != nil, let document,
            FileManager.default.fileExists(atPath: document + ".tsr")
        {
            timestamp = document + ".tsr"
        }
        if (timestamp == nil) != (timestampRoot == nil) {
            throw ValidationError("--timestamp-root goes with --timestamp, or with a file DOCUMENT.tsr")
        }
        if timestamp != nil, at != nil || url != nil {
            throw ValidationError("--timestamp takes the place of --at, for saved documents")
        }
        if privacy, document == nil { throw ValidationError("--privacy needs a model file or a transcript") }
        if rowsPerKey != nil, !privacy { throw ValidationError("--rows-per-key goes with --privacy") }
        if let rowsPerKey, rowsPerKey < 1 { throw ValidationError("--rows-per-key is 1 or more") }
        if allowSimulated, simulatedRoot == nil {
            throw ValidationError("--allow-simulated goes with --simulated-root FILE")
        }
        if root != nil, simulatedRoot != nil { throw ValidationError("give either --root or --simulated-root") }
        if simulatedRoot != nil, let format, format != .simulated {
            throw ValidationError("--simulated-root is for --format simulated")
        }
    }

    mutating func run() async throws {
        try await CommandFailure.reported {
            if let url {
                try await verify(service: url)
            } else if let document, privacy {
                try verify(privacyOf: document)
            } else if let document {
                if let provenance = try readProvenance(of: document) {
                    return try verify(samples: document, provenance)
                }
                let bytes = try read(document)
                if SignedReport.isReport(bytes) {
                    try verify(report: bytes)
                } else if let receipt = OfficeReceipt(json: bytes) {
                    guard JSONForm.isPlain(bytes) else {
                        throw notAuthentic("the receipt", EvidenceError.jsonNameTwice)
                    }
                    try verify(sum: receipt, at: document)
                } else if Receipt.isReceipt(bytes) {
                    try verify(receipt: bytes, at: document)
                } else {
                    try verify(bytes: bytes)
                }
            }
        }
    }

    /// A file of any kind that is verified, no further than the longest of its kind.
    private func read(_ document: String) throws -> [UInt8] {
        let limit = { (head: [UInt8]) in SignedReport.isReport(head) ? FileLimit.report : .receipt }
        let bytes = try Files.beginning(of: document, limit: limit)
        guard bytes.count <= limit(bytes).bytes else {
            throw notAuthentic(SignedReport.isReport(bytes) ? "the report" : "the document", EvidenceError.fileLength)
        }
        return bytes
    }

    private func verify(privacyOf path: String) throws {
        let verification = try PrivacyVerification(
            try Files.bytes(at: path, limit: .model), rowsPerKey: rowsPerKey,
            task: try task.map { try Files.task(at: $0, allowsMissingKeys: true) })
        Console.show(json ? String(decoding: try verification.json, as: UTF8.self) : verification.text)
        if !verification.isKept { throw ExitCode.evidence }
    }

    private mutating func verify(bytes: [UInt8]) throws {
        let format = chosenFormat ?? DocumentVerification.detect(bytes)
        let trust = try trust(format)
        let check = { () throws(EvidenceError) in
            try DocumentVerification.verify(bytes, format: format, trust: trust)
        }
        let appraisal: DocumentVerification.Appraisal
        do {
            appraisal = try check()
        } catch {
            throw notAuthentic("the document", error)
        }
        what = "the document"
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

    private mutating func verify(receipt bytes: [UInt8], at path: String) throws {
        let receipt: Receipt
        let appraisal: DocumentVerification.Appraisal
        let opened: OpeningFile?
        platform.takeArchive(besideReceipt: path)
        do {
            receipt = try Receipt(json: bytes)
            appraisal = try receipt.verify(trust: try trust(chosenFormat ?? receipt.evidence.format))
            opened = try readOpening(of: receipt, at: path)
        } catch let error as ReceiptError {
            throw notAuthentic("the receipt", error)
        }
        what = "the receipt"
        if json {
            show(appraisal.evidence, refusals(appraisal), entry: receipt.entry.canonicalBytes)
        } else {
            print(ReceiptCard(receipt))
            if let opened { Console.show("file          \(words(of: opened))") }
            print(EvidenceCard(appraisal.evidence, refusals: refusals(appraisal)))
        }
        try leave(appraisal)
    }

    /// A secure sum's receipt: no evidence is in it, but the signatures of all offices.
    private func verify(sum receipt: OfficeReceipt, at path: String) throws {
        guard let task else {
            throw CommandFailure(
                "this is the receipt of a secure sum: name its task with --task, whose keys sign it", code: ExitCode(64)
            )
        }
        let specification = try Files.task(at: task)
        let plan = try TaskPlan(specification).plan
        let beside = URL(fileURLWithPath: path).deletingLastPathComponent().appendingPathComponent("task.model").path
        let model = file ?? (FileManager.default.fileExists(atPath: beside) ? beside : nil)
        let problems = receipt.problems(
            task: specification, price: (plan.epsilon, plan.delta),
            file: try model.map { try Files.bytes(at: $0, limit: .model) })
        if json { printJSON(["authentic": problems.isEmpty, "reasons": problems]) }
        guard problems.isEmpty else {
            throw CommandFailure("the receipt is not authentic: \(problems.joined(separator: "; "))", code: .evidence)
        }
        guard !json else { return }
        let offices = receipt.closings.map(\.from).joined(separator: ", ")
        Console.show(
            """
            task          \(receipt.task)
            offices       \(offices): each signed the same totals of \(receipt.closings[0].rounds) rounds
            price         ε = \(receipt.epsilon), δ = \(receipt.delta), set aside in each office's ledger
            result        SHA-256 \(receipt.result), as \(receipt.office) says\(model.map { ": the file \($0)" } ?? "")
            the receipt is authentic: all offices of the task signed the same totals
            """)
    }

    /// The opening of a receipt's commitment, checked; nil if there is none.
    ///
    /// - Throws: `ReceiptError.otherFile` where the receipt is of another file, ``CommandFailure`` for a damaged opening.
    private func readOpening(of receipt: Receipt, at path: String) throws -> OpeningFile? {
        let beside = (path.hasSuffix(".json") ? String(path.dropLast(5)) : path) + ".opening"
        guard opening != nil || FileManager.default.fileExists(atPath: beside) else {
            guard file == nil else {
                throw CommandFailure("which file a receipt is of shows its --opening alone", code: ExitCode(64))
            }
            return nil
        }
        let opened: OpeningFile
        do {
            opened = try OpeningFile(json: try Files.bytes(at: opening ?? beside, limit: .opening))
        } catch let error as OpeningFile.Failure {
            throw CommandFailure("\(opening ?? beside): \(error)", code: .badData)
        }
        guard receipt.isOf(opened.opening) else { throw ReceiptError.otherFile }
        if let file {
            let digest = try SampleProvenance.digest(ofFile: file)
            guard digest == opened.opening.file else { throw ReceiptError.otherFile }
        }
        return opened
    }

    private func words(of opened: OpeningFile) -> String {
        let digest = "SHA-256 \(opened.opening.file)"
        if let file { return "this receipt is of the file \(file), \(digest)" }
        return "this receipt is of your file\(opened.name.map { " \($0)," } ?? ":") \(digest)"
    }

    /// The provenance file beside a file of samples; nil if there is none.
    private func readProvenance(of samples: String) throws -> [UInt8]? {
        let path = provenance ?? SampleProvenance.path(of: samples)
        guard provenance != nil || FileManager.default.fileExists(atPath: path) else { return nil }
        return try Files.bytes(at: path, limit: .evidence)
    }

    private mutating func verify(samples: String, _ bytes: [UInt8]) throws {
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
        what = samples
        if !json { print(provenance) }
        show(appraisal.evidence, refusals(appraisal))
        try leave(appraisal)
    }

    private mutating func verify(report bytes: [UInt8]) throws {
        let checked: DocumentVerification.Appraisal
        do {
            let report = try SignedReport(bytes: bytes)
            let trust = try trust(chosenFormat ?? report.evidence.format)
            checked = try report.verify { evidence throws(EvidenceError) in
                try DocumentVerification.verify(
                    evidence, format: report.evidence.format, trust: trust,
                    vouches: report.isVouchedFor)
            }
        } catch let error as ReportError {
            throw notAuthentic("the report", error)
        }
        what = "the report"
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
        if !json { Console.show(Verdict.sentence(on: what, appraisal.evidence, refusals)) }
        guard !refusals.isEmpty else { return }
        Console.say("entrepot: authentic, and refused: \(refusals.map { "\($0)" }.joined(separator: " "))")
        throw ExitCode(3)
    }

    /// Shows facts, without the lines of hexadecimal digits unless they are wanted.
    private func print(_ facts: some CustomStringConvertible) {
        Console.show(details ? facts.description : Verdict.withoutDigests(facts.description))
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
                    print(ConnectionCard(connection))
                    Console.show(Verdict.sentence(onService: connection))
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
            at: try at ?? stampedTime(), now: Int64(Date().timeIntervalSince1970), roots: try roots(format),
            allowed: try allowed(),
            allowDebug: allowDebug, allowUnevaluatedTCB: allowUnevaluatedTcb,
            collateral: try platform.vendorCollateral(),
            certificates: try extraCertificates())
    }

    /// The moment of the signed timestamp beside the document; nil if there is none.
    private func stampedTime() throws -> Int64? {
        guard let timestamp, let timestampRoot, let document else { return nil }
        do {
            let stamp = try Timestamp(der: try Files.bytes(at: timestamp, limit: .timestamp))
            return try stamp.verify(
                of: try read(document), roots: try CertificateFiles.certificates(in: timestampRoot))
        } catch let error as EvidenceError {
            throw notAuthentic("the document", error)
        }
    }

    private var chosenFormat: EvidenceFormat? { simulatedRoot == nil ? format : .simulated }
    private var rootFile: String? { root ?? simulatedRoot }

    private func roots(_ format: EvidenceFormat?) throws -> TrustRoots {
        guard let rootFile else { return try platform.adding(to: .vendors) }
        do {
            return try TrustRoots(only: try CertificateFiles.certificates(in: rootFile), for: format ?? .nitro)
        } catch is EvidenceError {
            throw CommandFailure("\(rootFile) holds no root certificate", code: .badData)
        }
    }

    /// The certificates beside the document; AMD's intermediate keys may be in the file of the root.
    private func extraCertificates() throws -> [[UInt8]] {
        try platform.extraCertificates() + (rootFile.map { try CertificateFiles.certificates(in: $0) } ?? [])
    }

    private func allowed() throws -> ReleaseManifest? {
        try measurements.map { try ReleaseManifest(json: try Files.bytes(at: $0, limit: .releases)) }
    }

    private func notAuthentic(_ what: String, _ error: any Error) -> CommandFailure {
        let hint = Verdict.evidenceError(error)?.hint ?? "Do not rely on it: ask whoever gave it to you."
        if json { printJSON(["authentic": false, "reasons": ["\(error)"], "hint": hint]) }
        if case .noTrustedRoot(let format)? = Verdict.evidenceError(error), format.isWithoutVendorRoot {
            let option = format == .tpm ? "--tpm-root FILE" : "--simulated-root FILE"
            return CommandFailure(
                "you named no root for \(format.rawValue) evidence, so nothing can be said about \(what): add \(option). "
                    + "Whoever runs the service has it.", code: .evidence)
        }
        return CommandFailure("\(what) is not authentic: \(Verdict.reason(error)) \(hint)", code: .evidence)
    }

    private func show(_ evidence: VerifiedEvidence, _ refusals: [Refusal], entry: [UInt8]? = nil) {
        guard json else {
            print(EvidenceCard(evidence, refusals: refusals))
            return
        }
        let measurements = Dictionary(
            evidence.measurements.map { ($0.name, $0.hexadecimal) }, uniquingKeysWith: { $1 })
        var object: [String: Any] = [
            "authentic": true, "format": evidence.format.rawValue, "module": evidence.moduleID,
            "time": evidence.format.carriesTime ? evidence.time as Any : NSNull(), "verified_at": evidence.verifiedAt,
            "platform": Dictionary(evidence.platform.facts.map { ($0.name, $0.text) }, uniquingKeysWith: { $1 }),
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
