import Testing

@testable import Ledger

@Suite("Setting ε aside, once")
struct ReservationTests {
    @Test("a task that nobody reserved for has spent nothing")
    func nothingSpent() throws {
        #expect(try Ledger.inMemory().total(task: someTask) == SpentTotal(epsilon: 0, delta: 0))
    }

    @Test("a hundred reserves leave the total at one ε and the ledger at one entry")
    func hundredReserves() throws {
        let ledger = try Ledger.inMemory()
        let first = try ledger.reserveSome()
        for time in 8..<108 { #expect(try ledger.reserveSome(time: Int64(time)) == first) }
        #expect(try ledger.total(task: someTask) == SpentTotal(epsilon: 1, delta: 1e-9))
        #expect(try ledger.head().sequence == 1)
    }

    @Test("a reservation for other uploads is refused")
    func otherUploads() throws {
        let ledger = try Ledger.inMemory()
        try ledger.reserveSome()
        var uploads = someUploads
        uploads["Bob"] = LedgerHash(of: Array("another file".utf8))
        #expect(throws: LedgerError.otherUploads) { try ledger.reserveSome(uploads: uploads) }
    }

    @Test("a reservation for another ε is refused")
    func otherTerms() throws {
        let ledger = try Ledger.inMemory()
        try ledger.reserveSome()
        #expect(throws: LedgerError.otherTerms) { try ledger.reserveSome(epsilon: 2) }
        #expect(try ledger.total(task: someTask).epsilon == 1)
    }

    @Test("once something was released, the same files cannot reserve again")
    func alreadySpent() throws {
        let ledger = try Ledger.inMemory()
        try ledger.reserveSome()
        try ledger.record(release: [1], task: someTask)
        #expect(throws: LedgerError.alreadySpent(releases: 1)) { try ledger.reserveSome() }
    }

    @Test("two tasks have their own reservations")
    func twoTasks() throws {
        let ledger = try Ledger.inMemory()
        try ledger.reserveSome()
        try ledger.reserveSome(otherTask, epsilon: 3)
        #expect(try ledger.total(task: someTask).epsilon == 1)
        #expect(try ledger.total(task: otherTask).epsilon == 3)
    }

    @Test(
        "an ε or δ that cannot be spent is refused",
        arguments: [(0.0, 0.0), (-1, 0), (.infinity, 0), (.nan, 0), (1, 1), (1, -0.1), (1, .nan)])
    func invalidPrice(epsilon: Double, delta: Double) throws {
        let ledger = try Ledger.inMemory()
        #expect(throws: LedgerError.self) {
            try ledger.reserve(task: someTask, epsilon: epsilon, delta: delta, plan: "", uploads: [:], time: 1)
        }
        #expect(try ledger.head().sequence == 0)
    }

    @Test("the reservation reads back as it was made")
    func readsBack() throws {
        let state = StateDirectory()
        let made = try state.open().reserveSome()
        #expect(try state.open().reservation(of: someTask) == made)
        #expect(made.uploads == someUploads)
        #expect(made.plan == #"{"steps":[]}"#)
    }

    @Test("of many threads that reserve for different uploads, exactly one gets the reservation")
    func race() async throws {
        let state = StateDirectory()
        let ledgers = [try state.open(), try state.open()]
        let won = await withTaskGroup(of: Bool.self) { group in
            for index in 0..<16 {
                group.addTask {
                    let uploads = ["Alice": LedgerHash(of: [UInt8(index)])]
                    return (try? ledgers[index % 2].reserveSome(uploads: uploads)) != nil
                }
            }
            return await group.reduce(0) { $0 + ($1 ? 1 : 0) }
        }
        #expect(won == 1)
        #expect(try state.open().entries().count == 1)
    }

    @Test(
        "a reservation cannot be appended by its kind alone",
        arguments: [LedgerEntry.Kind.reservation, .measurement, .trained])
    func notByKind(kind: LedgerEntry.Kind) throws {
        let ledger = try Ledger.inMemory()
        #expect(throws: LedgerError.kindNotAppendable(kind)) { try ledger.append(kind, task: someTask, time: 1) }
    }
}
