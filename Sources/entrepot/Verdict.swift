import Attestation
import Client
import EngineCommands
import Foundation
import Ledger
import Tasks

/// What a verification comes to, in one plain sentence.
enum Verdict {
    /// - Parameter refusals: what policy has against it.
    static func sentence(on what: String, _ evidence: VerifiedEvidence, _ refusals: [Refusal]) -> String {
        if refusals.isEmpty {
            return "VERDICT       \(what) is authentic, and the program that made it is one that you named."
                + beside(evidence) + simulated(evidence)
        }
        if refusals == [.programNotNamed] {
            return
                "VERDICT       \(what) is authentic, but anybody's program could have made it: name the one that you accept "
                + "with --measurements release.json." + beside(evidence) + simulated(evidence)
        }
        let reasons = refusals.count == 1 ? "one thing above speaks" : "\(refusals.count) things above speak"
        return "VERDICT       \(what) is authentic, but do not rely on it: \(reasons) against it." + beside(evidence)
            + simulated(evidence)
    }

    /// On a running service whose connection was verified.
    static func sentence(onService connection: VerifiedConnection) -> String {
        "VERDICT       this service is authentic, runs a program that you named, and has task "
            + "\(connection.specification.name)." + simulated(connection.evidence)
    }

    /// Which document that is, where the file holds more.
    private static func beside(_ evidence: VerifiedEvidence) -> String {
        for warning in evidence.warnings {
            switch warning {
            case .notVerified:
                return
                    " That goes for its document of format \(evidence.format.rawValue) alone: the file holds more, which "
                    + "was not verified."
            case .otherValues:
                return " That goes for the document, and not for the values beside it."
            default: continue
            }
        }
        return ""
    }

    private static func simulated(_ evidence: VerifiedEvidence) -> String {
        evidence.format == .simulated
            ? " Its evidence is SIMULATED: whoever runs its machine can read what is sent." : ""
    }

    /// Lines without those that hold a digest or a key: 32 hexadecimal digits in a row.
    static func withoutDigests(_ text: String) -> String {
        text.split(separator: "\n", omittingEmptySubsequences: false).filter { line in
            !line.contains(#/[0-9a-fA-F]{32}/#)
        }.joined(separator: "\n")
    }

    /// Why something is not authentic, behind words that have said so.
    static func reason(_ error: any Error) -> String {
        if let error = error as? EvidenceError { return "\(error.reason)." }
        if let error = error as? CommandFailure { return reason(of: error.message) }
        return reason(of: "\(error)")
    }

    private static func reason(of sentence: String) -> String {
        sentence.prefix(1).lowercased() + sentence.dropFirst()
    }

    /// What the person can do about it.
    static func hint(_ error: any Error) -> String {
        switch error {
        case let error as EvidenceError: error.hint
        case let error as ReceiptError: error.hint
        case let error as ReportError: error.hint
        default: "Do not rely on it: ask whoever gave it to you."
        }
    }

    /// What is wrong with the evidence, wherever it stands in an error.
    static func evidenceError(_ error: any Error) -> EvidenceError? {
        switch error {
        case let error as EvidenceError: error
        case ReceiptError.evidence(let error): error
        case ReportError.evidence(let error): error
        default: nil
        }
    }
}
