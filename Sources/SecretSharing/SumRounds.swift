import Bytes
import Crypto
import Foundation

/// One office's side of a secure sum, as a value: no sockets, no clock, no table.
///
/// Messages of other offices go in and are judged; what is to be sent comes out. A round has one message of each office, and
/// no office ever makes two for one round: asked again, it hands out the first. So a message that comes late or twice
/// changes nothing, and a round in which one is missing has no total.
///
/// For each pair of offices the first in the order of the task adds the words of the pair's mask and the other takes them
/// away: in the sum of all messages nothing is left of them (Bonawitz et al. 2017, without its recovery of dropouts:
/// where an office is missing there is no result).
public struct SumRounds: Sendable {
    private let office: Office
    private let key: MaskKey
    private var greetings: [Int: SumGreeting] = [:]
    private var secrets: [Int: PairSecret] = [:]
    /// This office's messages, one a round, those of an earlier start included.
    private var made: [SumShare]
    /// How many rounds were begun since this start.
    private var begun = 0
    /// In which numbers each of them adds.
    private var groups: [SumGroup] = []
    /// And what each asked.
    private var questions: [String] = []
    /// Rounds that are over, and are to be entered in the ledger.
    private var unentered: [SumRound] = []
    /// Messages of rounds that have no total yet, by office and round.
    private var received: [Int: [Int: SumShare]] = [:]
    /// The digests of all messages that came, by office and round.
    private var seen: [Int: [Int: [UInt8]]] = [:]
    private var totals = 0
    private var chain: [UInt8] = []
    private var closings: [Int: SumClosing] = [:]
    /// Who has the ends of all.
    private var finished: Set<Int> = []
    /// What was written down of the others before this start.
    private var remembered = Remembered()
    /// What is to be written down.
    private var unkept: [SumSighting] = []

    private struct Remembered {
        var commitments: [Int: String] = [:]
        var maskKeys: [Int: Data] = [:]
        var shares: [Int: [Int: [UInt8]]] = [:]
    }

    /// - Parameters:
    ///   - made: this office's messages of an earlier start, in order.
    ///   - sightings: what it wrote down of the others (``takeSightings()``): they are held to it.
    ///   - isOver: whether all rounds are over, so that messages are handed out and none is made.
    public init(
        _ office: Office, key: MaskKey, made: [SumShare] = [], sightings: [SumSighting] = [], isOver: Bool = false
    ) {
        self.office = office
        self.key = key
        self.made = made
        if isOver { begun = made.count }
        for sighting in sightings {
            switch sighting {
            case .greeting(let peer, let commitment, let maskKey):
                remembered.commitments[peer] = commitment
                remembered.maskKeys[peer] = maskKey
            case .share(let peer, let round, let digest): remembered.shares[peer, default: [:]][round] = digest
            case .finished(let peer): finished.insert(peer)
            }
        }
    }

    /// What is new of the others since the last call: to be on the disk before this office uses it.
    public mutating func takeSightings() -> [SumSighting] {
        defer { unkept = [] }
        return unkept
    }

    /// What is new of rounds that are over since the last call: to be in the ledger before anything uses their totals.
    public mutating func takeRounds() -> [SumRound] {
        defer { unentered = [] }
        return unentered
    }

    private var others: [Int] { office.names.indices.filter { $0 != office.place } }

    // MARK: - Greeting

    /// What to say first to another office.
    public func greeting(to peer: Int) -> SumGreeting {
        SumGreeting(
            version: SumGreeting.currentVersion, program: office.program, task: hexadecimal(office.task),
            from: office.names[office.place], to: office.names[peer], plan: hexadecimal(office.plan),
            commitment: hexadecimal(office.commitment), maskKey: Data(key.publicKey),
            received: (seen[peer]?.keys.max() ?? -1) + 1,
            known: max(seen[peer]?.keys.max() ?? -1, remembered.shares[peer]?.keys.max() ?? -1) + 1,
            left: office.request?.left)
    }

    /// Who has not greeted yet.
    public var notGreeted: [String] { others.filter { greetings[$0] == nil }.map { office.names[$0] } }

