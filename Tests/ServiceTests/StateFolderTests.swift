import Foundation
import Testing

@testable import Service

@Suite("The state folder")
struct StateFolderTests {
    private func mode(_ path: String) throws -> Int {
        (try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? NSNumber)?.intValue ?? -1
    }

    @Test("a folder that others could read is closed, and what is kept in it is for its owner alone")
    func modes() throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "state-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(
            atPath: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o755])
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: folder)
        let state = try StateDirectory(path: folder)
        #expect(try mode(folder) == 0o700)
        try state.keep(model: [1, 2, 3])
        try state.keep(model: [4, 5])
        #expect(try mode(folder + "/task.model") == 0o600)
        #expect(try Data(contentsOf: URL(filePath: folder + "/task.model")) == Data([4, 5]))
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder).sorted() == ["lock", "task.model"])
    }
}
