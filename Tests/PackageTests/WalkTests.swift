import Foundation
import Testing

/// The walks that `Documentation/` describes, row by row, are held to what they say.
@Suite("walks through the code")
struct WalkTests {
    struct Walk: Sendable, CustomTestStringConvertible {
        let name: String
        let mostFiles: Int
        let mostJumps: Int

        var testDescription: String { name }
    }

    /// The files of a walk's table, in order.
    private func files(_ text: String) -> [String] {
        text.matches(of: /\| `((?:Sources|Tests)\/[^`]+)` \|/).map { String($0.1) }
    }

    /// Rows that go back to a file which an earlier row has left.
    private func jumps(_ files: [String]) -> Int {
        files.count - Set(files).count
    }

    @Test(
        "every file of the walk exists, and it touches no more of them than it promises",
        arguments: [Walk(name: "walk-upload", mostFiles: 25, mostJumps: 2)])
    func walk(_ walk: Walk) throws {
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let page = root.appendingPathComponent("Documentation/\(walk.name).md")
        let text = try String(contentsOf: page, encoding: .utf8)
        let files = files(text)
        #expect(files.count > 5)
        for file in files {
            #expect(FileManager.default.fileExists(atPath: root.appendingPathComponent(file).path), "\(file)")
        }
        #expect(Set(files).count <= walk.mostFiles)
        #expect(jumps(files) <= walk.mostJumps)
        // A row says "Again" exactly where it goes back.
        #expect(text.components(separatedBy: "| Again").count - 1 == jumps(files))
    }

    @Test("a jump back is counted")
    func counting() {
        let files = files(
            "| 1 | `Sources/A.swift` | why |\n| 2 | `Sources/B.swift` | why |\n| 3 | `Sources/A.swift` | Again |")
        #expect(files == ["Sources/A.swift", "Sources/B.swift", "Sources/A.swift"])
        #expect(jumps(files) == 1)
    }
}
