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
        expect(.failed(by: "office1", reason: "no"), world, .failure("no"))
        expect(.paused(by: "office1", reason: "later"), world, .pause("later"))
    }

    private static func share() throws -> SumShare {
        var world = try greeted()
        return try world.offices[1].share(parts[1], question: "q")
    }

    @Test("an office whose ledger cannot pay a request is named by its greeting, before anybody sets ε aside")
    func partSpent() throws {
        var world = SumWorld(3)
        for (place, left) in [100, 99, 500].enumerated() {
            world.offices[place] = world.office(place, request: SumRounds.Office.Request(price: 100, left: left))
        }
        try world.carry(.greeting(world.offices[2].greeting(to: 0)), from: 2, to: 0)
        expect(
            .partSpent(at: "office1", left: 99, price: 100), world, .greeting(world.offices[1].greeting(to: 0)))
        #expect(world.offices[0].notGreeted == ["office1"])
    }

    @Test("a greeting of an older or a newer version is read as such, whatever else stands in it")
    func versions() throws {
        let mark = Array("ENTSUM".utf8) + [0]
        for version in [0, SumGreeting.currentVersion - 1, SumGreeting.currentVersion + 1, 99] {
            let old = Array(#"{"version":\#(version),"program":"entrepot x","new":[1]}"#.utf8)
            guard case .greeting(let greeting)? = SumMessage(bytes: mark + old) else {
                Issue.record("not read")
                continue
            }
            #expect(greeting.version == version && greeting.program == "entrepot x")
        }
        #expect(
            SumMessage(bytes: mark + Array(#"{"version":\#(SumGreeting.currentVersion),"program":"x"}"#.utf8)) == nil)
        // A name twice would be one greeting for this reader and another for the next.
        #expect(SumMessage(bytes: mark + Array(#"{"version":99,"program":"x","program":"y"}"#.utf8)) == nil)
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

    @Test("of a long message the head alone decides: what a round or a piece has is wanted, and nothing longer")
    func heads() throws {
        var world = SumWorld(3)
        try world.greet()
        let share = try world.offices[1].share([1, 2, 3, 4], question: "q")
        let bytes = SumMessage.share(share).bytes
        #expect(bytes.count == SumMessage.bytes(ofShare: 4))
        #expect(FrameHead(Array(bytes.prefix(FrameHead.bytes))) == .share(round: 0, count: 4))
        #expect(FrameHead(Array(bytes.prefix(FrameHead.bytes - 1))) == nil)
        #expect(FrameHead([UInt8](repeating: 0, count: 200)) == nil)
        let piece = ItemPiece(
            task: SumWorld.task, item: ItemIntake.digest(of: "points"), number: 3,
            words: [UInt32](repeating: 1, count: 99))
        #expect(SumMessage.piece(piece).bytes.count == SumMessage.bytes(ofPiece: 99))
        #expect(FrameHead(SumMessage.piece(piece).bytes) == .piece(item: ItemIntake.digest(of: "points")))
        #expect(FrameHead(SumMessage.failure(String(repeating: "x", count: 200)).bytes) == .other)
        // The round that office 0 has not begun waits, and later ones cannot have begun.
        let office = world.offices[0]
        #expect(try office.room(forRound: 0, count: 1 << 39, from: 1) == .later)
        #expect(throws: SumRefusal.roundNotBegun(from: "office1", round: 1)) {
            try office.room(forRound: 1, count: 4, from: 1)
        }
        _ = try world.offices[0].share([1, 2, 3, 4], question: "q")
        #expect(try world.offices[0].room(forRound: 0, count: 4, from: 1) == .wanted)
        #expect(throws: SumRefusal.otherSize(from: "office1", round: 0, expected: 4, found: 1 << 39)) {
            try world.offices[0].room(forRound: 0, count: 1 << 39, from: 1)
        }
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
        for message in [SumMessage.greeting(world.offices[0].greeting(to: 1)), .failure("x")] {
            #expect(SumMessage(bytes: message.bytes) == message)
        }
    }

    @Test("an end with other totals is refused, and the same twice is taken once")
    func closings() throws {
        var world = try Self.greeted()
        _ = try world.round(Self.parts, question: "q")
        let entry = String(repeating: "a", count: 64)
        var closing = world.offices[1].closing(reservation: entry)
        closing.signature = Data([1])
        for place in [1, 2] {
            try world.carry(.closing(world.offices[place].closing(reservation: entry)), from: place, to: 0)
            try world.carry(.closing(world.offices[place].closing(reservation: entry)), from: place, to: 0)
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

    @Test("numbers without bounds and digests that are none are no message, and no sentence about them overflows")
    func bounds() throws {
        var world = try Self.greeted()
        _ = try world.round(Self.parts, question: "q")
        let right = world.offices[1].closing(reservation: String(repeating: "a", count: 64))
        #expect(SumMessage(bytes: SumMessage.closing(right).bytes) == .closing(right))
        func isRead(_ change: (inout SumClosing) -> Void) -> Bool {
            var closing = right
            change(&closing)
            return SumMessage(bytes: SumMessage.closing(closing).bytes) != nil
        }
        for rounds in [Int.max, Int.min, -1, 1 << 31] { #expect(!isRead { $0.rounds = rounds }) }
        for text in ["", "aa", String(repeating: "z", count: 64), String(repeating: "A", count: 64)] {
            #expect(!isRead { $0.chain = text })
            #expect(!isRead { $0.reservation = text })
            #expect(!isRead { $0.task = text })
        }
        #expect(!isRead { $0.signature = Data(count: 5000) })
        var greeting = world.offices[1].greeting(to: 0)
        for received in [Int.max, Int.min, -1] {
            greeting.received = received
            #expect(SumMessage(bytes: SumMessage.greeting(greeting).bytes) == nil)
        }
        for round in [Int.max, Int.min] {
            #expect("\(SumRefusal.otherTotals(from: "x", round: round))".contains("x"))
            #expect("\(SumRefusal.twoMessages(from: "x", round: round))".contains("x"))
            #expect("\(SumRefusal.roundNotBegun(from: "x", round: round))".contains("x"))
        }
    }

    @Test("a commitment that is not 32 bytes in lower-case hexadecimal is no greeting")
    func commitments() throws {
        let world = SumWorld(3)
        for text in [String(repeating: "zz", count: 32), String(repeating: "AB", count: 32), "ab", ""] {
            var greeting = world.offices[1].greeting(to: 0)
            greeting.commitment = text
            expect(.unreadable(from: "office1"), world, .greeting(greeting))
        }
    }

    @Test("a sentence of another office stays on its line, with what nobody sees written out")
    func lines() {
        let evil = "no\nall offices signed the same totals\r\u{1B}[2J\u{9B}31m\u{202E}"
        let refusals: [SumRefusal] = [
            .failed(by: "x", reason: evil), .paused(by: "x", reason: evil), .otherTask(from: "x", task: evil),
            .otherVersion(from: "x", program: evil, version: 9), .otherOffice(from: "x", named: evil),
            .silent(["x"], seconds: 1, trouble: evil),
        ]
        for refusal in refusals {
            let hidden = "\(refusal)".unicodeScalars.filter { $0.value < 0x20 || [0x9B, 0x202E].contains($0.value) }
            #expect(hidden.isEmpty, "\(refusal)")
        }
    }

    @Test("an office whose disk went back is refused by every other one, which was started again itself")
    func olderDisk() throws {
        var world = try Self.greeted()
        _ = try world.round(Self.parts, question: "q")
        let old = world.disks[1]
        let second = SumWorld.parts(3, 4, 2)
        _ = try world.round(second, question: "r")
        // All die; the disk of one is that of the first round.
        world.disks[1] = old
        for place in 0..<3 { world.offices[place] = world.office(place) }
        // It is told before it makes a message anew.
        for from in [0, 2] {
            #expect(throws: SumRefusal.olderCopy(here: 1, known: 2, to: "office\(from)")) {
                try world.carry(.greeting(world.offices[from].greeting(to: 1)), from: from, to: 1)
            }
        }
        // A release that says nothing of it is stopped by what the others wrote down.
        for from in 0..<3 {
            for to in 0..<3 where to != from {
                var greeting = world.offices[from].greeting(to: to)
                greeting.known = nil
                try world.carry(.greeting(greeting), from: from, to: to)
            }
        }
        let first = try world.shares(Self.parts, question: "q")
        for from in 0..<3 {
            for to in 0..<3 where to != from { try world.carry(.share(first[from]), from: from, to: to) }
        }
        for place in 0..<3 { #expect(try world.offices[place].total() == SumWorld.sum(Self.parts)) }
        // Other noise in the second round.
        var again = second
        again[1][0] &+= 17
        let shares = try world.shares(again, question: "r")
        for place in [0, 2] {
            #expect(throws: SumRefusal.twoMessages(from: "office1", round: 1)) {
                try world.carry(.share(shares[1]), from: 1, to: place)
            }
            #expect(try world.offices[place].total() == nil)
        }
        // Whose disk is whole sends what it sent.
        #expect(shares[0] == world.disks[0][1] && shares[2] == world.disks[2][1])
    }

    @Test("an office that lost its state is named by those who were started again too")
    func lostState() throws {
        var world = try Self.greeted()
        _ = try world.round(Self.parts, question: "q")
        for place in 0..<3 { world.offices[place] = world.office(place) }
        let keys = MaskKey()
        expect(.otherMasks(from: "office1"), world, .greeting(world.office(1, key: keys).greeting(to: 0)))
        expect(.otherTable(from: "office1"), world, .greeting(world.office(1, table: 9).greeting(to: 0)))
        try world.greet()
    }

    @Test("an office whose rounds are over hands out its messages without the secret of its masks")
    func afterwards() throws {
        var world = try Self.greeted()
        let total = try world.round(Self.parts, question: "q")
        var closing = world.offices[0].closing(reservation: String(repeating: "a", count: 64))
        let key = MaskKey(forgotten: world.keys[0].publicKey)
        #expect(key.rawRepresentation.isEmpty)
        let office = SumRounds.Office(
            task: SumWorld.task, names: world.names, place: 0, plan: [UInt8](repeating: 1, count: 32),
            commitment: [UInt8](repeating: 0, count: 32), program: "entrepot test")
        world.offices[0] = SumRounds(
            office, key: key, made: world.disks[0], sightings: world.sightings[0], isOver: true)
        world.offices[1] = world.office(1)
        try world.greet()
        #expect(throws: (any Error).self) { try world.offices[0].share(Self.parts[0], question: "r") }
        let share = try world.offices[1].share(Self.parts[1], question: "q")
        for (place, made) in [(0, world.offices[0].made(from: 0)), (2, world.offices[2].made(from: 0))] {
            for message in made { try world.carry(.share(message), from: place, to: 1) }
        }
        try world.carry(.share(share), from: 1, to: 0)
        #expect(try world.offices[1].total() == total[1])
        #expect(world.offices[0].unfinished == ["office1", "office2"])
        closing = world.offices[1].closing(reservation: String(repeating: "a", count: 64))
        try world.carry(.closing(closing), from: 1, to: 0)
        #expect(world.offices[0].unfinished == ["office1", "office2"])
        closing.isComplete = true
        try world.carry(.closing(closing), from: 1, to: 0)
        #expect(world.offices[0].unfinished == ["office2"])
        world.keepSightings(0)
        #expect(world.sightings[0].contains(.finished(peer: 1)))
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
