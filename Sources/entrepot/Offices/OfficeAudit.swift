import Bytes
import Client
import Crypto
import Engine
import EngineCommands
import Foundation
import Ledger
import SecretSharing
import Tasks

/// `audit.json`: what an auditor reads of one office, signed by it: all entries of its ledger, and the signed ends of all offices.
///
/// No figure is in it: of each round digests of the messages and of what opened, and when the office entered it. The ends cover all
/// rounds, so that one office's log shows what each of them sent; when something happened is this office's own word.
struct OfficeAudit: Codable, Sendable, Equatable {
    /// The form of the file.
    var audit = 1
    /// SHA-256 of the task, hexadecimal.
    var task: String
    /// Whose log it is.
    var office: String
    /// The canonical text of each entry, in order.
    var entries: [String]
    /// The signed ends, the office's own first; empty where the task ended without them.
    var closings: [SumClosing]
    /// The office's, by its key of the task, over `statement`.
    var signature = Data()

    private static let members: Set = ["audit", "task", "office", "entries", "closings", "signature"]
    private static let messagePrefix = "message."

    /// What is signed: the hash of the last entry covers all before it.
    var statement: [UInt8] {
        let head = entries.last.map { LedgerHash(of: Array($0.utf8)).hex } ?? ""
        return Array("ENTREPOT-AUDIT1\0\(task)\0\(office)\0\(entries.count)\0\(head)".utf8)
    }

    /// Whether a file begins as `write` writes it.
    static func begins(_ head: [UInt8]) -> Bool {
        String(decoding: head.prefix(64), as: UTF8.self).filter { !$0.isWhitespace }.hasPrefix("{\"audit\":")
    }

    /// Whether bytes look like such a log.
    static func isAudit(_ bytes: [UInt8]) -> Bool { SignedFile.resembles(bytes, members: members, atLeast: 5) }

    /// Reads a file.
    static func read(_ bytes: [UInt8]) throws(ReceiptError) -> OfficeAudit {
        try SignedFile.read(OfficeAudit.self, from: bytes, members: members)
    }

