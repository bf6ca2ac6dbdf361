import Foundation
import Testing
import VectorMath

@testable import SecretSharing

/// Three parties that share two tables of values slot by slot, without kernel, noise or sockets.
struct WideSlotWorld {
    /// A digit of weight 3 and one of weight 1 in either of two cells, and three codes that count for themselves.
    let columns = [
        WeightedColumns(
            sizes: [5, 5], figures: 2,
            columns: [3, 1].flatMap { weight -> [[(figure: Int, weight: Int64)]] in
                [[], [(0, weight)], [(1, weight)], [(0, -weight)], [(1, -weight)]]
            }), WeightedColumns(codes: 3),
    ]
    /// Rows as they stand in the slots, row by row.
    var tables: [[UInt64]]
    let slots: Int
    private let keys: [[UInt8]] = (1...5).map { [UInt8](repeating: $0, count: 32) }

    init(slots: Int, seed: UInt64 = 1) {
        self.slots = slots
        var generator = SplitMix64(state: seed)
        let joined = (0..<slots).map { _ in generator.next() % 3 != 0 }
        tables = columns.map { table in
            joined.flatMap { isJoined in
                table.sizes.flatMap { size -> [UInt64] in
                    let hot = Int(generator.next() % UInt64(size))
                    return (0..<size).map { isJoined && $0 == hot ? 1 : 0 }
                }
            }
        }
    }

    func row(_ slot: Int, _ side: Int) -> Range<Int> {
        (slot * columns[side].width)..<((slot + 1) * columns[side].width)
    }

    /// `turned` and `placed` of each table.
    func messages() -> [[[UInt64]]] {
        (0..<2).map { side in
            let (masks, width) = (RowMasks(key: keys[3 + side], places: slots), columns[side].width)
            let masked = (0..<slots).flatMap { slot in
                WidePartedTables.less(
                    Array(tables[side][row(slot, side)]), masks.wideRow(slot, number: 0, width: width))
            }
            let (holder, third) = (party(1 - side), party(2))
            return [
                (0..<holder.pieces).flatMap {
                    holder.widelyTurned(
                        (0..<UInt32(slots)).map { $0 }, masks, number: 0, width: width, piece: $0)
                },
                (0..<third.pieces).flatMap {
                    third.widelyPlaced(masked, side: side, number: 0, width: width, piece: $0)
                },
            ]
        }
    }

    func party(_ place: Int) -> HiddenParty {
        let pairs = [0: [1: 0, 2: 1], 1: [0: 0, 2: 2], 2: [0: 1, 1: 2]]
        return HiddenParty(place: place, slots: slots, keys: (pairs[place] ?? [:]).mapValues { keys[$0] })
    }

    func parties() -> [WidePartedTables] {
        let sums = messages().map { WidePartedTables.sum($0[0], $0[1]) }
        return (0..<3).map { place in
            let own = place == 2 ? [0: sums[0], 1: sums[1]] : [1 - place: sums[1 - place]]
            return party(place).wideTables(0, columns: columns, sums: own)
        }
    }

    func form(_ coins: [Int64] = [1, 2, 3]) -> [Int64] {
        let parts = parties().map { $0.form(coins) }
        return parts[0].indices.map { place in
            WideField.number(parts.reduce(0) { WideField.sum($0, WideField.element($1[place])) })
        }
    }
}

@Suite("Values of members that nobody knows")
struct HiddenValuesTests {
    @Test("three parties' parts sum to products of figures, within one table and across, for any number of slots")
    func products() {
        for slots in [0, 1, 255, 256, 257, 700] {
            let world = WideSlotWorld(slots: slots)
            let pairs = [(0, 0), (0, 1), (1, 1)]
            let found = world.parties().map { $0.products(pairs.map { (first: $0.0, second: $0.1) }) }
            // What a row's columns add, by plain loops.
            let weights: [[[Int64]]] = [
                [3, 1].flatMap { [[0, 0], [$0, 0], [0, $0], [-$0, 0], [0, -$0]] },
                (0..<3).map { code in (0..<3).map { $0 == code ? 1 : 0 } },
            ]
            let figures = (0..<2).map { side in
                (0..<slots).map { slot in
                    zip(weights[side], world.tables[side][world.row(slot, side)]).reduce(
                        [Int64](repeating: 0, count: world.columns[side].figures)
                    ) { sums, column in zip(sums, column.0).map { $0 + $1 * Int64(column.1) } }
                }
            }
            for (place, pair) in pairs.enumerated() {
                let product = world.columns[pair.0].figures * world.columns[pair.1].figures
                let expected = (0..<product).map { cell -> Int64 in
                    let width = world.columns[pair.1].figures
                    return (0..<slots).reduce(0) {
                        $0 + figures[pair.0][$1][cell / width] * figures[pair.1][$1][cell % width]
                    }
                }
                let sums = (0..<product).map { cell in
                    WideField.number(found.reduce(0) { WideField.sum($0, $1[place][cell]) })
                }
                #expect(sums == expected, "\(slots) \(pair)")
            }
        }
    }

