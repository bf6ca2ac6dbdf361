import Bytes
public import Foundation

/// How an office introduces itself to another, before anything is counted.
public struct SumGreeting: Sendable, Equatable, Codable {
    /// Of the rounds: offices with another one do not understand each other.
    public static let currentVersion = 5

    /// Read first, whatever else a later version writes.
    public var version: Int
    /// The program and its release, for people.
    public var program: String
    /// SHA-256 of the task, hexadecimal.
    public var task: String
    public var from: String
    public var to: String
    /// SHA-256 of what will be asked, with its noise, hexadecimal: a function of the task at the same release.
    public var plan: String
    /// The commitment to the office's table, hexadecimal.
    public var commitment: String
    /// The office's public key for masks: 32 bytes.
    public var maskKey: Data
    /// How many rounds it has of the one that it greets: the rest is to be sent again.
    public var received: Int
    /// How many rounds of the one that it greets it has ever seen: who has made fewer came back from an older copy of its disk.
    public var known: Int?
    /// Of a request: how many millionths of ε its ledger has left for it.
    public var left: Int?
}

/// One office's part of one round, masked: to whoever lacks one of the masks, uniform and independent of the part.
public struct SumShare: Sendable, Equatable {
    /// More than any task has.
    static let mostRounds = 1 << 31

    /// SHA-256 of the task.
    public var task: [UInt8]
    /// Of the greetings of all: the same masks at all offices.
    public var session: [UInt8]
    /// From 0.
    public var round: Int
    /// SHA-256 of the question's public words.
    public var question: [UInt8]
    /// Of all rounds before this one, as the sender has them.
    public var chain: [UInt8]
    /// The part plus masks, modulo 2^64.
    public var values: [Int64]
}

/// The last message: all rounds are over, and this is what they gave.
public struct SumClosing: Sendable, Equatable, Codable {
    public var from: String
    /// SHA-256 of the task, hexadecimal.
    public var task: String
    /// How many rounds there were.
    public var rounds: Int
    /// Of all rounds, hexadecimal: ``SumRound/after`` of the last one.
    public var chain: String
    /// The hash of the entry by which the office's ledger set ε aside, hexadecimal.
    public var reservation: String
    /// The office's signature over `statement`, by its key of the task.
    public var signature: Data
    /// Whether the sender has the ends of all offices and needs nothing more; not signed, and in no receipt.
    public var isComplete: Bool?

    /// What is signed.
    public var statement: [UInt8] {
        Array("ENTREPOT-SUM-CLOSING1\0\(task)\0\(from)\0\(rounds)\0\(chain)\0\(reservation)".utf8)
    }
}

extension SumClosing {
    /// Whether every number is within its bounds and every digest is one.
    var isWellFormed: Bool {
        (0..<SumShare.mostRounds).contains(rounds) && [task, chain, reservation].allSatisfy(SumDigest.isOne)
            && signature.count <= 4096
    }
}

/// What a holder asks another one for, beside the rounds.
public struct ItemRequest: Sendable, Equatable, Codable {
    /// SHA-256 of the task, hexadecimal.
    public var task: String
    /// By its name.
    public var item: String
    /// The first piece that is wanted: those before it came.
    public var from: Int

    public init(task: String, item: String, from: Int) {
        self.task = task
        self.item = item
        self.from = from
    }
}

/// A piece of what another holder asked for.
public struct ItemPiece: Sendable, Equatable {
    /// SHA-256 of the task.
    public var task: [UInt8]
    /// SHA-256 of the item's name.
    public var item: [UInt8]
    /// From 0.
    public var number: Int
    public var words: [UInt32]

    public init(task: [UInt8], item: [UInt8], number: Int, words: [UInt32]) {
        self.task = task
        self.item = item
        self.number = number
        self.words = words
    }
}

extension ItemPiece {
    /// Bytes as words, the least significant first; as many as are whole.
    public static func words(of bytes: [UInt8]) -> [UInt32] { SumBytes.halves(bytes[...]) }

    /// Wide elements as words, the lower half first.
    public static func words(of elements: [UInt64]) -> [UInt32] {
        elements.flatMap { [UInt32(truncatingIfNeeded: $0), UInt32(truncatingIfNeeded: $0 >> 32)] }
    }

    /// Words as wide elements.
    public static func wide(of words: [UInt32]) -> [UInt64] {
        (0..<(words.count / 2)).map { UInt64(words[2 &* $0]) | UInt64(words[2 &* $0 &+ 1]) << 32 }
    }

    /// Words as bytes.
    public static func bytes(of words: [UInt32]) -> [UInt8] { SumBytes.bytes(ofHalves: words) }
}

/// What offices send each other.
public enum SumMessage: Sendable, Equatable {
    case greeting(SumGreeting)
    case share(SumShare)
    case closing(SumClosing)
    /// The sender found what ends the task for good; the sentence says why.
    case failure(String)
    /// The sender stops for now; the sentence says why.
    case pause(String)
    case request(ItemRequest)
    case piece(ItemPiece)
    /// An office's signed word that the task ends, from itself or handed on.
    case halt(SumHalt)
    /// The sender says nothing more before the other end has proved what it runs, in evidence that answers these 32 bytes.
    case challenge([UInt8])
    /// The answer: evidence in the form in which it travels. What it is worth is judged elsewhere.
    case evidence([UInt8])

    /// No message but a share, a piece or evidence is longer, in bytes.
    public static let mostWords = 65_536
    private static let mark = Array("ENTSUM".utf8)
    /// The most bytes of evidence.
    public static let mostEvidence = 128 * 1024
    private static let headerBytes = 4 * 32 + 8 + 8
    /// Before what depends on the kind.
    static let markBytes = mark.count + 1
    /// Before the values of a share.
    static let shareHead = markBytes + headerBytes
    /// Before the words of a piece.
    static let pieceHead = markBytes + 72

