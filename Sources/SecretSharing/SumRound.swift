import Bytes
import Crypto
import Foundation

/// What all offices have alike of a round that is over, as digests: for their ledgers, and for whoever looks at these later.
///
/// Each digest of rounds takes in the one before, and the last one is what all offices sign. So one office's list of rounds shows which
/// message each office sent in each of them.
public struct SumRound: Sendable, Equatable {
    /// From 0.
    public let number: Int
    /// SHA-256 of the question's public words, hexadecimal.
    public let question: String
    /// The beginning of these words, for people; as much a part of the round as its digests.
    public let asked: String
    /// SHA-256 of each office's message, hexadecimal, in the order of the task.
    public let messages: [String]
    /// SHA-256 of what opened, hexadecimal.
    public let total: String
    /// The digest of all rounds before, hexadecimal; of the greetings before the first.
    public let before: String

    /// Characters of a question that are kept.
    static let askedLength = 120

    public init(number: Int, question: String, asked: String, messages: [String], total: String, before: String) {
        self.number = number
        self.question = question
        // Cut as it is written out: who reads it from a ledger gets the same.
        self.asked = String(ShownText.line(String(asked.prefix(Self.askedLength))).prefix(Self.askedLength))
        self.messages = messages
        self.total = total
        self.before = before
    }

    /// The digest of all rounds up to this one, hexadecimal.
    public var after: String {
        let digests =
            ([before, question, total] + messages).flatMap { Hex.decode($0.utf8) ?? [] }
            + Array(SHA256.hash(data: Data(asked.utf8)))
        return Hex.encode(Array(SHA256.hash(data: Data("ENTREPOT-SUM-ROUND1\0".utf8 + digests))))
    }

    /// Whether every digest is one.
    public var isWellFormed: Bool {
        number >= 0 && ([before, question, total] + messages).allSatisfy(SumDigest.isOne)
    }
}
