import Foundation
import Testing

@testable import Client

@Suite("What a client remembers")
struct RememberedStateTests {
    private func seen(_ sequence: UInt64, _ head: String = "aa", boot: String = "b1") throws -> RememberedState {
        var state = RememberedState()
        try state.observe(task: "t", boot: boot, sequence: sequence, head: head)
        return state
    }

    @Test("a ledger that grows is fine, and the newest head is kept")
    func growth() throws {
        var state = try seen(3)
        try state.observe(task: "t", boot: "b1", sequence: 3, head: "aa")
        try state.observe(task: "t", boot: "b1", sequence: 5, head: "cc")
        #expect(state.tasks["t"] == .init(boot: "b1", sequence: 5, head: "cc"))
    }

    @Test("a shorter ledger is a rollback, another head at the same place is a fork; neither is remembered")
    func conflicts() throws {
        var state = try seen(3)
        let before = state
        #expect(throws: RememberedConflict.rolledBack(remembered: 3, found: 2)) {
            try state.observe(task: "t", boot: "b2", sequence: 2, head: "dd")
        }
        #expect(throws: RememberedConflict.forked(sequence: 3)) {
            try state.observe(task: "t", boot: "b1", sequence: 3, head: "dd")
        }
        #expect(state == before)
    }

    @Test("a new instance is taken where the user says so, and a rollback within one boot never is")
    func newInstance() throws {
        var state = try seen(9)
        try state.observe(task: "t", boot: "b2", sequence: 1, head: "ee", acceptNewInstance: true)
        #expect(state.tasks["t"]?.sequence == 1)
        #expect(throws: RememberedConflict.rolledBack(remembered: 1, found: 0)) {
            try state.observe(task: "t", boot: "b2", sequence: 0, head: "ff", acceptNewInstance: true)
        }
    }

    @Test("a table goes to one boot and not to a second one unasked")
    func uploads() throws {
        var state = try seen(1)
        try state.prepareUpload(task: "t", boot: "b1", acceptNewInstance: false)
        try state.prepareUpload(task: "t", boot: "b1", acceptNewInstance: false)
        #expect(throws: RememberedConflict.anotherInstance(remembered: "b1", found: "b2")) {
            try state.prepareUpload(task: "t", boot: "b2", acceptNewInstance: false)
        }
        try state.prepareUpload(task: "t", boot: "b2", acceptNewInstance: true)
        #expect(state.tasks["t"]?.uploadedTo == "b2")
    }

    @Test("the file comes back as it was written, is its owner's alone, and damage is noticed")
    func file() throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
        defer { try? FileManager.default.removeItem(at: folder) }
        let path = folder.appending(path: "deep/seen.json").path
        #expect(try RememberedState(file: path) == RememberedState())
        let state = try seen(4)
        try state.write(file: path)
        #expect(try RememberedState(file: path) == state)
        let attributes = try FileManager.default.attributesOfItem(atPath: path)
        #expect(attributes[.posixPermissions] as? Int == 0o600)
        try Data("{".utf8).write(to: URL(fileURLWithPath: path))
        #expect(throws: ClientError.remembered(.unreadable(path))) { try RememberedState(file: path) }
    }
}
