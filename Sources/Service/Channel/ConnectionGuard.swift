import NIOCore

/// Closes connections that hold a place without using it: those that never finish a request's head, even if they keep
/// sending slowly (slow loris), and those that do not read the answer they asked for.
///
/// It sits between TLS and HTTP, so that it sees what was decrypted and what waits to be sent.
final class ConnectionGuard: ChannelDuplexHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer
    typealias OutboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    /// How long things may take.
    struct Patience: Sendable {
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
    private var waitingWrites = 0

    init(session: ConnectionSession, patience: Patience = Patience()) {
        self.session = session
        self.patience = patience
    }

    func channelActive(context: ChannelHandlerContext) {
        expect(head: patience.idle, context)
        context.fireChannelActive()
    }

    func handlerAdded(context: ChannelHandlerContext) {
        if context.channel.isActive { expect(head: patience.idle, context) }
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
        context.fireChannelRead(data)
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
