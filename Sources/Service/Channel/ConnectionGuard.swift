import NIOCore
import NIOTLS

/// Closes connections that hold a place without using it: those that do not finish their handshake, those that never
/// finish a request's head, even if they keep sending slowly (slow loris), those that fall silent within a body, and those
/// that do not read the answer they asked for. How long a body takes as a whole is not its business: a slow line may take
/// hours.
///
/// It sits between TLS and HTTP, so that it sees what was decrypted and what waits to be sent.
final class ConnectionGuard: ChannelDuplexHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer
    typealias OutboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    /// How long things may take.
    struct Patience: Sendable {
        /// From a connection's beginning to the end of its TLS handshake.
        var handshake = TimeAmount.seconds(20)
        /// How long nothing at all may come of a body that was begun. The upload can be continued on another connection.
        var silence = TimeAmount.seconds(120)
        /// From a connection's beginning, or the end of a request, to the first byte of the next.
        var idle = TimeAmount.seconds(60)
        /// From the first byte of a request to the end of its head.
        var head = TimeAmount.seconds(15)
        /// How long a client may read nothing of an answer that is being sent.
        var stalled = TimeAmount.seconds(120)
    }

    private let session: ConnectionSession
    private let patience: Patience
    private var headTimer: Scheduled<Void>?
    private var stallTimer: Scheduled<Void>?
    private var bodyTimer: Scheduled<Void>?
    private let onHandshake: @Sendable () -> Void
    private var isEncrypted = false
    private var reads = 0
    private var waitingWrites = 0

    /// - Parameter onHandshake: called once the client has proved what key it holds, if any.
    init(
        session: ConnectionSession, patience: Patience = Patience(), onHandshake: @escaping @Sendable () -> Void = {}
    ) {
        self.session = session
        self.patience = patience
        self.onHandshake = onHandshake
    }

    func channelActive(context: ChannelHandlerContext) {
        begin(context)
        context.fireChannelActive()
    }

    func handlerAdded(context: ChannelHandlerContext) {
        if context.channel.isActive { begin(context) }
    }

    private func begin(_ context: ChannelHandlerContext) {
        expect(head: patience.idle, context)
        if bodyTimer == nil { listen(context) }
        let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
        context.eventLoop.scheduleTask(in: patience.handshake) {
            let (guardian, context) = bound.value
            if !guardian.isEncrypted { context.close(promise: nil) }
        }
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case TLSUserEvent.handshakeCompleted = event {
            isEncrypted = true
            onHandshake()
        }
        context.fireUserInboundEventTriggered(event)
    }

    func handlerRemoved(context: ChannelHandlerContext) { stop() }

    func channelInactive(context: ChannelHandlerContext) {
        stop()
        context.fireChannelInactive()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        if session.requestsUnderWay == 0, !isAwaitingHead {
            isAwaitingHead = true
            expect(head: patience.head, context)
        }
        reads += 1
        context.fireChannelRead(data)
    }

    /// Closes a connection of which a body is wanted all the time and nothing comes.
    private func listen(_ context: ChannelHandlerContext) {
        let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
        let (seen, wasInBody) = (reads, session.isInBody)
        bodyTimer = context.eventLoop.scheduleTask(in: patience.silence) {
            let (guardian, context) = bound.value
            if wasInBody, guardian.session.isInBody, guardian.reads == seen { return context.close(promise: nil) }
            guardian.listen(context)
        }
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        let sent = promise ?? context.eventLoop.makePromise(of: Void.self)
        waitingWrites += 1
        if stallTimer == nil { watch(context) }
        let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
        sent.futureResult.whenComplete { _ in
            let (guardian, context) = bound.value
            guardian.written(context)
        }
        context.write(data, promise: sent)
    }

    private var isAwaitingHead = false

    /// A piece went out: the client takes what it asked for.
    private func written(_ context: ChannelHandlerContext) {
        waitingWrites -= 1
        stallTimer?.cancel()
        stallTimer = nil
        if waitingWrites > 0 { watch(context) }
        // The end of an answer may be the end of a request: the next one's head has its own time.
        if waitingWrites == 0, session.requestsUnderWay == 0 { isAwaitingHead = false }
    }

    private func watch(_ context: ChannelHandlerContext) {
        let bound = NIOLoopBound(context, eventLoop: context.eventLoop)
        stallTimer = context.eventLoop.scheduleTask(in: patience.stalled) { bound.value.close(promise: nil) }
    }

    private func expect(head time: TimeAmount, _ context: ChannelHandlerContext) {
        headTimer?.cancel()
        let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
        let seen = session.partsDecoded
        headTimer = context.eventLoop.scheduleTask(in: time) {
            let (guardian, context) = bound.value
            guard guardian.session.partsDecoded == seen else {
                guardian.isAwaitingHead = false
                return
            }
            context.close(promise: nil)
        }
    }

    private func stop() {
        headTimer?.cancel()
        stallTimer?.cancel()
        bodyTimer?.cancel()
    }
}

/// Counts what the HTTP decoder delivers, on the event loop: a service too busy to start on a request must not mistake
/// its client for a slow one.
final class DecodedParts: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = Any

    private let session: ConnectionSession

    init(session: ConnectionSession) { self.session = session }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        session.partDecoded()
        context.fireChannelRead(data)
    }
}
