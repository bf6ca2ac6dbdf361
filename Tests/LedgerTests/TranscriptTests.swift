import Testing

@testable import Ledger

@Suite("Releases beside the reservation")
struct TranscriptTests {
    @Test("nothing is recorded as released where no ε was set aside")
    func needsReservation() throws {
        let ledger = try Ledger.inMemory()
        #expect(throws: LedgerError.noReservation) { try ledger.record(release: [1], task: someTask) }
        #expect(throws: LedgerError.noReservation) {
            try ledger.recordTrained(task: someTask, modelFile: "m", modelDigest: .zero, time: 1)
        }
    }

    @Test("releases come back in order, after a reopening as well")
    func order() throws {
        let state = StateDirectory()
        let releases = (0..<20).map { [UInt8]("release \($0)".utf8) }
        try state.open().reserveSome()
        for release in releases { try state.open().record(release: release, task: someTask) }
        #expect(try state.open().transcript(task: someTask) == releases)
        #expect(try state.open().transcriptEnd(of: someTask)?.count == 20)
    }

    @Test("an empty transcript and one that never began are told apart")
    func emptyOrAbsent() throws {
        let ledger = try Ledger.inMemory()
        #expect(try ledger.transcriptEnd(of: someTask) == nil)
        let reservation = try ledger.reserveSome()
        #expect(try ledger.transcriptEnd(of: someTask) == .init(count: 0, hash: reservation.hash))
    }

    @Test("the entry of a trained model names model and transcript")
    func trained() throws {
        let ledger = try Ledger.inMemory()
        try ledger.reserveSome()
        let end = try ledger.record(release: [1, 2, 3], task: someTask)
        let digest = LedgerHash(of: [9])
        let entry = try ledger.recordTrained(task: someTask, modelFile: "t.model", modelDigest: digest, time: 9)
        #expect(entry.details == ["model": "t.model", "model_sha256": digest.hex, "transcript": end.hash.hex])
    }

    @Test("each release has an entry with its hash and the reservation's time, and none changes the total")
    func entries() throws {
        let ledger = try Ledger.inMemory()
        try ledger.reserveSome(time: 7)
        for byte in UInt8(0)..<50 {
            let end = try ledger.record(release: [byte], task: someTask)
            let entry = try ledger.entry(try ledger.head().sequence)
            #expect(entry.kind == .measurement && entry.time == 7)
            #expect(entry.details == ["release": "\(byte)", "transcript": end.hash.hex])
        }
        #expect(try ledger.head().sequence == 51)
        #expect(throws: LedgerError.kindNotAppendable(.measurement)) {
            try ledger.append(.measurement, task: someTask, time: 1)
        }
        #expect(try ledger.total(task: someTask).epsilon == 1)
    }
}
