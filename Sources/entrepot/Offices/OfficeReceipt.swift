import Bytes
import Client
import Crypto
import Foundation
import SecretSharing
import Tasks

/// `receipt.json` of a secure sum: that all offices signed the same totals, and which ledgers set ε aside before them.
///
/// The signatures cover the task, the number of rounds, the hash of all totals and each office's reservation. The digest of
/// the result is the word of the office whose receipt it is.
struct OfficeReceipt: Codable, Sendable, Equatable {
    /// SHA-256 of the task, hexadecimal.
    var task: String
    /// Whose receipt it is.
    var office: String
    var epsilon: Double
    var delta: Double
    /// To each office's table, hexadecimal, by office.
    var commitments: [String: String]
    /// SHA-256 of the result's file, hexadecimal.
    var result: String
    /// The signed ends, the office's own first.
    var closings: [SumClosing]

    init(
        task: String, office: String, epsilon: Double, delta: Double, commitments: [String: String], result: String,
        closings: [SumClosing]
    ) {
        self.task = task
        self.office = office
        self.epsilon = epsilon
        self.delta = delta
        self.commitments = commitments
        self.result = result
        self.closings = closings
    }

    private static let members: Set = ["task", "office", "epsilon", "delta", "commitments", "result", "closings"]

    /// Whether bytes look like such a receipt, be it one that lacks a member.
    static func isReceipt(_ bytes: [UInt8]) -> Bool {
        SignedFile.resembles(bytes, members: members, atLeast: 3)
    }

    /// Reads a file.
    init(json: [UInt8]) throws(ReceiptError) {
        self = try SignedFile.read(OfficeReceipt.self, from: json, members: OfficeReceipt.members)
    }

    /// What is wrong with it, for the offices of a task; empty where nothing is.
    ///
    /// - Parameters:
    ///   - price: ε and δ of the task's plan.
    ///   - file: the bytes of the result, where they are at hand.
    func problems(
        task specification: TaskSpecification, price: (epsilon: Double, delta: Double), file: [UInt8]?
    ) -> [String] {
        guard task == specification.digest.hex else {
            return ["it is of task \(ShownText.line(String(task.prefix(64)))), not of \(specification.digest.hex)"]
        }
        let names = specification.offices.map(\.name)
        var problems = Self.problems(of: closings, office: office, task: specification)
        if Set(commitments.keys) != Set(names) || commitments.values.contains(where: { !Self.isDigest($0) }) {
            problems.append("it does not have one commitment of each office")
        }
        if epsilon != price.epsilon || delta != price.delta { problems.append("its ε or δ is not that of the task") }
        if !Self.isDigest(result) { problems.append("what it gives for the result is no SHA-256") }
        if let file, Hex.encode(Array(SHA256.hash(data: file))) != result {
            problems.append("the result's file is another one")
        }
        return problems
    }

    /// What is wrong with the signed ends of a task: one of each office, of the same totals, the office's own first.
    static func problems(
        of closings: [SumClosing], office: String, task specification: TaskSpecification
    ) -> [String] {
        let task = specification.digest.hex
        var problems: [String] = []
        if closings.map(\.from).sorted() != specification.offices.map(\.name).sorted() {
            problems.append("it does not have one end of each office")
        }
        if office != closings.first?.from { problems.append("its first end is not that of the office that it names") }
        for closing in closings {
            let party = specification.offices.first { $0.name == closing.from }
            let isSigned =
                party?.publicKey.isValid(Array(closing.signature), ofStatement: closing.statement) == true
            if closing.task != task || !isSigned {
                problems.append("the end of \(ShownText.line(closing.from)) is not signed with its key of the task")
            }
        }
        if Set(closings.map { "\($0.rounds) \($0.chain)" }).count > 1 {
            problems.append("the offices did not sign the same totals")
        }
        return problems
    }

    /// Whether a text is a SHA-256 in hexadecimal, and nothing that shows as more than that.
    static func isDigest(_ text: String) -> Bool {
        Hex.decode(text.utf8)?.count == 32 && text == text.lowercased()
    }
}
