import Testing
import VectorMath

@testable import SecretSharing

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