    /// The commitments to the tables, by office; of those who have greeted, and this one.
    public var commitments: [String: String] {
        var all = [office.names[office.place]: hexadecimal(office.commitment)]
        for (peer, greeting) in greetings { all[office.names[peer]] = greeting.commitment }
        return all
    }

    /// What all greetings together are: the same at every office; nil while one is missing.
    public var session: [UInt8]? {
        guard notGreeted.isEmpty else { return nil }
        var bytes = Array("ENTREPOT-SUM-SESSION1\0".utf8) + office.task + office.plan
        for place in office.names.indices {
            let own = place == office.place
            bytes += own ? key.publicKey : greetings[place].map { Array($0.maskKey) } ?? []
            bytes += Array((own ? hexadecimal(office.commitment) : greetings[place]?.commitment ?? "").utf8)
        }
        return Array(SHA256.hash(data: bytes))
    }

    private mutating func receive(_ greeting: SumGreeting, from peer: Int) throws(SumRefusal) {
        let name = office.names[peer]
        guard greeting.version == SumGreeting.currentVersion else {
            throw .otherVersion(from: name, program: greeting.program, version: greeting.version)
        }
        guard greeting.task == hexadecimal(office.task) else { throw .otherTask(from: name, task: greeting.task) }
        guard greeting.from == name else { throw .otherOffice(from: name, named: greeting.from) }
        guard greeting.to == office.names[office.place] else { throw .otherOffice(from: name, named: greeting.to) }
        guard greeting.plan == hexadecimal(office.plan) else { throw .otherPlan(from: name) }
        // Before this office sets anything aside: where one cannot pay, nobody does.
        if let request = office.request, let left = greeting.left, left < request.price {
            throw .partSpent(at: name, left: left, price: request.price)
        }
        // Before any message is made anew: under the same mask it would show by how much the noise differs.
        if let known = greeting.known, known > made.count {
            throw .olderCopy(here: made.count, known: known, to: name)
        }
        if let first = greetings[peer] {
            guard first.commitment == greeting.commitment else { throw .otherTable(from: name) }
            guard first.maskKey == greeting.maskKey else { throw .otherMasks(from: name) }
            return
        }
        guard SumDigest.isOne(greeting.commitment), greeting.maskKey.count == 32 else {
            throw .unreadable(from: name)
        }
        guard remembered.commitments[peer] ?? greeting.commitment == greeting.commitment else {
            throw .otherTable(from: name)
        }
        guard remembered.maskKeys[peer] ?? greeting.maskKey == greeting.maskKey else { throw .otherMasks(from: name) }
        guard !key.isForgotten else {
            greetings[peer] = greeting
            return
        }
        let pair = [min(peer, office.place), max(peer, office.place)].map { office.names[$0] }.joined(separator: "\0")
        guard
            let secret = try? key.secret(with: Array(greeting.maskKey), pair: office.task + Array(pair.utf8))
        else { throw .unusableMaskKey(from: name) }
        greetings[peer] = greeting
        secrets[peer] = secret
        if let session, chain.isEmpty { chain = session }
    }

    // MARK: - Keys of a pair

    /// 32 bytes that this office and another one have, and nobody else.
    ///
    /// - Throws: `notGreeted` before the other's greeting, and once all rounds are over.
    public func key(with peer: Int, for purpose: String) throws(SumRefusal) -> [UInt8] {
        guard let secret = secrets[peer] else { throw .notGreeted(from: office.names[peer]) }
        return secret.key(for: purpose)
    }

    // MARK: - Rounds

