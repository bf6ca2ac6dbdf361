import Foundation
import Testing
import VectorMath

@testable import SecretSharing

@Suite("Faults of a secure sum")
struct FaultTests {
    private static let parts = SumWorld.parts(3, 4, 1)

    private static func greeted() throws -> SumWorld {
        var world = SumWorld(3)
        try world.greet()
        return world
    }

    /// Whether office 0 refuses a message of office 1, with a sentence that names it.
    private func expect(
        _ refusal: SumRefusal, _ world: SumWorld, _ message: SumMessage, location: SourceLocation = #_sourceLocation
    ) {
        var world = world
        #expect(throws: refusal, sourceLocation: location) { try world.offices[0].receive(message, from: 1) }
        #expect("\(refusal)".contains("office1"), sourceLocation: location)
        #expect("\(refusal)".count > 20, sourceLocation: location)
    }

    @Test("a greeting of another task, office, release, plan or with no usable key is refused by name")
    func greetings() throws {
        let world = SumWorld(3)
        let right = world.offices[1].greeting(to: 0)
        func changed(_ change: (inout SumGreeting) -> Void) -> SumMessage {
            var greeting = right
            change(&greeting)
            return .greeting(greeting)
        }
        expect(.otherTask(from: "office1", task: "ab"), world, changed { $0.task = "ab" })
        expect(.otherOffice(from: "office1", named: "office2"), world, changed { $0.from = "office2" })
        expect(.otherOffice(from: "office1", named: "office2"), world, changed { $0.to = "office2" })
        expect(.otherPlan(from: "office1"), world, .greeting(world.office(1, plan: 2).greeting(to: 0)))
        expect(.unusableMaskKey(from: "office1"), world, changed { $0.maskKey = Data(count: 32) })
        expect(.unreadable(from: "office1"), world, changed { $0.maskKey = Data(count: 31) })
        expect(
            .otherVersion(from: "office1", program: "entrepot old", version: 0), world,
            changed { ($0.version, $0.program) = (0, "entrepot old") })
        expect(.notGreeted(from: "office1"), world, .share(try Self.share()))
        expect(.halted(by: "office1", reason: "no"), world, .halt("no"))
        expect(.paused(by: "office1", reason: "later"), world, .pause("later"))
    }

    private static func share() throws -> SumShare {
        var world = try greeted()
        return try world.offices[1].share(parts[1], question: "q")
    }

