import Attestation
import Bytes
import Foundation
import Tasks

/// What was verified, as sentences for a person who has not read how.
extension ConnectionCard {
    /// One check that passed. A connection that fails one is never opened.
    struct Check: Encodable, Sendable, Equatable {
        let title: String
        let words: String
        /// Whether it passed only because the user allowed it.
        var isCaution = false
        /// Digests and times, for those who compare.
        var facts: [String] = []
        var isSimulated = false
    }

    /// - Parameter isTaskApproved: whether the user named the task, rather than taking the one in the evidence.
    func checks(isTaskApproved: Bool) -> [Check] {
        var checks = [platform, program, fresh, channel, taskCheck(isTaskApproved), ledgerCheck]
        if let party {
            checks.append(
                Check(
                    title: "It knows you",
                    words: "You are \(party.name), \(party.role.rawValue): the task lists the key that you hold.",
                    facts: [party.publicKey.fingerprint]))
        }
        return checks
    }

    private var platform: Check {
        if let caveat = evidence.format.caveat {
            return Check(
                title: "No hardware vouches for this service",
                words: "Its evidence is \(caveat). Whoever runs its machine can read what you send. Use it for trials "
                    + "with generated data only.",
                isCaution: true, isSimulated: true)
        }
        let maker =
            switch evidence.format {
            case .nitro: "Amazon, for an AWS Nitro enclave"
            case .nitroTPM: "Amazon, for the TPM of an EC2 instance"
            case .sevSNP: "AMD, for a confidential machine (SEV-SNP)"
            case .tdx: "Intel, for a confidential machine (TDX)"
            case .azure: "AMD or Intel, for a confidential machine of Azure and its virtual TPM"
            case .tpm: "the root that you named, for the TPM of a machine"
            case .simulated: "nobody"
            }
        return Check(
            title: "Hardware vouches for it",
            words: "The evidence is signed through certificates that lead to \(maker). "
                + (evidence.format == .tpm || evidence.format == .nitroTPM
                    ? "It says which program was started; the owner of the machine may still look inside."
                    : "The owner of the machine cannot look inside."),
            isCaution: !evidence.warnings.isEmpty, facts: evidence.warnings.map { "\($0)" })
    }

    private var program: Check {
        Check(
            title: "It runs a program that you accept",
            words: "Its measurements are those of a release in the list that you gave. Another program, even by one "
                + "byte, has others.",
            facts: evidence.measurements.filter { !$0.isZero }.map { "\($0.name) \($0.hexadecimal)" })
    }

    private var fresh: Check {
        Check(
            title: "It answered now",
            words:
                "The evidence repeats a random number that this machine drew for this connection: it is no recording.",
            facts: [
                "verified \(UTCInstant(seconds: verifiedAt))",
                "boot \(Hex.encode(statement.bootID))",
            ])
    }

    private var channel: Check {
        Check(
            title: "Nobody sits in between",
            words:
                "The evidence names the key and the secret of this very TLS 1.3 connection. A relay would have others.",
            facts: [address])
    }

    private func taskCheck(_ isApproved: Bool) -> Check {
        Check(
            title: isApproved ? "It runs the task that you named" : "It runs one task; read it before you sign",
            words: isApproved
                ? "The task in its evidence is, to the last byte, the file that you named when you connected."
                : "You named no task file, so this is the task in the service's evidence. This proxy accepts no other.",
            isCaution: !isApproved, facts: ["SHA-256 \(taskDigest.hex)"])
    }

    private var ledgerCheck: Check {
        let state =
            isStateOnDisk
            ? "It lies on a disk of the service's host, who could exchange it; this machine refuses what does not go on from "
                + "what it saw."
            : "It is in memory alone and goes with this boot."
        return Check(
            title: "Its ledger goes on from what you saw",
            words:
                "No entry that this machine remembers is missing or changed. \(state) By telephone, the other parties must "
                + "read the same at entry \(statement.ledgerSequence): \(headAloud).",
            facts: checkpoint.map { ["checkpoint of \($0.size) entries, root \($0.root)"] } ?? [])
    }
}
