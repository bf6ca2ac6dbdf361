import EngineCommands
import Foundation

/// `entrepot serve` as a child process of the demo.
final class DemoService {
    let url: String
    /// The simulated attester's root certificate.
    let rootFile: String
    /// What the service measures as.
    let measurementsFile: String
    private let process: Process

    /// Starts the service and waits until it listens.
    init(_ stage: DemoStage) async throws {
        process = Process()
        process.executableURL = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
        process.arguments = [
            "serve", "--task", stage.taskFile.path, "--attester", "simulated", "--listen", "127.0.0.1:0", "--state",
            stage.state.path,
        ]
        // The settings of whoever plays the demo are for services of theirs.
        process.environment = ProcessInfo.processInfo.environment.filter { !$0.key.hasPrefix("ENTREPOT_") }
            .merging(["ENTREPOT_CONFIG": "none"]) { $1 }
        let log = stage.directory.appendingPathComponent("service.log")
        try Data().write(to: log)
        process.standardError = try FileHandle(forWritingTo: log)
        try process.run()
        var found: [String: String] = [:]
        for _ in 0..<200 {
            found = Self.announcements(in: try String(contentsOf: log, encoding: .utf8))
            if found.count == Self.marks.count || !process.isRunning { break }
            try await Task.sleep(for: .milliseconds(50))
        }
        guard let url = found["listening on "], let root = found["root of the simulated evidence: "],
            let measurements = found["measurements of this process: "]
        else {
            process.terminate()
            throw CommandFailure("the service did not start; see \(log.path)")
        }
        self.url = url
        rootFile = root
        measurementsFile = measurements
    }

    func stop() {
        process.terminate()
        process.waitUntilExit()
    }

    private static let marks = ["listening on ", "root of the simulated evidence: ", "measurements of this process: "]

    /// The rest of each line that starts with a mark.
    private static func announcements(in log: String) -> [String: String] {
        var found: [String: String] = [:]
        for line in log.split(separator: "\n") {
            for mark in marks where line.hasPrefix(mark) { found[mark] = String(line.dropFirst(mark.count)) }
        }
        return found
    }
}