    /// This office's message of the next round.
    ///
    /// - Parameters:
    ///   - part: what this office adds, with its noise. Where the round's message was made before, that one stands.
    ///   - question: what is answered, in public words.
    ///   - group: in which numbers parts are added.
    /// - Throws: `changedHere` where another question was answered in this round before.
    public mutating func share(
        _ part: [Int64], question: String, in group: SumGroup = .words
    ) throws(SumRefusal) -> SumShare {
        guard let session else { throw .notGreeted(from: notGreeted.first ?? "") }
        let asked = Array(SHA256.hash(data: Data(question.utf8)))
        let round = begun
        if round < made.count {
            let first = made[round]
            guard first.question == asked, first.session == session, first.chain == chain,
                first.values.count == part.count
            else { throw .changedHere(round: round) }
            begin(group, question)
            return first
        }
        // From the first message on the others are held to their tables and keys.
        for peer in others where remembered.maskKeys[peer] == nil {
            guard let greeting = greetings[peer] else { continue }
            remembered.maskKeys[peer] = greeting.maskKey
            remembered.commitments[peer] = greeting.commitment
            unkept.append(.greeting(peer: peer, commitment: greeting.commitment, maskKey: greeting.maskKey))
        }
        var values = part.map { group.element($0) }
        for peer in others {
            try mask(&values, with: peer, round: round, question: asked, in: group)
        }
        let share = SumShare(
            task: office.task, session: session, round: round, question: asked, chain: chain, values: values)
        made.append(share)
        begin(group, question)
        return share
    }

    private mutating func begin(_ group: SumGroup, _ question: String) {
        begun += 1
        groups.append(group)
        questions.append(question)
    }

    private func mask(
        _ values: inout [Int64], with peer: Int, round: Int, question: [UInt8], in group: SumGroup
    ) throws(SumRefusal) {
        guard let secret = secrets[peer],
            let words = try? secret.mask(round: round, question: question, count: values.count, in: group)
        else { throw .notGreeted(from: office.names[peer]) }
        let isFirst = office.place < peer
        for place in values.indices {
            values[place] =
                isFirst
                ? group.sum(values[place], words[place]) : group.difference(values[place], words[place])
        }
    }

    /// This office's messages from a round on: what an office that was away lacks.
    public func made(from round: Int) -> [SumShare] { Array(made.prefix(begun).dropFirst(max(0, round))) }

    /// Whose message of the present round is missing.
    public var missing: [String] {
        others.filter { received[$0]?[totals] == nil }.map { office.names[$0] }
    }

    /// The sum of all parts of the present round; nil while a message is missing. Asked once a round.
    public mutating func total() throws(SumRefusal) -> [Int64]? {
        guard totals < begun, groups.indices.contains(totals), missing.isEmpty else { return nil }
        let own = made[totals]
        let group = groups[totals]
        var sum = own.values
        for peer in others {
            guard let share = received[peer]?[totals] else { return nil }
            let name = office.names[peer]
            guard share.session == own.session else { throw .otherSession(from: name) }
            guard share.chain == own.chain else { throw .otherTotals(from: name, round: totals) }
            guard share.question == own.question else { throw .otherQuestion(from: name, round: totals) }
            guard share.values.count == sum.count else {
                throw .otherSize(from: name, round: totals, expected: sum.count, found: share.values.count)
            }
            guard share.values.allSatisfy({ group.isElement($0) }) else { throw .unreadable(from: name) }
            for place in sum.indices { sum[place] = group.sum(sum[place], share.values[place]) }
        }
        sum = sum.map { group.figure($0) }
        for peer in others { received[peer]?[totals] = nil }
        let round = SumRound(
            number: totals, question: hexadecimal(own.question), asked: questions[totals],
            messages: office.names.indices.map {
                hexadecimal($0 == office.place ? Self.digest(of: own) : seen[$0]?[totals] ?? [])
            },
            total: hexadecimal(Array(SHA256.hash(data: SumBytes.bytes(sum)))), before: hexadecimal(chain))
        unentered.append(round)
        chain = Hex.decode(round.after.utf8) ?? []
        totals += 1
        return sum
    }

    // MARK: - The end

    /// This office's last message, without its signature.
    ///
    /// - Parameter reservation: the ledger's hash of the entry that set ε aside, hexadecimal.
    public func closing(reservation: String) -> SumClosing {
        SumClosing(
            from: office.names[office.place], task: hexadecimal(office.task), rounds: totals, chain: hexadecimal(chain),
            reservation: reservation, signature: Data())
    }

    /// Who has not sent its end.
    public var notClosed: [String] { others.filter { closings[$0] == nil }.map { office.names[$0] } }

