import Foundation
import Testing
import VectorMath

@testable import SecretSharing

/// Two tables of one-hot codes among three parties, without sockets.
struct SharedPairWorld {
    let sizes: [[Int]]
    let rows: Int
    /// Row by row.
    var tables: [[UInt32]]
    /// Of the mask of each table: the third party and the holder have it.
    var keys = [[UInt8](repeating: 1, count: 32), [UInt8](repeating: 2, count: 32)]

    init(rows: Int = 600, sizes: [[Int]] = [[3, 5], [4, 2, 1]], seed: UInt64 = 1) {
        self.sizes = sizes
        self.rows = rows
        var generator = SplitMix64(state: seed)
        tables = sizes.map { groups in
            (0..<rows).flatMap { _ in
                groups.flatMap { size -> [UInt32] in
                    let hot = Int(generator.next() % UInt64(size))
                    return (0..<size).map { $0 == hot ? 1 : 0 }
                }
            }
        }
    }

    func width(_ side: Int) -> Int { sizes[side].reduce(0, +) }

    func mask(_ side: Int) -> [UInt32] {
        let stream = FieldStream(key: keys[side], number: 0, pieceWords: FieldStream.pieceRows * width(side))
        return (0..<((rows + 255) / 256)).flatMap { stream.piece($0, count: min(256, rows - 256 * $0) * width(side)) }
    }

    func masked(_ side: Int) -> [UInt32] {
        zip(tables[side], mask(side)).map { PrimeField.element(Int64($0) - Int64($1)) }
    }

    /// What party 0, 1 or 2 has.
    func pair(_ party: Int) -> SharedPair {
        let parts: [TablePart] = (0..<2).map { side in
            party == 2 ? .mask(keys[side]) : party == side ? .own(keys[side]) : .masked(masked(side))
        }
        return SharedPair(number: 0, rows: rows, sizes: sizes, parts: parts)
    }

    /// The first holder's own part: its rows with the other's masked ones.
    func ownProducts() -> [UInt32] { Self.product(tables[0], width(0), masked(1), width(1)) }

    static func product(_ one: [UInt32], _ left: Int, _ two: [UInt32], _ right: Int) -> [UInt32] {
        var sums = [UInt32](repeating: 0, count: left * right)
        for row in 0..<(one.count / left) {
            for i in 0..<left where one[row * left + i] != 0 {
                for j in 0..<right {
                    sums[i * right + j] = PrimeField.sum(
                        sums[i * right + j], PrimeField.product(one[row * left + i], two[row * right + j]))
                }
            }
        }
        return sums
    }

    /// The sums of all parts of the form, for the same coins.
    func form() -> [Int64] {
        let parts = (0..<3).map { party in
            pair(party).form([1, 2, 3]) { challenge, _ in
                var sums = [UInt32](repeating: 0, count: 2 * FormChallenge.tests)
                let (u, v) = (mask(party), masked(party))
                for piece in 0..<((rows + 255) / 256) {
                    let range = (256 * piece * width(party))..<(min(rows, 256 * (piece + 1)) * width(party))
                    let terms = challenge.crossTerms(Array(u[range]), Array(v[range]), piece: piece)
                    sums = zip(sums, terms).map { PrimeField.sum($0, $1) }
                }
                return sums
            }
        }
        return parts[0].indices.map { place in
            PrimeField.number(PrimeField.element(parts.reduce(0) { $0 + $1[place] }))
        }
    }
}

@Suite("Tables shared among three parties")
struct SharedPairTests {
    @Test("the three parts of the products sum to the tables of counts, for any number of rows")
    func products() {
        for rows in [0, 1, 255, 256, 257, 600] {
            let world = SharedPairWorld(rows: rows)
            let parts = (0..<3).map { world.pair($0).products() } + [world.ownProducts()]
            let sums = parts[0].indices.map { place in parts.reduce(0) { PrimeField.sum($0, $1[place]) } }
            #expect(sums == SharedPairWorld.product(world.tables[0], 8, world.tables[1], 7))
        }
    }

    @Test("a product of any elements is exact, also where rows are many and large")
    func exact() {
        var generator = SplitMix64(state: 8)
        let (left, right, rows) = (5, 3, 256 * 520)
        func elements(_ count: Int) -> [UInt32] {
            (0..<count).map { _ in
                let word = generator.next()
                // The ends of the range as often as what lies between them.
                let ends: [UInt32] = [0, 1, PrimeField.modulus - 1, 0x4000_0000, 0x3FFF_FFFF, PrimeField.reduced(word)]
                return ends[Int(word % 6)]
            }
        }
        var product = FieldProduct(left: left, right: right)
        var expected = [UInt32](repeating: 0, count: left * right)
        for _ in 0..<(rows / 256) {
            let (one, two) = (elements(256 * left), elements(256 * right))
            product.add(one, two)
            expected = zip(expected, SharedPairWorld.product(one, left, two, right)).map { PrimeField.sum($0, $1) }
        }
        #expect(product.elements == expected)
    }

