import Bytes
import Dispatch
import Foundation
import NIOCore
import NIOPosix
public import SecretSharing
import Synchronization
public import Tasks

/// One office's connections to all others, and the driver of its side of the sum: it sends what ``SumRounds`` makes and
/// hands it what comes.
///
/// Of each pair the office that the task names first calls the other. A connection that breaks is made again, and what the
/// other end lacks is sent again. The calls that wait run on the caller's thread, which is the fit's.
public final class OfficeMesh: Sendable {
    /// Who is where.
    public struct Configuration: Sendable {
        /// SHA-256 of the task, hexadecimal.
        let task: String
        /// In the order of the task.
        let names: [String]
        let keys: [PartyKey]
        /// This office's place among them.
        let place: Int
        let key: PartyPrivateKey
        let listen: ServiceAddress
        /// Where the offices behind this one in the task listen.
        let addresses: [Int: ServiceAddress]
        /// How long the others may say nothing, in seconds.
        let patience: Int
        /// What offices must prove of their programs; nil where the task asks none.
        let proofs: OfficeProofs?

        /// The same as bytes.
        var taskDigest: [UInt8] { Hex.decode(task.utf8) ?? [] }

        public init(
            task: String, names: [String], keys: [PartyKey], place: Int, key: PartyPrivateKey, listen: ServiceAddress,
            addresses: [Int: ServiceAddress], patience: Int, proofs: OfficeProofs? = nil
        ) {
            self.proofs = proofs
            self.task = task
            self.names = names
            self.keys = keys
            self.place = place
            self.key = key
            self.listen = listen
            self.addresses = addresses
            self.patience = patience
        }
    }

    struct State {
        var rounds: SumRounds
        var channels: [Int: any Channel] = [:]
        /// Those whose greeting came over their present connection: they may be sent figures.
        var ready: Set<Int> = []
        /// What is to be proved over the present connections, and who has proved what it runs.
        var proving: [Int: OfficeProving] = [:]
        var attested: [Int: AttestedOffice] = [:]
        var closing: SumClosing?
        /// Who was sent the closing.
        var told: Set<Int> = []
        var failure: SumRefusal?
        /// Who ended the task for good, and which offices are known to have heard it.
        var halt: SumHalt?
        var heard: Set<Int> = []
        /// Whether the signed ends of all are here: nobody's halt comes before them.
        var isAgreed: Bool
        var trouble: [Int: String] = [:]
        /// At whose address somebody else answered: said before any other trouble, which follows from it.
        var strangers: Set<Int> = []
        var isOver = false
        /// Connections that somebody made who has not proved a key of the task.
        var strange = Strangers()
        /// What holders fetch from each other.
        var items = OfficeItems()
        /// Connections over which a long message of the next round waits.
        var waiting: [@Sendable () -> Void] = []
    }

    let configuration: Configuration
    let journal: OfficeJournal
    let state: Mutex<State>
    private let enter: @Sendable (SumRound) throws -> Void
    let news = DispatchSemaphore(value: 0)
    private let listening = Mutex<(any Channel)?>(nil)

    /// - Parameters:
    ///   - closing: this office's signed end, where an earlier start made it: it is handed out.
    ///   - halt: what ended the task before: it is handed out, and nothing else.
    ///   - enter: takes each round that is over, before its total is used.
    public init(
        _ configuration: Configuration, rounds: SumRounds, journal: OfficeJournal, closing: SumClosing? = nil,
        halt: SumHalt? = nil, enter: @escaping @Sendable (SumRound) throws -> Void = { _ in }
    ) {
        self.enter = enter
        self.configuration = configuration
        self.journal = journal
        state = Mutex(
            State(
                rounds: rounds, closing: closing, failure: halt.map { .halted($0) }, halt: halt,
                heard: halt == nil ? [] : journal.heardHalt, isAgreed: closing != nil))
    }

    // MARK: - Calls of the fit

    /// Listens, calls the others, and returns.
    ///
    /// - Returns: the port.
    public func start() async throws -> Int {
        let certificate = try ClientCertificate(configuration.key)
        let (configuration, group) = (configuration, MultiThreadedEventLoopGroup.singleton)
        let server: any Channel
        do {
            server = try await ServerBootstrap(group: group)
                .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
                .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
                .childChannelInitializer { channel in
                    OfficeChannel.prepare(channel, isServer: true, certificate: certificate, mesh: self, expected: nil)
                }
                .bind(host: configuration.listen.host, port: configuration.listen.port).get()
        } catch let error as IOError where error.errnoCode == EADDRINUSE {
            throw ClientError.portInUse(address: configuration.listen.description)
        } catch {
            throw ClientError.cannotListen(
                address: configuration.listen.description, reason: NetworkWords.of(error))
        }
        listening.withLock { $0 = server }
        for peer in configuration.names.indices where peer > configuration.place {
            guard let address = configuration.addresses[peer] else { continue }
            Task { await self.call(peer, at: address, certificate) }
        }
        return server.localAddress?.port ?? configuration.listen.port
    }

