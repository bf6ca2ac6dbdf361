import Bytes
import Client
import Crypto
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
    var audit = Self.form
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

    static let form = 1
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

    /// Writes the log of a task that ended in an earlier start, where that one was cut off before it did.
    static func writeIfMissing(
        _ ledger: OfficeLedger, task: TaskSpecification, office: String, key: PartyPrivateKey, state: String
    ) throws {
        guard !FileManager.default.fileExists(atPath: "\(state)/audit.json") else { return }
        let receipt = try? OfficeReceipt(json: Files.bytes(at: "\(state)/receipt.json", limit: .receipt))
        let closings = try receipt?.closings ?? OfficeJournal(directory: state).closings() ?? []
        try write(ledger, closings: closings, task: task, office: office, key: key, state: state)
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
    static func round(of entry: LedgerEntry, names: [String]) -> SumRound? {
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
}
