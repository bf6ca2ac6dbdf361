import Foundation
import Testing

@testable import Ledger

@Suite("Setting ε of requests aside, out of the task's part for them")
struct RequestReservationTests {
    private static func request(_ number: Int) -> LedgerHash { LedgerHash(of: Array("request \(number)".utf8)) }

    private static func reserve(
        _ ledger: Ledger, _ number: Int, _ epsilon: Double, of part: Double = 0.3
    ) throws -> RequestReservation {
        try ledger.reserve(
            request: request(number), query: "q\(number)", task: someTask, party: "SHA256:x", epsilon: epsilon,
            delta: 1e-12, of: part, time: 9)
    }

    @Test("three tenths are three requests of a tenth, exactly, and then nothing is left")
    func tenths() throws {
        let ledger = try Ledger.inMemory()
        try ledger.reserveSome()
        for number in 0..<3 { _ = try Self.reserve(ledger, number, 0.1) }
        #expect(throws: LedgerError.partSpent(asked: 1e-6, left: 0)) { try Self.reserve(ledger, 3, 1e-6) }
        #expect(try ledger.requests(of: someTask).count == 3)
        // The task's own reservation holds them.
        #expect(try ledger.total(task: someTask).epsilon == 1)
    }

    @Test("whatever requests come in whatever order, with repetitions and restarts, no more than the part is set aside")
    func anyOrder() throws {
        var generator = SystemRandomNumberGenerator()
        for _ in 0..<20 {
            let directory = StateDirectory()
            var ledger = try directory.open()
            try ledger.reserveSome()
            var paid: [Int: Int] = [:]
            for _ in 0..<60 {
                let number = Int.random(in: 0..<25, using: &generator)
                // One request has one price, whenever it comes.
                let millionths = 1000 + number * number * 137
                let left = 300_000 - paid.filter { $0.key != number }.reduce(0) { $0 + $1.value }
                #expect(try ledger.left(of: 0.3, before: Self.request(number), task: someTask) == left)
                do {
                    _ = try Self.reserve(ledger, number, Double(millionths) / 1e6)
                    paid[number] = millionths
                    #expect(millionths <= left)
                } catch LedgerError.partSpent {
                    #expect(paid[number] == nil && millionths > left)
                }
                if Int.random(in: 0..<10, using: &generator) == 0 { ledger = try directory.open() }
            }
            let sum = try ledger.requests(of: someTask).reduce(0) { $0 + Int(($1.epsilon * 1e6).rounded()) }
            #expect(sum == paid.values.reduce(0, +) && sum <= 300_000)
        }
    }

    @Test("two processes that start at once set no more aside than one would")
    func concurrent() async throws {
        let directory = StateDirectory()
        let ledgers = [try directory.open(), try directory.open()]
        try ledgers[0].reserveSome()
        let taken = await withTaskGroup(of: Int.self) { group in
            for number in 0..<40 {
                group.addTask {
                    (try? Self.reserve(ledgers[number % 2], number, 0.01, of: 0.2)) == nil ? 0 : 1
                }
            }
            return await group.reduce(0, +)
        }
        #expect(taken == 20)
        #expect(try ledgers[0].requests(of: someTask).count == 20)
    }

    @Test("before the task's own reservation, and for a price that is none, nothing is set aside")
    func refused() throws {
        let ledger = try Ledger.inMemory()
        #expect(throws: LedgerError.noReservation) { try Self.reserve(ledger, 0, 0.1) }
        try ledger.reserveSome()
        for price in [0, -0.1, .nan, .infinity, 9000, .leastNonzeroMagnitude, 4e-7, 1.4e-6, 0.1 + 1e-9] {
            #expect(throws: LedgerError.self, "\(price)") { try Self.reserve(ledger, 0, price) }
        }
        // A part that is none of whole millionths holds nothing, not the next whole number.
        for part in [0, 5e-7, 0.299_999_6, .nan, -1, 9000] {
            #expect(throws: LedgerError.self, "\(part)") { try Self.reserve(ledger, 0, 0.1, of: part) }
        }
        _ = try Self.reserve(ledger, 1, 0.1)
        #expect(throws: LedgerError.otherTerms) { try Self.reserve(ledger, 1, 0.2) }
        #expect(throws: LedgerError.kindNotAppendable(.request)) {
            try ledger.append(.request, task: someTask, time: 1)
        }
        #expect(try ledger.requests(of: someTask).map(\.epsilon) == [0.1])
    }
}