    /// Waits until every office has greeted.
    ///
    /// - Returns: the commitments to all tables, by office.
    public func greeted() throws -> [String: String] {
        try wait {
            $0.rounds.notGreeted
        } until: {
            $0.rounds.notGreeted.isEmpty ? $0.rounds.commitments : nil
        }
    }

    /// Sends this office's part of the next round, masked, and waits for the total.
    public func open(_ part: [Int64], question: String, in group: SumGroup = .words) throws -> [Int64] {
        try state.withLock { state in
            try stopIfHalted(&state)
            let share = try state.rounds.share(part, question: question, in: group)
            // On the disk before anybody has it: started again, this office says the same, to the same others.
            try journal.keep(state.rounds.takeSightings())
            try journal.keep(share)
            let frame = Self.frame(.share(share))
            for peer in state.ready { send(frame, over: state.channels[peer]) }
        }
        beginReading()
        do {
            let total = try wait {
                $0.rounds.missing
            } until: {
                // Held to what they sent, also after a restart of this office, before anything opens.
                try journal.keep($0.rounds.takeSightings())
                return try $0.rounds.total()
            }
            for round in state.withLock({ $0.rounds.takeRounds() }) { try enter(round) }
            return total
        } catch let refusal as SumRefusal {
            fail(refusal)
            throw refusal
        }
    }

    /// Says that all rounds are over, and waits until all say the same.
    ///
    /// - Parameters:
    ///   - reservation: the ledger's hash of the entry that set ε aside, hexadecimal.
    /// - Returns: the signed ends of all offices, this one's first.
    public func close(reservation: String) throws -> [SumClosing] {
        let own = try state.withLock { (state) throws -> SumClosing in
            // From here on the others may have the result: a halt comes before this line is on the disk, or too late.
            try stopIfHalted(&state)
            try journal.keepEnding()
            var closing = state.rounds.closing(reservation: reservation)
            closing.signature = Data(try configuration.key.signature(ofStatement: closing.statement))
            state.closing = closing
            for peer in state.ready { tell(peer, &state) }
            return closing
        }
        let others: [SumClosing]
        do {
            others = try wait {
                $0.rounds.notClosed
            } until: { state in
                guard state.rounds.notClosed.isEmpty else { return nil }
                let closings = try state.rounds.agreedClosings()
                state.isAgreed = true
                return closings
            }
            for closing in others {
                guard let place = configuration.names.firstIndex(of: closing.from), isSigned(closing, by: place) else {
                    throw SumRefusal.badSignature(from: closing.from)
                }
            }
        } catch let refusal as SumRefusal {
            fail(refusal)
            throw refusal
        }
        return [own] + others
    }

    /// Says that this office has the ends of all and needs nothing more, hands out what others lack, and waits until they say the
    /// same.
    ///
    /// - Parameter seconds: how long at most.
    /// - Returns: who has not said it.
    public func settle(within seconds: Int) throws -> [String] {
        state.withLock { state in
            state.closing?.isComplete = true
            state.told = []
            for peer in state.ready { tell(peer, &state) }
        }
        let end = ContinuousClock.now + .seconds(min(seconds, configuration.patience))
        while true {
            let (waiting, isTold, isBroken) = try state.withLock { state in
                try journal.keep(state.rounds.takeSightings())
                return (state.rounds.unfinished, state.ready.isSubset(of: state.told), state.failure != nil)
            }
            if waiting.isEmpty && isTold || isBroken || ContinuousClock.now >= end { return waiting }
            _ = news.wait(timeout: .now() + .milliseconds(50))
        }
    }

    /// Ends the task here for a reason that this office found itself, and tells the others.
    public func refuse(_ refusal: SumRefusal) { fail(refusal) }

    private func isSigned(_ closing: SumClosing, by place: Int) -> Bool {
        configuration.keys[place].isValid(Array(closing.signature), ofStatement: closing.statement)
    }

    /// Ends all connections.
    ///
    /// - Parameter reason: what the others are told; nil where all is well.
    public func leave(_ reason: SumMessage? = nil) async {
        let channels = state.withLock { state in
            state.isOver = true
            return Array(state.channels.values)
        }
        for channel in channels {
            if let reason { try? await channel.writeAndFlush(Self.frame(reason)).get() }
            try? await channel.close().get()
        }
        let server = listening.withLock { $0 }
        try? await server?.close().get()
    }

    /// Waits for the others.
    func wait<Value: Sendable>(
        for missing: (inout State) -> [String], until found: (inout State) throws -> Value?
    ) throws -> Value {
        let end = ContinuousClock.now + .seconds(configuration.patience)
        while true {
            let value = try state.withLock { (state) throws -> Value? in
                if let value = try found(&state) { return value }
                try stopIfHalted(&state)
                return nil
            }
            if let value { return value }
            guard ContinuousClock.now < end else { break }
            _ = news.wait(timeout: .now() + .milliseconds(100))
        }
        throw state.withLock { state in
            let names = missing(&state)
            let troubles = names.compactMap { name in
                configuration.names.firstIndex(of: name).flatMap { state.trouble[$0] }
            }
            return SumRefusal.silent(names, seconds: configuration.patience, trouble: troubles.first ?? "")
        }
    }

