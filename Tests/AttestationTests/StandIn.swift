import Foundation
import Synchronization

#if canImport(Glibc)
    import Glibc
#endif

/// A stand-in for a service of a cloud's host, on the loopback address: it answers each call with the next answer that a
/// test gave, and remembers what was asked. It is no such service, and shows the caller's side alone.
final class StandIn: Sendable {
    let port: UInt16
    private let file: Int32
    private let answers: Mutex<[[UInt8]]>
    private let calls = Mutex<[String]>([])

    /// What was asked: head and body of each call.
    var asked: [String] { calls.withLock { $0 } }

    init(_ answers: [String]) throws {
        self.answers = Mutex(answers.map { Array($0.utf8) })
        let file = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let length = size
        let isListening = withUnsafeMutableBytes(of: &address) { bytes in
            bytes.withMemoryRebound(to: sockaddr.self) {
                bind(file, $0.baseAddress, length) == 0 && listen(file, 4) == 0
                    && getsockname(file, $0.baseAddress, &size) == 0
            }
        }
        guard isListening else { throw CancellationError() }
        port = UInt16(bigEndian: address.sin_port)
        self.file = file
        Thread.detachNewThread { [self] in serve() }
    }

    private func serve() {
        while answers.withLock({ !$0.isEmpty }) {
            let caller = accept(file, nil, nil)
            guard caller >= 0 else { break }
            let asked = StandIn.whole(caller)
            calls.withLock { $0.append(asked) }
            let answer = answers.withLock { $0.removeFirst() }
            _ = send(caller, answer, answer.count, Int32(0x4000))
            close(caller)
        }
        close(file)
    }

    /// A call with its body.
    private static func whole(_ caller: Int32) -> String {
        var bytes: [UInt8] = []
        var block = [UInt8](repeating: 0, count: 4_096)
        while true {
            let text = String(decoding: bytes, as: UTF8.self)
            if let head = text.firstRange(of: "\r\n\r\n") {
                let length = text.firstMatch(of: /Content-Length: ([0-9]+)/).flatMap { Int($0.1) } ?? 0
                if text[head.upperBound...].utf8.count >= length { return text }
            }
            let count = recv(caller, &block, block.count, 0)
            guard count > 0 else { return text }
            bytes += block[0..<count]
        }
    }

    static func answer(_ body: String, status: String = "200 OK", head: String = "") -> String {
        "HTTP/1.1 \(status)\r\nContent-Type: application/json\r\n\(head)Content-Length: \(body.utf8.count)\r\n\r\n\(body)"
    }
}
