import Bytes
import Foundation
import Synchronization

/// A Spark Connect server, spoken to through the program `entrepot-spark`: gRPC and its packages stay out of this one.
///
/// A statement reads and changes nothing, so it is asked again where the server went away in the middle. No noise was drawn by then.
public final class SparkConnection: SparkServer {
    /// The server's version.
    public let version: String
    private let client: Mutex<SparkClient>
    private let progress: @Sendable (String) -> Void

    /// How often a statement is asked. In between are waited 1, 2, 4… s, a minute in all: a server starts anew in that time.
    private static let tries = 7
    /// The version of Spark whose SQL is written.
    private static let knownVersion = "4."

    /// - Parameter progress: gets a line from time to time.
    /// - Throws: `noClient`, `clientFailed`, `unreachable`, `version`.
    public init(_ address: SparkAddress, progress: @escaping @Sendable (String) -> Void) throws(SparkError) {
        var started = try SparkClient(address)
        self.progress = progress
        version = try Self.repeatedly { () throws(SparkError) in
            if started.isStale { started = try SparkClient(address) }
            return try started.version()
        }
        guard version.hasPrefix(Self.knownVersion) else { throw .version(version) }
        client = Mutex(started)
    }

    func answer(_ sql: String) throws(SparkError) -> SparkAnswer {
        try Self.repeatedly { () throws(SparkError) in
            try client.withLock { client throws(SparkError) in try client.answer(sql, progress) }
        }
    }

    private static func repeatedly<Answer>(_ ask: () throws(SparkError) -> Answer) throws(SparkError) -> Answer {
        var attempt = 1
        while true {
            do throws(SparkError) {
                return try ask()
            } catch {
                guard case .unreachable(let why, _) = error else { throw error }
                guard attempt < tries else { throw .unreachable(why, tries: attempt) }
                Thread.sleep(forTimeInterval: Double(1 << (attempt - 1)))
                attempt += 1
            }
        }
    }
}

/// The running program.
private struct SparkClient {
    private let process = Process()
    private let input = Pipe()
    private let output = Pipe()
    /// Whether it has told the version, or that there is none.
    private(set) var isStale = false

    private static let name = "entrepot-spark"
    private static let longestRefusal = 600

    init(_ address: SparkAddress) throws(SparkError) {
        guard let program = Self.program else { throw .noClient }
        // Where the program ends early, writing to it fails instead of ending this one.
        signal(SIGPIPE, SIG_IGN)
        process.executableURL = URL(fileURLWithPath: program)
        process.arguments = [address.host, String(address.port), address.isSecured ? "tls" : "plain"]
        var environment = ProcessInfo.processInfo.environment
        environment["ENTREPOT_SPARK_TOKEN"] = address.token
        process.environment = environment
        process.standardInput = input
        process.standardOutput = output
        do { try process.run() } catch { throw .clientFailed("it cannot be started: \(error)") }
    }

    /// Where the program lies: named, beside this one, on the path, or built in the repository that this one was built in.
    private static var program: String? {
        let environment = ProcessInfo.processInfo.environment
        if let named = environment["ENTREPOT_SPARK"] { return named }
        let own = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath().deletingLastPathComponent()
        var folders = [own.path] + (environment["PATH"] ?? "").split(separator: ":").map(String.init)
        var folder = own
        while folder.path != "/" {
            folder.deleteLastPathComponent()
            folders += ["release", "debug"].map { folder.appendingPathComponent("Spark/.build/\($0)").path }
        }
        return folders.map { "\($0)/\(name)" }.first { FileManager.default.isExecutableFile(atPath: $0) }
    }

    mutating func version() throws(SparkError) -> String {
        isStale = true
        switch try frame() {
        // It stands in the ledger and on the terminal.
        case ("V", let text): return ShownText.line(String(String(decoding: text, as: UTF8.self).prefix(40)))
        case ("U", let why):
            end()
            throw .unreachable(String(decoding: why, as: UTF8.self), tries: 1)
        case (_, let why): throw .refused(String(decoding: why, as: UTF8.self))
        }
    }

    func answer(_ sql: String, _ progress: (String) -> Void) throws(SparkError) -> SparkAnswer {
        let statement = Array(sql.utf8)
        do {
            try input.fileHandleForWriting.write(
                contentsOf: Data((0..<8).map { UInt8(truncatingIfNeeded: statement.count >> (8 * $0)) } + statement))
        } catch { throw .clientFailed("it reads no more") }
        var answer: SparkAnswer?
        while true {
            let (letter, payload) = try frame()
            let text = { String(decoding: payload, as: UTF8.self) }
            switch letter {
            case "R":
                let rows = try ArrowAnswer.read(payload)
                if answer == nil { answer = rows } else { try answer?.append(rows) }
            case "P":
                let part = text().split(separator: " ")
                if part.count == 2 { progress("Spark: \(part[0]) of \(part[1]) tasks done") }
            case "E":
                let answer = answer ?? SparkAnswer(columns: [])
                guard Int(text()) == answer.rowCount else { throw .answer("rows of it are missing") }
                return answer
            case "U": throw .unreachable(text(), tries: 1)
            case "F":
                // Spark quotes the statement, which may be long.
                throw .refused(String(text().prefix(Self.longestRefusal)))
            default: throw .clientFailed("it said something that it never says")
            }
        }
    }

    private func frame() throws(SparkError) -> (letter: Character, payload: [UInt8]) {
        let head = try bytes(9)
        let length = head[1...].reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        guard length <= 1 << 30 else { throw .clientFailed("it said something that it never says") }
        return (Character(Unicode.Scalar(head[0])), try bytes(Int(length)))
    }

    private func bytes(_ count: Int) throws(SparkError) -> [UInt8] {
        var bytes: [UInt8] = []
        while bytes.count < count {
            guard let more = try? output.fileHandleForReading.read(upToCount: count - bytes.count), !more.isEmpty else {
                throw .clientFailed("its output ends")
            }
            bytes += more
        }
        return bytes
    }

    /// The program ends when nothing more can come, and with it whatever the server still does for it.
    func end() { try? input.fileHandleForWriting.close() }
}
