import Testing
import VectorMath

@testable import Service

@Suite("The life of a task")
struct TaskLifeTests {
    private static let providers = ["Alice", "Bob"]

    private func life(_ events: TaskLife.Event...) throws -> TaskLife {
        var life = TaskLife(providers: Self.providers)
        for event in events { _ = try life.handle(event) }
        return life
    }

    private func collecting() throws -> TaskLife { try life(.signed(party: "Alice"), .signed(party: "Bob")) }

    private func training() throws -> TaskLife {
        var life = try collecting()
        for party in Self.providers { _ = try life.handle(.uploaded(party: party, commitment: party)) }
        for party in Self.providers { _ = try life.handle(.confirmed(party: party, commitment: nil)) }
        return life
    }

    @Test("the last signature opens the collection, and a second signature changes nothing")
    func signatures() throws {
        var life = try life(.signed(party: "Alice"))
        #expect(life.stage == .unsigned && life.missingSignatures == ["Bob"])
        _ = try life.handle(.signed(party: "Alice"))
        #expect(life.stage == .unsigned)
        _ = try life.handle(.signed(party: "Bob"))
        #expect(life.stage == .collecting)
    }

    @Test("no table is received before every provider has signed")
    func unsigned() throws {
        var life = try life(.signed(party: "Bob"))
        #expect(throws: LifeRefusal.unsigned(missing: ["Alice"])) { try life.handle(.uploadBegan(party: "Bob")) }
        #expect(throws: LifeRefusal.unsigned(missing: ["Alice"])) {
            try life.handle(.uploaded(party: "Bob", commitment: "1"))
        }
        #expect(throws: LifeRefusal.unsigned(missing: ["Alice"])) {
            try life.handle(.confirmed(party: "Bob", commitment: nil))
        }
    }

    @Test("the last confirmation starts the fit exactly once, ever")
    func onlyOneFit() throws {
        var life = try collecting()
        for party in Self.providers {
            #expect(try life.handle(.uploaded(party: party, commitment: party)) == .keepTable(party: party))
        }
        var starts = 0
        for _ in 0..<100 {
            for party in Self.providers {
                if try life.handle(.confirmed(party: party, commitment: nil))
                    == .recordConfirmationAndStartFit(party: party)
                {
                    starts += 1
                }
            }
        }
        #expect(starts == 1 && life.stage == .training)
        _ = try life.handle(.fitFinished)
        #expect(life.stage == .trained)
        for party in Self.providers {
            #expect(try life.handle(.confirmed(party: party, commitment: nil)) == .nothing)
        }
        #expect(life.stage == .trained)
    }

    @Test("a confirmation without an upload, or of another table, is refused and can be repeated")
    func confirmations() throws {
        var life = try collecting()
        #expect(throws: LifeRefusal.noUpload) { try life.handle(.confirmed(party: "Alice", commitment: nil)) }
        _ = try life.handle(.uploaded(party: "Alice", commitment: "1"))
        #expect(throws: LifeRefusal.anotherTable) { try life.handle(.confirmed(party: "Alice", commitment: "2")) }
        #expect(try life.handle(.confirmed(party: "Alice", commitment: "1")) == .recordConfirmation(party: "Alice"))
        #expect(life.stage == .collecting)
    }

    @Test("a table can be replaced until it is confirmed, and not after")
    func replacement() throws {
        var life = try collecting()
        _ = try life.handle(.uploaded(party: "Alice", commitment: "1"))
        #expect(try life.handle(.uploaded(party: "Alice", commitment: "2")) == .keepTable(party: "Alice"))
        #expect(life.uploads["Alice"] == "2")
        _ = try life.handle(.confirmed(party: "Alice", commitment: "2"))
        #expect(throws: LifeRefusal.alreadyConfirmed) { try life.handle(.uploaded(party: "Alice", commitment: "3")) }
        #expect(throws: LifeRefusal.alreadyConfirmed) { try life.handle(.uploadBegan(party: "Alice")) }
        #expect(life.uploads["Alice"] == "2")
    }

    @Test("a withdrawn table takes its confirmation with it")
    func withdrawal() throws {
        var life = try collecting()
        #expect(throws: LifeRefusal.noUpload) { try life.handle(.withdrawn(party: "Alice")) }
        _ = try life.handle(.uploaded(party: "Alice", commitment: "1"))
        _ = try life.handle(.confirmed(party: "Alice", commitment: nil))
        #expect(try life.handle(.withdrawn(party: "Alice")) == .dropTable(party: "Alice"))
        #expect(life.uploads.isEmpty && life.confirmed.isEmpty)
        #expect(throws: LifeRefusal.noUpload) { try life.handle(.confirmed(party: "Alice", commitment: nil)) }
    }

    @Test("after the fit has begun a table cannot be withdrawn")
    func withdrawalTooLate() throws {
        var life = try training()
        #expect(throws: LifeRefusal.alreadyFitted) { try life.handle(.withdrawn(party: "Alice")) }
        _ = try life.handle(.fitFinished)
        #expect(throws: LifeRefusal.alreadyFitted) { try life.handle(.withdrawn(party: "Alice")) }
    }

    @Test("any provider can halt before the release, and a fit that ends afterwards releases nothing")
    func halt() throws {
        var life = try training()
        #expect(try life.handle(.halted(party: "Bob")) == .destroyTablesAndModel)
        #expect(try life.handle(.halted(party: "Alice")) == .nothing)
        #expect(try life.handle(.fitFinished) == .destroyTables)
        #expect(life.stage == .halted)
        var released = try training()
        _ = try released.handle(.fitFinished)
        #expect(throws: LifeRefusal.alreadyReleased) { try released.handle(.halted(party: "Bob")) }
    }

    @Test("a failed fit ends the task")
    func failure() throws {
        var life = try training()
        #expect(try life.handle(.fitFailed(because: nil)) == .destroyTables)
        #expect(life.stage == .failed)
        #expect(throws: LifeRefusal.wrongStage(.failed)) { try life.handle(.uploadBegan(party: "Alice")) }
        #expect(throws: LifeRefusal.wrongStage(.failed)) { try life.handle(.halted(party: "Alice")) }
        #expect(try life.handle(.fitFinished) == .destroyTables)
        #expect(life.stage == .failed)
    }

    @Test(
        "a deadline ends what it is for and nothing else",
        arguments: [
            (TaskLife.Deadline.upload, TaskLife.Stage.collecting, TaskLife.Stage.expired),
            (.upload, .training, .training), (.upload, .trained, .trained), (.compute, .training, .expired),
            (.compute, .collecting, .expired), (.compute, .trained, .trained), (.retrieve, .trained, .closed),
            (.retrieve, .collecting, .expired), (.retrieve, .failed, .failed), (.retrieve, .halted, .halted),
        ])
    func deadlines(deadline: TaskLife.Deadline, before: TaskLife.Stage, after: TaskLife.Stage) throws {
        var life = TaskLife(providers: Self.providers, signed: Set(Self.providers), stage: before)
        let action = try life.handle(.deadlinePassed(deadline))
        #expect(life.stage == after)
        #expect(action == (before == after ? .nothing : .destroyTablesAndModel))
    }

    @Test("after a deadline an upload is told so")
    func uploadAfterDeadline() throws {
        var life = try collecting()
        _ = try life.handle(.deadlinePassed(.upload))
        #expect(throws: LifeRefusal.deadlinePassed) { try life.handle(.uploadBegan(party: "Alice")) }
    }

    @Test("a refused event leaves the life as it was", arguments: TaskLife.Stage.allCases)
    func refusalsChangeNothing(stage: TaskLife.Stage) throws {
        let events: [TaskLife.Event] = [
            .signed(party: "Eve"), .uploadBegan(party: "Eve"), .uploaded(party: "Eve", commitment: "1"),
            .confirmed(party: "Eve", commitment: nil), .halted(party: "Eve"), .withdrawn(party: "Eve"),
            .uploaded(party: "Alice", commitment: "1"), .confirmed(party: "Alice", commitment: "9"),
            .withdrawn(party: "Alice"), .halted(party: "Alice"), .signed(party: "Alice"),
        ]
        for event in events {
            var life = TaskLife(providers: Self.providers, signed: [], stage: stage)
            let before = life
            do { _ = try life.handle(event) } catch { #expect(life == before) }
        }
    }

    @Test("a shard that is lost with rows ends a task that collects, with the sentence that all read, and no other one")
    func shardLost() throws {
        var life = try collecting()
        _ = try life.handle(.uploaded(party: "Alice", commitment: "1"))
        #expect(try life.handle(.shardFailed(because: "The shard s was lost.")) == .destroyTablesAndModel)
        #expect(life.stage == .failed && life.reason == "The shard s was lost." && !life.has(tableOf: "Alice"))
        #expect(throws: LifeRefusal.wrongStage(.failed)) { try life.handle(.uploadBegan(party: "Alice")) }
        var training = try training()
        #expect(throws: LifeRefusal.wrongStage(.training)) { try training.handle(.shardFailed(because: "x")) }
        _ = try training.handle(.fitFailed(because: "The shard s counts wrongly."))
        #expect(training.reason == "The shard s counts wrongly.")
        let again = TaskLife(providers: Self.providers, signed: [], stage: .failed, cause: "The shard s was lost.")
        #expect(again.reason == "The shard s was lost.")
    }

    @Test("no sequence of events leads into training twice")
    func randomWalks() throws {
        var generator = SplitMix64(state: 7)
        for _ in 0..<2_000 {
            var life = TaskLife(providers: Self.providers)
            var starts = 0
            for _ in 0..<40 {
                let party = Self.providers.randomElement(using: &generator) ?? "Alice"
                let event: TaskLife.Event =
                    switch Int.random(in: 0..<13, using: &generator) {
                    case 0, 1: .signed(party: party)
                    case 2: .uploadBegan(party: party)
                    case 3, 4: .uploaded(party: party, commitment: "1")
                    case 5, 6: .confirmed(party: party, commitment: nil)
                    case 7: .fitFinished
                    case 8: .fitFailed(because: nil)
                    case 9: .halted(party: party)
                    case 10: .withdrawn(party: party)
                    case 11: .shardFailed(because: "x")
                    default: .deadlinePassed(TaskLife.Deadline.allCases.randomElement(using: &generator) ?? .upload)
                    }
                let before = life.stage
                if case .recordConfirmationAndStartFit = try? life.handle(event) { starts += 1 }
                if before.isFinal { #expect(life.stage == before) }
            }
            #expect(starts <= 1)
        }
    }
}