    @Test(
        "one-hot and zero rows pass; a heavy digit, two signs at once, a missing digit, a value in a filling and a lone row are found"
    )
    func form() {
        let world = WideSlotWorld(slots: 600)
        #expect(world.form() == [Int64](repeating: 0, count: WidePartedTables.formSums))
        for side in 0..<2 {
            let hot = world.tables[side].lastIndex(of: 1)!
            for value: UInt64 in [2, 1_000, WideField.modulus - 1, WideField.modulus / 2] {
                var spoilt = world
                spoilt.tables[side][hot] = value
                #expect(PartedTables.malformed(spoilt.form()) == .table(side))
            }
            for isJoined in [true, false] {
                var spoilt = world
                let slot = (0..<600).first { world.tables[side][world.row($0, side)].contains(1) == isJoined }!
                let place = world.row(slot, side).first { world.tables[side][$0] == 0 }!
                spoilt.tables[side][place] = 1
                // Of one group, a filling with a value is one-hot: but the other table has zeros there.
                #expect(
                    PartedTables.malformed(spoilt.form()) == (side == 1 && !isJoined ? .both : .table(side)))
            }
        }
        // One digit of two is missing, then all of the row.
        var spoilt = world
        let slot = (0..<600).first { world.tables[0][world.row($0, 0)].contains(1) }!
        spoilt.tables[0][world.tables[0].firstIndex(of: 1)!] = 0
        #expect(PartedTables.malformed(spoilt.form()) == .table(0))
        for place in world.row(slot, 0) { spoilt.tables[0][place] = 0 }
        #expect(PartedTables.malformed(spoilt.form()) == .both)
        // A filling with a value in each digit is a row like any other, where the other holder has none.
        spoilt = world
        let filling = (0..<600).first { !world.tables[0][world.row($0, 0)].contains(1) }!
        for digit in [0, 5] { spoilt.tables[0][world.row(filling, 0).lowerBound + digit] = 1 }
        #expect(PartedTables.malformed(spoilt.form()) == .both)
        // Errors that cancel under equal weights, over many coins.
        spoilt = world
        let rows = (0..<600).filter { world.tables[1][world.row($0, 1)].contains(1) }
        for (row, error) in zip(rows, [1, -1] as [Int64]) {
            let place = world.row(row, 1).lowerBound
            spoilt.tables[1][place] = WideField.element(Int64(spoilt.tables[1][place]) + error)
        }
        #expect((0..<50).allSatisfy { PartedTables.malformed(spoilt.form([$0])) == .table(1) })
    }

    @Test("what each party hears is uniform, whatever the tables are")
    func views() {
        for fill: UInt64 in [0, 1] {
            var world = WideSlotWorld(slots: 4_000)
            for side in 0..<2 { world.tables[side] = world.tables[side].map { _ in fill } }
            for message in world.messages().joined() {
                // The uppermost and the lowest six of 61 bits.
                for bin in [{ $0 >> 55 }, { $0 & 63 }] as [(UInt64) -> UInt64] {
                    var bins = [Double](repeating: 0, count: 64)
                    for element in message { bins[Int(bin(element))] += 1 }
                    let expected = Double(message.count) / 64
                    let distance = bins.reduce(0) { $0 + ($1 - expected) * ($1 - expected) / expected }
                    // 63 degrees of freedom: above 130 once in a million keys, and these are fixed.
                    #expect(distance < 130, "\(distance)")
                }
            }
        }
    }

    /// A reader takes away what it knows of a message: masks of the other list, or what stands in the slots. If the part that is left
    /// covered two tables, their difference would show in what rows differ.
    @Test("no part covers two tables: each number has its own, of either side, in either field")
    func parts() {
        let world = WideSlotWorld(slots: 2)
        let masks = RowMasks(key: [UInt8](repeating: 9, count: 32), places: 2)
        var parts: [UInt64] = []
        for number in 0..<8 {
            for side in 0..<2 {
                let (holder, third) = (world.party(1 - side), world.party(2))
                if number % 2 == 0 {
                    let mask = masks.row(0, number: number, width: 3) + masks.row(1, number: number, width: 3)
                    for message in [
                        holder.turned([0, 1], masks, number: number, width: 3, piece: 0),
                        third.placed(mask, side: side, number: number, width: 3, piece: 0),
                    ] { parts.append(UInt64(PartedTables.less(mask, message)[0])) }
                } else {
                    let mask = masks.wideRow(0, number: number, width: 3) + masks.wideRow(1, number: number, width: 3)
                    for message in [
                        holder.widelyTurned([0, 1], masks, number: number, width: 3, piece: 0),
                        third.widelyPlaced(mask, side: side, number: number, width: 3, piece: 0),
                    ] { parts.append(WidePartedTables.less(mask, message)[0]) }
                }
            }
        }
        // In the narrow field elements are 31 bits of the words whose 61 bits are those of the wide one.
        #expect(Set(parts.map { $0 & 0x7FFF_FFFF }).count == 32)
    }

    @Test("a filling is zero, and a row with a name is what its holder masked", arguments: [1, 5])
    func aligned(width: Int) throws {
        let masks = RowMasks(key: [UInt8](repeating: 9, count: 32), places: 7)
        func list(_ names: [UInt32], _ places: Range<Int>) -> [UInt32] {
            names.flatMap { name -> [UInt32] in [0, name, 0, 0, 7, 0, 0, 0, 0] }
                + places.flatMap { place -> [UInt32] in [1] + masks.key(place) }
        }
        let slots = try HiddenSlots(
            [list([11, 12, 13], 3..<7), list([12], 1..<5)], named: [3, 1], slots: 4,
            seed: [UInt8](repeating: 1, count: 32))
        let masked = (0..<3).flatMap {
            masks.wideRow($0, number: 2, width: width).map { WideField.difference(1, $0) }
        }
        let aligned = slots.widelyAligned(masked, side: 0, number: 2, width: width)
        for (slot, place) in slots.places[0].enumerated() {
            let row = WidePartedTables.sum(
                Array(aligned[(slot * width)..<((slot + 1) * width)]),
                masks.wideRow(Int(place), number: 2, width: width))
            #expect(row == [UInt64](repeating: place == 1 ? 1 : 0, count: width))
        }
        // The same row of another table, or in the other field, has another mask.
        #expect(masks.wideRow(0, number: 2, width: 5) != masks.wideRow(0, number: 3, width: 5))
    }

    @Test("the third party takes as long of values whether all rows met or none")
    func time() throws {
        let (count, width) = (2_000, 40)
        let slots = try [true, false].map { meets in
            let lists = (0..<2).map { side -> [UInt32] in
                let first = UInt32(meets ? 0 : side * count)
                let names = (first..<(first + UInt32(count))).flatMap { name -> [UInt32] in
                    [0, name, 0, 0, 7, 0, 0, 0, 0]
                }
                return names
                    + (0..<UInt32(count)).flatMap { filling -> [UInt32] in
                        [1, filling, UInt32(side), 0, 0, 0, 0, 0, 0]
                    }
            }
            return try HiddenSlots(
                lists, named: [count, count], slots: count, seed: [UInt8](repeating: 1, count: 32))
        }
        let masked = [UInt64](repeating: 1, count: count * width)
        // This thread's own time, by turns: what else the machine does changes both.
        func now() -> Double {
            var time = timespec()
            clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
            return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
        }
        var least = [Double.infinity, .infinity]
        for turn in 0..<20 {
            let start = now()
            let words = slots[turn % 2].widelyAligned(masked, side: 0, number: 0, width: width)
            least[turn % 2] = min(least[turn % 2], now() - start)
            #expect(words.count == count * width)
        }
        #expect(least[1] < 2 * least[0] && least[0] < 2 * least[1], "\(least)")
    }
}
