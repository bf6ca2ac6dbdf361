import Bytes
import Foundation
import Linkage
import Testing

@Suite struct IntersectionTests {
    private let task = [UInt8](repeating: 7, count: 32)

    private func keys(_ numbers: Range<Int>) -> ByteStrings { ByteStrings(numbers.map { "unit-\($0)".utf8 }) }

    private func lists(_ party: IntersectionParty) async throws -> [UInt8] {
        var bytes: [UInt8] = []
        try await party.blindedNames { bytes += $0 }
        return bytes
    }

    private func prints(_ points: [UInt8]) -> PointPrints {
        let prints = PointPrints(capacity: 0)
        prints.append(points)
        return prints
    }

    private func received(_ points: [UInt8]) -> ReceivedPoints {
        let received = ReceivedPoints()
        received.append(points[...])
        return received
    }

    /// Both parties, from lists to outcomes.
    private func meeting(
        _ reveal: IntersectionTerms.Reveal, _ first: ByteStrings, _ second: ByteStrings, noise: (Int, Int) = (0, 0),
        sizes: (Int, Int) = (40, 60)
    ) async throws -> (IntersectionParty.Outcome, IntersectionParty.Outcome) {
        let terms = IntersectionTerms(task: task, reveal: reveal, sizes: (sizes.0, sizes.1))
        let one = try IntersectionParty(terms, role: .listener, keys: first, noise: noise.0)
        let two = try IntersectionParty(terms, role: .joiner, keys: second, noise: noise.1)
        let (fromOne, fromTwo) = (try await lists(one), try await lists(two))
        #expect(fromOne.count == 32 * terms.points(.listener) && fromTwo.count == 32 * terms.points(.joiner))
        var (backToTwo, backToOne): ([UInt8], [UInt8]) = ([], [])
        let seenByOne = try await one.answered(received(fromTwo)) { backToTwo += $0 }
        let seenByTwo = try await two.answered(received(fromOne)) { backToOne += $0 }
        return (try one.common(seenByOne, prints(backToOne)), try two.common(seenByTwo, prints(backToTwo)))
    }

    @Test("members are those that both lists have, for either party in its own order")
    func members() async throws {
        let (one, two) = try await meeting(.members, keys(0..<30), keys(20..<70))
        #expect(one.members == Array(20..<30) && one.estimate == 10)
        #expect(two.members == Array(0..<10) && two.estimate == 10)
        let (none, _) = try await meeting(.members, ByteStrings(), keys(0..<3))
        #expect(none.members == [])
    }

    @Test(
        "a count is the common names, dummies of both and nothing else; what is told keeps the noise of both",
        arguments: [-3, 0, 5])
    func count(noise: Int) async throws {
        let (one, two) = try await meeting(
            .count(epsilon: 1, delta: 1e-3), keys(0..<30), keys(20..<60), noise: (noise, 2))
        let reach = IntersectionTerms(task: task, reveal: .count(epsilon: 1, delta: 1e-3), sizes: (1, 1)).reach
        #expect(reach == 7)
        #expect(one.common == 10 + (reach + noise) + (reach + 2) && two.common == one.common)
        #expect(one.estimate == 10 + 2 + noise && two.estimate == one.estimate)
        #expect(one.members == nil && two.members == nil)
    }

    @Test("who leaves out the other's dummies is found where the count lacks them")
    func missingDummies() async throws {
        let terms = IntersectionTerms(task: task, reveal: .count(epsilon: 1, delta: 1e-3), sizes: (4, 4))
        // Its noise is as large as it can be: all 14 of its dummies are in its list.
        let one = try IntersectionParty(terms, role: .listener, keys: keys(0..<2), noise: 100)
        // A list of other names alone, of the length that is due.
        let other = IntersectionTerms(task: task, reveal: .members, sizes: (32, 32))
        let cheat = try IntersectionParty(other, role: .joiner, keys: keys(0..<2), noise: 0)
        let (fromOne, fromCheat) = (try await lists(one), try await lists(cheat))
        var back: [UInt8] = []
        let seen = try await one.answered(received(fromCheat)) { _ in }
        _ = try await cheat.answered(received(fromOne)) { back += $0 }
        #expect(throws: IntersectionError.dummiesMissing) { _ = try one.common(seen, prints(back)) }
    }

