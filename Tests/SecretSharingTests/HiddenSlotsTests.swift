import Foundation
import Testing
import VectorMath

@testable import SecretSharing

/// Three parties that share two tables slot by slot, without kernel, noise or sockets.
struct SlotWorld {
    let sizes = [[3, 2], [4]]
    /// Rows as they stand in the slots, row by row.
    var tables: [[UInt32]]
    let slots: Int
    private let keys: [[UInt8]] = (1...5).map { [UInt8](repeating: $0, count: 32) }

    init(slots: Int, seed: UInt64 = 1) {
        self.slots = slots
        var generator = SplitMix64(state: seed)
        let joined = (0..<slots).map { _ in generator.next() % 3 != 0 }
        tables = sizes.map { groups in
            joined.flatMap { isJoined in
                groups.flatMap { size -> [UInt32] in
                    let hot = Int(generator.next() % UInt64(size))
                    return (0..<size).map { isJoined && $0 == hot ? 1 : 0 }
                }
            }
        }
    }

    func width(_ side: Int) -> Int { sizes[side].reduce(0, +) }

    /// The parties, and what they send: `turned` and `placed` of each table.
    func messages() -> [[[UInt32]]] {
        (0..<2).map { side in
            let masks = RowMasks(key: keys[3 + side], places: slots)
            let places = (0..<UInt32(slots)).map { $0 }
            let masked = (0..<slots).flatMap { slot in
                zip(
                    tables[side][(slot * width(side))..<((slot + 1) * width(side))],
                    masks.row(slot, number: 0, width: width(side))
                ).map { PrimeField.element(Int64($0) - Int64($1)) }
            }
            let (holder, third) = (party(1 - side), party(2))
            return [
                (0..<holder.pieces).flatMap {
                    holder.turned(places, masks, number: 0, width: width(side), piece: $0)
                },
                (0..<third.pieces).flatMap {
                    third.placed(masked, side: side, number: 0, width: width(side), piece: $0)
                },
            ]
        }
    }

    func party(_ place: Int) -> HiddenParty {
        let pairs = [0: [1: 0, 2: 1], 1: [0: 0, 2: 2], 2: [0: 1, 1: 2]]
        return HiddenParty(place: place, slots: slots, keys: (pairs[place] ?? [:]).mapValues { keys[$0] })
    }

    func parties() -> [PartedTables] {
        let sums = messages().map { PartedTables.sum($0[0], $0[1]) }
        return (0..<3).map { place in
            let own = place == 2 ? [0: sums[0], 1: sums[1]] : [1 - place: sums[1 - place]]
            return party(place).tables(0, sizes: sizes, sums: own)
        }
    }

    func form() -> [Int64] {
        let parts = parties().map { $0.form([1, 2, 3]) }
        return parts[0].indices.map { place in
            PrimeField.number(PrimeField.element(parts.reduce(0) { $0 + $1[place] }))
        }
    }
}

@Suite("Slots of which no holder knows the rows")
struct HiddenSlotsTests {
    private static func words(_ side: Int, _ names: [UInt32], fillings: Int) -> [UInt32] {
        names.flatMap { [0, $0, 0, 0, 7, 0, 0, 0, 0] }
            + (0..<fillings).flatMap { [1] + [UInt32](repeating: UInt32(100 * side + $0), count: 8) }
    }

    private static func slots(_ one: [UInt32], _ two: [UInt32], _ count: Int, seed: UInt8 = 1) throws -> HiddenSlots {
        try HiddenSlots(
            [words(0, one, fillings: count), words(1, two, fillings: count)], named: [one.count, two.count],
            slots: count, seed: [UInt8](repeating: seed, count: 32))
    }

    @Test(
        "rows of one name stand in one slot, every other slot has a filling of either list, and no place stands twice")
    func matched() throws {
        for (one, two) in [([1, 2, 3, 4], [9, 3, 1]), ([], [5]), ([5], []), ([1, 2], [1, 2]), ([1], [2])]
            as [([UInt32], [UInt32])]
        {
            let count = 6
            let slots = try Self.slots(one, two, count)
            let expected = Set(one).intersection(two)
            #expect(slots.places[0].count { Int($0) < one.count } == expected.count)
            for slot in 0..<count {
                let places = [0, 1].map { Int(slots.places[$0][slot]) }
                #expect((places[0] < one.count) == (places[1] < two.count))
                guard places[0] < one.count else { continue }
                #expect(one[places[0]] == two[places[1]] && expected.contains(one[places[0]]))
            }
            for (side, list) in [one, two].enumerated() {
                #expect(slots.places[side].count == count)
                #expect(HiddenSlots.isRight(slots.places[side], of: list.count + count))
            }
        }
        #expect(!HiddenSlots.isRight([0, 1, 0], of: 4) && !HiddenSlots.isRight([4], of: 4))
        #expect(try Self.slots([1, 2], [2], 9).places == Self.slots([1, 2], [2], 9).places)
        #expect(try Self.slots([1, 2], [2], 9).places != Self.slots([1, 2], [2], 9, seed: 2).places)
    }

