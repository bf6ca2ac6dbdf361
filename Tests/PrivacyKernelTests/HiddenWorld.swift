import Domains
import Foundation
import SecretSharing
import Synchronization
@_spi(PrivateRows) import Tables
import VectorMath

@testable import PlantedBugs
@testable import PrivacyKernel

/// Two holders of columns and a third party in one test, none of whom knows whose keys both holders have: messages as in real life,
/// carried by the test.
final class HiddenWorld: @unchecked Sendable {
    private let condition = NSCondition()
    private let gathering = Gathering(count: 3)
    private var messages: [String: [UInt32]] = [:]
    let terms: HiddenTerms
    private let seed: UInt8
    /// Changes a message on its way.
    private let spoil: @Sendable (String, [UInt32]) -> [UInt32]

    /// Whether a message was changed.
    private(set) var isSpoilt = false

    /// All that was sent, by what it is and whom it went to.
    var seen: [String: [UInt32]] {
        condition.lock()
        defer { condition.unlock() }
        return messages
    }

    init(
        _ terms: HiddenTerms, seed: UInt8 = 0, spoil: @escaping @Sendable (String, [UInt32]) -> [UInt32] = { $1 }
    ) {
        self.terms = terms
        self.seed = seed
        self.spoil = spoil
    }

    func party(_ place: Int) -> any HiddenSharing { Party(world: self, place: place) }

    func keys(_ side: Int) -> HiddenKeys {
        HiddenKeys(
            common: [UInt8](repeating: 7 &+ seed, count: 32),
            own: [UInt8](repeating: UInt8(20 + side) &+ seed, count: 32)
        )
    }

    private func put(_ words: [UInt32], _ name: String) {
        condition.lock()
        let spoilt = spoil(name, words)
        if spoilt != words { isSpoilt = true }
        messages[name] = spoilt
        condition.broadcast()
        condition.unlock()
    }

    private func get(_ name: String) -> [UInt32] {
        condition.lock()
        defer { condition.unlock() }
        while messages[name] == nil { condition.wait() }
        return messages[name] ?? []
    }

    struct Malformed: Error {
        let what: PartedTables.Malformed
    }

    private struct Party: HiddenSharing {
        let world: HiddenWorld
        let place: Int
        var holders: NoiseHolders { NoiseHolders(count: 3, colluding: 1) }
        var side: Int? { place < 2 ? place : nil }
        var keys: HiddenKeys? { side.map { world.keys($0) } }
        private var terms: HiddenTerms { world.terms }

        func open(_ part: [Int64], question: String) throws -> [Int64] {
            let elements = part.map { Int64(PrimeField.element($0)) }
            return world.gathering.add(elements, question).map { PrimeField.number(PrimeField.element($0)) }
        }

        private var party: HiddenParty {
            let pairKeys = [0: [1, 2], 1: [1, 3], 2: [2, 3]][place] ?? []
            let peers = (0..<3).filter { $0 != place }
            return HiddenParty(
                place: place, slots: terms.slots,
                keys: Dictionary(
                    uniqueKeysWithValues: zip(peers, pairKeys).map {
                        ($0, [UInt8](repeating: UInt8(100 + $1) &+ world.seed, count: 32))
                    }))
        }

        /// What the third party makes of both lists.
        private func slots() throws -> HiddenSlots {
            let slots = try HiddenSlots(
                [0, 1].map { world.get("list \($0) to 2") }, named: [0, 1].map { terms.named($0) },
                slots: terms.slots, seed: [UInt8](repeating: 60 &+ world.seed, count: 32))
            for side in 0..<2 { world.put(slots.places[side], "places \(side) to \(1 - side)") }
            return slots
        }

        /// Of the other holder's list: the place in each slot, and its masks.
        private func others(_ own: HiddenTable, _ side: Int) -> (places: [UInt32], masks: RowMasks) {
            world.put(own.list.words, "list \(side) to 2")
            let other = 1 - side
            return (
                world.get("places \(other) to \(side)"),
                RowMasks(key: world.keys(side).masks[other], places: terms.places(other))
            )
        }

        func openWide(_ part: [Int64], question: String) throws -> [Int64] {
            let elements = part.map { Int64(WideField.element($0)) }
            return world.gathering.add(elements, question).map { WideField.number(WideField.element($0)) }
        }

