import NIOCore
public import SecretSharing
import Synchronization

/// What an office hands out when another one asks for it by name.
public struct OfficeItem: Sendable {
    /// How many pieces it has.
    let pieces: Int
    let piece: @Sendable (Int) -> [UInt32]

    /// - Parameter piece: the words of each; the same whenever it is asked for.
    public init(pieces: Int, piece: @escaping @Sendable (Int) -> [UInt32]) {
        self.pieces = pieces
        self.piece = piece
    }
}

/// What one office hands out, and what is on its way to it.
struct OfficeItems {
    /// What is asked for by name, with the only office that may have it.
    private(set) var shelf: [String: (peer: Int, item: OfficeItem)] = [:]
    /// Asked for, and not there yet.
    private(set) var awaited: [(peer: Int, request: ItemRequest, channel: any Channel)] = []
    private var intakes: [Intake] = []
    /// What is being sent over which connection.
    var sending: Set<Sending> = []
    /// How names of items end that begin so: for whoever asks for another one, another list is the right one.
    private var endings: [String: String] = [:]

    struct Sending: Hashable {
        let name: String
        let channel: ObjectIdentifier
    }

    private struct Intake {
        let peer: Int
        let item: String
        var words: ItemIntake
        /// Over which it was asked for.
        weak var channel: (any Channel)?
    }

    /// - Returns: who asked for another one before.
    mutating func expect(_ ending: String, behind beginning: String) -> Int? {
        endings[beginning] = ending
        return awaited.first { isOther($0.request.item) }?.peer
    }

    /// Whether a name begins as one of those of which the ending is known, and has another one.
    func isOther(_ item: String) -> Bool {
        endings.contains { item.hasPrefix($0.key) && !item.hasSuffix($0.value) }
    }

    /// Nobody needs it any more.
    mutating func withdraw(_ name: String) { shelf[name] = nil }

    /// - Returns: who asked for it before.
    mutating func offer(_ item: OfficeItem, named name: String, to peer: Int) -> [(ItemRequest, any Channel)] {
        shelf[name] = (peer, item)
        let (found, others) = (awaited.filter { $0.request.item == name }, awaited.filter { $0.request.item != name })
        awaited = others
        return found.filter { $0.peer == peer }.map { ($0.request, $0.channel) }
    }

    mutating func remember(_ request: ItemRequest, by peer: Int, over channel: any Channel) {
        // An office asks for few things at once: the oldest give way.
        awaited.removeAll { $0.peer == peer && $0.request.item == request.item }
        if awaited.count >= 16 { awaited.removeFirst() }
        awaited.append((peer, request, channel))
    }

    /// Says what to ask for, over a connection over which it was not asked for yet.
    ///
    /// - Parameter resumes: whether what came before a connection broke stands.
    /// - Returns: the first piece that is wanted; nil where nothing is to be asked for.
    mutating func ask(
        _ item: String, _ intake: @autoclosure () -> ItemIntake, from peer: Int, over channel: any Channel,
        resumes: Bool
    ) -> Int? {
        guard let place = intakes.firstIndex(where: { $0.peer == peer && $0.item == item }) else {
            intakes.append(Intake(peer: peer, item: item, words: intake(), channel: channel))
            return 0
        }
        guard intakes[place].channel !== channel else { return nil }
        intakes[place].channel = channel
        if !resumes { intakes[place].words.restart() }
        return intakes[place].words.isComplete ? nil : intakes[place].words.pieces
    }

    /// The most words of a piece that was asked for; nil for one that was not, or is here.
    func mostWords(of item: [UInt8], from peer: Int) -> Int? {
        intakes.first { $0.peer == peer && ItemIntake.digest(of: $0.item) == item && !$0.words.isComplete }?
            .words.pieceWords
    }

    /// An item that is whole; it is not kept here.
    mutating func take(_ item: String, from peer: Int) -> [UInt32]? {
        guard let place = intakes.firstIndex(where: { $0.peer == peer && $0.item == item }),
            intakes[place].words.isComplete
        else { return nil }
        defer { intakes.remove(at: place) }
        return intakes[place].words.takeWords()
    }

