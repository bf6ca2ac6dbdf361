import Foundation
import Tasks
import Testing

@testable import Service

@Suite("A clock that jumps, live", .serialized, .timeLimit(.minutes(30)), .live)
struct ClockTests {
    @Test("a jump back opens nothing that a deadline closed, a jump forth closes what it must, and the ledger goes on")
    func jumps() async throws {
        let clock = TestClock(Date(timeIntervalSince1970: 1_800_000_000))
        let task = try TestTask.workshop(deadlines: "{retrieve_by: \(UTCInstant(seconds: 1_800_010_000))}")
        try await withService(task, clock: clock) { live in
            let alice = try await RawCalls(live, as: "Alice")
            let bob = try await RawCalls(live, as: "Bob")
            #expect(try await alice.upload(Cars.alice()).status == 200)
            // A year back, in the middle of the collection.
            clock.advance(by: -31_536_000)
            #expect(try await alice("/confirm_data").status == 200)
            #expect(try await bob.upload(Cars.bob()).status == 200)
            #expect(try await bob("/confirm_data").status == 200)
            try await waitForModel(bob)
            let rows = try await bob("/samples?num_samples=20&seed=1").body
            #expect(rows.split(separator: "\n").count == 21)
            #expect(try await bob("/ledger/total").object["epsilon"] as? Double == 3)
            // Two years forth: the time for samples is over, and stays so when the clock is set right again.
            clock.advance(by: 2 * 31_536_000)
            #expect(try await bob("/samples?num_samples=20&seed=1").status == 410)
            clock.advance(by: -2 * 31_536_000)
            #expect(try await bob("/samples?num_samples=20&seed=1").status == 410)
            #expect(try await bob("/model_status?verbose=1").object["stage"] as? String == "closed")
        }
    }
}