    /// Who has not said that it has the ends of all.
    public var unfinished: [String] { others.filter { !finished.contains($0) }.map { office.names[$0] } }

    /// The ends of the other offices, as they signed them.
    ///
    /// - Throws: `otherTotals` where one has other totals than this office.
    public func agreedClosings() throws(SumRefusal) -> [SumClosing] {
        for (peer, closing) in closings {
            guard closing.rounds == totals, closing.chain == hexadecimal(chain) else {
                throw .otherTotals(from: office.names[peer], round: min(totals, closing.rounds))
            }
        }
        return others.compactMap { closings[$0] }
    }

    // MARK: - Receiving

    /// Takes a message of another office, known by the key of its connection.
    public mutating func receive(_ message: SumMessage, from peer: Int) throws(SumRefusal) {
        let name = office.names[peer]
        if case .greeting(let greeting) = message { return try receive(greeting, from: peer) }
        if case .failure(let reason) = message { throw .failed(by: name, reason: reason) }
        if case .pause(let reason) = message { throw .paused(by: name, reason: reason) }
        guard greetings[peer] != nil else { throw .notGreeted(from: name) }
        switch message {
        case .request(let request):
            guard request.task == hexadecimal(office.task) else { throw .otherTask(from: name, task: request.task) }
        case .piece(let piece):
            guard piece.task == office.task else { throw .otherTask(from: name, task: hexadecimal(piece.task)) }
        case .share(let share): try receive(share, from: peer)
        case .closing(let closing):
            guard closing.task == hexadecimal(office.task) else { throw .otherTask(from: name, task: closing.task) }
            guard closing.from == name else { throw .otherOffice(from: name, named: closing.from) }
            if let first = closings[peer], first.chain != closing.chain || first.rounds != closing.rounds {
                throw .twoMessages(from: name, round: closing.rounds)
            }
            if closing.isComplete == true, finished.insert(peer).inserted { unkept.append(.finished(peer: peer)) }
            var kept = closing
            kept.isComplete = nil
            closings[peer] = closings[peer] ?? kept
        case .greeting, .failure, .pause, .halt, .challenge, .evidence: break
        }
    }

    /// What becomes of a long message of a round, by its head.
    ///
    /// - Throws: for a round that cannot have begun, or another number of values than this office has in it.
    public func room(forRound round: Int, count: Int, from peer: Int) throws(SumRefusal) -> FrameRoom {
        let name = office.names[peer]
        guard round <= max(begun, made.count) else { throw .roundNotBegun(from: name, round: round) }
        guard round < made.count else { return .later }
        guard count == made[round].values.count else {
            throw .otherSize(from: name, round: round, expected: made[round].values.count, found: count)
        }
        return .wanted
    }

    private static func digest(of share: SumShare) -> [UInt8] {
        Array(SHA256.hash(data: Data(SumMessage.share(share).bytes)))
    }

    private mutating func receive(_ share: SumShare, from peer: Int) throws(SumRefusal) {
        let name = office.names[peer]
        guard share.task == office.task else { throw .otherTask(from: name, task: hexadecimal(share.task)) }
        // An office may be a round ahead: it has this one's message of the present round, and all others'. One that was
        // started again may have no greetings but this peer's yet.
        guard share.round >= 0, share.round <= max(begun, made.count) else {
            throw .roundNotBegun(from: name, round: share.round)
        }
        if let session, share.session != session { throw .otherSession(from: name) }
        let digest = Self.digest(of: share)
        if let first = seen[peer]?[share.round] ?? remembered.shares[peer]?[share.round] {
            guard first == digest else { throw .twoMessages(from: name, round: share.round) }
            guard seen[peer]?[share.round] == nil else { return }
        } else {
            unkept.append(.share(peer: peer, round: share.round, digest: digest))
        }
        seen[peer, default: [:]][share.round] = digest
        received[peer, default: [:]][share.round] = share
    }
}

/// Two digits a byte.
private func hexadecimal(_ bytes: [UInt8]) -> String { Hex.encode(bytes) }
