import Bytes

/// What was verified, for a person to read: one line a fact, the caveats first.
public struct EvidenceCard: Sendable, CustomStringConvertible {
    let evidence: VerifiedEvidence
    let refusals: [Refusal]

    /// - Parameter refusals: what the caller's policy has against it; shown first.
    public init(_ evidence: VerifiedEvidence, refusals: [Refusal] = []) {
        self.evidence = evidence
        self.refusals = refusals
    }

    /// The lines of the card, one below the other.
    public var description: String { lines.joined(separator: "\n") }

    /// The lines of the card.
    public var lines: [String] {
        var lines = evidence.warnings.map { "warning       \($0)" }
        lines += refusals.map { "refused       \($0.description)" }
        lines.append("format        \(evidence.format.rawValue)")
        if !evidence.moduleID.isEmpty { lines.append("module        \(printable(evidence.moduleID))") }
        // A format without a time of its own says nothing about when it was made.
        lines.append(evidence.format.carriesTime ? "made          \(UnixTime.text(evidence.time))" : "made")
        if !evidence.format.carriesTime || evidence.verifiedAt != evidence.time {
            lines.append("verified at   \(UnixTime.text(evidence.verifiedAt))")
        }
        let validity = evidence.chainValidity
        lines.append("certificates  \(UnixTime.text(validity.notBefore)) to \(UnixTime.text(validity.notAfter))")
        lines += evidence.measurements.filter { !$0.isZero }.map { row($0.name, $0.hexadecimal) }
        lines += evidence.platform.facts.map { row($0.name, printable($0.text)) }
        if let statement = evidence.statement {
            lines.append(row("task", Hex.encode(statement.taskDigest)))
            lines.append(row("boot", Hex.encode(statement.bootID)))
            lines.append(row("started", UnixTime.text(Int64(clamping: statement.bootTime / 1_000))))
            lines.append(row("ledger", "\(statement.ledgerSequence), \(Hex.encode(statement.ledgerHead))"))
            lines.append(row("build", Hex.encode(statement.buildManifestDigest)))
        }
        return lines
    }

    private func row(_ name: String, _ value: String) -> String {
        name + String(repeating: " ", count: max(1, 14 - name.count)) + value
    }

    /// A document's text goes to a terminal: nothing but visible ASCII.
    private func printable(_ text: String) -> String {
        String(decoding: text.utf8.map { (0x20...0x7E).contains($0) ? $0 : UInt8(ascii: "?") }, as: UTF8.self)
    }
}

extension VerifiedEvidence.Warning: CustomStringConvertible {
    /// One sentence about what the reader should know.
    public var description: String {
        switch self {
        case .unknownFields(let count): "\(count) field(s) of the document are not known to this version."
        case .emptyField(let field): "The field \(field.rawValue) is empty."
        case .tcbStatusNotEvaluated: "TCB status not evaluated: Intel's patch level and revocation were not looked at."
        case .revocationNotChecked: "The vendor's revocation lists were not looked at."
        case .statementNotBound:
            "The statement beside the evidence cannot be checked without the challenge that it answers: it is left out."
        case .verifiedAtOwnTime: "Certificates were checked at the time that the document gives for itself."
        case .simulated: "SIMULATED, gives no confidentiality against the host."
        case .privilegeLevel(let level):
            "The evidence was asked for at privilege level \(level) (VMPL), not at the guest's highest, which is 0."
        case .oldFirmware(let product):
            "The firmware of this \(product) processor is older than AMD's repairs that clouds have run since 2025."
        case .pageFaultsAllowed: "The host can make the guest's pages fault (SEPT_VE_DISABLE is off)."
        case .performanceCounters: "The guest may count events of the processor (PERFMON)."
        case .tcbStatus(let status, let advisories):
            "Intel says of this platform: \(status.rawValue)"
                + (advisories.isEmpty ? "." : ", open to \(advisories.joined(separator: ", ")).")
        case .tpmAlone: "A TPM alone gives no confidentiality against the host of the machine."
        case .notVerified(let documents, let pieces):
            "The file holds more than the document that was verified, and nothing of it was verified: "
                + VerifiedEvidence.Warning.list(documents, pieces) + "."
        case .otherValues(let count):
            "Nothing vouches for what else the file says beside the document: "
                + (count == 1 ? "1 value that is no evidence." : "\(count) values that are no evidence.")
        case .azureAlone:
            "No quote of the machine's TPM is in it: nothing binds it to a connection, or says what the machine started."
        case .firmwareNotCompared: "The quote covers no register of the firmware that started the image."
        }
    }

    /// `a nitro document, 2 pieces of no known form`.
    private static func list(_ documents: [String], _ pieces: Int) -> String {
        var things = documents.map { "a document of format \($0)" }
        if pieces > 0 { things.append(pieces == 1 ? "1 piece of no known form" : "\(pieces) pieces of no known form") }
        return things.joined(separator: ", ")
    }
}
