import Foundation
import Testing

@testable import Service

/// What a parent, or whoever comes through it, can do to the listener. Python plays them: it knows nothing of ours.
@Suite("The parent's socket under attack", .serialized, .timeLimit(.minutes(5)))
struct ParentServerTests {
    /// Lines of Python in which `connect` makes a connection and `status` asks it for the health over TLS.
    private static func script(_ path: String, _ lines: String) -> String {
        """
        import socket, ssl, time
        context = ssl._create_unverified_context()
        def connect():
            # With a timeout a full queue of the listener's would be an error and nothing to wait for.
            one = socket.socket(socket.AF_UNIX); one.connect("\(path)"); one.settimeout(20); return one
        def status(one):
            with context.wrap_socket(one) as secured:
                secured.sendall(b"GET /healthz HTTP/1.1\\r\\nHost: x\\r\\nConnection: close\\r\\n\\r\\n")
                return secured.recv(15).decode().strip()
        \(lines)
        """
    }

    private func run(_ lines: String, limit: Int? = nil) async throws -> [String] {
        let path = FileManager.default.temporaryDirectory.appending(path: "a\(UUID().uuidString.prefix(8)).sock").path
        defer { try? FileManager.default.removeItem(atPath: path) }
        var found = ""
        try await withChannel(
            parentSocket: .unix(path: path), connectionLimit: limit, registry: ConnectionRegistry(limits: .behindParent)
        ) { _, folder in
            found = try await ServiceTests.run("python3", ["-c", Self.script(path, lines)], in: folder)
        }
        return found.split(separator: "\n").map(String.init)
    }

    @Test("who finds no place is sent away at once, and a place that is given back is taken again")
    func places() async throws {
        // A connection that nobody set up and nobody closed would end this process: NIO looks for leaks.
        let found = try await run(
            """
            held = [connect() for _ in range(4)]
            time.sleep(1)
            def refused():
                try: return connect().recv(1)
                except ConnectionError: return b""
            print([refused() for _ in range(100)] == [b""] * 100)
            held.pop().close()
            for attempt in range(100):
                try: print(status(connect())); break
                except (ConnectionError, ssl.SSLError): time.sleep(0.2)
            """, limit: 4)
        #expect(found == ["True", "HTTP/1.1 200 OK"])
    }

    @Test("a path at which another process listens is refused, and so is a file; what was left behind is replaced")
    func taken() async throws {
        let folder = FileManager.default.temporaryDirectory
        let path = folder.appending(path: "a\(UUID().uuidString.prefix(8)).sock").path
        let file = folder.appending(path: UUID().uuidString).path
        #expect(FileManager.default.createFile(atPath: file, contents: Data([1])))
        defer { for path in [path, file] { try? FileManager.default.removeItem(atPath: path) } }
        await #expect(throws: SocketFileFault.noSocket) { try await ParentServer.requirePlace(file) }
        try await withChannel(parentSocket: .unix(path: path)) { _, _ in
            await #expect(throws: SocketFileFault.taken) { try await ParentServer.requirePlace(path) }
        }
        // Bound and left without a listener, as by a process that was killed.
        let bind = "import socket, sys; socket.socket(socket.AF_UNIX).bind(sys.argv[1])"
        _ = try await ServiceTests.run("python3", ["-c", bind, path], in: folder)
        #expect(FileManager.default.fileExists(atPath: path))
        try await ParentServer.requirePlace(path)
        try await withChannel(parentSocket: .unix(path: path)) { _, _ in }
    }

    @Test("silent, half-open, broken and reset peers lock nobody out")
    func crowd() async throws {
        let found = try await run(
            """
            hello = bytes.fromhex("160301020001000001fc0303")
            held = []
            for number in range(700):
                one = connect()
                if number % 4 == 1: one.sendall(hello); one.shutdown(socket.SHUT_WR)
                if number % 4 == 2: one.sendall(b"GET / HTTP/1.1\\r\\n\\r\\n")
                if number % 4 == 3: one.sendall(hello); one.close()
                held.append(one)
            for _ in range(5): print(status(connect()))
            """)
        #expect(found == [String](repeating: "HTTP/1.1 200 OK", count: 5))
    }

    @Test("who connects while the service ends does not end the process, and who is idle does not hold it up")
    func ending() async throws {
        let folder = FileManager.default.temporaryDirectory
        for _ in 0..<4 {
            let path = folder.appending(path: "a\(UUID().uuidString.prefix(8)).sock").path
            defer { for path in [path, path + ".ready"] { try? FileManager.default.removeItem(atPath: path) } }
            let lines = """
                from threading import Thread
                silent = [connect() for _ in range(20)]
                idle = context.wrap_socket(connect())
                idle.sendall(b"GET /healthz HTTP/1.1\\r\\nHost: x\\r\\n\\r\\n")
                idle.recv(4096)
                def hammer():
                    try:
                        while True: connect().close()
                    except OSError: pass
                threads = [Thread(target=hammer) for _ in range(4)]
                for one in threads: one.start()
                open("\(path).ready", "w").close()
                for one in threads: one.join()
                print([one.recv(1) for one in silent] == [b""] * 20)
                """
            var peers: Task<String, any Error>?
            var asked = ContinuousClock.now
            try await withChannel(
                parentSocket: .unix(path: path), registry: ConnectionRegistry(limits: .behindParent)
            ) { _, _ in
                peers = Task { try await ServiceTests.run("python3", ["-c", Self.script(path, lines)], in: folder) }
                while !FileManager.default.fileExists(atPath: path + ".ready") {
                    try await Task.sleep(for: .milliseconds(10))
                }
                asked = .now
            }
            // TLS waits five seconds for the other end's farewell; nobody else is waited for.
            #expect(asked.duration(to: .now) < .seconds(20))
            #expect(try await peers?.value == "True\n")
        }
    }

    @Test("strangers behind a parent, who all come from one address, do not lose their places to each other")
    func bound() async throws {
        let found = try await run(
            """
            held = [connect() for _ in range(300)]
            print(status(connect()))
            def closed(one):
                one.setblocking(False)
                try: return one.recv(1) == b""
                except BlockingIOError: return False
            print(sum(closed(one) for one in held))
            """)
        #expect(found == ["HTTP/1.1 200 OK", "0"])
    }
}