    @Test("what each party sees of another's table is uniform, and says nothing of it")
    func views() {
        // All rows the same, and all rows another one: what goes out has one law.
        for hot in [0, 7] {
            var world = SharedPairWorld(rows: 5_000)
            world.tables[0] = (0..<5_000).flatMap { _ in (0..<8).map { $0 == hot ? 1 : 0 } }
            let masked = world.masked(0)
            var bins = [Double](repeating: 0, count: 64)
            for element in masked { bins[Int(element >> 25)] += 1 }
            let expected = Double(masked.count) / 64
            let distance = bins.reduce(0) { $0 + ($1 - expected) * ($1 - expected) / expected }
            // The keys are fixed, and with them the figure.
            #expect(distance < 130, "\(distance)")
            // One column alone as well.
            var sum = 0.0
            for place in stride(from: hot, to: masked.count, by: 8) { sum += Double(masked[place]) }
            #expect(abs(sum / Double(PrimeField.modulus) / 5_000 - 0.5) < 0.03)
        }
    }

    @Test("tables of one-hot rows pass, and one that weighs a row a thousandfold is named")
    func form() {
        var world = SharedPairWorld()
        #expect(world.form() == [Int64](repeating: 0, count: 8))
        #expect(SharedPair.malformed(world.form()) == nil)
        for side in 0..<2 {
            for value: UInt32 in [0, 2, 1_000, PrimeField.modulus - 1] {
                var spoilt = world
                spoilt.tables[side][spoilt.tables[side].lastIndex(of: 1)!] = value
                #expect(SharedPair.malformed(spoilt.form()) == side)
            }
        }
        // Two values in one row.
        world.tables[1].replaceSubrange(0..<4, with: [1, 1, 0, 0])
        #expect(SharedPair.malformed(world.form()) == 1)
    }

    @Test("planted: a part left out, two masks of one key and a row without a value are seen in figures or views")
    func planted() {
        let world = SharedPairWorld()
        let right = SharedPairWorld.product(world.tables[0], 8, world.tables[1], 7)
        let parts = (0..<3).map { world.pair($0).products() } + [world.ownProducts()]
        for out in 1..<4 {
            let sums = parts[0].indices.map { place in
                parts.indices.reduce(0) { $1 == out ? $0 : PrimeField.sum($0, parts[$1][place]) }
            }
            #expect(zip(sums, right).filter { $0 == $1 }.count < 3)
        }
        // The same key for two tables: the difference of what goes out is that of the tables.
        var other = world
        other.tables[0] = SharedPairWorld(seed: 2).tables[0]
        let differences = zip(world.masked(0), other.masked(0)).map {
            PrimeField.number(PrimeField.element(Int64($0) - Int64($1)))
        }
        #expect(differences.allSatisfy { abs($0) <= 1 })
    }

    // MARK: - What comes

    private func piece(_ number: Int, _ words: [UInt32], of item: String = "columns 0 x") -> ItemPiece {
        ItemPiece(task: SumWorld.task, item: ItemIntake.digest(of: item), number: number, words: words)
    }

