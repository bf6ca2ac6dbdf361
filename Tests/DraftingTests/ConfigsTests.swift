import Foundation
import Tasks
import Testing

@testable import Drafting

@Suite("The tasks of Configs/")
struct ConfigsTests {
    private static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent().appendingPathComponent("Configs")

    private static let files = ((try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []).sorted()

    @Test("there are tasks to start from")
    func present() {
        #expect(Self.files.count >= 5)
    }

    @Test("a task to start from lacks its keys and nothing else", arguments: files)
    func lints(file: String) throws {
        let text = try String(contentsOf: Self.folder.appendingPathComponent(file), encoding: .utf8)
        let plan = TaskFile(
            yaml: text, context: TaskFile.Context(allowsMissingKeys: true, lookAtValues: PrivateValues.look))
        #expect(plan.errors.isEmpty)
        // What is revealed on purpose is warned of as well.
        #expect(plan.warnings.allSatisfy { $0.path.hasSuffix("public_key") || $0.path == "join.reveal" })
        let signed = TaskFile(yaml: text)
        #expect(!signed.errors.isEmpty)
        #expect(signed.errors.allSatisfy { $0.path.hasSuffix("public_key") })
    }
}
