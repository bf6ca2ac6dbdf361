import NIOCore
import NIOEmbedded
import NIOHTTP1
import Testing

@testable import Client

@Suite("A service that says nothing")
struct SilenceTests {
    private func connected() throws -> EmbeddedChannel {
        let channel = EmbeddedChannel(handler: SilenceHandler(flag: EarlyAnswerHandler.Flag()))
        try channel.connect(to: try SocketAddress(ipAddress: "127.0.0.1", port: 1)).wait()
        return channel
    }

    private func head(_ uri: String) -> HTTPClientRequestPart {
        .head(HTTPRequestHead(version: .http1_1, method: .GET, uri: uri))
    }

    @Test("a silent service and one that announces without end are given up", arguments: [false, true])
    func silence(announces: Bool) throws {
        let channel = try connected()
        try channel.writeOutbound(head("/details"))
        try channel.writeOutbound(HTTPClientRequestPart.end(nil))
        for _ in 0..<58 {
            channel.embeddedEventLoop.advanceTime(by: .seconds(1))
            if announces {
                try channel.writeInbound(
                    HTTPClientResponsePart.head(
                        HTTPResponseHead(version: .http1_1, status: .custom(code: 103, reasonPhrase: "Early Hints"))))
            }
        }
        #expect(channel.isActive)
        channel.embeddedEventLoop.advanceTime(by: .seconds(5))
        #expect(!channel.isActive)
    }

    @Test("a service that accepts a connection and says nothing to the handshake is given up")
    func handshake() throws {
        let channel = try connected()
        channel.embeddedEventLoop.advanceTime(by: .seconds(61))
        #expect(!channel.isActive)
    }

    @Test("an upload of an hour that moves, and a body of an hour that moves, go on; what stands still does not")
    func slow() throws {
        let upload = try connected()
        try upload.writeOutbound(head("/upload_data"))
        for _ in 0..<60 {
            upload.embeddedEventLoop.advanceTime(by: .seconds(60))
            try upload.writeOutbound(HTTPClientRequestPart.body(.byteBuffer(ByteBuffer(bytes: [1]))))
        }
        #expect(upload.isActive)
        let download = try connected()
        try download.writeOutbound(head("/samples?num_samples=5"))
        try download.writeOutbound(HTTPClientRequestPart.end(nil))
        try download.writeInbound(HTTPClientResponsePart.head(HTTPResponseHead(version: .http1_1, status: .ok)))
        for _ in 0..<60 {
            download.embeddedEventLoop.advanceTime(by: .seconds(60))
            try download.writeInbound(HTTPClientResponsePart.body(ByteBuffer(bytes: [1])))
        }
        #expect(download.isActive)
        download.embeddedEventLoop.advanceTime(by: .seconds(121))
        #expect(!download.isActive)
    }

    @Test("a connection on which nothing is asked may rest")
    func rest() throws {
        let channel = try connected()
        try channel.writeOutbound(head("/details"))
        try channel.writeOutbound(HTTPClientRequestPart.end(nil))
        try channel.writeInbound(HTTPClientResponsePart.head(HTTPResponseHead(version: .http1_1, status: .ok)))
        try channel.writeInbound(HTTPClientResponsePart.end(nil))
        channel.embeddedEventLoop.advanceTime(by: .hours(2))
        #expect(channel.isActive)
    }
}
