public import ArgumentParser
public import Attestation
import Client
import EngineCommands
import Foundation

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
            --file, or task.model beside it; so is audit.json, which shows every round (--details). What belongs to a request \
            (`entrepot compute --request`) is verified with --request as well, its answer.json among it.

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

    @Option(
        help: ArgumentHelp(
            "With --task: the request that a receipt, a log or an answer is of.", valueName: "file"))
    var request: String?

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
    var what = "the document"

    mutating func validate() throws {
        // The last file after --certificates is the document where no other is: either order can be written.
        if document == nil, url == nil { document = platform.takeLastFile() }
        if (document == nil) == (url == nil) {
            // What stands behind an option that this command does not have is taken for the document.
            let both = document.map { ": here are \($0) and --url (verify takes no --key)" } ?? ""
            throw ValidationError("give either a DOCUMENT or --url" + both)
        }
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
        if request != nil, task == nil { throw ValidationError("--request goes with --task, to which it was made") }
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
                    try refuseUnused(["--file": file, "--opening": opening], for: "samples")
                    return try verify(samples: document, provenance)
                }
                let bytes = try read(document)
                if !SignedReport.isReport(bytes), EvidenceError.ofJSON(bytes) == .textMarks {
                    throw notAuthentic("the document", EvidenceError.textMarks)
                }
                if SignedReport.isReport(bytes) {
                    try refuseUnused(["--file": file, "--opening": opening], for: "a report")
                    try verify(report: bytes)
                } else if OfficeAudit.isAudit(bytes) {
                    try refuseUnused(["--file": file, "--opening": opening], for: "an office's log")
                    try verify(audit: bytes)
                } else if OfficeAnswer.isAnswer(bytes) {
                    try refuseUnused(["--file": file, "--opening": opening], for: "the answer of a request")
                    try verify(answer: bytes)
                } else if OfficeReceipt.isReceipt(bytes) {
                    try refuseUnused(["--opening": opening], for: "the receipt of a secure sum")
                    try verify(sum: bytes, at: document)
                } else if Receipt.isReceipt(bytes) {
                    try verify(receipt: bytes, at: document)
                } else if SampleProvenance.isProvenance(bytes) {
                    throw CommandFailure(
                        "\(document) is what lies beside samples, and speaks of them: verify their file, with this one beside "
                            + "it or named by --provenance", code: ExitCode(64))
                } else {
                    try refuseUnused(["--file": file, "--opening": opening], for: "evidence: it is for receipts")
                    try verify(bytes: bytes, at: document)
                }
            }
        }
    }

    /// Whoever says which file a document must be of would take silence for a yes.
    private func refuseUnused(_ options: [String: String?], for what: String) throws {
        guard let name = options.keys.sorted().first(where: { options[$0] != .some(nil) }) else { return }
        throw CommandFailure("\(name) is not looked at for \(what)", code: ExitCode(64))
    }

    func verify(service url: String) async throws {
        var trust = try trust(chosenFormat)
        trust.allowSimulated = chosenFormat == .simulated
        let configuration = ClientConfiguration(
            address: try ServiceAddress(url), key: nil, trust: trust, stateFile: ClientConfiguration.defaultStateFile)
        do {
            try await VerifiedConnection.open(configuration) { connection in
                if json {
                    Console.show(String(decoding: ConnectionCard(connection).json(), as: UTF8.self), terminator: "")
                } else {
                    showFacts(ConnectionCard(connection))
                    Console.show(Verdict.sentence(onService: connection))
                }
            }
        } catch ClientError.refused(let refusals) where refusals.contains(.noReleaseAllowed) {
            Console.say(
                "entrepot: name the releases that you accept with --measurements; without them none is accepted.")
            throw ClientError.refused(refusals)
        }
    }
}

extension EvidenceFormat: ExpressibleByArgument {}
