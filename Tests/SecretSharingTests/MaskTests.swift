import Foundation
import Testing
import VectorMath

@testable import SecretSharing

/// Masks that somebody in a hurry would make.
enum MaskBug: String, CaseIterable, Sendable {
    /// The same words in every round.
    case reused
    /// The words of another question of the same round.
    case questionIgnored
    /// Half of each word.
    case short
    /// None.
    case absent
    /// Every pair has the same words.
    case shared

    @TaskLocal static var active: MaskBug?
}

extension PairSecret {
    @_dynamicReplacement(for:mask(round:question:count:))
    func wrongMask(round: Int, question: [UInt8], count: Int) throws -> [UInt64] {
        switch MaskBug.active {
        case .reused: try mask(round: 0, question: [], count: count)
        case .questionIgnored: try mask(round: round, question: [], count: count)
        case .short: try mask(round: round, question: question, count: count).map { $0 >> 32 }
        case .absent: [UInt64](repeating: 0, count: count)
        case .shared: (0..<count).map { UInt64($0 &+ round) &* 0x9E37_79B9_7F4A_7C15 }
        case nil: try mask(round: round, question: question, count: count)
        }
    }
}

/// What each office, and any four of five together, see of the others.
struct SumViews {
    private static let cells = 20_000

    /// What is wrong with the views; nothing where each is uniform and says nothing of a part but the total.
    static func faults() throws -> [String] {
        var faults: [String] = []
        var world = SumWorld(5)
        try world.greet()
        let nothing = [[Int64]](repeating: [Int64](repeating: 0, count: cells), count: 5)
        let first = try world.shares(nothing, question: "one")
        for from in world.offices.indices {
            for to in world.offices.indices where to != from {
                try world.carry(.share(first[from]), from: from, to: to)
            }
        }
        for place in world.offices.indices where try world.offices[place].total() != nothing[0] {
            faults.append("the masks do not cancel")
        }
        let second = try world.shares(nothing, question: "two")
        for place in first.indices {
            if !isUniform(first[place].values) { faults.append("a message is not uniform") }
            // A mask that covers two figures shows their difference.
            if !isUniform(zip(first[place].values, second[place].values).map { $0 &- $1 }) {
                faults.append("two messages of one office depend on each other")
            }
        }
        // What is left for an office that takes its own masks off another's message.
        for watcher in first.indices {
            for other in first.indices where other != watcher {
                let pair = [min(watcher, other), max(watcher, other)].map { world.names[$0] }.joined(separator: "\0")
                let secret = try world.keys[watcher].secret(
                    with: world.keys[other].publicKey, pair: SumWorld.task + Array(pair.utf8))
                let words = try secret.mask(round: 0, question: first[other].question, count: cells)
                let sign: Int64 = other < watcher ? 1 : -1
                let left = zip(first[other].values, words).map { $0 &- sign &* Int64(bitPattern: $1) }
                if !isUniform(left) { faults.append("an office sees through another's masks") }
            }
        }
        // The same round with another question, as after a change of the program.
        var again = SumWorld(2)
        try again.greet()
        var (one, two) = (again.offices[0], again.offices[0])
        let half = Array(nothing[0].prefix(2_000))
        let (a, b) = (try one.share(half, question: "one").values, try two.share(half, question: "two").values)
        if zip(a, b).allSatisfy({ $0 == $1 }) { faults.append("two questions have one mask") }
        return faults
    }

    /// χ² of the bytes: 160,000 of them in 256 cells. 255 + 6.2·√510 = 395: a right mask exceeds it with probability below
    /// 10^-7 (Wilson and Hilferty), some 70 times a run. A byte value that is 5 % too frequent in all places adds 1.6 for each; bytes of one
    /// value alone give 4·10^7.
    private static func isUniform(_ values: [Int64]) -> Bool {
        var counts = [Double](repeating: 0, count: 256)
        for value in values { for byte in SumBytes.word(UInt64(bitPattern: value)) { counts[Int(byte)] += 1 } }
        let expected = Double(values.count * 8) / 256
        return counts.reduce(0) { $0 + ($1 - expected) * ($1 - expected) / expected } < 395
    }
}

@Suite("Masks")
struct MaskTests {
    @Test("masks cancel: every office gets the sum, whatever the parts, to the last integer", arguments: 2...8)
    func cancel(count: Int) throws {
        var world = SumWorld(count)
        try world.greet()
        for round in 0..<3 {
            let parts = SumWorld.parts(count, 37, UInt64(round + 10 * count))
            let totals = try world.round(parts, question: "question \(round)")
            #expect(totals == [[Int64]](repeating: SumWorld.sum(parts), count: count))
        }
    }

    @Test("each office's view is uniform but for the total, and so is that of any who take their own masks off")
    func views() throws {
        #expect(try SumViews.faults() == [])
    }

    @Test("every planted bug is seen in a view", arguments: MaskBug.allCases)
    func planted(bug: MaskBug) throws {
        #expect(try !MaskBug.$active.withValue(bug) { try SumViews.faults() }.isEmpty)
    }

    @Test("a key comes back from its bytes, and a public key of zeros makes no secret")
    func keys() throws {
        let key = MaskKey()
        #expect(try MaskKey(rawRepresentation: key.rawRepresentation).publicKey == key.publicKey)
        #expect(throws: (any Error).self) { try key.secret(with: [UInt8](repeating: 0, count: 32), pair: []) }
        #expect(throws: (any Error).self) { try key.secret(with: [1, 2, 3], pair: []) }
        let other = MaskKey()
        let (one, two) = (
            try key.secret(with: other.publicKey, pair: [1]), try other.secret(with: key.publicKey, pair: [1])
        )
        #expect(try one.mask(round: 3, question: [5], count: 9) == two.mask(round: 3, question: [5], count: 9))
        #expect(
            try one.mask(round: 3, question: [5], count: 9)
                != key.secret(with: other.publicKey, pair: [2]).mask(round: 3, question: [5], count: 9))
    }

    @Test("words and bytes are each other's inverse")
    func bytes() {
        let values: [Int64] = [0, 1, -1, .max, .min, 0x0102_0304_0506_0708]
        #expect(SumBytes.words(SumBytes.bytes(values)).map { Int64(bitPattern: $0) } == values)
        #expect(SumBytes.bytes([0x0102_0304_0506_0708]) == [8, 7, 6, 5, 4, 3, 2, 1])
    }
}