    @Test("pieces that are late, twice, cut, too long, of another item or no elements are refused or change nothing")
    func intake() throws {
        var intake = ItemIntake("columns 0 x", count: 10, pieceWords: 4, kind: .field)
        let words: [UInt32] = (0..<10).map { $0 }
        #expect(throws: SumRefusal.otherPiece(from: "Bank")) {
            try intake.receive(piece(1, Array(words[4..<8])), from: "Bank")
        }
        try intake.receive(piece(0, Array(words[0..<4])), from: "Bank")
        try intake.receive(piece(0, [9, 9, 9, 9]), from: "Bank")
        for wrong in [
            piece(1, Array(words[4..<7])), piece(1, Array(words[4..<9])), piece(1, []), piece(3, [1]),
            piece(1, Array(words[4..<8]), of: "columns 1 x"),
        ] {
            #expect(throws: SumRefusal.otherPiece(from: "Bank")) { try intake.receive(wrong, from: "Bank") }
        }
        #expect(throws: SumRefusal.unreadable(from: "Bank")) {
            try intake.receive(piece(1, [1, 2, 3, PrimeField.modulus]), from: "Bank")
        }
        try intake.receive(piece(1, Array(words[4..<8])), from: "Bank")
        #expect(!intake.isComplete && intake.pieces == 2)
        try intake.receive(piece(2, Array(words[8...])), from: "Bank")
        #expect(intake.isComplete && intake.pieces == 3)
        #expect(intake.takeWords() == words)
    }

    @Test("requests and pieces are read as they were written, and cut ones are none")
    func wire() {
        let request = SumMessage.request(ItemRequest(task: "ab", item: "points", from: 3))
        let piece = SumMessage.piece(piece(7, [1, 2, 0xFFFF_FFFF]))
        for message in [request, piece] {
            #expect(SumMessage(bytes: message.bytes) == message)
            #expect(SumMessage(bytes: message.bytes.dropLast()) != message)
        }
        #expect(SumMessage(bytes: Array(piece.bytes.prefix(70))) == nil)
        #expect(SumMessage(bytes: SumMessage.request(ItemRequest(task: "ab", item: "x", from: -1)).bytes) == nil)
        let bytes: [UInt8] = [1, 2, 3, 4, 255, 0, 0, 128]
        #expect(ItemPiece.bytes(of: ItemPiece.words(of: bytes)) == bytes)
    }

    @Test("a request or a piece of another task, or before a greeting, is refused by name")
    func otherTask() throws {
        var world = SumWorld(3)
        let request = SumMessage.request(
            ItemRequest(task: String(repeating: "07", count: 32), item: "points", from: 0))
        #expect(throws: SumRefusal.notGreeted(from: "office1")) { try world.offices[0].receive(request, from: 1) }
        try world.greet()
        try world.offices[0].receive(request, from: 1)
        let other = SumMessage.request(ItemRequest(task: String(repeating: "08", count: 32), item: "points", from: 0))
        #expect(throws: SumRefusal.self) { try world.offices[0].receive(other, from: 1) }
        var strange = piece(0, [1])
        strange.task = [UInt8](repeating: 8, count: 32)
        #expect(throws: SumRefusal.self) { try world.offices[0].receive(.piece(strange), from: 1) }
    }

    // MARK: - Sums in the field

    @Test("parts in the field sum to the figure nearest to zero, whatever their integers are")
    func fieldSums() throws {
        let p = Int64(PrimeField.modulus)
        var world = SumWorld(3, group: .field)
        try world.greet()
        let first: [Int64] = [5, p - 1, p - 4, -9]
        let second: [Int64] = [p - 3, p - 1, 0, p]
        let third: [Int64] = [-4, 3 * p + 1, 0, 9]
        let parts = [first, second, third]
        let totals = try world.round(
            parts, question: "one")
        for total in totals { #expect(total == [-2, -1, -4, 0]) }
        // Each message is uniform in the field: no part shows, nor by how much the parts together pass p.
        let next = try world.shares(
            [[Int64]](repeating: [Int64](repeating: 0, count: 20_000), count: 3), question: "two")
        for share in next {
            #expect(share.values.allSatisfy { 0 <= $0 && $0 < p })
            let sum = share.values.reduce(0.0) { $0 + Double($1) }
            #expect(abs(sum / Double(p) / 20_000 - 0.5) < 0.02)
        }
        // A value outside of it is refused.
        var wrong = next[1]
        wrong.values[0] = p
        try world.carry(.share(wrong), from: 1, to: 0)
        try world.carry(.share(next[2]), from: 2, to: 0)
        #expect(throws: SumRefusal.unreadable(from: "office1")) { _ = try world.offices[0].total() }
    }

    @Test("sums of values are added modulo 2⁶¹ − 1, in rounds among those of counts")
    func wideSums() throws {
        let p = Int64(WideField.modulus)
        var world = SumWorld(3, group: .wideField)
        try world.greet()
        let parts: [[Int64]] = [[5, p - 1, 1 << 58, -9], [p - 3, p - 1, 1 << 58, p], [-4, 1, -(1 << 59), 9]]
        for total in try world.round(parts, question: "one") { #expect(total == [-2, -1, 0, 0]) }
        let next = try world.shares(
            [[Int64]](repeating: [Int64](repeating: 0, count: 20_000), count: 3), question: "two")
        for share in next {
            #expect(share.values.allSatisfy { 0 <= $0 && $0 < p })
            let sum = share.values.reduce(0.0) { $0 + Double($1) }
            #expect(abs(sum / Double(p) / 20_000 - 0.5) < 0.02)
        }
        var wrong = next[1]
        wrong.values[0] = p
        try world.carry(.share(wrong), from: 1, to: 0)
        try world.carry(.share(next[2]), from: 2, to: 0)
        #expect(throws: SumRefusal.unreadable(from: "office1")) { _ = try world.offices[0].total() }
        var intake = ItemIntake("columns 0 x", count: 8, pieceWords: 4, kind: .wideField)
        let words = ItemPiece.words(of: [1, WideField.modulus - 1] as [UInt64])
        #expect(ItemPiece.wide(of: words) == [1, WideField.modulus - 1])
        try intake.receive(piece(0, words), from: "Bank")
        #expect(throws: SumRefusal.unreadable(from: "Bank")) {
            try intake.receive(piece(1, ItemPiece.words(of: [WideField.modulus, 0] as [UInt64])), from: "Bank")
        }
    }

    @Test("two parties have one key for a purpose, another pair another one, and none before a greeting")
    func keys() throws {
        var world = SumWorld(3)
        #expect(throws: SumRefusal.notGreeted(from: "office1")) { try world.offices[0].key(with: 1, for: "mask") }
        try world.greet()
        let key = try world.offices[0].key(with: 1, for: "mask")
        #expect(try key == world.offices[1].key(with: 0, for: "mask"))
        #expect(try key != world.offices[0].key(with: 2, for: "mask"))
        #expect(try key != world.offices[0].key(with: 1, for: "rows"))
        #expect(key.count == 32)
    }
}
