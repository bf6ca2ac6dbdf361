import Foundation
import Tasks
import Testing

/// Deadlines that pass while a service is away, as its host and its parties see them.
@Suite("Deadlines, with programs", .serialized, .timeLimit(.minutes(10)), .live)
struct DeadlineTests {
    @Test(
        "after a deadline a service that has begun starts again and is spoken with, and none begins",
        .enabled(if: Program.isBuilt, Program.absence))
    func restart() async throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "deadline-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let end = Int64(Date().timeIntervalSince1970) + 15
        let task = try TestTask.workshop(deadlines: "{upload_by: \(UTCInstant(seconds: end))}")
        let file = folder.appending(path: "task.yaml").path
        try Data(task.specification.canonicalBytes).write(to: URL(fileURLWithPath: file))
        try KeyFiles.write(try #require(task.keys["Alice"]), name: "Alice", directory: folder.path)
        func serve(_ state: String) throws -> Program.Running {
            try Program.Running([
                "serve", "--task", file, "--attester", "simulated", "--listen", "127.0.0.1:0", "--state",
                folder.appending(path: state).path,
            ])
        }
        let first = try serve("state")
        _ = try await first.announced("listening on ")
        first.stop()
        _ = first.outcome()
        try await Task.sleep(for: .seconds(max(0, Double(end) - Date().timeIntervalSince1970) + 1))
        let fresh = try serve("fresh").outcome()
        #expect(
            fresh.code == 65 && fresh.talk.contains("upload_by") && fresh.talk.contains("has passed"), "\(fresh.talk)")
        let again = try serve("state")
        defer { again.stop() }
        let root = try await again.announced("root of the simulated evidence: ")
        let measurements = try await again.announced("measurements of this process: ")
        let url = try await again.announced("listening on ")
        let status = try await Program.run([
            "status", "--url", url, "--task", file, "--key", folder.appending(path: "Alice.key").path,
            "--allow-simulated",
            "--simulated-root", root, "--measurements", measurements, "--allow-debug", "--memory",
            folder.appending(path: "seen.json").path,
        ])
        #expect(status.code == 0 && status.output == "expired\n", "\(status.talk) \(status.output)")
        let doctor = try await Program.run(["doctor", "--task", file])
        #expect(doctor.output.contains("upload_by is over by this machine's clock"), "\(doctor.output)")
    }
}
