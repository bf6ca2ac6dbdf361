import Foundation
import NIOCore
import Testing

@testable import Service

/// Real sockets, with curl and openssl as peers that know nothing of us.
@Suite("The TLS channel", .serialized, .timeLimit(.minutes(15)))
struct ChannelTests {
    @Test("curl's client certificate becomes the caller's identity, of either kind of key, and no header does")
    func identity() async throws {
        try await withChannel { port, directory in
            let base = "https://127.0.0.1:\(port)"
            for name in ["p256", "rsa"] {
                let key = try await run(
                    "sh",
                    ["-c", "openssl pkey -in \(name).key -pubout -outform DER | od -An -vtx1 | tr -d ' \\n'"],
                    in: directory)
                let answer = try await run(
                    "curl", ["-sk", "--cert", "\(name).crt", "--key", "\(name).key", base + "/details"], in: directory)
                #expect(answer.split(separator: " ")[1] == key[...])
            }
            let stranger = try await run("curl", ["-sk", base + "/healthz"], in: directory)
            #expect(stranger.split(separator: " ")[1] == "-")
            let claim = try await run(
                "curl",
                [
                    "-sk", "-w", " %{http_code}", "-H", "X-OBLV-User-Name: Alice", "-H",
                    "X-OBLV-User-Role: data_provider",
                    base + "/details",
                ], in: directory)
            #expect(claim.hasSuffix(" 401") && claim.contains("not_a_party"))
        }
    }

    @Test("only TLS 1.3 is spoken, and plain HTTP is not")
    func versions() async throws {
        try await withChannel { port, directory in
            let old = try await run(
                "curl", ["-sk", "--tls-max", "1.2", "-w", "%{http_code}", "https://127.0.0.1:\(port)/healthz"],
                in: directory, allowFailure: true)
            #expect(old == "000")
            let plain = try await run(
                "curl", ["-s", "-m", "5", "-w", "%{http_code}", "http://127.0.0.1:\(port)/healthz"], in: directory,
                allowFailure: true)
            #expect(plain.hasSuffix("000"))
            let session = try await run(
                "sh", ["-c", "openssl s_client -connect 127.0.0.1:\(port) -tls1_3 -brief </dev/null 2>&1"],
                in: directory)
            #expect(session.contains("TLSv1.3"))
        }
    }