    /// Why this office goes on no further; nil while it does.
    public var refusal: SumRefusal? { state.withLock { $0.failure } }

    // MARK: - Calls of the connections

    /// The office with this key; nil for a stranger, and for this office itself.
    func place(of publicKeyInfo: [UInt8]) -> Int? {
        configuration.keys.firstIndex { $0.subjectPublicKeyInfo == publicKeyInfo }
            .flatMap { $0 == configuration.place ? nil : $0 }
    }

    /// Somebody connected: of too many who have shown no key one goes.
    func arrived(_ channel: any Channel) { state.withLock { $0.strange.add(channel) }?.close(promise: nil) }

    /// A connection that proved its key, or ended.
    func isKnown(_ channel: any Channel) { state.withLock { $0.strange.remove(channel) } }

    func connected(_ channel: any Channel, to peer: Int) {
        let old = state.withLock { state in
            let old = state.channels[peer]
            state.channels[peer] = channel
            state.ready.remove(peer)
            state.trouble[peer] = nil
            state.strangers.remove(peer)
            if let halt = state.halt {
                send(Self.frame(.halt(halt)), over: channel)
            } else {
                begin(with: peer, over: channel, &state)
            }
            return old
        }
        old?.close(promise: nil)
    }

    /// - Parameter shown: what the connection's handshake showed.
    func received(_ bytes: [UInt8], from peer: Int, over channel: any Channel, _ shown: HTTPConnection.Peer) {
        switch SumMessage(bytes: bytes) {
        case nil: receivedUnreadable(from: peer)
        case .halt(let halt): received(halt, from: peer)
        case .challenge(let nonce): challenged(nonce, by: peer, over: channel, shown)
        case .evidence(let evidence): received(evidence: evidence, from: peer, over: channel, shown)
        case let message?: received(message, from: peer, over: channel)
        }
    }

    private func received(_ message: SumMessage, from peer: Int, over channel: any Channel) {
        do throws(SumRefusal) {
            try state.withLock { (state) throws(SumRefusal) in
                guard state.failure == nil, state.channels[peer] === channel else { return }
                try checkProved(message, from: peer, state)
                try state.rounds.receive(message, from: peer)
                if case .request(let request) = message { try receive(request, from: peer, over: channel, &state) }
                if case .piece(let piece) = message {
                    try state.items.receive(piece, from: peer, named: configuration.names[peer])
                }
                guard case .greeting(let greeting) = message else { return }
                for share in state.rounds.made(from: greeting.received) {
                    send(Self.frame(.share(share)), over: channel)
                }
                state.ready.insert(peer)
                if state.closing != nil { tell(peer, &state) }
            }
        } catch {
            fail(error)
        }
        news.signal()
    }

    func lost(_ channel: any Channel, to peer: Int) {
        state.withLock { state in
            guard state.channels[peer] === channel else { return }
            state.channels[peer] = nil
            state.ready.remove(peer)
            state.trouble[peer] = state.trouble[peer] ?? "its connection broke"
        }
    }

    private func tell(_ peer: Int, _ state: inout State) {
        guard let closing = state.closing, let channel = state.channels[peer] else { return }
        let sent = channel.eventLoop.makePromise(of: Void.self)
        sent.futureResult.whenSuccess { [self] in
            // Not at once: the caller holds the state.
            channel.eventLoop.execute {
                self.state.withLock { state in _ = state.told.insert(peer) }
                self.news.signal()
            }
        }
        send(Self.frame(.closing(closing)), over: channel, sent)
    }

    /// Sends in the order of the calls, and never within one: a write that fails calls back.
    func send(_ frame: ByteBuffer, over channel: (any Channel)?, _ sent: EventLoopPromise<Void>? = nil) {
        guard let channel else { return }
        channel.eventLoop.execute { channel.writeAndFlush(frame, promise: sent) }
    }

    /// Keeps the first reason, and tells the others.
    func fail(_ refusal: SumRefusal) { state.withLock { fail(refusal, &$0) } }

    /// The same for a caller that has the state.
    func fail(_ refusal: SumRefusal, _ state: inout State) {
        guard state.failure == nil else { return }
        state.failure = refusal
        let message: SumMessage
        switch refusal {
        // What another office found it tells the others itself; a halt is handed on, since its office may be gone.
        case .failed, .paused: return
        case .halted(let halt):
            state.halt = halt
            message = .halt(halt)
        default: message = refusal.isTemporary ? .pause("\(refusal)") : .failure("\(refusal)")
        }
        for channel in state.channels.values { send(Self.frame(message), over: channel) }
    }
}
