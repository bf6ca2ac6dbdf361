import Bytes
import Testing
import VectorMath

@testable import SecretSharing

/// Two holders and a third party that find common keys, without sockets.
private struct MemberWorld {
    let rows: [Int]
    var secrets: [[UInt8]]
    let lists: [ByteStrings]

    /// - Parameter draw: other numbers have other keys of the pairs.
    init(_ one: [String], _ two: [String], rows: [Int], draw: UInt64 = 1) {
        self.rows = rows
        lists = [one, two].map { ByteStrings($0.map(\.utf8)) }
        secrets = (0..<4).map { KeystreamGenerator.key(from: [UInt8](repeating: 5, count: 32), number: 4 * draw + $0) }
    }

    /// Of both holders, and of the second holder and the third party.
    var both: MemberNames { MemberNames(key: secrets[0]) }
    var served: MemberNames { MemberNames(key: secrets[1]) }

    var first: MemberList { MemberList(keys: lists[0], rows: rows[0], under: [both], seed: secrets[2]) }
    var second: MemberList { MemberList(keys: lists[1], rows: rows[1], under: [both, served], seed: secrets[3]) }
    var answers: [UInt128] { served.names(of: first.names) }
    var meeting: MemberList.Meeting { first.meeting(answers: answers, others: second.names) }

    /// What either holder finds.
    var found: [[String]?] {
        let meeting = meeting
        func texts(_ side: Int, _ places: [Int]) -> [String] {
            places.map { String(decoding: lists[side][$0], as: UTF8.self) }
        }
        return [texts(0, meeting.members), second.members(meeting.marks).map { texts(1, $0) }]
    }
}

@Suite("Members that a third party helps to find")
struct MemberListTests {
    private static func keys(_ numbers: some Sequence<Int>) -> [String] { numbers.map { "unit \($0)" } }

    /// SipHash and the keystream have vectors of their own (`KeyedHashTests`, `KeystreamTests`).
    @Test("a name is a block of the keystream that the text's hash numbers, and words are its bytes, the lowest first")
    func made() {
        let key = [UInt8](0..<32)
        var words = KeystreamGenerator(key: key, number: 0)
        let hash = KeyedHash(key: (words.next(), words.next()))
        for text in ["", "a", "k17", String(repeating: "x", count: 300)] {
            let (low, high) = hash.hash(Array(text.utf8))
            var block: [UInt64] = [0, 0]
            Keystream(key: KeystreamGenerator.key(from: key, number: 1), nonce: high).fill(&block, fromBlock: low)
            let names = MemberNames(key: key).names(of: ByteStrings([text.utf8]))
            #expect(MemberNames.words(of: names) == ItemPiece.words(of: block))
            #expect(MemberNames.names(ofWords: MemberNames.words(of: names + [1] + names)) == names + [1] + names)
            #expect(MemberNames(key: key).names(of: [UInt128(high) << 64 | UInt128(low)]) == names)
        }
    }

    @Test("both holders find the keys that a Set finds, each in its own order, however the lists lie")
    func sets() {
        var generator = SplitMix64(state: 3)
        var cases: [([Int], [Int], [Int])] = [
            ([], [], [0, 0]), ([], [], [3, 2]), ([], [1], [0, 1]), ([1], [], [40, 900]), ([1], [1], [1, 1]),
            ([1], [2], [1, 1]), ([1, 2], [2, 1], [2, 2]), (Array(0..<33), Array(0..<33), [33, 33]),
            (Array(0..<40), Array(50..<90), [64, 40]), (Array(10..<20), Array(0..<100), [2_000, 100]),
            (Array(0..<100), Array(10..<20), [100, 33]),
        ]
        for _ in 0..<60 {
            func list() -> [Int] {
                Array(
                    Set(
                        (0..<Int.random(in: 0...80, using: &generator)).map { _ in
                            Int.random(in: 0..<100, using: &generator)
                        }))
            }
            let lists = (list().shuffled(using: &generator), list().shuffled(using: &generator))
            cases.append(
                (lists.0, lists.1, [lists.0.count + Int.random(in: 0...70, using: &generator), lists.1.count]))
        }
        for (place, (one, two, rows)) in cases.enumerated() {
            let world = MemberWorld(Self.keys(one), Self.keys(two), rows: rows, draw: UInt64(place))
            #expect(world.found[0] == Self.keys(one.filter(Set(two).contains)), "\(one) \(two)")
            #expect(world.found[1] == Self.keys(two.filter(Set(one).contains)), "\(one) \(two)")
            #expect(world.first.names.count == rows[0] && world.second.names.count == rows[1])
        }
    }