    @Test("a name that stands twice, and a list of another length, are refused, and whose it is is said")
    func refused() throws {
        #expect(throws: HiddenSlots.Fault.repeatedName(side: 0)) { _ = try Self.slots([1, 2, 1], [2], 4) }
        #expect(throws: HiddenSlots.Fault.repeatedName(side: 1)) { _ = try Self.slots([1], [2, 2], 4) }
        let seed = [UInt8](repeating: 1, count: 32)
        let right = Self.words(0, [1, 2], fillings: 3)
        for wrong in [
            Array(right.dropLast()), right + [0], Self.words(1, [1], fillings: 4),
            Self.words(1, [1, 3, 4], fillings: 2),
        ] {
            #expect(throws: HiddenSlots.Fault.otherLength(side: 1)) {
                _ = try HiddenSlots([right, wrong], named: [2, 2], slots: 3, seed: seed)
            }
        }
    }

    /// Two lists whose rows all meet and stand in one order, and fillings behind them: only the third party's draws hide it.
    @Test("slots and fillings are drawn in an order of the third party's own: any place is in any slot as often")
    func drawn() throws {
        var counts = [Double](repeating: 0, count: 4 * 8)
        for run in 0..<2_000 {
            var seed = [UInt8](repeating: 3, count: 32)
            (seed[0], seed[1]) = (UInt8(run & 255), UInt8(run >> 8))
            let slots = try HiddenSlots(
                [Self.words(0, [1, 2], fillings: 4), Self.words(1, [1, 2], fillings: 4)], named: [2, 2], slots: 4,
                seed: seed)
            for (slot, place) in slots.places[0].enumerated() { counts[8 * slot + Int(place)] += 1 }
        }
        // The two that met are in all draws, and of the four fillings half: 500 or 250 times in each slot. A deviation is 19 or
        // 15; taken in the order of the list, fillings would be 0 or 500 times there.
        for slot in 0..<4 {
            for place in 0..<2 { #expect(abs(counts[8 * slot + place] - 500) < 110) }
            for place in 2..<6 { #expect(abs(counts[8 * slot + place] - 250) < 90) }
        }
    }

    @Test("a filling is zero, and a row with a name is what its holder masked", arguments: [1, 5])
    func aligned(width: Int) throws {
        let masks = RowMasks(key: [UInt8](repeating: 9, count: 32), places: 7)
        let names: [UInt32] = [11, 12, 13]
        let fillings = (3..<7).flatMap { place -> [UInt32] in [1] + masks.key(place) }
        let list = names.flatMap { name -> [UInt32] in [0, name, 0, 0, 7, 0, 0, 0, 0] } + fillings
        let slots = try HiddenSlots(
            [list, Self.words(1, [12], fillings: 4)], named: [3, 1], slots: 4, seed: [UInt8](repeating: 1, count: 32))
        // Rows of ones.
        let masked = (0..<3).flatMap {
            masks.row($0, number: 2, width: width).map { PrimeField.element(1 - Int64($0)) }
        }
        let aligned = slots.aligned(masked, side: 0, number: 2, width: width)
        for (slot, place) in slots.places[0].enumerated() {
            let row = zip(
                aligned[(slot * width)..<((slot + 1) * width)], masks.row(Int(place), number: 2, width: width)
            ).map { PrimeField.sum($0, $1) }
            #expect(row == [UInt32](repeating: place == 1 ? 1 : 0, count: width))
        }
    }

    /// The holders know how many dummies met, and see when they are answered: were a filling's mask made only where there is one, 4,000
    /// slots of fillings would take several times as long as 4,000 rows that met.
    @Test("the third party takes as long whether all rows met or none")
    func time() throws {
        let (count, width) = (4_000, 40)
        let slots = try [true, false].map { meets in
            let lists = (0..<2).map { side -> [UInt32] in
                let first = UInt32(meets ? 0 : side * count)
                return Self.words(side, Array(first..<(first + UInt32(count))), fillings: count)
            }
            return try HiddenSlots(
                lists, named: [count, count], slots: count, seed: [UInt8](repeating: 1, count: 32))
        }
        let masked = [UInt32](repeating: 1, count: count * width)
        // This thread's own time, by turns: what else the machine does changes both.
        func now() -> Double {
            var time = timespec()
            clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
            return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
        }
        var least = [Double.infinity, .infinity]
        for turn in 0..<20 {
            let start = now()
            let words = slots[turn % 2].aligned(masked, side: 0, number: 0, width: width)
            least[turn % 2] = min(least[turn % 2], now() - start)
            #expect(words.count == count * width)
        }
        #expect(least[1] < 2 * least[0] && least[0] < 2 * least[1], "\(least)")
    }

    @Test(
        "three parties' parts sum to counts of all columns and pairs, within one table and across, for any number of slots"
    )
    func counts() {
        for slots in [0, 1, 255, 256, 257, 700] {
            let world = SlotWorld(slots: slots)
            let pairs = [(0, 1), (0, 2), (1, 2)]
            let found = world.parties().map { $0.counts(pairs.map { (first: $0.0, second: $0.1) }) }
            func sum(_ parts: [[UInt32]]) -> [UInt32] {
                parts[0].indices.map { place in parts.reduce(0) { PrimeField.sum($0, $1[place]) } }
            }
            let columns = (0..<slots).map { slot in
                world.tables.indices.flatMap { side in
                    world.tables[side][(slot * world.width(side))..<((slot + 1) * world.width(side))]
                }
            }
            #expect(sum(found.map(\.sums)) == (0..<9).map { column in columns.reduce(0) { $0 + $1[column] } })
            let groups = [0..<3, 3..<5, 5..<9]
            for (place, pair) in pairs.enumerated() {
                let table = groups[pair.0].flatMap { i in
                    groups[pair.1].map { j in columns.reduce(0) { $0 + $1[i] * $1[j] } }
                }
                #expect(sum(found.map { $0.products[place] }) == table, "\(slots) \(pair)")
            }
        }
    }

    @Test(
        "one-hot and zero rows pass; a weight of a thousand, two values, a group of zeros and a lone row are found, and whose"
    )
    func form() {
        let world = SlotWorld(slots: 600)
        #expect(world.form() == [Int64](repeating: 0, count: PartedTables.formSums))
        #expect(PartedTables.malformed(world.form()) == nil)
        for side in 0..<2 {
            for value: UInt32 in [2, 1_000, PrimeField.modulus - 1] {
                var spoilt = world
                spoilt.tables[side][spoilt.tables[side].lastIndex(of: 1)!] = value
                #expect(PartedTables.malformed(spoilt.form()) == .table(side))
            }
            // A second value in a row, and a value in a row of zeros.
            for hot: UInt32 in [1, 0] {
                var spoilt = world
                let width = world.width(side)
                let row = (0..<600).first {
                    world.tables[side][($0 * width)..<(($0 + 1) * width)].contains(1) == (hot == 1)
                }!
                let place = (row * width..<(row + 1) * width).first { world.tables[side][$0] == 0 }!
                spoilt.tables[side][place] = 1
                // Of one group, a row of zeros with a value is one-hot: but the other table has zeros there.
                #expect(PartedTables.malformed(spoilt.form()) == (side == 1 && hot == 0 ? .both : .table(side)))
            }
        }
        // One group of two is zero.
        var spoilt = world
        spoilt.tables[0][spoilt.tables[0].firstIndex(of: 1)!] = 0
        #expect(PartedTables.malformed(spoilt.form()) == .table(0))
        // A whole row is: the other table's has nothing beside it.
        spoilt = world
        spoilt.tables[1][spoilt.tables[1].firstIndex(of: 1)!] = 0
        #expect(PartedTables.malformed(spoilt.form()) == .both)
        #expect([Int64](repeating: 0, count: 6).count == PartedTables.formSums)
    }

    @Test("what each party hears is uniform, whatever the tables are")
    func views() {
        for fill: UInt32 in [0, 1] {
            var world = SlotWorld(slots: 4_000)
            for side in 0..<2 { world.tables[side] = world.tables[side].map { _ in fill } }
            for message in world.messages().joined() {
                var bins = [Double](repeating: 0, count: 64)
                for element in message { bins[Int(element >> 25)] += 1 }
                let expected = Double(message.count) / 64
                let distance = bins.reduce(0) { $0 + ($1 - expected) * ($1 - expected) / expected }
                // 63 degrees of freedom: above 130 once in a million keys, and these are fixed.
                #expect(distance < 130, "\(distance)")
            }
        }
    }
}
