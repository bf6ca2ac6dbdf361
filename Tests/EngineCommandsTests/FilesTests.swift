import EngineCommands
import Foundation
import Tasks
import Testing

@Suite("Files that a command reads and writes") struct FilesTests {
    @Test("a file that is not there, a folder and a file of another kind are told apart, each by its name")
    func unreadable() throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "read-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let (none, text) = (folder.appending(path: "none").path, folder.appending(path: "rows.csv").path)
        try Data("a\n1\n".utf8).write(to: URL(fileURLWithPath: text))
        func said(_ work: () throws -> Void) -> String {
            do {
                try work()
                return ""
            } catch {
                return (error as? CommandFailure)?.message ?? "\(error)"
            }
        }
        #expect(said { _ = try Files.bytes(at: none) } == "there is no file \(none): check its name and folder")
        #expect(said { _ = try Files.bytes(at: folder.path) } == "\(folder.path) is a folder: name a file in it")
        #expect(
            said { _ = try Files.model(at: text) }.hasPrefix(
                "\(text) is not a model file of Entrepot: `entrepot model`"))
        #expect(said { try Files.write([1], to: none + "/x") }.hasSuffix("there is no folder \(none)"))
    }

    @Test("what a command reads is never overwritten, by whichever name or link")
    func kept() throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "kept-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        func path(_ name: String) -> String { folder.appending(path: name).path }
        try Data("a\n1\n".utf8).write(to: URL(fileURLWithPath: path("x.csv")))
        try Data("a\n1\n".utf8).write(to: URL(fileURLWithPath: path("y.csv.part")))
        try FileManager.default.createSymbolicLink(atPath: path("link.csv"), withDestinationPath: path("x.csv"))
        for output in [path("x.csv"), path("./x.csv"), path("link.csv")] {
            #expect(throws: CommandFailure.self, "\(output)") { try Files.keep([path("x.csv")], from: output) }
        }
        #expect(throws: CommandFailure.self) { try Files.keep([path("link.csv")], from: path("x.csv")) }
        // What is written goes through a file beside it first.
        #expect(throws: CommandFailure.self) { try Files.keep([path("y.csv.part")], from: path("y.csv")) }
        try Files.keep([path("x.csv")], from: path("new.csv"))
        try Files.keep([path("x.csv"), path("none.csv")], from: path("none.csv"))
        try Files.keep([path("x.csv")], from: nil)
        try Files.keep([path("x.csv")], from: "/dev/stdout")
    }

    @Test("a command that reads a task looks at its listed values")
    func looked() {
        let look = Files.context(allowsMissingKeys: false).lookAtValues
        #expect(look?((0..<20).map { "p\($0)@example.org" }, "contact") != nil)
        #expect(look != nil && look?(["low", "high"], "level") == nil)
    }
}