    @Test("keys that begin alike, are empty or long are different keys")
    func texts() {
        let texts = [
            "", "a", "a\0", "a\0\0", "ab", String(repeating: "x", count: 64), String(repeating: "x", count: 65),
        ]
        for one in texts {
            for two in texts {
                let found = MemberWorld([one], [two], rows: [2, 2]).found
                #expect(found == (one == two ? [[one], [two]] : [[], []]))
            }
        }
    }

    @Test("what is sent is the same at each start, whatever the order of the file, and other under another key")
    func again() {
        let world = MemberWorld(Self.keys(0..<50), Self.keys(20..<90), rows: [60, 80])
        let turned = MemberWorld(Self.keys((0..<50).reversed()), Self.keys((20..<90).shuffled()), rows: [60, 80])
        #expect(world.first.names == turned.first.names && world.second.names == turned.second.names)
        #expect(world.meeting.marks == turned.meeting.marks)
        let other = MemberWorld(Self.keys(0..<50), Self.keys(20..<90), rows: [60, 80], draw: 2)
        #expect(Set(world.first.names).isDisjoint(with: other.first.names))
        #expect(Set(world.second.names).isDisjoint(with: other.second.names))
        // Fillings alone, under the holder's own seed.
        var filled = world
        filled.secrets[2][0] ^= 1
        #expect(Set(filled.first.names).intersection(world.first.names).count == 50)
    }

    /// Sixteen places of eight bits, and the order, which is that of the names.
    private static func bias(_ names: [UInt128]) -> Double {
        (0..<16).map { byte in
            var bins = [Double](repeating: 0, count: 64)
            for name in names { bins[Int(truncatingIfNeeded: name >> UInt128(8 * byte + 2)) & 63] += 1 }
            let expected = Double(names.count) / 64
            return bins.reduce(0) { $0 + ($1 - expected) * ($1 - expected) / expected }
        }.max() ?? 0
    }

    /// Above 130 a χ² of 63 degrees of freedom comes once in a million, of 16 bytes once in 60,000; keys are fixed. A byte of which
    /// one of 64 values comes 1.25 times as often as it should has a mean of 63 + 32,000 · (0.25/64)² · 64 = 94 and is found
    /// in one of ten; at 1.5 times it is 188, and found.
    @Test(
        "each list is uniform and each name stands there once, in ascending order, whether keys or fillings are in it")
    func uniform() {
        let numbers = (0..<32_000)
        for (one, two) in [
            (Self.keys(numbers), Self.keys(numbers)), ([], []),
            (Self.keys(numbers), Self.keys(numbers.map { -1 - $0 })),
        ] {
            let world = MemberWorld(one, two, rows: [32_000, 32_000])
            for names in [world.first.names, world.answers, world.second.names] {
                #expect(Self.bias(names) < 130)
                #expect(Set(names).count == 32_000)
            }
            #expect(MemberList.isRight(world.first.names) && MemberList.isRight(world.second.names))
        }
    }