    /// Writes the log of a task that is over at this office, into its state folder.
    static func write(
        _ ledger: OfficeLedger, closings: [SumClosing], task: TaskSpecification, office: String, key: PartyPrivateKey,
        state: String
    ) throws {
        var log = OfficeAudit(
            task: task.digest.hex, office: office,
            entries: try ledger.entries().map { String(decoding: $0.canonicalBytes, as: UTF8.self) }, closings: closings
        )
        log.signature = Data(try key.signature(ofStatement: log.statement))
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes, .prettyPrinted]
        try Files.write(Array(try encoder.encode(log)), to: "\(state)/audit.json")
    }

    /// What a ledger's entry says of a round.
    static func details(of round: SumRound, names: [String]) -> [String: String] {
        var details = [
            "round": String(round.number), "question": round.question, "asked": round.asked, "opened": round.total,
            "before": round.before,
        ]
        for (name, message) in zip(names, round.messages) { details[messagePrefix + name] = message }
        return details
    }

    /// The round of an entry; nil where a member is missing or is no digest.
    private static func round(of entry: LedgerEntry, names: [String]) -> SumRound? {
        let details = entry.details
        let messages = names.compactMap { details[messagePrefix + $0] }
        guard details.count == 5 + names.count, messages.count == names.count,
            let number = details["round"].flatMap({ Int($0) }), let question = details["question"],
            let asked = details["asked"], let total = details["opened"], let before = details["before"]
        else { return nil }
        let round = SumRound(
            number: number, question: question, asked: asked, messages: messages, total: total, before: before)
        return round.isWellFormed ? round : nil
    }

    /// What came of the check of a log.
    struct Finding {
        var problems: [String] = []
        var rounds: [(round: SumRound, time: Int64)] = []
        /// `a result with SHA-256 …`, or why there is none.
        var end = "nothing: the task was not over"
    }

    /// Checks everything that the log says, with the keys and the price of the task.
    func finding(_ specification: TaskSpecification, price: (epsilon: Double, delta: Double)) -> Finding {
        var finding = Finding()
        guard task == specification.digest.hex else {
            finding.problems = [
                "it is of task \(ShownText.line(String(task.prefix(64)))), not of \(specification.digest.hex)"
            ]
            return finding
        }
        func isSigned(_ signature: Data, _ statement: [UInt8], by name: String) -> Bool {
            specification.offices.first { $0.name == name }?
                .publicKey.isValid(Array(signature), ofStatement: statement) == true
        }
        if !isSigned(signature, statement, by: office) {
            finding.problems.append("it is not signed with the key that the task lists for its office")
        }
        let names = specification.offices.map(\.name)
        var previous = LedgerHash.zero
        var reservations: [LedgerEntry] = []
        var isTrained = false
        for (place, text) in entries.enumerated() {
            guard let entry = LedgerEntry(canonicalBytes: Array(text.utf8)), entry.sequence == UInt64(place + 1),
                entry.previous == previous, entry.task.hex == task
            else {
                finding.problems.append(
                    "its entry \(place + 1) is none of this ledger's, or does not follow the one before it")
                return finding
            }
            previous = entry.hash
            switch entry.kind {
            case .reservation:
                reservations.append(entry)
                if entry.epsilon != price.epsilon || entry.delta != price.delta {
                    finding.problems.append("it sets aside another ε or δ than the task's")
                }
            case .round:
                let last = finding.rounds.last?.round
                guard let round = Self.round(of: entry, names: names), round.number == finding.rounds.count,
                    last.map({ $0.after == round.before }) ?? true
                else {
                    finding.problems.append("its entry \(place + 1) is no round that follows the ones before it")
                    continue
                }
                if reservations.isEmpty {
                    finding.problems.append("round \(round.number + 1) was opened before ε was set aside")
                }
                finding.rounds.append((round, entry.time))
            case .trained:
                isTrained = true
                finding.end = "a result with SHA-256 \(ShownText.line(entry.details["model_sha256"] ?? ""))"
            case .failed: finding.end = ShownText.line(entry.details["cause"] ?? "failed")
            case .halted:
                let halt = SumHalt(from: entry.details["by"] ?? "", task: task, reason: entry.details["reason"] ?? "")
                let signature = Data(Hex.decode((entry.details["signature"] ?? "").utf8) ?? [])
                if !isSigned(signature, halt.statement, by: halt.from) {
                    finding.problems.append("its halt is not signed by the party that it names")
                }
                finding.end = ShownText.line(entry.details["cause"] ?? "halted")
            default: break
            }
        }
        if reservations.count > 1 { finding.problems.append("it sets ε aside \(reservations.count) times") }
        if isTrained || !closings.isEmpty {
            finding.problems += endProblems(specification, finding.rounds.last?.round, reservations.first) {
                isSigned($0, $1, by: $2)
            }
        }
        return finding
    }

    /// What is wrong with the ends: they have to be of all offices, and of the rounds of this log.
    private func endProblems(
        _ specification: TaskSpecification, _ last: SumRound?, _ reservation: LedgerEntry?,
        _ isSigned: (Data, [UInt8], String) -> Bool
    ) -> [String] {
        var problems: [String] = []
        if closings.map(\.from).sorted() != specification.offices.map(\.name).sorted() {
            problems.append("it does not have one end of each office")
        }
        if closings.first?.from != office || closings.first?.reservation != reservation?.hash.hex {
            problems.append("its first end is not that of its office and its reservation")
        }
        for closing in closings {
            if closing.task != task || !isSigned(closing.signature, closing.statement, closing.from) {
                problems.append("the end of \(ShownText.line(closing.from)) is not signed with its key of the task")
            }
            if closing.rounds != last.map({ $0.number + 1 }) || closing.chain != last?.after {
                problems.append("\(ShownText.line(closing.from)) signed other rounds than those of the log")
            }
        }
        return problems
    }
}