    mutating func receive(_ piece: ItemPiece, from peer: Int, named name: String) throws(SumRefusal) {
        let places = intakes.indices.filter { place in
            intakes[place].peer == peer && ItemIntake.digest(of: intakes[place].item) == piece.item
        }
        // What was asked for once and is here already may come again.
        guard let place = places.first else { return }
        try intakes[place].words.receive(piece, from: name)
    }
}

extension OfficeMesh {
    /// 32 bytes that this office and another one have, and nobody else.
    public func key(with peer: Int, for purpose: String) throws -> [UInt8] {
        try state.withLock { (state) throws(SumRefusal) in try state.rounds.key(with: peer, for: purpose) }
    }

    /// Hands an item out to one other office, now and whenever it asks.
    public func offer(_ item: OfficeItem, named name: String, to peer: Int) {
        let asked = state.withLock { $0.items.offer(item, named: name, to: peer) }
        for (request, channel) in asked { send(item, named: name, from: request.from, over: channel) }
    }

    /// Hands an item out no longer, so that its words go.
    public func withdraw(_ name: String) { state.withLock { $0.items.withdraw(name) } }

    /// Asks another office for an item, and waits until it is whole. A connection that breaks is no end.
    ///
    /// - Parameters:
    ///   - intake: what is expected.
    ///   - resumes: whether the same item comes from an office that was started again.
    public func fetch(
        _ name: String, _ intake: ItemIntake, from peer: Int, resumes: Bool
    ) throws -> [UInt32] {
        guard intake.count > 0 else { return [] }
        let task = configuration.task
        return try wait { _ in
            [self.configuration.names[peer]]
        } until: { (state: inout State) -> [UInt32]? in
            if let words = state.items.take(name, from: peer) { return words }
            guard state.ready.contains(peer), let channel = state.channels[peer],
                let from = state.items.ask(name, intake, from: peer, over: channel, resumes: resumes)
            else { return nil }
            let frame = Self.frame(.request(ItemRequest(task: task, item: name, from: from)))
            channel.eventLoop.execute { channel.writeAndFlush(frame, promise: nil) }
            return nil
        }
    }

    /// Names of items that begin so have this ending, a digest of what both ends must have alike; who asks for another one has other
    /// keys, and the task ends.
    public func expect(_ ending: String, behind beginning: String) {
        guard let peer = state.withLock({ $0.items.expect(ending, behind: beginning) }) else { return }
        fail(.otherMembers(from: configuration.names[peer]))
    }

    func receive(
        _ request: ItemRequest, from peer: Int, over channel: any Channel, _ state: inout State
    ) throws(SumRefusal) {
        if let found = state.items.shelf[request.item], found.peer == peer {
            return send(found.item, named: request.item, from: request.from, over: channel)
        }
        guard !state.items.isOther(request.item) else { throw .otherMembers(from: configuration.names[peer]) }
        state.items.remember(request, by: peer, over: channel)
    }

    /// Piece after piece, each once the one before it is on its way.
    private func send(_ item: OfficeItem, named name: String, from: Int, over channel: any Channel) {
        let (task, digest) = (configuration.taskDigest, ItemIntake.digest(of: name))
        let sending = OfficeItems.Sending(name: name, channel: ObjectIdentifier(channel))
        Task.detached { [self] in
            // Whoever asks twice over one connection gets it once.
            guard state.withLock({ $0.items.sending.insert(sending).inserted }) else { return }
            defer { state.withLock { _ = $0.items.sending.remove(sending) } }
            for number in stride(from: from, to: item.pieces, by: 1) {
                let piece = ItemPiece(task: task, item: digest, number: number, words: item.piece(number))
                do { try await channel.writeAndFlush(Self.frame(.piece(piece))).get() } catch { return }
            }
        }
    }
}
