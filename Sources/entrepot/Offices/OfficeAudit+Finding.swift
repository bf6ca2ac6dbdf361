import Bytes
import Foundation
import Ledger
import SecretSharing
import Tasks

extension OfficeAudit {
    /// What came of the check of a log.
    struct Finding {
        var problems: [String] = []
        var rounds: [(round: SumRound, time: Int64)] = []
        /// Which offices had proved to this one what they run, each with its last evidence.
        var evidence: [String: OfficeEvidence] = [:]
        /// For how many requests ε was set aside after the result.
        var requests = 0
        /// `a result with SHA-256 …`, or why there is none.
        var end = "nothing: no ε was set aside"
    }

    /// Checks everything that the log says, with the keys and the price of the task.
    ///
    /// The order of entries is that of a ledger: ε, rounds, one end, and behind a result what was set aside for requests. What a person reads of an end comes from
    /// what is signed or checked, not from words beside it.
    func finding(_ specification: TaskSpecification, price: (epsilon: Double, delta: Double)) -> Finding {
        var check = AuditCheck(log: self, specification: specification, price: price)
        check.run()
        return check.finding
    }
}

/// One walk over the entries of a log.
private struct AuditCheck {
    let log: OfficeAudit
    let specification: TaskSpecification
    let price: (epsilon: Double, delta: Double)
    var finding = OfficeAudit.Finding()

    private var upload: String?
    private var reservation: LedgerEntry?
    /// How the task ended, by the log.
    private var end: LedgerEntry?
    private var requests: [RequestReservation] = []

    init(log: OfficeAudit, specification: TaskSpecification, price: (epsilon: Double, delta: Double)) {
        self.log = log
        self.specification = specification
        self.price = price
    }

    private var names: [String] { specification.offices.map(\.name) }

    private mutating func refuse(_ problem: String) { finding.problems.append(problem) }

    private func isSigned(_ signature: Data, _ statement: [UInt8], by name: String) -> Bool {
        specification.offices.first { $0.name == name }?
            .publicKey.isValid(Array(signature), ofStatement: statement) == true
    }

    mutating func run() {
        guard log.audit == OfficeAudit.form else {
            return refuse("it has form \(log.audit), and this release reads form \(OfficeAudit.form)")
        }
        guard log.task == specification.digest.hex else {
            let task = ShownText.line(String(log.task.prefix(64)))
            return refuse("it is of task \(task), not of \(specification.digest.hex)")
        }
        if !isSigned(log.signature, log.statement, by: log.office) {
            refuse("it is not signed with the key that the task lists for its office")
        }
        var previous = LedgerHash.zero
        for (place, text) in log.entries.enumerated() {
            guard let entry = LedgerEntry(canonicalBytes: Array(text.utf8)), entry.sequence == UInt64(place + 1),
                entry.previous == previous, entry.task.hex == log.task, (place == 0) == (entry.kind == .specification)
            else {
                return refuse("its entry \(place + 1) is none of this ledger's, or does not follow the one before it")
            }
            previous = entry.hash
            guard end == nil || (end?.kind == .trained && entry.kind == .request) else {
                return refuse("its entry \(place + 1) comes after the end of the task")
            }
            guard take(entry) else { return }
        }
        if log.entries.isEmpty { refuse("it has no entries") }
        if reservation != nil, end == nil { refuse("it sets ε aside and says of no end: what came after is cut off") }
        checkEnds()
    }

    /// - Returns: whether the walk goes on.
    private mutating func take(_ entry: LedgerEntry) -> Bool {
        let count = finding.problems.count
        switch entry.kind {
        case .upload: upload = entry.details["commitment"]
        case .attested: take(evidence: entry)
        case .reservation: take(reservation: entry)
        case .round: take(round: entry)
        case .trained: take(result: entry)
        case .request: take(request: entry)
        case .failed:
            end = entry
            finding.end = ShownText.line(entry.details["cause"] ?? "failed")
        case .halted: take(halt: entry)
        default: break
        }
        return finding.problems.count == count
    }

    private mutating func take(evidence entry: LedgerEntry) {
        guard let evidence = OfficeEvidence(entry), evidence.office != log.office,
            specification.proofs[evidence.office]?.format == evidence.format
        else { return refuse("its entry \(entry.sequence) is no evidence that the task asks for") }
        finding.evidence[evidence.office] = evidence
    }