    @Test("the interval's reach is that of two discrete Laplace draws, by adding up their law", arguments: [0.1, 1, 3])
    func reach(epsilon: Double) {
        let decay = exp(-epsilon)
        let law = (-2_000...2_000).map { (1 - decay) / (1 + decay) * pow(decay, Double(abs($0))) }
        let reach = IntersectionTerms.halfWidth(epsilon: epsilon)
        func inside(_ reach: Int) -> Double {
            guard reach >= 0 else { return 0 }
            return (-reach...reach).reduce(0) { sum, total in
                sum + (-900...900).reduce(0.0) { $0 + law[$1 + 2_000] * law[total - $1 + 2_000] }
            }
        }
        #expect(inside(reach) >= 0.95 && inside(reach - 1) < 0.95)
    }

    @Test("noise beyond its reach is cut, so that the dummies suffice")
    func cut() async throws {
        let (one, _) = try await meeting(.count(epsilon: 1, delta: 1e-3), keys(0..<3), keys(0..<3), noise: (-100, 100))
        #expect(one.common == 3 + 0 + 14)
    }

    @Test("what a party sends shows neither the length of its list nor its order")
    func shape() async throws {
        let terms = IntersectionTerms(task: task, reveal: .members, sizes: (40, 1))
        for count in [0, 1, 40] {
            let one = try IntersectionParty(terms, role: .listener, keys: keys(0..<count), noise: 0)
            #expect(try await lists(one).count == 32 * 40)
        }
        #expect(throws: IntersectionError.listTooLong(declared: 40)) {
            _ = try IntersectionParty(terms, role: .listener, keys: keys(0..<41), noise: 0)
        }
    }

    @Test("an epsilon whose dummies fill no list is refused before anything is made")
    func tooSmall() {
        let terms = IntersectionTerms(
            task: task, reveal: .count(epsilon: .leastNonzeroMagnitude, delta: 1e-9), sizes: (4, 4))
        #expect(throws: IntersectionError.tooManyPoints) {
            _ = try IntersectionParty(terms, role: .listener, keys: keys(0..<4), noise: 0)
        }
    }

    @Test("points off the curve, repeated, too few or too many end it without a result")
    func badPoints() async throws {
        let terms = IntersectionTerms(task: task, reveal: .members, sizes: (4, 4))
        let one = try IntersectionParty(terms, role: .listener, keys: keys(0..<4), noise: 0)
        let two = try IntersectionParty(terms, role: .joiner, keys: keys(0..<4), noise: 0)
        let good = try await lists(two)
        func answer(_ points: [UInt8]) async throws -> Int {
            var sent = 0
            try one.accept(received(points))
            _ = try await one.answered(received(points)) { sent += $0.count }
            return sent
        }
        #expect(try await answer(good) == 128)
        await #expect(throws: IntersectionError.wrongNumber) { _ = try await answer(Array(good.dropLast(32))) }
        await #expect(throws: IntersectionError.wrongNumber) { _ = try await answer(good + good.prefix(32)) }
        await #expect(throws: IntersectionError.repeatedPoint) {
            _ = try await answer(Array(good.prefix(96) + good.prefix(32)))
        }
        // About half of all numbers are no x of a point; all bits set is none for certain.
        await #expect(throws: IntersectionError.pointOffCurve) {
            _ = try await answer(Array(good.prefix(96)) + [UInt8](repeating: 0xFF, count: 32))
        }
        // Whoever answers without asking before finds it too.
        await #expect(throws: IntersectionError.pointOffCurve) {
            let bad = Array(good.prefix(96)) + [UInt8](repeating: 0xFF, count: 32)
            _ = try await one.answered(received(bad)) { _ in }
        }
        #expect(throws: IntersectionError.repeatedPoint) {
            _ = try one.common(prints([]), prints(Array(good.prefix(96) + good.prefix(32))))
        }
        #expect(throws: IntersectionError.wrongNumber) {
            _ = try one.common(prints([]), prints(Array(good.prefix(64))))
        }
    }

    @Test("the same list looks different in every run and in every task")
    func fresh() async throws {
        let terms = IntersectionTerms(task: task, reveal: .members, sizes: (4, 4))
        let one = try IntersectionParty(terms, role: .listener, keys: keys(0..<4), noise: 0)
        let two = try IntersectionParty(terms, role: .listener, keys: keys(0..<4), noise: 0)
        let (first, second) = (try await lists(one), try await lists(two))
        let points = { (bytes: [UInt8]) in Set((0..<4).map { Array(bytes[32 * $0..<32 * $0 + 32]) }) }
        #expect(points(first).isDisjoint(with: points(second)))
    }
}