        func products(
            _ number: Int, columns: [WeightedColumns], tables: [GroupPair], own: HiddenTable?
        ) throws -> [[UInt64]] {
            func put(_ words: [UInt64], _ name: String) { world.put(ItemPiece.words(of: words), "wide " + name) }
            func get(_ name: String) -> [UInt64] { ItemPiece.wide(of: world.get("wide " + name)) }
            let party = party
            var sums: [Int: [UInt64]] = [:]
            if let side, let own {
                let (places, masks) = others(own, side)
                put(
                    (0..<own.pieces).flatMap { own.widelyMasked(number: number, piece: $0) },
                    "rows \(number) \(side) to 2")
                let other = 1 - side
                let turned = (0..<party.pieces).flatMap {
                    party.widelyTurned(
                        places, masks, number: number, width: columns[other].width, piece: $0)
                }
                put(turned, "turned \(number) \(other) to 2")
                sums[other] = WidePartedTables.sum(turned, get("placed \(number) \(other) to \(side)"))
            } else {
                let slots = try slots()
                for side in 0..<2 {
                    let width = columns[side].width
                    let aligned = slots.widelyAligned(
                        get("rows \(number) \(side) to 2"), side: side, number: number, width: width)
                    let placed = (0..<party.pieces).flatMap {
                        party.widelyPlaced(aligned, side: side, number: number, width: width, piece: $0)
                    }
                    put(placed, "placed \(number) \(side) to \(1 - side)")
                    sums[side] = WidePartedTables.sum(placed, get("turned \(number) \(side) to 2"))
                }
            }
            let parted = party.wideTables(number, columns: columns, sums: sums)
            let form = try openWide(parted.form([4, 5]), question: "form \(number) \(columns.map(\.sizes))")
            if let what = PartedTables.malformed(form) { throw Malformed(what: what) }
            return parted.products(tables.map { ($0.first, $0.second) })
        }

        func counts(
            _ number: Int, sizes: [[Int]], pairs: [GroupPair], own: HiddenTable?
        ) throws -> HiddenCounts {
            let widths = sizes.map { $0.reduce(0, +) }
            let party = party
            var sums: [Int: [UInt32]] = [:]
            if let side, let own {
                let (places, masks) = others(own, side)
                world.put(
                    (0..<own.pieces).flatMap { own.masked(number: number, piece: $0) }, "rows \(number) \(side) to 2")
                let other = 1 - side
                let turned = (0..<party.pieces).flatMap {
                    party.turned(places, masks, number: number, width: widths[other], piece: $0)
                }
                world.put(turned, "turned \(number) \(other) to 2")
                sums[other] = PartedTables.sum(turned, world.get("placed \(number) \(other) to \(side)"))
            } else {
                let slots = try slots()
                for side in 0..<2 {
                    let aligned = slots.aligned(
                        world.get("rows \(number) \(side) to 2"), side: side, number: number, width: widths[side])
                    let placed = (0..<party.pieces).flatMap {
                        party.placed(aligned, side: side, number: number, width: widths[side], piece: $0)
                    }
                    world.put(placed, "placed \(number) \(side) to \(1 - side)")
                    sums[side] = PartedTables.sum(placed, world.get("turned \(number) \(side) to 2"))
                }
            }
            let tables = party.tables(number, sizes: sizes, sums: sums)
            if let what = PartedTables.malformed(try open(tables.form([4, 5]), question: "form \(number) \(sizes)")) {
                throw Malformed(what: what)
            }
            let counts = tables.counts(pairs.map { ($0.first, $0.second) })
            return HiddenCounts(
                sums: counts.sums,
                tables: Dictionary(uniqueKeysWithValues: zip(pairs, counts.products)))
        }
    }
}

extension HiddenWorld {
    /// A holder's table: for each row its key, and the code of each column.
    typealias Table = [(key: Int, codes: [Int])]

    /// As a file has it.
    static func table(_ rows: Table, sizes: [Int]) throws -> KeyedTable {
        let fields = sizes.enumerated().map { place, size in
            Field(
                name: "c\(place)", type: .string, categories: (0..<size).map(String.init),
                constraints: Constraints(required: true))
        }
        let names = ["id"] + sizes.indices.map { "c\($0)" }
        let lines = rows.map { ([$0.key] + $0.codes).map(String.init).joined(separator: ",") }
        return try read(
            Array(([names.joined(separator: ",")] + lines).joined(separator: "\n").utf8 + [10]),
            TableSchema(fields: [Field(name: "id", type: .string)] + fields), key: KeyRule(columns: ["id"]))
    }

    /// Of both holders together.
    static func domain(_ sizes: [[Int]]) throws -> TableDomain {
        TableDomain.joined(
            try zip(["A", "B"], sizes).map { name, sizes in (name, try table([], sizes: sizes).rows.domain) })
    }

    /// The three parties' sources.
    func sources(_ tables: [Table], sizes: [[Int]]) throws -> [any IntegerSource] {
        let domain = try Self.domain(sizes)
        return try (0..<3).map { place in
            let list =
                try place < 2
                ? HiddenList(
                    (["A", "B"][place], Self.table(tables[place], sizes: sizes[place]).rows), terms, side: place,
                    keys: keys(place)) : nil
            return HiddenColumns(list, of: domain, first: sizes[0].count, terms, party(place))
        }
    }

    /// Rows with random codes, under these keys.
    static func random(_ keys: some Sequence<Int>, sizes: [Int], seed: UInt64) -> Table {
        var generator = SplitMix64(state: seed)
        return keys.map { key in (key, sizes.map { Int(generator.next() % UInt64($0)) }) }
    }

    /// The rows of the inner join, by plain loops.
    static func joined(_ tables: [Table]) -> [[Int]] {
        let others = Dictionary(tables[1].map { ($0.key, $0.codes) }) { first, _ in first }
        return tables[0].compactMap { row in others[row.key].map { row.codes + $0 } }
    }
}