    /// Which kind of message begins so; nil for none.
    static func kind(_ bytes: [UInt8]) -> UInt8? {
        bytes.count > mark.count && bytes.starts(with: mark) ? bytes[mark.count] : nil
    }

    /// How long a message of a round is.
    public static func bytes(ofShare count: Int) -> Int { shareHead + 8 * count }

    /// How long a message with a piece is.
    public static func bytes(ofPiece words: Int) -> Int { pieceHead + 4 * words }

    /// How long a message with evidence is.
    public static func bytes(ofEvidence count: Int) -> Int { markBytes + count }

    /// The bytes of a message.
    public var bytes: [UInt8] {
        switch self {
        case .greeting(let greeting): Self.mark + [0] + Self.json(greeting)
        case .share(let share):
            Self.mark + [1] + share.task + share.session + share.question + share.chain
                + SumBytes.word(UInt64(share.round)) + SumBytes.word(UInt64(share.values.count))
                + SumBytes.bytes(share.values)
        case .closing(let closing): Self.mark + [2] + Self.json(closing)
        case .failure(let reason): Self.mark + [3] + Array(reason.utf8.prefix(2000))
        case .pause(let reason): Self.mark + [4] + Array(reason.utf8.prefix(2000))
        case .request(let request): Self.mark + [5] + Self.json(request)
        case .piece(let piece):
            Self.mark + [6] + piece.task + piece.item + SumBytes.word(UInt64(piece.number))
                + SumBytes.bytes(ofHalves: piece.words)
        case .halt(let halt): Self.mark + [7] + halt.bytes
        case .challenge(let nonce): Self.mark + [8] + nonce
        case .evidence(let evidence): Self.mark + [9] + evidence
        }
    }

    /// Reads what `bytes` wrote.
    ///
    /// - Returns: nil for anything else, cut or not.
    public init?(bytes: [UInt8]) {
        guard bytes.count > Self.mark.count, Array(bytes.prefix(Self.mark.count)) == Self.mark else { return nil }
        let body = Array(bytes.dropFirst(Self.mark.count + 1))
        switch bytes[Self.mark.count] {
        case 0:
            guard body.count < Self.mostWords, let greeting = SumGreeting(json: body) else { return nil }
            self = .greeting(greeting)
        case 1:
            guard body.count >= Self.headerBytes else { return nil }
            let digests = (0..<4).map { Array(body[(32 * $0)..<(32 * $0 + 32)]) }
            let numbers = SumBytes.words(Array(body[128..<144]))
            guard numbers[0] < UInt64(SumShare.mostRounds), numbers[1] < 1 << 40,
                body.count == Self.headerBytes + 8 * Int(numbers[1])
            else { return nil }
            self = .share(
                SumShare(
                    task: digests[0], session: digests[1], round: Int(numbers[0]), question: digests[2],
                    chain: digests[3],
                    values: SumBytes.words(Array(body[Self.headerBytes...])).map { Int64(bitPattern: $0) }))
        case 2:
            guard body.count < Self.mostWords, JSONForm.isPlain(body),
                let closing = try? JSONDecoder().decode(SumClosing.self, from: Data(body)), closing.isWellFormed
            else { return nil }
            self = .closing(closing)
        case 3: self = .failure(String(decoding: body.prefix(2000), as: UTF8.self))
        case 4: self = .pause(String(decoding: body.prefix(2000), as: UTF8.self))
        case 5:
            guard body.count < Self.mostWords, JSONForm.isPlain(body),
                let request = try? JSONDecoder().decode(ItemRequest.self, from: Data(body)),
                (0..<SumShare.mostRounds).contains(request.from)
            else { return nil }
            self = .request(request)
        case 6:
            guard body.count >= 72, body.count % 4 == 0 else { return nil }
            let number = SumBytes.words(Array(body[64..<72]))[0]
            guard number < UInt64(SumShare.mostRounds) else { return nil }
            self = .piece(
                ItemPiece(
                    task: Array(body[0..<32]), item: Array(body[32..<64]), number: Int(number),
                    words: SumBytes.halves(body[72...])))
        case 7:
            guard let halt = SumHalt(bytes: body) else { return nil }
            self = .halt(halt)
        case 8:
            guard body.count == 32 else { return nil }
            self = .challenge(body)
        case 9:
            guard (1...Self.mostEvidence).contains(body.count) else { return nil }
            self = .evidence(body)
        default: return nil
        }
    }

    private static func json(_ value: some Encodable) -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return (try? encoder.encode(value)).map { Array($0) } ?? []
    }
}

extension SumGreeting {
    /// The two members that every version has.
    private struct Versioned: Codable {
        var version: Int
        var program: String
    }

    /// Of a greeting of another version version and program alone are read.
    fileprivate init?(json: [UInt8]) {
        guard JSONForm.isPlain(json) else { return nil }
        let decoder = JSONDecoder()
        if let whole = try? decoder.decode(SumGreeting.self, from: Data(json)), whole.version == Self.currentVersion,
            (0..<SumShare.mostRounds).contains(whole.received), (0..<SumShare.mostRounds).contains(whole.known ?? 0)
        {
            self = whole
            return
        }
        guard let other = try? decoder.decode(Versioned.self, from: Data(json)), other.version != Self.currentVersion
        else { return nil }
        self.init(
            version: other.version, program: other.program, task: "", from: "", to: "", plan: "", commitment: "",
            maskKey: Data(), received: 0)
    }
}
