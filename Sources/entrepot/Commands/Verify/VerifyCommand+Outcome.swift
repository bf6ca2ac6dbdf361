import ArgumentParser
import Attestation
import Client
import EngineCommands
import Foundation

/// What came of it, for a person or as JSON.
extension VerifyCommand {
    /// What policy has against a document. Where no program was named, nothing was compared: whoever can run an attested
    /// program at all can sign a report with it.
    func refusals(_ appraisal: DocumentVerification.Appraisal) -> [Refusal] {
        measurements == nil ? appraisal.refusals + [.programNotNamed] : appraisal.refusals
    }

    func leave(_ appraisal: DocumentVerification.Appraisal) throws {
        let refusals = refusals(appraisal)
        if !json { Console.show(Verdict.sentence(on: what, appraisal.evidence, refusals)) }
        guard !refusals.isEmpty else { return }
        Console.say("entrepot: authentic, and refused: \(refusals.map { "\($0)" }.joined(separator: " "))")
        throw ExitCode(3)
    }

    /// Shows facts, without the lines of hexadecimal digits unless they are wanted.
    func showFacts(_ facts: some CustomStringConvertible) {
        Console.show(details ? facts.description : Verdict.withoutDigests(facts.description))
    }

    /// A file of another kind is no forgery: it is called what it is.
    func refuseOther(_ bytes: [UInt8], named path: String) throws(CommandFailure) {
        guard let other = OtherFile(bytes, named: path) else { return }
        let sentence = "\(path) is \(other.kind): it holds no evidence, receipt or report. \(other.next)."
        if json { printJSON(["authentic": false, "reasons": [sentence], "hint": other.next]) }
        throw CommandFailure(sentence, code: .badData)
    }

    func notAuthentic(_ what: String, _ error: any Error) -> CommandFailure {
        let hint = Verdict.hint(error)
        if json {
            printJSON([
                "authentic": false, "reasons": [(error as? CommandFailure)?.message ?? "\(error)"], "hint": hint,
            ])
        }
        if case .noTrustedRoot(let format)? = Verdict.evidenceError(error), format.isWithoutVendorRoot {
            let option = format == .tpm ? "--tpm-root FILE" : "--simulated-root FILE"
            return CommandFailure(
                "you named no root for \(format.rawValue) evidence, so nothing can be said about \(what): add \(option). "
                    + "Whoever runs the service has it.", code: .evidence)
        }
        return CommandFailure("\(what) is not authentic: \(Verdict.reason(error)) \(hint)", code: .evidence)
    }

    func show(_ evidence: VerifiedEvidence, _ refusals: [Refusal], entry: [UInt8]? = nil) {
        guard json else {
            showFacts(EvidenceCard(evidence, refusals: refusals))
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

    func printJSON(_ object: [String: Any]) {
        let options: JSONSerialization.WritingOptions = [.sortedKeys, .prettyPrinted, .withoutEscapingSlashes]
        if let data = try? JSONSerialization.data(withJSONObject: object, options: options) {
            Console.show(String(decoding: data, as: UTF8.self))
        }
    }
}
