import Domains
import Ledger
import Tables
import Tasks

/// What the proxy's page shows, as JSON: the same for everybody, except for what the party may do now.
struct PageState: Encodable {
    struct Task: Encodable {
        let name: String
        let purpose: String
        let digest: String
        /// What `entrepot task show` says.
        let words: String
        let epsilon: Double
        let delta: Double
        /// ε as the most that an attacker learns.
        let protection: String
        let key: [String]
        let columns: [String]
        let deadlines: [Deadline]
    }

    struct Deadline: Encodable {
        let what: String
        let time: String
    }

    struct Party: Encodable {
        let name: String
        let role: String
        let fingerprint: String
        let isYou: Bool
        let signed: Bool
        let uploaded: Bool
        let confirmed: Bool
    }

    struct Paper: Encodable {
        let file: String
        let sequence: UInt64
        let time: String
        let party: String?
        let words: String
    }

    let task: Task
    let checks: [ConnectionCard.Check]
    let isSimulated: Bool
    let stage: String
    let since: Int64?
    let reason: String?
    let parties: [Party]
    let you: String?
    let role: String?
    /// What the caller's party may do now.
    let may: Set<PageAction>
    /// What speaks against this boot of the service, by what this machine remembers, or what the user has said of it.
    let warning: String?
    /// SHA-256 of the caller's table that the service holds, as this client's opening has it; nil where the table came from
    /// elsewhere.
    let held: String?
    /// The commitment to that table, as its receipt has it.
    let commitment: String?
    let receipts: [Paper]

    init(
        _ specification: TaskSpecification, words: String, party: TaskSpecification.Party?, status: TaskStatus,
        checks: [ConnectionCard.Check], receipts: [(file: String, receipt: Receipt)],
        opening: (Receipt) -> UploadOpening?, conflict: (conflict: RememberedConflict, isOverruled: Bool)? = nil
    ) {
        let deadlines = specification.deadlines
        task = Task(
            name: specification.name, purpose: specification.purpose, digest: specification.digest.hex, words: words,
            epsilon: specification.privacy.epsilon, delta: specification.privacy.delta,
            protection: TaskDescription.inWords(
                epsilon: specification.privacy.epsilon, delta: specification.privacy.delta),
            key: party?.table?.key.columns ?? [], columns: party?.table?.schema.fields.map(\.name) ?? [],
            deadlines: [
                ("uploads end", deadlines.uploadBy), ("the computation ends", deadlines.computeBy),
                ("retrieval ends", deadlines.retrieveBy),
            ].compactMap { what, time in time.map { Deadline(what: what, time: "\($0)") } })
        self.checks = checks
        isSimulated = checks.contains(where: \.isSimulated)
        stage = status.stage
        since = status.since
        reason = status.reason
        let standings = status.parties ?? [:]
        parties = specification.parties.map { one in
            let standing = standings[one.name]
            return Party(
                name: one.name, role: one.role.rawValue, fingerprint: one.publicKey.fingerprint,
                isYou: one.name == party?.name, signed: standing?.signed ?? false,
                uploaded: standing?.uploaded ?? false, confirmed: standing?.confirmed ?? false)
        }
        you = party?.name
        role = party?.role.rawValue
        let possible = PageAction.possible(
            role: party?.role, stage: status.stage, standing: party.flatMap { standings[$0.name] })
        if let conflict, !conflict.isOverruled {
            may = possible.subtracting([.upload, .confirm, .samples, .report])
            warning = "\(conflict.conflict)"
        } else {
            may = possible
            warning = conflict.map { _ in
                "Your table may have been measured already. This proxy was started with --measure-again: what you upload "
                    + "or confirm here costs ε once more."
            }
        }
        let mine = receipts.last {
            $0.receipt.entry.kind == .upload && $0.receipt.entry.party == party?.publicKey.fingerprint
        }
        held = mine.flatMap { opening($0.receipt) }?.file.hex
        commitment = mine?.receipt.entry.details["commitment"]
        let names = Dictionary(
            specification.parties.map { ($0.publicKey.fingerprint, $0.name) }, uniquingKeysWith: { first, _ in first })
        self.receipts = receipts.map { file, receipt in
            Paper(
                file: file, sequence: receipt.entry.sequence, time: "\(UTCInstant(seconds: receipt.entry.time))",
                party: receipt.entry.party.map { names[$0] ?? $0 }, words: ReceiptCard(receipt).what)
        }
    }
}

/// What a party may do through the proxy's page.
enum PageAction: String, Encodable, CaseIterable, Hashable {
    case sign, check, upload, confirm, withdraw, halt, samples, report

    /// The service decides; this keeps the page from offering what it would refuse.
    static func possible(
        role: TaskSpecification.Party.Role?, stage: String, standing: TaskStatus.Standing?
    ) -> Set<PageAction> {
        let fetching: Set<PageAction> = stage == "trained" ? [.samples, .report] : []
        switch role {
        case .provider:
            let standing = standing ?? TaskStatus.Standing(signed: false, uploaded: false, confirmed: false)
            var actions = fetching
            switch stage {
            case "unsigned": actions = standing.signed ? [.check, .halt] : [.sign, .check, .halt]
            case "collecting":
                actions = standing.confirmed ? [.halt] : [.check, .upload, .halt]
                if standing.uploaded { actions.insert(.withdraw) }
                if standing.uploaded && !standing.confirmed { actions.insert(.confirm) }
            case "training": actions = [.halt]
            default: break
            }
            return actions
        case .consumer: return fetching
        case .auditor, .operator, nil: return []
        }
    }
}
