import Foundation
import NIOCore
import NIOPosix
import NIOSSL
import Testing

@testable import Service

/// Requests that no program would send, over real connections: the service must go on answering the others.
@Suite("Broken requests", .serialized, .timeLimit(.minutes(60)), .live)
struct HTTPFuzzTests {
    private static let count =
        ProcessInfo.processInfo.environment["ENTREPOT_FUZZ"].flatMap { Int($0) }.map { min($0, 5_000) } ?? 100

    private static let requests = [
        "GET /attestation?nonce=\(String(repeating: "0", count: 64)) HTTP/1.1\r\nHost: a\r\n\r\n",
        "POST /upload_data HTTP/1.1\r\nHost: a\r\nContent-Type: multipart/form-data; boundary=XX\r\nContent-Length: 40\r\n"
            + "\r\n--XX\r\nContent-Disposition: form-data; name=\"file\"\r\n\r\nid\r\n",
        "POST /confirm_data HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{\"a\":\r\n0\r\n\r\n",
        "GET /spec HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "DELETE /data HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 99999999999999999999\r\n\r\n",
        "GET /samples?num_samples=99999999999999999999&format=%00 HTTP/1.0\r\n\r\n",
    ].map { Array($0.utf8) }

    /// Sends bytes over TLS and waits until the service answers or closes.
    private func send(_ bytes: [UInt8], to port: Int) async throws {
        var tls = TLSConfiguration.makeClientConfiguration()
        tls.certificateVerification = .none
        tls.trustRoots = .certificates([])
        let context = try NIOSSLContext(configuration: tls)
        let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandlers(
                        NIOSSLClientHandler(context: context, serverHostname: nil), CloseOnAnswer())
                }
            }
            .connect(host: "127.0.0.1", port: port).get()
        channel.eventLoop.scheduleTask(in: .milliseconds(100)) { channel.close(promise: nil) }
        try? await channel.writeAndFlush(ByteBuffer(bytes: bytes)).get()
        try? await channel.closeFuture.get()
    }

    private final class CloseOnAnswer: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer
        func channelRead(context: ChannelHandlerContext, data: NIOAny) { context.close(promise: nil) }
        func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
    }

    @Test("changed and cut requests harm nobody else")
    func requests() async throws {
        try await withService(try TestTask.workshop()) { live in
            var random = Lines(state: 25)
            for _ in 0..<Self.count {
                var bytes = Self.requests.randomElement(using: &random) ?? []
                for _ in 0..<Int.random(in: 0...4, using: &random) where !bytes.isEmpty {
                    let place = Int.random(in: 0..<bytes.count, using: &random)
                    switch Int.random(in: 0..<4, using: &random) {
                    case 0: bytes[place] = .random(in: 0...255, using: &random)
                    case 1: bytes.remove(at: place)
                    case 2: bytes.insert([0, 10, 13, 32, 58, 37].randomElement(using: &random) ?? 0, at: place)
                    default: bytes.removeLast(bytes.count - place)
                    }
                }
                try await send(bytes, to: live.port)
            }
            let alice = try await RawCalls(live, as: "Alice")
            #expect(try await alice("/healthz").status == 200)
            #expect(try await alice.upload(Cars.alice()).status == 200)
        }
    }

    /// Random numbers that are the same in every run (SplitMix64).
    private struct Lines: RandomNumberGenerator {
        var state: UInt64

        mutating func next() -> UInt64 {
            state &+= 0x9E37_79B9_7F4A_7C15
            var z = state
            z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
            z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
            return z ^ (z >> 31)
        }
    }
}
