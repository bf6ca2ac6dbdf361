import Bytes
public import Foundation

/// What an office has seen of another one and writes down, so that it holds the other to it after its own restart too.
///
/// Each is one line of a file: the other's place in the task, what was seen, and digests in hexadecimal. No count is in it,
/// masked or not.
public enum SumSighting: Sendable, Equatable {
    /// The commitment (hexadecimal) and the public key for masks with which it takes part.
    case greeting(peer: Int, commitment: String, maskKey: Data)
    /// SHA-256 of its message of a round.
    case share(peer: Int, round: Int, digest: [UInt8])
    /// It has the signed ends of all offices: it needs nothing more.
    case finished(peer: Int)

    /// The line, without its end.
    public var line: String {
        switch self {
        case .greeting(let peer, let commitment, let maskKey):
            "\(peer) greeting \(commitment) \(Hex.encode(Array(maskKey)))"
        case .share(let peer, let round, let digest): "\(peer) share \(round) \(Hex.encode(digest))"
        case .finished(let peer): "\(peer) finished"
        }
    }

    /// Reads what `line` wrote; nil for anything else.
    public init?(line: String) {
        let words = String(line).split(separator: " ").map { String($0) }
        guard words.count >= 2, let peer = Int(words[0]), peer >= 0 else { return nil }
        switch (words[1], words.count) {
        case ("greeting", 4):
            guard SumDigest.isOne(words[2]), SumDigest.isOne(words[3]), let key = Hex.decode(words[3].utf8) else {
                return nil
            }
            self = .greeting(peer: peer, commitment: words[2], maskKey: Data(key))
        case ("share", 4):
            guard let round = Int(words[2]), (0..<SumShare.mostRounds).contains(round), SumDigest.isOne(words[3]),
                let digest = Hex.decode(words[3].utf8)
            else { return nil }
            self = .share(peer: peer, round: round, digest: digest)
        case ("finished", 2): self = .finished(peer: peer)
        default: return nil
        }
    }
}

/// Digests as text.
enum SumDigest {
    /// Whether a text is 32 bytes in lower-case hexadecimal.
    static func isOne(_ text: String) -> Bool {
        text.utf8.count == 64
            && text.utf8.allSatisfy {
                (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0)
                    || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains($0)
            }
    }
}
