import NIOCore
import NIOHTTP1

/// Closes a connection on which the service says nothing: no caller waits for ever.
///
/// It waits for the head of an answer as long as the call may take, and for each further piece of a body two minutes.
/// While a request is being sent nothing is expected of the service, however long that takes, as long as something goes out.
final class SilenceHandler: ChannelDuplexHandler {
    typealias InboundIn = HTTPClientResponsePart
    typealias InboundOut = HTTPClientResponsePart
    typealias OutboundIn = HTTPClientRequestPart
    typealias OutboundOut = HTTPClientRequestPart

    /// From the end of a request, or the last piece of its body, to the head of the answer.
    private var patience = TimeAmount.seconds(60)
    private static let betweenPieces = TimeAmount.seconds(120)
    private let flag: EarlyAnswerHandler.Flag
    private var timer: Scheduled<Void>?

    init(flag: EarlyAnswerHandler.Flag) { self.flag = flag }

    /// How long the service may work on a call: what it computes from a model, and a large table, take their time.
    static func patience(_ uri: String) -> TimeAmount {
        let path = uri.prefix { $0 != "?" }
        if path.hasPrefix("/upload_data") { return .seconds(900) }
        if path.hasPrefix("/report") || path == "/samples/provenance" { return .seconds(660) }
        return path == "/samples" ? .seconds(330) : .seconds(60)
    }

    func channelActive(context: ChannelHandlerContext) {
        // The handshake.
        expect(.seconds(60), context)
        context.fireChannelActive()
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        switch unwrapOutboundIn(data) {
        case .head(let head):
            patience = Self.patience(head.uri)
            expect(patience, context)
        case .body, .end: if !flag.isSet { expect(patience, context) }
        }
        context.write(data, promise: promise)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        // An informational head does not prolong the time.
        case .head(let head): if head.status.code >= 200 { expect(Self.betweenPieces, context) }
        case .body: expect(Self.betweenPieces, context)
        case .end: stop()
        }
        context.fireChannelRead(data)
    }

    func handlerRemoved(context: ChannelHandlerContext) { stop() }

    func channelInactive(context: ChannelHandlerContext) {
        stop()
        context.fireChannelInactive()
    }

    private func expect(_ time: TimeAmount, _ context: ChannelHandlerContext) {
        timer?.cancel()
        let bound = NIOLoopBound(context, eventLoop: context.eventLoop)
        timer = context.eventLoop.scheduleTask(in: time) { bound.value.close(promise: nil) }
    }

    private func stop() {
        timer?.cancel()
        timer = nil
    }
}
