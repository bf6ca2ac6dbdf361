import Foundation
import Tasks

/// Calls made with curl: a client that knows nothing of ours, with a certificate made by openssl.
struct RawCalls: Sendable {
    let port: Int
    let directory: URL
    private let certificate: [String]
    private let scheme: String

    /// Calls over plain HTTP, as through a local proxy.
    static func plain(_ port: Int, in directory: URL) throws -> RawCalls {
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        return RawCalls(port: port, directory: directory, certificate: [], scheme: "http")
    }

    private init(port: Int, directory: URL, certificate: [String], scheme: String) {
        self.port = port
        self.directory = directory
        self.certificate = certificate
        self.scheme = scheme
    }

    /// - Parameter party: whose key to connect with; nil connects as a stranger.
    init(_ live: LiveService, as party: String?, port: Int? = nil) async throws {
        try await self.init(live, certificateOf: party.flatMap { live.keys[$0] }, name: party ?? "nobody", port: port)
    }

    /// - Parameter key: the key to connect with; nil connects as a stranger.
    init(_ live: LiveService, certificateOf key: PartyPrivateKey?, name: String, port: Int? = nil) async throws {
        self.port = port ?? live.port
        scheme = "https"
        directory = live.directory.appending(path: "curl-\(name)")
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        guard let key else {
            certificate = []
            return
        }
        try Data(key.pemRepresentation.utf8).write(to: directory.appending(path: "key.pem"))
        _ = try await RawCalls.run(
            "openssl", ["req", "-x509", "-key", "key.pem", "-subj", "/CN=x", "-out", "certificate.pem"], in: directory)
        certificate = ["--cert", "certificate.pem", "--key", "key.pem"]
    }

    struct Answer: Sendable {
        let status: Int
        let body: String
        let type: String

        var object: [String: Any] {
            (try? JSONSerialization.jsonObject(with: Data(body.utf8))) as? [String: Any] ?? [:]
        }
        var code: String? { object["code"] as? String }
        var detail: String? { object["detail"] as? String }
    }

    func callAsFunction(_ path: String, _ arguments: [String] = []) async throws -> Answer {
        let output = try await RawCalls.run(
            "curl",
            ["-sk", "--globoff", "-w", "\n%{http_code} %{content_type}"] + certificate + arguments
                + ["\(scheme)://127.0.0.1:\(port)\(path)"], in: directory)
        let lines = output.components(separatedBy: "\n")
        let last = (lines.last ?? "").split(separator: " ", maxSplits: 1)
        return Answer(
            status: Int(last.first ?? "") ?? 0, body: lines.dropLast().joined(separator: "\n"),
            type: last.count > 1 ? String(last[1]) : "")
    }

    /// Uploads a form as browsers and Python's requests do.
    func upload(_ bytes: Data, field: String = "file") async throws -> Answer {
        let file = directory.appending(path: "upload-\(UUID().uuidString).csv")
        try bytes.write(to: file)
        defer { try? FileManager.default.removeItem(at: file) }
        return try await self("/upload_data", ["-F", "\(field)=@\(file.lastPathComponent)"])
    }

    func upload(_ text: String) async throws -> Answer { try await upload(Data(text.utf8)) }

    static func run(_ program: String, _ arguments: [String], in directory: URL) async throws -> String {
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
                    continuation.resume(returning: String(decoding: data, as: UTF8.self))
                } catch {
                    continuation.resume(throwing: error)
                }
            }
        }
    }
}

/// Small tables for the workshop's task.
enum Cars {
    static func alice(_ ids: Range<Int> = 1..<51) -> String {
        let values = ["low", "med", "high", "vhigh"]
        return "id,buying,maint,doors\n"
            + ids.map { "\($0),\(values[$0 % 4]),\(values[$0 / 4 % 4]),\(["2", "3", "4", "5more"][$0 % 4])" }
            .joined(separator: "\n") + "\n"
    }

    static func bob(_ ids: Range<Int> = 1..<51) -> String {
        "id,persons,lug_boot,safety,value\n"
            + ids.map {
                "\($0),\(["2", "4", "more"][$0 % 3]),\(["small", "med", "big"][$0 / 3 % 3]),"
                    + "\(["low", "med", "high"][$0 % 3]),\(["unacc", "acc", "good", "vgood"][$0 % 4])"
            }.joined(separator: "\n") + "\n"
    }
}
