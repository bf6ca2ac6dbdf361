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
        try state.observe(task: "t", boot: "b2", sequence: 1, head: "ee", measureAgain: true)
        #expect(state.tasks["t"]?.sequence == 1 && state.tasks["t"]?.measuredAgain == ["b2"])
        #expect(throws: RememberedConflict.rolledBack(remembered: 1, found: 0)) {
            try state.observe(task: "t", boot: "b2", sequence: 0, head: "ff", measureAgain: true)
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

    @Test(
        "what was confirmed to one boot goes to no other, whatever is said of a restart, unless it may be measured again"
    )
    func confirmations() throws {
        var state = try seen(1)
        try state.prepareUpload(task: "t", boot: "b1", acceptNewInstance: false)
        try state.prepareConfirmation(task: "t", boot: "b1")
        try state.prepareConfirmation(task: "t", boot: "b1")
        try state.observe(task: "t", boot: "b2", sequence: 5, head: "bb")
        let refused = RememberedConflict.measuredAlready(remembered: "b1", found: "b2")
        #expect(throws: refused) { try state.prepareUpload(task: "t", boot: "b2", acceptNewInstance: true) }
        #expect(throws: refused) { try state.prepareConfirmation(task: "t", boot: "b2") }
        #expect(state.tasks["t"]?.measuredAgain == nil && "\(refused)".contains("twice ε"))
        try state.prepareUpload(task: "t", boot: "b2", acceptNewInstance: false, measureAgain: true)
        try state.prepareConfirmation(task: "t", boot: "b2", measureAgain: true)
        #expect(state.tasks["t"]?.measuredAgain == ["b2"] && state.tasks["t"]?.confirmedOn == "b2")
        #expect(throws: RememberedConflict.measuredAlready(remembered: "b2", found: "b3")) {
            try state.prepareConfirmation(task: "t", boot: "b3")
        }
        try state.prepareConfirmation(task: "t", boot: "b3", measureAgain: true)
        #expect(state.tasks["t"]?.measuredAgain == ["b2", "b3"])
    }

    @Test("figures of a boot that was not confirmed to are refused, unless the confirmed one was seen to have fitted")
    func figures() throws {
        var state = try seen(1)
        try state.admitFigures(task: "t", boot: "b2", acceptNewInstance: false)
        try state.prepareConfirmation(task: "t", boot: "b1")
        try state.admitFigures(task: "t", boot: "b1", acceptNewInstance: false)
        let refused = RememberedConflict.figuresOfAnotherInstance(remembered: "b1", found: "b2")
        #expect(throws: refused) { try state.admitFigures(task: "t", boot: "b2", acceptNewInstance: false) }
        try state.admitFigures(task: "t", boot: "b2", acceptNewInstance: true)
        var told = state
        told.keepTrained(by: "b2", task: "t")
        told.keepTrained(by: "b1", task: "t")
        #expect(throws: refused) { try told.admitFigures(task: "t", boot: "b2", acceptNewInstance: false) }
        state.keepTrained(by: "b1", task: "t")
        try state.admitFigures(task: "t", boot: "b2", acceptNewInstance: false)
    }

    @Test("what another run of the client confirmed meanwhile counts, also where it met another boot")
    func otherRuns() throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
        defer { try? FileManager.default.removeItem(at: folder) }
        let path = folder.appending(path: "seen.json").path
        var long = try seen(1)
        var other = long
        try other.prepareUpload(task: "t", boot: "b1", acceptNewInstance: false)
        try other.prepareConfirmation(task: "t", boot: "b1")
        try other.write(file: path)
        try long.observe(task: "t", boot: "b2", sequence: 5, head: "bb")
        long.recallGuards(of: "t", from: try RememberedState(file: path))
        #expect(throws: RememberedConflict.measuredAlready(remembered: "b1", found: "b2")) {
            try long.prepareConfirmation(task: "t", boot: "b2")
        }
        try long.write(file: path)
        #expect(try RememberedState(file: path).tasks["t"]?.confirmedOn == "b1")
        // Another boot's answer to a withdrawal takes nothing back.
        try long.takeBackConfirmation(task: "t", boot: "b2", before: nil, file: path)
        #expect(long.tasks["t"]?.confirmedOn == "b1")
        #expect(try RememberedState(file: path).tasks["t"]?.confirmedOn == "b1")
    }

    @Test("a confirmation that the service refused is taken back, in the file too")
    func takenBack() throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
        defer { try? FileManager.default.removeItem(at: folder) }
        let path = folder.appending(path: "seen.json").path
        var state = try seen(1)
        try state.prepareConfirmation(task: "t", boot: "b1")
        try state.write(file: path)
        #expect(try RememberedState(file: path).tasks["t"]?.confirmedOn == "b1")
        try state.takeBackConfirmation(task: "t", boot: "b1", before: nil, file: path)
        try state.write(file: path)
        #expect(try RememberedState(file: path).tasks["t"]?.confirmedOn == nil)
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
