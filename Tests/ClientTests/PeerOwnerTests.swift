import NIOCore
import Testing

@testable import Client

@Suite("Whose socket is at the other end")
struct PeerOwnerTests {
    private let four = """
          sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
           0: 0100007F:0BD6 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000        0 11 1 0 100 0 0 10 0
           1: 0100007F:0BD6 0100007F:D431 01 00000000:00000000 00:00000000 00000000  1000        0 12 1 0 20 4 0 10 -1
           2: 0100007F:D431 0100007F:0BD6 01 00000000:00000000 00:00000000 00000000  1001        0 13 1 0 20 4 0 10 -1
           3: 0100007F:D432 0100007F:0BD6 06 00000000:00000000 00:00000000 00000000     0        0 0 1 0 20 4 0 10 -1

        """
    private let six = """
          sl  local_address                         remote_address                        st
           0: 0000000000000000FFFF00000100007F:D433 0000000000000000FFFF00000100007F:0BD6 01 0:0 00:0 0 1002 0 14 1
           1: 00000000000000000000000001000000:D434 00000000000000000000000001000000:0BD6 01 0:0 00:0 0 1003 0 15 1

        """

    private func owner(_ peer: (String, Int), _ own: (String, Int)) throws -> UInt32? {
        PeerOwner.user(
            of: try SocketAddress(ipAddress: peer.0, port: peer.1),
            to: try SocketAddress(ipAddress: own.0, port: own.1),
            in: [four, six])
    }

    @Test("it is the user of the peer's own socket, of either family, and of no other end")
    func users() throws {
        #expect(try owner(("127.0.0.1", 0xD431), ("127.0.0.1", 0xBD6)) == 1001)
        #expect(try owner(("127.0.0.1", 0xD433), ("127.0.0.1", 0xBD6)) == 1002)
        #expect(try owner(("::1", 0xD434), ("::1", 0xBD6)) == 1003)
        #expect(try owner(("127.0.0.1", 0xBD6), ("127.0.0.1", 0xD431)) == 1000)
    }

    @Test("a socket that is not there, or that nobody holds any more, is nobody's")
    func nobody() throws {
        #expect(try owner(("127.0.0.1", 0xD432), ("127.0.0.1", 0xBD6)) == nil)
        #expect(try owner(("127.0.0.1", 0xD435), ("127.0.0.1", 0xBD6)) == nil)
        #expect(try owner(("127.0.0.2", 0xD431), ("127.0.0.1", 0xBD6)) == nil)
        #expect(try owner(("127.0.0.1", 0xD431), ("127.0.0.1", 0xBD7)) == nil)
    }
}