    private mutating func take(reservation entry: LedgerEntry) {
        let unproved = specification.proofs.keys.filter { $0 != log.office && finding.evidence[$0] == nil }.sorted()
        if !unproved.isEmpty {
            refuse("it sets ε aside before \(unproved.joined(separator: ", ")) has proved what it runs")
        }
        if reservation != nil { return refuse("it sets ε aside twice") }
        reservation = entry
        if entry.epsilon != price.epsilon || entry.delta != price.delta {
            refuse("it sets aside another ε or δ than the task's")
        }
        if upload == nil || entry.details["upload.\(log.office)"] != upload {
            refuse("it sets ε aside for another table than its office's")
        }
    }

    private mutating func take(round entry: LedgerEntry) {
        let last = finding.rounds.last?.round
        guard let round = OfficeAudit.round(of: entry, names: names), round.number == finding.rounds.count,
            last.map({ $0.after == round.before }) ?? true
        else { return refuse("its entry \(entry.sequence) is no round that follows the ones before it") }
        if reservation == nil { return refuse("round \(round.number + 1) was opened before ε was set aside") }
        finding.rounds.append((round, entry.time))
    }

    private mutating func take(result entry: LedgerEntry) {
        end = entry
        guard let digest = entry.details["model_sha256"].flatMap({ LedgerHash(hex: $0) }) else {
            return refuse("it names no result")
        }
        finding.end = "a result with SHA-256 \(digest.hex)"
    }

    private mutating func take(request entry: LedgerEntry) {
        guard end != nil, let request = RequestReservation(entry),
            !requests.contains(where: { $0.request == request.request })
        else { return refuse("its entry \(entry.sequence) is no request, comes before the result, or comes twice") }
        requests.append(request)
        finding.requests = requests.count
        if entry.delta != specification.delta(ofPrice: request.epsilon) {
            refuse("its request in entry \(entry.sequence) sets another δ aside than goes with its price")
        }
        if !specification.parties.contains(where: {
            $0.role == .consumer && $0.publicKey.fingerprint == entry.party
        }) {
            refuse("its request in entry \(entry.sequence) was asked by no consumer of the task")
        }
        // A price that is no number of millionths is more than any part; sums of these cannot overflow.
        let spent = requests.reduce(0) { $0 + (TaskSpecification.Requests.millionths($1.epsilon) ?? .max / 8192) }
        if spent > specification.requests.flatMap({ TaskSpecification.Requests.millionths($0.epsilon) }) ?? 0 {
            refuse("its requests cost more than the task's part for them")
        }
    }

    private mutating func take(halt entry: LedgerEntry) {
        end = entry
        let halt = SumHalt(
            from: entry.details["by"] ?? "", task: log.task, reason: entry.details["reason"] ?? "",
            signature: Data(Hex.decode((entry.details["signature"] ?? "").utf8) ?? []))
        guard isSigned(halt.signature, halt.statement, by: halt.from) else {
            return refuse("its halt is not signed by the party that it names")
        }
        finding.end = "\(SumRefusal.halted(halt))"
    }

    /// The ends have to be of all offices, and of the rounds of this log. They belong to a result, or to a count that found too few rows.
    private mutating func checkEnds() {
        let least = end?.kind == .failed ? end?.details["least_rows"] : nil
        if let least, least != specification.privacy.leastRows.map({ "\($0)" }) {
            refuse("it found fewer rows than a number that is not the task's")
        }
        let isAgreed = end?.kind == .trained || least != nil
        guard isAgreed || !log.closings.isEmpty else { return }
        guard isAgreed else { return refuse("it has signed ends of a task that did not come to one") }
        let last = finding.rounds.last?.round
        if log.closings.map(\.from).sorted() != names.sorted() { refuse("it does not have one end of each office") }
        if log.closings.first?.from != log.office || log.closings.first?.reservation != reservation?.hash.hex {
            refuse("its first end is not that of its office and its reservation")
        }
        for closing in log.closings {
            let name = ShownText.line(closing.from)
            if closing.task != log.task || !isSigned(closing.signature, closing.statement, by: closing.from) {
                refuse("the end of \(name) is not signed with its key of the task")
            }
            if closing.rounds != last.map({ $0.number + 1 }) || closing.chain != last?.after {
                refuse("\(name) signed other rounds than those of the log")
            }
        }
    }
}