    @Test("a greeting of an older or a newer version is read as such, whatever else stands in it")
    func versions() throws {
        let mark = Array("ENTSUM".utf8) + [0]
        for version in [0, 2, 99] {
            let old = Array(#"{"version":\#(version),"program":"entrepot x","new":[1]}"#.utf8)
            guard case .greeting(let greeting)? = SumMessage(bytes: mark + old) else {
                Issue.record("not read")
                continue
            }
            #expect(greeting.version == version && greeting.program == "entrepot x")
        }
        #expect(SumMessage(bytes: mark + Array(#"{"version":1,"program":"x"}"#.utf8)) == nil)
    }

    @Test("an office that comes back with other masks or another table is refused; the same again changes nothing")
    func returns() throws {
        let world = try Self.greeted()
        expect(.otherMasks(from: "office1"), world, .greeting(world.office(1, key: MaskKey()).greeting(to: 0)))
        expect(.otherTable(from: "office1"), world, .greeting(world.office(1, table: 9).greeting(to: 0)))
        var same = world
        try same.carry(.greeting(world.offices[1].greeting(to: 0)), from: 1, to: 0)
        #expect(same.offices[0].session == world.offices[0].session)
    }

    @Test("messages of another task, session, round, question, size or history give no total")
    func shares() throws {
        var world = try Self.greeted()
        let shares = try world.shares(Self.parts, question: "q")
        func changed(_ change: (inout SumShare) -> Void) -> SumShare {
            var share = shares[1]
            change(&share)
            return share
        }
        let other = [UInt8](repeating: 3, count: 32)
        expect(
            .otherTask(from: "office1", task: String(repeating: "03", count: 32)), world,
            .share(changed { $0.task = other }))
        expect(.otherSession(from: "office1"), world, .share(changed { $0.session = other }))
        expect(.roundNotBegun(from: "office1", round: 7), world, .share(changed { $0.round = 7 }))
        for (refusal, wrong) in [
            (SumRefusal.otherQuestion(from: "office1", round: 0), changed { $0.question = other }),
            (.otherSize(from: "office1", round: 0, expected: 4, found: 3), changed { $0.values.removeLast() }),
            (.otherTotals(from: "office1", round: 0), changed { $0.chain = other }),
        ] {
            var here = world
            try here.carry(.share(wrong), from: 1, to: 0)
            try here.carry(.share(shares[2]), from: 2, to: 0)
            #expect(throws: refusal) { try here.offices[0].total() }
        }
        var twice = world
        try twice.carry(.share(shares[1]), from: 1, to: 0)
        expect(.twoMessages(from: "office1", round: 0), twice, .share(changed { $0.values[0] &+= 1 }))
    }

    @Test("messages that come twice, late or a round early change nothing; a missing one leaves the round open")
    func order() throws {
        var world = try Self.greeted()
        let first = try world.shares(Self.parts, question: "q")
        try world.carry(.share(first[1]), from: 1, to: 0)
        #expect(try world.offices[0].total() == nil)
        #expect(world.offices[0].missing == ["office2"])
        for _ in 0..<3 { try world.carry(.share(first[2]), from: 2, to: 0) }
        for place in [1, 2] {
            try world.carry(.share(first[0]), from: 0, to: place)
            try world.carry(.share(first[3 - place]), from: 3 - place, to: place)
            #expect(try world.offices[place].total() == SumWorld.sum(Self.parts))
        }
        // The others are a round ahead before this one has looked at the first.
        let second = try [1, 2].map { try world.offices[$0].share([1], question: "r") }
        try world.carry(.share(second[0]), from: 1, to: 0)
        try world.carry(.share(second[1]), from: 2, to: 0)
        #expect(try world.offices[0].total() == SumWorld.sum(Self.parts))
        #expect(try world.offices[0].total() == nil)
        _ = try world.offices[0].share([40], question: "r")
        try world.carry(.share(first[1]), from: 1, to: 0)
        #expect(try world.offices[0].total() == [42])
    }

    @Test("a message cut or changed at any place is no message, or is refused, or changes nothing")
    func cut() throws {
        var world = try Self.greeted()
        let shares = try world.shares(Self.parts, question: "q")
        try world.carry(.share(shares[2]), from: 2, to: 0)
        let bytes = SumMessage.share(shares[1]).bytes
        for length in 0..<bytes.count { #expect(SumMessage(bytes: Array(bytes.prefix(length))) == nil) }
        #expect(SumMessage(bytes: bytes + [0]) == nil)
        for place in 0..<(bytes.count - 8 * shares[1].values.count) {
            var wrong = bytes
            wrong[place] ^= 0x40
            guard let message = SumMessage(bytes: wrong) else { continue }
            var here = world
            do {
                try here.offices[0].receive(message, from: 1)
                let total = try here.offices[0].total()
                #expect(total == nil, "byte \(place)")
            } catch {}
        }
        for message in [SumMessage.greeting(world.offices[0].greeting(to: 1)), .halt("x")] {
            #expect(SumMessage(bytes: message.bytes) == message)
        }
    }

    @Test("an end with other totals is refused, and the same twice is taken once")
    func closings() throws {
        var world = try Self.greeted()
        _ = try world.round(Self.parts, question: "q")
        var closing = world.offices[1].closing(reservation: "aa")
        closing.signature = Data([1])
        for place in [1, 2] {
            try world.carry(.closing(world.offices[place].closing(reservation: "aa")), from: place, to: 0)
            try world.carry(.closing(world.offices[place].closing(reservation: "aa")), from: place, to: 0)
        }
        #expect(world.offices[0].notClosed == [])
        #expect(try world.offices[0].agreedClosings().map(\.from) == ["office1", "office2"])
        closing.chain = String(repeating: "0", count: 64)
        expect(.twoMessages(from: "office1", round: 1), world, .closing(closing))
        var fresh = try Self.greeted()
        _ = try fresh.round(Self.parts, question: "q")
        try fresh.carry(.closing(closing), from: 1, to: 0)
        #expect(throws: SumRefusal.otherTotals(from: "office1", round: 1)) { try fresh.offices[0].agreedClosings() }
    }

    @Test("started again, an office sends its first messages whatever it draws now; asked something else, it stops")
    func startedAgain() throws {
        var world = try Self.greeted()
        let shares = try world.shares(Self.parts, question: "q")
        world.offices[1] = world.office(1)
        try world.greet()
        #expect(try world.offices[1].share([9, 9, 9, 9], question: "q") == shares[1])
        world.offices[1] = world.office(1)
        try world.greet()
        #expect(throws: SumRefusal.changedHere(round: 0)) { try world.offices[1].share(Self.parts[1], question: "p") }
    }
}

@Suite("Offices that die")
struct DeathTests {
    /// Messages are delivered in any order, some twice; an office dies at one of 100 random moments, loses all but its disk, and
    /// comes back.
    @Test(
        "an office that dies at any of 100 random moments changes no total, and no office makes two messages for a round"
    )
    func moments() throws {
        for seed in 0..<100 {
            var generator = SplitMix64(state: UInt64(seed))
            func pick(_ count: Int) -> Int { Int(generator.next() % UInt64(count)) }
            let rounds = (0..<3).map { SumWorld.parts(5, 6, UInt64(1000 + 3 * seed + $0)) }
            var world = SumWorld(5)
            try world.greet()
            var totals = [[[Int64]]](repeating: [], count: 5)
            var begun = [Int](repeating: 0, count: 5)
            var sent: [String: SumShare] = [:]
            var wire: [(from: Int, to: Int, message: SumMessage)] = []
            let death = pick(200)
            for step in 0..<5_000 where totals.contains(where: { $0.count < 3 }) {
                if step == death {
                    let place = pick(5)
                    wire.removeAll { $0.from == place || $0.to == place }
                    world.offices[place] = world.office(place)
                    (totals[place], begun[place]) = ([], 0)
                    for other in 0..<5 where other != place {
                        wire.append((place, other, .greeting(world.offices[place].greeting(to: other))))
                        let greeting = world.offices[other].greeting(to: place)
                        try world.carry(.greeting(greeting), from: other, to: place)
                        for share in world.offices[other].made(from: 0) { wire.append((other, place, .share(share))) }
                    }
                }
                let place = pick(5)
                if begun[place] == totals[place].count, begun[place] < 3 {
                    // A fresh draw of noise each time: only what is on the disk may go out.
                    var part = rounds[begun[place]][place]
                    if sent["\(place) \(begun[place])"] != nil { part[0] &+= 17 }
                    let share = try world.offices[place].share(part, question: "round \(begun[place])")
                    if world.disks[place].count == share.round { world.disks[place].append(share) }
                    let first = sent["\(place) \(share.round)"] ?? share
                    #expect(first == share)
                    sent["\(place) \(share.round)"] = share
                    for other in 0..<5 where other != place { wire.append((place, other, .share(share))) }
                    begun[place] += 1
                } else if let total = try world.offices[place].total() {
                    totals[place].append(total)
                }
                guard !wire.isEmpty else { continue }
                let number = pick(wire.count)
                let carried = wire[number]
                if pick(4) > 0 { wire.remove(at: number) }
                if case .share(let share) = carried.message, share.round > begun[carried.to],
                    share.round > world.disks[carried.to].count
                {
                    continue
                }
                try world.carry(carried.message, from: carried.from, to: carried.to)
            }
            for place in 0..<5 {
                #expect(totals[place] == rounds.map(SumWorld.sum), "seed \(seed), office \(place)")
            }
        }
    }
}