    /// What the third party sees is a list of names. Were fillings known by anything, or were the order that of the file, keys would
    /// lie elsewhere than fillings: a sum of ranks of 200 keys among 400 has a deviation of 1,155.
    @Test("keys lie anywhere among fillings, in either list")
    func places() {
        var sums = [0.0, 0.0]
        for draw in 0..<40 {
            let world = MemberWorld(Self.keys(0..<200), Self.keys(0..<200), rows: [400, 400], draw: UInt64(draw))
            let named = Set(world.both.names(of: world.lists[0]))
            for (side, names) in [Set(named), Set(world.served.names(of: Array(named)))].enumerated() {
                let list = side == 0 ? world.first.names : world.second.names
                sums[side] += list.indices.reduce(0.0) { $0 + (names.contains(list[$1]) ? Double($1) : 0) }
            }
        }
        // 40 draws: a deviation of 7,303 about 1,596,000; five of them once in two million.
        for sum in sums { #expect(abs(sum - 40 * 200 * 199.5) < 36_500, "\(sum)") }
    }

    /// The first holder has names of all its keys, the second one's list, and the third party's answers to its own list alone. Of a key
    /// that it has not, a name in the second list tells it nothing without the function's key: to make it, its own names, or any
    /// function of the answers to other keys, is not enough.
    @Test(
        "of the second list the first holder finds again what it has too, and nothing by names that it can make itself")
    func firstHolder() {
        let world = MemberWorld(Self.keys(0..<300), Self.keys(150..<450), rows: [300, 300])
        let others = Set(world.second.names)
        #expect(others.intersection(world.answers).count == 150)
        // All keys of the world, under all that it can make.
        let all = ByteStrings(Self.keys(0..<1_000).map(\.utf8))
        let names = world.both.names(of: all)
        #expect(others.isDisjoint(with: names) && others.isDisjoint(with: world.both.names(of: names)))
        #expect(others.isDisjoint(with: MemberNames(key: world.secrets[2]).names(of: names)))
    }

    @Test("of the first list the second holder gets marks of its own list: the same ones whatever else is in it")
    func secondHolder() {
        let two = Self.keys(100..<200)
        let marks = [Self.keys(0..<150), Self.keys(100..<150), Self.keys((100..<150).map { $0 } + [9_000])].map {
            MemberWorld($0, two, rows: [150, 120]).meeting.marks
        }
        #expect(Set(marks).count == 1 && marks[0].count == 4)
        #expect(marks[0].reduce(0) { $0 + $1.nonzeroBitCount } == 50)
    }

    @Test("a mark of a filling, a mark behind the list and marks of another length are no members")
    func refused() {
        let world = MemberWorld(Self.keys(0..<5), Self.keys(0..<5), rows: [5, 40])
        let (list, marks) = (world.second, world.meeting.marks)
        #expect(list.members(marks) == Array(0..<5))
        let filling = (0..<40).first { marks[$0 / 32] >> UInt32($0 % 32) & 1 == 0 }!
        for place in [filling, 40, 63] {
            var wrong = marks
            wrong[place / 32] |= 1 << UInt32(place % 32)
            #expect(list.members(wrong) == nil)
        }
        #expect(list.members(Array(marks.dropLast())) == nil && list.members(marks + [0]) == nil)
        #expect(
            !MemberList.isRight([1, 1]) && !MemberList.isRight([2, 1]) && MemberList.isRight([])
                && MemberList.isRight([7]))
    }

    @Test("a function of another key, a list of another task, and answers of another order find nobody")
    func others() {
        let world = MemberWorld(Self.keys(0..<50), Self.keys(0..<50), rows: [60, 60])
        let other = MemberWorld(Self.keys(0..<50), Self.keys(0..<50), rows: [60, 60], draw: 2)
        #expect(world.meeting.members.count == 50)
        #expect(
            world.first.meeting(answers: other.served.names(of: world.first.names), others: world.second.names).members
                == [])
        #expect(world.first.meeting(answers: world.answers, others: other.second.names).members == [])
        let turned = world.first.meeting(answers: world.answers.reversed(), others: world.second.names)
        #expect(turned.members != Array(0..<50))
    }
}
