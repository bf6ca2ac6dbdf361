import Domains
import Foundation
import Testing

@Suite("The reference of the task file")
struct ReferenceTests {
    private static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()

    @Test("every key that the reader knows, and every public list, stands in it")
    func complete() throws {
        let page = try String(contentsOf: Self.root.appending(path: "Documentation/task-file.md"), encoding: .utf8)
        let folder = Self.root.appending(path: "Sources/Tasks/Reading")
        var keys: Set<String> = []
        for name in try FileManager.default.contentsOfDirectory(atPath: folder.path) where name.hasSuffix(".swift") {
            let source = try String(contentsOf: folder.appending(path: name), encoding: .utf8)
            for list in source.matches(of: /[kK]eys(?:: | = )\[([^\]]*)\]/) {
                keys.formUnion(list.1.matches(of: /"([A-Za-z_]+)"/).map { String($0.1) })
            }
        }
        #expect(keys.count > 50)
        for key in keys.sorted() { #expect(page.contains("`\(key)`"), "\(key)") }
        for list in CodeList.descriptions { #expect(page.contains("`\(list.name)`"), "\(list.name)") }
    }
}
