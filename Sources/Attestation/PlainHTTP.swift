import Foundation

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// One HTTP/1.1 call to an address of the machine's own network, where clouds answer their guests.
///
/// Whatever comes back is trusted for nothing. It is no client for anything else: no names, no TLS, no redirections.
struct PlainHTTP: Sendable {
    /// Why there is no answer.
    enum Failure: Error, Equatable {
        case unreachable(errno: Int32)
        /// Not HTTP, cut, or longer than an answer may be.
        case malformed
    }

    struct Answer: Equatable {
        let status: Int
        let body: [UInt8]
    }

    /// Four numbers with dots.
    let host: String
    let port: UInt16
    /// Seconds that connecting, a write and a read may each take.
    var patience = 20

    static let answerLimit = 256 * 1024
    /// A side that went away is an error of the call, and no signal.
    private static let noSignal = Int32(0x4000)  // MSG_NOSIGNAL

    /// - Parameters:
    ///   - head: lines beside `Host`, `Content-Length` and `Connection`.
    ///   - body: nil for a call without one.
    func call(_ method: String, _ path: String, head: [String] = [], body: [UInt8]? = nil) throws(Failure) -> Answer {
        let file = try connected()
        defer { close(file) }
        var lines = ["\(method) \(path) HTTP/1.1", "Host: \(host)", "Connection: close"] + head
        if let body { lines.append("Content-Length: \(body.count)") }
        var rest = Array((lines.joined(separator: "\r\n") + "\r\n\r\n").utf8) + (body ?? [])
        while !rest.isEmpty {
            let count = send(file, rest, rest.count, PlainHTTP.noSignal)
            guard count > 0 else { throw .unreachable(errno: errno) }
            rest.removeFirst(count)
        }
        var answer: [UInt8] = []
        var block = [UInt8](repeating: 0, count: 16_384)
        while true {
            let count = recv(file, &block, block.count, 0)
            guard count >= 0 else { throw .unreachable(errno: errno) }
            guard count > 0 else { break }
            answer += block[0..<count]
            guard answer.count <= PlainHTTP.answerLimit else { throw .malformed }
            if let whole = try? PlainHTTP.read(answer, isWhole: false) { return whole }
        }
        return try PlainHTTP.read(answer, isWhole: true)
    }

    private func connected() throws(Failure) -> Int32 {
        #if canImport(Glibc)
            let file = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        #elseif canImport(Musl)
            let file = socket(AF_INET, SOCK_STREAM, 0)
        #endif
        guard file >= 0 else { throw .unreachable(errno: errno) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        var time = timeval(tv_sec: patience, tv_usec: 0)
        let size = socklen_t(MemoryLayout<timeval>.size)
        guard inet_pton(AF_INET, host, &address.sin_addr) == 1,
            setsockopt(file, SOL_SOCKET, SO_SNDTIMEO, &time, size) == 0,
            setsockopt(file, SOL_SOCKET, SO_RCVTIMEO, &time, size) == 0
        else {
            close(file)
            throw .unreachable(errno: EINVAL)
        }
        // Proof: the address outlives the call, which reads as many bytes of it as the structure has.
        let result = withUnsafeBytes(of: &address) { bytes in
            bytes.withMemoryRebound(to: sockaddr.self) { connect(file, $0.baseAddress, socklen_t(bytes.count)) }
        }
        guard result == 0 else {
            let number = errno
            close(file)
            throw .unreachable(errno: number)
        }
        return file
    }

    /// - Parameter isWhole: whether the other side has ended: only then an answer without a length is whole.
    static func read(_ bytes: [UInt8], isWhole: Bool) throws(Failure) -> Answer {
        let end = Array("\r\n\r\n".utf8)
        guard let start = bytes.firstRange(of: end),
            let text = String(validating: bytes[..<start.lowerBound], as: UTF8.self)
        else { throw .malformed }
        let lines = text.components(separatedBy: "\r\n")
        let first = lines[0].split(separator: " ", maxSplits: 2)
        guard first.count >= 2, first[0].hasPrefix("HTTP/1."), first[1].utf8.count == 3, let status = Int(first[1])
        else {
            throw .malformed
        }
        var length: Int?
        var isChunked = false
        for line in lines.dropFirst() {
            let parts = line.split(separator: ":", maxSplits: 1)
            guard parts.count == 2 else { throw .malformed }
            let value = parts[1].trimmingCharacters(in: .whitespaces)
            switch parts[0].lowercased() {
            case "content-length":
                guard let number = Int(value), (0...answerLimit).contains(number) else { throw .malformed }
                length = number
            case "transfer-encoding": isChunked = value.lowercased() == "chunked"
            default: break
            }
        }
        let body = Array(bytes[start.upperBound...])
        if isChunked { return Answer(status: status, body: try joined(body)) }
        guard let length else {
            guard isWhole else { throw .malformed }
            return Answer(status: status, body: body)
        }
        guard body.count >= length else { throw .malformed }
        return Answer(status: status, body: Array(body.prefix(length)))
    }

    /// The contents of chunks: a hexadecimal length, as many bytes, until a length of zero.
    private static func joined(_ chunks: [UInt8]) throws(Failure) -> [UInt8] {
        var body: [UInt8] = []
        var rest = chunks[...]
        while true {
            guard let line = rest.firstRange(of: Array("\r\n".utf8)),
                let text = String(validating: rest[..<line.lowerBound], as: UTF8.self),
                let count = Int(text.prefix { $0 != ";" }, radix: 16), (0...answerLimit).contains(count)
            else { throw .malformed }
            guard count > 0 else { return body }
            rest = rest[line.upperBound...]
            guard rest.count >= count + 2 else { throw .malformed }
            body += rest.prefix(count)
            rest = rest.dropFirst(count + 2)
        }
    }
}
