import Foundation
import Tasks
import Testing

/// The program as users run it: the binary that lies beside the tests.
enum Program {
    static let path: String? = {
        var candidates = [
            Bundle.main.bundleURL, URL(fileURLWithPath: CommandLine.arguments[0]).deletingLastPathComponent(),
        ]
        candidates.append(URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath().deletingLastPathComponent())
        return candidates.map { $0.appending(path: "entrepot").path }.first {
            FileManager.default.isExecutableFile(atPath: $0)
        }
    }()

    static let isBuilt = path != nil
    static let script = "/usr/bin/script"
    static let absence: Comment = "the program is not beside the tests: swift build makes it"

    struct Outcome: Sendable {
        let code: Int32
        let output: String
        let talk: String
    }

    /// Runs a command to its end.
    static func run(_ arguments: [String]) async throws -> Outcome {
        let running = try Running(arguments)
        return try await withCheckedThrowingContinuation { continuation in
            Thread.detachNewThread { continuation.resume(returning: running.outcome()) }
        }
    }

    /// A command that goes on until it is stopped.
    final class Running: @unchecked Sendable {
        private let process = Process()
        private let folder: URL

        /// - Parameters:
        ///   - onTerminal: whether the program finds itself on one; `script` (bsdutils) plays it.
        ///   - typed: what a person types; nothing, and the end of it, where nil.
        ///   - environment: further variables.
        ///   - folder: where the program runs.
        init(
            _ arguments: [String], onTerminal: Bool = false, typed: String? = nil, environment: [String: String] = [:],
            in workingFolder: URL? = nil
        ) throws {
            folder = FileManager.default.temporaryDirectory.appending(path: "program-\(UUID().uuidString)")
            try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
            let path = try #require(Program.path)
            process.executableURL = URL(fileURLWithPath: onTerminal ? Program.script : path)
            let quoted = ([path] + arguments).map { "'\($0)'" }.joined(separator: " ")
            process.arguments = onTerminal ? ["-qefc", quoted, "/dev/null"] : arguments
            for (name, pipe) in [("out", \Process.standardOutput), ("err", \Process.standardError)] {
                let url = folder.appending(path: name)
                try Data().write(to: url)
                process[keyPath: pipe] = try FileHandle(forWritingTo: url)
            }
            // The settings of whoever runs the tests are not those of the tests.
            process.environment = ProcessInfo.processInfo.environment.filter { !$0.key.hasPrefix("ENTREPOT_") }
                .merging(workingFolder == nil ? ["ENTREPOT_CONFIG": "none"] : [:]) { $1 }.merging(environment) { $1 }
            if let workingFolder { process.currentDirectoryURL = workingFolder }
            let input = Pipe()
            process.standardInput = input
            try process.run()
            if let typed {
                input.fileHandleForWriting.write(Data(typed.utf8))
            } else {
                try input.fileHandleForWriting.close()
            }
            keptInput = input
        }

        /// Open until the program ends: a terminal whose keyboard is gone ends its program.
        private var keptInput: Pipe?

        var talk: String { text("err") }
        var isRunning: Bool { process.isRunning }

        /// The rest of the first line that starts with `mark`, once it is there.
        func announced(_ mark: String) async throws -> String {
            for _ in 0..<6_000 {
                for line in talk.split(separator: "\n") where line.hasPrefix(mark) {
                    return String(line.dropFirst(mark.count).split(separator: " ").first ?? "")
                }
                if !process.isRunning { break }
                try await Task.sleep(for: .milliseconds(50))
            }
            Issue.record("\(mark) was not announced: \(talk)")
            throw CancellationError()
        }

        /// How many files and sockets it has open.
        var openFiles: Int {
            let folder = "/proc/\(process.processIdentifier)/fd"
            return ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []).count
        }

        func stop() { process.terminate() }
        func pause() { _ = Foundation.kill(process.processIdentifier, SIGSTOP) }
        func goOn() { _ = Foundation.kill(process.processIdentifier, SIGCONT) }
        func kill() { _ = Foundation.kill(process.processIdentifier, SIGKILL) }

        func outcome() -> Outcome {
            process.waitUntilExit()
            defer { try? FileManager.default.removeItem(at: folder) }
            return Outcome(code: process.terminationStatus, output: text("out"), talk: talk)
        }

        private func text(_ name: String) -> String {
            (try? String(contentsOf: folder.appending(path: name), encoding: .utf8)) ?? ""
        }
    }
}