    @Test("the server's exporter is the one that OpenSSL computes for the same connection")
    func exporter() async throws {
        try await withChannel { port, directory in
            // s_client prints its own exporter and the answer over the same connection.
            let output = try await run(
                "sh",
                [
                    "-c",
                    "(printf 'GET /healthz HTTP/1.1\\r\\nHost: x\\r\\nConnection: close\\r\\n\\r\\n'; sleep 1) | openssl s_client "
                        + "-connect 127.0.0.1:\(port) -tls1_3 -cert p256.crt -key p256.key -ign_eof "
                        + "-keymatexport EXPORTER-Channel-Binding -keymatexportlen 32 2>/dev/null",
                ], in: directory)
            let line = try #require(
                output.split(whereSeparator: \.isNewline).first { $0.contains("Keying material: ") })
            let expected = line.split(separator: " ").last.map { $0.lowercased() }
            let body = try #require(output.split(whereSeparator: \.isNewline).first { $0.hasPrefix("health ") })
            #expect(String(body.split(separator: " ")[2]) == expected)
        }
    }

    @Test("two connections have different exporters, and one connection keeps its own")
    func connections() async throws {
        try await withChannel { port, directory in
            let url = "https://127.0.0.1:\(port)/healthz"
            let one = try await run("curl", ["-sk", "-w", "\n", url, "--next", "-sk", "-w", "\n", url], in: directory)
            let exporters = one.split(separator: "\n").map { $0.split(separator: " ")[2] }
            #expect(exporters.count == 2 && exporters[0] == exporters[1])
            let other = try await run("curl", ["-sk", url], in: directory)
            #expect(other.split(separator: " ")[2] != exporters[0])
        }
    }

    @Test("a head that trickles is cut off in its time, an idle connection in its own, and others go on")
    func slowHeads() async throws {
        let patience = ConnectionGuard.Patience(idle: .seconds(8), head: .seconds(1), stalled: .seconds(5))
        try await withChannel(patience: patience) { port, directory in
            /// What came back while a shell command wrote, and whether the service closed the connection within forty
            /// seconds, before its writer or HTTP's own patience ended. No shorter time is asserted: a busy machine stretches them all.
            func answers(to command: String) async throws -> (text: String, closed: Bool) {
                let output = try await run(
                    "bash",
                    [
                        "-c",
                        "timeout 40 openssl s_client -quiet -connect 127.0.0.1:\(port) 2>/dev/null "
                            + "< <(\(command)); echo \"status $?\"",
                    ], in: directory)
                let closed = !output.contains("status 124")
                return (output, closed)
            }
            #expect(
                try await answers(
                    to: "printf 'GET /healthz HTTP/1.1\\r\\n'; for i in {1..300}; do printf x || exit; sleep 0.2; done"
                ).closed)
            #expect(try await answers(to: "true").closed)
            // A pause that is longer than a head may take, between two whole requests.
            let whole = try await answers(
                to: "printf 'GET /healthz HTTP/1.1\\r\\nHost: x\\r\\n\\r\\n'; sleep 2; "
                    + "printf 'GET /healthz HTTP/1.1\\r\\nHost: x\\r\\nConnection: close\\r\\n\\r\\n'")
            #expect(whole.closed && whole.text.components(separatedBy: "200 OK").count == 3, "\(whole.text)")
        }
    }

    @Test("silent connections lock nobody out, not even behind the same address")
    func crowd() async throws {
        try await withChannel { port, directory in
            let script = """
                import socket, subprocess
                held = [socket.create_connection(("127.0.0.1", \(port))) for _ in range(700)]
                for _ in range(5):
                    print(subprocess.run(["curl", "-sk", "-m", "20", "-o", "/dev/null", "-w", "%{http_code}",
                                          "https://127.0.0.1:\(port)/healthz"], capture_output=True, text=True).stdout)
                print(sum(1 for one in held if one.fileno() >= 0))
                """
            let found = try await run("python3", ["-c", script], in: directory)
            #expect(found.split(separator: "\n") == ["200", "200", "200", "200", "200", "700"])
        }
    }

    @Test("two hosts and bad chunks are refused with 400, not with 500")
    func badRequests() async throws {
        try await withChannel { port, directory in
            func status(_ request: String) async throws -> String {
                let answer = try await run(
                    "bash",
                    [
                        "-c",
                        "(printf '\(request)'; sleep 2) | timeout 30 openssl s_client -quiet -cert p256.crt -key p256.key "
                            + "-connect 127.0.0.1:\(port) 2>/dev/null",
                    ], in: directory, allowFailure: true)
                return String(answer.split(separator: "\r\n").first ?? "")
            }
            let end = "Connection: close\\r\\n\\r\\n"
            let good = try await status("GET /healthz HTTP/1.1\\r\\nHost: a\\r\\n" + end)
            #expect(good.contains(" 200 "))
            for hosts in ["Host: a\\r\\nHost: b\\r\\n", "Host: a\\r\\nHost: a\\r\\n", ""] {
                let refused = try await status("GET /healthz HTTP/1.1\\r\\n" + hosts + end)
                #expect(refused.contains(" 400 "), "\(hosts)")
            }
            let chunked = "POST /upload_data HTTP/1.1\\r\\nHost: a\\r\\nTransfer-Encoding: chunked\\r\\n\\r\\n"
            let unread = try await status(chunked + "zz\\r\\nabc\\r\\n0\\r\\n\\r\\n")
            #expect(unread.contains(" 400 "), "\(unread)")
        }
    }

    @Test("a body that falls silent is given up; one that goes on slowly is not")
    func silentBodies() async throws {
        var patience = ConnectionGuard.Patience()
        patience.silence = .seconds(3)
        try await withChannel(patience: patience) { port, directory in
            func upload(_ writer: String) async throws -> String {
                try await run(
                    "bash",
                    [
                        "-c",
                        "(printf 'POST /upload_data HTTP/1.1\\r\\nHost: a\\r\\nContent-Length: 20\\r\\n"
                            + "Connection: close\\r\\n\\r\\n'; \(writer)) | timeout 50 openssl s_client -quiet -cert p256.crt "
                            + "-key p256.key -connect 127.0.0.1:\(port) 2>/dev/null; echo \"status $?\"",
                    ], in: directory, allowFailure: true)
            }
            let slow = try await upload("for i in {1..20}; do printf x; sleep 1; done; sleep 3")
            #expect(slow.contains("200 OK"), "\(slow)")
            let silent = try await upload("printf x; sleep 45")
            #expect(!silent.contains("200 OK") && !silent.contains("status 124"), "\(silent)")
        }
    }

    @Test("a body that is refused unread gets its answer, also where the client waits for leave to send it")
    func refusedBody() async throws {
        try await withChannel { port, directory in
            try Data(count: 8_000_000).write(to: directory.appending(path: "big"))
            try Data(count: 200_000).write(to: directory.appending(path: "small"))
            let post = ["-sk", "-w", " %{http_code}", "-H", "Content-Type: text/csv"]
            let url = "https://127.0.0.1:\(port)/upload_data"
            let certificate = ["--cert", "p256.crt", "--key", "p256.key"]
            let stranger = try await run("curl", post + ["--data-binary", "@big", url], in: directory)
            #expect(stranger.hasSuffix(" 401"))
            let unasked = try await run("curl", post + ["-H", "Expect:", "--data-binary", "@big", url], in: directory)
            #expect(unasked.hasSuffix(" 401"))
            let large = try await run("curl", post + certificate + ["--data-binary", "@big", url], in: directory)
            #expect(large.hasSuffix(" 413"))
            let asked = try await run(
                "curl", post + certificate + ["-H", "Expect: 100-continue", "--data-binary", "@small", url],
                in: directory)
            #expect(asked.hasSuffix(" 200000 200"))
            // What curl was told on the way: leave to send, once, and only where the body was wanted.
            func leaves(_ file: String) async throws -> Int {
                let told = try await run(
                    "curl",
                    ["-skv", "--stderr", "-", "-o", "/dev/null", "-H", "Content-Type: text/csv"] + certificate
                        + ["-H", "Expect: 100-continue", "--data-binary", "@\(file)", url], in: directory)
                return told.components(separatedBy: "100 Continue").count - 1
            }
            #expect(try await leaves("small") == 1)
            #expect(try await leaves("big") == 0)
        }
    }
}

/// Runs a program and returns what it wrote to stdout.
func run(
    _ program: String, _ arguments: [String], in directory: URL, allowFailure: Bool = false
) async throws -> String {
    try await withCheckedThrowingContinuation { continuation in
        Thread.detachNewThread {
            let process = Process()
            process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
            process.arguments = [program] + arguments
            process.currentDirectoryURL = directory
            let output = Pipe()
            process.standardOutput = output
            process.standardError = FileHandle.nullDevice
            do {
                try process.run()
                let data = output.fileHandleForReading.readDataToEndOfFile()
                process.waitUntilExit()
                guard allowFailure || process.terminationStatus == 0 else {
                    throw ProgramFailed(program: program, status: process.terminationStatus)
                }
                continuation.resume(returning: String(decoding: data, as: UTF8.self))
            } catch {
                continuation.resume(throwing: error)
            }
        }
    }
}

struct ProgramFailed: Error {
    let program: String
    let status: Int32
}
