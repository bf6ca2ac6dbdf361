import Bytes
public import Foundation

/// An office's word that the task ends here for good. Every office that computes may give it, and nobody takes it back: whoever
/// hears it keeps it, stops, and hands it on.
public struct SumHalt: Sendable, Equatable, Codable {
    /// Characters of a reason.
    public static let longestReason = 200

    public var from: String
    /// SHA-256 of the task, hexadecimal.
    public var task: String
    /// For people, on one line.
    public var reason: String
    /// The office's signature over `statement`, by its key of the task.
    public var signature: Data

    public init(from: String, task: String, reason: String, signature: Data = Data()) {
        self.from = from
        self.task = task
        // Cut as it is written out: what makes a character visible is longer than the character.
        self.reason = String(ShownText.line(String(reason.prefix(Self.longestReason))).prefix(Self.longestReason))
        self.signature = signature
    }

    /// What is signed.
    public var statement: [UInt8] { Array("ENTREPOT-SUM-HALT1\0\(task)\0\(from)\0\(reason)".utf8) }

    /// The halt as a file or a message holds it.
    public var bytes: [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return (try? encoder.encode(self)).map { Array($0) } ?? []
    }

    /// Reads what `bytes` wrote; nil for anything else. The signature is not checked here.
    public init?(bytes: [UInt8]) {
        guard bytes.count < SumMessage.mostWords, JSONForm.isPlain(bytes),
            let halt = try? JSONDecoder().decode(SumHalt.self, from: Data(bytes)),
            halt == SumHalt(from: halt.from, task: halt.task, reason: halt.reason, signature: halt.signature),
            SumDigest.isOne(halt.task), halt.signature.count <= 4096
        else { return nil }
        self = halt
    }
}
