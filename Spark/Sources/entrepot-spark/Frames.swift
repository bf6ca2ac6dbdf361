import Foundation

/// What stands between this program and the one that started it: pieces of bytes behind their length, on stdin and stdout.
///
/// In comes SQL, one statement a frame. Out comes, for each, any number of batches of rows as Arrow has them and then an end, or
/// why there is none. Nothing is kept from one statement to the next, so any of them may be asked again.
enum Frame {
    /// The server's version, once at the beginning.
    case version(String)
    /// A stream of Arrow with rows of the answer.
    case rows(Data)
    /// How many tasks of how many are done: for a line of progress.
    case progress(done: Int64, of: Int64)
    /// The answer is whole; with how many rows the server says that it has.
    case end(rows: Int64)
    /// The server could not be reached, or went away: the same statement may be asked again.
    case unreachable(String)
    /// The server refuses the statement.
    case refused(String)

    /// A letter, eight bytes of length with the low one first, and the payload.
    var bytes: Data {
        let (letter, payload): (Character, Data) =
            switch self {
            case .version(let text): ("V", Data(text.utf8))
            case .rows(let data): ("R", data)
            case .progress(let done, let all): ("P", Data("\(done) \(all)".utf8))
            case .end(let rows): ("E", Data("\(rows)".utf8))
            case .unreachable(let text): ("U", Data(text.utf8))
            case .refused(let text): ("F", Data(text.utf8))
            }
        var bytes = Data(letter.utf8)
        for place in 0..<8 { bytes.append(UInt8(truncatingIfNeeded: payload.count >> (8 * place))) }
        return bytes + payload
    }

    /// Writes it out whole. Where nobody reads any more, there is nothing left to do.
    func write() {
        do { try FileHandle.standardOutput.write(contentsOf: bytes) } catch { exit(1) }
    }
}

/// Statements as they come in.
enum Statements {
    /// No statement is longer.
    private static let longest = 64 << 20

    /// The statements, until stdin ends or holds something else.
    static func incoming() -> AsyncStream<String> {
        AsyncStream { stream in
            // Reading waits, which a thread of its own may.
            Thread.detachNewThread {
                while let head = bytes(8) {
                    let length = head.reversed().reduce(0) { $0 << 8 | Int($1) }
                    guard (1...longest).contains(length), let text = bytes(length) else { break }
                    stream.yield(String(decoding: text, as: UTF8.self))
                }
                stream.finish()
            }
        }
    }

    private static func bytes(_ count: Int) -> Data? {
        var data = Data()
        while data.count < count {
            guard let more = try? FileHandle.standardInput.read(upToCount: count - data.count), !more.isEmpty else {
                return nil
            }
            data += more
        }
        return data
    }
}
